//! The stateless rules of a Network Firewall: they may drop a packet whatever else the firewall does.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::security::{Ports, Protocol};

/// The stateless side of a firewall policy (<https://docs.aws.amazon.com/network-firewall/latest/developerguide/stateless-rule-groups-5-tuple.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Firewall {
    /// Its rules, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stateless: Vec<FirewallRule>,
    /// What is done with a packet that no rule matches.
    pub stateless_default: FirewallAction,
}

/// One stateless rule: of those that match, the one with the lowest priority decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirewallRule {
    /// Its place in the order, over all rule groups of the policy.
    pub priority: u32,
    /// What it does.
    pub action: FirewallAction,
    /// Protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// Source addresses; none for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub sources: Vec<IpNet>,
    /// Destination addresses; none for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub destinations: Vec<IpNet>,
    /// Destination ports; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
}

/// What a firewall does with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirewallAction {
    /// Lets it through.
    Pass,
    /// Drops it.
    Drop,
    /// Hands it to the stateful rules, which are not read.
    Forward,
}
