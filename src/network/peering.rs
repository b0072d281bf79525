//! VPC peering: from one side to the other and no further (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>).

use super::answer::HopKind;
use super::ends::Identity;
use super::index::Index;
use super::outcome::Outcome;
use super::reason::Code;
use super::spot::{Goal, Leg};

const KIND: HopKind = HopKind::Peering;

/// Crosses the peering connection `id`. On the other side packets are at their goal, or nowhere; returned is that VPC and what is left of identity.
pub(super) fn over<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &str) -> (Outcome, Option<(&'a str, Identity)>) {
    let mut outcome = Outcome::default();
    let Some((id, peering)) = index.peerings.entry(id) else {
        outcome.miss(KIND, id, index.peerings.gap(id, &index.near(leg.spot.vpc)));
        return (outcome, None);
    };
    if peering.state != "active" {
        outcome.block(KIND, Code::PeeringState, id, &format!("is {}, not active", peering.state));
        return (outcome, None);
    }
    let [one, two] = &peering.sides;
    let other = if one.vpc == leg.spot.vpc { two } else { one };
    if one.vpc != leg.spot.vpc && two.vpc != leg.spot.vpc {
        outcome.leave_open(KIND, Code::UnknownTarget, id, &format!("is not connected to {}", leg.spot.vpc));
        return (outcome, None);
    }
    let ends_there = match leg.goal {
        Goal::Internet { .. } => false,
        Goal::Inside { vpc, .. } => other.vpc == vpc,
        Goal::Unplaced => {
            other.cidrs.is_empty() || other.cidrs.iter().any(|net| leg.set.overlaps(&super::address::Set::of(leg.set.family(), [net])))
        }
    };
    if !ends_there || leg.travel.source.vpc != leg.spot.vpc {
        outcome.block(KIND, Code::PeeringNotTransitive, id, &format!("leads from {} to {} and no further", leg.spot.vpc, other.vpc));
        return (outcome, None);
    }
    outcome.pass(KIND, id, &format!("leads to {}", other.vpc));
    let identity = if one.region == two.region { Identity::Kept } else { Identity::Lost };
    (outcome, Some((&other.vpc, identity)))
}
