//! Where a packet is on its way, and what is known about its journey so far.

use super::address::Set;
use super::ends::{Identity, Source};
use super::index::Index;
use crate::inventory::Gap;
use crate::inventory::network::RouteTable;

/// The place whose route table decides next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) vpc: &'a str,
    /// The subnet; a regional NAT gateway is in none.
    pub(super) subnet: Option<&'a str>,
    /// The availability zone's id, if it is in one.
    pub(super) zone: Option<&'a str>,
    /// The route table and its id.
    pub(super) table: (&'a str, &'a RouteTable),
}

impl<'a> Spot<'a> {
    /// In a subnet; `near` are the places that should know it.
    pub(super) fn in_subnet(index: &Index<'a>, id: &str, near: &[usize]) -> Result<Self, Gap> {
        let (id, subnet) = index.subnets.entry(id).ok_or_else(|| index.subnets.gap(id, near))?;
        let table = index.route_table(id, &subnet.vpc)?;
        Ok(Self { vpc: &subnet.vpc, subnet: Some(id), zone: Some(&subnet.zone_id), table })
    }
}

/// What the packets are on their way to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal<'a> {
    /// Public addresses; of Secrets Manager, if `service`.
    Internet { service: bool },
    /// A subnet of a VPC.
    Inside { vpc: &'a str, subnet: Option<&'a str> },
    /// Private addresses, and nobody knows whose.
    Unplaced,
}

/// The journey so far.
#[derive(Debug, Clone)]
pub(super) struct Travel<'a> {
    /// Where the packets say that they come from: a NAT gateway puts itself there.
    pub(super) source: Source<'a>,
    /// The last NAT gateway, and whether it is a public one.
    pub(super) nat: Option<(&'a str, bool)>,
    pub(super) identity: Identity,
    /// The route tables that were asked, with the NAT gateway passed before.
    pub(super) asked: Vec<(&'a str, Option<&'a str>)>,
    /// The subnet in which the packets boarded the first transit gateway.
    pub(super) boarded: Option<&'a str>,
    /// The subnet in which a transit gateway has just set them down.
    pub(super) landed: Option<&'a str>,
    /// Whether these are answers on their way back: only their routes are followed.
    pub(super) answers: bool,
}

impl<'a> Travel<'a> {
    pub(super) fn from(source: Source<'a>) -> Self {
        Self { source, nat: None, identity: Identity::Kept, asked: Vec::new(), boarded: None, landed: None, answers: false }
    }

    /// Answers that go back.
    pub(super) fn back(source: Source<'a>) -> Self {
        Self { answers: true, ..Self::from(source) }
    }
}

/// A stretch of the way: the packets, and how TCP carries them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg<'l, 'a> {
    pub(super) spot: Spot<'a>,
    /// The addresses that are on their way to.
    pub(super) set: &'l Set,
    pub(super) travel: &'l Travel<'a>,
    pub(super) goal: Goal<'a>,
    pub(super) port: u16,
}
