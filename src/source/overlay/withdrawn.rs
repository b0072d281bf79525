//! What an earlier version of a template had added to networks that exist, and the template does not add any more. `kept` asks here.

use std::collections::BTreeSet;

use serde::Serialize;

use super::additions::Additions;
use super::earlier::{Earlier, Fate};
use super::maybe::may_be;
use super::network::NetworkAdditions;
use super::untold::TEMPLATE;
use crate::inventory::network::{ById, NetworkAcl, Peer, PrefixList, SecurityGroupRule};
use crate::inventory::{Gap, Inventory, Known, Network};
use crate::policy::Symbol;

/// Takes it away, unless the template adds it too, as `now` says.
pub(super) fn take_away(now: &NetworkAdditions, earlier: Earlier<'_>, network: &mut Network) {
    if earlier.is_empty() {
        return;
    }
    rules(now, earlier, network);
    routes(now, earlier, network);
    entries(now, earlier, network);
}

/// What each way of the earlier version adds to networks.
fn added(earlier: Earlier<'_>) -> impl Iterator<Item = &NetworkAdditions> {
    earlier.iter().map(|version| &version.additions.network)
}

/// The fate of something that this version does not add, if an earlier one may have.
fn fate(now: &NetworkAdditions, earlier: Earlier<'_>, adds: impl Fn(&NetworkAdditions) -> Option<bool>) -> Fate {
    match adds(now) {
        Some(false) => Fate::of(earlier, |_: &Inventory, additions: &Additions| adds(&additions.network)),
        _ => Fate::Stays,
    }
}

/// Whether `item` is among these; `None` where one of which not all is known may be it.
fn among<T: PartialEq + Serialize>(item: &T, all: impl Iterator<Item = T>) -> Option<bool> {
    let json = |item: &T| serde_json::to_value(item).unwrap_or_default();
    let mut maybe = false;
    for other in all {
        if other == *item {
            return Some(true);
        }
        maybe |= may_be(&json(&other), &json(item));
    }
    (!maybe).then_some(false)
}

fn rules(now: &NetworkAdditions, earlier: Earlier<'_>, network: &mut Network) {
    let ids: BTreeSet<&String> = added(earlier).flat_map(|it| &it.rules).map(|(id, ..)| id).collect();
    let mut lists = ById::new();
    let Known::Value(groups) = &mut network.security_groups else { return };
    for id in ids {
        let Some(group) = groups.get_mut(id) else { continue };
        for (out, rules) in [(false, &mut group.ingress), (true, &mut group.egress)] {
            let adds = |rule: &SecurityGroupRule, it: &NetworkAdditions| {
                let of_group = it.rules.iter().filter(|(group, of, _)| group == id && *of == out).map(|(.., rule)| rule.clone());
                among(rule, of_group).filter(|found| *found || it.open_groups.is_none())
            };
            let mut kept = Vec::new();
            for rule in std::mem::take(rules) {
                match fate(now, earlier, |it| adds(&rule, it)) {
                    Fate::Stays => kept.push(rule),
                    Fate::Goes => {}
                    Fate::Open => kept.push(maybe(&rule, id, &mut lists)),
                }
            }
            *rules = kept;
        }
    }
    if let Known::Value(known) = &mut network.prefix_lists {
        known.extend(lists);
    }
}

/// A rule that may be there: nobody knows for which addresses.
fn maybe(rule: &SecurityGroupRule, id: &str, lists: &mut ById<PrefixList>) -> SecurityGroupRule {
    let why = format!("a rule is in security group {id} now, and the template does not write it");
    let name = Symbol::unknown(&why).to_string();
    let entries = Known::Unreadable(Gap::new(TEMPLATE, id, &why));
    lists.insert(name.clone(), PrefixList { name: name.clone(), entries });
    SecurityGroupRule { peer: Peer::PrefixList(name), ..rule.clone() }
}

/// That a list hangs on whether an update takes something away.
fn open<T>(list: &mut Known<T>, id: &str) {
    let says = "the earlier version of the template adds something to it in some cases, which the update takes away";
    *list = Known::Unreadable(Gap::new(TEMPLATE, id, says));
}

fn routes(now: &NetworkAdditions, earlier: Earlier<'_>, network: &mut Network) {
    let mut unsure = None;
    if let Known::Value(tables) = &mut network.route_tables {
        let routes: BTreeSet<&String> = added(earlier).flat_map(|it| &it.routes).map(|(id, _)| id).collect();
        for id in routes {
            let Some(table) = tables.get_mut(id) else { continue };
            table.routes.retain(|route| {
                // A table has one route of its own to each destination.
                let same = |it: &NetworkAdditions| {
                    it.routes.iter().any(|(of, other)| of == id && (&other.destination, other.origin) == (&route.destination, route.origin))
                };
                let fate = fate(now, earlier, |it| Some(same(it)).filter(|found| *found || it.open_tables.is_none()));
                unsure = unsure.take().or_else(|| (fate == Fate::Open).then(|| id.clone()));
                fate != Fate::Goes
            });
        }
        let given: BTreeSet<&(String, String)> = added(earlier).flat_map(|it| &it.tables).collect();
        for (id, subnet) in given {
            let Some(table) = tables.get_mut(id) else { continue };
            let same = |it: &NetworkAdditions| Some(it.tables.iter().any(|(of, other)| (of, other) == (id, subnet)));
            match fate(now, earlier, same) {
                Fate::Stays => {}
                Fate::Goes => table.subnets.retain(|other| other != subnet),
                Fate::Open => unsure = Some(id.clone()),
            }
        }
    }
    if let Some(id) = unsure {
        open(&mut network.route_tables, &id);
    }
}

fn entries(now: &NetworkAdditions, earlier: Earlier<'_>, network: &mut Network) {
    let mut unsure = None;
    if let Known::Value(acls) = &mut network.network_acls {
        let entries: BTreeSet<&String> = added(earlier).flat_map(|it| &it.entries).map(|(id, _)| id).collect();
        for id in entries {
            let Some(acl) = acls.get_mut(id) else { continue };
            acl.rules.retain(|rule| {
                let same = |it: &NetworkAdditions| {
                    it.entries.iter().any(|(of, other)| of == id && (other.number, other.egress) == (rule.number, rule.egress))
                };
                let fate = fate(now, earlier, |it| Some(same(it)).filter(|found| *found || it.open_acls.is_none()));
                unsure = unsure.take().or_else(|| (fate == Fate::Open).then(|| id.clone()));
                fate != Fate::Goes
            });
        }
        let given: BTreeSet<&(String, String)> = added(earlier).flat_map(|it| &it.acls).collect();
        for (id, subnet) in given {
            let same = |it: &NetworkAdditions| Some(it.acls.iter().any(|(of, other)| (of, other) == (id, subnet)));
            match fate(now, earlier, same) {
                Fate::Stays => {}
                Fate::Goes => back_to_default(acls, id, subnet),
                Fate::Open => unsure = Some(id.clone()),
            }
        }
    }
    if let Some(id) = unsure {
        open(&mut network.network_acls, &id);
    }
}

/// A subnet has a network ACL always: the default one of its VPC where no other is given to it
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).
fn back_to_default(acls: &mut ById<NetworkAcl>, id: &str, subnet: &str) {
    let Some(acl) = acls.get_mut(id).filter(|acl| acl.subnets.iter().any(|other| other == subnet)) else { return };
    acl.subnets.retain(|other| other != subnet);
    let vpc = acl.vpc.clone();
    if let Some(default) = acls.values_mut().find(|acl| acl.default && acl.vpc == vpc) {
        default.subnets.push(subnet.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::clean;
    use crate::inventory::network::{Route, RouteDestination, RouteOrigin, RouteTarget};
    use crate::source::overlay::Version;

    #[test]
    fn a_route_and_a_subnet_that_a_table_was_given_are_taken_away_unless_they_are_given_again() {
        let mut account = clean::account_in_vpc().unwrap();
        let mut network = account.networks.remove(clean::PLACE).unwrap();
        let all = RouteDestination::Cidr("0.0.0.0/0".parse().unwrap());
        let route = |target: &str| Route {
            destination: all.clone(),
            target: RouteTarget::NatGateway(target.to_owned()),
            blackhole: false,
            origin: RouteOrigin::Static,
        };
        let Known::Value(tables) = &mut network.route_tables else { panic!("they are known") };
        let table = tables.get_mut("rtb-0").unwrap();
        let before = table.clone();
        table.routes.push(route("nat-1"));
        table.subnets.push("subnet-0a".to_owned());
        let after = table.clone();
        let mut additions = Additions::default();
        // The stack makes the gateway, so the template does not know its id.
        additions.network.routes.push(("rtb-0".to_owned(), route("⟦Nat⟧")));
        additions.network.tables.push(("rtb-0".to_owned(), "subnet-0a".to_owned()));
        let version = Version { inventory: account.clone(), additions: additions.clone(), taken: None };
        let taken = |now: &NetworkAdditions| {
            let mut network = network.clone();
            take_away(now, std::slice::from_ref(&version), &mut network);
            network.route_tables.value().unwrap()["rtb-0"].clone()
        };
        assert_eq!(taken(&NetworkAdditions::default()), before);
        assert_eq!(taken(&additions.network), after);
    }
}
