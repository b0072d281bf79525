//! Waivers, baselines and changed rules, as the command line has them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("exceptions-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    /// Scans the demo account from within this folder.
    fn scan(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rotaudit"));
        command.args(["scan", "--demo"]).args(arguments).current_dir(&self.0).env("NO_COLOR", "1").env("COLUMNS", "300").output().unwrap()
    }

    fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.scan(&[&["--format", "json"], arguments].concat());
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn rules(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

const WAIVER: &str = "
[[waivers]]
rule = 'key-not-usable'
reason = 'the warehouse goes away'
owner = 'data'
expires = '2999-12-31'
";

#[test]
fn a_waived_finding_does_not_count_and_is_shown_with_its_owner() {
    let folder = Folder::new("waiver");
    let (_, plain) = folder.report(&[]);
    folder.write("rotaudit.toml", WAIVER);
    let (_, waived) = folder.report(&[]);
    assert!(rules(&plain["findings"]).contains(&"key-not-usable") && !rules(&waived["findings"]).contains(&"key-not-usable"));
    assert_eq!(plain["findings"].as_array().unwrap().len(), waived["findings"].as_array().unwrap().len() + 1);
    let [suppressed] = waived["suppressed"].as_array().unwrap().as_slice() else { panic!("one is waived") };
    assert_eq!((&suppressed["rule"], &suppressed["suppression"]["owner"]), (&"key-not-usable".into(), &"data".into()));
    assert_eq!(waived["summary"]["waived"], 1);
    let table = String::from_utf8(folder.scan(&[]).stdout).unwrap();
    assert!(
        table.contains("Waived (1 finding)") && table.contains("data, until 2999-12-31") && table.contains("not counted: 1 waived"),
        "{table}"
    );
}

#[test]
fn what_a_former_report_has_does_not_count_and_what_is_new_does() {
    let folder = Folder::new("baseline");
    let (code, _) = folder.report(&["-o", "/dev/stdout"]);
    assert_eq!(code, 10);
    folder.scan(&["--format", "json", "-o", "all.json"]);
    let (code, report) = folder.report(&["--baseline", "all.json", "--fail-on", "info"]);
    assert_eq!((code, rules(&report["findings"]).len()), (0, 0));
    assert_eq!(report["summary"]["in_baseline"], report["suppressed"].as_array().unwrap().len());
    // A report that was made with a baseline is as good a baseline as the first.
    folder.write("second.json", &report.to_string());
    assert_eq!(folder.report(&["--baseline", "second.json", "--fail-on", "info"]).0, 0);
    let mut part = report.clone();
    part["suppressed"].as_array_mut().unwrap().retain(|finding| finding["rule"] != "key-not-usable");
    folder.write("part.json", &part.to_string());
    let (code, report) = folder.report(&["--baseline", "part.json"]);
    assert_eq!((code, rules(&report["findings"])), (10, vec!["key-not-usable"]));
}

#[test]
fn what_a_former_report_waived_counts_when_its_waiver_is_gone() {
    let folder = Folder::new("waived-before");
    folder.write("rotaudit.toml", WAIVER);
    folder.scan(&["--format", "json", "-o", "waived.json"]);
    folder.write("rotaudit.toml", "");
    let (code, report) = folder.report(&["--baseline", "waived.json"]);
    assert_eq!((code, rules(&report["findings"])), (10, vec!["key-not-usable"]));
}

#[test]
fn a_file_that_is_no_report_is_refused_with_the_way_out() {
    let folder = Folder::new("no-baseline");
    for (text, told) in [
        ("", "this is no JSON report"),
        ("[]", "expected an object"),
        ("null", "expected an object"),
        ("{\"schema_version\": 1}", "missing field `findings`"),
        ("{\"schema_version\": 9, \"findings\": []}", "schema version 9"),
        ("{\"schema_version\": 1, \"findings\": [{\"fingerprint\": \"\\u001b[31mx\"}]}", "is no fingerprint"),
    ] {
        folder.write("baseline.json", text);
        let output = folder.scan(&["--baseline", "baseline.json"]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(!error.contains("struct"), "an error speaks of our own types: {error}");
        assert!(error.contains(told) && error.contains("--format json") && !error.contains('\u{1b}'), "{error}");
    }
    assert_eq!(folder.scan(&["--baseline", "none.json"]).status.code(), Some(1));
}

#[test]
fn several_formats_are_written_at_once_with_one_exit_code() {
    let folder = Folder::new("formats");
    folder.write("rotaudit.toml", WAIVER);
    let files = ["json=a.json", "sarif=a.sarif", "junit=a.xml", "markdown=a.md", "csv=a.csv", "github=a.txt"];
    let output = folder.scan(&files.iter().flat_map(|file| ["--format", *file]).chain(["--format", "table"]).collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(10));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("17 rotations of 17 secrets"));
    let read = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap();
    let json: Value = serde_json::from_str(&read("a.json")).unwrap();
    let sarif: Value = serde_json::from_str(&read("a.sarif")).unwrap();
    let findings = json["findings"].as_array().unwrap().len();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), findings + 1);
    assert_eq!(read("a.csv").lines().count(), findings + 2);
    assert!(read("a.xml").contains("<testsuite name=\"111122223333\"") && read("a.md").starts_with("## Rotation audit"));
    assert!(read("a.txt").lines().all(|line| line.starts_with("::")));
    assert_eq!(folder.scan(&["--format", "json", "--format", "csv"]).status.code(), Some(2));
}

#[test]
fn the_configuration_says_which_rules_run_how_bad_they_are_and_what_fails() {
    let folder = Folder::new("rules");
    folder.write("rotaudit.toml", "fail-on = 'never'\n[rules]\nkey-not-usable = 'info'\nrotation-cancelled = 'off'\n");
    let (code, report) = folder.report(&[]);
    assert_eq!(code, 0);
    assert!(!rules(&report["findings"]).contains(&"rotation-cancelled"));
    let changed = report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "key-not-usable").unwrap();
    assert_eq!(changed["severity"], "info");
    folder.write("rotaudit.toml", "[rules]\nkey-not-usabel = 'info'\n");
    let output = folder.scan(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean \"key-not-usable\"?"));
}
