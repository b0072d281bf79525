//! The VPCs that lie behind the routes of those that were read.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Network;
use crate::inventory::network::TransitGatewayAttachment;
use crate::source::aws::session::Session;

/// VPCs by region.
type Vpcs = BTreeMap<String, BTreeSet<String>>;

/// The VPCs of this account and its regions that the routes of this network lead to, without those that were asked about already.
pub(super) fn further(network: &Network, region: &str, asked: &Vpcs, session: &Session) -> Vec<(String, String)> {
    let is_ours = |owner: &str, region: &str| owner == session.account.as_str() && session.regions.iter().any(|it| it == region);
    let sides = network.peerings.value().into_iter().flat_map(BTreeMap::values).flat_map(|peering| &peering.sides);
    let mut further: Vec<_> =
        sides.filter(|side| is_ours(&side.owner, &side.region)).map(|side| (side.region.clone(), side.vpc.clone())).collect();
    let none = BTreeSet::new();
    let behind =
        behind_transit_gateways(network, asked.get(region).unwrap_or(&none)).filter(|attachment| is_ours(&attachment.owner, region));
    further.extend(behind.map(|attachment| (region.to_owned(), attachment.resource.clone())));
    further.retain(|(region, vpc)| !asked.get(region).is_some_and(|asked| asked.contains(vpc)));
    further
}

/// The attachments of VPCs to which the route tables of these VPCs' attachments send packets.
fn behind_transit_gateways<'a>(network: &'a Network, vpcs: &BTreeSet<String>) -> impl Iterator<Item = &'a TransitGatewayAttachment> {
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
