//! One region: a round of VPCs, and at the end what is asked once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::attachments::{attached_databases, untold};
use super::databases::databases;
use super::endpoints::{endpoints, groups, interfaces};
use super::gateways::{egress_only_gateways, internet_gateways, nat_gateways};
use super::lists::extend;
use super::names::{hosted_zones, resolver_rules, secrets_manager};
use super::public_access::block_public_access;
use super::round::Round;
use super::routing::route_tables;
use super::security::{named_groups, network_acls, prefix_lists, security_groups};
use super::transit::{peerings, transit};
use super::vpcs::{dhcp_options, subnets, vpcs};
use super::wanted::Wanted;
use crate::inventory::network::{ById, RouteTable, RouteTarget};
use crate::inventory::{Known, Network};
use crate::source::aws::place::Place;

/// Reads these VPCs into what is known already.
pub(super) async fn read(place: &Arc<Place>, mut network: Network, round: Round) -> Network {
    let ids = &round.vpcs;
    let (vpcs, subnets, route_tables, network_acls, security_groups, endpoints) = tokio::join!(
        Box::pin(vpcs(place, ids)),
        Box::pin(subnets(place, ids)),
        Box::pin(route_tables(place, ids)),
        Box::pin(network_acls(place, ids)),
        Box::pin(security_groups(place, ids)),
        Box::pin(endpoints(place, ids)),
    );
    // What these name.
    let is_known =
        |id: &String| [&security_groups, &network.security_groups].iter().any(|known| known.value().is_none_or(|it| it.contains_key(id)));
    let strangers: BTreeSet<String> = round.groups.iter().chain(groups(&endpoints)).filter(|id| !is_known(id)).cloned().collect();
    let (dhcp_options, interfaces, strangers, peerings, transit) = tokio::join!(
        Box::pin(dhcp_options(place, &vpcs, &network.dhcp_options)),
        Box::pin(interfaces(place, &endpoints)),
        Box::pin(named_groups(place, &strangers)),
        Box::pin(peerings(place, &route_tables, &network)),
        Box::pin(transit(place, &route_tables, &network, &round)),
    );
    extend(&mut network.vpcs, vpcs);
    extend(&mut network.subnets, subnets);
    extend(&mut network.dhcp_options, dhcp_options);
    extend(&mut network.route_tables, route_tables);
    extend(&mut network.network_acls, network_acls);
    extend(&mut network.security_groups, security_groups);
    extend(&mut network.security_groups, strangers);
    extend(&mut network.endpoints, endpoints);
    extend(&mut network.interfaces, interfaces);
    extend(&mut network.peerings, peerings);
    extend(&mut network.transit_gateways, transit.gateways);
    extend(&mut network.transit_gateway_attachments, transit.attachments);
    extend(&mut network.transit_gateway_route_tables, transit.route_tables);
    network
}

/// The VPCs in which gateways are looked for: all of `ids` where a route leads through one of the kind, or where that is not known, and otherwise none. What no route
/// names is on nobody's path.
fn leading<'a>(tables: &Known<ById<RouteTable>>, ids: &'a BTreeSet<String>, is: impl Fn(&RouteTarget) -> bool) -> &'a BTreeSet<String> {
    static NONE: BTreeSet<String> = BTreeSet::new();
    let named = |table: &RouteTable| table.routes.iter().any(|route| is(&route.target));
    if tables.value().is_none_or(|tables| tables.values().any(named)) { ids } else { &NONE }
}

/// Reads what is asked once for all VPCs of a region: `ids` are those that were asked about, `wanted` is what its functions need.
pub(super) async fn finish(place: &Place, mut network: Network, ids: BTreeSet<String>, wanted: Option<Wanted>) -> Network {
    let mut hosts: BTreeSet<String> = secrets_manager(&place.region).collect();
    if let Some(wanted) = wanted {
        hosts.extend(wanted.hosts);
        network.databases = Box::pin(databases(place)).await;
        let told = network.databases.value().into_iter().flatten().filter_map(|(_, database)| database.master_secret.as_deref());
        let untold = untold(&wanted.secrets, &told.collect());
        network.attached_databases = Box::pin(attached_databases(place, untold)).await;
        let databases = network.databases.value().into_iter().flat_map(BTreeMap::values);
        hosts.extend(databases.filter_map(|database| database.host.as_ref()).map(|host| host.to_ascii_lowercase()));
    }
    if ids.is_empty() {
        return network;
    }
    let tables = &network.route_tables;
    let nat = leading(tables, &ids, |target| matches!(target, RouteTarget::NatGateway(_)));
    let internet = leading(tables, &ids, |target| matches!(target, RouteTarget::InternetGateway(_)));
    let outward = leading(tables, &ids, |target| matches!(target, RouteTarget::EgressOnlyGateway(_)));
    let (nat, internet, outward, prefix_lists, public_access, zones, rules) = tokio::join!(
        Box::pin(nat_gateways(place, nat)),
        Box::pin(internet_gateways(place, internet)),
        Box::pin(egress_only_gateways(place, outward)),
        Box::pin(prefix_lists(place, &network.route_tables, &network.security_groups)),
        Box::pin(block_public_access(place)),
        Box::pin(hosted_zones(place, &ids, &hosts)),
        Box::pin(resolver_rules(place, &ids)),
    );
    network.nat_gateways = nat;
    network.internet_gateways = internet;
    network.egress_only_gateways = outward;
    network.prefix_lists = prefix_lists;
    network.block_public_access = public_access;
    network.hosted_zones = zones;
    network.resolver_rules = rules;
    network
}
