//! An organization: rotations whose parts lie in two accounts, and what control policies make of them.

use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use super::list;
use super::support::{Emulator, emulator};

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is a text in {value}"))
}

/// The program with the keys of the organization's management account.
fn rotaudit(emulator: &Emulator, arguments: &[&str]) -> Output {
    let keys = emulator.manifest["organization"]["keys"].as_object().expect("the keys of the management account");
    Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(arguments)
        .args(["--format", "json", "--endpoint-url", &emulator.endpoint])
        .envs(keys.iter().map(|(name, key)| (name, key.as_str().unwrap_or_default())))
        .envs([("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_REGION", text(&emulator.manifest["organization"], "region"))])
        .env_remove("AWS_PROFILE")
        .output()
        .expect("the program runs")
}

fn scanned(emulator: &Emulator, arguments: &[&str]) -> Value {
    let output = rotaudit(emulator, &[&["scan"], arguments].concat());
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("the report is JSON ({error}): {}", String::from_utf8_lossy(&output.stderr)))
}

/// The report of a scan of the whole organization; made once.
pub(super) fn report(emulator: &Emulator) -> &'static Value {
    static REPORT: LazyLock<std::sync::Mutex<Option<&'static Value>>> = LazyLock::new(Default::default);
    let mut report = REPORT.lock().expect("no other test failed while it scanned");
    report.get_or_insert_with(|| {
        let arguments = [
            "--organization",
            "--all-regions",
            "--exclude",
            "tag:stage=sandbox",
            "--exclude",
            text(&emulator.manifest["organization"]["accounts"], "management"),
        ];
        Box::leak(Box::new(scanned(emulator, &arguments)))
    })
}

fn rotation<'a>(report: &'a Value, emulator: &Emulator, name: &str) -> &'a Value {
    let secret = &emulator.manifest["organization"]["secrets"][name];
    list(report, "rotations").iter().find(|rotation| rotation["secret"] == *secret).expect("the rotation is in the report")
}

/// Every call is allowed. What stays open across accounts is the function's code, which nobody reads: whether it passes the rotation token on.
fn assert_allowed(rotation: &Value) {
    let calls = list(rotation, "calls");
    assert!(calls.len() > 8 && calls.iter().all(|call| call["decision"] == "allowed"), "{rotation}");
    let needs = list(rotation, "needs");
    assert!(rotation["verdict"] == "undecided" && needs.len() == 1, "{rotation}");
    assert!(needs[0].as_str().is_some_and(|need| need.contains("RotationToken")), "{rotation}");
}

#[test]
fn parts_that_lie_in_two_accounts_join_into_a_rotation_that_is_judged_whole() {
    let Some(emulator) = emulator() else { return };
    let rotation = rotation(report(emulator), emulator, "shared");
    assert_allowed(rotation);
    let functions = text(&emulator.manifest["organization"]["accounts"], "functions");
    assert!(text(rotation, "function").contains(functions) && text(rotation, "role").contains(functions));
    assert!(!list(report(emulator), "coverage").iter().any(|gap| gap["call"] == "sts:AssumeRole"));
}

#[test]
fn a_service_control_policy_stops_the_role_and_a_resource_control_policy_the_secret() {
    let Some(emulator) = emulator() else { return };
    for (name, action, kind, policy) in [
        ("frozen", "secretsmanager:GetSecretValue", "service control policy", "Frozen"),
        ("sealed", "secretsmanager:PutSecretValue", "resource control policy", "Sealed"),
    ] {
        let rotation = rotation(report(emulator), emulator, name);
        assert_eq!((&rotation["verdict"], &rotation["step"]), (&"fails".into(), &"createSecret".into()), "{rotation}");
        let because = text(rotation, "because");
        assert!(because.contains(action) && because.contains(kind) && because.contains(policy), "{because}");
    }
}

#[test]
fn without_the_organization_the_same_accounts_are_judged_as_if_nothing_stopped_them_and_the_report_says_so() {
    let Some(emulator) = emulator() else { return };
    let accounts = &emulator.manifest["organization"]["accounts"];
    let role = |name: &str| format!("arn:aws:iam::{}:role/rotaudit", text(accounts, name));
    let region = text(&emulator.manifest["organization"], "region");
    let report = scanned(emulator, &["--region", region, "--assume-role", &role("data"), "--assume-role", &role("functions")]);
    for name in ["shared", "frozen", "sealed"] {
        // The condition on the organization is decided all the same.
        assert_allowed(rotation(&report, emulator, name));
    }
    let assumed = list(&report, "assumptions").iter().filter_map(Value::as_str).any(|assumption| {
        assumption.contains("control policies") && ["data", "functions"].iter().all(|name| assumption.contains(text(accounts, name)))
    });
    assert!(assumed, "{}", report["assumptions"]);
}

#[test]
fn an_account_that_was_closed_is_told_and_stops_nothing() {
    let Some(emulator) = emulator() else { return };
    let closed = text(&emulator.manifest["organization"]["accounts"], "closed");
    let gap = list(report(emulator), "coverage").iter().find(|gap| gap["resource"] == closed).expect("it is in the coverage");
    assert_eq!(gap["call"], "organizations:ListAccountsForParent");
    assert!(text(gap, "error").contains("the account is"), "{gap}");
}

#[test]
fn a_unit_that_is_not_there_is_told_so() {
    let Some(emulator) = emulator() else { return };
    let output = rotaudit(emulator, &["scan", "--organization", "--include", "ou:nowhere"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("has no organizational unit \"nowhere\""), "{said}");
}
