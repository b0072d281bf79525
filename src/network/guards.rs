//! What stands at the border of a subnet: its network ACL, put as hops of a path.

use super::acls::{self, Cover};
use super::address::Set;
use super::answer::HopKind;
use super::index::Index;
use super::outcome::Outcome;
use super::reason::{Code, Reason};
use crate::inventory::network::Ports;

/// A direction over the border of a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    Out,
    In,
}

/// Asks the network ACL of `subnet` about TCP packets between it and `peers`, to `ports`. `code` says that it stops them.
pub(super) fn border(index: &Index<'_>, vpc: &str, subnet: &str, border: Border, peers: &Set, ports: Ports, code: Code) -> Outcome {
    let mut outcome = Outcome::default();
    let (id, acl) = match index.network_acl(subnet, vpc) {
        Ok(acl) => acl,
        Err(gap) => {
            outcome.miss(HopKind::NetworkAcl, subnet, gap);
            return outcome;
        }
    };
    let (verb, towards) = match border {
        Border::Out => ("out of", "to"),
        Border::In => ("into", "from"),
    };
    let what = format!("{} {verb} {subnet}, {towards} {peers}", tcp(ports));
    match acls::admits(acl, border == Border::Out, peers, ports) {
        Cover::All => outcome.pass(HopKind::NetworkAcl, id, &format!("lets {what}")),
        Cover::Nothing => outcome.block(HopKind::NetworkAcl, code, id, &format!("stops {what}")),
        Cover::SomePorts(stopped) => {
            outcome.pass(HopKind::NetworkAcl, id, &format!("lets part of {what}"));
            let says = format!("{id} stops {} {verb} {subnet}, {towards} {peers}: answers to these ports are lost", tcp(stopped));
            outcome.remark(Reason::new(Code::NaclEphemeralPartial, id, says));
        }
        Cover::SomeAddresses(stopped) => {
            outcome.leave_open(HopKind::NetworkAcl, code, id, &format!("stops {} {verb} {subnet}, {towards} {stopped}", tcp(ports)));
        }
        Cover::TooLarge => outcome.leave_open(HopKind::NetworkAcl, Code::TooLarge, id, "has more rules than a network ACL can have"),
    }
    outcome
}

fn tcp(ports: Ports) -> String {
    if ports.from == ports.to { format!("tcp {}", ports.from) } else { format!("tcp {}–{}", ports.from, ports.to) }
}

/// A single port.
pub(super) const fn only(port: u16) -> Ports {
    Ports { from: port, to: port }
}
