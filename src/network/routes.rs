//! The lines of a route table as the longest prefix match wants them
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).

use super::address::{Family, Set, ends};
use super::classes::Line;
use super::groups::is_of_gateway_service;
use super::index::Index;
use super::spot::{Goal, Spot};
use crate::inventory::network::{Route, RouteDestination, RouteOrigin, RouteTarget};
use crate::inventory::{Gap, Known};

/// Where a line leads, and whether its target is gone.
pub(super) type Via<'a> = (&'a RouteTarget, bool);

/// The lines of a table, and those whose addresses were not read.
pub(super) struct Lines<'a> {
    pub(super) known: Vec<Line<Via<'a>>>,
    pub(super) unread: Vec<(Via<'a>, Gap)>,
}

/// Reads the route table at a spot. On the way to Secrets Manager lines that cannot hold it are left out: those of the VPC itself, and those of gateway
/// endpoints, whose prefix lists hold the addresses of other services.
pub(super) fn lines<'a>(index: &Index<'a>, spot: &Spot<'a>, goal: Goal<'_>) -> Lines<'a> {
    let near = index.near(spot.vpc);
    let routes = &spot.table.1.routes;
    let mut lines = Lines { known: Vec::with_capacity(routes.len()), unread: Vec::new() };
    let [local4, local6] = [Family::V4, Family::V6].map(|family| Set::of(family, routes.iter().filter_map(local)));
    for route in routes {
        let via = (&route.target, route.blackhole);
        let skipped = match goal {
            Goal::Internet { service } => {
                matches!(route.target, RouteTarget::Local) || service && leads_to_gateway_endpoint(index, &route.target)
            }
            Goal::Inside { .. } | Goal::Unplaced => false,
        };
        if skipped {
            continue;
        }
        match &route.destination {
            RouteDestination::Cidr(net) => {
                let propagated = route.origin == RouteOrigin::Propagated;
                // A local route comes before a propagated one even where that is more specific.
                let within = |set: &Set| set.covers_range(ends(net));
                if propagated && (if net.addr().is_ipv4() { within(&local4) } else { within(&local6) }) {
                    continue;
                }
                lines.known.push(Line { net: *net, rank: if propagated { 2 } else { 0 }, to: via });
            }
            RouteDestination::PrefixList(id) => match index.prefix_lists.find(id, &near) {
                Ok(list) if matches!(goal, Goal::Internet { service: true }) && is_of_gateway_service(&list.name) => {}
                Ok(list) => match &list.entries {
                    Known::Value(entries) => lines.known.extend(entries.iter().map(|net| Line { net: *net, rank: 1, to: via })),
                    Known::Unreadable(gap) => lines.unread.push((via, gap.clone())),
                },
                Err(gap) => lines.unread.push((via, gap)),
            },
        }
    }
    lines
}

fn local(route: &Route) -> Option<&ipnet::IpNet> {
    match (&route.destination, &route.target) {
        (RouteDestination::Cidr(net), RouteTarget::Local) => Some(net),
        _ => None,
    }
}

fn leads_to_gateway_endpoint(index: &Index<'_>, target: &RouteTarget) -> bool {
    let RouteTarget::Endpoint(id) = target else { return false };
    index.endpoints.entry(id).is_some_and(|(_, endpoint)| endpoint.kind.eq_ignore_ascii_case("Gateway"))
}

/// The id of a target.
pub(super) fn target_name(target: &RouteTarget) -> &str {
    match target {
        RouteTarget::Local => "the VPC itself",
        RouteTarget::InternetGateway(id)
        | RouteTarget::EgressOnlyGateway(id)
        | RouteTarget::NatGateway(id)
        | RouteTarget::TransitGateway(id)
        | RouteTarget::Peering(id)
        | RouteTarget::VirtualPrivateGateway(id)
        | RouteTarget::Endpoint(id)
        | RouteTarget::Interface(id)
        | RouteTarget::Other(id) => id,
    }
}
