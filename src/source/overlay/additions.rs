//! What a template adds to things that it does not make. `cloudformation` and `terraform` fill it in, `overlay` and `planned` lay it over what exists.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::given::Given;
use super::network::NetworkAdditions;
use crate::arn::Arn;
use crate::inventory::Known;
use crate::policy::Document;

/// The policy of a function: the function, the qualifier (empty: none), the policy.
pub(crate) type FunctionPolicy = (Arn, String, Known<Option<Document>>);

/// What a template adds to things that it does not make.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Additions {
    /// Statements for the policies of functions, as JSON: the function, the qualifier (empty: none), the statement.
    pub(crate) statements: Vec<(Arn, String, serde_json::Value)>,
    /// Whole policies of functions.
    pub(crate) function_policies: Vec<FunctionPolicy>,
    /// What it gives to roles, users and groups of its account.
    pub(crate) given: Given,
    /// The functions and qualifiers of its own whose whole policy it writes, so that nothing beside it is left.
    pub(crate) whole: BTreeSet<(Arn, String)>,
    /// What it adds to the network of its account and region.
    pub(crate) network: NetworkAdditions,
}

impl Additions {
    /// These and others.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            statements: self.statements.iter().chain(&other.statements).cloned().collect(),
            function_policies: self.function_policies.iter().chain(&other.function_policies).cloned().collect(),
            given: self.given.and(&other.given),
            whole: self.whole.union(&other.whole).cloned().collect(),
            network: self.network.and(&other.network),
        }
    }
}

/// A policy with one statement more.
pub(crate) fn with_statement(document: Option<&Document>, statement: &serde_json::Value) -> Document {
    let parsed = document.and_then(|document| serde_json::from_str::<serde_json::Value>(document.text()).ok());
    let mut policy = parsed.unwrap_or_else(|| serde_json::json!({"Version": "2012-10-17", "Statement": []}));
    match &mut policy["Statement"] {
        serde_json::Value::Array(statements) => statements.push(statement.clone()),
        other => *other = serde_json::json!([other.take(), statement]),
    }
    Document::new(policy.to_string())
}
