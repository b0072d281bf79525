//! Route tables of VPCs.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A route table (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// The VPC it belongs to.
    pub vpc: String,
    /// Whether it is the VPC's main table, which serves every subnet without a table of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub main: bool,
    /// The subnets that are explicitly associated with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// Its routes, the local ones included.
    pub routes: Vec<Route>,
}

/// One route (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Where it leads to.
    pub destination: RouteDestination,
    /// Through what.
    pub target: RouteTarget,
    /// Its target does not exist any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blackhole: bool,
    /// How it came to be: between equal destinations a static route comes before a propagated one.
    #[serde(default, skip_serializing_if = "RouteOrigin::is_static")]
    pub origin: RouteOrigin,
}

/// How a route came to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteOrigin {
    /// With the table or by `CreateRoute`.
    #[default]
    Static,
    /// From a virtual private gateway.
    Propagated,
}

impl RouteOrigin {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it a reference")]
    fn is_static(&self) -> bool {
        *self == Self::Static
    }
}

/// The addresses of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteDestination {
    /// A range.
    Cidr(#[schemars(with = "String")] IpNet),
    /// Those of a prefix list, by its id.
    PrefixList(String),
}

/// What a route leads through, by its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteTarget {
    /// The VPC itself.
    Local,
    /// An internet gateway.
    InternetGateway(String),
    /// An egress-only internet gateway.
    EgressOnlyGateway(String),
    /// A NAT gateway.
    NatGateway(String),
    /// A transit gateway.
    TransitGateway(String),
    /// A peering connection.
    Peering(String),
    /// A virtual private gateway.
    VirtualPrivateGateway(String),
    /// A gateway endpoint or a Gateway Load Balancer endpoint.
    Endpoint(String),
    /// A network interface: a NAT instance or another appliance.
    Interface(String),
    /// Something else, as EC2 names it (a core network, a local or carrier gateway, …).
    Other(String),
}
