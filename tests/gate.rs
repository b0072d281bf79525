//! `rotaudit gate` as its users run it: over the demo and over snapshots, its exit codes, its formats, and what is told to be wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run the program has failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn gate(arguments: &[&str]) -> Output {
    let folder = env!("CARGO_TARGET_TMPDIR");
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).arg("gate").args(arguments).current_dir(folder).env_clear().output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn answer(arguments: &[&str]) -> (i32, Value) {
    let output = gate(&[arguments, &["--format", "json"]].concat());
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (output.status.code().unwrap(), value)
}

/// A snapshot of the demo after a change.
fn snapshot(name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gate-{}-{name}.json", std::process::id()));
    let taken = Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(["snapshot", "--demo", "-o"]).arg(&file).env_clear().output().unwrap();
    assert!(taken.status.success(), "{}", stderr(&taken));
    let mut snapshot: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut snapshot["inventory"]);
    std::fs::write(&file, snapshot.to_string()).unwrap();
    file
}

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:payments/db-kQ3xTz";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-payments-db";

/// The secret does not rotate yet.
fn not_yet(inventory: &mut Value) {
    inventory["secrets"][SECRET]["rotation"] = json!({"enabled": false});
}

#[test]
fn the_first_line_is_the_answer_and_the_exit_code_too() {
    for (secret, function, line, code) in [
        (
            "legacy/erp",
            "rotate-legacy-erp",
            "rotates  the first rotation of legacy/erp by rotate-legacy-erp will succeed, and opens nothing",
            0,
        ),
        ("crm/db", "rotate-crm-db", "fails at invoke  the first rotation of crm/db by rotate-crm-db will not succeed", 10),
        ("reporting/db", "rotate-reporting-db", "fails at finishSecret  the first rotation", 10),
        ("vault/shared", "rotate-vault-shared", "undecided  whether rotate-vault-shared can rotate vault/shared", 11),
        ("rds!cluster-4f1c", "rotate-crm-db", "fails at turn on  rds!cluster-4f1c will not be rotated", 10),
        ("mail/smtp", "rotate-mail-smtp", "fails at turn on  ", 10),
        ("crm/db", "rotate-nothing", "undecided  ", 11),
    ] {
        let output = gate(&["--demo", "--secret", secret, "--function", function]);
        assert!(stdout(&output).starts_with(line), "{}", stdout(&output));
        assert_eq!(output.status.code(), Some(code), "{secret}");
        let says_what_to_fix = stdout(&output).contains("\nFix first:  ");
        assert_eq!(says_what_to_fix, code != 0, "{}", stdout(&output));
    }
}

#[test]
fn a_rotation_that_works_but_opens_something_stops_at_the_threshold() {
    let file = snapshot("opens", |inventory| {
        not_yet(inventory);
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": FUNCTION,
        }]});
        inventory["functions"][FUNCTION]["policies"][""]["value"] = policy.to_string().into();
    });
    let file = file.to_str().unwrap();
    let proposal = ["--snapshot", file, "--secret", "payments/db", "--function", "rotate-payments-db"];
    let (code, found) = answer(&proposal);
    assert_eq!((code, &found["rotation"]["verdict"]), (0, &"rotates".into()), "medium is below the default threshold");
    assert_eq!(found["findings"][0]["rule"], "invoke-open-to-other-accounts");
    assert_eq!(
        (&found["fix_first"]["rule"], &found["fix_first"]["finding"]),
        (&found["findings"][0]["rule"], &found["findings"][0]["fingerprint"])
    );
    assert_eq!(answer(&[&proposal[..], &["--fail-on", "medium"]].concat()).0, 10);
    // What a report of before knows, or somebody has signed for, does not count.
    let (config, waiver) =
        (format!("{file}.toml"), "[[waivers]]\nrule = 'invoke-open-*'\nreason = 'r'\nowner = 'o'\nexpires = '2999-01-01'");
    std::fs::write(&config, waiver).unwrap();
    let (code, waived) = answer(&[&proposal[..], &["--fail-on", "medium", "--config", &config]].concat());
    assert_eq!((code, waived["findings"].as_array().unwrap().len(), waived["suppressed"].as_array().unwrap().len()), (0, 0, 1));
    std::fs::remove_file(config).unwrap();
    std::fs::remove_file(file).unwrap();
}

#[test]
fn undecided_fails_unless_told_otherwise() {
    let proposal = ["--demo", "--secret", "vault/shared", "--function", "rotate-vault-shared"];
    assert_eq!(gate(&proposal).status.code(), Some(11));
    let warned = gate(&[&proposal[..], &["--on-undecided", "warn"]].concat());
    assert_eq!(warned.status.code(), Some(0));
    assert!(stderr(&warned).starts_with("warning: 1 rotation is undecided"), "{}", stderr(&warned));
    // A rotation that will fail is no finding below some threshold.
    assert_eq!(gate(&["--demo", "--secret", "crm/db", "--function", "rotate-crm-db", "--fail-on", "never"]).status.code(), Some(10));
}

#[test]
fn the_answer_holds_the_proposal_and_what_was_before() {
    let proposal = ["--demo", "--secret", "legacy/erp", "--function", "rotate-crm-db", "--every", "12h", "--window", "2h"];
    let (code, found) = answer(&proposal);
    assert_eq!(code, 10);
    assert_eq!(found["proposal"]["function"], "arn:aws:lambda:eu-west-1:111122223333:function:rotate-crm-db");
    assert_eq!(found["proposal"]["schedule"], json!({"after_days": null, "expression": "rate(12 hours)", "window": "2h"}));
    assert_eq!((&found["before"]["enabled"], &found["before"]["after_days"]), (&json!(false), &json!(30)));
    assert_eq!(found["rotation"]["function"], found["proposal"]["function"]);
    assert_eq!((&found["rotation"]["step"], &found["fix_first"]["rule"]), (&"invoke".into(), &"secrets-manager-cannot-invoke".into()));
    let schema: Value =
        serde_json::from_slice(&Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(["schema", "gate"]).env_clear().output().unwrap().stdout)
            .unwrap();
    let members: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert!(found.as_object().unwrap().keys().all(|member| members.contains(&member)), "{members:?}");
}

#[test]
fn what_was_not_read_or_taken_for_granted_elsewhere_is_left_to_the_scan() {
    let (_, found) = answer(&["--demo", "--secret", "crm/db", "--function", "rotate-crm-db"]);
    assert_eq!(found["coverage"], json!([]), "the key of another secret");
    let assumed: Vec<&str> = found["assumptions"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert!(assumed.iter().any(|it| it.contains("the function of 1 rotation connects")), "{assumed:?}");
    let (_, found) = answer(&["--demo", "--secret", "vault/shared", "--function", "rotate-vault-shared"]);
    assert_eq!(found["coverage"][0]["call"], "kms:GetKeyPolicy");
}

#[test]
fn whoever_turns_it_on_is_asked() {
    let role = "arn:aws:iam::111122223333:role/rotate-ci-deploy";
    let (code, found) = answer(&["--demo", "--secret", "ci/deploy", "--function", "rotate-ci-deploy", "--as", role]);
    assert_eq!((code, &found["rotation"]["step"], &found["fix_first"]["resource"]), (10, &"turnOn".into(), &role.into()));
    assert_eq!(found["proposal"]["turned_on_by"], role);
    let output = gate(&["--demo", "--secret", "ci/deploy", "--function", "rotate-ci-deploy", "--as", role]);
    let text = stdout(&output);
    assert!(
        text.contains("✓  role rotate-ci-deploy asks secretsmanager:RotateSecret")
            && text.contains("✗  role rotate-ci-deploy asks lambda:"),
        "{text}"
    );
}

#[test]
fn the_shared_formats_hold_what_is_added() {
    let proposal = ["--demo", "--secret", "crm/db", "--function", "rotate-crm-db"];
    for (format, holds) in [
        ("sarif", "secrets-manager-cannot-invoke"),
        ("junit", "fails at invoke"),
        ("markdown", "secrets-manager-cannot-invoke"),
        ("csv", "secrets-manager-cannot-invoke"),
        ("github", "rotate-crm-db"),
    ] {
        let output = gate(&[&proposal[..], &["--format", format]].concat());
        assert_eq!(output.status.code(), Some(10), "{format}");
        assert!(stdout(&output).contains(holds) && !stdout(&output).contains("billing"), "{format}: {}", stdout(&output));
    }
}

#[test]
fn a_snapshot_without_the_function_says_how_to_take_one_that_holds_it() {
    let file = snapshot("without", |inventory| {
        not_yet(inventory);
        inventory["functions"].as_object_mut().unwrap().remove(FUNCTION);
    });
    let file = file.to_str().unwrap();
    for (function, named) in [("rotate-payments-db", FUNCTION.to_owned()), ("rotate-crm-db:live", "function:rotate-crm-db:live".to_owned())]
    {
        let output = gate(&["--snapshot", file, "--secret", "payments/db", "--function", function]);
        assert_eq!(output.status.code(), Some(11));
        let said = stderr(&output);
        assert!(said.contains("was not read") && said.contains("rotaudit snapshot --function ") && said.contains(&named), "{said}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn what_is_wrong_is_told_before_anything_is_read() {
    let (secret, function) = (["--secret", "orders/db"], ["--function", "rotate-orders-db"]);
    let usual = [&secret[..], &function[..]].concat();
    let wrong: [(&[&str], &[&str], &str); 9] = [
        (&secret, &[], "--function"),
        (&function, &[], "--secret"),
        (&usual, &["--every", "3h"], "4 hours is the least"),
        (&usual, &["--every", "cron(15 3 1 * ? *)"], "the minutes must be 0"),
        (&usual, &["--window", "3h"], "give --every too"),
        (&usual, &["--as", "deploy"], "is not an ARN"),
        (&usual, &["--role", "arn:aws:iam::111122223333:role/r"], "cannot be used with"),
        (&["--secret", "orders/*"], &function, "is a pattern"),
        (&secret, &["--function", "arn:aws:lambda:eu-west-1:1:function:f"], "names no function"),
    ];
    for (proposal, more, told) in wrong {
        let output = gate(&[&["--snapshot", "nowhere.json"], proposal, more].concat());
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{more:?}");
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    }
    let unknown = gate(&["--demo", "--secret", "orders/bd", "--function", "rotate-orders-db"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("did you mean \"orders/db\"?"), "{}", stderr(&unknown));
}
