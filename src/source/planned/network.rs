//! Lays the networks of a plan over those that exist: what is the same on both of its sides stays as it was found, item by item. `planned` calls it.

use std::collections::BTreeMap;

use super::facts::{NetworkFact, local, same_number};
use crate::inventory::network::{ById, NetworkAcl, Route, RouteTable, RouteTarget, SecurityGroup};
use crate::inventory::{Inventory, Known, Network};

/// What a plan says of a network at one time.
pub(super) struct Said<'p> {
    /// With what it makes.
    pub(super) network: Network,
    /// With resources of their own.
    pub(super) facts: &'p [NetworkFact],
}

/// The network of which a plan says nothing.
pub(super) fn nothing() -> Network {
    Network {
        vpcs: Known::Value(ById::new()),
        subnets: Known::Value(ById::new()),
        dhcp_options: Known::Value(ById::new()),
        route_tables: Known::Value(ById::new()),
        nat_gateways: Known::Value(ById::new()),
        internet_gateways: Known::Value(ById::new()),
        egress_only_gateways: Known::Value(ById::new()),
        network_acls: Known::Value(ById::new()),
        security_groups: Known::Value(ById::new()),
        endpoints: Known::Value(ById::new()),
        databases: Known::Value(ById::new()),
        ..Network::default()
    }
}

/// Lays what a plan changes over what is there.
pub(super) fn over(known: &mut Network, before: &Said<'_>, after: &Said<'_>) {
    let [was, will] = [&before.network, &after.network];
    three(&mut known.vpcs, &was.vpcs, &will.vpcs, &Way::WHOLE);
    three(&mut known.subnets, &was.subnets, &will.subnets, &Way::WHOLE);
    three(&mut known.dhcp_options, &was.dhcp_options, &will.dhcp_options, &Way::WHOLE);
    three(&mut known.route_tables, &was.route_tables, &will.route_tables, &Way { over: table_over, added: table_added });
    three(&mut known.nat_gateways, &was.nat_gateways, &will.nat_gateways, &Way::WHOLE);
    three(&mut known.internet_gateways, &was.internet_gateways, &will.internet_gateways, &Way::WHOLE);
    three(&mut known.egress_only_gateways, &was.egress_only_gateways, &will.egress_only_gateways, &Way::WHOLE);
    three(&mut known.network_acls, &was.network_acls, &will.network_acls, &Way { over: acl_over, added: |_| None });
    three(&mut known.security_groups, &was.security_groups, &will.security_groups, &Way { over: group_over, added: group_added });
    three(&mut known.endpoints, &was.endpoints, &will.endpoints, &Way::WHOLE);
    three(&mut known.databases, &was.databases, &will.databases, &Way::WHOLE);
    known.attached_databases.extend(will.attached_databases.clone());
    for fact in before.facts.iter().filter(|fact| !after.facts.contains(fact) && !fact.is_said_by_owner(will)) {
        fact.take_back(known);
    }
    for fact in after.facts.iter().filter(|fact| !before.facts.contains(fact)) {
        fact.put_into(known);
    }
    come_with_vpc(known);
}

/// What AWS gives to subnets and route tables in a VPC that is there: the default network ACL, as long as no other guards them
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>), and the local routes
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/RouteTables.html>).
fn come_with_vpc(known: &mut Network) {
    if let (Known::Value(subnets), Known::Value(acls)) = (&known.subnets, &mut known.network_acls) {
        for (id, subnet) in subnets {
            if !acls.values().any(|acl| acl.subnets.contains(id))
                && let Some(acl) = acls.values_mut().find(|acl| acl.default && acl.vpc == subnet.vpc)
            {
                acl.subnets.push(id.clone());
            }
        }
    }
    if let (Known::Value(vpcs), Known::Value(tables)) = (&known.vpcs, &mut known.route_tables) {
        for table in tables.values_mut().filter(|table| !table.routes.iter().any(|route| route.target == RouteTarget::Local)) {
            let ranges = vpcs.get(&table.vpc).into_iter().flat_map(|vpc| &vpc.cidrs);
            table.routes.extend(ranges.map(|range| local(*range)));
        }
    }
}

/// Gives default security groups that the plan adopts, and whose ids it does not know, the ids that they have.
pub(super) fn adopted(mut result: Inventory, facts: &BTreeMap<String, Vec<NetworkFact>>) -> Inventory {
    let mut names = Vec::new();
    for (place, fact) in facts.iter().flat_map(|(place, facts)| facts.iter().map(move |fact| (place, fact))) {
        let NetworkFact::DefaultGroup { vpc, group } = fact else { continue };
        let Some(Known::Value(groups)) = result.networks.get_mut(place).map(|network| &mut network.security_groups) else { continue };
        let there = groups.iter().find(|(id, other)| *id != group && other.name == "default" && other.vpc == *vpc);
        if let Some(id) = there.map(|(id, _)| id.clone()) {
            groups.remove(&id);
            names.push((group.clone(), id));
        }
    }
    if names.is_empty() {
        return result;
    }
    // An inventory is its text, in which every id stands as it is.
    let text = serde_json::to_string(&result).unwrap_or_default();
    let text = names.iter().fold(text, |text, (own, there)| text.replace(own, there));
    serde_json::from_str(&text).unwrap_or(result)
}

/// How things of a type are laid over each other.
struct Way<T> {
    /// What is there, what the plan had, what it has.
    over: fn(&T, Option<&T>, &T) -> T,
    /// For a thing that only stands for what is added to it: the same with nothing added.
    added: fn(&T) -> Option<T>,
}

impl<T: Clone> Way<T> {
    /// What the plan makes is as the plan says.
    const WHOLE: Self = Self { over: |_, _, after| after.clone(), added: |_| None };
}

/// Things by their ids: those that the plan takes away, and those that it changes.
fn three<T: Clone + PartialEq>(known: &mut Known<ById<T>>, before: &Known<ById<T>>, after: &Known<ById<T>>, way: &Way<T>) {
    let Known::Value(there) = known else { return };
    let after = match after {
        Known::Value(after) => after,
        Known::Unreadable(gap) => {
            *known = Known::Unreadable(gap.clone());
            return;
        }
    };
    let nothing = BTreeMap::new();
    let before = before.value().unwrap_or(&nothing);
    for (id, was) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        match ((way.added)(was), there.get(id)) {
            (Some(empty), Some(one)) => {
                let laid = (way.over)(one, Some(was), &empty);
                there.insert(id.clone(), laid);
            }
            (Some(_), None) => {}
            (None, _) => {
                there.remove(id);
            }
        }
    }
    for (id, after) in after {
        let was = before.get(id);
        match there.get(id) {
            Some(_) if was == Some(after) => {}
            Some(one) => {
                let laid = (way.over)(one, was, after);
                there.insert(id.clone(), laid);
            }
            // Of a thing that nobody has read, what is added to it tells too little.
            None if (way.added)(after).is_some() => {}
            None => {
                there.insert(id.clone(), after.clone());
            }
        }
    }
}

fn group_added(group: &SecurityGroup) -> Option<SecurityGroup> {
    let nothing = || SecurityGroup { ingress: Vec::new(), egress: Vec::new(), ..group.clone() };
    group.vpc.is_empty().then(nothing)
}

fn table_added(table: &RouteTable) -> Option<RouteTable> {
    let nothing = || RouteTable { routes: Vec::new(), subnets: Vec::new(), ..table.clone() };
    table.vpc.is_empty().then(nothing)
}

/// What is there without what the plan takes away, and with what it adds. Of what is there, nothing stays that is in the place of something new.
fn list_over<T: Clone + PartialEq>(there: &[T], before: &[T], after: &[T], same_place: fn(&T, &T) -> bool) -> Vec<T> {
    let new: Vec<&T> = after.iter().filter(|one| !before.contains(one)).collect();
    let taken = |one: &T| before.contains(one) && !after.contains(one);
    let stays = |one: &&T| !taken(one) && !new.iter().any(|new| same_place(new, one));
    there.iter().filter(stays).chain(new.iter().copied()).cloned().collect()
}

fn group_over(there: &SecurityGroup, before: Option<&SecurityGroup>, after: &SecurityGroup) -> SecurityGroup {
    let was = |of: fn(&SecurityGroup) -> &Vec<_>| before.map(of).cloned().unwrap_or_default();
    SecurityGroup {
        ingress: list_over(&there.ingress, &was(|group| &group.ingress), &after.ingress, PartialEq::eq),
        egress: list_over(&there.egress, &was(|group| &group.egress), &after.egress, PartialEq::eq),
        ..there.clone()
    }
}

/// A table has one route of its own to each destination.
fn same_destination(one: &Route, other: &Route) -> bool {
    one.destination == other.destination && one.origin == other.origin
}

fn table_over(there: &RouteTable, before: Option<&RouteTable>, after: &RouteTable) -> RouteTable {
    let routes = before.map(|before| before.routes.clone()).unwrap_or_default();
    let subnets = before.map(|before| before.subnets.clone()).unwrap_or_default();
    // Which table is the main one is a fact of its own, unless the plan makes the VPC with it.
    let main = if before.is_some_and(|before| before.main == after.main) || after.vpc.is_empty() { there.main } else { after.main };
    RouteTable {
        routes: list_over(&there.routes, &routes, &after.routes, same_destination),
        subnets: list_over(&there.subnets, &subnets, &after.subnets, PartialEq::eq),
        main,
        ..there.clone()
    }
}

fn acl_over(there: &NetworkAcl, before: Option<&NetworkAcl>, after: &NetworkAcl) -> NetworkAcl {
    let rules = before.map(|before| before.rules.clone()).unwrap_or_default();
    let subnets = before.map(|before| before.subnets.clone()).unwrap_or_default();
    NetworkAcl {
        rules: list_over(&there.rules, &rules, &after.rules, same_number),
        subnets: list_over(&there.subnets, &subnets, &after.subnets, PartialEq::eq),
        ..there.clone()
    }
}
