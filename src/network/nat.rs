//! NAT gateways: zonal and regional, public and private (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>).

use super::acls::ANSWERS;
use super::address::{Family, Set};
use super::answer::HopKind;
use super::ends::Source;
use super::guards::{Border, border, only};
use super::index::Index;
use super::outcome::Outcome;
use super::reason::Code;
use super::spot::{Leg, Spot};
use crate::inventory::network::{NatConnectivity, NatGateway};

const KIND: HopKind = HopKind::NatGateway;

/// The far side of a NAT gateway.
pub(super) struct Translated<'a> {
    pub(super) spot: Spot<'a>,
    /// What the packets come from now.
    pub(super) source: Source<'a>,
    /// The gateway, and whether it is a public one.
    pub(super) nat: (&'a str, bool),
}

/// Goes through the NAT gateway `id`. Nothing follows if it passes nothing.
pub(super) fn through<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &str) -> (Outcome, Option<Translated<'a>>) {
    let mut outcome = Outcome::default();
    let Some((id, nat)) = index.nat_gateways.entry(id) else {
        outcome.miss(KIND, id, index.nat_gateways.gap(id, &index.near(leg.spot.vpc)));
        return (outcome, None);
    };
    let public = nat.connectivity == NatConnectivity::Public;
    if nat.state != "available" {
        outcome.block(KIND, Code::NatState, id, &format!("is {}, not available", nat.state));
        return (outcome, None);
    }
    if nat.vpc != leg.spot.vpc || leg.set.family() == Family::V6 {
        outcome.leave_open(KIND, Code::UnknownTarget, id, "is the target of a route that no route table can have");
        return (outcome, None);
    }
    let spot = if nat.regional { regional(index, leg, id, nat, &mut outcome) } else { zonal(index, leg, id, nat, &mut outcome) };
    let translated = spot.map(|spot| {
        let subnet = spot.subnet.and_then(|id| index.subnets.entry(id));
        let vpc = index.vpcs.entry(spot.vpc).map(|(_, vpc)| vpc.cidrs.as_slice());
        let cidrs = subnet.map(|(_, subnet)| subnet.cidrs.as_slice()).or(vpc).unwrap_or_default();
        let source = Source { vpc: spot.vpc, subnet: spot.subnet, addresses: Set::of(Family::V4, cidrs) };
        Translated { spot, source, nat: (id, public) }
    });
    (outcome, translated)
}

fn regional<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &'a str, nat: &'a NatGateway, outcome: &mut Outcome) -> Option<Spot<'a>> {
    match leg.spot.zone {
        _ if nat.auto_zones => {}
        Some(zone) if nat.zone_ids.iter().any(|served| served == zone) => {}
        Some(zone) => {
            outcome.block(KIND, Code::RegionalNatAz, id, &format!("does not serve the zone {zone}"));
            return None;
        }
        None => outcome.leave_open(KIND, Code::RegionalNatAz, id, "may not serve the zone, which is not known"),
    }
    let table = nat.route_table.as_deref().and_then(|table| index.route_tables.entry(table));
    let Some(table) = table else {
        let wanted = nat.route_table.as_deref().unwrap_or(id);
        outcome.miss(KIND, id, index.route_tables.gap(wanted, &index.near(leg.spot.vpc)));
        return None;
    };
    outcome.pass(KIND, id, "translates addresses in every zone that it serves");
    Some(Spot { vpc: &nat.vpc, subnet: None, zone: leg.spot.zone, table })
}

fn zonal<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &'a str, nat: &'a NatGateway, outcome: &mut Outcome) -> Option<Spot<'a>> {
    let Some(subnet) = nat.subnet.as_deref() else {
        outcome.miss(KIND, id, crate::inventory::Gap::not_collected("ec2:DescribeNatGateways", id));
        return None;
    };
    let spot = match Spot::in_subnet(index, subnet, &index.near(leg.spot.vpc)) {
        Ok(spot) => spot,
        Err(gap) => {
            outcome.miss(KIND, id, gap);
            return None;
        }
    };
    outcome.pass(KIND, id, &format!("translates addresses in {subnet}"));
    if !leg.travel.answers {
        let ask = |side, peers: &Set, ports| border(index, spot.vpc, subnet, side, peers, ports, Code::NaclNatSubnet);
        let source = &leg.travel.source.addresses;
        if leg.spot.subnet != Some(subnet) {
            outcome.add(ask(Border::In, source, only(leg.port)));
            outcome.add(ask(Border::Out, source, ANSWERS));
        }
        outcome.add(ask(Border::Out, leg.set, only(leg.port)));
        outcome.add(ask(Border::In, leg.set, ANSWERS));
    }
    Some(spot)
}
