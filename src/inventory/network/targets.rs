//! What a rotation function connects to beside AWS's own API: managed databases, and what people told.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A database instance or cluster that RDS describes, Aurora, DocumentDB and Neptune included
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `postgres`, `aurora-mysql`, `docdb`, …
    pub engine: String,
    /// The name that clients connect to; absent while it is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port.
    pub port: u16,
    /// The VPC it lies in.
    pub vpc: String,
    /// The subnets of its subnet group: its addresses lie in some of them.
    pub subnets: Vec<String>,
    /// Its security groups.
    pub security_groups: Vec<String>,
    /// Whether its name resolves to a public address outside its VPC.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    /// The secret of its master user, if Secrets Manager holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master_secret: Option<String>,
}

/// What a rotation of a secret connects to, as people told. It lies at `addresses`, or in the `subnets` of `vpc`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredTarget {
    /// Its name, for readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The TCP port.
    pub port: u16,
    /// Its addresses, outside of VPCs or in ones that were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<IpNet>,
    /// The VPC it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// The subnets in some of which it lies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// Its security groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<String>,
}
