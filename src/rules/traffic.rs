//! What stops the traffic of a rotation function, as things to fix: which reasons of a path stand for themselves, and the ARN of what each is about. The
//! runner asks for them, rule by rule.

use super::rule::PathAssertion;
use super::words::Destination;
use crate::arn::Arn;
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
pub(super) fn told(path: &SubnetPath, reason: &Reason) -> Option<String> {
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
