//! The last step to the internet: internet gateways, and VPC Block Public Access before them.

use super::address::Family;
use super::answer::HopKind;
use super::index::Index;
use super::outcome::Outcome;
use super::reason::Code;
use super::spot::Leg;
use crate::inventory::network::{BlockPublicAccess, RouteTarget};
use crate::inventory::{Gap, Known};

/// How packets come to an internet gateway.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Nat,
    EgressOnly,
    Straight,
}

/// Leaves the VPC through the gateway that a route names.
pub(super) fn leave(index: &Index<'_>, leg: &Leg<'_, '_>, target: &RouteTarget) -> Outcome {
    let mut outcome = Outcome::default();
    let kind = HopKind::InternetGateway;
    let near = index.near(leg.spot.vpc);
    let (id, egress_only, found) = match target {
        RouteTarget::EgressOnlyGateway(id) => (id, true, index.egress_only_gateways.find(id, &near)),
        RouteTarget::InternetGateway(id) => (id, false, index.internet_gateways.find(id, &near)),
        _ => return outcome,
    };
    let family = leg.set.family();
    let through = match (family, egress_only, leg.travel.nat) {
        (Family::V4, true, _) => {
            outcome.block(kind, Code::NoRoute, id, "passes IPv6 only");
            return outcome;
        }
        (Family::V4, false, None) => {
            outcome.block(kind, Code::IgwNoPublicIp, id, "passes only what has a public address, which a Lambda function never has");
            return outcome;
        }
        (Family::V4, false, Some((nat, false))) => {
            outcome.block(kind, Code::NatPrivate, id, &format!("passes nothing from {nat}, which is a private NAT gateway"));
            return outcome;
        }
        (Family::V4, false, Some((_, true))) => Through::Nat,
        (Family::V6, true, _) => Through::EgressOnly,
        (Family::V6, false, _) => Through::Straight,
    };
    match found {
        Err(gap) => outcome.miss(kind, id, gap),
        Ok(gateway) if !gateway.vpcs.iter().any(|vpc| vpc == leg.spot.vpc) => {
            outcome.block(kind, Code::IgwDetached, id, &format!("is not attached to {}", leg.spot.vpc));
        }
        Ok(_) => outcome.pass(kind, id, "leads to the internet"),
    }
    public_access(index, leg, through, &mut outcome);
    outcome
}

/// VPC Block Public Access: in the mode for both directions nothing passes an internet gateway, in the mode for what comes in only what comes from NAT
/// gateways and egress-only internet gateways does; excluded VPCs and subnets are free of it
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>).
fn public_access(index: &Index<'_>, leg: &Leg<'_, '_>, through: Through, outcome: &mut Outcome) {
    let component = leg.spot.subnet.unwrap_or(leg.spot.vpc);
    let kind = HopKind::Subnet;
    match mode(index, leg.spot.vpc, leg.spot.subnet) {
        Err(gap) => outcome.miss(kind, component, gap),
        Ok(mode) => match (mode.as_str(), through) {
            ("off" | "", _) | ("block-ingress", Through::Nat | Through::EgressOnly) => {}
            ("block-bidirectional" | "block-ingress", _) => {
                outcome.block(kind, Code::VpcBpa, component, &format!("is kept from the internet by VPC Block Public Access ({mode})"));
            }
            _ => {
                outcome.leave_open(
                    kind,
                    Code::VpcBpa,
                    component,
                    &format!("is under VPC Block Public Access in the unknown mode {mode:?}"),
                );
            }
        },
    }
}

/// The mode that holds for a subnet, or for a VPC, exclusions counted in.
fn mode(index: &Index<'_>, vpc: &str, subnet: Option<&str>) -> Result<String, Gap> {
    let details = subnet.and_then(|id| index.subnets.entry(id));
    if let Some(mode) = details.and_then(|(_, subnet)| subnet.internet_gateway_block.clone()) {
        return Ok(mode);
    }
    let Some((_, network)) = index.home_network(vpc) else {
        return Err(Gap::not_collected("ec2:DescribeVpcBlockPublicAccessOptions", vpc));
    };
    let BlockPublicAccess { mode, exclusions } = match &network.block_public_access {
        Known::Value(block) => block,
        Known::Unreadable(gap) => return Err(gap.clone()),
    };
    let excluded = [Some(vpc), subnet].into_iter().flatten().any(|id| exclusions.contains_key(id));
    Ok(if excluded { "off".to_owned() } else { mode.clone() })
}

/// Whether VPC Block Public Access lets connections from the internet into a subnet.
pub(super) fn from_outside(index: &Index<'_>, vpc: &str, subnet: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let excluded_both_ways = || {
        let (_, network) = index.home_network(vpc)?;
        let block = network.block_public_access.value()?;
        let exclusion = block.exclusions.get(subnet).or_else(|| block.exclusions.get(vpc))?;
        Some(exclusion == "allow-bidirectional")
    };
    match mode(index, vpc, Some(subnet)) {
        Err(gap) => outcome.miss(HopKind::Subnet, subnet, gap),
        Ok(mode) if ["off", ""].contains(&mode.as_str()) && excluded_both_ways() != Some(false) => {}
        Ok(mode) => outcome.block(
            HopKind::Subnet,
            Code::VpcBpa,
            subnet,
            &format!("takes no connection from the internet: VPC Block Public Access ({mode})"),
        ),
    }
    outcome
}
