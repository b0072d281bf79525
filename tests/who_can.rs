//! `rotaudit who-can` as its users run it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run the program has failed")]

use std::process::{Command, Output};

use rotaudit::report::who_can_json_schema;
use serde_json::Value;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-orders-db";

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env_clear().output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn asked(action: &str, resource: &str) -> Output {
    rotaudit(&["who-can", "--demo", action, resource])
}

fn json(action: &str, resource: &str) -> Value {
    let output = rotaudit(&["who-can", "--demo", action, resource, "--format", "json"]);
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
}

#[test]
fn a_thing_is_named_by_name_arn_or_a_glob_that_fits_it_alone() {
    let by_arn = json("lambda:InvokeFunction", FUNCTION);
    assert_eq!(by_arn["resource"], FUNCTION);
    for name in ["rotate-orders-db", "rotate-orders*"] {
        assert_eq!(json("LAMBDA:invokefunction", name), by_arn, "{name}");
    }
    let who: Vec<&Value> = by_arn["conditional"].as_array().unwrap().iter().map(|entry| &entry["who"][0]).collect();
    assert_eq!(who, ["the service secretsmanager.amazonaws.com"]);
}

#[test]
fn what_cannot_be_asked_is_wrong_usage_and_says_what_can() {
    for (action, resource, said) in [
        ("lambda:InvokeFuncton", "rotate-orders-db", "did you mean lambda:InvokeFunction?"),
        ("lambda:InvokeFunction", "rotate-order-db", "did you mean \"rotate-orders-db\"?"),
        ("lambda:InvokeFunction", "rotate-*", "name one by its ARN:\n  arn:aws:lambda"),
        ("secretsmanager:GetRandomPassword", "orders/db", "name the account in which it is asked"),
    ] {
        let output = asked(action, resource);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{action} {resource}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn an_alias_is_asked_about_by_its_own_name() {
    let answer = json("lambda:InvokeFunction", "rotate-catalog-db:live");
    assert!(answer["resource"].as_str().unwrap().ends_with(":function:rotate-catalog-db:live"));
    assert_eq!(answer["conditional"][0]["who"][0], "the service secretsmanager.amazonaws.com");
}

#[test]
fn what_is_undecided_is_told_and_fails_on_demand() {
    // The policy of this secret's key could not be read.
    let secret = json("secretsmanager:GetSecretValue", "vault/shared");
    assert_eq!(secret["undecided"].as_array().unwrap().len(), 0);
    let key = "arn:aws:kms:eu-west-1:111122223333:key/*";
    let listed = stderr(&asked("kms:Decrypt", key));
    assert!(listed.contains("fits"), "{listed}");
    let explained = rotaudit(&["explain", "--demo", "vault/shared", "--format", "json"]);
    let key = serde_json::from_slice::<Value>(&explained.stdout).unwrap()["rotation"]["key"].as_str().unwrap().to_owned();
    let output = asked("kms:Decrypt", &key);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("\nundecided\n") && stdout(&output).contains("kms:GetKeyPolicy"), "{}", stdout(&output));
    assert!(stderr(&output).contains("undecided, which is not a pass"), "{}", stderr(&output));
    let failing = rotaudit(&["who-can", "--demo", "kms:Decrypt", &key, "--on-undecided", "fail"]);
    assert_eq!((failing.status.code(), stderr(&failing).as_str()), (Some(11), ""));
}

#[test]
fn every_name_in_the_json_can_be_replayed() {
    let answer = json("secretsmanager:GetSecretValue", "orders/db");
    let entries = answer["allowed"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert!(entry["because"].as_str().unwrap().starts_with("allowed by identity policy"), "{entry}");
        assert_eq!(entry["administrators"], false);
        assert_eq!(entry["case"]["request"]["action"], "secretsmanager:getsecretvalue");
    }
}

#[test]
fn the_schema_describes_every_member() {
    let schema = who_can_json_schema();
    for member in json("secretsmanager:GetSecretValue", "orders/db").as_object().unwrap().keys() {
        assert!(schema["properties"].get(member).is_some(), "{member}");
    }
    let printed = rotaudit(&["schema", "who-can"]);
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), schema);
}
