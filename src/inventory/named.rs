//! A policy document under the name that people know it by. Secrets, keys, roles, users and groups hold these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::Document;

/// A policy document and its name: `default` for a key's or a secret's policy, the policy name of an inline policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedDocument {
    /// Name, unique within its owner.
    pub name: String,
    /// The policy, parsed once.
    pub document: Document,
}

impl NamedDocument {
    /// `document` under `name`.
    pub fn new(name: &str, document: Document) -> Self {
        Self { name: name.to_owned(), document }
    }
}
