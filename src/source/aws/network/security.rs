//! Network ACLs, security groups and prefix lists.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::lists::List;
use crate::inventory::network::{
    ById, NetworkAcl, NetworkAclRule, Peer, Ports, PrefixList, Protocol, RouteDestination, RouteTable, SecurityGroup, SecurityGroupRule,
};
use crate::inventory::{Api, Gap, Known};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::listing::{Paging, all};
use crate::source::aws::place::Place;

pub(super) async fn network_acls(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<NetworkAcl>> {
    let list = List { api: Api::DescribeNetworkAcls, set: "networkAclSet", most: "1000", read: network_acl };
    list.having(place, "vpc-id", vpcs).await
}

fn network_acl(it: &Element) -> Result<(String, NetworkAcl), Malformed> {
    let acl = NetworkAcl {
        vpc: it.owned("vpcId")?,
        default: it.flag("default")?,
        subnets: it.texts("associationSet", Some("subnetId")),
        rules: it.items("entrySet", "item").map(acl_rule).collect::<Result<_, _>>()?,
    };
    Ok((it.owned("networkAclId")?, acl))
}

fn acl_rule(it: &Element) -> Result<NetworkAclRule, Malformed> {
    let protocol = protocol(&it.owned("protocol")?);
    let cidr = match it.value("cidrBlock")? {
        Some(cidr) => Some(cidr),
        None => it.value("ipv6CidrBlock")?,
    };
    let allow = match it.owned("ruleAction")?.as_str() {
        "allow" => true,
        "deny" => false,
        other => return Err(Malformed::new(format!("ruleAction cannot be {other:?}"))),
    };
    let ports = match it.child("portRange") {
        Some(range) => ports(protocol, range.value("from")?, range.value("to")?)?,
        None => None,
    };
    Ok(NetworkAclRule {
        number: it.value("ruleNumber")?.ok_or_else(|| Malformed::new("a rule has no number"))?,
        egress: it.flag("egress")?,
        allow,
        protocol,
        ports,
        cidr: cidr.ok_or_else(|| Malformed::new("a rule has no address range"))?,
    })
}

/// By number or name (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
fn protocol(name: &str) -> Protocol {
    match name {
        "-1" | "all" => Protocol::All,
        "6" | "tcp" => Protocol::Tcp,
        "17" | "udp" => Protocol::Udp,
        _ => Protocol::Other,
    }
}

/// The ports of a rule. -1 is every port; other protocols have types and codes in their place.
fn ports(protocol: Protocol, from: Option<i32>, to: Option<i32>) -> Result<Option<Ports>, Malformed> {
    match (protocol, from, to) {
        (Protocol::All | Protocol::Other, ..) | (_, None, None) | (_, Some(-1), _) => Ok(None),
        (_, Some(from), Some(to)) => match (u16::try_from(from), u16::try_from(to)) {
            (Ok(from), Ok(to)) => Ok(Some(Ports { from, to })),
            _ => Err(Malformed::new(format!("ports cannot be {from} to {to}"))),
        },
        _ => Err(Malformed::new("a rule has half a range of ports")),
    }
}

const GROUPS: List<SecurityGroup> = List { api: Api::DescribeSecurityGroups, set: "securityGroupInfo", most: "200", read: security_group };

pub(super) async fn security_groups(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<SecurityGroup>> {
    GROUPS.having(place, "vpc-id", vpcs).await
}

/// Those of other VPCs that somebody names, because they are associated with theirs
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-assoc.html>).
pub(super) async fn named_groups(place: &Place, ids: &BTreeSet<String>) -> Known<ById<SecurityGroup>> {
    GROUPS.having(place, "group-id", ids).await
}

fn security_group(it: &Element) -> Result<(String, SecurityGroup), Malformed> {
    let group = SecurityGroup {
        name: it.owned("groupName")?,
        vpc: it.owned("vpcId")?,
        ingress: rules(it, "ipPermissions")?,
        egress: rules(it, "ipPermissionsEgress")?,
    };
    Ok((it.owned("groupId")?, group))
}

/// EC2 tells together what has the same protocol and ports; here each peer has its rule.
fn rules(group: &Element, list: &str) -> Result<Vec<SecurityGroupRule>, Malformed> {
    let mut rules = Vec::new();
    for permission in group.items(list, "item") {
        let protocol = protocol(&permission.owned("ipProtocol")?);
        let ports = ports(protocol, permission.value("fromPort")?, permission.value("toPort")?)?;
        let mut peers = Vec::new();
        for (list, cidr) in [("ipRanges", "cidrIp"), ("ipv6Ranges", "cidrIpv6")] {
            for range in permission.items(list, "item") {
                let range: Option<IpNet> = range.value(cidr)?;
                peers.push(Peer::Cidr(range.ok_or_else(|| Malformed::new("a rule has no address range"))?));
            }
        }
        peers.extend(permission.texts("prefixListIds", Some("prefixListId")).into_iter().map(Peer::PrefixList));
        peers.extend(permission.texts("groups", Some("groupId")).into_iter().map(Peer::Group));
        rules.extend(peers.into_iter().map(|peer| SecurityGroupRule { protocol, ports, peer }));
    }
    Ok(rules)
}

/// The prefix lists that routes and security groups name, as far as these are known.
pub(super) async fn prefix_lists(
    place: &Place,
    tables: &Known<ById<RouteTable>>,
    groups: &Known<ById<SecurityGroup>>,
) -> Known<ById<PrefixList>> {
    let routes = tables.value().into_iter().flat_map(BTreeMap::values).flat_map(|table| &table.routes);
    let of_routes = routes.filter_map(|route| match &route.destination {
        RouteDestination::PrefixList(id) => Some(id.clone()),
        RouteDestination::Cidr(_) => None,
    });
    let rules = groups.value().into_iter().flat_map(BTreeMap::values).flat_map(|group| group.ingress.iter().chain(&group.egress));
    let of_rules = rules.filter_map(|rule| match &rule.peer {
        Peer::PrefixList(id) => Some(id.clone()),
        _ => None,
    });
    let list = List { api: Api::DescribeManagedPrefixLists, set: "prefixListSet", most: "100", read: prefix_list };
    let known = list.having(place, "prefix-list-id", &of_routes.chain(of_rules).collect()).await;
    let Known::Value(mut lists) = known else { return known };
    for (id, list) in &mut lists {
        let request = Request::all().with("PrefixListId", id).with("MaxResults", "100");
        let paging = Paging { list: "entrySet", item: "item", token: "NextToken", next: "nextToken" };
        let resource = place.arn("prefix-list", id);
        list.entries = all(&place.ec2, Api::GetManagedPrefixListEntries, &resource, request, paging, entry).await;
    }
    Known::Value(lists)
}

fn prefix_list(it: &Element) -> Result<(String, PrefixList), Malformed> {
    let id = it.owned("prefixListId")?;
    let entries = Known::Unreadable(Gap::not_collected(Api::GetManagedPrefixListEntries.spec().name, &id));
    Ok((id, PrefixList { name: it.owned("prefixListName")?, entries }))
}

fn entry(it: &Element) -> Result<IpNet, Malformed> {
    it.value("cidr")?.ok_or_else(|| Malformed::new("an entry has no address range"))
}
