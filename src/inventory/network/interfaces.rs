//! VPC endpoints and their network interfaces.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::firewall::Firewall;
use crate::policy::Document;

/// A VPC endpoint (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpoint {
    /// The VPC it lies in.
    pub vpc: String,
    /// The account that owns it.
    pub owner: String,
    /// `Interface`, `Gateway`, `GatewayLoadBalancer`, …
    pub kind: String,
    /// `com.amazonaws.eu-west-1.secretsmanager`, …
    pub service: String,
    /// The region of the service, for an endpoint that leads into another region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_region: Option<String>,
    /// `available`, `pendingAcceptance`, `rejected`, … in EC2's letters.
    pub state: String,
    /// Whether the service's public name resolves to it inside the VPC.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private_dns: bool,
    /// Whether that holds only for what comes in through an inbound resolver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private_dns_only_for_inbound_resolver: bool,
    /// Subnets of an interface endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// Its security groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<String>,
    /// Its network interfaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interfaces: Vec<String>,
    /// The route tables of a gateway endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub route_tables: Vec<String>,
    /// The names under which it is reached (`vpce-0a1b-xyz.secretsmanager.eu-west-1.vpce.amazonaws.com`, and the zonal ones).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_names: Vec<String>,
    /// Its policy. Absent when EC2 did not show it, as with an endpoint of another account; AWS's default policy allows everything and is a document like others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Document>,
    /// What the Network Firewall behind a Gateway Load Balancer endpoint does with single packets; absent when that was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firewall: Option<Firewall>,
}

/// A network interface (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkInterface {
    /// The subnet it lies in.
    pub subnet: String,
    /// Its private addresses, IPv4 and IPv6.
    #[schemars(with = "Vec<String>")]
    pub addresses: Vec<IpAddr>,
    /// Its security groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_groups: Vec<String>,
}
