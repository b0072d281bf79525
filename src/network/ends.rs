//! The two ends of a connection, as the parts of a path see them.

use super::address::Set;
use crate::inventory::Gap;
use crate::inventory::network::Subnet;

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    pub(super) vpc: &'a str,
    /// The subnet; a regional NAT gateway has none.
    pub(super) subnet: Option<&'a str>,
    /// The addresses it may come from.
    pub(super) addresses: Set,
}

/// The security groups of an end.
#[derive(Debug, Clone)]
pub(super) enum Groups<'a> {
    /// These.
    Known(Vec<&'a str>),
    /// They were not read.
    Unread(Gap),
    /// There are none: what is outside of all VPCs.
    None,
}

/// Where a connection goes to, if that is in a VPC.
#[derive(Debug, Clone)]
pub(super) struct Destination<'a> {
    /// What lies there: an endpoint's id, or a target's name.
    pub(super) name: &'a str,
    pub(super) vpc: &'a str,
    pub(super) subnet: &'a str,
    /// The address, or all addresses that it may have.
    pub(super) addresses: Set,
    pub(super) groups: Groups<'a>,
}

/// Whether security groups of one end are still recognised at the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// Yes.
    Kept,
    /// In rules for what comes in, not in rules for what goes out: over a transit gateway with the options on
    /// (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>).
    KeptInbound,
    /// The same, or not at all: the options of the transit gateway were not read.
    Unsure,
    /// No.
    Lost,
}

impl Identity {
    /// What is left of it after two stretches.
    pub(super) fn after(self, other: Self) -> Self {
        self.max(other)
    }
}

/// A subnet with its id as the inventory holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) id: &'a str,
    pub(super) subnet: &'a Subnet,
}
