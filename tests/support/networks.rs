//! The network of the sample account's function in a VPC: one of everything that a collector can meet, and VPCs behind it.

#![allow(dead_code, reason = "each test binary uses the part of it that it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "networks/links.rs"]
mod links;
#[path = "networks/rules.rs"]
mod rules;

use std::collections::BTreeMap;

use ipnet::IpNet;
use rotaudit::inventory::network::{
    BlockPublicAccess, DhcpOptions, Gateway, NetworkInterface, Peering, PeeringSide, PrefixList, Route, RouteDestination, RouteOrigin,
    RouteTable, RouteTarget, Subnet, TransitGatewayAttachment, TransitGatewayRoute, Vpc,
};
use rotaudit::inventory::{Known, Network};

use super::sample::ACCOUNT;

const OTHER: &str = "444455556666";

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| net(text)).collect()
}

fn by_id<T, const N: usize>(things: [(&str, T); N]) -> Known<BTreeMap<String, T>> {
    Known::Value(things.into_iter().map(|(id, it)| (id.to_owned(), it)).collect())
}

pub(crate) fn vpc(cidrs: &[&str]) -> Vpc {
    Vpc {
        owner: ACCOUNT.to_owned(),
        cidrs: nets(cidrs),
        dhcp_options: None,
        dns_support: Known::Value(true),
        dns_hostnames: Known::Value(true),
    }
}

pub(crate) fn subnet(vpc: &str, cidrs: &[&str]) -> Subnet {
    Subnet {
        vpc: vpc.to_owned(),
        owner: ACCOUNT.to_owned(),
        zone_id: "use1-az1".to_owned(),
        zone: Some("us-east-1a".to_owned()),
        cidrs: nets(cidrs),
        internet_gateway_block: None,
        free_addresses: Some(11),
    }
}

pub(crate) fn route(destination: &str, target: RouteTarget) -> Route {
    let destination = match destination.parse() {
        Ok(cidr) => RouteDestination::Cidr(cidr),
        Err(_) => RouteDestination::PrefixList(destination.to_owned()),
    };
    Route { destination, target, blackhole: false, origin: RouteOrigin::Static }
}

pub(crate) fn table(vpc: &str, subnets: &[&str], routes: Vec<Route>) -> RouteTable {
    RouteTable { vpc: vpc.to_owned(), main: subnets.is_empty(), subnets: owned(subnets), routes }
}

pub(crate) fn side(vpc: &str, owner: &str, region: &str, cidrs: &[&str]) -> PeeringSide {
    PeeringSide { vpc: vpc.to_owned(), owner: owner.to_owned(), region: region.to_owned(), cidrs: nets(cidrs) }
}

pub(crate) fn attachment(kind: &str, resource: &str, owner: &str) -> TransitGatewayAttachment {
    TransitGatewayAttachment {
        transit_gateway: "tgw-1".to_owned(),
        kind: kind.to_owned(),
        resource: resource.to_owned(),
        owner: owner.to_owned(),
        state: "available".to_owned(),
        subnets: Vec::new(),
        security_group_referencing: None,
        route_table: None,
    }
}

pub(crate) fn transit_route(destination: &str, attachments: &[&str]) -> TransitGatewayRoute {
    TransitGatewayRoute { destination: net(destination), attachments: owned(attachments), blackhole: false, propagated: false }
}

/// The network of us-east-1: `vpc-1` is the VPC of the sample's function, with the security groups `sg-1` and `sg-shared`.
pub(crate) fn network() -> Network {
    let first = Vpc {
        dhcp_options: Some("dopt-1".to_owned()),
        dns_hostnames: Known::Value(false),
        ..vpc(&["10.0.0.0/16", "10.1.0.0/16", "2001:db8:1::/56"])
    };
    let blocked =
        Subnet { internet_gateway_block: Some("block-bidirectional".to_owned()), ..subnet("vpc-1", &["10.0.1.0/24", "2001:db8:1:1::/64"]) };
    let foreign = Subnet { owner: OTHER.to_owned(), zone_id: "use1-az2".to_owned(), zone: None, ..subnet("vpc-1", &["10.0.2.0/24"]) };
    let gateway = || Gateway { vpcs: owned(&["vpc-1"]) };
    let list = |name: &str, cidrs: &[&str]| PrefixList { name: name.to_owned(), entries: Known::Value(nets(cidrs)) };
    let interface = |subnet: &str, addresses: &[&str]| NetworkInterface {
        subnet: subnet.to_owned(),
        addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        security_groups: owned(&["sg-2", "sg-of-endpoint"]),
    };
    let sides = [
        side("vpc-1", ACCOUNT, "us-east-1", &["10.0.0.0/16", "10.1.0.0/16", "2001:db8:1::/56"]),
        side("vpc-theirs", OTHER, "us-east-1", &["10.9.0.0/16"]),
    ];
    let exclusions = [("subnet-2", "allow-egress"), ("vpc-1", "allow-bidirectional")].map(|(id, mode)| (id.to_owned(), mode.to_owned()));
    let mut network = Network {
        vpcs: by_id([("vpc-1", first)]),
        subnets: by_id([("subnet-1", blocked), ("subnet-2", foreign)]),
        dhcp_options: by_id([("dopt-1", DhcpOptions { domain_name_servers: owned(&["10.0.0.2", "AmazonProvidedDNS"]) })]),
        route_tables: by_id([
            ("rtb-1", table("vpc-1", &["subnet-1", "subnet-2"], rules::routes())),
            ("rtb-main", table("vpc-1", &[], vec![route("0.0.0.0/0", RouteTarget::InternetGateway("igw-1".to_owned()))])),
        ]),
        nat_gateways: by_id(links::nat_gateways()),
        internet_gateways: by_id([("igw-1", gateway())]),
        egress_only_gateways: by_id([("eigw-1", gateway())]),
        network_acls: by_id(rules::acls()),
        security_groups: by_id(rules::groups()),
        endpoints: by_id(links::endpoints()),
        interfaces: by_id([
            ("eni-1", interface("subnet-1", &["10.0.1.9", "2001:db8:1:1::9"])),
            ("eni-2", interface("subnet-2", &["10.0.2.9"])),
        ]),
        prefix_lists: by_id([
            ("pl-group", list("ours", &["10.20.0.0/16", "2001:db8:2::/48"])),
            ("pl-route", list("com.amazonaws.us-east-1.s3", &["198.51.100.0/24"])),
        ]),
        peerings: by_id([("pcx-1", Peering { state: "active".to_owned(), sides })]),
        block_public_access: Known::Value(BlockPublicAccess { mode: "block-bidirectional".to_owned(), exclusions: exclusions.into() }),
        databases: by_id(links::databases()),
        ..Network::default()
    };
    links::transit(&mut network);
    links::names(&mut network);
    network
}
