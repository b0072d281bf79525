//! Follows packets from route table to route table until they are where they should be, stopped, or out of sight.

use std::cell::Cell;

use super::acls::ANSWERS;
use super::address::Set;
use super::answer::{HopKind, Verdict};
use super::classes::{Choice, classes};
use super::ends::{Identity, Source};
use super::guards::{Border, border, only};
use super::index::Index;
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use super::routes::{self, Via, target_name};
use super::spot::{Goal, Leg, Spot, Travel};
use super::{firewall, internet, nat, peering, transit};
use crate::inventory::network::RouteTarget;

/// How many route tables packets may pass, one after the other. Real ways have five at most.
const DEEPEST: usize = 8;
/// How many route tables may be asked for one path over all its branches.
const WIDEST: u32 = 512;

/// What following the packets came to.
#[derive(Debug, Clone)]
pub(super) struct Trip<'a> {
    pub(super) outcome: Outcome,
    pub(super) identity: Identity,
    /// What they come from at the end.
    pub(super) source: Source<'a>,
    /// The subnet in which they boarded the first transit gateway.
    pub(super) boarded: Option<&'a str>,
    /// The subnet in which the last transit gateway set them down, if nothing came after.
    pub(super) landed: Option<&'a str>,
}

/// One following.
pub(super) struct Walk<'i, 'a> {
    index: &'i Index<'a>,
    goal: Goal<'a>,
    port: u16,
    asked: Cell<u32>,
}

impl<'i, 'a> Walk<'i, 'a> {
    pub(super) fn new(index: &'i Index<'a>, goal: Goal<'a>, port: u16) -> Self {
        Self { index, goal, port, asked: Cell::new(0) }
    }

    /// Sends packets for `set` off at `spot`.
    pub(super) fn go(&self, spot: Spot<'a>, set: &Set, travel: Travel<'a>) -> Trip<'a> {
        let mut outcome = Outcome::default();
        let (table, _) = spot.table;
        let step = (table, travel.nat.map(|(id, _)| id));
        self.asked.set(self.asked.get() + 1);
        if travel.asked.contains(&step) {
            outcome.block(
                HopKind::RouteTable,
                Code::RouteLoop,
                table,
                &format!("is asked about {set} a second time: the routes lead in a circle"),
            );
            return end(outcome, travel);
        }
        if travel.asked.len() >= DEEPEST || self.asked.get() > WIDEST {
            outcome.leave_open(HopKind::RouteTable, Code::TooLarge, table, "lies too far away to be followed");
            return end(outcome, travel);
        }
        let mut next = travel;
        next.asked.push(step);
        let lines = routes::lines(self.index, &spot, self.goal);
        let mut trips: Vec<Trip<'a>> = classes(set, &lines.known)
            .into_iter()
            .map(|(part, choice)| self.follow(&Leg { spot, set: &part, travel: &next, goal: self.goal, port: self.port }, &choice))
            .collect();
        for (via, gap) in lines.unread {
            // Nobody knows whether the destination is in the list: the line may be the one that counts.
            let leg = Leg { spot, set, travel: &next, goal: self.goal, port: self.port };
            let mut trip = self.follow(&leg, &Choice::To(via));
            if trips.iter().any(|other| other.outcome.verdict() != trip.outcome.verdict()) {
                trip.outcome.open.push(Reason::missing(gap));
            }
            trips.push(trip);
        }
        one_of(trips, || {
            Reason::new(Code::SplitRoutes, table, format!("{table} sends parts of {set} different ways, and not all of them lead there"))
        })
        .unwrap_or_else(|| end(Outcome::default(), next))
    }

    fn follow(&self, leg: &Leg<'_, 'a>, choice: &Choice<Via<'a>>) -> Trip<'a> {
        let mut outcome = Outcome::default();
        let (table, _) = leg.spot.table;
        let (set, kind) = (leg.set, HopKind::RouteTable);
        let target = match choice {
            Choice::Nowhere => {
                let code = match (self.goal, leg.travel.nat) {
                    (Goal::Internet { .. }, Some((_, true))) => Code::NatSubnetNoIgw,
                    (Goal::Internet { .. }, Some((_, false))) => Code::NatPrivate,
                    _ => Code::NoRoute,
                };
                outcome.block(kind, code, table, &format!("has no route to {set}"));
                return end(outcome, leg.travel.clone());
            }
            Choice::Tie => {
                outcome.leave_open(kind, Code::AmbiguousRoute, table, &format!("has two routes of equal rank to {set}"));
                return end(outcome, leg.travel.clone());
            }
            Choice::To((target, true)) => {
                let says = format!("sends {set} to {}, which does not exist any more", target_name(target));
                outcome.block(kind, Code::RouteBlackhole, table, &says);
                return end(outcome, leg.travel.clone());
            }
            Choice::To((target, false)) => target,
        };
        outcome.pass(kind, table, &format!("sends {set} to {}", target_name(target)));
        outcome.add(self.leaving(leg, target));
        match target {
            RouteTarget::Local => self.locally(leg, outcome),
            RouteTarget::InternetGateway(_) | RouteTarget::EgressOnlyGateway(_) => self.outward(leg, target, outcome),
            RouteTarget::NatGateway(id) => self.translated(leg, id, outcome),
            RouteTarget::TransitGateway(id) => self.transit(leg, id, outcome),
            RouteTarget::Peering(id) => {
                let (crossed, there) = peering::over(self.index, leg, id);
                let mut travel = leg.travel.clone();
                travel.landed = None;
                travel.identity = there.map_or(Identity::Lost, |(_, identity)| travel.identity.after(identity));
                end(outcome.then(crossed), travel)
            }
            RouteTarget::Endpoint(id) => {
                let (passed, spot) = firewall::through(self.index, leg, id);
                self.on(outcome.then(passed), spot, leg.set, Travel { landed: None, ..leg.travel.clone() })
            }
            RouteTarget::Interface(id) => {
                outcome.leave_open(kind, Code::Appliance, id, "is an appliance whose work cannot be read");
                end(outcome, leg.travel.clone())
            }
            RouteTarget::VirtualPrivateGateway(id) | RouteTarget::Other(id) => {
                outcome.leave_open(kind, Code::LeavesSnapshot, id, "leads out of what was read");
                end(outcome, leg.travel.clone())
            }
        }
    }

    /// What a transit gateway set down leaves the subnet of the attachment for another one.
    fn leaving(&self, leg: &Leg<'_, 'a>, target: &RouteTarget) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(landed) = leg.travel.landed.filter(|_| !leg.travel.answers) else { return outcome };
        let next = match (target, self.goal) {
            (RouteTarget::Local, Goal::Inside { subnet, .. }) => subnet,
            (RouteTarget::NatGateway(id), _) => self.index.nat_gateways.entry(id).and_then(|(_, nat)| nat.subnet.as_deref()),
            _ => None,
        };
        if next != Some(landed) {
            let ask = |side, ports| border(self.index, leg.spot.vpc, landed, side, leg.set, ports, Code::NaclTransitSubnet);
            outcome.add(ask(Border::Out, only(self.port)));
            outcome.add(ask(Border::In, ANSWERS));
        }
        outcome
    }

    fn locally(&self, leg: &Leg<'_, 'a>, mut outcome: Outcome) -> Trip<'a> {
        if let Goal::Inside { vpc, .. } = self.goal
            && vpc != leg.spot.vpc
        {
            let says = format!("keeps {} in {}, and the destination is in {vpc}", leg.set, leg.spot.vpc);
            outcome.block(HopKind::RouteTable, Code::AddressOverlap, leg.spot.table.0, &says);
        }
        end(outcome, leg.travel.clone())
    }

    fn outward(&self, leg: &Leg<'_, 'a>, target: &RouteTarget, mut outcome: Outcome) -> Trip<'a> {
        if matches!(self.goal, Goal::Internet { .. }) {
            outcome.add(internet::leave(self.index, leg, target));
        } else {
            let says = format!("sends {} to {}, which passes no private address", leg.set, target_name(target));
            outcome.block(HopKind::RouteTable, Code::NoRoute, leg.spot.table.0, &says);
        }
        end(outcome, leg.travel.clone())
    }

    /// Through a NAT gateway, on from its subnet, and with the answers back to whom it was translated for.
    fn translated(&self, leg: &Leg<'_, 'a>, id: &str, mut outcome: Outcome) -> Trip<'a> {
        if leg.travel.answers {
            outcome.block(HopKind::NatGateway, Code::NoRoute, id, "translates what is sent, and leads no answers back");
            return end(outcome, leg.travel.clone());
        }
        if let Some((before, true)) = leg.travel.nat
            && before == id
        {
            outcome.block(HopKind::NatGateway, Code::NatSubnetNoIgw, id, "lies in a subnet whose route leads to itself");
            return end(outcome, leg.travel.clone());
        }
        let (passed, far) = nat::through(self.index, leg, id);
        outcome.add(passed);
        let Some(far) = far else { return end(outcome, leg.travel.clone()) };
        if let Some(spot) = Some(far.spot).filter(|spot| spot.subnet != leg.travel.source.subnet || spot.vpc != leg.travel.source.vpc) {
            outcome.add(back(self.index, spot, &far.source, &leg.travel.source));
        }
        let mut travel = leg.travel.clone();
        travel.source = far.source;
        travel.nat = Some(far.nat);
        travel.identity = Identity::Lost;
        travel.landed = None;
        self.on(outcome, Some(far.spot), leg.set, travel)
    }

    fn transit(&self, leg: &Leg<'_, 'a>, id: &str, outcome: Outcome) -> Trip<'a> {
        let boarding = transit::over(self.index, leg, id);
        let outcome = outcome.then(boarding.outcome);
        let mut travel = leg.travel.clone();
        travel.boarded = travel.boarded.or(boarding.subnet);
        let mut trips = Vec::new();
        for crossing in boarding.crossings {
            if crossing.landings.is_empty() {
                trips.push(end(crossing.outcome, travel.clone()));
                continue;
            }
            for landing in crossing.landings {
                let landed = landing.spot.and_then(|spot| spot.subnet);
                let identity = travel.identity.after(landing.identity);
                let travel = Travel { identity, landed, ..travel.clone() };
                trips.push(self.on(crossing.outcome.clone().then(landing.outcome), landing.spot, &crossing.set, travel));
            }
        }
        let differ = || {
            Reason::new(Code::SplitRoutes, id, format!("{id} leads parts of {} different ways, and not all of them lead there", leg.set))
        };
        match one_of(trips, differ) {
            Some(trip) => Trip { outcome: outcome.then(trip.outcome), ..trip },
            None => end(outcome, travel),
        }
    }

    /// On from the next spot, unless the way ends here.
    fn on(&self, outcome: Outcome, spot: Option<Spot<'a>>, set: &Set, travel: Travel<'a>) -> Trip<'a> {
        match spot {
            Some(spot) if outcome.verdict() != Verdict::Blocked => {
                let trip = self.go(spot, set, travel);
                Trip { outcome: outcome.then(trip.outcome), ..trip }
            }
            _ => end(outcome, travel),
        }
    }
}

/// Whether answers find their way from `spot` back to `to`.
pub(super) fn back<'a>(index: &Index<'a>, spot: Spot<'a>, from: &Source<'a>, to: &Source<'a>) -> Outcome {
    let goal = Goal::Inside { vpc: to.vpc, subnet: to.subnet };
    Walk::new(index, goal, 0).go(spot, &to.addresses, Travel::back(from.clone())).outcome.told_as(Code::ReturnRoute)
}

fn end(outcome: Outcome, travel: Travel<'_>) -> Trip<'_> {
    Trip { outcome, identity: travel.identity, source: travel.source, boarded: travel.boarded, landed: travel.landed }
}

/// One of the trips is taken and nobody knows which. Where they do not leave the packets in the same condition, that is open as well.
fn one_of(mut trips: Vec<Trip<'_>>, differ: impl Fn() -> Reason) -> Option<Trip<'_>> {
    let identity = trips.iter().map(|trip| trip.identity).max()?;
    let alike = trips.iter().all(|trip| trip.source.subnet == trips.first().and_then(|first| first.source.subnet));
    let outcomes = trips.iter_mut().map(|trip| std::mem::take(&mut trip.outcome)).collect();
    let mut outcome = Outcome::one_of(outcomes, &differ)?;
    if !alike && outcome.verdict() == Verdict::Reachable {
        outcome.open.push(differ());
    }
    let first = trips.into_iter().next()?;
    Some(Trip { outcome, identity, ..first })
}
