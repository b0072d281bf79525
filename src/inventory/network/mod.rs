//! The networks in which rotation functions run, as EC2, Route 53 and RDS describe them. The network room walks them; sources fill them.
//!
//! Ids are EC2's (`subnet-…`, `sg-…`). Address ranges keep EC2's own forms; a text that is no address range never gets here, the source turns it into a gap.

mod firewall;
mod gateways;
mod interfaces;
mod names;
mod routing;
mod security;
mod targets;
mod vpc;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use firewall::{Firewall, FirewallAction, FirewallRule};
pub use gateways::{
    BlockPublicAccess, Gateway, NatConnectivity, NatGateway, Peering, PeeringSide, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRoute, TransitGatewayRouteTable,
};
pub use interfaces::{NetworkInterface, VpcEndpoint};
pub use names::{HostedZone, RecordTarget, ResolverRule, ZoneRecord};
pub use routing::{Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget};
pub use security::{NetworkAcl, NetworkAclRule, Peer, Ports, PrefixList, Protocol, SecurityGroup, SecurityGroupRule};
pub use targets::{Database, DeclaredTarget};
pub use vpc::{DhcpOptions, Subnet, Vpc};

use super::known::{Gap, Known};

/// Things of one kind by their id.
pub type ById<T> = BTreeMap<String, T>;

/// The networks of one account in one region.
///
/// [`vpcs`](Self::vpcs) holds the VPCs that were asked about: those of rotation functions, and those that their routes lead to as far as these could be read.
/// For these VPCs every other list is complete when it could be read: what is not in it does not exist. Of any other VPC nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// The VPCs that were asked about.
    pub vpcs: Known<ById<Vpc>>,
    /// Their subnets.
    pub subnets: Known<ById<Subnet>>,
    /// The DHCP option sets that they use.
    pub dhcp_options: Known<ById<DhcpOptions>>,
    /// Their route tables.
    pub route_tables: Known<ById<RouteTable>>,
    /// Their NAT gateways.
    pub nat_gateways: Known<ById<NatGateway>>,
    /// The internet gateways that are attached to them.
    pub internet_gateways: Known<ById<Gateway>>,
    /// The egress-only internet gateways that are attached to them.
    pub egress_only_gateways: Known<ById<Gateway>>,
    /// Their network ACLs.
    pub network_acls: Known<ById<NetworkAcl>>,
    /// Their security groups, and those of other VPCs that functions and endpoints in them carry.
    pub security_groups: Known<ById<SecurityGroup>>,
    /// Their VPC endpoints, of every type.
    pub endpoints: Known<ById<VpcEndpoint>>,
    /// The network interfaces of their interface endpoints.
    pub interfaces: Known<ById<NetworkInterface>>,
    /// The prefix lists that their routes and security groups name.
    pub prefix_lists: Known<ById<PrefixList>>,
    /// The peering connections that their routes lead through.
    pub peerings: Known<ById<Peering>>,
    /// The transit gateways that their routes lead through.
    pub transit_gateways: Known<ById<TransitGateway>>,
    /// All attachments of these transit gateways that could be seen from here.
    pub transit_gateway_attachments: Known<ById<TransitGatewayAttachment>>,
    /// The route tables of these transit gateways with which an attachment is associated.
    pub transit_gateway_route_tables: Known<ById<TransitGatewayRouteTable>>,
    /// Whether the account keeps the region's VPCs from the internet.
    pub block_public_access: Known<BlockPublicAccess>,
    /// The private hosted zones that are associated with them and answer for a name that matters: Secrets Manager's, one of a function's variables, or
    /// a database's. No other zone is looked at, nor one that an AWS service keeps, as for the private names of an endpoint.
    pub hosted_zones: Known<ById<HostedZone>>,
    /// The outbound resolver rules that are associated with them.
    pub resolver_rules: Known<ById<ResolverRule>>,
    /// The managed databases and caches of the region, by ARN.
    pub databases: Known<ById<Database>>,
    /// The ARN of the database that a stack attached a secret to, by the secret's ARN; `None` when its stack does not tell. Asked only for secrets that a
    /// stack made and of which no database says that it is theirs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attached_databases: BTreeMap<String, Known<Option<String>>>,
}

impl Network {
    /// Every list that could not be read.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        let lists = [
            self.vpcs.gap(),
            self.subnets.gap(),
            self.dhcp_options.gap(),
            self.route_tables.gap(),
            self.nat_gateways.gap(),
            self.internet_gateways.gap(),
            self.egress_only_gateways.gap(),
            self.network_acls.gap(),
            self.security_groups.gap(),
            self.endpoints.gap(),
            self.interfaces.gap(),
            self.prefix_lists.gap(),
            self.peerings.gap(),
            self.transit_gateways.gap(),
            self.transit_gateway_attachments.gap(),
            self.transit_gateway_route_tables.gap(),
            self.block_public_access.gap(),
            self.hosted_zones.gap(),
            self.resolver_rules.gap(),
            self.databases.gap(),
        ];
        let vpcs =
            self.vpcs.value().into_iter().flat_map(BTreeMap::values).flat_map(|vpc| [vpc.dns_support.gap(), vpc.dns_hostnames.gap()]);
        let prefixes = self.prefix_lists.value().into_iter().flat_map(BTreeMap::values).map(|list| list.entries.gap());
        let tables = self.transit_gateway_route_tables.value().into_iter().flat_map(BTreeMap::values);
        let routes = tables.map(|table| table.routes.gap());
        let zones = self.hosted_zones.value().into_iter().flat_map(BTreeMap::values).map(|zone| zone.records.gap());
        let attached = self.attached_databases.values().map(Known::gap);
        lists.into_iter().chain(vpcs).chain(prefixes).chain(routes).chain(zones).chain(attached).flatten()
    }
}
