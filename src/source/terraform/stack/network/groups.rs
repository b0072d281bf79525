//! Security groups, with the three ways in which rules get into one: blocks in the group, `aws_security_group_rule`, and a resource for each rule. Where nobody
//! writes a rule for what goes out, nothing does: the provider takes out the one that EC2 gives to new groups
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group>).

use std::collections::BTreeMap;

use super::place::{Place, id_of, known, owner};
use super::rules::{ports, protocol};
use crate::inventory::network::{Peer, Protocol, SecurityGroup, SecurityGroupRule, Vpc};
use crate::inventory::{Gap, Known};
use crate::policy::Text;
use crate::source::terraform::identity::{self, Kind};
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::thing::Thing;
use crate::source::terraform::value::Value;

/// The security groups of the plan, and the default one of each VPC.
pub(super) fn groups(place: &Place<'_, '_>, vpcs: &BTreeMap<String, Vpc>) -> Known<BTreeMap<String, SecurityGroup>> {
    known(all(place, vpcs))
}

fn all(place: &Place<'_, '_>, vpcs: &BTreeMap<String, Vpc>) -> Result<BTreeMap<String, SecurityGroup>, Gap> {
    let mut groups = BTreeMap::new();
    for it in place.of_kind("aws_vpc") {
        let vpc = id_of(it, "id", Kind::Vpc);
        let mut adopted = false;
        for other in place.of_kind("aws_default_security_group").filter(|other| place.stack.over || other.is_written("vpc_id")) {
            adopted |= owner(other, "vpc_id", Kind::Vpc)? == vpc;
        }
        if vpcs.contains_key(&vpc) && !adopted {
            let id = id_of(it, "default_security_group_id", Kind::SecurityGroup);
            // <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
            let rule = |peer| SecurityGroupRule { protocol: Protocol::All, ports: None, peer };
            let ranges = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|range| range.parse().ok());
            let egress = ranges.map(|range| rule(Peer::Cidr(range))).collect();
            groups.insert(id.clone(), SecurityGroup { name: "default".to_owned(), vpc, ingress: vec![rule(Peer::Group(id))], egress });
        }
    }
    for kind in ["aws_security_group", "aws_default_security_group"] {
        for it in place.of_kind(kind) {
            let name = if kind == "aws_security_group" { it.text("name").unwrap_or_default() } else { "default".to_owned() };
            let id = id_of(it, "id", Kind::SecurityGroup);
            if place.stack.over && kind == "aws_default_security_group" {
                // One that names no VPC is that of the region's default one.
                owner(it, "vpc_id", Kind::Vpc)?;
            }
            let group = SecurityGroup {
                name,
                vpc: id_of(it, "vpc_id", Kind::Vpc),
                ingress: without_gone(place, it, "ingress", &id)?,
                egress: without_gone(place, it, "egress", &id)?,
            };
            groups.insert(id, group);
        }
    }
    for it in place.of_kind("aws_security_group_rule") {
        let id = owner(it, "security_group_id", Kind::SecurityGroup)?;
        let rules = rule(it, "", &id, &LISTS);
        if let Some(group) = group(place, &mut groups, &id) {
            if it.text("type").as_deref() == Some("egress") { &mut group.egress } else { &mut group.ingress }.extend(rules);
        }
    }
    for (kind, is_egress) in [("aws_vpc_security_group_ingress_rule", false), ("aws_vpc_security_group_egress_rule", true)] {
        for it in place.of_kind(kind) {
            let id = owner(it, "security_group_id", Kind::SecurityGroup)?;
            let rules = rule(it, "", &id, &SINGLE);
            if let Some(group) = group(place, &mut groups, &id) {
                if is_egress { &mut group.egress } else { &mut group.ingress }.extend(rules);
            }
        }
    }
    Ok(groups)
}

/// The group of this id. Over what exists, one that the plan does not make stands for the rules that it adds: it has neither name nor VPC.
fn group<'g>(place: &Place<'_, '_>, groups: &'g mut BTreeMap<String, SecurityGroup>, id: &str) -> Option<&'g mut SecurityGroup> {
    if place.stack.over && !groups.contains_key(id) {
        let rules = SecurityGroup { name: String::new(), vpc: String::new(), ingress: Vec::new(), egress: Vec::new() };
        groups.insert(id.to_owned(), rules);
    }
    groups.get_mut(id)
}

/// How a kind of rule names its parts.
struct Names {
    protocol: &'static str,
    ranges: [&'static str; 2],
    prefix_lists: &'static str,
    groups: &'static str,
}

const BLOCK: Names =
    Names { protocol: "protocol", ranges: ["cidr_blocks", "ipv6_cidr_blocks"], prefix_lists: "prefix_list_ids", groups: "security_groups" };
const LISTS: Names = Names { groups: "source_security_group_id", ..BLOCK };
const SINGLE: Names = Names {
    protocol: "ip_protocol",
    ranges: ["cidr_ipv4", "cidr_ipv6"],
    prefix_lists: "prefix_list_id",
    groups: "referenced_security_group_id",
};

fn inline(it: Thing<'_>, way: &str, id: &str) -> Result<Vec<SecurityGroupRule>, Gap> {
    match it.count(way) {
        // Nobody writes rules here.
        None if !it.is_written(way) => Ok(Vec::new()),
        None => Err(it.unknown(way)),
        Some(count) => Ok((0..count).flat_map(|index| rule(it, &format!("{way}.{index}."), id, &BLOCK)).collect()),
    }
}

/// The rules that a group itself tells. What others gave to it is not in it when they do not any more.
fn without_gone(place: &Place<'_, '_>, it: Thing<'_>, way: &str, id: &str) -> Result<Vec<SecurityGroupRule>, Gap> {
    let mut rules = inline(it, way, id)?;
    // Of rules that are written the provider gives to the group those that the state does not tell, so one that stands there already goes with what gave it.
    let was = || it.as_it_was().and_then(|was| inline(was, way, id).ok()).unwrap_or_default();
    let left_alone: Option<Vec<SecurityGroupRule>> = it.is_written(way).then(was);
    if rules.is_empty() || left_alone.as_ref().is_some_and(Vec::is_empty) {
        return Ok(rules);
    }
    let single = if way == "egress" { "aws_vpc_security_group_egress_rule" } else { "aws_vpc_security_group_ingress_rule" };
    let of_group = |kind| place.given_up(kind, ("security_group_id", id)).into_iter();
    let listed = of_group("aws_security_group_rule").filter(|gone| gone.text("type").as_deref() == Some(way)).map(|gone| (gone, &LISTS));
    for (gone, names) in listed.chain(of_group(single).map(|gone| (gone, &SINGLE))) {
        let gone = rule(gone, "", id, names);
        rules.retain(|rule| !gone.contains(rule) || left_alone.as_ref().is_some_and(|left| !left.contains(rule)));
    }
    Ok(rules)
}

/// The rules that one block stands for: one for each at the other end. What is not known of one is written as a prefix list that nobody has read.
fn rule(it: Thing<'_>, path: &str, own: &str, names: &Names) -> Vec<SecurityGroupRule> {
    let at = |name: &str| format!("{path}{name}");
    let unknown = |name: &str| Peer::PrefixList(identity::unknown(&format!("{}.{}", it.address(), at(name))).to_string());
    // A dynamic block of which nobody knows how often it stands shows as one of which nothing is known.
    let written = it.text(&at(names.protocol)).unwrap_or_default();
    if it.value(&at(names.protocol)) == Some(&Value::Unknown) && Text::parse(&written).as_literal().is_none_or(str::is_empty) {
        return vec![SecurityGroupRule { protocol: Protocol::All, ports: None, peer: unknown(names.protocol) }];
    }
    let protocol = protocol(&written);
    let Ok(ports) = ports(it, &at("from_port"), &at("to_port"), protocol) else {
        return vec![SecurityGroupRule { protocol, ports: None, peer: unknown("from_port") }];
    };
    let is_set = |name: &str| if path.is_empty() { it.is_set(&at(name)) } else { it.value(&at(name)).is_some() };
    let texts = |name: &str, kind| -> Vec<String> {
        if !is_set(name) {
            return Vec::new();
        }
        match it.naming(&at(name), Want::id(kind)) {
            Some(text) if it.value(&at(name)).is_some_and(|value| value.items().is_empty() && !name.ends_with('s')) => {
                vec![text.written().into_owned()]
            }
            _ => it.list(&at(name), Want::id(kind)),
        }
    };
    let mut peers = Vec::new();
    for name in names.ranges {
        let ranges = texts(name, Kind::Text).into_iter().filter(|text| !text.is_empty());
        peers.extend(ranges.map(|text| text.parse().map_or_else(|_| unknown(name), Peer::Cidr)));
    }
    peers.extend(texts(names.prefix_lists, Kind::PrefixList).into_iter().filter(|text| !text.is_empty()).map(Peer::PrefixList));
    let group = |text: String| if text.contains("⟦?") { unknown(names.groups) } else { Peer::Group(text) };
    peers.extend(texts(names.groups, Kind::SecurityGroup).into_iter().filter(|text| !text.is_empty()).map(group));
    if it.value(&at("self")).and_then(|value| value.text()) == Some("true") {
        peers.push(Peer::Group(own.to_owned()));
    }
    if let Some(why) = it.contest() {
        peers = vec![Peer::PrefixList(identity::unknown(&why).to_string())];
    }
    peers.into_iter().map(|peer| SecurityGroupRule { protocol, ports, peer }).collect()
}
