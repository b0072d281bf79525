//! What a change itself adds and removes: `diff` and `scan` of templates and plans, as a pull request asks it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rotaudit::inventory::{Inventory, Known, clean, snapshot};
use serde_json::{Value, json};

const PLACE: [&str; 4] = ["--account", "111122223333", "--region", "eu-west-1"];
const CLEAN: &str = include_str!("templates/cloudformation/clean.yaml");
/// The role of the template may not use the key.
const BROKEN: (&str, &str) = ("[kms:Decrypt, kms:GenerateDataKey]", "[kms:Decrypt]");

/// A folder of its own for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("changes-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.0.join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    }

    fn snapshot(&self, inventory: &Inventory) -> String {
        self.write("existing.json", &snapshot::to_text(inventory).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn json(arguments: &[&str]) -> (Option<i32>, Value) {
    let output = rotaudit(&[arguments, &["--format", "json"]].concat());
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), value)
}

fn rules<'a>(of: &'a Value, list: &str) -> Vec<&'a str> {
    of[list].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

fn verdicts(of: &Value) -> Vec<(Option<&str>, Option<&str>)> {
    of["verdicts"].as_array().unwrap().iter().map(|change| (change["old"].as_str(), change["new"].as_str())).collect()
}

/// The clean account as the clean template would have left it, but for its names.
fn deployed(folder: &Folder, template: &str) -> String {
    let (template, file) = (folder.write("deployed.yaml", template), folder.0.join("account.json").display().to_string());
    let line = ["snapshot", "--template", &template, "-o", &file];
    assert_eq!(rotaudit(&[&line[..], &PLACE].concat()).status.code(), Some(0));
    file
}

#[test]
fn a_template_is_compared_with_the_one_that_is_deployed() {
    let folder = Folder::new("earlier");
    let (clean, broken) = (folder.write("clean.yaml", CLEAN), folder.write("broken.yaml", &CLEAN.replace(BROKEN.0, BROKEN.1)));
    let diff = |new: &str, old: &str| json(&[&["diff", "--template", new, "--earlier", old], &PLACE[..]].concat());
    let (code, changes) = diff(&broken, &clean);
    assert_eq!((code, rules(&changes, "new")), (Some(10), vec!["role-cannot-use-key"]));
    assert_eq!(verdicts(&changes), [(Some("rotates"), Some("fails"))]);
    let (code, changes) = diff(&clean, &broken);
    assert_eq!((code, rules(&changes, "fixed"), rules(&changes, "new")), (Some(0), vec!["role-cannot-use-key"], vec![]));
    let (code, changes) = diff(&broken, &broken);
    assert_eq!((code, rules(&changes, "unchanged"), verdicts(&changes)), (Some(0), vec!["role-cannot-use-key"], vec![]));
}

#[test]
fn only_what_a_change_adds_to_an_old_account_fails_the_gate() {
    let folder = Folder::new("over");
    // What nobody has mended for years.
    let mut existing = clean::account().unwrap();
    existing.functions.values_mut().for_each(|function| function.policies = [(String::new(), Known::Value(None))].into());
    let existing = folder.snapshot(&existing);
    let schedule = |function: &str| {
        let rules = "RotationRules: {AutomaticallyAfterDays: 10}";
        let properties = format!("{{SecretId: prod/db, RotationLambdaARN: '{function}', {rules}}}");
        format!("Resources:\n  Schedule:\n    Type: AWS::SecretsManager::RotationSchedule\n    Properties: {properties}\n")
    };
    let template = folder.write("schedule.yaml", &schedule(clean::FUNCTION));
    let line = ["--template", &template, "--over", &existing];
    let (code, changes) = json(&[&["diff"], &line[..], &PLACE].concat());
    assert_eq!((code, rules(&changes, "new"), verdicts(&changes)), (Some(0), vec![], vec![]), "{changes:#}");
    assert!(rules(&changes, "unchanged").contains(&"secrets-manager-cannot-invoke"), "{changes:#}");
    // A scan counts what is there, and says that the change does not add it.
    let (code, report) = json(&[&["scan"], &line[..], &PLACE].concat());
    assert_eq!((code, &report["change"]["new"]), (Some(10), &json!([])));
    assert_eq!(report["change"]["unchanged"], report["findings"].as_array().unwrap().len());
    let output = rotaudit(&[&["scan", "--format", "sarif"], &line[..], &PLACE].concat());
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["baselineState"] == "unchanged"), "{sarif:#}");
}

#[test]
fn a_template_without_a_before_is_an_error_of_diff_and_nothing_in_a_scan() {
    let folder = Folder::new("alone");
    let template = folder.write("clean.yaml", CLEAN);
    let line = ["--template", &template];
    let output = rotaudit(&[&["diff"], &line[..], &PLACE].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(told.contains("--over") && told.contains("--earlier"), "{told}");
    assert!(json(&[&["scan"], &line[..], &PLACE].concat()).1.get("change").is_none());
}

#[test]
fn two_files_and_a_change_are_not_taken_together() {
    for line in [
        &["diff", "a.json", "b.json", "--plan", "plan.json"][..],
        &["diff", "a.json", "b.json", "--profile", "prod"],
        &["diff", "a.json"],
        &["diff"],
        &["diff", "--demo"],
        &["diff", "--plan", "plan.json", "--snapshot", "a.json"],
    ] {
        let output = rotaudit(line);
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true), "{line:?}");
    }
}

#[test]
fn a_plan_is_compared_with_its_state() {
    let line = ["--plan", "tests/plans/change/plan.json", "--source", "tests/plans/change"];
    let (code, changes) = json(&[&["diff"], &line[..]].concat());
    assert_eq!((code, rules(&changes, "fixed")), (Some(10), vec![]), "{changes:#}");
    let (_, report) = json(&[&["scan"], &line[..]].concat());
    let mut new = rules(&changes, "new");
    new.sort_unstable();
    assert_eq!(new, ["invoke-open-to-other-accounts", "role-cannot-rotate-secret"]);
    let prints = |list: &Value| -> Vec<Value> { list.as_array().unwrap().iter().map(|it| it["fingerprint"].clone()).collect() };
    assert_eq!(prints(&report["change"]["new"]), prints(&changes["new"]));
    assert_eq!(report["change"]["verdicts"], changes["verdicts"]);
    // The state before has nothing that could change.
    let (_, before) = json(&[&["scan", "--before"], &line[..]].concat());
    assert!(before.get("change").is_none());
    assert_eq!(rotaudit(&[&["diff", "--before"], &line[..]].concat()).status.code(), Some(2));
}

#[test]
fn all_that_a_plan_makes_anew_is_new_and_a_scan_does_not_repeat_it() {
    let line =
        ["--plan", "tests/plans/public/decrypt-only/plan.json", "--source", "tests/plans/public/decrypt-only", "--account", "111122223333"];
    let (code, changes) = json(&[&["diff"], &line[..]].concat());
    let (_, report) = json(&[&["scan"], &line[..]].concat());
    assert_eq!((code, rules(&changes, "new")), (Some(10), rules(&report, "findings")));
    assert!(rules(&changes, "unchanged").is_empty() && report.get("change").is_none());
}

#[test]
fn a_plan_over_an_account_is_compared_with_that_account() {
    let folder = Folder::new("plan-over");
    let existing = folder.snapshot(&clean::account().unwrap());
    let line = ["--plan", "tests/plans/change/plan.json", "--source", "tests/plans/change", "--over", &existing];
    let (code, changes) = json(&[&["diff"], &line[..]].concat());
    let (_, report) = json(&[&["scan"], &line[..]].concat());
    assert_eq!(code, Some(10));
    assert_eq!(changes["old_as_of"], report["change"]["before_as_of"]);
    assert_eq!(changes["old_as_of"], clean::account().unwrap().as_of.to_string());
    assert!(rules(&changes, "new").contains(&"role-cannot-rotate-secret"), "{changes:#}");
}

#[test]
fn a_finding_that_holds_under_more_conditions_than_before_is_new() {
    let folder = Folder::new("conditions");
    let template = |actions: &str| {
        let text = CLEAN.replacen("Parameters:\n", "Parameters:\n  Wide: {Type: String}\n", 1).replace(BROKEN.0, actions);
        text.replacen("Resources:\n", "Conditions:\n  IsWide: !Equals [!Ref Wide, 'yes']\nResources:\n", 1)
    };
    let narrow = folder.write("narrow.yaml", &template("!If [IsWide, [kms:Decrypt], [kms:Decrypt, kms:GenerateDataKey]]"));
    let wide = folder.write("wide.yaml", &template("[kms:Decrypt]"));
    let diff = |new: &str, old: &str| json(&[&["diff", "--template", new, "--earlier", old], &PLACE[..]].concat()).1;
    assert_eq!(rules(&diff(&wide, &narrow), "new"), ["role-cannot-use-key"]);
    let less = diff(&narrow, &wide);
    assert_eq!((rules(&less, "new"), rules(&less, "unchanged")), (vec![], vec!["role-cannot-use-key"]));
}

#[test]
fn what_is_deployed_already_is_nothing_new() {
    let folder = Folder::new("deployed");
    let existing = deployed(&folder, CLEAN);
    let template = folder.write("clean.yaml", CLEAN);
    let (code, changes) = json(&[&["diff", "--template", &template, "--over", &existing], &PLACE[..]].concat());
    assert_eq!((code, rules(&changes, "new"), verdicts(&changes)), (Some(0), vec![], vec![]), "{changes:#}");
    assert_eq!((&changes["newly_undecided"], &changes["fixed"]), (&json!([]), &json!([])), "{changes:#}");
}
