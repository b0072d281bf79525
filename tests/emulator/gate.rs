//! A pipeline that turns rotation on, against the stand-in: stopped while Secrets Manager may not invoke the function, let through when somebody has mended that, and
//! then the rotation is on. Whoever mends it and turns it on is `tests/emulator_gate.py`, never this program.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{Emulator, emulator};
use super::{list, rotaudit};

/// Asks whether the planted secret could be rotated: the exit code and the answer.
fn asked(emulator: &Emulator, more: &[&str]) -> (Option<i32>, Value) {
    let planted = &emulator.manifest["gate"];
    let named = |name: &str| planted[name].as_str().unwrap_or_else(|| panic!("{name} was planted"));
    let proposal = ["--secret", named("secret"), "--function", "rotate-gate", "--every", "30d", "--as", named("deployer_arn")];
    let source = ["gate", "--region", named("region"), "--endpoint-url", &emulator.endpoint, "--format", "json"];
    let output = rotaudit(&[&source[..], &proposal[..], more].concat());
    let answer = serde_json::from_slice(&output.stdout);
    (output.status.code(), answer.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))))
}

fn rules(report: &Value) -> Vec<&str> {
    list(report, "findings").iter().filter_map(|finding| finding["rule"].as_str()).collect()
}

#[test]
fn a_pipeline_is_stopped_until_the_permission_is_there_and_then_turns_rotation_on() {
    let Some(emulator) = emulator() else { return };
    let planted = &emulator.manifest["gate"];
    let region = planted["region"].as_str().expect("a region");

    let (code, blocked) = asked(emulator, &[]);
    assert_eq!((code, &blocked["rotation"]["verdict"], &blocked["rotation"]["step"]), (Some(10), &json!("fails"), &json!("invoke")));
    let first = &blocked["fix_first"];
    assert_eq!((&first["resource"], &first["rule"]), (&planted["function_arn"], &json!("secrets-manager-cannot-invoke")));
    assert_eq!(first["change"], "the resource-based policy of the function rotate-gate");

    emulator.change("permit");
    let (code, open) = asked(emulator, &[]);
    assert_eq!((code, &open["rotation"]["verdict"]), (Some(11), &json!("rotates")), "not all that the stand-in is asked does it answer");
    let missing = list(&open, "undecided").iter().flat_map(|check| list(check, "missing"));
    let missing: BTreeSet<&str> = missing.filter_map(|gap| gap["call"].as_str()).collect();
    assert_eq!(missing, BTreeSet::from(["lambda:ListFunctionUrlConfigs", "secretsmanager:ListResourcePolicies"]));
    let (code, passes) = asked(emulator, &["--on-undecided", "warn"]);
    // CodeBuild may invoke the function to turn rotation on, which a pipeline is meant to.
    assert_eq!((code, rules(&passes)), (Some(0), Vec::new()));
    let turning_on: Vec<_> =
        list(&passes["rotation"], "calls").iter().filter(|call| call["step"] == "turnOn").map(|call| &call["decision"]).collect();
    assert_eq!(turning_on, ["allowed", "allowed"], "the deployer may do both");

    assert_eq!(passes["before"]["enabled"], false, "the answers before have changed nothing");
    emulator.change("turn-on");
    let secret = planted["secret_arn"].as_str().expect("a secret's ARN");
    let scanned = rotaudit(&["scan", "--region", region, "--endpoint-url", &emulator.endpoint, "--secret", secret, "--format", "json"]);
    let report: Value = serde_json::from_slice(&scanned.stdout).expect("the report is JSON");
    let rotation = &report["rotations"][0];
    assert_eq!((&rotation["function"], &rotation["verdict"]), (&planted["function_arn"], &json!("rotates")));
    assert_eq!((scanned.status.code(), rules(&report)), (Some(0), Vec::new()));
}
