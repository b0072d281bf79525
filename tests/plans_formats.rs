//! Plans as other versions of Terraform write them, as OpenTofu does, and of other kinds than a full plan.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn plan(name: &str) -> Value {
    serde_json::from_slice(&fs::read(format!("tests/plans/{name}/plan.json")).unwrap()).unwrap()
}

fn written(plan: &Value) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-format-{}-{count}.json", std::process::id()));
    fs::write(&file, plan.to_string()).unwrap();
    file
}

/// The report of a plan, without its time.
fn report(plan: &Value, more: &[&str]) -> Value {
    let file = written(plan);
    let output = rotaudit(&[&["scan", "--plan", file.to_str().unwrap(), "--format", "json"], more].concat());
    fs::remove_file(file).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut report: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    report["as_of"] = Value::Null;
    if let Some(change) = report["change"].as_object_mut() {
        change["before_as_of"] = Value::Null;
    }
    report
}

fn error(plan: &Value) -> String {
    let file = written(plan);
    let output = rotaudit(&["scan", "--plan", file.to_str().unwrap()]);
    fs::remove_file(file).unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn verdict(report: &Value) -> &str {
    report["rotations"][0]["verdict"].as_str().unwrap()
}

fn without(plan: &Value, members: &[&str]) -> Value {
    let mut plan = plan.clone();
    for member in members {
        plan.as_object_mut().unwrap().remove(*member);
    }
    plan
}

const CORRECT: [&str; 2] = ["--source", "tests/plans/correct"];

#[test]
fn what_only_newer_versions_write_is_not_needed() {
    let newest = plan("correct");
    let expected = report(&newest, &CORRECT);
    assert_eq!(verdict(&expected), "rotates");
    // Members by the version of the format that brought them, the newest first.
    let since = [
        ("1.2", &["applyable", "complete", "timestamp", "checks"][..]),
        ("1.1", &["errored", "relevant_attributes", "resource_drift"]),
        ("1.0", &[]),
        ("0.2", &["planned_values"]),
        ("0.1", &["output_changes"]),
    ];
    let mut older = newest;
    for (version, members) in since {
        older = without(&older, members);
        older["format_version"] = version.into();
        assert_eq!(report(&older, &CORRECT), expected, "{version}");
    }
    older["format_version"] = "2.0".into();
    assert!(error(&older).contains(r#"its format_version is "2.0", and this build reads 1.x"#), "{}", error(&older));
}

#[test]
fn what_is_open_only_while_a_plan_is_made_is_not_taken_for_what_is_there() {
    // OpenTofu writes ephemeral resources beside the others, and they may have the types and names of these.
    let mut tofu = plan("correct");
    let expected = report(&tofu, &[]);
    let ephemeral = json!({"mode": "ephemeral", "type": "aws_secretsmanager_secret_version", "name": "db"});
    let with = |more: Value| {
        let mut it = ephemeral.as_object().unwrap().clone();
        it.extend(more.as_object().unwrap().clone());
        Value::Object(it)
    };
    let change = json!({"address": "ephemeral.aws_secretsmanager_secret_version.db", "provider_name": "registry.opentofu.org/hashicorp/aws",
        "change": {"actions": ["open"], "before": null, "after": null, "after_unknown": {}, "before_sensitive": false, "after_sensitive": false}});
    tofu["resource_changes"].as_array_mut().unwrap().push(with(change));
    let written = json!({"address": "ephemeral.aws_secretsmanager_secret_version.db", "provider_config_key": "aws",
        "expressions": {"secret_id": {"constant_value": "another"}}, "schema_version": 0});
    tofu["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(with(written));
    assert_eq!(report(&tofu, &[]), expected);
}

#[test]
fn a_plan_that_only_reads_again_is_what_its_state_says() {
    let full = plan("change");
    let before = report(&full, &["--before"]);
    let mut refresh = without(&full, &["resource_changes"]);
    refresh["planned_values"] = json!({"root_module": {}});
    let after = report(&refresh, &[]);
    assert_eq!(before["rotations"].as_array().unwrap().len(), 1);
    assert_eq!([&after["rotations"], &after["findings"]], [&before["rotations"], &before["findings"]]);
}

#[test]
fn what_a_replacement_left_behind_is_not_there() {
    let full = plan("change");
    let expected = report(&full, &[]);
    let mut left = full.clone();
    let changes = left["resource_changes"].as_array_mut().unwrap();
    let mut deposed = changes.iter().find(|it| it["address"] == "aws_iam_role_policy.rotate").unwrap().clone();
    deposed["deposed"] = "4f1c2a3b".into();
    deposed["change"]["actions"] = json!(["delete"]);
    deposed["change"]["after"] = Value::Null;
    changes.insert(0, deposed);
    assert_eq!(report(&left, &[]), expected);
}

#[test]
fn what_is_imported_is_as_the_plan_says() {
    let full = plan("change");
    let expected = report(&full, &[]);
    let mut imported = full;
    for it in imported["resource_changes"].as_array_mut().unwrap() {
        if it["change"]["actions"] == json!(["no-op"]) {
            it["change"]["importing"] = json!({"id": "something"});
            it["change"]["generated_config"] = "resource {}".into();
        }
    }
    assert_eq!(report(&imported, &[]), expected);
}

#[test]
fn what_is_left_for_a_later_plan_is_told() {
    let says = |plan: &Value| report(plan, &[])["assumptions"].to_string();
    let mut part = plan("correct");
    assert!(!says(&part).contains("The plan"), "{}", says(&part));
    part["complete"] = false.into();
    assert!(says(&part).contains("The plan is of a part of its configuration (-target"), "{}", says(&part));
    let changes = part["resource_changes"].as_array_mut().unwrap();
    let rotation = changes.iter().position(|it| it["address"] == "aws_secretsmanager_secret_rotation.db").unwrap();
    let deferred = changes.remove(rotation);
    part["deferred_changes"] = json!([{"reason": "instance_count_unknown", "resource_change": deferred}]);
    assert!(says(&part).contains("The plan leaves aws_secretsmanager_secret_rotation.db for a later one"), "{}", says(&part));
}

#[test]
fn other_files_of_opentofu_are_no_plans() {
    let encrypted = json!({"meta": {"key_provider.pbkdf2.x": "eyJz"}, "encrypted_data": "KAOv", "encryption_version": "v0"});
    assert!(error(&encrypted).contains("it is a saved plan"), "{}", error(&encrypted));
    let configuration = json!({"format_version": "1.0", "configuration": plan("correct")["configuration"]});
    assert!(error(&configuration).contains("neither resource_changes nor planned_values"), "{}", error(&configuration));
}

#[test]
fn a_provider_for_each_of_something_has_no_place_that_a_plan_tells() {
    // OpenTofu has providers with for_each, and its plan does not say by which of them something is made.
    let mut tofu = plan("correct");
    let regional = json!({"name": "aws", "full_name": "registry.opentofu.org/hashicorp/aws", "alias": "by_region",
        "expressions": {"region": {"references": ["each.value"]}}});
    tofu["configuration"]["provider_config"]["aws.by_region"] = regional;
    for it in tofu["configuration"]["root_module"]["resources"].as_array_mut().unwrap() {
        it["provider_config_key"] = "aws.by_region".into();
    }
    let assumptions = report(&tofu, &[])["assumptions"].to_string();
    let says = "What provider aws.by_region makes is taken to be in eu-west-1: its own region hangs on each.value";
    assert!(assumptions.contains(says), "{assumptions}");
}
