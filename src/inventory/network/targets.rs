//! Managed databases and caches: what a rotation function connects to beside AWS's own API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A database instance or cluster that RDS describes, Aurora, `DocumentDB` and Neptune included
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
