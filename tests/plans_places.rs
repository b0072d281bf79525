//! Where a plan's resources are: what providers tell of their account and region through variables, data and resources, and what is said where nothing does.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

/// The plan of a correct rotation, of which everything is made with another provider, of this block.
fn with_provider(block: &Value) -> Value {
    let mut plan: Value = serde_json::from_slice(&fs::read("tests/plans/correct/plan.json").unwrap()).unwrap();
    plan["configuration"]["provider_config"]["aws.other"] =
        json!({"name": "aws", "alias": "other", "full_name": "registry.terraform.io/hashicorp/aws", "expressions": block});
    for resource in plan.pointer_mut("/configuration/root_module/resources").unwrap().as_array_mut().unwrap() {
        if resource["mode"] == "managed" {
            resource["provider_config_key"] = "aws.other".into();
        }
    }
    plan
}

/// The place of the rotation's function in this plan, and what is taken for granted.
fn place(plan: &Value) -> (String, String) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("places-{}-{}.json", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, plan.to_string()).unwrap();
    let arguments = ["scan", "--plan", file.to_str().unwrap(), "--format", "json", "--account", "111122223333", "--region", "eu-west-1"];
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).output().unwrap();
    fs::remove_file(file).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let function = report["rotations"][0]["function"].as_str().unwrap_or_else(|| panic!("{report:#}"));
    let parts: Vec<&str> = function.split(':').collect();
    (format!("{}/{}", parts[4], parts[3]), report["assumptions"].to_string())
}

const ROLE: &str = "arn:aws:iam::444455556666:role/deploy";

fn refers_to(references: &[&str]) -> Value {
    json!({"references": references})
}

fn role(expression: &Value) -> Value {
    json!({"region": {"constant_value": "eu-west-1"}, "assume_role": [{"role_arn": expression}]})
}

#[test]
fn a_provider_tells_its_place_through_what_is_known() {
    let mut of_variable = with_provider(
        &json!({"region": refers_to(&["var.regions[\"far\"]", "var.regions"]), "assume_role": [{"role_arn": refers_to(&["var.role"])}]}),
    );
    of_variable["variables"] = json!({"role": {"value": ROLE}, "regions": {"value": {"far": "us-east-2"}}});
    assert_eq!(place(&of_variable).0, "444455556666/us-east-2");
    let mut of_data = with_provider(&role(&refers_to(&["data.aws_iam_role.deploy.arn", "data.aws_iam_role.deploy"])));
    of_data["prior_state"]["values"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({
        "address": "data.aws_iam_role.deploy", "mode": "data", "type": "aws_iam_role", "name": "deploy", "values": {"arn": ROLE}}));
    assert_eq!(place(&of_data).0, "444455556666/eu-west-1");
    let mut of_resource = with_provider(&role(&refers_to(&["aws_iam_role.deploy.arn", "aws_iam_role.deploy"])));
    let deploy = json!({"name": "deploy", "arn": ROLE, "assume_role_policy": "{}"});
    of_resource["resource_changes"].as_array_mut().unwrap().push(json!({
        "address": "aws_iam_role.deploy", "mode": "managed", "type": "aws_iam_role", "name": "deploy",
        "change": {"actions": ["no-op"], "before": deploy, "after": deploy, "after_unknown": {}}}));
    assert_eq!(place(&of_resource).0, "444455556666/eu-west-1");
    let mut allowed = with_provider(
        &json!({"allowed_account_ids": refers_to(&["var.account"]), "assume_role": [{"role_arn": refers_to(&["local.role"])}]}),
    );
    allowed["variables"] = json!({"account": {"value": "444455556666"}});
    let (found, told) = place(&allowed);
    assert_eq!(found, "444455556666/eu-west-1");
    assert!(!told.contains("aws.other"), "{told}");
}

#[test]
fn what_was_made_and_read_with_a_provider_tells_its_place() {
    let mut read = with_provider(&role(&refers_to(&["local.role"])));
    read["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({
        "address": "data.aws_caller_identity.other", "mode": "data", "type": "aws_caller_identity", "name": "other", "provider_config_key": "aws.other"}));
    read["prior_state"]["values"]["root_module"]["resources"].as_array_mut().unwrap().push(json!({
        "address": "data.aws_caller_identity.other", "mode": "data", "type": "aws_caller_identity", "name": "other", "values": {"account_id": "444455556666"}}));
    let (found, told) = place(&read);
    assert_eq!(found, "444455556666/eu-west-1");
    assert!(!told.contains("aws.other"), "{told}");
}

#[test]
fn a_place_that_nothing_tells_is_named() {
    for (block, what) in [
        (role(&refers_to(&["local.role"])), "in account 111122223333: its own hangs on local.role"),
        // What is made of the account's number is not seen.
        (role(&refers_to(&["var.account"])), "in account 111122223333: its own hangs on assume_role.role_arn"),
        (role(&refers_to(&["var.account", "var.name"])), "its own hangs on var.account, var.name"),
        (json!({"profile": {"constant_value": "other"}}), "its own hangs on profile"),
        (json!({"region": refers_to(&["local.region"])}), "in eu-west-1: its own region hangs on local.region"),
        (json!({"region": refers_to(&["var.name"])}), "in eu-west-1: its own region hangs on region"),
    ] {
        let mut plan = with_provider(&block);
        plan["variables"] = json!({"account": {"value": "444455556666"}, "name": {"value": "eu"}});
        let (found, told) = place(&plan);
        assert_eq!(found, "111122223333/eu-west-1");
        assert!(told.contains("What provider aws.other makes") && told.contains(what), "{what}: {told}");
    }
    // One that nothing is made with is none of anybody's business.
    let mut plan = with_provider(&role(&refers_to(&["local.role"])));
    for resource in plan.pointer_mut("/configuration/root_module/resources").unwrap().as_array_mut().unwrap() {
        resource["provider_config_key"] = "aws".into();
    }
    assert!(!place(&plan).1.contains("aws.other"));
}

#[test]
fn a_provider_of_a_module_has_the_modules_variables() {
    let mut plan = with_provider(&json!({}));
    let configuration = &mut plan["configuration"];
    let module = configuration["root_module"].take();
    configuration["provider_config"]["module.inner:aws.other"] = json!({"name": "aws", "alias": "other", "module_address": "module.inner",
        "full_name": "registry.terraform.io/hashicorp/aws", "expressions": {"region": refers_to(&["var.region"])}});
    configuration["root_module"] =
        json!({"module_calls": {"inner": {"expressions": {"region": refers_to(&["var.far"])}, "module": module}}});
    for resource in plan.pointer_mut("/configuration/root_module/module_calls/inner/module/resources").unwrap().as_array_mut().unwrap() {
        if resource["mode"] == "managed" {
            resource["provider_config_key"] = "module.inner:aws.other".into();
        }
    }
    plan["variables"] = json!({"region": {"value": "eu-central-1"}, "far": {"value": "us-east-2"}});
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        change["address"] = format!("module.inner.{}", change["address"].as_str().unwrap()).into();
        change["module_address"] = "module.inner".into();
    }
    plan["prior_state"] = json!({});
    assert_eq!(place(&plan).0, "111122223333/us-east-2");
}

#[test]
fn what_belongs_together_and_may_be_apart_is_undecided() {
    let verdict = |plan: &Value| -> (String, String) {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("apart-{}.json", std::process::id()));
        fs::write(&file, plan.to_string()).unwrap();
        let arguments = ["scan", "--plan", file.to_str().unwrap(), "--source", "tests/plans/correct", "--format", "json"];
        let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
            .args(arguments)
            .args(["--account", "111122223333", "--region", "eu-west-1"])
            .output();
        fs::remove_file(file).unwrap();
        let report: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
        let rotation = &report["rotations"][0];
        (rotation["verdict"].as_str().unwrap().to_owned(), rotation["needs"].to_string())
    };
    let made_with = |plan: &mut Value, kind: &str, provider: &str| {
        for resource in plan.pointer_mut("/configuration/root_module/resources").unwrap().as_array_mut().unwrap() {
            if resource["type"].as_str().unwrap().starts_with(kind) {
                resource["provider_config_key"] = provider.into();
            }
        }
    };
    let open = json!({"region": refers_to(&["local.region"])});
    assert_eq!(verdict(&with_provider(&open)).0, "rotates", "all of it is in one place, whichever that is");
    for kind in ["aws_secretsmanager", "aws_lambda", "aws_kms"] {
        let mut plan = with_provider(&open);
        made_with(&mut plan, kind, "aws");
        let (verdict, needs) = verdict(&plan);
        assert_eq!(verdict, "undecided", "{kind}");
        assert!(needs.contains("hangs on local.region, which tells where provider aws.other works"), "{kind}: {needs}");
    }
    // A role is in an account and in no region.
    for (block, expected) in [(open, "rotates"), (role(&refers_to(&["local.role"])), "undecided")] {
        let mut plan = with_provider(&block);
        made_with(&mut plan, "aws_iam", "aws");
        assert_eq!(verdict(&plan).0, expected, "{block}");
    }
    let mut known = with_provider(&json!({"region": {"constant_value": "eu-west-1"}}));
    made_with(&mut known, "aws_lambda", "aws");
    assert_eq!(verdict(&known).0, "rotates");
    // One of OpenTofu's, for each of several places.
    let (of_each, needs) = verdict(&with_provider(&json!({"region": refers_to(&["each.value"])})));
    assert_eq!(of_each, "undecided");
    assert!(needs.contains("hangs on each.value"), "{needs}");
}
