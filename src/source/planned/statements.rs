//! The statements of functions' policies, by which parts of a policy are told apart. `planned` and its `resources` ask here.

use serde_json::Value as Json;

use crate::policy::Document;

/// The statements of a policy.
pub(crate) fn statements(document: &Document) -> Vec<Json> {
    let parsed: Json = serde_json::from_str(document.text()).unwrap_or_default();
    match parsed.get("Statement") {
        Some(Json::Array(statements)) => statements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

/// A function's policy without statements of the same ids as these.
pub(super) fn without(document: &Document, others: &[Json]) -> Document {
    let is_one = |statement: &Json| others.iter().any(|other| other.get("Sid") == statement.get("Sid"));
    let kept: Vec<Json> = statements(document).into_iter().filter(|statement| !is_one(statement)).collect();
    Document::new(serde_json::json!({"Version": "2012-10-17", "Statement": kept}).to_string())
}
