//! What a change itself adds and removes: `diff` and `scan` of templates and plans, as a pull request asks it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rotaudit::arn::Arn;
use rotaudit::inventory::{Inventory, Known, NamedDocument, Role, clean, snapshot};
use rotaudit::policy::Document;
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

const ROLE: &str = "arn:aws:iam::111122223333:role/rotate-prod-db";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-prod-db";

/// A policy with this statement.
fn document(statement: &Value) -> Document {
    Document::new(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

fn deny() -> Value {
    json!({"Effect": "Deny", "Action": "secretsmanager:PutSecretValue", "Resource": "*"})
}

/// The account that a template has left behind, after somebody did this to its role.
fn by_hand(folder: &Folder, template: &str, change: impl FnOnce(&mut Role)) -> Inventory {
    let mut existing = snapshot::from_text(&fs::read(deployed(folder, template)).unwrap()).unwrap();
    let account = existing.accounts.values_mut().next().unwrap();
    let Known::Value(identities) = &mut account.identities else { panic!("they are known") };
    change(identities.roles.get_mut(&Arn::parse(ROLE).unwrap()).unwrap());
    existing
}

/// The report of a template over an account, with these options too.
fn over(folder: &Folder, existing: &Inventory, template: &str, more: &[&str]) -> Value {
    let (existing, template) = (folder.snapshot(existing), folder.write("over.yaml", template));
    json(&[&["scan", "--template", &template, "--over", &existing], more, &PLACE[..]].concat()).1
}

/// The verdict of the rotation, what decides it, and which checks are undecided.
fn outcome(report: &Value) -> (String, String, usize) {
    let rotation = &report["rotations"][0];
    let reasons = format!("{}{}", rotation["because"], rotation["needs"]);
    (rotation["verdict"].as_str().unwrap().to_owned(), reasons, report["undecided"].as_array().unwrap().len())
}

#[test]
fn a_policy_that_the_template_does_not_write_leaves_open_what_hangs_on_it_and_is_named() {
    let folder = Folder::new("by-hand");
    let existing = by_hand(&folder, CLEAN, |role| role.permissions.inline.push(NamedDocument::new("Freeze", document(&deny()))));
    let report = over(&folder, &existing, CLEAN, &[]);
    let (verdict, reasons, _) = outcome(&report);
    assert_eq!(verdict, "undecided", "{report:#}");
    let told = "policy Freeze is attached to role rotate-prod-db now, and the template does not write it";
    assert!(reasons.contains(told), "{reasons}");
    // What the template itself does not give, it may give.
    let lacking = CLEAN.replace(BROKEN.0, BROKEN.1);
    let allow = json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}});
    let existing = by_hand(&folder, CLEAN, |role| role.permissions.inline.push(NamedDocument::new("Keys", document(&allow))));
    let (verdict, reasons, _) = outcome(&over(&folder, &existing, &lacking, &[]));
    assert!(verdict == "undecided" && reasons.contains("policy Keys is attached to role rotate-prod-db now"), "{verdict} {reasons}");
}

#[test]
fn what_comes_out_the_same_with_and_without_a_policy_by_hand_is_decided() {
    let folder = Folder::new("same");
    let plain = over(&folder, &by_hand(&folder, CLEAN, |_| {}), CLEAN, &[]);
    assert_eq!(
        (outcome(&plain).0.as_str(), outcome(&plain).2, plain["findings"].as_array().unwrap().len()),
        ("rotates", 0, 0),
        "{plain:#}"
    );
    let harmless = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let again = json!({"Effect": "Allow", "Action": "secretsmanager:GetRandomPassword", "Resource": "*"});
    for statement in [harmless, again] {
        let existing = by_hand(&folder, CLEAN, |role| role.permissions.inline.push(NamedDocument::new("Other", document(&statement))));
        let report = over(&folder, &existing, CLEAN, &[]);
        assert_eq!((&report["rotations"], &report["undecided"]), (&plain["rotations"], &plain["undecided"]), "{statement}");
    }
    // What may allow too much is a check that nobody can decide, and no finding.
    let wide = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
    let existing = by_hand(&folder, CLEAN, |role| role.permissions.inline.push(NamedDocument::new("Wide", document(&wide))));
    let report = over(&folder, &existing, CLEAN, &[]);
    assert_eq!((outcome(&report).0.as_str(), rules(&report, "findings")), ("rotates", vec![]), "{report:#}");
    assert!(rules(&report, "undecided").contains(&"role-reads-other-secrets"), "{:#}", report["undecided"]);
}

#[test]
fn a_managed_policy_and_a_boundary_that_the_template_does_not_write_are_as_open() {
    let folder = Folder::new("managed");
    let arn = |name: &str| Arn::parse(&format!("arn:aws:iam::111122223333:policy/{name}")).unwrap();
    let known = |existing: &mut Inventory, name: &str, statement: &Value| {
        let Known::Value(identities) = &mut existing.accounts.values_mut().next().unwrap().identities else { panic!("they are known") };
        identities.policies.insert(arn(name), document(statement));
    };
    let mut existing = by_hand(&folder, CLEAN, |role| role.permissions.attached.push(arn("freeze")));
    let (verdict, reasons, _) = outcome(&over(&folder, &existing, CLEAN, &[]));
    assert!(verdict == "undecided" && reasons.contains("policy freeze is attached"), "nobody read it: {verdict} {reasons}");
    known(&mut existing, "freeze", &deny());
    let (verdict, reasons, _) = outcome(&over(&folder, &existing, CLEAN, &[]));
    assert!(verdict == "undecided" && reasons.contains("policy freeze is attached"), "{verdict} {reasons}");
    known(&mut existing, "freeze", &json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}));
    assert_eq!(outcome(&over(&folder, &existing, CLEAN, &[])).0, "rotates");
    let mut existing = by_hand(&folder, CLEAN, |role| role.permissions.boundary = Some(arn("limit")));
    known(&mut existing, "limit", &json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}));
    let (verdict, reasons, _) = outcome(&over(&folder, &existing, CLEAN, &[]));
    assert!(verdict == "undecided" && reasons.contains("limit is the boundary of role rotate-prod-db now"), "{verdict} {reasons}");
    known(&mut existing, "limit", &json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    assert_eq!(outcome(&over(&folder, &existing, CLEAN, &[])).0, "rotates");
}

#[test]
fn the_earlier_template_tells_what_was_the_stacks_own_and_what_was_done_by_hand() {
    let folder = Folder::new("told");
    let policy = "        - PolicyName: Freeze\n          PolicyDocument:\n            Version: '2012-10-17'\n            Statement: \
                  [{Effect: Deny, Action: secretsmanager:PutSecretValue, Resource: '*'}]\n";
    let frozen = CLEAN.replacen("      Policies:\n", &format!("      Policies:\n{policy}"), 1);
    let earlier = |text: &str| folder.write("earlier.yaml", text);
    let existing = by_hand(&folder, &frozen, |_| {});
    assert_eq!(outcome(&over(&folder, &existing, CLEAN, &[])).0, "undecided");
    assert_eq!(outcome(&over(&folder, &existing, CLEAN, &["--earlier", &earlier(&frozen)])).0, "rotates", "the update takes it away");
    let report = over(&folder, &existing, CLEAN, &["--earlier", &earlier(CLEAN)]);
    assert_eq!(
        (outcome(&report).0.as_str(), rules(&report, "findings")),
        ("fails", vec!["role-cannot-rotate-secret"]),
        "somebody's own stays"
    );
    let open = format!("Conditions:\n  Frozen: !Equals [!Ref Frost, 'on']\n{frozen}").replacen(
        "Parameters:\n",
        "Parameters:\n  Frost: {Type: String}\n",
        1,
    );
    let open = open.replacen(
        policy,
        &format!(
            "        - !If\n          - Frozen\n          - {}          - !Ref AWS::NoValue\n",
            policy.trim_start().trim_start_matches("- ").replace("\n          ", "\n            ")
        ),
        1,
    );
    let report = over(&folder, &existing, CLEAN, &["--earlier", &earlier(&open)]);
    assert_eq!(outcome(&report).0.as_str(), "undecided", "{report:#}");
}

#[test]
fn a_statement_that_somebody_added_to_the_policy_of_a_function_leaves_its_exposure_open() {
    let folder = Folder::new("statement");
    let mut existing = by_hand(&folder, CLEAN, |_| {});
    let plain = over(&folder, &existing, CLEAN, &[]);
    let function = existing.functions.get_mut(&Arn::parse(FUNCTION).unwrap()).unwrap();
    let Some(Known::Value(Some(own))) = function.policies.get_mut("") else { panic!("it has a policy") };
    let mut text: Value = serde_json::from_str(own.text()).unwrap();
    // As AWS writes the one of the stack.
    text["Statement"][0]["Sid"] = "rotation-Permission-AbCdEf123456".into();
    *own = Document::new(text.to_string());
    let same = over(&folder, &existing, CLEAN, &[]);
    assert_eq!((&same["findings"], &same["undecided"]), (&plain["findings"], &plain["undecided"]));
    let function = existing.functions.get_mut(&Arn::parse(FUNCTION).unwrap()).unwrap();
    let open = json!({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": FUNCTION});
    text["Statement"].as_array_mut().unwrap().push(open);
    function.policies.insert(String::new(), Known::Value(Some(Document::new(text.to_string()))));
    let report = over(&folder, &existing, CLEAN, &[]);
    assert_eq!((outcome(&report).0.as_str(), rules(&report, "findings")), ("rotates", vec![]), "{report:#}");
    let told = report["undecided"].to_string();
    assert!(told.contains("statement Open is in the policy of function rotate-prod-db now"), "{told}");
    let earlier = folder.write("earlier.yaml", CLEAN);
    let decided = over(&folder, &existing, CLEAN, &["--earlier", &earlier]);
    assert!(!rules(&decided, "findings").is_empty() && decided["undecided"] == json!([]), "{decided:#}");
}
