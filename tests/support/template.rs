//! Runs the program on a template that is given as text. Test files about templates take this in by its path.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A file of this test alone.
pub(crate) fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("templates-{}-{name}", std::process::id()))
}

/// Scans a template, given as text, for the account of the tests.
pub(crate) fn scan(name: &str, template: &str, more: &[&str]) -> Output {
    let file = scratch(name);
    std::fs::write(&file, template).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(["scan", "--account", "111122223333", "--region", "eu-west-1", "--template"])
        .arg(&file)
        .args(more)
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    output
}

pub(crate) fn report(name: &str, template: &str, more: &[&str]) -> Value {
    let output = scan(name, template, &[&["--format", "json"], more].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The rules that find something, and the verdict of the rotation.
pub(crate) fn found(report: &Value) -> (Vec<&str>, &str) {
    let mut rules: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    rules.sort_unstable();
    (rules, report["rotations"][0]["verdict"].as_str().unwrap())
}

/// Scans a template over an inventory.
pub(crate) fn over(name: &str, existing: &rotaudit::inventory::Inventory, template: &str) -> Value {
    let snapshot = scratch(&format!("{name}.json"));
    std::fs::write(&snapshot, rotaudit::inventory::snapshot::to_text(existing).unwrap()).unwrap();
    let report = report(name, template, &["--over", snapshot.to_str().unwrap()]);
    std::fs::remove_file(&snapshot).unwrap();
    report
}
