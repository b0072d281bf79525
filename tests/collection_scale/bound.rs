//! How few calls can tell what an inventory holds.

use std::collections::{BTreeMap, BTreeSet};

use rotaudit::inventory::network::RouteTarget;
use rotaudit::inventory::{Api, Inventory, Known, Network};

/// Versions, and the names of the policies; each policy is one call more.
const OF_A_SECRET: usize = 2;
/// Configuration, policy, reserved concurrency, URLs and tags.
const OF_A_FUNCTION: usize = 5;
/// Metadata, two policies by name, and grants.
const OF_A_KEY: usize = 4;
/// Where a function is: database instances and clusters.
const OF_A_PLACE: usize = 2;
/// Where a function is in a VPC: the VPC, its two attributes and its DHCP options, subnets, route tables, network ACLs, security groups, endpoints, whether public access is blocked, private hosted zones, resolver rules and their associations.
const OF_A_VPC: usize = 13;
/// The network interfaces of endpoints.
const OF_ENDPOINTS: usize = 1;
/// The identities, and the organization.
const OF_AN_ACCOUNT: usize = 2;

/// The fewest calls that tell what `inventory` holds of its `open` accounts: every list in pages as long as AWS allows, everything else once. Each network has one VPC, and no
/// account so many identities that they fill a page.
pub(super) fn fewest(inventory: &Inventory, open: usize) -> usize {
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for (id, account) in inventory.accounts.iter().filter(|(_, account)| account.identities.gap().is_none()) {
        listed.extend(account.regions.keys().map(|region| (format!("{id}/{region}"), 0)));
    }
    for secret in inventory.secrets.keys() {
        *listed.entry(format!("{}/{}", secret.account(), secret.region())).or_default() += 1;
    }
    let page = Api::ListSecrets.page_size().unwrap() as usize;
    let lists: usize = listed.values().map(|secrets| secrets.div_ceil(page).max(1)).sum();
    // Whoever may not read a policy has asked for one.
    let policies: usize = inventory.secrets.values().map(|secret| secret.policies.value().map_or(1, Vec::len)).sum();
    let places: BTreeSet<_> = inventory.functions.keys().map(|function| (function.account(), function.region())).collect();
    let with_vpcs = inventory.networks.values().filter(|it| matches!(&it.vpcs, Known::Value(all) if !all.is_empty())).count();
    let with_endpoints = inventory.networks.values().filter(|it| matches!(&it.endpoints, Known::Value(all) if !all.is_empty())).count();
    lists
        + OF_A_SECRET * inventory.secrets.len()
        + policies
        + OF_A_FUNCTION * inventory.functions.len()
        + OF_A_KEY * inventory.keys.len()
        + OF_A_PLACE * places.len()
        + OF_A_VPC * with_vpcs
        + inventory.networks.values().map(gateways).sum::<usize>()
        + OF_ENDPOINTS * with_endpoints
        + OF_AN_ACCOUNT * open
        // Who asks, and each role once.
        + 1
        + inventory.accounts.len()
}

/// The kinds of gateways through which a route of a network leads: each is looked for.
fn gateways(network: &Network) -> usize {
    let routes = network.route_tables.value().into_iter().flat_map(|tables| tables.values()).flat_map(|table| &table.routes);
    let kind = |target: &RouteTarget| match target {
        RouteTarget::NatGateway(_) => Some("NAT"),
        RouteTarget::InternetGateway(_) => Some("internet"),
        RouteTarget::EgressOnlyGateway(_) => Some("egress-only"),
        _ => None,
    };
    routes.filter_map(|route| kind(&route.target)).collect::<BTreeSet<_>>().len()
}
