//! What a template adds to networks that exist: rules, routes, entries and associations that name groups, tables and lists it does not make. `overlay` lays them over.

use serde::{Deserialize, Serialize};

use crate::inventory::network::{ById, NetworkAcl, NetworkAclRule, Route, RouteTable, SecurityGroupRule, Subnet};
use crate::inventory::{Gap, Known, Network};

/// What a template adds to a network, each with the id of what it is added to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct NetworkAdditions {
    /// Rules of security groups, and whether they are about what leaves.
    pub(crate) rules: Vec<(String, bool, SecurityGroupRule)>,
    /// Routes of route tables.
    pub(crate) routes: Vec<(String, Route)>,
    /// Rules of network ACLs.
    pub(crate) entries: Vec<(String, NetworkAclRule)>,
    /// Subnets that are given to route tables.
    pub(crate) tables: Vec<(String, String)>,
    /// Subnets that are given to network ACLs.
    pub(crate) acls: Vec<(String, String)>,
    /// Of what is added to some group, nobody knows to which, or what.
    pub(crate) open_groups: Option<Gap>,
    /// The same of route tables.
    pub(crate) open_tables: Option<Gap>,
    /// The same of network ACLs.
    pub(crate) open_acls: Option<Gap>,
}

impl NetworkAdditions {
    /// These and others.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self {
            rules: both(&self.rules, &other.rules),
            routes: both(&self.routes, &other.routes),
            entries: both(&self.entries, &other.entries),
            tables: both(&self.tables, &other.tables),
            acls: both(&self.acls, &other.acls),
            open_groups: self.open_groups.clone().or_else(|| other.open_groups.clone()),
            open_tables: self.open_tables.clone().or_else(|| other.open_tables.clone()),
            open_acls: self.open_acls.clone().or_else(|| other.open_acls.clone()),
        }
    }

    /// Adds them to what is there.
    pub(super) fn add_to(&self, network: &mut Network) {
        if let Known::Value(groups) = &mut network.security_groups {
            for (id, out, rule) in &self.rules {
                let Some(group) = groups.get_mut(id) else { continue };
                let rules = if *out { &mut group.egress } else { &mut group.ingress };
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
        if let Known::Value(tables) = &mut network.route_tables {
            for (id, route) in &self.routes {
                let Some(table) = tables.get_mut(id) else { continue };
                // A table has one route of its own to each destination.
                table.routes.retain(|known| known.destination != route.destination || known.origin != route.origin);
                table.routes.push(route.clone());
            }
            for (id, subnet) in self.tables.iter().filter(|(id, _)| tables.contains_key(id)).cloned().collect::<Vec<_>>() {
                leave_tables(tables, &subnet);
                tables.get_mut(&id).into_iter().for_each(|table| table.subnets.push(subnet.clone()));
            }
        }
        if let Known::Value(acls) = &mut network.network_acls {
            for (id, entry) in &self.entries {
                let Some(acl) = acls.get_mut(id) else { continue };
                acl.rules.retain(|known| known.number != entry.number || known.egress != entry.egress);
                acl.rules.push(entry.clone());
            }
            for (id, subnet) in self.acls.iter().filter(|(id, _)| acls.contains_key(id)).cloned().collect::<Vec<_>>() {
                leave_acls(acls, &subnet);
                acls.get_mut(&id).into_iter().for_each(|acl| acl.subnets.push(subnet.clone()));
            }
        }
        open(&mut network.security_groups, self.open_groups.as_ref());
        open(&mut network.route_tables, self.open_tables.as_ref());
        open(&mut network.network_acls, self.open_acls.as_ref());
    }
}

fn both<T: Clone>(one: &[T], other: &[T]) -> Vec<T> {
    one.iter().chain(other).cloned().collect()
}

fn open<T>(list: &mut Known<ById<T>>, gap: Option<&Gap>) {
    if let (Known::Value(_), Some(gap)) = (&*list, gap) {
        *list = Known::Unreadable(gap.clone());
    }
}

/// A subnet has one route table.
fn leave_tables(tables: &mut ById<RouteTable>, subnet: &str) {
    for table in tables.values_mut() {
        table.subnets.retain(|known| known != subnet);
    }
}

/// A subnet has one network ACL.
fn leave_acls(acls: &mut ById<NetworkAcl>, subnet: &str) {
    for acl in acls.values_mut() {
        acl.subnets.retain(|known| known != subnet);
    }
}

/// The tables that exist, without the subnets that the tables of a template take.
pub(super) fn without_tables_of(mut known: Known<ById<RouteTable>>, made: &Known<ById<RouteTable>>) -> Known<ById<RouteTable>> {
    if let (Known::Value(tables), Known::Value(made)) = (&mut known, made) {
        made.values().flat_map(|table| &table.subnets).for_each(|subnet| leave_tables(tables, subnet));
    }
    known
}

/// The same of network ACLs. A subnet that the template makes in a VPC that exists has its default one, until another takes it
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>).
pub(super) fn without_acls_of(
    mut known: Known<ById<NetworkAcl>>,
    made: &Known<ById<NetworkAcl>>,
    subnets: &Known<ById<Subnet>>,
) -> Known<ById<NetworkAcl>> {
    if let (Known::Value(acls), Known::Value(made), Known::Value(subnets)) = (&mut known, made, subnets) {
        let taken: Vec<&String> = made.values().flat_map(|acl| &acl.subnets).collect();
        for subnet in &taken {
            leave_acls(acls, subnet);
        }
        for (id, subnet) in subnets.iter().filter(|(id, _)| !taken.contains(id)) {
            if let Some(acl) = acls.values_mut().find(|acl| acl.default && acl.vpc == subnet.vpc) {
                acl.subnets.push(id.clone());
            }
        }
    }
    known
}
