//! What the README and the documentation show is what the program prints.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::process::Command;

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env("COLUMNS", "100").env("NO_COLOR", "1").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The first code block after `<!-- marker -->` in a file.
fn block(file: &str, marker: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let (_, after) = text.split_once(&format!("<!-- {marker} -->")).unwrap();
    let (_, inside) = after.split_once("```").unwrap();
    let (_, inside) = inside.split_once('\n').unwrap();
    inside.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_demo_in_the_readme_is_how_the_demo_begins() {
    let shown = block("README.md", "demo");
    let real = printed(&["scan", "--demo"]);
    assert!(shown.lines().count() > 20, "the README shows the first screen");
    assert!(
        real.starts_with(&shown),
        "the README shows:\n{shown}\nbut the demo begins:\n{}",
        real.lines().take(60).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn the_gate_in_the_readme_is_how_its_answer_begins() {
    let shown = block("README.md", "gate");
    let real = printed(&["gate", "--demo", "--secret", "crm/db", "--function", "rotate-crm-db", "--every", "30d", "--window", "3h"]);
    assert!(shown.lines().count() > 10 && real.starts_with(&shown), "the README shows:\n{shown}\nbut the answer is:\n{real}");
}

#[test]
fn the_answer_to_who_can_in_the_documentation_is_the_one_that_is_printed() {
    assert_eq!(block("docs/who-can.md", "who-can"), printed(&["who-can", "--demo", "secretsmanager:GetSecretValue", "orders/db"]));
}

#[test]
fn the_permissions_in_the_documentation_are_those_that_are_printed() {
    assert_eq!(block("docs/permissions.md", "permissions"), printed(&["permissions"]));
}
