//! What stops the traffic of a rotation function, as things to fix: which reasons of a path stand for themselves, what each proves, and the ARN of what
//! it is about. The runner and `evaluate` ask, rule by rule.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fields::{Focus, View};
use super::outcome::Outcome;
use super::proof::{Open, Proof, open};
use super::rule::{PathAssertion, Rule};
use super::words::Destination;
use crate::arn::Arn;
use crate::finding::About;
use crate::inventory::{Gap, Known};
use crate::network::{Reach, Reason, SubnetPath, Verdict};
use crate::rotation::{Connections, Rotation};

/// EC2's kinds of ids and the resource types of their ARNs
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html>). The longer beginning comes first.
const TYPES: [(&str, &str); 17] = [
    ("acl-", "network-acl"),
    ("dopt-", "dhcp-options"),
    ("eigw-", "egress-only-internet-gateway"),
    ("eni-", "network-interface"),
    ("igw-", "internet-gateway"),
    ("nat-", "natgateway"),
    ("pcx-", "vpc-peering-connection"),
    ("pl-", "prefix-list"),
    ("rtb-", "route-table"),
    ("sg-", "security-group"),
    ("subnet-", "subnet"),
    ("tgw-attach-", "transit-gateway-attachment"),
    ("tgw-rtb-", "transit-gateway-route-table"),
    ("tgw-", "transit-gateway"),
    ("vgw-", "vpn-gateway"),
    ("vpce-", "vpc-endpoint"),
    ("vpc-", "vpc"),
];

/// The path to this destination; `None` where the function does not go there.
pub(super) fn reach(connections: &Connections, to: Destination) -> Option<&Reach> {
    match to {
        Destination::SecretsManager => Some(&connections.secrets_manager),
        Destination::Target => Some(&connections.target),
        Destination::TemplateService => connections.auxiliary.as_ref().map(|(_, reach)| reach),
    }
}

/// The reasons of a path that this rule is about.
pub(super) fn reasons<'a>(path: &PathAssertion, reach: &'a Reach) -> Vec<&'a Reason> {
    let blocking = reach.faults().into_iter().filter(|reason| path.blocked_by.contains(&reason.code));
    let mut reasons: Vec<&Reason> = blocking.chain(reach.remarks.iter().filter(|reason| path.remarks.contains(&reason.code))).collect();
    reasons.sort();
    reasons.dedup_by(|a, b| (a.code, &a.component) == (b.code, &b.component));
    reasons
}

/// A path in one line, hop by hop, as far as the component at fault; nothing where something else stops it before.
fn told(path: &SubnetPath, reason: &Reason) -> Option<String> {
    let stop = path.hops.iter().position(|hop| hop.verdict == Verdict::Blocked);
    let end = match stop {
        Some(at) if path.hops[at].id == reason.component => at + 1,
        Some(_) => return None,
        None => path.hops.len(),
    };
    let hops: Vec<String> = path.hops[..end].iter().map(|hop| format!("{} {} {}", hop.kind, hop.id, hop.says)).collect();
    Some(hops.join(" → "))
}

/// The ARN of a component of the function's network; the function itself where there is none.
pub(super) fn arn(component: &str, rotation: &Rotation<'_>) -> Option<Arn> {
    let function = rotation.function_arn?.split_qualifier().0;
    if let Ok(arn) = Arn::parse(component) {
        return Some(arn.split_qualifier().0);
    }
    let zone = component.starts_with('Z') && component.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let built = match TYPES.iter().find(|(beginning, _)| component.starts_with(beginning)) {
        Some((_, kind)) => Arn::build(function.partition(), "ec2", function.region(), function.account(), &format!("{kind}/{component}")),
        None if zone => Arn::build(function.partition(), "route53", "", "", &format!("hostedzone/{component}")),
        None => return Some(function),
    };
    Some(built.unwrap_or(function))
}

/// The reason that the runner has found, with one path that shows it; the message says from where else.
pub(super) fn stopped(view: &View<'_>) -> Outcome {
    let Focus::Reason(reason, reach) = view.focus else { return Outcome::Passes };
    let fact = |field: String, value: String| Proof::Fact { field, value };
    let shows = |subnet: &&Arc<SubnetPath>| {
        subnet.reasons.iter().chain(&subnet.remarks).any(|other| (other.code, &other.component) == (reason.code, &reason.component))
    };
    let shown = reach.subnets.iter().find(shows);
    let path = shown.and_then(|subnet| Some(fact(format!("the path from {}", subnet.subnet), told(subnet, reason)?)));
    Outcome::Finding([fact(reason.code.as_str().to_owned(), reason.detail.clone())].into_iter().chain(path).collect())
}

/// Where the runner found nothing on the way that the rule could look at: whether that is because nobody knows the way.
pub(super) fn unseen(rule: &Rule, view: &View<'_>) -> Outcome {
    let to = match (&rule.assertions.path, rule.info.about) {
        (Some(path), _) => path.to,
        (None, About::Endpoint) => Destination::SecretsManager,
        (None, _) => return Outcome::Passes,
    };
    if !matches!(view.focus, Focus::Whole) {
        return Outcome::Passes;
    }
    let Some(connections) = &view.rotation.connections else {
        return view.rotation.configuration.gap().map_or(Outcome::Passes, |gap| Outcome::Undecided(open(BTreeSet::from([gap.clone()]))));
    };
    let Some(reach) = reach(connections, to) else { return untagged(view) };
    let missing: BTreeSet<Gap> = reach.reasons.iter().chain(&reach.remarks).filter_map(|reason| reason.gap.clone()).collect();
    if reach.verdict != Verdict::Undecided {
        // Where nothing gets through, something that was not read may be what this rule looks for.
        return if reach.verdict == Verdict::Blocked && !missing.is_empty() { Outcome::Undecided(open(missing)) } else { Outcome::Passes };
    }
    let hinges = reach.reasons.iter().filter(|reason| reason.gap.is_none()).map(|reason| reason.detail.clone()).collect();
    Outcome::Undecided(Open { missing, hinges })
}

/// Which template a function was made from, its tags tell. One outside of any VPC reaches every service.
fn untagged(view: &View<'_>) -> Outcome {
    let in_vpc = view.rotation.configuration.value().copied().flatten().is_some_and(|configuration| configuration.vpc.is_some());
    let tags = view.rotation.function.value().copied().flatten().map(|function| &function.tags);
    match tags {
        Some(Known::Unreadable(gap)) if in_vpc => Outcome::Undecided(open(BTreeSet::from([gap.clone()]))),
        _ => Outcome::Passes,
    }
}
