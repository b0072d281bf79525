//! Plans that no Terraform has written: whatever stands in them, they are read or refused.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::source::terraform::{Told, inventory};

fn told(account: &crate::arn::AccountId) -> Told<'_> {
    Told { account: Some(account), region: Some("eu-west-1"), ..Told::default() }
}

fn account() -> crate::arn::AccountId {
    crate::arn::AccountId::parse("111122223333").unwrap()
}

/// The values within a value, by the steps that lead there.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                found.push(at.clone());
                places(value, &at, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let at = format!("{at}/{index}");
                found.push(at.clone());
                places(value, &at, found);
            }
        }
        _ => {}
    }
}

fn nonsense() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!({})),
        Just(json!([])),
        Just(json!([null, [true], {"a": true}])),
        Just(json!({"references": ["aws_iam_role.rotate.arn", "each.value", "module.", "var.", "a[\"", "aws_kms_key.db[*]"]})),
        Just(json!("⟦?x⟧")),
        Just(json!("arn:aws:\u{0}::")),
        "\\PC{0,20}".prop_map(Value::String),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_with_nonsense_in_it_is_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), nonsense()), 1..6), name in prop_oneof![Just("correct"), Just("vpc"), Just("documents")]) {
        let text = std::fs::read(format!("tests/plans/{name}/plan.json")).unwrap();
        let mut plan: Value = serde_json::from_slice(&text).unwrap();
        for (index, nonsense) in changes {
            let mut found = Vec::new();
            places(&plan, "", &mut found);
            let place = index.get(&found).clone();
            *plan.pointer_mut(&place).unwrap() = nonsense;
        }
        let account = account();
        if let Err(error) = inventory(plan.to_string().as_bytes(), told(&account), jiff::Timestamp::UNIX_EPOCH) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn modules_and_references_in_a_circle_end() {
    let circle = |from: &str, to: &str| json!({"address": from, "mode": "managed", "type": "aws_secretsmanager_secret_rotation", "name": from.rsplit('.').next(), "expressions": {"secret_id": {"references": [format!("{to}.secret_id")]}}});
    let change = |address: &str| json!({"address": address, "mode": "managed", "type": "aws_secretsmanager_secret_rotation", "name": address.rsplit('.').next(), "change": {"actions": ["create"], "after": {}, "after_unknown": {"secret_id": true}}});
    let [a, b] = ["aws_secretsmanager_secret_rotation.a", "aws_secretsmanager_secret_rotation.b"];
    let plan = json!({"format_version": "1.2", "resource_changes": [change(a), change(b)], "configuration": {"root_module": {"resources": [circle(a, b), circle(b, a)]}}});
    let account = account();
    let inventory = inventory(plan.to_string().as_bytes(), told(&account), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let secrets = inventory.secrets.keys().fold(String::new(), |mut all, arn| {
        writeln!(all, "{arn}").unwrap();
        all
    });
    assert!(inventory.secrets.len() == 2 && secrets.contains("⟦?aws_secretsmanager_secret_rotation.a.secret_id"), "{secrets}");
}
