//! What leads out of a VPC: internet and NAT gateways, peering connections, transit gateways; and the switch that closes the way to the internet.

use std::collections::BTreeMap;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inventory::known::Known;

/// An internet gateway or an egress-only internet gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// The VPCs it is attached to, with the attachment complete.
    pub vpcs: Vec<String>,
}

/// A NAT gateway (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NatGateway.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// The VPC it lies in.
    pub vpc: String,
    /// The subnet it lies in; a regional one lies in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<String>,
    /// `available`, `pending`, `failed`, `deleting`, `deleted`.
    pub state: String,
    /// Whether it leads to the internet.
    pub connectivity: NatConnectivity,
    /// Whether it is a regional one (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html>).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regional: bool,
    /// The route table of a regional one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<String>,
    /// The availability zone ids that a regional one serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zone_ids: Vec<String>,
    /// Whether a regional one reaches into further zones by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_zones: bool,
}

/// Where a NAT gateway leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NatConnectivity {
    /// To the internet, with a public address.
    Public,
    /// To other private networks.
    Private,
}

/// A VPC peering connection (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcPeeringConnection.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Peering {
    /// `active`, `pending-acceptance`, …
    pub state: String,
    /// The two sides.
    pub sides: [PeeringSide; 2],
}

/// One side of a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeeringSide {
    /// The VPC.
    pub vpc: String,
    /// Its account.
    pub owner: String,
    /// Its region.
    pub region: String,
    /// Its address ranges, as far as the connection shows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub cidrs: Vec<IpNet>,
}

/// A transit gateway (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGateway.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransitGateway {
    /// The account that owns it.
    pub owner: String,
    /// The option `SecurityGroupReferencingSupport`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security_group_referencing: bool,
}

/// What is attached to a transit gateway (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayAttachment.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayAttachment {
    /// The transit gateway.
    pub transit_gateway: String,
    /// `vpc`, `vpn`, `direct-connect-gateway`, `connect`, `peering`, …
    pub kind: String,
    /// The VPC, or whatever else is attached, by its id.
    pub resource: String,
    /// The account that owns what is attached.
    pub owner: String,
    /// `available`, …
    pub state: String,
    /// The subnets through which a VPC is attached, one per zone; empty when the attachment's details could not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// The attachment's own `SecurityGroupReferencingSupport`, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_group_referencing: Option<bool>,
    /// The route table that decides what comes from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_table: Option<String>,
}

/// A route table of a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayRouteTable {
    /// The transit gateway.
    pub transit_gateway: String,
    /// Its routes (`SearchTransitGatewayRoutes`).
    pub routes: Known<Vec<TransitGatewayRoute>>,
}

/// One route of a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransitGatewayRoute {
    /// The addresses.
    #[schemars(with = "String")]
    pub destination: IpNet,
    /// The attachments that it leads to; several share the load.
    pub attachments: Vec<String>,
    /// Whether packets are dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blackhole: bool,
    /// Whether it was propagated; a static route comes before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub propagated: bool,
}

/// VPC Block Public Access of an account in a region (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockPublicAccess {
    /// `off`, `block-bidirectional`, `block-ingress`.
    pub mode: String,
    /// The VPCs and subnets that are excluded from it, by id, with what is allowed there (`allow-bidirectional`, `allow-egress`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exclusions: BTreeMap<String, String>,
}
