//! Whether one subnet of a function reaches the API of Secrets Manager: over the public name, or through the network interfaces of a VPC endpoint.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::address::{Family, Set};
use super::answer::{EndpointId, EndpointWay, HopKind, SubnetPath, Verdict, Way};
use super::connect::{self, Caller};
use super::ends::{Destination, Groups};
use super::groups;
use super::hosts::{Endpoint, HostKind};
use super::index::Index;
use super::names::{self, Answer, Resolution};
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use crate::inventory::Gap;
use crate::inventory::network::{NetworkInterface, VpcEndpoint};

/// One interface of an endpoint, as a destination; or a subnet in which it has one.
struct Door<'a> {
    endpoint: &'a str,
    to: Destination<'a>,
    zone: Option<&'a str>,
    /// The zone's name.
    zone_name: Option<&'a str>,
}

/// Follows the calls of a caller to an endpoint of Secrets Manager.
pub(super) fn path<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, endpoint: &Endpoint, resolution: &Resolution<'a>) -> SubnetPath {
    let mut ways: Option<Way> = None;
    let mut outcomes = Vec::new();
    for answer in &resolution.answers {
        let mut outcome = Outcome::default();
        names::tell(&mut outcome, caller.vpc(), &endpoint.host, answer);
        let (followed, way) = follow(index, caller, endpoint, answer);
        outcome.add(followed);
        if matches!(answer, Answer::Public(_)) {
            explain(&mut outcome, resolution);
        }
        ways = Some(ways.map_or(way.clone(), |other| other.join(&way)));
        outcomes.push(outcome);
    }
    let differ =
        || match resolution.answers.iter().find_map(|answer| if let Answer::Nothing(reason) = answer { Some(reason) } else { None }) {
            Some(reason) => reason.clone(),
            None => Reason::new(Code::DnsVarying, caller.vpc(), "the name may lead to different addresses"),
        };
    let outcome = Outcome::one_of(outcomes, differ).unwrap_or_default();
    finish(caller.at.id, outcome, ways.unwrap_or(Way::Unknown))
}

/// Makes the answer about a subnet out of what its path came to.
pub(super) fn finish(subnet: &str, outcome: Outcome, way: Way) -> SubnetPath {
    let verdict = outcome.verdict();
    let reasons = match verdict {
        Verdict::Blocked => outcome.blocked,
        _ => outcome.open,
    };
    SubnetPath {
        subnet: subnet.to_owned(),
        verdict,
        hops: outcome.hops,
        reasons: distinct(reasons),
        remarks: distinct(outcome.remarks),
        way,
    }
}

/// Each code once for each component, in the order in which they came.
pub(super) fn distinct(reasons: impl IntoIterator<Item = Reason>) -> Vec<Reason> {
    let mut seen = BTreeSet::new();
    reasons.into_iter().filter(|reason| seen.insert((reason.code, reason.component.clone()))).collect()
}

/// Why the name leads to the public although an endpoint is there: a cause if that is no way, else a remark.
fn explain(outcome: &mut Outcome, resolution: &Resolution<'_>) {
    // What was not read explains nothing, but may.
    let (unread, causes): (Vec<&Reason>, Vec<&Reason>) = resolution.causes.iter().partition(|cause| cause.gap.is_some());
    outcome.remarks.extend(unread.into_iter().cloned());
    match outcome.verdict() {
        Verdict::Blocked => {
            outcome.blocked.splice(0..0, causes.into_iter().cloned());
        }
        Verdict::Undecided => outcome.remarks.extend(causes.into_iter().cloned()),
        _ => {
            if let Some(id) = resolution.unused {
                let why = causes.first().map_or("", |cause| &cause.detail);
                outcome.remark(Reason::new(Code::VpceUnused, id, format!("{id} is there, and calls go over the internet: {why}")));
            }
        }
    }
}

fn follow<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, endpoint: &Endpoint, answer: &Answer<'a>) -> (Outcome, Way) {
    let mut outcome = Outcome::default();
    match answer {
        Answer::Public(asked) if asked.kind == endpoint.kind || matches!(asked.kind, HostKind::Default | HostKind::Fips) => {
            (over_internet(index, caller, &Endpoint { port: endpoint.port, ..(**asked).clone() }), Way::Internet)
        }
        Answer::Public(asked) => {
            let says = format!("resolves {} to {}, which is no host of the service", endpoint.host, asked.host);
            outcome.leave_open(HopKind::Resolver, Code::DnsVarying, caller.vpc(), &says);
            (outcome.then(at_all(index, caller, endpoint.port)), Way::Unknown)
        }
        Answer::Endpoint(id, zone) => through(index, caller, endpoint, id, zone.as_deref()),
        Answer::Addresses(addresses) => to_addresses(index, caller, endpoint, addresses),
        Answer::Nothing(reason) => {
            outcome.found(HopKind::Resolver, reason, Verdict::Blocked);
            (outcome, Way::Unknown)
        }
        Answer::Open(reasons) => {
            for reason in reasons {
                outcome.found(HopKind::Resolver, reason, Verdict::Undecided);
            }
            (outcome.then(at_all(index, caller, endpoint.port)), Way::Unknown)
        }
    }
}

/// Where the calls go to is not known; what lets nothing out stops them anyway.
pub(super) fn at_all(index: &Index<'_>, caller: &Caller<'_, '_>, port: u16) -> Outcome {
    if groups::lets_something_out(index, caller.groups, caller.vpc(), port) {
        return Outcome::default();
    }
    groups::egress(
        index,
        caller.groups,
        caller.vpc(),
        &groups::Outward::Service(&Set::everything(Family::V4)),
        super::ends::Identity::Lost,
        port,
    )
}

fn over_internet<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, endpoint: &Endpoint) -> Outcome {
    connect::either(
        caller,
        |_| true,
        |caller, family| {
            let mut outcome = connect::outside(index, caller, Set::public(family), true, endpoint.port);
            if family == Family::V6 && !endpoint.is_dual_stack() {
                let says = format!("whether {} answers over IPv6 is not documented", endpoint.host);
                outcome.open.push(Reason::new(Code::EndpointUnverified, &endpoint.host, says));
            }
            outcome
        },
    )
}

fn groups_of<'a>(index: &Index<'a>, endpoint: &'a VpcEndpoint, interface: Option<&'a NetworkInterface>) -> Groups<'a> {
    let listed =
        interface.map(|interface| &interface.security_groups).filter(|groups| !groups.is_empty()).unwrap_or(&endpoint.security_groups);
    if !listed.is_empty() {
        return Groups::Known(listed.iter().map(String::as_str).collect());
    }
    // An endpoint that was given no group has the VPC's default one.
    match index.default_group(&endpoint.vpc) {
        Some(group) => Groups::Known(vec![group]),
        None => Groups::Unread(index.security_groups.gap(&endpoint.vpc, &index.near(&endpoint.vpc))),
    }
}

/// The interfaces of an endpoint. Of one that was not read the subnet is known at least, and with it the range of its address.
fn doors<'a>(index: &Index<'a>, id: &'a str, endpoint: &'a VpcEndpoint) -> Vec<Door<'a>> {
    let interfaces = endpoint.interfaces.iter().filter_map(|id| index.interfaces.entry(id));
    let mut doors: Vec<Door<'a>> = interfaces.flat_map(|(_, interface)| door(index, id, endpoint, interface)).collect();
    for subnet in &endpoint.subnets {
        if doors.iter().any(|door| door.to.subnet == subnet) {
            continue;
        }
        let Some((subnet, details)) = index.subnets.entry(subnet) else { continue };
        let [v4, v6] = [Family::V4, Family::V6].map(|family| Set::of(family, &details.cidrs));
        let addresses = if v4.is_empty() { v6 } else { v4 };
        let to = Destination { name: id, vpc: &endpoint.vpc, subnet, addresses, groups: groups_of(index, endpoint, None) };
        doors.push(Door { endpoint: id, to, zone: Some(&details.zone_id), zone_name: details.zone.as_deref() });
    }
    doors
}

/// One door for each address of an interface; they share subnet and zone.
fn door<'a>(index: &Index<'a>, id: &'a str, endpoint: &'a VpcEndpoint, interface: &'a NetworkInterface) -> Vec<Door<'a>> {
    let subnet = index.subnets.entry(&interface.subnet).map(|(_, subnet)| subnet);
    let door = |address: &IpAddr| Door {
        endpoint: id,
        to: Destination {
            name: id,
            vpc: &endpoint.vpc,
            subnet: &interface.subnet,
            addresses: Set::one(*address),
            groups: groups_of(index, endpoint, Some(interface)),
        },
        zone: subnet.map(|subnet| subnet.zone_id.as_str()),
        zone_name: subnet.and_then(|subnet| subnet.zone.as_deref()),
    };
    interface.addresses.iter().map(door).collect()
}

fn through<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, asked: &Endpoint, id: &'a str, zone: Option<&str>) -> (Outcome, Way) {
    let mut outcome = Outcome::default();
    let Some((id, endpoint)) = index.endpoints.entry(id) else { return (outcome, Way::Unknown) };
    let way = way(index, caller, &endpoint.vpc, [id]);
    if !names::is_available(endpoint) {
        outcome.block(HopKind::Endpoint, Code::VpceState, id, &format!("is {}, not available", endpoint.state));
        return (outcome, way);
    }
    let mut doors = doors(index, id, endpoint);
    if doors.is_empty() {
        outcome.miss(HopKind::Endpoint, id, index.interfaces.gap(id, &index.near(&endpoint.vpc)));
        return (outcome.then(at_all(index, caller, asked.port)), way);
    }
    let Some(zone) = zone else { return (enter(index, caller, asked.port, &doors), way) };
    let named = doors.iter().all(|door| door.zone_name.is_some());
    if named {
        doors.retain(|door| door.zone_name == Some(zone));
        if doors.is_empty() {
            outcome.block(HopKind::Endpoint, Code::VpceState, id, &format!("has no interface in {zone}, to which the name leads"));
            return (outcome, way);
        }
        return (enter(index, caller, asked.port, &doors), way);
    }
    let single: Vec<Outcome> = doors.iter().map(|door| enter(index, caller, asked.port, std::slice::from_ref(door))).collect();
    let differ = || Reason::new(Code::VpceZoneUnknown, id, format!("which interface of {id} is the one in {zone} is not known"));
    (Outcome::one_of(single, differ).unwrap_or_default(), way)
}

/// Connects to every interface: the name leads to all of them in turn, so each has to be reached, over whichever IP version.
fn enter<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, port: u16, doors: &[Door<'a>]) -> Outcome {
    let mut subnets: Vec<(&str, &str)> = doors.iter().map(|door| (door.endpoint, door.to.subnet)).collect();
    subnets.sort_unstable();
    subnets.dedup();
    let reached: Vec<Outcome> = subnets
        .iter()
        .map(|(endpoint, subnet)| {
            let here: Vec<&Door<'a>> = doors.iter().filter(|door| (door.endpoint, door.to.subnet) == (*endpoint, *subnet)).collect();
            let there = |family| here.iter().any(|door| door.to.addresses.family() == family);
            connect::either(caller, there, |caller, family| {
                let of_family = here.iter().filter(|door| door.to.addresses.family() == family);
                of_family
                    .map(|door| connect::inside(index, caller, &door.to, port, Code::VpceSgIngress))
                    .fold(Outcome::default(), Outcome::then)
            })
        })
        .collect();
    let id = doors.first().map_or("", |door| door.endpoint);
    let stopped = reached.iter().filter(|outcome| outcome.verdict() == Verdict::Blocked).count();
    let some = stopped > 0 && stopped < reached.len();
    let mut outcome = reached.into_iter().fold(Outcome::default(), Outcome::then);
    if some {
        outcome.block(HopKind::Endpoint, Code::VpceEniInconsistent, id, "has interfaces that cannot be reached beside others that can");
    } else if outcome.verdict() == Verdict::Reachable {
        outcome.pass(HopKind::Endpoint, id, "is the endpoint of the service");
    }
    let zone = caller.at.subnet.zone_id.as_str();
    if doors.iter().all(|door| door.zone.is_some_and(|other| other != zone)) {
        let says = format!("{id} has no interface in {zone}, the zone of {}: calls cross zones", caller.at.id);
        outcome.remark(Reason::new(Code::CrossAz, id, says));
    }
    outcome
}

/// Connects to addresses that a private hosted zone gave: those of the interfaces of an endpoint, it is hoped.
fn to_addresses<'a>(index: &Index<'a>, caller: &Caller<'_, 'a>, asked: &Endpoint, addresses: &[IpAddr]) -> (Outcome, Way) {
    let mut found = Vec::new();
    let mut outcome = Outcome::default();
    for address in addresses {
        let owners: Vec<(&'a str, &'a VpcEndpoint, &'a NetworkInterface)> = index
            .interfaces_at(*address)
            .iter()
            .filter_map(|id| {
                let (endpoint, details) = index.endpoints.entry(index.endpoint_of(id)?)?;
                Some((endpoint, details, index.interfaces.entry(id)?.1))
            })
            .collect();
        let &[(id, endpoint, interface)] = owners.as_slice() else {
            let says =
                if owners.is_empty() { "is the address of nothing in this inventory" } else { "is the address of several interfaces" };
            outcome.leave_open(HopKind::Resolver, Code::TargetUnplaced, &address.to_string(), says);
            continue;
        };
        if !names::is_available(endpoint) {
            outcome.block(HopKind::Endpoint, Code::VpceState, id, &format!("is {}, not available", endpoint.state));
        }
        if names::serves(endpoint, asked) != Some(asked.service()) {
            outcome.leave_open(HopKind::Endpoint, Code::VpceOtherName, id, &format!("serves {}, and not {}", endpoint.service, asked.host));
        }
        found.extend(door(index, id, endpoint, interface).into_iter().filter(|door| door.to.addresses == Set::one(*address)));
    }
    let Some(vpc) = found.first().map(|door| door.to.vpc) else {
        let says = Gap::not_collected("ec2:DescribeNetworkInterfaces", &asked.host);
        if outcome.open.is_empty() && outcome.blocked.is_empty() {
            outcome.miss(HopKind::Resolver, &asked.host, says);
        }
        return (outcome.then(at_all(index, caller, asked.port)), Way::Unknown);
    };
    let way = if outcome.open.is_empty() && found.iter().all(|door| door.to.vpc == vpc) {
        way(index, caller, vpc, found.iter().map(|door| door.endpoint))
    } else {
        Way::Unknown
    };
    (outcome.then(enter(index, caller, asked.port, &found)), way)
}

fn way<'e>(index: &Index<'_>, caller: &Caller<'_, '_>, vpc: &str, endpoints: impl IntoIterator<Item = &'e str>) -> Way {
    let endpoint = |id: &str| EndpointId { place: index.place_of_endpoint(id).to_owned(), id: id.to_owned() };
    let usable = |net: &&ipnet::IpNet| caller.ipv6 || Family::of(net) == Family::V4;
    Way::Endpoint(EndpointWay {
        vpc: vpc.to_owned(),
        endpoints: endpoints.into_iter().map(endpoint).collect(),
        sources: caller.at.subnet.cidrs.iter().filter(usable).copied().collect(),
    })
}
