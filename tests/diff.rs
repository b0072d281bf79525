//! `rotaudit diff`, as its users start it: snapshots and reports, in any pair, and what is not fixed although nobody finds it any more.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run the program has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rotaudit::arn::Arn;
use rotaudit::inventory::{Gap, Inventory, Known, clean};
use rotaudit::report::diff_json_schema;
use rotaudit::source::snapshot;
use serde_json::{Value, json};

/// A folder of its own for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rotaudit-diff-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn text(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// A snapshot of the clean account with this change.
    fn snapshot(&self, name: &str, change: impl FnOnce(&mut Inventory)) -> String {
        let mut inventory = clean::account().unwrap();
        change(&mut inventory);
        let path = self.0.join(name);
        snapshot::write(&path, &inventory).unwrap();
        path.display().to_string()
    }

    /// The JSON report of a snapshot.
    fn report(snapshot: &str) -> String {
        let path = Path::new(snapshot).with_extension("report.json").display().to_string();
        let output = rotaudit(&["scan", "--snapshot", snapshot, "--format", "json", "-o", &path]);
        assert!(output.status.code().is_some_and(|code| code == 0 || code == 10), "{}", String::from_utf8_lossy(&output.stderr));
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn rotaudit(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rotaudit"));
    command.args(arguments).current_dir(std::env::temp_dir()).env_clear().output().unwrap()
}

fn diff(old: &str, new: &str) -> (Option<i32>, Value) {
    let output = rotaudit(&["diff", old, new, "--format", "json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), value)
}

fn rules(changes: &Value, list: &str) -> Vec<String> {
    changes[list].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

fn clean(_: &mut Inventory) {}

/// Nobody may invoke the function any more.
fn broken(inventory: &mut Inventory) {
    inventory.functions.values_mut().for_each(|function| function.policies = [(String::new(), Known::Value(None))].into());
}

fn unread(inventory: &mut Inventory) {
    let gap = Gap::new("lambda:GetPolicy", clean::FUNCTION, "AccessDeniedException");
    inventory.functions.values_mut().for_each(|function| function.policies = [(String::new(), Known::Unreadable(gap.clone()))].into());
}

#[test]
fn snapshots_and_reports_are_compared_alike_in_any_pair() {
    let folder = Folder::new("pairs");
    let (old, new) = (folder.snapshot("old.json.zst", clean), folder.snapshot("new.json", broken));
    let (old_report, new_report) = (Folder::report(&old), Folder::report(&new));
    let expected = diff(&old, &new);
    assert_eq!(expected.0, Some(10), "a finding that breaks rotation is new");
    assert_eq!(rules(&expected.1, "new"), ["secrets-manager-cannot-invoke"]);
    assert_eq!((expected.1["verdicts"][0]["old"].as_str(), expected.1["verdicts"][0]["new"].as_str()), (Some("rotates"), Some("fails")));
    for pair in [(&old, &new_report), (&old_report, &new), (&old_report, &new_report)] {
        assert_eq!(diff(pair.0, pair.1), expected, "{pair:?}");
    }
}

#[test]
fn a_fixed_finding_and_an_unchanged_one_do_not_fail() {
    let folder = Folder::new("fixed");
    let (bad, good) = (folder.snapshot("bad.json", broken), folder.snapshot("good.json", clean));
    let (code, changes) = diff(&bad, &good);
    assert_eq!((code, rules(&changes, "fixed")), (Some(0), vec!["secrets-manager-cannot-invoke".to_owned()]));
    let (code, changes) = diff(&bad, &bad);
    assert_eq!((code, rules(&changes, "unchanged")), (Some(0), vec!["secrets-manager-cannot-invoke".to_owned()]));
    assert_eq!(changes["verdicts"], json!([]));
    let output = rotaudit(&["diff", &good, &bad, "--fail-on", "never"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_finding_that_could_not_be_looked_for_is_not_fixed() {
    let folder = Folder::new("open");
    let bad = folder.snapshot("bad.json", broken);
    let (_, changes) = diff(&bad, &folder.snapshot("unread.json", unread));
    assert_eq!((rules(&changes, "open"), rules(&changes, "fixed")), (vec!["secrets-manager-cannot-invoke".to_owned()], Vec::new()));
    let unlisted = folder.snapshot("unlisted.json", |inventory| {
        inventory.secrets.clear();
        let gap = Gap::new("secretsmanager:ListSecrets", clean::PLACE, "AccessDeniedException");
        inventory.accounts.get_mut(clean::ACCOUNT).unwrap().regions.insert(clean::REGION.to_owned(), Known::Unreadable(gap));
    });
    let (_, changes) = diff(&bad, &unlisted);
    assert_eq!(rules(&changes, "fixed"), Vec::<String>::new());
    assert!(changes["open"][0]["because"].as_str().unwrap().contains(clean::PLACE), "{changes}");
}

#[test]
fn a_finding_that_could_not_be_decided_before_says_so() {
    let folder = Folder::new("was-undecided");
    let (_, changes) = diff(&folder.snapshot("unread.json", unread), &folder.snapshot("bad.json", broken));
    assert_eq!(changes["new"][0]["was_undecided"], true);
    assert!(rules(&changes, "no_longer_undecided").contains(&"secrets-manager-cannot-invoke".to_owned()));
}

#[test]
fn a_secret_that_was_made_again_is_the_same_secret() {
    let folder = Folder::new("again");
    let again = |inventory: &mut Inventory| {
        let mut secret = inventory.secrets.remove(&Arn::parse(clean::SECRET).unwrap()).unwrap();
        secret.arn = Arn::parse(&clean::SECRET.replace("-AbCdEf", "-XyZ123")).unwrap();
        inventory.secrets.insert(secret.arn.clone(), secret);
        broken(inventory);
    };
    let (_, changes) = diff(&folder.snapshot("old.json", broken), &folder.snapshot("new.json", again));
    assert!(!rules(&changes, "new").contains(&"secrets-manager-cannot-invoke".to_owned()), "{changes}");
    let verdicts = changes["verdicts"].as_array().unwrap();
    assert!(verdicts.iter().all(|change| !change["old"].is_null() && !change["new"].is_null()), "{verdicts:?}");
}

#[test]
fn what_is_nothing_of_ours_is_named_and_exits_with_1() {
    let folder = Folder::new("nonsense");
    let good = folder.snapshot("good.json", clean);
    let files = [
        ("empty.json", ""),
        ("other.json", "{\"a\":1}"),
        ("text.json", "hello"),
        ("list.json", "[]"),
        ("null.json", "null"),
        ("newer.json", "{\"schema_version\":9}"),
    ];
    for (name, text) in files {
        let path = folder.text(name, text);
        let output = rotaudit(&["diff", &good, &path]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(name) && !error.contains("struct"), "{error}");
    }
}

#[test]
fn hostile_text_in_a_report_reaches_no_terminal() {
    let folder = Folder::new("hostile");
    let mut report: Value =
        serde_json::from_str(&std::fs::read_to_string(Folder::report(&folder.snapshot("bad.json", broken))).unwrap()).unwrap();
    for text in ["message", "rule"] {
        report["findings"][0][text] = json!("\u{1b}[2J\u{202e}evil\nSummary  all is well");
    }
    report["rotations"][0]["verdict"] = json!("\u{9b}31mrotates");
    report["rotations"][0]["because"] = json!("\u{1b}]0;title\u{7}");
    let hostile = folder.text("hostile.json", &report.to_string());
    for format in ["table", "json"] {
        let output = rotaudit(&["diff", &folder.snapshot("good.json", clean), &hostile, "--format", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("evil"), "{text}");
        assert_eq!(text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}'), None, "{text:?}");
        assert!(text.lines().filter(|line| line.starts_with("Summary")).count() <= 1, "{text}");
    }
}

#[test]
fn the_schema_describes_every_member() {
    let folder = Folder::new("schema");
    let (_, changes) = diff(&folder.snapshot("old.json", clean), &folder.snapshot("new.json", broken));
    let schema = diff_json_schema();
    for member in changes.as_object().unwrap().keys() {
        assert!(schema["properties"].get(member).is_some(), "{member}");
    }
    let printed = rotaudit(&["schema", "diff"]);
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), schema);
}

/// The clean account with a function that is throttled, which is found once for all the secrets that it rotates.
fn throttled(inventory: &mut Inventory) {
    inventory.functions.values_mut().for_each(|function| function.reserved_concurrency = Known::Value(Some(0)));
}

#[test]
fn a_rotation_that_fails_anew_counts_although_what_breaks_it_was_found_before() {
    let folder = Folder::new("anew");
    let old = folder.snapshot("old.json", throttled);
    let new = folder.snapshot("new.json", |inventory| {
        throttled(inventory);
        let known = inventory.secrets[&Arn::parse(clean::SECRET).unwrap()].clone();
        let arn = Arn::parse("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/second-GhIjKl").unwrap();
        inventory.secrets.insert(arn.clone(), rotaudit::inventory::Secret { name: "prod/second".to_owned(), arn, ..known });
    });
    let (code, changes) = diff(&old, &new);
    let breaking = |list: &str| changes[list].as_array().unwrap().iter().filter(|it| it["rule"] == "function-throttled").count();
    assert_eq!((breaking("new"), breaking("unchanged")), (0, 1), "{changes:#}");
    assert_eq!(changes["verdicts"][0]["new"], "fails", "{changes:#}");
    assert_eq!(code, Some(10));
    let (code, _) = diff(&Folder::report(&old), &Folder::report(&new));
    assert_eq!(code, Some(10), "reports tell it too");
    let (code, changes) = diff(&new, &new);
    assert_eq!((code, changes["verdicts"].as_array().map(Vec::len)), (Some(0), Some(0)));
}

#[test]
fn a_waiver_for_what_breaks_it_excuses_a_rotation_that_fails_anew() {
    let folder = Folder::new("excused");
    let old = folder.snapshot("old.json", |_| {});
    let new = folder.snapshot("new.json", throttled);
    let waiver = "[[waivers]]\nrule = 'function-throttled'\nreason = 'maintenance'\nowner = 'platform'\nexpires = '2199-01-01'\n";
    let config = folder.text("rotaudit.toml", waiver);
    let code = |extra: &[&str]| rotaudit(&[&["diff", &old, &new][..], extra].concat()).status.code();
    assert_eq!((code(&[]), code(&["--config", &config])), (Some(10), Some(0)));
}
