//! Route tables: those of the plan, and the main one that comes with each VPC.

use std::collections::BTreeMap;

use super::place::{Place, id_of, known, owner, range, stays};
use crate::inventory::network::{Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget, Vpc};
use crate::inventory::{Gap, Known};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::stack::thing::Thing;

/// An attribute that names a route's target, with what is made of it.
type Target = (&'static str, Kind, fn(String) -> RouteTarget);

const TARGETS: [Target; 10] = [
    ("gateway_id", Kind::Gateway, gateway),
    ("nat_gateway_id", Kind::NatGateway, RouteTarget::NatGateway),
    ("transit_gateway_id", Kind::Gateway, RouteTarget::TransitGateway),
    ("vpc_peering_connection_id", Kind::Gateway, RouteTarget::Peering),
    ("vpc_endpoint_id", Kind::Endpoint, RouteTarget::Endpoint),
    ("egress_only_gateway_id", Kind::Gateway, RouteTarget::EgressOnlyGateway),
    ("network_interface_id", Kind::Any, RouteTarget::Interface),
    ("core_network_arn", Kind::Any, RouteTarget::Other),
    ("carrier_gateway_id", Kind::Any, RouteTarget::Other),
    ("local_gateway_id", Kind::Any, RouteTarget::Other),
];

fn gateway(id: String) -> RouteTarget {
    match id.as_str() {
        "local" => RouteTarget::Local,
        _ if id.starts_with("vgw-") => RouteTarget::VirtualPrivateGateway(id),
        _ => RouteTarget::InternetGateway(id),
    }
}

/// The route tables of these VPCs.
pub(super) fn tables(place: &Place<'_, '_>, vpcs: &BTreeMap<String, Vpc>) -> Known<BTreeMap<String, RouteTable>> {
    known(all(place, vpcs))
}

fn all(place: &Place<'_, '_>, vpcs: &BTreeMap<String, Vpc>) -> Result<BTreeMap<String, RouteTable>, Gap> {
    let mut tables = BTreeMap::new();
    let table = |vpc: &str, main: bool| {
        let ranges = vpcs.get(vpc).into_iter().flat_map(|vpc| &vpc.cidrs);
        let routes = ranges.map(|range| route(RouteDestination::Cidr(*range), RouteTarget::Local)).collect();
        RouteTable { vpc: vpc.to_owned(), main, subnets: Vec::new(), routes }
    };
    for it in place.of_kind("aws_vpc") {
        let vpc = id_of(it, "id", Kind::Vpc);
        tables.insert(id_of(it, "main_route_table_id", Kind::RouteTable), table(&vpc, true));
    }
    for it in place.of_kind("aws_route_table") {
        let vpc = id_of(it, "vpc_id", Kind::Vpc);
        tables.insert(id_of(it, "id", Kind::RouteTable), table(&vpc, false));
    }
    for (kind, id) in [("aws_route_table", "id"), ("aws_default_route_table", "default_route_table_id")] {
        for it in place.of_kind(kind).filter(|it| it.is_set("route")) {
            let own = owner(it, id, Kind::RouteTable)?;
            let routes = inline(place, it, &own)?;
            if let Some(table) = tables.get_mut(&own) {
                table.routes.extend(routes);
            }
        }
    }
    for it in place.of_kind("aws_route") {
        stays(it)?;
        if let Some(table) = of(place, &mut tables, &owner(it, "route_table_id", Kind::RouteTable)?) {
            table.routes.extend(one(it, "", "destination_"));
        }
    }
    for it in place.of_kind("aws_route_table_association").filter(|it| it.is_set("subnet_id")) {
        stays(it)?;
        let subnet = owner(it, "subnet_id", Kind::Subnet)?;
        if let Some(table) = of(place, &mut tables, &owner(it, "route_table_id", Kind::RouteTable)?) {
            table.subnets.push(subnet);
        }
    }
    for it in place.of_kind("aws_main_route_table_association") {
        let (vpc, main) = (owner(it, "vpc_id", Kind::Vpc)?, owner(it, "route_table_id", Kind::RouteTable)?);
        for (id, table) in tables.iter_mut().filter(|(_, table)| table.vpc == vpc) {
            table.main = *id == main;
        }
    }
    Ok(tables)
}

/// The table of this id. Over what exists, one that the plan does not make stands for what it adds: it has no VPC.
fn of<'t>(place: &Place<'_, '_>, tables: &'t mut BTreeMap<String, RouteTable>, id: &str) -> Option<&'t mut RouteTable> {
    if place.stack.over && !tables.contains_key(id) {
        let added = RouteTable { vpc: String::new(), main: false, subnets: Vec::new(), routes: Vec::new() };
        tables.insert(id.to_owned(), added);
    }
    tables.get_mut(id)
}

fn route(destination: RouteDestination, target: RouteTarget) -> Route {
    Route { destination, target, blackhole: false, origin: RouteOrigin::Static }
}

/// The routes that stand in the table of this id itself. One that a resource of its own gave to it goes with that, by its destination
/// (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_route.go>), unless it is written in the table now and the state does not tell it there: of
/// those that are written the provider adds no others (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_route_table.go>).
pub(super) fn inline(place: &Place<'_, '_>, it: Thing<'_>, own: &str) -> Result<Vec<Route>, Gap> {
    let mut routes = blocks(it)?;
    let mut gone: Vec<RouteDestination> = place
        .given_up("aws_route", ("route_table_id", own))
        .into_iter()
        .flat_map(|gone| one(gone, "", "destination_"))
        .map(|gone| gone.destination)
        .collect();
    if !gone.is_empty() && it.is_written("route") {
        let was = it.as_it_was().and_then(|was| blocks(was).ok()).unwrap_or_default();
        gone.retain(|gone| was.iter().any(|was| was.destination == *gone));
    }
    routes.retain(|route| !gone.contains(&route.destination));
    Ok(routes)
}

fn blocks(it: Thing<'_>) -> Result<Vec<Route>, Gap> {
    let count = it.count("route").ok_or_else(|| it.unknown("route"))?;
    Ok((0..count).flat_map(|index| one(it, &format!("route.{index}."), "")).collect())
}

/// A route, of which the attributes begin with `path`, and those of its destination with `prefix` after that. A destination that is not known is left out: where
/// nothing else leads there, what is found is that there is no way, and not one that nobody knows of.
fn one(it: Thing<'_>, path: &str, prefix: &str) -> Vec<Route> {
    let set = |name: &&Target| {
        let at = format!("{path}{}", name.0);
        if path.is_empty() { it.is_set(&at) } else { it.value(&at).is_some_and(|value| value.text() != Some("")) }
    };
    let Some((name, kind, make)) = TARGETS.iter().find(set) else { return Vec::new() };
    let target = make(id_of(it, &format!("{path}{name}"), *kind));
    let ranges = ["cidr_block", "ipv6_cidr_block"].into_iter().filter_map(|name| range(it, &format!("{path}{prefix}{name}")));
    let mut destinations: Vec<RouteDestination> = ranges.map(RouteDestination::Cidr).collect();
    let list = format!("{path}destination_prefix_list_id");
    if it.is_set(&list) {
        destinations.push(RouteDestination::PrefixList(id_of(it, &list, Kind::PrefixList)));
    }
    destinations.into_iter().map(|destination| route(destination, target.clone())).collect()
}
