//! Transit gateways: from the attachment of one VPC over its route table to other attachments
//! (<https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html>).

use super::acls::ANSWERS;
use super::address::Set;
use super::answer::HopKind;
use super::classes::{Choice, Line, classes};
use super::ends::Identity;
use super::guards::{Border, border, only};
use super::index::Index;
use super::outcome::Outcome;
use super::reason::Code;
use super::spot::{Leg, Spot};
use crate::inventory::network::{TransitGatewayAttachment, TransitGatewayRoute};
use crate::inventory::{Gap, Known};

const KIND: HopKind = HopKind::TransitGateway;

/// One part of the addresses, and where the transit gateway sets it down. Several landings mean that nobody knows which.
pub(super) struct Crossing<'a> {
    pub(super) set: Set,
    pub(super) outcome: Outcome,
    pub(super) landings: Vec<Landing<'a>>,
}

/// A subnet in which packets come out of a transit gateway.
pub(super) struct Landing<'a> {
    pub(super) outcome: Outcome,
    pub(super) spot: Option<Spot<'a>>,
    pub(super) identity: Identity,
}

/// What comes before the transit gateway's own routes.
pub(super) struct Boarding<'a> {
    pub(super) outcome: Outcome,
    /// The subnet of the attachment in the packets' zone.
    pub(super) subnet: Option<&'a str>,
    pub(super) crossings: Vec<Crossing<'a>>,
}

/// Crosses the transit gateway `id`.
pub(super) fn over<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &str) -> Boarding<'a> {
    let mut boarding = Boarding { outcome: Outcome::default(), subnet: None, crossings: Vec::new() };
    let here = index.attachments_of(id, leg.spot.vpc).iter().filter_map(|id| index.attachments.entry(id));
    // Attachments that were deleted are listed for a while.
    let Some((name, attachment)) = here.min_by_key(|(_, attachment)| attachment.state != "available") else {
        boarding.outcome.miss(KIND, id, index.attachments.gap(leg.spot.vpc, &index.near(leg.spot.vpc)));
        return boarding;
    };
    if attachment.state != "available" {
        boarding.outcome.block(KIND, Code::TgwState, name, &format!("is {}, not available", attachment.state));
        return boarding;
    }
    board(index, leg, name, attachment, &mut boarding);
    if boarding.outcome.blocked.is_empty() {
        cross(index, leg, id, name, attachment, &mut boarding);
    }
    boarding
}

/// Packets board only in the zone that they come from, and pass the border of the attachment's subnet there
/// (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>, <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html>).
fn board<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, name: &str, attachment: &'a TransitGatewayAttachment, boarding: &mut Boarding<'a>) {
    let outcome = &mut boarding.outcome;
    let Some(zone) = leg.spot.zone else {
        outcome.leave_open(KIND, Code::TgwAz, name, "may not be in the zone, which is not known");
        return;
    };
    if attachment.subnets.is_empty() {
        outcome.miss(KIND, name, index.attachments.gap(name, &[]));
        return;
    }
    let mut unknown = None;
    for id in &attachment.subnets {
        match index.subnets.find(id, &index.near(leg.spot.vpc)) {
            Ok(subnet) if subnet.zone_id == zone => boarding.subnet = Some(id),
            Ok(_) => {}
            Err(gap) => unknown = Some(gap),
        }
    }
    match (boarding.subnet, unknown) {
        (Some(subnet), _) => {
            outcome.pass(KIND, name, &format!("is attached in {subnet}"));
            if !leg.travel.answers {
                let source = &leg.travel.source.addresses;
                outcome.add(border(index, leg.spot.vpc, subnet, Border::In, source, only(leg.port), Code::NaclTransitSubnet));
                if leg.spot.subnet != Some(subnet) {
                    outcome.add(border(index, leg.spot.vpc, subnet, Border::Out, source, ANSWERS, Code::NaclTransitSubnet));
                }
            }
        }
        (None, Some(gap)) => outcome.miss(KIND, name, gap),
        (None, None) => outcome.block(KIND, Code::TgwAz, name, &format!("has no subnet in the zone {zone}")),
    }
}

fn cross<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &str, name: &str, from: &'a TransitGatewayAttachment, boarding: &mut Boarding<'a>) {
    let Some(table) = from.route_table.as_deref() else {
        boarding.outcome.miss(KIND, name, Gap::not_collected("ec2:DescribeTransitGatewayAttachments", name));
        return;
    };
    let routes = match index.transit_tables.find(table, &index.near(leg.spot.vpc)).map(|table| &table.routes) {
        Ok(Known::Value(routes)) => routes,
        Ok(Known::Unreadable(gap)) => {
            boarding.outcome.miss(KIND, table, gap.clone());
            return;
        }
        Err(gap) => {
            boarding.outcome.miss(KIND, table, gap);
            return;
        }
    };
    let line = |route: &'a TransitGatewayRoute| Line {
        net: route.destination,
        rank: u8::from(route.propagated),
        to: (route.blackhole, &route.attachments),
    };
    let lines: Vec<_> = routes.iter().map(line).collect();
    for (set, choice) in classes(leg.set, &lines) {
        let mut outcome = Outcome::default();
        let mut landings = Vec::new();
        match choice {
            Choice::Nowhere => outcome.block(KIND, Code::TgwNoRoute, table, &format!("of {id} has no route to {set}")),
            Choice::Tie => outcome.leave_open(KIND, Code::AmbiguousRoute, table, &format!("of {id} has two routes to {set}")),
            Choice::To((true, _)) => outcome.block(KIND, Code::TgwBlackhole, table, &format!("of {id} drops what goes to {set}")),
            Choice::To((false, to)) if to.is_empty() => {
                outcome.leave_open(KIND, Code::LeavesSnapshot, table, &format!("of {id} sends {set} to an attachment that cannot be seen"));
            }
            Choice::To((false, to)) => {
                outcome.pass(KIND, table, &format!("of {id} sends {set} to {}", to.join(", ")));
                landings = to.iter().flat_map(|to| land(index, leg, id, from, to)).collect();
            }
        }
        boarding.crossings.push(Crossing { set, outcome, landings });
    }
}

/// Comes out of the attachment `to`: in the zone that the packets came from, where it has a subnet there, else in any.
fn land<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &str, from: &TransitGatewayAttachment, to: &str) -> Vec<Landing<'a>> {
    let nowhere = |outcome| vec![Landing { outcome, spot: None, identity: Identity::Lost }];
    let mut outcome = Outcome::default();
    let Some((name, attachment)) = index.attachments.entry(to) else {
        outcome.leave_open(KIND, Code::LeavesSnapshot, to, "is not in this inventory");
        return nowhere(outcome);
    };
    if attachment.kind != "vpc" || index.vpcs.entry(&attachment.resource).is_none() {
        let says = format!("leads to {} ({}), which is not in this inventory", attachment.resource, attachment.kind);
        outcome.leave_open(KIND, Code::LeavesSnapshot, name, &says);
        return nowhere(outcome);
    }
    if attachment.state != "available" {
        outcome.block(KIND, Code::TgwState, name, &format!("is {}, not available", attachment.state));
        return nowhere(outcome);
    }
    let near = index.near(&attachment.resource);
    let spots: Vec<Result<Spot<'a>, Gap>> = attachment.subnets.iter().map(|id| Spot::in_subnet(index, id, &near)).collect();
    let same_zone = |spot: &Result<Spot<'a>, Gap>| spot.as_ref().is_ok_and(|spot| spot.zone.is_some() && spot.zone == leg.spot.zone);
    let in_zone = spots.iter().any(same_zone);
    if spots.is_empty() {
        outcome.miss(KIND, name, index.attachments.gap(name, &near));
        return nowhere(outcome);
    }
    let identity = identity(index, id, from, attachment);
    let chosen = spots.into_iter().filter(|spot| !in_zone || same_zone(spot));
    let landing = |spot: Result<Spot<'a>, Gap>| {
        let mut outcome = Outcome::default();
        let spot = match spot {
            Ok(spot) => {
                outcome.pass(KIND, name, &format!("leads to {}", spot.subnet.unwrap_or(spot.vpc)));
                Some(spot)
            }
            Err(gap) => {
                outcome.miss(KIND, name, gap);
                None
            }
        };
        Landing { outcome, spot, identity }
    };
    chosen.map(landing).collect()
}

/// Security groups are recognised across a transit gateway only if its own option and those of both attachments are on, and only in rules for what comes in
/// (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>).
fn identity(index: &Index<'_>, id: &str, from: &TransitGatewayAttachment, to: &TransitGatewayAttachment) -> Identity {
    let Some((_, gateway)) = index.transit_gateways.entry(id) else { return Identity::Unsure };
    match (gateway.security_group_referencing, from.security_group_referencing, to.security_group_referencing) {
        (false, _, _) | (_, Some(false), _) | (_, _, Some(false)) => Identity::Lost,
        (true, Some(true), Some(true)) => Identity::KeptInbound,
        _ => Identity::Unsure,
    }
}
