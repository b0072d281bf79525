//! What a plan says of a network with resources of their own, such as the association of a subnet with a network ACL: what comes to be when one is made, and what is left
//! when it is taken away. `terraform` makes these, `planned` lays them over what exists. What the provider does is told on its pages
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs>), by the name of the type.

use ipnet::IpNet;

use crate::inventory::network::{
    ById, NetworkAcl, NetworkAclRule, Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget, Subnet, VpcEndpoint,
};
use crate::inventory::{Gap, Known, Network};
use crate::policy::Document;

/// The policy of an endpoint that has none of its own (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>).
pub(crate) const DEFAULT_ENDPOINT_POLICY: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// One thing that a plan says of a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NetworkFact {
    /// A network ACL has these rules of its own and no others (`aws_default_network_acl`). Taken away, they stay.
    AclRules { acl: String, rules: Vec<NetworkAclRule> },
    /// A network ACL has this rule (`aws_network_acl_rule`).
    AclRule { acl: String, rule: NetworkAclRule },
    /// A subnet is guarded by this network ACL (`aws_network_acl_association`, `subnet_ids`). Taken away, it gets back to the VPC's default one.
    AclOfSubnet { subnet: String, acl: String },
    /// A route table has these routes beside the local ones and those of gateway endpoints, and no others (`aws_default_route_table`). Taken away, they stay.
    TableRoutes { table: String, routes: Vec<Route> },
    /// A subnet has this route table (`aws_route_table_association`). Taken away, it has the main one.
    TableOfSubnet { subnet: String, table: String },
    /// A route table is the VPC's main one (`aws_main_route_table_association`). Taken away, the `original` one is that again.
    MainTable { vpc: String, table: String, original: Option<String> },
    /// The VPC's default security group is known to the plan by this id (`aws_default_security_group`).
    DefaultGroup { vpc: String, group: String },
    /// A VPC uses these DHCP options (`aws_vpc_dhcp_options_association`). Taken away, it has none.
    DhcpOptions { vpc: String, options: String },
    /// An endpoint's policy (`aws_vpc_endpoint_policy`). Taken away, it is the one that AWS gives.
    EndpointPolicy { endpoint: String, policy: Document },
    /// An endpoint is in this subnet (`aws_vpc_endpoint_subnet_association`).
    EndpointSubnet { endpoint: String, subnet: String },
    /// An endpoint has this security group (`aws_vpc_endpoint_security_group_association`), maybe in the place of the VPC's default one.
    EndpointGroup { endpoint: String, group: String, for_default: bool },
    /// A gateway endpoint is in this route table (`aws_vpc_endpoint_route_table_association`).
    EndpointTable { endpoint: String, table: String },
    /// Whether an endpoint answers under the names of its service (`aws_vpc_endpoint_private_dns`). Taken away, it stays so.
    EndpointPrivateDns { endpoint: String, on: bool },
    /// A VPC has these addresses too (`aws_vpc_ipv4_cidr_block_association`).
    VpcRange { vpc: String, range: IpNet },
    /// What a database lets in, and where it listens, by its ARN.
    DatabaseDoor { database: String, groups: Vec<String>, port: Option<u16>, public: bool },
    /// Records of a hosted zone change, and nobody follows how.
    ZoneRecords { zone: String, gap: Gap },
    /// What becomes of these things the plan does not tell, or nobody follows.
    Open { list: NetworkList, gap: Gap },
}

/// The lists of a network that a plan may leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetworkList {
    Vpcs,
    DhcpOptions,
    RouteTables,
    NetworkAcls,
    SecurityGroups,
    Endpoints,
    PrefixLists,
    Peerings,
    TransitGateways,
    TransitGatewayAttachments,
    TransitGatewayRouteTables,
    BlockPublicAccess,
    HostedZones,
    ResolverRules,
    Firewalls,
    Databases,
}

impl NetworkList {
    fn open(self, known: &mut Network, gap: &Gap) {
        match self {
            Self::Vpcs => known.vpcs = Known::Unreadable(gap.clone()),
            Self::DhcpOptions => known.dhcp_options = Known::Unreadable(gap.clone()),
            Self::RouteTables => known.route_tables = Known::Unreadable(gap.clone()),
            Self::NetworkAcls => known.network_acls = Known::Unreadable(gap.clone()),
            Self::SecurityGroups => known.security_groups = Known::Unreadable(gap.clone()),
            Self::Endpoints => known.endpoints = Known::Unreadable(gap.clone()),
            Self::PrefixLists => known.prefix_lists = Known::Unreadable(gap.clone()),
            Self::Peerings => known.peerings = Known::Unreadable(gap.clone()),
            Self::TransitGateways => known.transit_gateways = Known::Unreadable(gap.clone()),
            Self::TransitGatewayAttachments => known.transit_gateway_attachments = Known::Unreadable(gap.clone()),
            Self::TransitGatewayRouteTables => known.transit_gateway_route_tables = Known::Unreadable(gap.clone()),
            Self::BlockPublicAccess => known.block_public_access = Known::Unreadable(gap.clone()),
            Self::HostedZones => known.hosted_zones = Known::Unreadable(gap.clone()),
            Self::ResolverRules => known.resolver_rules = Known::Unreadable(gap.clone()),
            Self::Databases => known.databases = Known::Unreadable(gap.clone()),
            // What an endpoint's firewall does is not known where its rules are not.
            Self::Firewalls => {
                if let Known::Value(endpoints) = &mut known.endpoints {
                    for endpoint in endpoints.values_mut() {
                        endpoint.firewall = None;
                    }
                }
            }
        }
    }
}

impl NetworkFact {
    /// What is there when a plan says so.
    pub(crate) fn put_into(&self, known: &mut Network) {
        match self {
            Self::AclRules { acl, rules } => with(&mut known.network_acls, acl, |acl| acl.rules.clone_from(rules)),
            Self::AclRule { acl, rule } => with(&mut known.network_acls, acl, |acl| {
                acl.rules.retain(|other| !same_number(other, rule));
                acl.rules.push(rule.clone());
            }),
            Self::AclOfSubnet { subnet, acl } => {
                leave_acls(&mut known.network_acls, subnet);
                unless_read(&mut known.network_acls, acl, &known.subnets, subnet);
                with(&mut known.network_acls, acl, |acl| acl.subnets.push(subnet.clone()));
            }
            Self::TableRoutes { table, routes } => with(&mut known.route_tables, table, |table| {
                table.routes.retain(|route| is_kept(route) && !routes.contains(route));
                table.routes.extend(routes.iter().cloned());
            }),
            Self::TableOfSubnet { subnet, table } => {
                leave_tables(&mut known.route_tables, subnet);
                unless_read(&mut known.route_tables, table, &known.subnets, subnet);
                with(&mut known.route_tables, table, |table| table.subnets.push(subnet.clone()));
            }
            Self::MainTable { vpc, table, .. } => main(&mut known.route_tables, vpc, table),
            Self::DefaultGroup { .. } => {}
            Self::VpcRange { vpc, range } => {
                with(&mut known.vpcs, vpc, |vpc| {
                    vpc.cidrs.retain(|other| other != range);
                    vpc.cidrs.push(*range);
                });
                let tables = known.route_tables.value().into_iter().flatten().filter(|(_, table)| table.vpc == *vpc);
                for id in tables.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
                    with(&mut known.route_tables, &id, |table| {
                        table.routes.retain(|route| *route != local(*range));
                        table.routes.push(local(*range));
                    });
                }
            }
            Self::DatabaseDoor { database, groups, port, public } => with(&mut known.databases, database, |database| {
                if !groups.is_empty() {
                    database.security_groups.clone_from(groups);
                }
                database.port = port.unwrap_or(database.port);
                database.public = *public;
            }),
            Self::ZoneRecords { zone, gap } => {
                with(&mut known.hosted_zones, zone, |zone| zone.records = Known::Unreadable(gap.clone()));
            }
            Self::Open { list, gap } => list.open(known, gap),
            Self::DhcpOptions { vpc, options } => with(&mut known.vpcs, vpc, |vpc| vpc.dhcp_options = Some(options.clone())),
            Self::EndpointPolicy { endpoint, policy } => with(&mut known.endpoints, endpoint, |it| it.policy = Some(policy.clone())),
            Self::EndpointSubnet { endpoint, subnet } => {
                with(&mut known.endpoints, endpoint, |it| add(&mut it.subnets, subnet));
            }
            Self::EndpointGroup { endpoint, group, for_default } => self::group(known, endpoint, group, *for_default, true),
            Self::EndpointTable { endpoint, table } => with(&mut known.endpoints, endpoint, |it| add(&mut it.route_tables, table)),
            Self::EndpointPrivateDns { endpoint, on } => with(&mut known.endpoints, endpoint, |it| it.private_dns = *on),
        }
    }

    /// Whether the plan says it of what it belongs to, which it makes: then what that has is as the plan says, whoever gave it.
    pub(super) fn is_said_by_owner(&self, made: &Network) -> bool {
        let of = |id: &str| made.endpoints.value().and_then(|endpoints| endpoints.get(id));
        match self {
            Self::AclRule { acl, rule } => {
                made.network_acls.value().and_then(|acls| acls.get(acl)).is_some_and(|acl| acl.rules.contains(rule))
            }
            Self::EndpointPolicy { endpoint, .. } | Self::EndpointSubnet { endpoint, .. } | Self::EndpointTable { endpoint, .. } => {
                of(endpoint).is_some()
            }
            Self::EndpointGroup { endpoint, group, .. } => of(endpoint).is_some_and(|endpoint| endpoint.security_groups.contains(group)),
            _ => false,
        }
    }

    /// What is left when a plan takes it away.
    pub(super) fn take_back(&self, known: &mut Network) {
        match self {
            Self::AclRule { acl, rule } => with(&mut known.network_acls, acl, |acl| acl.rules.retain(|other| !same_number(other, rule))),
            // The subnet is in none then, and so in the default one of its VPC.
            Self::AclOfSubnet { subnet, .. } => leave_acls(&mut known.network_acls, subnet),
            Self::TableOfSubnet { subnet, .. } => leave_tables(&mut known.route_tables, subnet),
            Self::MainTable { vpc, original, .. } => main(&mut known.route_tables, vpc, original.as_deref().unwrap_or_default()),
            Self::DhcpOptions { vpc, .. } => with(&mut known.vpcs, vpc, |vpc| vpc.dhcp_options = None),
            Self::EndpointPolicy { endpoint, .. } => {
                with(&mut known.endpoints, endpoint, |it| it.policy = Some(Document::new(DEFAULT_ENDPOINT_POLICY)));
            }
            Self::EndpointSubnet { endpoint, subnet } => with(&mut known.endpoints, endpoint, |it| {
                it.subnets.retain(|other| other != subnet);
                it.interfaces.clear();
            }),
            Self::EndpointGroup { endpoint, group, for_default } => self::group(known, endpoint, group, *for_default, false),
            Self::EndpointTable { endpoint, table } => {
                with(&mut known.endpoints, endpoint, |it| it.route_tables.retain(|other| other != table));
            }
            Self::VpcRange { vpc, range } => {
                with(&mut known.vpcs, vpc, |vpc| vpc.cidrs.retain(|other| other != range));
                if let Known::Value(tables) = &mut known.route_tables {
                    tables.values_mut().filter(|table| table.vpc == *vpc).for_each(|table| table.routes.retain(|it| *it != local(*range)));
                }
            }
            Self::AclRules { .. }
            | Self::TableRoutes { .. }
            | Self::DefaultGroup { .. }
            | Self::DatabaseDoor { .. }
            | Self::ZoneRecords { .. }
            | Self::EndpointPrivateDns { .. }
            | Self::Open { .. } => {}
        }
    }
}

/// Changes a thing, if it is there.
fn with<T>(list: &mut Known<ById<T>>, id: &str, change: impl FnOnce(&mut T)) {
    if let Known::Value(list) = list
        && let Some(one) = list.get_mut(id)
    {
        change(one);
    }
}

/// Opens a list that does not hold what this subnet is given to: then it is not known what holds for the subnet, and not the default.
fn unless_read<T>(list: &mut Known<ById<T>>, id: &str, subnets: &Known<ById<Subnet>>, subnet: &str) {
    let has_subnet = subnets.value().is_some_and(|subnets| subnets.contains_key(subnet));
    if has_subnet && list.value().is_some_and(|list| !list.contains_key(id)) {
        *list = Known::Unreadable(Gap::new("plan", id, &format!("the plan gives {subnet} to it, and nobody has read it")));
    }
}

/// A subnet has one network ACL.
fn leave_acls(acls: &mut Known<ById<NetworkAcl>>, subnet: &str) {
    if let Known::Value(acls) = acls {
        for acl in acls.values_mut() {
            acl.subnets.retain(|other| other != subnet);
        }
    }
}

/// A subnet has one route table.
fn leave_tables(tables: &mut Known<ById<RouteTable>>, subnet: &str) {
    if let Known::Value(tables) = tables {
        for table in tables.values_mut() {
            table.subnets.retain(|other| other != subnet);
        }
    }
}

/// A VPC has one main table; where it is not known which, none is.
fn main(tables: &mut Known<ById<RouteTable>>, vpc: &str, main: &str) {
    if let Known::Value(tables) = tables {
        tables.iter_mut().filter(|(_, table)| table.vpc == vpc).for_each(|(id, table)| table.main = id == main);
    }
}

/// The routes that the provider leaves in a default table that it adopts.
fn is_kept(route: &Route) -> bool {
    route.origin == RouteOrigin::Static && matches!(route.target, RouteTarget::Local | RouteTarget::Endpoint(_))
}

fn add(list: &mut Vec<String>, id: &String) {
    if !list.contains(id) {
        list.push(id.clone());
    }
}

/// Gives a security group to an endpoint, or takes it away. Its interfaces have the groups of their endpoint, and were read before.
fn group(known: &mut Network, endpoint: &str, group: &str, for_default: bool, given: bool) {
    let Known::Value(endpoints) = &mut known.endpoints else { return };
    let Some(endpoint) = endpoints.get_mut(endpoint) else { return };
    let default = known
        .security_groups
        .value()
        .and_then(|groups| groups.iter().find(|(_, other)| other.name == "default" && other.vpc == endpoint.vpc).map(|(id, _)| id.clone()));
    let VpcEndpoint { security_groups, interfaces, .. } = endpoint;
    interfaces.clear();
    // One that names none has the default one.
    if security_groups.is_empty() {
        security_groups.extend(default.clone());
    }
    security_groups.retain(|other| other != group);
    if given {
        security_groups.push(group.to_owned());
    }
    match default {
        Some(default) if for_default && given => security_groups.retain(|other| *other != default),
        Some(default) if for_default => security_groups.push(default),
        _ => {}
    }
}

/// The route by which a VPC reaches its own addresses.
pub(super) fn local(range: IpNet) -> Route {
    Route { destination: RouteDestination::Cidr(range), target: RouteTarget::Local, blackhole: false, origin: RouteOrigin::Static }
}

/// An ACL has one rule of a number for each direction.
pub(super) fn same_number(one: &NetworkAclRule, other: &NetworkAclRule) -> bool {
    one.number == other.number && one.egress == other.egress && one.cidr.addr().is_ipv4() == other.cidr.addr().is_ipv4()
}
