//! Network ACLs: of the rules that match a packet the one with the lowest number decides, and answers are packets like others
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).

use super::address::{Family, Set};
use crate::inventory::network::{NetworkAcl, NetworkAclRule, Ports, Protocol};

/// The ports of the answers: Lambda functions and NAT gateways both use these
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>).
pub(super) const ANSWERS: Ports = Ports { from: 1024, to: 65_535 };

/// More rules than this no ACL can have: the quota is 20 for each direction, and 40 the most that AWS raises it to
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>).
const MOST_RULES: usize = 400;

/// How much of the asked addresses and ports an ACL lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cover {
    /// Everything.
    All,
    /// Something to every address, but not on every port; the first stretch of refused ports.
    SomePorts(Ports),
    /// Everything to some addresses and nothing, or less, to others; the refused ones.
    SomeAddresses(Set),
    /// Nothing.
    Nothing,
    /// It has more rules than an ACL can have.
    TooLarge,
}

type Stretch = Vec<(u16, u16)>;

/// Decides TCP packets between the subnet and `peers`, to destination ports `ports`.
pub(super) fn admits(acl: &NetworkAcl, egress: bool, peers: &Set, ports: Ports) -> Cover {
    let family = peers.family();
    let matching = |rule: &&NetworkAclRule| {
        rule.egress == egress
            && Family::of(&rule.cidr) == family
            && matches!(rule.protocol, Protocol::All | Protocol::Tcp)
            && Set::of(family, [&rule.cidr]).overlaps(peers)
    };
    let mut rules: Vec<&NetworkAclRule> = acl.rules.iter().filter(matching).collect();
    if rules.len() > MOST_RULES {
        return Cover::TooLarge;
    }
    // Numbers are unique within a direction; if they are not, refusing comes first.
    rules.sort_by_key(|rule| (rule.number, rule.allow));
    let mut left: Vec<(Set, Stretch)> = vec![(peers.clone(), vec![(ports.from, ports.to)])];
    let mut admitted: Vec<(Set, Stretch)> = Vec::new();
    let mut refused: Vec<(Set, Stretch)> = Vec::new();
    for rule in rules {
        let range = Set::of(family, [&rule.cidr]);
        let asked = match (rule.protocol, rule.ports) {
            (Protocol::Tcp, Some(ports)) => (ports.from, ports.to),
            _ => (0, u16::MAX),
        };
        let mut next = Vec::with_capacity(left.len());
        for (addresses, stretch) in left {
            let hit = addresses.and(&range);
            let (within, outside) = split(&stretch, asked);
            if hit.is_empty() || within.is_empty() {
                next.push((addresses, stretch));
                continue;
            }
            let rest = addresses.minus(&range);
            if !rest.is_empty() {
                next.push((rest, stretch));
            }
            if !outside.is_empty() {
                next.push((hit.clone(), outside));
            }
            let list = if rule.allow { &mut admitted } else { &mut refused };
            list.push((hit, within));
        }
        left = next;
    }
    refused.append(&mut left);
    cover(peers, &admitted, &refused)
}

fn cover(peers: &Set, admitted: &[(Set, Stretch)], refused: &[(Set, Stretch)]) -> Cover {
    if refused.is_empty() {
        return Cover::All;
    }
    if admitted.is_empty() {
        return Cover::Nothing;
    }
    let somehow = admitted.iter().fold(Set::empty(peers.family()), |all, (set, _)| all.or(set));
    if somehow.covers(peers) {
        let first = refused.iter().flat_map(|(_, stretch)| stretch).min().copied().unwrap_or_default();
        return Cover::SomePorts(Ports { from: first.0, to: first.1 });
    }
    Cover::SomeAddresses(refused.iter().fold(Set::empty(peers.family()), |all, (set, _)| all.or(set)))
}

/// The parts of `stretch` within and outside of the asked ports.
fn split(stretch: &[(u16, u16)], (from, to): (u16, u16)) -> (Stretch, Stretch) {
    let (mut within, mut outside) = (Vec::new(), Vec::new());
    for &(first, last) in stretch {
        if first.max(from) <= last.min(to) {
            within.push((first.max(from), last.min(to)));
            if first < from {
                outside.push((first, from - 1));
            }
            if last > to {
                outside.push((to + 1, last));
            }
        } else {
            outside.push((first, last));
        }
    }
    (within, outside)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(number: u32, allow: bool, cidr: &str, ports: Option<(u16, u16)>) -> NetworkAclRule {
        NetworkAclRule {
            number,
            egress: false,
            allow,
            protocol: Protocol::Tcp,
            ports: ports.map(|(from, to)| Ports { from, to }),
            cidr: cidr.parse().unwrap(),
        }
    }

    fn acl(rules: Vec<NetworkAclRule>) -> NetworkAcl {
        NetworkAcl { vpc: "vpc-1".to_owned(), default: false, subnets: Vec::new(), rules }
    }

    fn asked(rules: Vec<NetworkAclRule>, ports: Ports) -> Cover {
        admits(&acl(rules), false, &Set::of(Family::V4, &["10.0.0.0/16".parse().unwrap()]), ports)
    }

    const HTTPS: Ports = Ports { from: 443, to: 443 };

    #[test]
    fn the_lowest_number_decides() {
        let refuse = rule(100, false, "10.0.0.0/16", None);
        assert_eq!(asked(vec![rule(90, true, "10.0.0.0/16", Some((443, 443))), refuse.clone()], HTTPS), Cover::All);
        assert_eq!(asked(vec![rule(110, true, "10.0.0.0/16", Some((443, 443))), refuse], HTTPS), Cover::Nothing);
    }

    #[test]
    fn what_no_rule_matches_is_refused() {
        assert_eq!(asked(Vec::new(), HTTPS), Cover::Nothing);
        assert_eq!(asked(vec![rule(1, true, "0.0.0.0/0", Some((80, 80)))], HTTPS), Cover::Nothing);
    }

    #[test]
    fn some_of_the_answers_ports_are_told_from_some_of_the_addresses() {
        let partial = asked(vec![rule(1, true, "0.0.0.0/0", Some((32_768, 60_999)))], ANSWERS);
        assert_eq!(partial, Cover::SomePorts(Ports { from: 1024, to: 32_767 }));
        let halves = asked(vec![rule(1, true, "10.0.0.0/17", None)], ANSWERS);
        assert_eq!(halves, Cover::SomeAddresses(Set::of(Family::V4, &["10.0.128.0/17".parse().unwrap()])));
    }

    #[test]
    fn rules_without_end_are_not_evaluated() {
        let rules = (0..60_000).map(|number| rule(number, number % 2 == 0, "10.0.0.0/24", Some((443, 443)))).collect();
        assert_eq!(asked(rules, HTTPS), Cover::TooLarge);
    }

    proptest! {
        #[test]
        fn it_agrees_with_single_packets(
            rules in proptest::collection::vec((1_u32..9, any::<bool>(), 0_u32..16, 28_u8..=32, 1020_u16..1036, 0_u16..8), 0..7)
        ) {
            let rules: Vec<NetworkAclRule> = rules
                .into_iter()
                .map(|(number, allow, start, length, from, more)| {
                    rule(number, allow, &format!("10.0.0.{}/{length}", start * 2), Some((from, from + more)))
                })
                .collect();
            let acl = acl(rules);
            let peers = Set::of(Family::V4, &["10.0.0.0/27".parse().unwrap()]);
            let ports = Ports { from: 1024, to: 1031 };
            let packet = |host: u32, port: u16| {
                let address = std::net::IpAddr::from([10, 0, 0, u8::try_from(host).unwrap()]);
                acl.rules
                    .iter()
                    .filter(|rule| rule.cidr.contains(&address) && rule.ports.is_some_and(|ports| ports.from <= port && port <= ports.to))
                    .min_by_key(|rule| (rule.number, rule.allow))
                    .is_some_and(|rule| rule.allow)
            };
            let hosts: Vec<Vec<bool>> = (0..32).map(|host| (1024..=1031).map(|port| packet(host, port)).collect()).collect();
            let all = hosts.iter().flatten().all(|admitted| *admitted);
            let none = hosts.iter().flatten().all(|admitted| !*admitted);
            let every_host = hosts.iter().all(|ports| ports.iter().any(|admitted| *admitted));
            match admits(&acl, false, &peers, ports) {
                Cover::All => prop_assert!(all),
                Cover::Nothing => prop_assert!(none),
                Cover::SomePorts(_) => prop_assert!(!all && every_host),
                Cover::SomeAddresses(_) => prop_assert!(!none && !every_host),
                Cover::TooLarge => prop_assert!(false),
            }
        }
    }
}
