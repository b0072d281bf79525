//! Reading the rule files of a folder that the user names. Commands with `--rules` and `rules test` use it.

use std::fs;
use std::path::{Path, PathBuf};

use super::bounded::{self, RULE};
use super::error::CliError;

/// How deep folders may lie in folders.
const MAX_DEPTH: usize = 16;

/// The `.yaml` and `.yml` files under `folder` as (path, text), ordered by path. A folder without any is an error: whoever
/// names one means to have rules there.
pub(super) fn rule_files(folder: &Path) -> Result<Vec<(String, String)>, CliError> {
    let mut paths = Vec::new();
    find(folder, MAX_DEPTH, &mut paths)?;
    if paths.is_empty() {
        return Err(CliError::Usage(format!("{} holds no rule file (*.yaml)", folder.display())));
    }
    paths.sort();
    paths.iter().map(|path| Ok((path.display().to_string(), read(path)?))).collect()
}

/// Symbolic links to folders are not followed, so that no circle is walked.
fn find(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> Result<(), CliError> {
    if depth == 0 {
        return Err(CliError::Usage(format!("{} lies too deep: rule files are looked for {MAX_DEPTH} folders deep", folder.display())));
    }
    for entry in fs::read_dir(folder).map_err(|error| CliError::read(folder, error))? {
        let entry = entry.map_err(|error| CliError::read(folder, error))?;
        let path = entry.path();
        if entry.file_type().map_err(|error| CliError::read(&path, error))?.is_dir() {
            find(&path, depth - 1, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            paths.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, CliError> {
    // Opening a pipe that nobody writes to would wait for ever, and nobody named it.
    if !fs::metadata(path).map_err(|error| CliError::read(path, error))?.is_file() {
        return Err(CliError::Usage(format!("{} is named like a rule file and is no file: take it out of the folder", path.display())));
    }
    bounded::text(path, RULE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for each test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("rotaudit-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn rule_files_come_ordered_by_path_from_all_folders_below() {
        let folder = Folder::new("ordered");
        fs::create_dir(folder.0.join("b")).unwrap();
        for (name, text) in [("z.yaml", "z"), ("b/a.yml", "a"), ("readme.md", "no")] {
            fs::write(folder.0.join(name), text).unwrap();
        }
        let texts: Vec<_> = rule_files(&folder.0).unwrap().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["a", "z"]);
    }

    #[test]
    fn a_folder_without_rules_and_a_folder_that_is_not_there_are_errors() {
        let folder = Folder::new("empty");
        assert!(matches!(rule_files(&folder.0), Err(CliError::Usage(_))));
        assert!(matches!(rule_files(&folder.0.join("nowhere")), Err(CliError::Read { .. })));
    }
}
