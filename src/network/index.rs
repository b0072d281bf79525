//! Everything of all networks by id, and what belongs to what: built once, so that no path searches a list.
//!
//! An id that was not found is an open question with the call that would answer it. Where a VPC is shared, its owner's part of the inventory is the
//! one that is complete (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html>).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::table::Table;
use crate::inventory::network::{
    DhcpOptions, Gateway, HostedZone, NatGateway, NetworkAcl, NetworkInterface, Peering, PrefixList, ResolverRule, RouteTable,
    SecurityGroup, Subnet, TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable, Vpc, VpcEndpoint,
};
use crate::inventory::{Gap, Inventory, Network};

/// The whole of it.
pub(super) struct Index<'a> {
    networks: Vec<(&'a str, &'a Network)>,
    pub(super) vpcs: Table<'a, Vpc>,
    pub(super) subnets: Table<'a, Subnet>,
    pub(super) dhcp_options: Table<'a, DhcpOptions>,
    pub(super) route_tables: Table<'a, RouteTable>,
    pub(super) nat_gateways: Table<'a, NatGateway>,
    pub(super) internet_gateways: Table<'a, Gateway>,
    pub(super) egress_only_gateways: Table<'a, Gateway>,
    network_acls: Table<'a, NetworkAcl>,
    pub(super) security_groups: Table<'a, SecurityGroup>,
    pub(super) endpoints: Table<'a, VpcEndpoint>,
    pub(super) interfaces: Table<'a, NetworkInterface>,
    pub(super) prefix_lists: Table<'a, PrefixList>,
    pub(super) peerings: Table<'a, Peering>,
    pub(super) transit_gateways: Table<'a, TransitGateway>,
    pub(super) attachments: Table<'a, TransitGatewayAttachment>,
    pub(super) transit_tables: Table<'a, TransitGatewayRouteTable>,
    hosted_zones: Table<'a, HostedZone>,
    resolver_rules: Table<'a, ResolverRule>,
    vpc_places: BTreeMap<&'a str, Vec<usize>>,
    table_of: BTreeMap<&'a str, &'a str>,
    main_of: BTreeMap<&'a str, &'a str>,
    acl_of: BTreeMap<&'a str, &'a str>,
    endpoints_in: BTreeMap<&'a str, Vec<&'a str>>,
    zones_of: BTreeMap<&'a str, Vec<&'a str>>,
    rules_of: BTreeMap<&'a str, Vec<&'a str>>,
    attached: BTreeMap<&'a str, BTreeMap<&'a str, Vec<&'a str>>>,
    peered: BTreeMap<(&'a str, &'a str), &'a str>,
    default_groups: BTreeMap<&'a str, &'a str>,
    addresses: BTreeMap<IpAddr, Vec<&'a str>>,
    endpoint_of: BTreeMap<&'a str, &'a str>,
}

/// A list that belongs to a VPC, or why it is not complete.
pub(super) type List<'l, 'a> = (&'l [&'a str], Option<Gap>);

impl<'a> Index<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let networks: Vec<(&str, &Network)> = inventory.networks.iter().map(|(place, network)| (place.as_str(), network)).collect();
        let mut index = Self {
            vpcs: Table::new("ec2:DescribeVpcs", &networks, |network| &network.vpcs),
            subnets: Table::new("ec2:DescribeSubnets", &networks, |network| &network.subnets),
            dhcp_options: Table::new("ec2:DescribeDhcpOptions", &networks, |network| &network.dhcp_options),
            route_tables: Table::new("ec2:DescribeRouteTables", &networks, |network| &network.route_tables),
            nat_gateways: Table::new("ec2:DescribeNatGateways", &networks, |network| &network.nat_gateways),
            internet_gateways: Table::new("ec2:DescribeInternetGateways", &networks, |network| &network.internet_gateways),
            egress_only_gateways: Table::new("ec2:DescribeEgressOnlyInternetGateways", &networks, |network| &network.egress_only_gateways),
            network_acls: Table::new("ec2:DescribeNetworkAcls", &networks, |network| &network.network_acls),
            security_groups: Table::new("ec2:DescribeSecurityGroups", &networks, |network| &network.security_groups),
            endpoints: Table::new("ec2:DescribeVpcEndpoints", &networks, |network| &network.endpoints),
            interfaces: Table::new("ec2:DescribeNetworkInterfaces", &networks, |network| &network.interfaces),
            prefix_lists: Table::new("ec2:GetManagedPrefixListEntries", &networks, |network| &network.prefix_lists),
            peerings: Table::new("ec2:DescribeVpcPeeringConnections", &networks, |network| &network.peerings),
            transit_gateways: Table::new("ec2:DescribeTransitGateways", &networks, |network| &network.transit_gateways),
            attachments: Table::new("ec2:DescribeTransitGatewayAttachments", &networks, |network| &network.transit_gateway_attachments),
            transit_tables: Table::new("ec2:SearchTransitGatewayRoutes", &networks, |network| &network.transit_gateway_route_tables),
            hosted_zones: Table::new("route53:ListHostedZonesByVPC", &networks, |network| &network.hosted_zones),
            resolver_rules: Table::new("route53resolver:ListResolverRules", &networks, |network| &network.resolver_rules),
            networks,
            vpc_places: BTreeMap::new(),
            table_of: BTreeMap::new(),
            main_of: BTreeMap::new(),
            acl_of: BTreeMap::new(),
            endpoints_in: BTreeMap::new(),
            zones_of: BTreeMap::new(),
            rules_of: BTreeMap::new(),
            attached: BTreeMap::new(),
            peered: BTreeMap::new(),
            default_groups: BTreeMap::new(),
            addresses: BTreeMap::new(),
            endpoint_of: BTreeMap::new(),
        };
        index.place_vpcs();
        index.associate();
        index.gather();
        index
    }

    fn place_vpcs(&mut self) {
        for (place, (_, network)) in self.networks.iter().enumerate() {
            for id in network.vpcs.value().into_iter().flat_map(BTreeMap::keys) {
                self.vpc_places.entry(id).or_default().push(place);
            }
        }
    }

    /// What has exactly one of something.
    fn associate(&mut self) {
        for (id, table) in self.route_tables.all() {
            for subnet in &table.subnets {
                self.table_of.entry(subnet).or_insert(id);
            }
            if table.main {
                self.main_of.entry(&table.vpc).or_insert(id);
            }
        }
        for (id, acl) in self.network_acls.all() {
            for subnet in &acl.subnets {
                self.acl_of.entry(subnet).or_insert(id);
            }
        }
        for (id, group) in self.security_groups.all() {
            if group.name == "default" {
                self.default_groups.entry(&group.vpc).or_insert(id);
            }
        }
        for (id, peering) in self.peerings.all() {
            let [one, other] = &peering.sides;
            self.peered.entry((&one.vpc, &other.vpc)).or_insert(id);
            self.peered.entry((&other.vpc, &one.vpc)).or_insert(id);
        }
    }

    /// What has any number of something.
    fn gather(&mut self) {
        for (id, endpoint) in self.endpoints.all() {
            self.endpoints_in.entry(&endpoint.vpc).or_default().push(id);
            self.endpoint_of.extend(endpoint.interfaces.iter().map(|interface| (interface.as_str(), id)));
        }
        for (id, attachment) in self.attachments.all() {
            let by_resource = self.attached.entry(&attachment.transit_gateway).or_default();
            by_resource.entry(&attachment.resource).or_default().push(id);
        }
        for (id, interface) in self.interfaces.all() {
            for address in &interface.addresses {
                self.addresses.entry(*address).or_default().push(id);
            }
        }
        // One zone may be in several places, each with the VPCs that are known there.
        for (_, network) in &self.networks {
            for (id, zone) in network.hosted_zones.value().into_iter().flatten() {
                for vpc in &zone.vpcs {
                    let zones = self.zones_of.entry(vpc).or_default();
                    if !zones.contains(&id.as_str()) {
                        zones.push(id);
                    }
                }
            }
            for (id, rule) in network.resolver_rules.value().into_iter().flatten() {
                for vpc in &rule.vpcs {
                    let rules = self.rules_of.entry(vpc).or_default();
                    if !rules.contains(&id.as_str()) {
                        rules.push(id);
                    }
                }
            }
        }
    }

    /// The places that know a VPC, its owner's first; of one that is nowhere, those that might have known it.
    pub(super) fn near(&self, vpc: &str) -> Vec<usize> {
        let Some(mut places) = self.vpc_places.get(vpc).cloned() else { return self.vpcs.unread_at() };
        if let Some(home) = self.home(vpc) {
            places.retain(|place| *place != home);
            places.insert(0, home);
        }
        places
    }

    /// The place of the VPC's owner, where all that belongs to it is seen.
    fn home(&self, vpc: &str) -> Option<usize> {
        let places = self.vpc_places.get(vpc)?;
        let (_, details) = self.vpcs.entry(vpc)?;
        places.iter().copied().find(|place| self.account(*place) == details.owner)
    }

    fn account(&self, place: usize) -> &'a str {
        self.networks.get(place).and_then(|(name, _)| name.split('/').next()).unwrap_or_default()
    }

    /// The network of the VPC's owner.
    pub(super) fn home_network(&self, vpc: &str) -> Option<(&'a str, &'a Network)> {
        self.networks.get(self.home(vpc)?).copied()
    }

    /// The name of the place that holds an endpoint.
    pub(super) fn place_of_endpoint(&self, id: &str) -> &'a str {
        self.endpoints.place(id).and_then(|place| self.networks.get(place)).map_or("", |(name, _)| name)
    }

    /// The route table of a subnet: the one that it is associated with, else the VPC's main one, which only its owner's list can tell.
    pub(super) fn route_table(&self, subnet: &str, vpc: &str) -> Result<(&'a str, &'a RouteTable), Gap> {
        let near = self.near(vpc);
        let gap = || self.route_tables.gap(subnet, &near);
        if let Some(id) = self.table_of.get(subnet) {
            return self.route_tables.entry(id).ok_or_else(gap);
        }
        self.route_tables.read_at(self.home(vpc), vpc)?;
        self.main_of.get(vpc).and_then(|id| self.route_tables.entry(id)).ok_or_else(gap)
    }

    /// The network ACL of a subnet.
    pub(super) fn network_acl(&self, subnet: &str, vpc: &str) -> Result<(&'a str, &'a NetworkAcl), Gap> {
        let found = self.acl_of.get(subnet).and_then(|id| self.network_acls.entry(id));
        found.ok_or_else(|| self.network_acls.gap(subnet, &self.near(vpc)))
    }

    fn list<'l, T>(&self, lists: &'l BTreeMap<&'a str, Vec<&'a str>>, table: &Table<'a, T>, vpc: &str) -> List<'l, 'a> {
        (lists.get(vpc).map_or(&[], Vec::as_slice), table.read_at(self.home(vpc), vpc).err())
    }

    /// The VPC endpoints in a VPC.
    pub(super) fn endpoints_in(&self, vpc: &str) -> List<'_, 'a> {
        self.list(&self.endpoints_in, &self.endpoints, vpc)
    }

    /// The private hosted zones that a VPC looks into.
    pub(super) fn zones_of(&self, vpc: &str) -> List<'_, 'a> {
        self.list(&self.zones_of, &self.hosted_zones, vpc)
    }

    /// The resolver rules of a VPC.
    pub(super) fn rules_of(&self, vpc: &str) -> List<'_, 'a> {
        self.list(&self.rules_of, &self.resolver_rules, vpc)
    }

    pub(super) fn zone(&self, id: &str) -> Option<&'a HostedZone> {
        self.hosted_zones.entry(id).map(|(_, zone)| zone)
    }

    /// All private hosted zones.
    pub(super) fn zones(&self) -> impl Iterator<Item = (&'a str, &'a HostedZone)> + '_ {
        self.hosted_zones.all()
    }

    pub(super) fn rule(&self, id: &str) -> Option<&'a ResolverRule> {
        self.resolver_rules.entry(id).map(|(_, rule)| rule)
    }

    /// The attachments of a VPC to a transit gateway.
    pub(super) fn attachments_of(&self, transit_gateway: &str, vpc: &str) -> &[&'a str] {
        self.attached.get(transit_gateway).and_then(|by_resource| by_resource.get(vpc)).map_or(&[], Vec::as_slice)
    }

    /// Whether two VPCs are peered.
    pub(super) fn are_peered(&self, one: &str, other: &str) -> bool {
        self.peered.contains_key(&(one, other))
    }

    /// The VPC's default security group.
    pub(super) fn default_group(&self, vpc: &str) -> Option<&'a str> {
        self.default_groups.get(vpc).copied()
    }

    /// The VPC endpoint that a network interface belongs to.
    pub(super) fn endpoint_of(&self, interface: &str) -> Option<&'a str> {
        self.endpoint_of.get(interface).copied()
    }

    /// The number of a place by its name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.networks.iter().position(|(place, _)| *place == name)
    }

    /// The network interfaces with this address.
    pub(super) fn interfaces_at(&self, address: IpAddr) -> &[&'a str] {
        self.addresses.get(&address).map_or(&[], Vec::as_slice)
    }
}
