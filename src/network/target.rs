//! What a rotation function connects to beside Secrets Manager, and whether one of its subnets gets there.

use std::net::IpAddr;

use ipnet::IpNet;

use super::acls::ANSWERS;
use super::address::{Family, Set};
use super::answer::{HopKind, SubnetPath, Verdict, Way};
use super::connect::{self, Caller};
use super::ends::{Destination, Groups, Identity, Source};
use super::groups;
use super::guards::{Border, border, only};
use super::index::Index;
use super::internet;
use super::names::{self, Answer, Resolution};
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use super::service::{at_all, finish};
use super::spot::{Goal, Spot, Travel};
use super::walk::Walk;
use crate::inventory::Gap;
use crate::inventory::network::Database;

/// A database or another service whose credentials are rotated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// How it is called in messages: its ARN, or the name that somebody gave it.
    pub name: String,
    /// The name that clients connect to, if it is known.
    pub host: Option<String>,
    /// The TCP port.
    pub port: u16,
    /// Where it is.
    pub place: Place,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a VPC: its address lies in some of the subnets.
    InVpc {
        /// The VPC.
        vpc: String,
        /// The subnets in which it may lie, now or after a failover.
        subnets: Vec<String>,
        /// Its security groups; none if they are not known.
        security_groups: Vec<String>,
        /// Whether its name resolves to a public address outside its VPC
        /// (`PubliclyAccessible`, <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html>).
        public: bool,
    },
    /// At some of these addresses, of which nothing more is known.
    Addresses(Vec<IpNet>),
}

impl Target {
    /// The target that RDS describes.
    pub fn of(arn: &str, database: &Database) -> Self {
        Self {
            name: arn.to_owned(),
            host: database.host.clone(),
            port: database.port,
            place: Place::InVpc {
                vpc: database.vpc.clone(),
                subnets: database.subnets.clone(),
                security_groups: database.security_groups.clone(),
                public: database.public,
            },
        }
    }

    /// The host that has to be resolved: a name, not an address.
    pub(super) fn name_to_resolve(&self) -> Option<&str> {
        self.host.as_deref().filter(|host| host.parse::<IpAddr>().is_err())
    }
}

/// Follows the connections of a caller to the target.
pub(super) fn path<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, target: &'a Target, resolution: Option<&Resolution<'a>>) -> SubnetPath {
    let mut outcome = Outcome::default();
    let Some(resolution) = resolution else {
        return finish(caller.at.id, to_place(index, caller, target), Way::Private);
    };
    let host = target.host.as_deref().unwrap_or_default();
    let followed = resolution.answers.iter().map(|answer| {
        names::tell(&mut outcome, caller.vpc(), host, answer);
        let mut outcome = Outcome::default();
        match answer {
            Answer::Public(_) => return to_place(index, caller, target),
            Answer::Addresses(addresses) if addresses.iter().all(|address| holds(index, &target.place, *address)) => {
                return to_place(index, caller, target);
            }
            Answer::Addresses(_) | Answer::Endpoint(..) => {
                outcome.leave_open(
                    HopKind::Resolver,
                    Code::DnsVarying,
                    caller.vpc(),
                    &format!("resolves {host} to something else than {}", target.name),
                );
            }
            Answer::Nothing(reason) => outcome.found(HopKind::Resolver, reason, Verdict::Blocked),
            Answer::Open(reasons) => {
                for reason in reasons {
                    outcome.found(HopKind::Resolver, reason, Verdict::Undecided);
                }
            }
        }
        outcome.then(at_all(index, caller, target.port))
    });
    let differ = || Reason::new(Code::DnsVarying, caller.vpc(), format!("{host} may lead to different addresses"));
    let followed = Outcome::one_of(followed.collect(), differ).unwrap_or_default();
    finish(caller.at.id, outcome.then(followed), Way::Private)
}

/// Whether an address lies where the target is said to be.
fn holds(index: &Index<'_>, place: &Place, address: IpAddr) -> bool {
    match place {
        Place::InVpc { subnets, .. } => {
            let within =
                |id: &String| index.subnets.entry(id).is_some_and(|(_, subnet)| subnet.cidrs.iter().any(|net| net.contains(&address)));
            subnets.iter().any(within)
        }
        Place::Addresses(nets) => nets.iter().any(|net| net.contains(&address)),
    }
}

fn to_place<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, target: &'a Target) -> Outcome {
    let (vpc, public) = match &target.place {
        Place::Addresses(nets) => return to_addresses(index, caller, nets, target),
        Place::InVpc { vpc, public, .. } => (vpc, *public),
    };
    let straight = || privately(index, caller, target);
    if !public || vpc == caller.vpc() {
        return straight();
    }
    let around = connect::outside(index, caller, Set::public(Family::V4), false, target.port).then(admitted(index, target));
    if !index.are_peered(caller.vpc(), vpc) {
        return around;
    }
    // With peering the name may resolve to the private address, if that option of the connection is on.
    let differ = || {
        Reason::new(
            Code::DnsVarying,
            &target.name,
            format!("whether {} resolves to its private address over the peering is not known", target.name),
        )
    };
    Outcome::one_of(vec![straight(), around], differ).unwrap_or_default()
}

/// The destinations that a target in a VPC may be.
fn destinations<'a>(index: &Index<'a>, target: &'a Target) -> (Vec<Destination<'a>>, Outcome) {
    let mut outcome = Outcome::default();
    let Place::InVpc { vpc, subnets, security_groups, .. } = &target.place else { return (Vec::new(), outcome) };
    let mut found = Vec::new();
    for id in subnets {
        let Some((id, subnet)) = index.subnets.entry(id) else {
            outcome.miss(HopKind::Target, id, index.subnets.gap(id, &index.near(vpc)));
            continue;
        };
        let [v4, v6] = [Family::V4, Family::V6].map(|family| Set::of(family, &subnet.cidrs));
        let groups = if security_groups.is_empty() {
            Groups::Unread(Gap::not_collected("ec2:DescribeNetworkInterfaces", &target.name))
        } else {
            Groups::Known(security_groups.iter().map(String::as_str).collect())
        };
        found.push(Destination { name: &target.name, vpc, subnet: id, addresses: if v4.is_empty() { v6 } else { v4 }, groups });
    }
    if subnets.is_empty() {
        outcome.miss(HopKind::Target, &target.name, Gap::not_collected("rds:DescribeDBSubnetGroups", &target.name));
    }
    (found, outcome)
}

/// Which of its subnets a target lies in is not known.
fn in_some_subnet(target: &Target, outcomes: Vec<Outcome>) -> Outcome {
    let differ = || {
        let says = format!("{} may lie in subnets that can be reached and in subnets that cannot", target.name);
        Reason::new(Code::TargetSubnetInconsistent, &target.name, says)
    };
    Outcome::one_of(outcomes, differ).unwrap_or_default()
}

fn privately<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, target: &'a Target) -> Outcome {
    let (found, missing) = destinations(index, target);
    let mut outcomes: Vec<Outcome> = found
        .iter()
        .map(|to| {
            let there = |family| to.addresses.family() == family;
            connect::either(caller, there, |caller, _| connect::inside(index, caller, to, target.port, Code::SgIngress))
        })
        .collect();
    if !missing.open.is_empty() {
        outcomes.push(missing.then(at_all(index, caller, target.port)));
    }
    in_some_subnet(target, outcomes)
}

/// Whether a public target admits connections from the internet, from whatever address: where NAT gateways and Lambda itself stand is not known here.
fn admitted<'a>(index: &Index<'a>, target: &'a Target) -> Outcome {
    let (found, missing) = destinations(index, target);
    let set = Set::public(Family::V4);
    let side = |to: &Destination<'a>| {
        let internet = Source { vpc: "", subnet: None, addresses: set.clone() };
        let guard = |side, ports, code| border(index, to.vpc, to.subnet, side, set, ports, code);
        let mut outcome = guard(Border::In, only(target.port), Code::NaclIngress);
        outcome.add(groups::ingress(index, to, &internet, &Groups::None, Identity::Lost, target.port, Code::SgIngress));
        outcome.add(guard(Border::Out, ANSWERS, Code::NaclReturn));
        outcome.add(internet::from_outside(index, to.vpc, to.subnet));
        match Spot::in_subnet(index, to.subnet, &index.near(to.vpc)) {
            Ok(spot) => {
                // It has a public address of its own, as a public NAT gateway would give it.
                let source = Source { vpc: to.vpc, subnet: Some(to.subnet), addresses: to.addresses.clone() };
                let travel = Travel { nat: Some((&target.name, true)), ..Travel::back(source) };
                let trip = Walk::new(index, Goal::Internet { service: false }, 0).go(spot, set, travel);
                outcome.add(trip.outcome.told_as(Code::ReturnRoute));
            }
            Err(gap) => outcome.miss(HopKind::RouteTable, to.subnet, gap),
        }
        outcome
    };
    let mut outcomes: Vec<Outcome> = found.iter().map(side).collect();
    if !missing.open.is_empty() {
        outcomes.push(missing);
    }
    in_some_subnet(target, outcomes)
}

fn to_addresses<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, nets: &[IpNet], target: &Target) -> Outcome {
    let of = |family| Set::of(family, nets);
    connect::either(
        caller,
        |family| !of(family).is_empty(),
        |caller, family| {
            let public = of(family).and(Set::public(family));
            let private = of(family).minus(Set::public(family));
            let mut outcomes = Vec::new();
            if !public.is_empty() {
                outcomes.push(connect::outside(index, caller, &public, false, target.port));
            }
            if !private.is_empty() {
                outcomes.push(connect::unplaced(index, caller, &private, target.port));
            }
            let differ = || Reason::new(Code::SplitRoutes, &target.name, format!("{} has addresses that go different ways", target.name));
            Outcome::one_of(outcomes, differ).unwrap_or_default()
        },
    )
}

/// Whether a function that is in no VPC gets there.
pub(super) fn from_outside<'a>(index: &Index<'a>, target: &'a Target) -> Outcome {
    let private = || {
        let mut outcome = Outcome::default();
        outcome.block(HopKind::Target, Code::FunctionOutsideVpc, &target.name, "has private addresses only, and the function is in no VPC");
        outcome
    };
    match &target.place {
        Place::InVpc { public: false, .. } => private(),
        Place::InVpc { public: true, .. } => admitted(index, target),
        Place::Addresses(nets) => {
            let is_public = |net: &IpNet| Set::public(Family::of(net)).covers(&Set::of(Family::of(net), [net]));
            let outcomes = nets.iter().map(|net| if is_public(net) { Outcome::default() } else { private() }).collect();
            let differ = || Reason::new(Code::SplitRoutes, &target.name, format!("{} has private and public addresses", target.name));
            Outcome::one_of(outcomes, differ).unwrap_or_default()
        }
    }
}
