//! Route tables.

use std::collections::BTreeSet;

use super::lists::List;
use crate::inventory::network::{ById, Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget};
use crate::inventory::{Api, Known};
use crate::source::aws::direct::{Element, Malformed};
use crate::source::aws::place::Place;

pub(super) async fn route_tables(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<RouteTable>> {
    let list = List { api: Api::DescribeRouteTables, set: "routeTableSet", most: "100", read: route_table };
    list.having(place, "vpc-id", vpcs).await
}

fn route_table(it: &Element) -> Result<(String, RouteTable), Malformed> {
    let (mut main, mut subnets) = (false, Vec::new());
    for association in it.items("associationSet", "item") {
        // An association with a gateway is about what comes in there.
        let state = association.child("associationState").and_then(|it| it.text("state"));
        if association.text("gatewayId").is_some() || state.is_some_and(|state| state != "associated") {
            continue;
        }
        main |= association.flag("main")?;
        subnets.extend(association.text("subnetId").map(str::to_owned));
    }
    let routes = it.items("routeSet", "item").map(route).collect::<Result<_, _>>()?;
    Ok((it.owned("routeTableId")?, RouteTable { vpc: it.owned("vpcId")?, main, subnets, routes }))
}

fn route(it: &Element) -> Result<Route, Malformed> {
    let cidr = match it.value("destinationCidrBlock")? {
        Some(cidr) => Some(cidr),
        None => it.value("destinationIpv6CidrBlock")?,
    };
    let destination = match (cidr, it.text("destinationPrefixListId")) {
        (Some(cidr), _) => RouteDestination::Cidr(cidr),
        (None, Some(id)) => RouteDestination::PrefixList(id.to_owned()),
        (None, None) => return Err(Malformed::new("a route has no destination")),
    };
    // What a route server advertises gives way to a static route, like what a virtual private gateway propagates
    // (<https://docs.aws.amazon.com/vpc/latest/userguide/dynamic-routing-route-server.html>).
    let origin = match it.text("origin") {
        Some("EnableVgwRoutePropagation" | "Advertisement") => RouteOrigin::Propagated,
        _ => RouteOrigin::Static,
    };
    Ok(Route { destination, target: target(it), blackhole: it.text("state") == Some("blackhole"), origin })
}

/// Of what a route leads through. What EC2 may name one day is something else, never nothing.
fn target(it: &Element) -> RouteTarget {
    type Kind = fn(String) -> RouteTarget;
    let kinds: [(&str, Kind); 10] = [
        ("natGatewayId", RouteTarget::NatGateway),
        ("transitGatewayId", RouteTarget::TransitGateway),
        ("vpcPeeringConnectionId", RouteTarget::Peering),
        ("egressOnlyInternetGatewayId", RouteTarget::EgressOnlyGateway),
        ("networkInterfaceId", RouteTarget::Interface),
        ("localGatewayId", RouteTarget::Other),
        ("carrierGatewayId", RouteTarget::Other),
        ("coreNetworkArn", RouteTarget::Other),
        ("odbNetworkArn", RouteTarget::Other),
        ("instanceId", RouteTarget::Other),
    ];
    if let Some(id) = it.text("gatewayId") {
        let id = id.to_owned();
        return match id.split_once('-').map_or(id.as_str(), |(kind, _)| kind) {
            "local" => RouteTarget::Local,
            "igw" => RouteTarget::InternetGateway(id),
            "vgw" => RouteTarget::VirtualPrivateGateway(id),
            "vpce" => RouteTarget::Endpoint(id),
            _ => RouteTarget::Other(id),
        };
    }
    let named = kinds.into_iter().find_map(|(name, kind)| it.text(name).map(|id| kind(id.to_owned())));
    named.unwrap_or_else(|| RouteTarget::Other(it.text("ipAddress").unwrap_or_default().to_owned()))
}
