//! Route tables, network ACLs, security groups and prefix lists as the mock tells them.

use rotaudit::inventory::Network;
use rotaudit::inventory::network::{
    NetworkAcl, NetworkAclRule, Peer, Ports, Protocol, Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget, SecurityGroup,
    SecurityGroupRule,
};

use super::PLANTED;
use super::ec2::{Page, having};
use super::scope::{Failure, fact};
use super::wire::Asked;
use super::xml::{element, list, names, texts, truth};

/// The elements of an answer; `None` for other operations.
pub(super) fn answer(network: &Network, operation: &str, asked: &Asked, page: Page<'_>) -> Result<Option<String>, Failure> {
    Ok(Some(match operation {
        "DescribeRouteTables" => {
            page("routeTableSet", having(asked, "vpc-id", fact(&network.route_tables)?, |_, it| [it.vpc.clone()].into(), route_table)?)
        }
        "DescribeNetworkAcls" => {
            page("networkAclSet", having(asked, "vpc-id", fact(&network.network_acls)?, |_, it| [it.vpc.clone()].into(), acl)?)
        }
        "DescribeSecurityGroups" => {
            let groups = fact(&network.security_groups)?;
            let groups = match asked.filter("group-id") {
                Some(_) => having(asked, "group-id", groups, |id, _| [id.clone()].into(), group)?,
                None => having(asked, "vpc-id", groups, |_, it| [it.vpc.clone()].into(), group)?,
            };
            page("securityGroupInfo", groups)
        }
        "DescribeManagedPrefixLists" => {
            let write = |id: &str, it: &rotaudit::inventory::network::PrefixList| {
                texts(&[("prefixListId", id), ("prefixListName", &it.name), ("addressFamily", "IPv4"), ("state", "create-complete")])
            };
            page("prefixListSet", having(asked, "prefix-list-id", fact(&network.prefix_lists)?, |id, _| [id.clone()].into(), write)?)
        }
        "GetManagedPrefixListEntries" => {
            let missing = || Failure::new(400, "InvalidPrefixListID.NotFound", "no such prefix list");
            let list = asked.field("PrefixListId").and_then(|id| network.prefix_lists.value()?.get(id)).ok_or_else(missing)?;
            page(
                "entrySet",
                fact(&list.entries)?.iter().map(|cidr| texts(&[("cidr", &cidr.to_string()), ("description", PLANTED)])).collect(),
            )
        }
        _ => return Ok(None),
    }))
}

fn route_table(id: &str, it: &RouteTable) -> String {
    let state = element("associationState", &texts(&[("state", "associated")]));
    let mut associations: Vec<String> =
        it.subnets.iter().map(|subnet| texts(&[("main", "false"), ("subnetId", subnet)]) + &state).collect();
    if it.main {
        associations.push(texts(&[("main", "true")]) + &state);
    }
    associations.push(texts(&[("main", "false"), ("gatewayId", "igw-edge")]) + &state);
    let gone = element("associationState", &texts(&[("state", "disassociating")]));
    associations.push(texts(&[("main", "false"), ("subnetId", "subnet-gone")]) + &gone);
    texts(&[("routeTableId", id), ("vpcId", &it.vpc)])
        + &list("associationSet", "item", associations)
        + &list("routeSet", "item", it.routes.iter().map(route))
}

fn route(it: &Route) -> String {
    let destination = match &it.destination {
        RouteDestination::Cidr(cidr) if cidr.addr().is_ipv4() => ("destinationCidrBlock", cidr.to_string()),
        RouteDestination::Cidr(cidr) => ("destinationIpv6CidrBlock", cidr.to_string()),
        RouteDestination::PrefixList(id) => ("destinationPrefixListId", id.clone()),
    };
    let target = match &it.target {
        RouteTarget::Local => ("gatewayId", "local"),
        RouteTarget::InternetGateway(id) | RouteTarget::VirtualPrivateGateway(id) | RouteTarget::Endpoint(id) => ("gatewayId", id.as_str()),
        RouteTarget::EgressOnlyGateway(id) => ("egressOnlyInternetGatewayId", id.as_str()),
        RouteTarget::NatGateway(id) => ("natGatewayId", id.as_str()),
        RouteTarget::TransitGateway(id) => ("transitGatewayId", id.as_str()),
        RouteTarget::Peering(id) => ("vpcPeeringConnectionId", id.as_str()),
        RouteTarget::Interface(id) => ("networkInterfaceId", id.as_str()),
        RouteTarget::Other(id) if id.starts_with("arn:") => ("coreNetworkArn", id.as_str()),
        RouteTarget::Other(id) => ("localGatewayId", id.as_str()),
    };
    let origin = match (it.origin, &it.target) {
        (RouteOrigin::Propagated, RouteTarget::VirtualPrivateGateway(_)) => "EnableVgwRoutePropagation",
        (RouteOrigin::Propagated, _) => "Advertisement",
        (RouteOrigin::Static, RouteTarget::Local) => "CreateRouteTable",
        (RouteOrigin::Static, _) => "CreateRoute",
    };
    // A NAT instance is told by its instance, too.
    let instance = if matches!(it.target, RouteTarget::Interface(_)) { texts(&[("instanceId", "i-0123")]) } else { String::new() };
    let state = if it.blackhole { "blackhole" } else { "active" };
    texts(&[(destination.0, &destination.1), target, ("state", state), ("origin", origin)]) + &instance
}

fn number(it: Protocol) -> &'static str {
    match it {
        Protocol::All => "-1",
        Protocol::Tcp => "6",
        Protocol::Udp => "17",
        Protocol::Other => "1",
    }
}

fn acl(id: &str, it: &NetworkAcl) -> String {
    texts(&[("networkAclId", id), ("vpcId", &it.vpc), ("default", truth(it.default))])
        + &names("associationSet", "subnetId", &it.subnets)
        + &list("entrySet", "item", it.rules.iter().map(acl_rule))
}

fn acl_rule(it: &NetworkAclRule) -> String {
    let cidr = if it.cidr.addr().is_ipv4() { "cidrBlock" } else { "ipv6CidrBlock" };
    let ports = it.ports.map(|ports| element("portRange", &texts(&[("from", &ports.from.to_string()), ("to", &ports.to.to_string())])));
    let icmp = if it.protocol == Protocol::Other { "<icmpTypeCode><code>-1</code><type>-1</type></icmpTypeCode>" } else { "" };
    texts(&[
        ("ruleNumber", &it.number.to_string()),
        ("protocol", number(it.protocol)),
        ("ruleAction", if it.allow { "allow" } else { "deny" }),
        ("egress", truth(it.egress)),
        (cidr, &it.cidr.to_string()),
    ]) + &ports.unwrap_or_default()
        + icmp
}

fn group(id: &str, it: &SecurityGroup) -> String {
    texts(&[("groupId", id), ("groupName", &it.name), ("vpcId", &it.vpc), ("groupDescription", PLANTED)])
        + &permissions("ipPermissions", &it.ingress)
        + &permissions("ipPermissionsEgress", &it.egress)
}

/// Rules that follow each other with the same protocol and ports are one permission.
fn permissions(name: &str, rules: &[SecurityGroupRule]) -> String {
    let permissions = rules.chunk_by(|a, b| (a.protocol, a.ports) == (b.protocol, b.ports));
    list(name, "item", permissions.map(permission))
}

fn permission(rules: &[SecurityGroupRule]) -> String {
    let (protocol, ports) = (rules[0].protocol, rules[0].ports);
    let protocol = match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::All => "-1",
        Protocol::Other => "icmp",
    };
    let ports = match (protocol, ports) {
        ("icmp", _) => texts(&[("fromPort", "8"), ("toPort", "-1")]),
        (_, Some(Ports { from, to })) => texts(&[("fromPort", &from.to_string()), ("toPort", &to.to_string())]),
        (_, None) => "<fromPort/><toPort></toPort>".to_owned(),
    };
    let of = |kind: fn(&Peer) -> Option<String>| rules.iter().filter_map(move |rule| kind(&rule.peer));
    let four = of(|peer| if let Peer::Cidr(cidr) = peer { Some(cidr.to_string()).filter(|it| !it.contains(':')) } else { None });
    let six = of(|peer| if let Peer::Cidr(cidr) = peer { Some(cidr.to_string()).filter(|it| it.contains(':')) } else { None });
    let lists = of(|peer| if let Peer::PrefixList(id) = peer { Some(id.clone()) } else { None });
    let groups = of(|peer| if let Peer::Group(id) = peer { Some(id.clone()) } else { None });
    texts(&[("ipProtocol", protocol)])
        + &ports
        + &names("groups", "groupId", groups)
        + &names("ipRanges", "cidrIp", four)
        + &names("ipv6Ranges", "cidrIpv6", six)
        + &names("prefixListIds", "prefixListId", lists)
}
