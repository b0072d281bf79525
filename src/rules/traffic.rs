//! What stops the traffic of a rotation function, as things to fix: which reasons of a path stand for themselves, and the ARN of what each is about. The
//! runner asks for them, rule by rule.

use super::rule::PathAssertion;
use super::words::Destination;
use crate::arn::Arn;
use crate::network::{Code, Reach, Reason, SubnetPath, Verdict};
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

/// Why a name leads to the public although there is an endpoint: what blocks the public way behind it is not what has to be mended.
const CAUSES: [Code; 5] = [Code::DnsHostnamesOff, Code::DnsPhzNotAssociated, Code::VpceOtherName, Code::VpcePrivateDnsOff, Code::VpceState];

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
    let blocking: Vec<&Reason> = match (reach.verdict, reach.subnets.is_empty()) {
        (Verdict::Blocked, true) => standing(&reach.reasons).collect(),
        (Verdict::Blocked, false) => {
            let blocked = reach.subnets.iter().filter(|path| path.verdict == Verdict::Blocked);
            blocked.flat_map(|path| standing(&path.reasons)).collect()
        }
        _ => Vec::new(),
    };
    let blocking = blocking.into_iter().filter(|reason| path.blocked_by.contains(&reason.code));
    let mut reasons: Vec<&Reason> = blocking.chain(reach.remarks.iter().filter(|reason| path.remarks.contains(&reason.code))).collect();
    reasons.sort();
    reasons.dedup_by(|a, b| (a.code, &a.component) == (b.code, &b.component));
    reasons
}

/// The reasons that are faults of their own: the first one alone where it is the cause of the others.
fn standing(reasons: &[Reason]) -> impl Iterator<Item = &Reason> {
    let caused = reasons.first().is_some_and(|first| CAUSES.contains(&first.code));
    reasons.iter().take(if caused { 1 } else { usize::MAX })
}

/// A path in one line, hop by hop, as far as the first that stops it.
pub(super) fn told(path: &SubnetPath) -> String {
    let stop = path.hops.iter().position(|hop| hop.verdict == Verdict::Blocked).map_or(path.hops.len(), |at| at + 1);
    let hops: Vec<String> = path.hops[..stop].iter().map(|hop| format!("{} {} {}", hop.kind, hop.id, hop.says)).collect();
    hops.join(" → ")
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
