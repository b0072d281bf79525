//! What the Amazon resolver of a VPC answers beside the public names: private hosted zones, and names that are forwarded elsewhere.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inventory::known::Known;

/// A private hosted zone of Route 53 (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-private.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostedZone {
    /// Its name, without the dot at the end.
    pub name: String,
    /// The VPCs of this inventory that it is associated with.
    pub vpcs: Vec<String>,
    /// Its `A`, `AAAA` and `CNAME` records.
    pub records: Known<Vec<ZoneRecord>>,
}

/// One record of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneRecord {
    /// Its full name, without the dot at the end; `*.` at the beginning is a wildcard.
    pub name: String,
    /// What it leads to.
    pub target: RecordTarget,
}

/// What a record leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordTarget {
    /// Addresses.
    Addresses(#[schemars(with = "Vec<String>")] Vec<IpAddr>),
    /// Another name: a `CNAME`, or the alias of an endpoint or load balancer.
    Name(String),
    /// Something that is answered differently from case to case (weighted, by latency, by health).
    Varying,
}

/// A rule of an outbound resolver (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverRule.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolverRule {
    /// The domain whose names it is about, without the dot at the end; empty for all.
    pub domain: String,
    /// `FORWARD`, `SYSTEM`, `RECURSIVE`, `DELEGATE`.
    pub kind: String,
    /// The VPCs of this inventory that it is associated with.
    pub vpcs: Vec<String>,
}
