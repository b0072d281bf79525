//! The VPCs that lie behind the routes of those that were read.

use std::collections::{BTreeMap, BTreeSet};

use super::round::{Networks, Next};
use crate::inventory::Network;
use crate::inventory::network::TransitGatewayAttachment;
use crate::source::aws::accounts::Accounts;

/// The VPCs of the accounts and regions that are read to which these networks' routes lead, without those that were asked about already.
pub(super) fn further(networks: &Networks, asked: &BTreeMap<String, BTreeSet<String>>, accounts: &Accounts) -> Next {
    let mut next = Next::new();
    let all: BTreeSet<&String> = asked.values().flatten().collect();
    for (place, network) in networks {
        let (_, region) = place.split_once('/').unwrap_or_default();
        let sides = network.peerings.value().into_iter().flat_map(BTreeMap::values).flat_map(|peering| &peering.sides);
        let peered = sides.map(|side| (&side.owner, side.region.as_str(), &side.vpc));
        let attached = behind_transit_gateways(network, &all).map(|attachment| (&attachment.owner, region, &attachment.resource));
        for (owner, region, vpc) in peered.chain(attached).filter(|(owner, region, _)| accounts.reads(owner, region)) {
            let place = format!("{owner}/{region}");
            if !asked.get(&place).is_some_and(|asked| asked.contains(vpc)) {
                next.entry(place).or_default().vpcs.insert(vpc.clone());
            }
        }
    }
    next
}

/// The attachments of VPCs to which the route tables of these VPCs' attachments send packets.
fn behind_transit_gateways<'a>(network: &'a Network, vpcs: &BTreeSet<&String>) -> impl Iterator<Item = &'a TransitGatewayAttachment> {
    let attachments = || network.transit_gateway_attachments.value().into_iter().flat_map(BTreeMap::values);
    let tables: BTreeSet<&String> = attachments()
        .filter(|attachment| vpcs.contains(&attachment.resource))
        .filter_map(|attachment| attachment.route_table.as_ref())
        .collect();
    let known = network.transit_gateway_route_tables.value();
    let routes = tables.into_iter().filter_map(move |table| known?.get(table)?.routes.value()).flatten();
    let led_to: BTreeSet<&String> = routes.flat_map(|route| &route.attachments).collect();
    let found = led_to.into_iter().filter_map(|id| network.transit_gateway_attachments.value()?.get(id));
    found.filter(|attachment| attachment.kind == "vpc" && !attachment.resource.is_empty())
}
