//! Fills what one reading of a thing could not read with what another could. Only facts that stand for themselves: what hangs on something that has changed stays unread.

use std::collections::BTreeMap;

use crate::inventory::{Function, Key, Known, Network, Secret};

/// Can be filled from another reading of itself.
pub(super) trait Fill {
    /// Takes what could not be read from `other`, and tells whether there was such a thing.
    fn fill(&mut self, other: &Self) -> bool;
}

/// A value before a gap.
pub(super) fn fill<T: Clone>(fact: &mut Known<T>, other: &Known<T>) -> bool {
    let better = fact.value().is_none() && other.value().is_some();
    if better {
        fact.clone_from(other);
    }
    better
}

fn fill_each<T: Clone>(facts: &mut BTreeMap<String, Known<T>>, others: &BTreeMap<String, Known<T>>) -> bool {
    let shared = facts.iter_mut().filter_map(|(key, fact)| Some((fact, others.get(key)?)));
    shared.fold(false, |filled, (fact, other)| fill(fact, other) | filled)
}

impl Fill for Secret {
    fn fill(&mut self, other: &Self) -> bool {
        let mut filled = fill(&mut self.policies, &other.policies);
        if filled {
            self.policies_listed.clone_from(&other.policies_listed);
        }
        if self.kms_key_id == other.kms_key_id {
            filled |= fill(&mut self.key, &other.key);
        }
        // After a rotation there are other versions.
        if self.stages == other.stages {
            filled |= fill(&mut self.versions, &other.versions);
        }
        filled
    }
}

impl Fill for Function {
    fn fill(&mut self, other: &Self) -> bool {
        [
            fill(&mut self.configuration, &other.configuration),
            fill(&mut self.reserved_concurrency, &other.reserved_concurrency),
            fill(&mut self.urls, &other.urls),
            fill(&mut self.tags, &other.tags),
            fill_each(&mut self.qualified, &other.qualified),
            fill_each(&mut self.policies, &other.policies),
            fill_each(&mut self.provisioned_concurrency, &other.provisioned_concurrency),
        ]
        .contains(&true)
    }
}

impl Fill for Key {
    fn fill(&mut self, other: &Self) -> bool {
        [fill(&mut self.metadata, &other.metadata), fill(&mut self.policies, &other.policies), fill(&mut self.grants, &other.grants)]
            .contains(&true)
    }
}

/// Fills these lists of one network from another.
macro_rules! fill_lists {
    ($one:ident, $other:ident: $($list:ident),+ $(,)?) => { [$(fill(&mut $one.$list, &$other.$list)),+].contains(&true) };
}

impl Fill for Network {
    /// The lists are complete for the VPCs that were asked about, so only those about the same ones are interchangeable.
    fn fill(&mut self, other: &Self) -> bool {
        let asked = |network: &Self| network.vpcs.value().map(|vpcs| vpcs.keys().cloned().collect::<Vec<_>>());
        if asked(self).is_some() && asked(self) != asked(other) {
            return false;
        }
        let attached = fill_each(&mut self.attached_databases, &other.attached_databases);
        attached
            | fill_lists!(self, other:
                vpcs, subnets, dhcp_options, route_tables, nat_gateways, internet_gateways, egress_only_gateways, network_acls, security_groups, endpoints,
                interfaces, prefix_lists, peerings, transit_gateways, transit_gateway_attachments, transit_gateway_route_tables, block_public_access,
                hosted_zones, resolver_rules, databases,
            )
    }
}
