//! Security groups: what the rules of all groups of an end admit together. They keep state, so answers are never asked about
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).

use ipnet::IpNet;

use super::address::Set;
use super::answer::HopKind;
use super::ends::{Destination, Groups, Identity, Source};
use super::index::Index;
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use crate::inventory::network::{Peer, Ports, Protocol, SecurityGroupRule};
use crate::inventory::{Gap, Known};

/// What the function's groups let out to.
pub(super) enum Outward<'d, 'a> {
    /// A destination in a VPC.
    Inside(&'d Destination<'a>),
    /// The public endpoint of Secrets Manager, whose addresses are not known.
    Service(&'d Set),
    /// Addresses that belong to somebody else.
    Addresses(&'d Set),
    /// Addresses of which nobody knows what carries them, and with which groups.
    Unplaced(&'d Set, Groups<'a>),
}

/// What rules admit of the addresses that are asked about.
struct Admitted<'a> {
    /// Certainly: these ranges.
    ranges: Vec<&'a IpNet>,
    /// Certainly, and all of them.
    everything: bool,
    /// Perhaps.
    maybe: bool,
    open: Vec<Reason>,
    /// Whether there are rules at all, and rules for this port.
    rules: usize,
    fitting: usize,
    prefix_lists: usize,
    /// A group that a rule names and the other end has, but that is not recognised there.
    lost: Option<String>,
}

/// One side's question: which groups the other end has, and how far they are recognised.
struct Question<'q, 'a> {
    groups: &'q Groups<'a>,
    identity: Identity,
    inbound: bool,
    service: bool,
    port: u16,
}

fn fits(rule: &SecurityGroupRule, port: u16) -> bool {
    match rule.protocol {
        Protocol::All => true,
        Protocol::Tcp => rule.ports.is_none_or(|Ports { from, to }| from <= port && port <= to),
        Protocol::Udp | Protocol::Other => false,
    }
}

/// The prefix lists of services that have gateway endpoints: their addresses are those services' own
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>).
pub(super) fn is_of_gateway_service(name: &str) -> bool {
    name.starts_with("com.amazonaws.") && [".s3", ".dynamodb", ".s3express"].iter().any(|service| name.ends_with(service))
}

impl<'a> Admitted<'a> {
    const fn new() -> Self {
        Self { ranges: Vec::new(), everything: false, maybe: false, open: Vec::new(), rules: 0, fitting: 0, prefix_lists: 0, lost: None }
    }

    fn add(&mut self, index: &Index<'a>, rule: &'a SecurityGroupRule, near: &[usize], question: &Question<'_, '_>) {
        self.rules += 1;
        if !fits(rule, question.port) {
            return;
        }
        self.fitting += 1;
        match &rule.peer {
            Peer::Cidr(net) => self.ranges.push(net),
            Peer::PrefixList(id) => self.add_prefix_list(index, id, near, question),
            Peer::Group(id) => self.add_group(id, question),
        }
    }

    fn add_prefix_list(&mut self, index: &Index<'a>, id: &str, near: &[usize], question: &Question<'_, '_>) {
        self.prefix_lists += 1;
        let list = index.prefix_lists.find(id, near);
        if question.service && list.as_ref().is_ok_and(|list| is_of_gateway_service(&list.name)) {
            return;
        }
        match list.map(|list| &list.entries) {
            Ok(Known::Value(entries)) => self.ranges.extend(entries),
            Ok(Known::Unreadable(gap)) => self.unread(Reason::missing(gap.clone())),
            Err(gap) => self.unread(Reason::missing(gap)),
        }
    }

    fn unread(&mut self, reason: Reason) {
        self.maybe = true;
        self.open.push(reason);
    }

    fn add_group(&mut self, id: &str, question: &Question<'_, '_>) {
        match question.groups {
            Groups::Known(groups) if groups.contains(&id) => match (question.identity, question.inbound) {
                (Identity::Kept, _) | (Identity::KeptInbound, true) => self.everything = true,
                (Identity::Unsure, true) => {
                    let says = format!("whether {id} is recognised across the transit gateway is not known");
                    self.unread(Reason::new(Code::SgRefNotPreserved, id, says));
                }
                _ => self.lost = Some(id.to_owned()),
            },
            Groups::Unread(gap) if question.identity != Identity::Lost => self.unread(Reason::missing(gap.clone())),
            _ => {}
        }
    }

    /// Puts the answer as a hop. `what` is asked for, `owner` is what has the groups if that is not the caller, `code` says that they admit nothing of it.
    fn into_outcome(
        self,
        groups: &[&str],
        peers: &Set,
        (admits, admit): (&str, &str),
        what: &str,
        owner: Option<&str>,
        code: Code,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let sure = if self.everything { peers.clone() } else { Set::of(peers.family(), self.ranges).and(peers) };
        let names = if groups.is_empty() { "no security group".to_owned() } else { groups.join("+") };
        let names = names.as_str();
        if sure.covers(peers) {
            outcome.pass(HopKind::SecurityGroup, names, &format!("{admits} {what}"));
        } else if self.maybe {
            outcome.leave_open(HopKind::SecurityGroup, code, names, &format!("may or may not {admit} {what}"));
            outcome.open.extend(self.open);
        } else if !sure.is_empty() {
            let part = peers.minus(&sure);
            outcome.leave_open(HopKind::SecurityGroup, code, names, &format!("{admits} {what} only in part, without {part}"));
        } else {
            let code = if self.lost.is_some() { Code::SgRefNotPreserved } else { code };
            let why = self.lost.map_or(String::new(), |group| format!("; {group} is named, but is not recognised over this way"));
            let of = owner.map_or(String::new(), |owner| format!("of {owner} "));
            outcome.block(HopKind::SecurityGroup, code, names, &format!("{of}does not {admit} {what}{why}"));
        }
        // What is at fault is one thing: of several groups the first stands for all.
        if let (Some(first), Some(reason)) = (groups.first(), outcome.blocked.first_mut().or(outcome.open.first_mut())) {
            (*first).clone_into(&mut reason.component);
        }
        outcome
    }
}

/// Whether a function's groups let TCP out to a port.
pub(super) fn egress(index: &Index<'_>, groups: &[String], vpc: &str, to: &Outward<'_, '_>, identity: Identity, port: u16) -> Outcome {
    let near = index.near(vpc);
    let (peers, others, service) = match to {
        Outward::Inside(destination) => (&destination.addresses, &destination.groups, false),
        Outward::Service(set) => (*set, &Groups::None, true),
        Outward::Addresses(set) => (*set, &Groups::None, false),
        Outward::Unplaced(set, groups) => (*set, groups, false),
    };
    let question = Question { groups: others, identity, inbound: false, service, port };
    let mut admitted = Admitted::new();
    for id in groups {
        match index.security_groups.find(id, &near) {
            Ok(group) => group.egress.iter().for_each(|rule| admitted.add(index, rule, &near, &question)),
            Err(gap) => admitted.unread(Reason::missing(gap)),
        }
    }
    if groups.is_empty() {
        admitted.unread(Reason::missing(Gap::not_collected("lambda:GetFunctionConfiguration", vpc)));
    }
    let code = if admitted.rules == 0 && !admitted.maybe {
        Code::SgEgressNone
    } else if admitted.fitting > 0 && admitted.fitting == admitted.prefix_lists {
        Code::SgEgressPrefixList
    } else {
        Code::SgEgress
    };
    admitted.into_outcome(
        &groups.iter().map(String::as_str).collect::<Vec<_>>(),
        peers,
        ("lets out", "let out"),
        &format!("tcp {port} to {peers}"),
        None,
        code,
    )
}

/// Whether the groups of a destination admit a source.
pub(super) fn ingress(
    index: &Index<'_>,
    destination: &Destination<'_>,
    source: &Source<'_>,
    source_groups: &Groups<'_>,
    identity: Identity,
    port: u16,
    code: Code,
) -> Outcome {
    let near = index.near(destination.vpc);
    let question = Question { groups: source_groups, identity, inbound: true, service: false, port };
    let mut admitted = Admitted::new();
    let groups: &[&str] = match &destination.groups {
        Groups::Known(groups) => groups,
        Groups::Unread(gap) => {
            admitted.unread(Reason::missing(gap.clone()));
            &[]
        }
        Groups::None => &[],
    };
    for id in groups {
        match index.security_groups.find(id, &near) {
            Ok(group) => group.ingress.iter().for_each(|rule| admitted.add(index, rule, &near, &question)),
            Err(gap) => admitted.unread(Reason::missing(gap)),
        }
    }
    let what = format!("tcp {port} from {}", source.addresses);
    admitted.into_outcome(groups, &source.addresses, ("admits", "admit"), &what, Some(destination.name), code)
}

/// Whether some rule lets TCP out to this port to anybody: without one, no destination is reached, whatever its address.
pub(super) fn lets_something_out(index: &Index<'_>, groups: &[String], vpc: &str, port: u16) -> bool {
    let near = index.near(vpc);
    let open = |id: &String| index.security_groups.find(id, &near).map_or(true, |group| group.egress.iter().any(|rule| fits(rule, port)));
    groups.is_empty() || groups.iter().any(open)
}
