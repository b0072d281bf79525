//! What this room answers: whether a function reaches its target, subnet by subnet, hop by hop, and how its calls travel.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::reason::{Reason, faults};

/// Whether a function reaches something, as far as its network's configuration tells. No packet was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Something on the way certainly stops it, always or now and then.
    Blocked,
    /// It hangs on something that was not read or cannot be known.
    Undecided,
    /// The configuration lets it through.
    Reachable,
    /// There is nothing to reach.
    NotJudged,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocked => "blocked",
            Self::Undecided => "undecided",
            Self::Reachable => "reachable",
            Self::NotJudged => "not judged",
        })
    }
}

/// The answer about one function and one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Whether it gets there.
    pub verdict: Verdict,
    /// The path from each of the function's subnets, in the order of their ids; none for a function that is not in a VPC.
    pub subnets: Vec<Arc<SubnetPath>>,
    /// What decides the verdict: what blocks, or what leaves it open. Empty when it is reachable.
    pub reasons: Vec<Reason>,
    /// What does not decide, but is worth knowing.
    pub remarks: Vec<Reason>,
    /// How the calls travel, over all subnets together.
    pub way: Way,
}

impl Reach {
    /// What has to be mended where the path is blocked, each thing once.
    pub fn faults(&self) -> Vec<&Reason> {
        let faults: Vec<&Reason> = match (self.verdict, self.subnets.is_empty()) {
            (Verdict::Blocked, true) => faults(&self.reasons),
            (Verdict::Blocked, false) => self.blocked_subnets().flat_map(SubnetPath::faults).collect(),
            _ => Vec::new(),
        };
        let mut seen = BTreeSet::new();
        faults.into_iter().filter(|reason| seen.insert((reason.code, &reason.component))).collect()
    }

    /// The paths that are blocked.
    pub fn blocked_subnets(&self) -> impl Iterator<Item = &SubnetPath> {
        self.subnets.iter().map(|path| &**path).filter(|path| path.verdict == Verdict::Blocked)
    }

    /// The different ways over which the calls may travel: one per subnet without repetition. A policy has to allow a call over each of them.
    pub fn ways(&self) -> Vec<&Way> {
        let mut ways: Vec<&Way> = self.subnets.iter().map(|path| &path.way).collect();
        ways.sort();
        ways.dedup();
        if ways.is_empty() { vec![&self.way] } else { ways }
    }
}

/// The path from one subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetPath {
    /// The subnet of the function.
    pub subnet: String,
    /// Whether it gets there.
    pub verdict: Verdict,
    /// What it passes, in order, as far as it could be followed.
    pub hops: Vec<Hop>,
    /// What decides.
    pub reasons: Vec<Reason>,
    /// What is worth knowing.
    pub remarks: Vec<Reason>,
    /// How calls from here travel.
    pub way: Way,
}

impl SubnetPath {
    /// What has to be mended here.
    fn faults(&self) -> Vec<&Reason> {
        faults(&self.reasons)
    }
}

/// One thing on a path, and what it does with the traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub kind: HopKind,
    /// Its id.
    pub id: String,
    /// What it says, as half a sentence: "lets out tcp 443 to 10.0.1.5".
    pub says: String,
    /// Whether the traffic passes it.
    pub verdict: Verdict,
}

/// The kinds of things on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HopKind {
    /// The endpoint URL that the function uses.
    EndpointUrl,
    /// The resolver of the VPC, and the private hosted zones that it looks into.
    Resolver,
    /// A security group.
    SecurityGroup,
    /// A network ACL.
    NetworkAcl,
    /// A route table.
    RouteTable,
    /// A NAT gateway.
    NatGateway,
    /// An internet gateway or an egress-only internet gateway.
    InternetGateway,
    /// A peering connection.
    Peering,
    /// A transit gateway, one of its attachments or route tables.
    TransitGateway,
    /// A VPC endpoint.
    Endpoint,
    /// A subnet.
    Subnet,
    /// The database or other target.
    Target,
}

impl fmt::Display for HopKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndpointUrl => "endpoint URL",
            Self::Resolver => "name resolution",
            Self::SecurityGroup => "security group",
            Self::NetworkAcl => "network ACL",
            Self::RouteTable => "route table",
            Self::NatGateway => "NAT gateway",
            Self::InternetGateway => "internet gateway",
            Self::Peering => "peering connection",
            Self::TransitGateway => "transit gateway",
            Self::Endpoint => "VPC endpoint",
            Self::Subnet => "subnet",
            Self::Target => "target",
        })
    }
}

/// How calls travel: what the condition keys about the network are made of
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-network-properties>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// From outside any VPC.
    Outside,
    /// Through a VPC endpoint: `aws:SourceVpce`, `aws:SourceVpc` and `aws:VpcSourceIp` are there, `aws:SourceIp` is not.
    Endpoint(EndpointWay),
    /// Over the internet: `aws:SourceIp` is a public address, the VPC's keys are absent.
    Internet,
    /// To a target of private addresses, which is no API of AWS.
    Private,
    /// Not known, or not the same everywhere: see [`Reach::ways`].
    Unknown,
}

/// The VPC endpoints through which calls travel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointWay {
    /// The VPC that the endpoints lie in.
    pub vpc: String,
    /// The endpoints. Each call goes through one of them.
    pub endpoints: BTreeSet<EndpointId>,
    /// The address ranges that calls may come from: those of the function's subnets, or of a NAT gateway's subnet.
    pub sources: BTreeSet<IpNet>,
}

/// A VPC endpoint, and the part of the inventory that holds it and its policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId {
    /// The place in [`Inventory::networks`](crate::inventory::Inventory::networks).
    pub place: String,
    /// The id.
    pub id: String,
}

impl Way {
    /// The way of both: the same one, or one through the endpoints of either; else not known.
    pub(super) fn join(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Endpoint(mut way), Self::Endpoint(more)) if way.vpc == more.vpc => {
                way.endpoints.extend(more.endpoints.iter().cloned());
                way.sources.extend(more.sources.iter().copied());
                Self::Endpoint(way)
            }
            (way, other) if way == *other => way,
            _ => Self::Unknown,
        }
    }
}
