//! What admits and refuses packets: security groups, network ACLs and the prefix lists they name.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inventory::known::Known;

/// A security group (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// Its name.
    pub name: String,
    /// The VPC it belongs to.
    pub vpc: String,
    /// What may come in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<SecurityGroupRule>,
    /// What may go out. None at all lets nothing out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<SecurityGroupRule>,
}

/// One rule of a security group: it admits, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupRule {
    /// Protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// Ports of the destination; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// Who may be at the other end.
    pub peer: Peer,
}

/// The other end of a security group rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// A range of addresses.
    Cidr(#[schemars(with = "String")] IpNet),
    /// The addresses of a prefix list, by its id.
    PrefixList(String),
    /// Whatever carries this security group, by its id.
    Group(String),
}

/// The protocols that are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Every protocol, which is every port as well.
    #[default]
    All,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Any other.
    Other,
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ports {
    /// The first port.
    pub from: u16,
    /// The last port.
    pub to: u16,
}

/// A network ACL (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcl {
    /// The VPC it belongs to.
    pub vpc: String,
    /// Whether it is the VPC's default ACL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// The subnets that it guards. Every subnet has exactly one.
    pub subnets: Vec<String>,
    /// Its rules in any order; what no rule matches is refused.
    pub rules: Vec<NetworkAclRule>,
}

/// One rule of a network ACL: of those that match, the one with the lowest number decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkAclRule {
    /// Its number, from 1; 32767 is the last rule, which refuses everything.
    pub number: u32,
    /// Whether it is about what leaves the subnet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub egress: bool,
    /// Whether it admits.
    pub allow: bool,
    /// Protocol.
    #[serde(default)]
    pub protocol: Protocol,
    /// Ports of the packet's destination; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Ports>,
    /// The address at the other end.
    #[schemars(with = "String")]
    pub cidr: IpNet,
}

/// A prefix list, managed by AWS or by a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrefixList {
    /// Its name (`com.amazonaws.eu-west-1.s3`).
    pub name: String,
    /// Its address ranges.
    #[schemars(with = "Known<Vec<String>>")]
    pub entries: Known<Vec<IpNet>>,
}
