//! What a name may lead to, and which VPC endpoints may answer to it. The resolver makes these, the paths follow them.

use std::net::IpAddr;

use super::answer::HopKind;
use super::hosts::Endpoint;
use super::outcome::Outcome;
use super::reason::Reason;
use crate::inventory::network::VpcEndpoint;

/// One answer of the resolver.
#[derive(Debug, Clone)]
pub(super) enum Answer<'a> {
    /// The addresses that the public knows for this host, to which the name leads.
    Public(Box<Endpoint>),
    /// The network interfaces of a VPC endpoint; of one zone, if it is the name of a single zone.
    Endpoint(&'a str, Option<String>),
    /// These addresses.
    Addresses(Vec<IpAddr>),
    /// No address.
    Nothing(Reason),
    /// Not known.
    Open(Vec<Reason>),
}

/// All that may be answered: several answers mean that nobody knows which.
#[derive(Debug, Clone)]
pub(super) struct Resolution<'a> {
    pub(super) answers: Vec<Answer<'a>>,
    /// Why the name does not lead to an endpoint or zone that is there.
    pub(super) causes: Vec<Reason>,
    /// An endpoint that is passed by.
    pub(super) unused: Option<&'a str>,
}

impl<'a> Resolution<'a> {
    pub(super) const fn only(answer: Vec<Answer<'a>>) -> Self {
        Self { answers: answer, causes: Vec::new(), unused: None }
    }
}

/// Whether packets get through it, as far as its state tells.
pub(super) fn is_available(endpoint: &VpcEndpoint) -> bool {
    endpoint.state.eq_ignore_ascii_case("available")
}

/// Which service of Secrets Manager in `region` an endpoint is for: the part after the region in `com.amazonaws.eu-west-1.secretsmanager`.
pub(super) fn serves<'e>(endpoint: &'e VpcEndpoint, asked: &Endpoint) -> Option<&'e str> {
    let region = asked.region.as_deref()?;
    let (before, service) = endpoint.service.rsplit_once('.')?;
    let fits = asked.siblings().contains(&service) && before.ends_with(&format!("amazonaws.{region}"));
    fits.then_some(service)
}

/// Tells a path what the name leads to.
pub(super) fn tell(outcome: &mut Outcome, vpc: &str, host: &str, answer: &Answer<'_>) {
    match answer {
        Answer::Public(asked) if asked.host == host => {
            outcome.pass(HopKind::Resolver, vpc, &format!("resolves {host} by the public name servers"));
        }
        Answer::Public(asked) => {
            outcome.pass(HopKind::Resolver, vpc, &format!("resolves {host} to the public addresses of {}", asked.host));
        }
        Answer::Endpoint(id, _) => outcome.pass(HopKind::Resolver, vpc, &format!("resolves {host} to {id}")),
        Answer::Addresses(addresses) => {
            let shown: Vec<String> = addresses.iter().take(4).map(ToString::to_string).collect();
            outcome.pass(HopKind::Resolver, vpc, &format!("resolves {host} to {}", shown.join(", ")));
        }
        Answer::Nothing(_) | Answer::Open(_) => {}
    }
}
