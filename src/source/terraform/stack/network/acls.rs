//! Network ACLs: those of the plan, and the default one of each VPC, which guards every subnet that no other does.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::place::{Place, id_of, known, owner, range, stays};
use super::rules::{ports, protocol};
use crate::inventory::network::{NetworkAcl, NetworkAclRule, Protocol, Vpc};
use crate::inventory::{Gap, Known};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::thing::Thing;

/// The last rule, which refuses everything (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).
const LAST: u32 = 32767;

/// The network ACLs of these VPCs.
pub(super) fn acls(place: &Place<'_, '_>, vpcs: &BTreeMap<String, Vpc>) -> Known<BTreeMap<String, NetworkAcl>> {
    known(all(place, vpcs))
}

fn all(place: &Place<'_, '_>, vpcs: &BTreeMap<String, Vpc>) -> Result<BTreeMap<String, NetworkAcl>, Gap> {
    let mut acls = BTreeMap::new();
    for it in place.of_kind("aws_network_acl") {
        let id = id_of(it, "id", Kind::NetworkAcl);
        let rules = inline(place, it, &id)?.into_iter().chain(last()).collect();
        acls.insert(
            id.clone(),
            NetworkAcl { vpc: id_of(it, "vpc_id", Kind::Vpc), default: false, subnets: subnets(place, it, &id)?, rules },
        );
    }
    for it in place.of_kind("aws_network_acl_rule") {
        stays(it)?;
        let rules = single(it)?;
        if let Some(acl) = acls.get_mut(&owner(it, "network_acl_id", Kind::NetworkAcl)?) {
            acl.rules.extend(rules);
        }
    }
    for it in place.of_kind("aws_network_acl_association") {
        let subnet = owner(it, "subnet_id", Kind::Subnet)?;
        if let Some(acl) = acls.get_mut(&owner(it, "network_acl_id", Kind::NetworkAcl)?) {
            // Its state tells the subnet as well.
            if !acl.subnets.contains(&subnet) {
                acl.subnets.push(subnet);
            }
        }
    }
    // A subnet that the state of an ACL still tells and that another one takes is in the other.
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for it in place.of_kind("aws_network_acl_association") {
        taken.insert(owner(it, "subnet_id", Kind::Subnet)?, owner(it, "network_acl_id", Kind::NetworkAcl)?);
    }
    for (id, acl) in &mut acls {
        acl.subnets.retain(|subnet| taken.get(subnet).is_none_or(|own| own == id));
    }
    let guarded: BTreeSet<String> = acls.values().flat_map(|acl| acl.subnets.iter().cloned()).collect();
    for it in place.of_kind("aws_vpc") {
        let vpc = id_of(it, "id", Kind::Vpc);
        if !vpcs.contains_key(&vpc) {
            continue;
        }
        let id = id_of(it, "default_network_acl_id", Kind::NetworkAcl);
        let mut adopted = None;
        for other in place.of_kind("aws_default_network_acl") {
            if owner(other, "default_network_acl_id", Kind::NetworkAcl)? == id {
                adopted = Some(inline(place, other, &id)?);
            }
        }
        // <https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>
        let mut rules = adopted.unwrap_or_else(|| everything(100, true));
        rules.extend(last());
        let of_vpc = place.of_kind("aws_subnet").filter(|subnet| id_of(*subnet, "vpc_id", Kind::Vpc) == vpc);
        let subnets = of_vpc.map(|subnet| id_of(subnet, "id", Kind::Subnet)).filter(|subnet| !guarded.contains(subnet)).collect();
        acls.insert(id, NetworkAcl { vpc, default: true, subnets, rules });
    }
    Ok(acls)
}

/// The subnets that an ACL of this id itself names. Of one that names none, the provider tells those that others gave to it once it is there. One that is given to it no more gets
/// back to the default one (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_network_acl_association.go>).
pub(super) fn subnets(place: &Place<'_, '_>, it: Thing<'_>, id: &str) -> Result<Vec<String>, Gap> {
    if !it.is_set("subnet_ids") {
        return Ok(Vec::new());
    }
    let mut subnets = it.list("subnet_ids", Want::id(Kind::Subnet));
    if subnets.iter().any(|subnet| subnet.contains("⟦?")) {
        return Err(it.unknown("subnet_ids"));
    }
    let gone = place.gone(it, "subnet_ids", id, ("aws_network_acl_association", "network_acl_id", "subnet_id"));
    subnets.retain(|subnet| !gone.contains(subnet));
    Ok(subnets)
}

/// The rule that a resource of its own is.
pub(super) fn single(it: Thing<'_>) -> Result<Vec<NetworkAclRule>, Gap> {
    rule(it, "", it.value("egress").and_then(|value| value.text()) == Some("true"), "rule_number", "rule_action")
}

pub(super) fn last() -> Vec<NetworkAclRule> {
    everything(LAST, false)
}

/// A rule about everything, in both directions.
fn everything(number: u32, allow: bool) -> Vec<NetworkAclRule> {
    let ranges = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|range| range.parse::<IpNet>().ok());
    let both = ranges.flat_map(|cidr| [false, true].map(|egress| (cidr, egress)));
    both.map(|(cidr, egress)| NetworkAclRule { number, egress, allow, protocol: Protocol::All, ports: None, cidr }).collect()
}

/// The rules that stand in the ACL of this id itself. One that a resource of its own gave to it goes with that, by its number
/// (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_network_acl_rule.go>), unless it is written in the ACL now and the state does not tell it
/// there: of those that are written the provider adds no others (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_network_acl.go>).
pub(super) fn inline(place: &Place<'_, '_>, it: Thing<'_>, id: &str) -> Result<Vec<NetworkAclRule>, Gap> {
    let mut rules = blocks(it)?;
    let mut gone = BTreeSet::new();
    for it in place.given_up("aws_network_acl_rule", ("network_acl_id", id)) {
        gone.extend(single(it)?.iter().map(number));
    }
    if gone.is_empty() {
        return Ok(rules);
    }
    let was: BTreeSet<(bool, u32)> = it.as_it_was().and_then(|was| blocks(was).ok()).unwrap_or_default().iter().map(number).collect();
    let [ingress, egress] = ["ingress", "egress"].map(|way| it.is_written(way));
    let is_given = |rule: &NetworkAclRule| (if rule.egress { egress } else { ingress }) && !was.contains(&number(rule));
    rules.retain(|rule| !gone.contains(&number(rule)) || is_given(rule));
    Ok(rules)
}

/// What a rule is told apart by.
fn number(rule: &NetworkAclRule) -> (bool, u32) {
    (rule.egress, rule.number)
}

fn blocks(it: Thing<'_>) -> Result<Vec<NetworkAclRule>, Gap> {
    let mut rules = Vec::new();
    for (way, egress) in [("ingress", false), ("egress", true)] {
        match it.count(way) {
            None if !it.is_written(way) => {}
            None => return Err(it.unknown(way)),
            Some(count) => {
                for index in 0..count {
                    rules.extend(rule(it, &format!("{way}.{index}."), egress, "rule_no", "action")?);
                }
            }
        }
    }
    Ok(rules)
}

fn rule(it: Thing<'_>, path: &str, egress: bool, number: &str, action: &str) -> Result<Vec<NetworkAclRule>, Gap> {
    let at = |name: &str| format!("{path}{name}");
    let protocol = protocol(&it.text(&at("protocol")).unwrap_or_default());
    let ports = ports(it, &at("from_port"), &at("to_port"), protocol).map_err(|()| it.unknown(&at("from_port")))?;
    let number: u32 = it.number(&at(number)).ok_or_else(|| it.unknown(&at(number)))?;
    let allow = it.text(&at(action)).is_some_and(|action| action.eq_ignore_ascii_case("allow"));
    let ranges = ["cidr_block", "ipv6_cidr_block"].into_iter().map(at);
    let ranges: Vec<String> = ranges.filter(|path| it.value(path).is_some_and(|value| value.text() != Some(""))).collect();
    let one = |path: &String| range(it, path).ok_or_else(|| it.unknown(path));
    ranges.iter().map(|path| one(path).map(|cidr| NetworkAclRule { number, egress, allow, protocol, ports, cidr })).collect()
}
