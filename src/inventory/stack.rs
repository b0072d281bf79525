//! What a stack of CloudFormation holds, as far as somebody asked: which thing of the account stands for which logical id.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The resources of a stack, by logical id.
pub type StackResources = BTreeMap<String, StackResource>;

/// A resource of a stack (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceSummary.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StackResource {
    /// Its type: `AWS::KMS::Key`.
    pub kind: String,
    /// Its physical id, which is what `Ref` gives for most types: a name, an id or an ARN.
    pub id: String,
}
