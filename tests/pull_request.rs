//! The workflows that the documentation shows, run as a runner would: in the folder of a checkout, on a template or plan with a fault and on one without.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const CLEAN: &str = include_str!("templates/cloudformation/clean.yaml");

/// The command that begins `rotaudit scan` and holds `option`, as a document shows it, cut into words.
fn documented(file: &str, option: &str) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let (mut commands, mut lines) = (Vec::new(), text.lines().peekable());
    while let Some(line) = lines.next() {
        let Some((_, command)) = line.split_once("rotaudit scan ") else { continue };
        let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        // A folded scalar of YAML goes on in the next line.
        while let Some(next) = lines.next_if(|next| next.trim_start().starts_with("--")) {
            words.extend(next.split_whitespace().map(str::to_owned));
        }
        commands.push(words);
    }
    let holds = |words: &&Vec<String>| words.iter().any(|word| word == option) && words.iter().any(|word| word.starts_with("sarif="));
    commands.iter().rfind(holds).unwrap_or_else(|| panic!("{file} shows no command with {option} and a SARIF file")).clone()
}

/// A checkout with these files.
fn checkout(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("checkout-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    folder
}

struct Run {
    code: Option<i32>,
    annotations: String,
    /// Rule, file and line of each result of the SARIF file.
    results: Vec<(String, String, u64)>,
}

/// Runs what is documented in a checkout, and removes it.
fn run(folder: &Path, words: &[String]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).arg("scan").args(words).current_dir(folder).output().unwrap();
    let file = words.iter().find_map(|word| word.strip_prefix("sarif=")).unwrap();
    let sarif: Value = serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    fs::remove_dir_all(folder).unwrap();
    let result = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&result["ruleId"]), text(&place["artifactLocation"]["uri"]), place["region"]["startLine"].as_u64().unwrap_or_default())
    };
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter().map(result).collect();
    Run { code: output.status.code(), annotations: String::from_utf8_lossy(&output.stdout).into_owned(), results }
}

fn line_of(text: &str, line: &str) -> u64 {
    u64::try_from(text.lines().position(|it| it == line).unwrap() + 1).unwrap()
}

#[test]
fn the_workflow_of_the_readme_stops_a_template_with_a_fault_and_shows_its_line() {
    let words = documented("README.md", "--template");
    let faulty = CLEAN.replace("[kms:Decrypt, kms:GenerateDataKey]", "[kms:Decrypt]");
    let stopped = run(&checkout("readme-fault", &[("template.yaml", &faulty)]), &words);
    let line = line_of(&faulty, "  Secret:");
    assert_eq!(stopped.code, Some(10));
    assert_eq!(stopped.results, [("role-cannot-use-key".to_owned(), "template.yaml".to_owned(), line)]);
    assert!(stopped.annotations.contains(&format!("file=template.yaml,line={line},")), "{}", stopped.annotations);
    let passed = run(&checkout("readme-clean", &[("template.yaml", CLEAN)]), &words);
    assert_eq!((passed.code, passed.results.len()), (Some(0), 0), "{}", passed.annotations);
}

#[test]
fn the_workflow_of_the_documentation_takes_parameters_and_stops_what_is_undecided() {
    let words = documented("docs/templates.md", "--template");
    let parameters = r#"[{"ParameterKey": "Stage", "ParameterValue": "test"}]"#;
    let files = |template| [("template.yaml", template), ("prod.json", parameters)];
    let passed = run(&checkout("docs-clean", &files(CLEAN)), &words);
    assert_eq!((passed.code, passed.results.len()), (Some(0), 0), "{}", passed.annotations);
    let open = CLEAN
        .replace("Parameters:\n", "Parameters:\n  Rotated: {Type: String}\n")
        .replace("                Resource: !Ref Secret\n", "                Resource: !Ref Rotated\n");
    let stopped = run(&checkout("docs-open", &files(&open)), &words);
    assert_eq!(stopped.code, Some(11));
    for told in ["parameter Rotated", "test/db"] {
        assert!(stopped.annotations.contains(told), "{told}: {}", stopped.annotations);
    }
}

#[test]
fn the_command_for_a_plan_shows_the_line_of_its_configuration() {
    let folder = Path::new("tests/plans/public/decrypt-only");
    let [plan, code] = ["plan.json", "main.tf"].map(|file| fs::read_to_string(folder.join(file)).unwrap());
    let checkout = checkout("plan", &[("plan.json", &plan), ("main.tf", &code)]);
    let account = ["--account", "111122223333"].map(str::to_owned);
    let stopped = run(&checkout, &[documented("docs/plans.md", "--source"), account.to_vec()].concat());
    let place = |rule: &str, line: &str| (rule.to_owned(), "main.tf".to_owned(), line_of(&code, line));
    let [secret, order] =
        ["role-cannot-use-key", "rotation-before-what-it-needs"].map(|rule| place(rule, "resource \"aws_secretsmanager_secret\" \"db\" {"));
    let role = place("decrypt-outside-encryption-context", "resource \"aws_iam_role\" \"rotate\" {");
    assert_eq!((stopped.code, stopped.results), (Some(10), vec![secret, order, role]));
}
