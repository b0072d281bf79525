//! One TCP connection from a subnet of the function: to an address in a VPC, or to public addresses. Every guard on the way is asked, in both directions.

use super::acls::ANSWERS;
use super::address::{Family, Set};
use super::answer::{HopKind, Verdict};
use super::ends::{At, Destination, Groups, Identity, Source};
use super::groups::{self, Outward};
use super::guards::{Border, border, only};
use super::index::Index;
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use super::spot::{Goal, Spot, Travel};
use super::walk::{Trip, Walk, back};
use crate::inventory::Gap;

/// The function's side of a connection.
#[derive(Clone, Copy)]
pub(super) struct Caller<'c, 'a> {
    pub(super) at: At<'a>,
    pub(super) groups: &'c [String],
    /// Whether the function may use IPv6.
    pub(super) ipv6: bool,
}

impl<'a> Caller<'_, 'a> {
    pub(super) fn source(&self, family: Family) -> Source<'a> {
        Source { vpc: &self.at.subnet.vpc, subnet: Some(self.at.id), addresses: Set::of(family, &self.at.subnet.cidrs) }
    }

    pub(super) fn vpc(&self) -> &'a str {
        &self.at.subnet.vpc
    }

    /// Whether it has addresses of this family and may use them.
    pub(super) fn speaks(&self, family: Family) -> bool {
        (family == Family::V4 || self.ipv6) && !self.source(family).addresses.is_empty()
    }

    fn spot(&self, index: &Index<'a>) -> Result<Spot<'a>, Outcome> {
        Spot::in_subnet(index, self.at.id, &index.near(self.vpc())).map_err(|gap| {
            let mut outcome = Outcome::default();
            outcome.miss(HopKind::RouteTable, self.at.id, gap);
            outcome
        })
    }

    /// Follows the packets; a trip that could not begin is open.
    fn trip(&self, index: &Index<'a>, goal: Goal<'a>, set: &Set, port: u16) -> Trip<'a> {
        let source = self.source(set.family());
        match self.spot(index) {
            Ok(spot) => Walk::new(index, goal, port).go(spot, set, Travel::from(source)),
            Err(outcome) => Trip { outcome, identity: Identity::Kept, source, boarded: None, landed: None },
        }
    }

    fn border(&self, index: &Index<'a>, side: Border, peers: &Set, port: u16) -> Outcome {
        let (ports, code) = match side {
            Border::Out => (only(port), Code::NaclEgress),
            Border::In => (ANSWERS, Code::NaclReturn),
        };
        border(index, self.vpc(), self.at.id, side, peers, ports, code)
    }
}

/// Connects to a destination in a VPC. `refused` is the code for a destination whose security groups do not admit the function.
pub(super) fn inside<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, to: &Destination<'a>, port: u16, refused: Code) -> Outcome {
    let source = caller.source(to.addresses.family());
    let own: Groups<'_> = Groups::Known(caller.groups.iter().map(String::as_str).collect());
    let out = |identity| groups::egress(index, caller.groups, caller.vpc(), &Outward::Inside(to), identity, port);
    if to.subnet == caller.at.id {
        // Within a subnet nothing is routed and no network ACL is asked.
        return out(Identity::Kept).then(groups::ingress(index, to, &source, &own, Identity::Kept, port, refused));
    }
    let trip = caller.trip(index, Goal::Inside { vpc: to.vpc, subnet: Some(to.subnet) }, &to.addresses, port);
    let followed = trip.outcome.verdict();
    // Of a way that is not known nothing may be held against the security groups.
    let identity = if followed == Verdict::Reachable { trip.identity } else { Identity::Kept };
    let mut outcome = out(identity).then(caller.border(index, Border::Out, &to.addresses, port)).then(trip.outcome);
    if followed == Verdict::Blocked {
        return outcome;
    }
    let guard = |side, ports, code| border(index, to.vpc, to.subnet, side, &trip.source.addresses, ports, code);
    if trip.landed == Some(to.subnet) {
        // What a transit gateway sets down in the destination's own subnet passes no network ACL; the answers pass it on their way out and in.
        outcome.add(border(index, to.vpc, to.subnet, Border::In, &to.addresses, ANSWERS, Code::NaclTransitSubnet));
    } else {
        outcome.add(guard(Border::In, only(port), Code::NaclIngress));
    }
    outcome.add(groups::ingress(index, to, &trip.source, &own, identity, port, refused));
    outcome.add(guard(Border::Out, ANSWERS, Code::NaclReturn));
    outcome.add(match Spot::in_subnet(index, to.subnet, &index.near(to.vpc)) {
        Ok(spot) => {
            let there = Source { vpc: to.vpc, subnet: Some(to.subnet), addresses: to.addresses.clone() };
            back(index, spot, &there, &trip.source)
        }
        Err(gap) => {
            let mut outcome = Outcome::default();
            outcome.miss(HopKind::RouteTable, to.subnet, gap);
            outcome
        }
    });
    // What a transit gateway sets down in the function's own subnet passes no network ACL any more.
    if trip.boarded != Some(caller.at.id) {
        outcome.add(caller.border(index, Border::In, &to.addresses, port));
    }
    outcome
}

/// Connects to public addresses: those of Secrets Manager, of which nobody knows which they are, or these.
pub(super) fn outside<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, set: &Set, service: bool, port: u16) -> Outcome {
    let to = if service { Outward::Service(set) } else { Outward::Addresses(set) };
    let trip = caller.trip(index, Goal::Internet { service }, set, port);
    let mut outcome = groups::egress(index, caller.groups, caller.vpc(), &to, Identity::Kept, port);
    outcome.add(caller.border(index, Border::Out, set, port));
    outcome.add(trip.outcome);
    if trip.boarded != Some(caller.at.id) {
        outcome.add(caller.border(index, Border::In, set, port));
    }
    outcome
}

/// Sends packets to private addresses that nothing in the inventory carries: whether they arrive is open at best.
pub(super) fn unplaced<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, set: &Set, port: u16) -> Outcome {
    let carrier = Gap::not_collected("ec2:DescribeNetworkInterfaces", &set.to_string());
    let to = Outward::Unplaced(set, Groups::Unread(carrier));
    let mut outcome = groups::egress(index, caller.groups, caller.vpc(), &to, Identity::Kept, port);
    outcome.add(caller.border(index, Border::Out, set, port));
    outcome.add(caller.trip(index, Goal::Unplaced, set, port).outcome);
    outcome.open.push(Reason::new(
        Code::TargetUnplaced,
        &set.to_string(),
        format!("nothing in this inventory carries {set}: what admits it there is not known"),
    ));
    outcome
}

/// Over either IP version, of which one suffices. IPv6 that the function may not use is told where it alone would lead there.
pub(super) fn either<'a>(
    caller: &Caller<'_, 'a>,
    there: impl Fn(Family) -> bool,
    connect: impl Fn(&Caller<'_, 'a>, Family) -> Outcome,
) -> Outcome {
    let families = [Family::V4, Family::V6].into_iter().filter(|family| there(*family));
    let tried: Vec<Outcome> = families.clone().filter(|family| caller.speaks(*family)).map(|family| connect(caller, family)).collect();
    let mut outcome = Outcome::any_of(tried).unwrap_or_else(|| {
        let mut outcome = Outcome::default();
        outcome.block(HopKind::Subnet, Code::IpFamily, caller.at.id, "has no IP version in common with the destination");
        outcome
    });
    let allowed = Caller { ipv6: true, ..*caller };
    if outcome.verdict() == Verdict::Blocked
        && !caller.ipv6
        && families.clone().any(|family| family == Family::V6)
        && allowed.speaks(Family::V6)
        && connect(&allowed, Family::V6).verdict() == Verdict::Reachable
    {
        outcome.block(
            HopKind::Subnet,
            Code::Ipv6NotAllowed,
            caller.at.id,
            "leads there over IPv6, which the function is not allowed to use",
        );
    }
    outcome
}
