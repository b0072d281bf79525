//! The setups of the AWS guide, built in the stand-in: each rotates and nothing is found on it; and the symptoms that people meet when one thing of a setup is
//! broken, each of which has to become one finding, of the right rule on the right resource. `tests/emulator_guide.py` plants them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::support::{Emulator, emulator};
use super::{list, rotaudit, scan_of, snapshot, verdict};

/// What a symptom must become: the rule, what the finding is about, and the verdict of the rotation.
const EXPECTED: [(&str, &str, &str, &str); 12] = [
    ("cannot-invoke", "secrets-manager-cannot-invoke", "secret_arn", "fails at invoke"),
    ("kms-not-allowed", "role-cannot-use-key", "secret_arn", "fails at createSecret"),
    ("key-disabled", "key-not-usable", "key_arn", "fails at createSecret"),
    ("not-complete", "rotation-stuck-after-new-value", "secret_arn", "rotates"),
    ("times-out", "secrets-manager-out-of-reach", "function_arn", "fails at createSecret"),
    ("stops-after-create", "network-acl-blocks-function", "network_acl_arn", "fails at createSecret"),
    ("task-timed-out", "function-timeout-short", "function_arn", "rotates"),
    ("no-stage", "no-current-version", "secret_arn", "fails at createSecret"),
    ("random-password", "role-cannot-get-random-password", "role_arn", "fails at createSecret"),
    ("update-stage", "role-cannot-rotate-secret", "secret_arn", "fails at finishSecret"),
    ("endpoint-policy", "endpoint-policy-denies", "endpoint_arn", "fails at createSecret"),
    ("explicit-deny", "role-cannot-rotate-secret", "secret_arn", "fails at createSecret"),
];

/// A snapshot of the region three days later, when a rotation that began just now is no longer under way, and the report of a scan of it; made once.
fn later(emulator: &Emulator) -> &'static (Value, Value) {
    static LATER: LazyLock<std::sync::Mutex<Option<&'static (Value, Value)>>> = LazyLock::new(Default::default);
    let mut later = LATER.lock().expect("no other test failed while it scanned");
    later.get_or_insert_with(|| {
        let mut snapshot = snapshot(emulator, "guide", &["--region", emulator.manifest["guide"]["region"].as_str().expect("a region")]);
        let now: jiff::Timestamp =
            snapshot["inventory"]["as_of"].as_str().and_then(|time| time.parse().ok()).expect("a snapshot has a time");
        snapshot["inventory"]["as_of"] = (now + jiff::SignedDuration::from_hours(72)).to_string().into();
        let report = scan_of(&snapshot, "guide-later");
        Box::leak(Box::new((snapshot, report)))
    })
}

/// What is found on a rotation above the severity `info`: rule and resource.
fn findings(report: &Value, planted: &Value) -> Vec<String> {
    let here = list(report, "findings").iter().filter(|finding| list(finding, "rotations").contains(&planted["secret_arn"]));
    here.filter(|finding| finding["severity"] != "info").map(|finding| format!("{} on {}", finding["rule"], finding["resource"])).collect()
}

fn name(planted: &Value) -> &str {
    planted["name"].as_str().expect("what is planted has a name")
}

#[test]
fn every_setup_of_the_guide_rotates_and_nothing_is_found_on_it() {
    let Some(emulator) = emulator() else { return };
    let (_, report) = later(emulator);
    let setups = list(&emulator.manifest["guide"], "setups");
    let names: BTreeSet<&str> = setups.iter().map(name).collect();
    assert_eq!(names.len(), 12, "not a database, single user and alternating users, under either key, in and out of a VPC: {names:?}");
    for setup in setups {
        assert_eq!(verdict(report, setup["secret_arn"].as_str().expect("an ARN")), "rotates", "{}", name(setup));
        assert_eq!(findings(report, setup), [""; 0], "{}", name(setup));
    }
}

#[test]
fn every_symptom_becomes_one_finding_of_the_right_rule_on_the_right_resource() {
    let Some(emulator) = emulator() else { return };
    let (_, report) = later(emulator);
    let symptoms = list(&emulator.manifest["guide"], "symptoms");
    assert_eq!(
        symptoms.iter().map(|symptom| &symptom["id"]).collect::<Vec<_>>(),
        EXPECTED.map(|(id, ..)| id),
        "what is planted is what is expected"
    );
    for (symptom, (id, rule, link, wanted)) in symptoms.iter().zip(EXPECTED) {
        assert_eq!(findings(report, symptom), [format!("{:?} on {}", rule, symptom[link])], "{id}: {}", symptom["seen"]);
        assert_eq!(verdict(report, symptom["secret_arn"].as_str().expect("an ARN")), wanted, "{id}");
    }
}

/// What the gate says of turning the same rotation on, from the same snapshot: the exit code and the answer.
fn asked(file: &str, planted: &Value) -> (Option<i32>, Value) {
    let named = |link: &str| planted[link].as_str().unwrap_or_else(|| panic!("{link} was planted"));
    let proposal = ["--secret", named("secret"), "--function", named("function_arn"), "--on-undecided", "ignore"];
    let output = rotaudit(&[&["gate", "--snapshot", file, "--format", "json"], &proposal[..]].concat());
    let answer = serde_json::from_slice(&output.stdout);
    (output.status.code(), answer.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))))
}

#[test]
fn the_gate_says_of_each_what_to_fix_first() {
    let Some(emulator) = emulator() else { return };
    let (snapshot, _) = later(emulator);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("emulator-{}-guide-gate.json", std::process::id()));
    // Nobody has turned any of them on yet.
    let mut snapshot = snapshot.clone();
    for secret in snapshot["inventory"]["secrets"].as_object_mut().expect("secrets by ARN").values_mut() {
        secret["rotation"] = json!({"enabled": false});
    }
    std::fs::write(&file, snapshot.to_string()).expect("the target folder is writable");
    let path = file.to_str().expect("the target folder's name is text");
    for setup in list(&emulator.manifest["guide"], "setups") {
        let (code, answer) = asked(path, setup);
        assert_eq!((code, &answer["rotation"]["verdict"]), (Some(0), &json!("rotates")), "{}: {}", name(setup), answer["fix_first"]);
    }
    for (symptom, (id, rule, _, wanted)) in list(&emulator.manifest["guide"], "symptoms").iter().zip(EXPECTED) {
        let (code, answer) = asked(path, symptom);
        // An earlier rotation that has not ended keeps a new one from being turned on; a short time limit is found, and breaks nothing for certain.
        let (wanted_code, wanted_rule) = match id {
            "not-complete" => (10, json!(null)),
            "task-timed-out" => (0, json!(rule)),
            _ => (10, json!(rule)),
        };
        assert_eq!((code, &answer["fix_first"]["rule"]), (Some(wanted_code), &wanted_rule), "{id}: {}", answer["fix_first"]);
        let step = wanted.strip_prefix("fails at ").or((id == "not-complete").then_some("turnOn"));
        assert_eq!(answer["rotation"]["step"].as_str(), step, "{id}");
    }
    std::fs::remove_file(file).expect("the snapshot can be removed");
}
