//! Gateway Load Balancer endpoints and the firewalls behind them: only what a stateless rule certainly drops is decided.

use super::address::{Family, Set};
use super::answer::HopKind;
use super::index::Index;
use super::outcome::Outcome;
use super::reason::Code;
use super::spot::{Leg, Spot};
use crate::inventory::network::{Firewall, FirewallAction, FirewallRule, Protocol};

const KIND: HopKind = HopKind::Endpoint;

/// Goes through the endpoint `id` that a route names, and on from its subnet.
pub(super) fn through<'a>(index: &Index<'a>, leg: &Leg<'_, 'a>, id: &str) -> (Outcome, Option<Spot<'a>>) {
    let mut outcome = Outcome::default();
    let Some((id, endpoint)) = index.endpoints.entry(id) else {
        outcome.miss(KIND, id, index.endpoints.gap(id, &index.near(leg.spot.vpc)));
        return (outcome, None);
    };
    if !endpoint.kind.eq_ignore_ascii_case("GatewayLoadBalancer") {
        outcome.leave_open(KIND, Code::UnknownTarget, id, &format!("is an endpoint of type {}, which leads nowhere else", endpoint.kind));
        return (outcome, None);
    }
    if !leg.travel.answers && endpoint.firewall.as_ref().is_some_and(|firewall| drops(firewall, leg)) {
        outcome.block(KIND, Code::FirewallDrop, id, &format!("leads to a firewall that drops tcp {} to {}", leg.port, leg.set));
        return (outcome, None);
    }
    outcome.leave_open(KIND, Code::FirewallUnsupportedRule, id, "leads to a firewall or appliance whose rules are not evaluated");
    let spot = endpoint.subnets.first().map(|subnet| Spot::in_subnet(index, subnet, &index.near(leg.spot.vpc)));
    match spot {
        Some(Ok(spot)) => (outcome, Some(spot)),
        Some(Err(gap)) => {
            outcome.miss(KIND, id, gap);
            (outcome, None)
        }
        None => (outcome, None),
    }
}

/// Whether the first rule that matches any of the packets matches all of them and drops them.
fn drops(firewall: &Firewall, leg: &Leg<'_, '_>) -> bool {
    let mut rules: Vec<&FirewallRule> = firewall.stateless.iter().filter(|rule| touches(rule, leg)).collect();
    rules.sort_by_key(|rule| (rule.priority, rule.action != FirewallAction::Pass));
    for rule in rules {
        match rule.action {
            FirewallAction::Pass | FirewallAction::Forward => return false,
            FirewallAction::Drop if covers(rule, leg) => return true,
            FirewallAction::Drop => {}
        }
    }
    firewall.stateless_default == FirewallAction::Drop
}

fn touches(rule: &FirewallRule, leg: &Leg<'_, '_>) -> bool {
    let family = leg.set.family();
    let overlaps = |nets: &[ipnet::IpNet], set: &Set| nets.is_empty() || Set::of(family, nets).overlaps(set);
    matches!(rule.protocol, Protocol::All | Protocol::Tcp)
        && rule.ports.is_none_or(|ports| ports.from <= leg.port && leg.port <= ports.to)
        && overlaps(&rule.sources, &leg.travel.source.addresses)
        && overlaps(&rule.destinations, leg.set)
}

fn covers(rule: &FirewallRule, leg: &Leg<'_, '_>) -> bool {
    let whole = |nets: &[ipnet::IpNet], set: &Set, family: Family| nets.is_empty() || Set::of(family, nets).covers(set);
    let family = leg.set.family();
    whole(&rule.sources, &leg.travel.source.addresses, family) && whole(&rule.destinations, leg.set, family)
}
