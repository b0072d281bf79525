//! What of a network a template may make after it turned a rotation on. Its source writes it down, the rotation room asks the path whether it needs it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::{Route, SecurityGroupRule};

/// A part of a network that may come late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatePart {
    /// What the template calls it: a logical id.
    pub name: String,
    /// What is not there before.
    pub part: NetworkPart,
}

/// A part of a network that a resource of its own makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NetworkPart {
    /// A VPC endpoint, by its id.
    Endpoint(String),
    /// A gateway and the VPC that it is attached to.
    Attachment(String, String),
    /// A route of this table.
    Route(String, Route),
    /// What this security group lets in.
    Ingress(String, SecurityGroupRule),
    /// What this security group lets out.
    Egress(String, SecurityGroupRule),
    /// An entry of this network ACL: its number, and whether it is about what leaves.
    AclEntry(String, u32, bool),
    /// That this route table serves a subnet.
    RouteTable(String, String),
    /// That this network ACL guards a subnet.
    NetworkAcl(String, String),
}
