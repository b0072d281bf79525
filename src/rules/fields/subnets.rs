//! The fields of the subnets that a function is attached to: in how many zones they lie, and which of them are full.

use std::collections::BTreeSet;

use super::make::{int, known, list, string};
use super::row::{Row, View};
use crate::inventory::network::Subnet;
use crate::inventory::{Gap, Known};
use crate::rules::expression::{Fact, Field, Type};

pub(super) const ROWS: &[Row] = &[
    Row::read(Field::required("function.zones", Type::Int), |view| {
        of_subnets(view, int(0), |subnets| {
            let zones: BTreeSet<&str> = subnets.iter().map(|(_, subnet)| subnet.zone_id.as_str()).collect();
            int(i64::try_from(zones.len()).unwrap_or(i64::MAX))
        })
    }),
    // The subnets without a free address.
    Row::read(Field::required("function.full_subnets", Type::List(&Type::String)), |view| {
        of_subnets(view, list([]), |subnets| full(view, subnets))
    }),
];

/// Those of the function; a function outside of any VPC has none.
fn of_subnets(view: &View<'_>, outside: Fact<Gap>, make: impl FnOnce(&[(&str, &Subnet)]) -> Fact<Gap>) -> Fact<Gap> {
    let (Some(arn), Known::Value(configuration)) = (view.rotation.function_arn, &view.rotation.configuration) else {
        return known(view.rotation.configuration.clone(), |_| outside);
    };
    let Some(vpc) = configuration.and_then(|configuration| configuration.vpc.as_ref()) else { return outside };
    let place = place(view);
    let missing = |what: &str| Gap::not_collected("ec2:DescribeSubnets", what);
    let subnets = match view.inventory.networks.get(&place) {
        Some(network) => network.subnets.as_ref(),
        None => Known::Unreadable(missing(&place)),
    };
    known(subnets, |subnets| {
        let found: Vec<_> = vpc.subnet_ids.iter().filter_map(|id| Some((id.as_str(), subnets.get(id)?))).collect();
        if found.len() < vpc.subnet_ids.len() { Fact::Unreadable(vec![missing(arn.as_str())]) } else { make(&found) }
    })
}

fn place(view: &View<'_>) -> String {
    view.rotation.function_arn.map(|arn| format!("{}/{}", arn.account(), arn.region())).unwrap_or_default()
}

/// A full subnet is one whatever the others are; only without one do those matter of which nobody asked.
fn full(view: &View<'_>, subnets: &[(&str, &Subnet)]) -> Fact<Gap> {
    let full: Vec<_> = subnets.iter().filter(|(_, subnet)| subnet.free_addresses == Some(0)).map(|(id, _)| string(id)).collect();
    if full.is_empty() && subnets.iter().any(|(_, subnet)| subnet.free_addresses.is_none()) {
        // AWS alone knows it, whatever the inventory was made from.
        let says = "how many addresses are free is not in this inventory: a new snapshot tells it, or --over FILE or live where a template or plan is read";
        let gap = Gap::new("ec2:DescribeSubnets", &place(view), says);
        return Fact::Unreadable(vec![gap]);
    }
    list(full)
}
