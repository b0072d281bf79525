//! Writes the table of the built-in rule files, so that adding a rule is adding a file under `rules/` and nothing else. `src/rules/builtin.rs`
//! includes what this writes.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rerun-if-changed=build.rs\ncargo::rerun-if-changed=rules")?;
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("rules");
    let mut table = String::from("[\n");
    for folder in sorted(&root)?.into_iter().filter(|path| path.is_dir()) {
        for file in sorted(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
            let name = short(&root, &file);
            let _ = writeln!(table, "    ({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))),", format!("/rules/{name}"));
        }
    }
    table.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("rules.rs"), table)
}

fn variable(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// `invoke/function-missing.yaml`, on every system with the same slash.
fn short(root: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(root).unwrap_or(file);
    let names: Vec<_> = relative.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
}
