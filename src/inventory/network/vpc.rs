//! VPCs, their subnets and their DHCP options.

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inventory::known::Known;

/// A VPC (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// The account that owns it; participants of a shared VPC see it too.
    pub owner: String,
    /// Its associated address ranges, IPv4 and IPv6.
    #[schemars(with = "Vec<String>")]
    pub cidrs: Vec<IpNet>,
    /// Its DHCP option set; absent when it has `default`, which is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dhcp_options: Option<String>,
    /// The attribute `enableDnsSupport`: the Amazon resolver answers.
    pub dns_support: Known<bool>,
    /// The attribute `enableDnsHostnames`: private DNS names of endpoints need it, too
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>).
    pub dns_hostnames: Known<bool>,
}

/// A subnet (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Subnet.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// The VPC it lies in.
    pub vpc: String,
    /// The account that owns it.
    pub owner: String,
    /// Availability zone id (`euw1-az1`), the same in every account.
    pub zone_id: String,
    /// The zone's name in the account that was read (`eu-west-1a`): the names of a VPC endpoint's single zones carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Its address ranges, IPv4 and IPv6.
    #[schemars(with = "Vec<String>")]
    pub cidrs: Vec<IpNet>,
    /// What VPC Block Public Access does to it (`off`, `block-bidirectional`, `block-ingress`), exclusions counted in; absent when EC2 did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet_gateway_block: Option<String>,
    /// How many of its IPv4 addresses are free; absent where nobody asked, as in older snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_addresses: Option<u32>,
}

/// A DHCP option set (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DhcpOptions {
    /// `AmazonProvidedDNS`, or addresses of other resolvers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domain_name_servers: Vec<String>,
}
