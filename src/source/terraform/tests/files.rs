//! Files that are plans, and files that are not.

use crate::source::terraform::document::{PlanError, read};
use crate::source::terraform::{Told, inventory};

fn problem(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_plan_says_what_it_is_and_what_to_do() {
    assert_eq!(read(b"PK\x03\x04rest").unwrap_err(), PlanError::Saved);
    assert_eq!(read(b"\xff\xfe{\x00}\x00").unwrap_err(), PlanError::Encoding);
    assert_eq!(read(b"{\"@level\":\"info\"}\n{\"@level\":\"info\"}").unwrap_err(), PlanError::Log);
    assert_eq!(read(b"{\"version\":4,\"lineage\":\"x\",\"resources\":[]}").unwrap_err(), PlanError::State);
    assert_eq!(read(b"{\"format_version\":\"1.0\",\"values\":{}}").unwrap_err(), PlanError::State);
    assert_eq!(read(b"{\"format_version\":\"2.0\",\"resource_changes\":[]}").unwrap_err(), PlanError::Version("2.0".to_owned()));
    assert_eq!(read(b"{\"resource_changes\":[]}").unwrap_err(), PlanError::Version(String::new()));
    assert_eq!(read(b"{\"format_version\":\"1.2\",\"errored\":true,\"resource_changes\":[]}").unwrap_err(), PlanError::Errored);
    for nonsense in ["", "{", "[]", "{}", "null", "{\"resource_changes\": 7, \"format_version\": \"1.0\"}"] {
        assert!(problem(nonsense.as_bytes()).starts_with("it is no plan"), "{nonsense}: {}", problem(nonsense.as_bytes()));
    }
}

#[test]
fn nobody_writes_a_symbol_into_a_plan() {
    let policy = r#"{\"Resource\": \"⟦x⟧ \\u27e6x\\u27E7\"}"#;
    let plan = format!(
        r#"{{"format_version": "1.2", "variables": {{"a": {{"value": "⟦x⟧"}}, "b": {{"value": "\u27e6x\u27E7"}}, "c": {{"value": "{policy}"}}}}, "resource_changes": []}}"#
    );
    let plan = read(plan.as_bytes()).unwrap();
    let values: Vec<&str> = plan.variables.values().map(|variable| variable.value.as_str().unwrap()).collect();
    let decoded: serde_json::Value = serde_json::from_str(values[2]).unwrap();
    assert_eq!([values[0], values[1], decoded["Resource"].as_str().unwrap()], ["〚x〛", "〚x〛", "〚x〛 〚x〛"]);
}

#[test]
fn values_that_lie_too_deep_are_an_error() {
    let deep = format!("{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"change\":{{\"after\":{}", "[".repeat(100_000));
    assert!(problem(deep.as_bytes()).starts_with("it is no plan"));
    let deep = format!("{deep}{}}}}}]}}", "]".repeat(100_000));
    assert!(problem(deep.as_bytes()).contains("recursion limit"), "{}", problem(deep.as_bytes()));
}

#[test]
fn a_plan_that_does_not_say_where_it_is_for_asks() {
    let empty = b"\xef\xbb\xbf{\"format_version\":\"1.2\",\"resource_changes\":[]}";
    let account = crate::arn::AccountId::parse("111122223333").unwrap();
    let now = jiff::Timestamp::UNIX_EPOCH;
    assert_eq!(inventory(empty, Told::default(), now).unwrap_err(), PlanError::NoAccount);
    assert_eq!(inventory(empty, Told { account: Some(&account), ..Told::default() }, now).unwrap_err(), PlanError::NoRegion);
    let inventory = inventory(empty, Told { account: Some(&account), region: Some("eu-west-1"), ..Told::default() }, now).unwrap();
    assert!(inventory.secrets.is_empty() && inventory.accounts.len() == 1);
}

#[test]
fn what_a_secret_protects_is_forgotten() {
    let plan = super::plan("cases");
    assert!(plan.resource_changes.iter().any(|change| change.values.after.to_string().contains("hunter2")), "the plan does hold it");
    let world = crate::source::terraform::world::World::after(&plan);
    assert!(world.instances().all(|instance| !format!("{instance:?}").contains("hunter2")));
}
