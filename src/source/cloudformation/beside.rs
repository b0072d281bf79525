//! The files that lie beside a template and that it names: templates of nested stacks, snippets. `load` asks for them, `cli` reads them.

use std::path::{Component, Path, PathBuf};

/// A file beside a template.
pub(crate) struct Found {
    /// Its name, for people and for files that it names itself.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) text: String,
}

/// Reads files beside a template.
pub(crate) trait Beside {
    /// The file of this name, as `joined` makes it; or why it is not read.
    fn read(&self, name: &str) -> Result<String, String>;
}

/// Whether a text names a file as `aws cloudformation package` takes it, and no URL
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-cli-package.html>).
pub(super) fn is_local(text: &str) -> bool {
    !text.is_empty() && !text.contains("://") && !text.contains("{{resolve:")
}

/// The file that `path` names in a template of the file `from`: relative to its folder.
pub(super) fn find(files: &dyn Beside, from: &str, path: &str) -> Result<Found, String> {
    let name = joined(from, path).ok_or_else(|| format!("{path}: only relative paths are followed"))?;
    match files.read(&name) {
        Ok(text) => Ok(Found { name, text }),
        Err(why) => Err(format!("{name}: {why}")),
    }
}

/// The path without detours. `None` for an absolute one.
fn joined(from: &str, path: &str) -> Option<String> {
    // Templates are written on Windows too.
    let path = path.replace('\\', "/");
    let path = Path::new(&path);
    if path.is_absolute() {
        return None;
    }
    let mut whole = PathBuf::new();
    for part in Path::new(from).parent().into_iter().chain([path]).flat_map(Path::components) {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(whole.components().next_back(), Some(Component::Normal(_))) => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    Some(whole.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_the_folder_of_the_template_that_names_it() {
        for (from, path, expected) in [
            ("main.yaml", "child.yaml", Some("child.yaml")),
            ("./main.yaml", "./child.yaml", Some("child.yaml")),
            ("infra/main.yaml", "nested/child.yaml", Some("infra/nested/child.yaml")),
            ("infra/stacks/main.yaml", "../shared/vpc.yaml", Some("infra/shared/vpc.yaml")),
            ("main.yaml", "../vpc.yaml", Some("../vpc.yaml")),
            ("../a/main.yaml", "../../vpc.yaml", Some("../../vpc.yaml")),
            ("/abs/main.yaml", "a\\b.yaml", Some("/abs/a/b.yaml")),
            ("main.yaml", "/etc/passwd", None),
        ] {
            assert_eq!(joined(from, path).as_deref(), expected, "{from} {path}");
        }
    }

    #[test]
    fn a_url_is_no_file() {
        for url in ["https://bucket.s3.amazonaws.com/x.yaml", "s3://bucket/x", "http://x", "", "{{resolve:ssm:url}}"] {
            assert!(!is_local(url), "{url}");
        }
        assert!(is_local("x.yaml") && is_local("../x.yaml"));
    }
}
