//! KMS keys: state, key policies and grants.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known::Known;
use super::named::NamedDocument;
use crate::arn::Arn;

/// A KMS key that some secret is encrypted under, or some version of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Key ARN.
    pub arn: Arn,
    /// What `DescribeKey` tells; `None` when KMS says that there is no such key.
    pub metadata: Known<Option<KeyMetadata>>,
    /// Its key policies by name: `default`, and `AWS_RAM` where the key is shared through Resource Access Manager.
    pub policies: Known<Vec<NamedDocument>>,
    /// Its grants.
    pub grants: Known<Vec<Grant>>,
}

/// What `DescribeKey` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyMetadata {
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `Unavailable`, …
    pub state: String,
    /// Whether it is an AWS managed key, whose policy nobody can change.
    pub aws_managed: bool,
    /// `SYMMETRIC_DEFAULT` is the only kind that Secrets Manager uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// `ENCRYPT_DECRYPT` for keys that a secret can use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
    /// When imported key material expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Timestamp>,
    /// When it will be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_at: Option<Timestamp>,
}

impl KeyMetadata {
    /// Whether its state lets it encrypt and decrypt; while it is updated it does (<https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>).
    pub fn is_usable(&self) -> bool {
        matches!(self.state.as_str(), "Enabled" | "Updating")
    }
}

/// A grant on a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Grant id.
    pub id: String,
    /// Friendly name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who may use it: a principal's ARN, the unique id of a principal that is gone, or a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grantee: Option<String>,
    /// The service principal that may use it, for grants to a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grantee_service: Option<String>,
    /// The account under which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing_account: Option<String>,
    /// The operations that it allows, by their KMS names (`Decrypt`, `GenerateDataKey`, …).
    #[serde(default)]
    pub operations: BTreeSet<String>,
    /// The encryption context must hold at least these pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    /// The encryption context must be exactly these pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    /// The resource for which a service may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_arn: Option<String>,
}
