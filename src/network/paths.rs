//! The answers of this room, each worked out once: for every different subnet, set of security groups and destination, however many functions share them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::answer::{HopKind, Reach, SubnetPath, Verdict, Way};
use super::connect::Caller;
use super::ends::At;
use super::hosts::{self, Endpoint, HostKind};
use super::index::Index;
use super::names::Resolution;
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use super::resolve::resolve;
use super::service::{self, at_all, distinct, finish};
use super::target::{self, Target};
use crate::arn::Arn;
use crate::inventory::{FunctionConfiguration, Inventory, Known, VpcAttachment};

/// What the answer about one subnet depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    place: String,
    subnet: String,
    groups: Vec<String>,
    ipv6: bool,
    to: To,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    /// An endpoint of Secrets Manager, and what is not known about it beforehand.
    Endpoint(Endpoint, Option<Reason>),
    Target(Target),
}

/// The paths of the functions of one inventory.
pub struct Paths<'a> {
    index: Index<'a>,
    names: RefCell<BTreeMap<(String, String), Rc<Resolution<'a>>>>,
    known: RefCell<BTreeMap<Key, Arc<SubnetPath>>>,
}

impl<'a> Paths<'a> {
    /// Reads the networks once.
    pub fn new(inventory: &'a Inventory) -> Self {
        Self { index: Index::new(inventory), names: RefCell::default(), known: RefCell::default() }
    }

    /// Whether a function with this configuration reaches the API of Secrets Manager in the region of its secret.
    pub fn to_secrets_manager(&self, configuration: &FunctionConfiguration, function: &Arn, secret_region: &str) -> Reach {
        let endpoints = hosts::endpoints(configuration, function.region());
        if let (Some(gap), Some(endpoint)) = (configuration.environment_gap(), endpoints.first()) {
            return self.follow(configuration.vpc.as_ref(), function, endpoint, Some(Reason::missing(gap.clone())));
        }
        let mut reaches: Vec<Reach> =
            endpoints.iter().map(|endpoint| self.to_endpoint(configuration.vpc.as_ref(), function, secret_region, endpoint)).collect();
        let agree = reaches.windows(2).all(|pair| matches!(pair, [one, other] if one.verdict == other.verdict));
        if reaches.len() == 1 || agree {
            return reaches.drain(..).reduce(both).unwrap_or_else(nothing);
        }
        let given: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.variable.unwrap_or("the SDK's endpoint")).collect();
        let detail = format!("{} do not come out alike, and which of them the code takes is not known", given.join(" and "));
        let disagree = Reason::new(Code::EndpointsDisagree, given.first().copied().unwrap_or_default(), detail);
        let mut reach = reaches.into_iter().reduce(both).unwrap_or_else(nothing);
        reach.verdict = Verdict::Undecided;
        reach.reasons.insert(0, disagree);
        reach
    }

    /// Whether a function with this configuration reaches its target. Without one nothing is judged; one that could not be read leaves it open.
    pub fn to_target(&self, configuration: &FunctionConfiguration, function: &Arn, target: &Known<Option<Target>>) -> Reach {
        let target = match target {
            Known::Value(Some(target)) => target,
            Known::Value(None) => {
                let none = Reason::new(Code::TargetNone, function.as_str(), "no target is known for this secret, or it has none");
                return Reach { verdict: Verdict::NotJudged, remarks: vec![none], ..nothing() };
            }
            Known::Unreadable(gap) => return Reach { reasons: vec![Reason::missing(gap.clone())], ..nothing() },
        };
        let Some(attachment) = attached(configuration.vpc.as_ref()) else {
            return single(target::from_outside(&self.index, target), Way::Outside);
        };
        self.over_subnets(attachment, function, &To::Target(target.clone()), |caller| {
            let resolution = target.name_to_resolve().map(|host| self.resolution(caller.vpc(), host));
            target::path(&self.index, caller, target, resolution.as_deref())
        })
    }

    fn to_endpoint(&self, vpc: Option<&VpcAttachment>, function: &Arn, secret_region: &str, endpoint: &Endpoint) -> Reach {
        let mut outcome = Outcome::default();
        let open = match endpoint.objection(secret_region) {
            Some((reason, true)) => {
                outcome.blocked.push(reason);
                return single(outcome, if attached(vpc).is_some() { Way::Unknown } else { Way::Outside });
            }
            Some((reason, false)) => Some(reason),
            None => None,
        };
        self.follow(vpc, function, endpoint, open)
    }

    /// Whether a function with this configuration reaches the public name of another service that AWS's templates call, or the VPC endpoint that answers to
    /// it; `None` for services that they do not call, and in partitions whose names are not verified.
    pub fn to_service(&self, configuration: &FunctionConfiguration, function: &Arn, service: &str) -> Option<Reach> {
        let endpoint = Endpoint::of_service(service, function.region())?;
        Some(self.follow(configuration.vpc.as_ref(), function, &endpoint, None))
    }

    /// Follows the calls to an endpoint to which there is no certain objection.
    fn follow(&self, vpc: Option<&VpcAttachment>, function: &Arn, endpoint: &Endpoint, open: Option<Reason>) -> Reach {
        let mut outcome = Outcome::default();
        let Some(attachment) = attached(vpc) else {
            if let HostKind::VpcEndpoint { id, .. } = &endpoint.kind {
                let says = "has private addresses only, and the function is in no VPC";
                outcome.block(HopKind::Endpoint, Code::FunctionOutsideVpc, id, says);
            }
            outcome.open.extend(open);
            let outside = "the function is in no VPC: it runs in Lambda's own network, which has the internet";
            outcome.remark(Reason::new(Code::FunctionNotInVpc, function.as_str(), outside));
            return single(outcome, Way::Outside);
        };
        self.over_subnets(attachment, function, &To::Endpoint(endpoint.clone(), open.clone()), |caller| match &open {
            None => service::path(&self.index, caller, endpoint, &self.resolution(caller.vpc(), &endpoint.host)),
            Some(reason) => {
                let mut outcome = Outcome::default();
                outcome.found(HopKind::EndpointUrl, reason, Verdict::Undecided);
                finish(caller.at.id, outcome.then(at_all(&self.index, caller, endpoint.port)), Way::Unknown)
            }
        })
    }

    fn resolution(&self, vpc: &str, host: &str) -> Rc<Resolution<'a>> {
        let key = (vpc.to_owned(), host.to_owned());
        if let Some(known) = self.names.borrow().get(&key) {
            return Rc::clone(known);
        }
        let resolution = Rc::new(resolve(&self.index, vpc, host));
        self.names.borrow_mut().insert(key, Rc::clone(&resolution));
        resolution
    }

    /// Follows the path from each subnet of a function, and joins what they come to.
    fn over_subnets(&self, attachment: &VpcAttachment, function: &Arn, to: &To, follow: impl Fn(&Caller<'_, 'a>) -> SubnetPath) -> Reach {
        let place = format!("{}/{}", function.account(), function.region());
        let groups: Vec<String> = attachment.security_group_ids.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let subnets: BTreeSet<&String> = attachment.subnet_ids.iter().collect();
        let paths = subnets.into_iter().map(|subnet| {
            let key =
                Key { place: place.clone(), subnet: subnet.clone(), groups: groups.clone(), ipv6: attachment.ipv6_allowed, to: to.clone() };
            if let Some(known) = self.known.borrow().get(&key) {
                return Arc::clone(known);
            }
            let path = Arc::new(if let Some((id, details)) = self.index.subnets.entry(subnet) {
                follow(&Caller { at: At { id, subnet: details }, groups: &groups, ipv6: attachment.ipv6_allowed })
            } else {
                let mut outcome = Outcome::default();
                let near: Vec<usize> = self.index.place(&place).into_iter().collect();
                outcome.miss(HopKind::Subnet, subnet, self.index.subnets.gap(subnet, &near));
                finish(subnet, outcome, Way::Unknown)
            });
            self.known.borrow_mut().insert(key, Arc::clone(&path));
            path
        });
        join(paths.collect(), function)
    }
}

/// The attachment of a function that has one: Lambda answers with empty lists after a function was taken out of its VPC.
fn attached(vpc: Option<&VpcAttachment>) -> Option<&VpcAttachment> {
    vpc.filter(|vpc| !vpc.subnet_ids.is_empty())
}

fn nothing() -> Reach {
    Reach { verdict: Verdict::Undecided, subnets: Vec::new(), reasons: Vec::new(), remarks: Vec::new(), way: Way::Unknown }
}

/// The answer that no subnet has a part in.
fn single(outcome: Outcome, way: Way) -> Reach {
    let path = finish("", outcome, way);
    Reach { verdict: path.verdict, subnets: Vec::new(), reasons: path.reasons, remarks: path.remarks, way: path.way }
}

/// Every subnet has to reach the target, because Lambda chooses among them.
fn join(subnets: Vec<Arc<SubnetPath>>, function: &Arn) -> Reach {
    let Some(verdict) = subnets.iter().map(|path| path.verdict).min() else { return nothing() };
    let deciding = subnets.iter().filter(|path| path.verdict == verdict);
    let mut reasons: Vec<Reason> = deciding.clone().flat_map(|path| path.reasons.iter().cloned()).collect();
    if verdict == Verdict::Blocked && subnets.iter().any(|path| path.verdict != Verdict::Blocked) {
        let bad: Vec<&str> = deciding.map(|path| path.subnet.as_str()).collect();
        let detail = format!("from {} nothing gets there, and Lambda runs the function in any of its subnets", bad.join(", "));
        reasons.insert(0, Reason::new(Code::SubnetInconsistent, function.as_str(), detail));
    }
    let remarks = subnets.iter().flat_map(|path| path.remarks.iter().cloned());
    let way = subnets.iter().map(|path| path.way.clone()).reduce(|way, other| way.join(&other)).unwrap_or(Way::Unknown);
    Reach { verdict, reasons: distinct(reasons), remarks: distinct(remarks), way, subnets }
}

/// The answers over two endpoints that the function may use.
fn both(mut one: Reach, other: Reach) -> Reach {
    one.subnets.extend(other.subnets);
    one.reasons = distinct(one.reasons.into_iter().chain(other.reasons));
    one.remarks = distinct(one.remarks.into_iter().chain(other.remarks));
    one.way = one.way.join(&other.way);
    one
}
