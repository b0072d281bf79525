//! Security groups, with rules inline and apart, and network ACLs.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::open::{Fields, Stop, made_with};
use crate::inventory::network::{
    ById, NetworkAcl, NetworkAclRule, Peer, Ports, PrefixList, Protocol, SecurityGroup, SecurityGroupRule, Subnet,
};
use crate::inventory::{Gap, Inventory, Known};
use crate::policy::{Symbol, Text};
use crate::source::cloudformation::stack::properties::gap_of;
use crate::source::cloudformation::stack::resources::Stack;
use crate::source::cloudformation::value::Value;

/// The custom resource by which the CDK takes the rules away that a default security group is made with, as it does in every VPC of a new app
/// (<https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2.Vpc.html>, `restrictDefaultSecurityGroup`).
const EMPTIES_DEFAULT: &str = "Custom::VpcRestrictDefaultSG";

/// The security groups of the stack, and the default one of each of its VPCs.
pub(super) fn groups(stack: &Stack<'_>, vpcs: &[String], inventory: &Inventory) -> Result<ById<SecurityGroup>, Stop> {
    let mut groups = ById::new();
    for vpc in vpcs {
        let id = made_with(vpc, "DefaultSecurityGroup");
        let own = SecurityGroupRule { protocol: Protocol::All, ports: None, peer: Peer::Group(id.clone()) };
        groups.insert(id, SecurityGroup { name: "default".to_owned(), vpc: vpc.clone(), ingress: vec![own], egress: everything() });
    }
    for it in stack.of_kind(EMPTIES_DEFAULT) {
        if let Some(group) = Fields::Of(it).id_of("DefaultSecurityGroupId")?.and_then(|group| groups.get_mut(&group)) {
            (group.ingress, group.egress) = (Vec::new(), Vec::new());
        }
    }
    let carried = carried(inventory);
    for it in stack.of_kind("AWS::EC2::SecurityGroup") {
        let fields = Fields::Of(it);
        let rules =
            |name: &str| fields.items(name)?.iter().map(|item| rule(&Fields::In(it.id, item), &carried)).collect::<Result<Vec<_>, _>>();
        let egress = match it.value("SecurityGroupEgress")? {
            None => everything(),
            Some(Value::List(items)) if items.is_empty() => vec![EMPTY.rule(it.id)],
            Some(_) => rules("SecurityGroupEgress")?,
        };
        let group = SecurityGroup {
            name: fields.id_of("GroupName")?.unwrap_or_else(|| it.id.to_owned()),
            vpc: fields.id_of("VpcId")?.unwrap_or_default(),
            ingress: rules("SecurityGroupIngress")?,
            egress,
        };
        groups.insert(it.reference()?.written().into_owned(), group);
    }
    for (kind, out) in [("AWS::EC2::SecurityGroupIngress", false), ("AWS::EC2::SecurityGroupEgress", true)] {
        for it in stack.of_kind(kind) {
            let fields = Fields::Of(it);
            let Some(group) = fields.id_of("GroupId")?.and_then(|group| groups.get_mut(&group)) else { continue };
            let rules = if out { &mut group.egress } else { &mut group.ingress };
            if out && *rules == everything() {
                *rules = vec![BESIDE.rule(fields.id())];
            }
            rules.push(rule(&fields, &carried)?);
        }
    }
    Ok(groups)
}

fn everything() -> Vec<SecurityGroupRule> {
    let all = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
    all.map(|cidr| SecurityGroupRule { protocol: Protocol::All, ports: None, peer: Peer::Cidr(cidr) }).into()
}

// A group is made with a rule that lets everything out, and "the default rule is removed only when you specify one or more egress rules"; rules that are taken away later leave none
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html). So an empty list means one thing in a new group and another in
// one that had rules. Whether a rule that is a resource of its own removes the first one is not documented; people found that it does (https://github.com/aws/aws-cdk/issues/987).
const EMPTY: Perhaps = Perhaps {
    what: "the empty list of egress rules of",
    why: "an empty list lets everything out of a new group, and nothing out of one that had rules: write the rules",
};
const BESIDE: Perhaps = Perhaps {
    what: "the first egress rule beside",
    why: "whether a group keeps the rule that lets everything out beside a rule of its own is not documented: write SecurityGroupEgress into the group",
};

/// A rule that lets everything out, if it is there. It names a list of addresses that nobody knows.
struct Perhaps {
    /// What the name of the list begins with, before the id of a resource.
    what: &'static str,
    why: &'static str,
}

impl Perhaps {
    fn rule(&self, id: &str) -> SecurityGroupRule {
        let list = Symbol::unknown(&format!("{} {id}", self.what));
        SecurityGroupRule { protocol: Protocol::All, ports: None, peer: Peer::PrefixList(list.to_string()) }
    }

    /// The list of this name, if it is of this kind.
    fn list(&self, name: &str) -> Option<PrefixList> {
        let id = name.trim_matches(['⟦', '?', '⟧']).strip_prefix(self.what)?;
        Some(PrefixList { name: name.to_owned(), entries: Known::Unreadable(Gap::new("template", id.trim_start(), self.why)) })
    }
}

/// The lists of addresses of the rules of which nobody knows whether they are there.
pub(super) fn lists(groups: &Known<ById<SecurityGroup>>) -> ById<PrefixList> {
    let rules = groups.value().into_iter().flat_map(BTreeMap::values).flat_map(|group| &group.egress);
    let names = rules.filter_map(|rule| if let Peer::PrefixList(name) = &rule.peer { Some(name) } else { None });
    names.filter_map(|name| Some((name.clone(), EMPTY.list(name).or_else(|| BESIDE.list(name))?))).collect()
}

/// The groups of functions that are not known: a rule for another group that is not known either may be for one of these.
pub(super) fn carried(inventory: &Inventory) -> BTreeSet<String> {
    let configurations = inventory.functions.values().filter_map(|function| function.configuration.value()?.as_ref()?.vpc.as_ref());
    configurations.flat_map(|vpc| &vpc.security_group_ids).filter(|id| Text::parse(id).has_unknown()).cloned().collect()
}

/// A rule of a security group.
pub(super) fn rule(fields: &Fields<'_>, carried: &BTreeSet<String>) -> Result<SecurityGroupRule, Stop> {
    let mut group = None;
    for name in ["SourceSecurityGroupId", "DestinationSecurityGroupId", "SourceSecurityGroupName"] {
        group = group.or(fields.id_of(name)?);
    }
    if let Some(id) = &group
        && Text::parse(id).has_unknown()
        && carried.iter().any(|other| other != id)
    {
        return Err(Stop::Open(gap_of(fields.id(), id)));
    }
    let cidr = fields.parsed("CidrIp")?.or(fields.parsed("CidrIpv6")?);
    let list = fields.id_of("SourcePrefixListId")?.or(fields.id_of("DestinationPrefixListId")?);
    let peer = group.map(Peer::Group).or(cidr.map(Peer::Cidr)).or(list.map(Peer::PrefixList));
    // Without a peer the rule is not made (the page of AWS::EC2::SecurityGroupEgress); a range without addresses stands for it.
    let peer = peer.unwrap_or_else(|| Peer::Group(String::new()));
    let protocol = fields.literal("IpProtocol")?.map_or(Protocol::All, |text| protocol(&text));
    let ports = ports(protocol, fields.parsed("FromPort")?, fields.parsed("ToPort")?);
    Ok(SecurityGroupRule { protocol, ports, peer })
}

fn protocol(text: &str) -> Protocol {
    match text.to_ascii_lowercase().as_str() {
        "-1" | "all" => Protocol::All,
        "6" | "tcp" => Protocol::Tcp,
        "17" | "udp" => Protocol::Udp,
        _ => Protocol::Other,
    }
}

/// The ports of a rule; of other protocols the numbers are no ports, and `-1` stands for all.
fn ports(protocol: Protocol, from: Option<i32>, to: Option<i32>) -> Option<Ports> {
    let port = |number: Option<i32>| number.and_then(|number| u16::try_from(number).ok());
    match protocol {
        Protocol::Tcp | Protocol::Udp => Some(Ports { from: port(from)?, to: port(to)? }),
        Protocol::All | Protocol::Other => None,
    }
}

/// The network ACLs of the stack, and the default one of each of its VPCs for the subnets that have no other.
pub(super) fn acls(stack: &Stack<'_>, vpcs: &[String], subnets: &ById<Subnet>) -> Result<ById<NetworkAcl>, Stop> {
    let mut acls = ById::new();
    for it in stack.of_kind("AWS::EC2::NetworkAcl") {
        let vpc = Fields::Of(it).id_of("VpcId")?.unwrap_or_default();
        acls.insert(it.reference()?.written().into_owned(), NetworkAcl { vpc, default: false, subnets: Vec::new(), rules: Vec::new() });
    }
    let mut guarded = BTreeSet::new();
    for it in stack.of_kind("AWS::EC2::SubnetNetworkAclAssociation") {
        let fields = Fields::Of(it);
        let Some(subnet) = fields.id_of("SubnetId")? else { continue };
        guarded.insert(subnet.clone());
        if let Some(acl) = fields.id_of("NetworkAclId")?.and_then(|acl| acls.get_mut(&acl)) {
            acl.subnets.push(subnet);
        }
    }
    for it in stack.of_kind("AWS::EC2::NetworkAclEntry") {
        let fields = Fields::Of(it);
        let Some(acl) = fields.id_of("NetworkAclId")?.and_then(|acl| acls.get_mut(&acl)) else { continue };
        acl.rules.extend(entry(&fields)?);
    }
    for vpc in vpcs {
        let own = subnets.iter().filter(|(id, subnet)| subnet.vpc == *vpc && !guarded.contains(*id)).map(|(id, _)| id.clone());
        let rule = |egress, cidr| NetworkAclRule { number: 100, egress, allow: true, protocol: Protocol::All, ports: None, cidr };
        let all = [IpNet::from(Ipv4Net::default()), IpNet::from(Ipv6Net::default())];
        let rules = [false, true].into_iter().flat_map(|out| all.map(|cidr| rule(out, cidr))).collect();
        let acl = NetworkAcl { vpc: vpc.clone(), default: true, subnets: own.collect(), rules };
        acls.insert(made_with(vpc, "DefaultNetworkAcl"), acl);
    }
    Ok(acls)
}

/// A rule of a network ACL.
pub(super) fn entry(fields: &Fields<'_>) -> Result<Option<NetworkAclRule>, Stop> {
    let cidr = fields.parsed("CidrBlock")?.or(fields.parsed("Ipv6CidrBlock")?);
    let (Some(number), Some(cidr)) = (fields.parsed("RuleNumber")?, cidr) else { return Ok(None) };
    let protocol = fields.literal("Protocol")?.map_or(Protocol::All, |text| protocol(&text));
    let ports = match fields.items("PortRange")?.first() {
        Some(range) => {
            let range = Fields::In(fields.id(), range);
            ports(protocol, range.parsed("From")?, range.parsed("To")?)
        }
        None => None,
    };
    Ok(Some(NetworkAclRule {
        number,
        egress: fields.flag("Egress", false)?,
        allow: fields.literal("RuleAction")?.as_deref() == Some("allow"),
        protocol,
        ports,
        cidr,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_a_rule_count_for_tcp_and_udp_alone() {
        assert_eq!(ports(protocol("tcp"), Some(5432), Some(5432)), Some(Ports { from: 5432, to: 5432 }));
        assert_eq!(ports(protocol("-1"), Some(1), Some(2)), None);
        assert_eq!(ports(protocol("6"), Some(-1), Some(-1)), None);
    }
}
