//! What a name resolves to inside a VPC: a private hosted zone, the private name of a VPC endpoint, or what the public knows.

use std::net::{IpAddr, Ipv4Addr};

use super::hosts::{self, Endpoint, HostKind};
use super::index::Index;
use super::names::{Answer, Resolution, is_available, serves};
use super::reason::{Code, Reason};
use super::zones::{self, Record, specificity};
use crate::inventory::network::{Vpc, VpcEndpoint};
use crate::inventory::{Gap, Known};

/// How many names may lead to each other.
const LONGEST_CHAIN: usize = 8;

/// Resolves `host` from inside `vpc`.
pub(super) fn resolve<'a>(index: &Index<'a>, vpc: &str, host: &str) -> Resolution<'a> {
    let details = match index.vpcs.find(vpc, &index.near(vpc)) {
        Ok(details) => details,
        Err(gap) => return Resolution::only(vec![open(gap)]),
    };
    let resolver = Resolver { index, vpc, details };
    match resolver.amazon_answers() {
        Ok(()) => resolver.look_up(&zones::plain(host), 0),
        Err(answer) => Resolution::only(vec![answer]),
    }
}

fn open<'a>(gap: Gap) -> Answer<'a> {
    Answer::Open(vec![Reason::missing(gap)])
}

/// The addresses of the Amazon resolver that are the same in every VPC (<https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html>).
const AMAZON: [&str; 3] = ["AmazonProvidedDNS", "169.254.169.253", "fd00:ec2::253"];

struct Resolver<'i, 'a> {
    index: &'i Index<'a>,
    vpc: &'i str,
    details: &'a Vpc,
}

impl<'a> Resolver<'_, 'a> {
    /// Whether the Amazon resolver answers in this VPC, and what is answered if not.
    fn amazon_answers(&self) -> Result<(), Answer<'a>> {
        let custom = |says: &str| Answer::Open(vec![Reason::new(Code::DnsCustom, self.vpc, format!("{} {says}", self.vpc))]);
        let Some(id) = self.details.dhcp_options.as_deref() else {
            return Err(custom("has no DHCP option set; which resolver functions use there is not known"));
        };
        let options = self.index.dhcp_options.find(id, &self.index.near(self.vpc)).map_err(open)?;
        let amazon = |server: &String| AMAZON.iter().any(|name| server.eq_ignore_ascii_case(name)) || self.is_base_plus_two(server);
        if options.domain_name_servers.is_empty() || !options.domain_name_servers.iter().all(amazon) {
            return Err(custom(&format!("sends its functions to other resolvers than Amazon's ({id}), whose answers are not known")));
        }
        match &self.details.dns_support {
            Known::Value(true) => Ok(()),
            Known::Value(false) => {
                let says = format!("{} has enableDnsSupport off, so the Amazon resolver answers nothing", self.vpc);
                Err(Answer::Nothing(Reason::new(Code::DnsSupportOff, self.vpc, says)))
            }
            Known::Unreadable(gap) => Err(open(gap.clone())),
        }
    }

    /// Whether an address is the VPC's second one, where the Amazon resolver is. Only with a single IPv4 range is it plain which one that is.
    fn is_base_plus_two(&self, server: &str) -> bool {
        let bases: Vec<Ipv4Addr> = self
            .details
            .cidrs
            .iter()
            .filter_map(|net| match net.network() {
                IpAddr::V4(base) => Some(base),
                IpAddr::V6(_) => None,
            })
            .collect();
        matches!((bases.as_slice(), server.parse::<Ipv4Addr>()), ([base], Ok(server)) if u32::from(server).checked_sub(2) == Some(u32::from(*base)))
    }

    fn look_up(&self, host: &str, chain: usize) -> Resolution<'a> {
        if chain > LONGEST_CHAIN {
            let says = format!("names in private hosted zones of {} lead to each other without end", self.vpc);
            return Resolution::only(vec![Answer::Open(vec![Reason::new(Code::DnsVarying, self.vpc, says)])]);
        }
        let zone = match self.zone_for(host) {
            Ok(zone) => zone,
            Err(answer) => return Resolution::only(vec![answer]),
        };
        if let Err(answer) = self.forwarded(host, zone.map(|(_, length)| length)) {
            return Resolution::only(vec![answer]);
        }
        let asked = Endpoint::parse(None, &format!("https://{host}"));
        let private = match self.private_name(&asked) {
            Ok(private) => private,
            Err(answer) => return Resolution::only(vec![answer]),
        };
        match (zone, private) {
            (Some((zone, length)), Some(id)) if length == host.len() => {
                let says = format!("both {zone} and the private name of {id} claim {host}");
                Resolution::only(vec![Answer::Open(vec![Reason::new(Code::DnsVarying, zone, says)])])
            }
            (_, Some(id)) => Resolution::only(vec![Answer::Endpoint(id, None)]),
            (Some((zone, _)), None) => self.in_zone(zone, host, chain),
            (None, None) => self.publicly(&asked),
        }
    }

    /// The most specific private hosted zone of this VPC that holds the name. Zones count only with both DNS attributes on
    /// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>).
    fn zone_for(&self, host: &str) -> Result<Option<(&'a str, usize)>, Answer<'a>> {
        if self.details.dns_hostnames == Known::Value(false) {
            return Ok(None);
        }
        let (zones, gap) = self.index.zones_of(self.vpc);
        let mut fitting: Vec<(usize, &str)> =
            zones.iter().filter_map(|id| Some((specificity(&self.index.zone(id)?.name, host)?, *id))).collect();
        fitting.sort_unstable();
        let best = fitting.pop();
        if let (Some((length, id)), Some((second, other))) = (best, fitting.last())
            && length == *second
        {
            let says = format!("both {id} and {other} hold {host}");
            return Err(Answer::Open(vec![Reason::new(Code::DnsVarying, id, says)]));
        }
        if let Some(gap) = gap {
            return Err(open(gap));
        }
        if best.is_some() {
            self.hostnames()?;
        }
        Ok(best.map(|(length, id)| (id, length)))
    }

    fn hostnames(&self) -> Result<bool, Answer<'a>> {
        match &self.details.dns_hostnames {
            Known::Value(on) => Ok(*on),
            Known::Unreadable(gap) => Err(open(gap.clone())),
        }
    }

    /// Whether a resolver rule sends the name elsewhere. Of a rule and a zone for the same domain the rule counts
    /// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>), and of several rules the most specific one.
    fn forwarded(&self, host: &str, zone: Option<usize>) -> Result<(), Answer<'a>> {
        let (rules, gap) = self.index.rules_of(self.vpc);
        if let Some(gap) = gap {
            return Err(open(gap));
        }
        let fitting = rules.iter().filter_map(|id| {
            let rule = self.index.rule(id)?;
            let stays = ["SYSTEM", "RECURSIVE"].iter().any(|kind| rule.kind.eq_ignore_ascii_case(kind));
            Some((specificity(&rule.domain, host)?, !stays, *id))
        });
        match fitting.max() {
            Some((length, true, id)) if zone.is_none_or(|zone| length >= zone) => {
                let says = format!("{id} forwards {host} to other resolvers, whose answers are not known");
                Err(Answer::Open(vec![Reason::new(Code::DnsCustom, id, says)]))
            }
            _ => Ok(()),
        }
    }

    /// The endpoints of this VPC for the service of that name.
    fn endpoints_for(&self, asked: &Endpoint) -> (Vec<(&'a str, &'a VpcEndpoint)>, Option<Gap>) {
        if asked.region.is_none() {
            return (Vec::new(), None);
        }
        let (ids, gap) = self.index.endpoints_in(self.vpc);
        let fits = |endpoint: &VpcEndpoint| endpoint.kind.eq_ignore_ascii_case("Interface") && serves(endpoint, asked).is_some();
        (ids.iter().filter_map(|id| self.index.endpoints.entry(id)).filter(|(_, endpoint)| fits(endpoint)).collect(), gap)
    }

    /// The available endpoint whose private name this is.
    fn private_name(&self, asked: &Endpoint) -> Result<Option<&'a str>, Answer<'a>> {
        let is_service = matches!(asked.kind, HostKind::Default | HostKind::Fips | HostKind::OtherService(_));
        if !is_service || self.details.dns_hostnames == Known::Value(false) {
            return Ok(None);
        }
        let (endpoints, gap) = self.endpoints_for(asked);
        let claims = |endpoint: &VpcEndpoint| {
            is_available(endpoint)
                && endpoint.private_dns
                && !endpoint.private_dns_only_for_inbound_resolver
                && serves(endpoint, asked) == Some(asked.service())
        };
        let claiming = endpoints.iter().find(|(_, endpoint)| claims(endpoint));
        match (claiming, gap) {
            (Some((id, _)), _) => Ok(self.hostnames()?.then_some(*id)),
            (None, Some(gap)) => Err(open(gap)),
            (None, None) => Ok(None),
        }
    }

    fn in_zone(&self, zone: &'a str, host: &str, chain: usize) -> Resolution<'a> {
        let reason = |code, says: String| Reason::new(code, zone, says);
        let answer = match self.index.zone(zone).map_or(Record::Absent, |zone| zones::look_up(zone, host)) {
            Record::Name(name) => return self.look_up(&name, chain + 1),
            Record::Addresses(addresses) => Answer::Addresses(addresses),
            Record::Absent => {
                Answer::Nothing(reason(Code::DnsPhzNoRecord, format!("{zone} covers {host} in {} and has no record for it", self.vpc)))
            }
            Record::Unclear => {
                Answer::Open(vec![reason(Code::DnsVarying, format!("{zone} answers {host} in a way that cannot be followed"))])
            }
            Record::Unread(gap) => open(gap),
        };
        Resolution::only(vec![answer])
    }

    fn publicly(&self, asked: &Endpoint) -> Resolution<'a> {
        if let Some((id, zone)) = hosts::endpoint_of_name(&asked.host) {
            let answer = match self.index.endpoints.entry(&id) {
                Some((id, _)) => Answer::Endpoint(id, zone),
                None => open(self.index.endpoints.gap(&id, &self.index.near(self.vpc))),
            };
            return Resolution::only(vec![answer]);
        }
        let mut resolution = Resolution::only(vec![Answer::Public(Box::new(asked.clone()))]);
        self.passed_by(asked, &mut resolution);
        self.zones_elsewhere(&asked.host, &mut resolution);
        resolution
    }

    /// Endpoints for the service that the name does not lead to, and why.
    fn passed_by(&self, asked: &Endpoint, resolution: &mut Resolution<'a>) {
        let host = &asked.host;
        let (endpoints, gap) = self.endpoints_for(asked);
        resolution.causes.extend(gap.map(Reason::missing));
        for (id, endpoint) in endpoints {
            let cause = |code, component: &str, says: String| Reason::new(code, component, says);
            if endpoint.state.eq_ignore_ascii_case("deleted") {
                continue;
            }
            let (claims, state) = (endpoint.private_dns && !endpoint.private_dns_only_for_inbound_resolver, &endpoint.state);
            let served = serves(endpoint, asked);
            if served != Some(asked.service()) {
                let says = format!("{id} serves {}, and the function asks for {host}", endpoint.service);
                resolution.causes.push(cause(Code::VpceOtherName, id, says));
            } else if !claims {
                resolution.causes.push(cause(
                    Code::VpcePrivateDnsOff,
                    id,
                    format!("{id} does not answer to {host}: its private DNS name is off"),
                ));
            } else if !is_available(endpoint) {
                // Whether such an endpoint keeps the name for itself is not documented.
                let reason = cause(Code::VpceState, id, format!("{id} is {state}"));
                resolution.answers.push(Answer::Nothing(reason));
                continue;
            } else {
                let says = format!("{} has enableDnsHostnames off, so the private DNS name of {id} does not count", self.vpc);
                resolution.causes.push(cause(Code::DnsHostnamesOff, self.vpc, says));
            }
            if is_available(endpoint) {
                resolution.unused.get_or_insert(id);
            }
        }
    }

    /// Private hosted zones that have the name, but do not count here.
    fn zones_elsewhere(&self, host: &str, resolution: &mut Resolution<'a>) {
        let (here, _) = self.index.zones_of(self.vpc);
        for (id, zone) in self.index.zones().filter(|(_, zone)| specificity(&zone.name, host).is_some()) {
            if !matches!(zones::look_up(zone, host), Record::Addresses(_) | Record::Name(_)) {
                continue;
            }
            resolution.causes.push(if here.contains(&id) {
                let says = format!("{} has enableDnsHostnames off, so {id} does not count", self.vpc);
                Reason::new(Code::DnsHostnamesOff, self.vpc, says)
            } else {
                Reason::new(Code::DnsPhzNotAssociated, id, format!("{id} has {host}, and is not associated with {}", self.vpc))
            });
        }
    }
}
