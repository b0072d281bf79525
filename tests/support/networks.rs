//! The network of the sample account's function in a VPC: one of everything that a collector can meet, and VPCs behind it.

#![allow(dead_code, reason = "each test binary uses the part of it that it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeMap;

use ipnet::IpNet;
use rotaudit::inventory::network::{
    BlockPublicAccess, Database, DhcpOptions, Gateway, HostedZone, NatConnectivity, NatGateway, NetworkAcl, NetworkAclRule,
    NetworkInterface, Peer, Peering, PeeringSide, Ports, PrefixList, Protocol, RecordTarget, ResolverRule, Route, RouteDestination,
    RouteOrigin, RouteTable, RouteTarget, SecurityGroup, SecurityGroupRule, Subnet, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRoute, TransitGatewayRouteTable, Vpc, VpcEndpoint, ZoneRecord,
};
use rotaudit::inventory::{Known, Network};
use rotaudit::policy::Document;

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
        zone: Some("us-east-1b".to_owned()),
        cidrs: nets(cidrs),
        internet_gateway_block: None,
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

fn routes() -> Vec<Route> {
    let id = str::to_owned;
    let vgw = Route { origin: RouteOrigin::Propagated, ..route("172.16.0.0/12", RouteTarget::VirtualPrivateGateway(id("vgw-1"))) };
    let server = Route { origin: RouteOrigin::Propagated, ..route("10.200.0.0/16", RouteTarget::Interface(id("eni-server"))) };
    let gone = Route { blackhole: true, ..route("10.99.0.0/16", RouteTarget::NatGateway(id("nat-gone"))) };
    vec![
        route("10.0.0.0/16", RouteTarget::Local),
        route("2001:db8:1::/56", RouteTarget::Local),
        route("0.0.0.0/0", RouteTarget::NatGateway(id("nat-1"))),
        route("::/0", RouteTarget::EgressOnlyGateway(id("eigw-1"))),
        route("10.9.0.0/16", RouteTarget::Peering(id("pcx-1"))),
        route("10.8.0.0/14", RouteTarget::TransitGateway(id("tgw-1"))),
        route("pl-route", RouteTarget::Endpoint(id("vpce-s3"))),
        route("10.7.0.0/16", RouteTarget::Interface(id("eni-appliance"))),
        route("10.6.0.0/16", RouteTarget::Other(id("arn:aws:networkmanager::111122223333:core-network/core-1"))),
        route("10.5.0.0/16", RouteTarget::Other(id("lgw-1"))),
        vgw,
        server,
        gone,
    ]
}

fn rule(protocol: Protocol, ports: Option<(u16, u16)>, peer: Peer) -> SecurityGroupRule {
    SecurityGroupRule { protocol, ports: ports.map(|(from, to)| Ports { from, to }), peer }
}

fn groups() -> [(&'static str, SecurityGroup); 4] {
    let group = |vpc: &str, ingress, egress| SecurityGroup { name: format!("of-{vpc}"), vpc: vpc.to_owned(), ingress, egress };
    let (https, tcp) = (Some((443, 443)), Protocol::Tcp);
    let egress = vec![
        rule(tcp, https, Peer::Cidr(net("0.0.0.0/0"))),
        rule(tcp, https, Peer::Cidr(net("::/0"))),
        rule(tcp, https, Peer::PrefixList("pl-group".to_owned())),
        rule(tcp, https, Peer::Group("sg-2".to_owned())),
        rule(Protocol::Udp, Some((0, 65535)), Peer::Cidr(net("10.0.0.2/32"))),
        rule(Protocol::Other, None, Peer::Cidr(net("10.0.0.0/8"))),
    ];
    let all = vec![rule(Protocol::All, None, Peer::Cidr(net("10.0.0.0/16"))), rule(Protocol::All, None, Peer::Group("sg-1".to_owned()))];
    [
        ("sg-1", group("vpc-1", Vec::new(), egress)),
        ("sg-2", group("vpc-1", all, Vec::new())),
        ("sg-of-endpoint", group("vpc-shared", vec![rule(tcp, https, Peer::Group("sg-1".to_owned()))], Vec::new())),
        ("sg-shared", group("vpc-shared", Vec::new(), Vec::new())),
    ]
}

fn acl_rule(number: u32, egress: bool, protocol: Protocol, ports: Option<(u16, u16)>, cidr: &str) -> NetworkAclRule {
    let ports = ports.map(|(from, to)| Ports { from, to });
    NetworkAclRule { number, egress, allow: number != 32767, protocol, ports, cidr: net(cidr) }
}

fn acls() -> [(&'static str, NetworkAcl); 2] {
    let rules = vec![
        acl_rule(90, true, Protocol::Tcp, Some((443, 443)), "0.0.0.0/0"),
        acl_rule(91, false, Protocol::Tcp, Some((1024, 65535)), "::/0"),
        acl_rule(92, false, Protocol::Udp, Some((53, 53)), "10.0.0.0/16"),
        acl_rule(93, false, Protocol::Other, None, "10.0.0.0/16"),
        acl_rule(32767, true, Protocol::All, None, "0.0.0.0/0"),
        acl_rule(32767, false, Protocol::All, None, "0.0.0.0/0"),
    ];
    let acl = |default, subnets: &[&str], rules| NetworkAcl { vpc: "vpc-1".to_owned(), default, subnets: owned(subnets), rules };
    [("acl-1", acl(false, &["subnet-1", "subnet-2"], rules)), ("acl-default", acl(true, &[], Vec::new()))]
}

fn endpoints() -> [(&'static str, VpcEndpoint); 3] {
    let endpoint = |kind: &str, service: &str| VpcEndpoint {
        vpc: "vpc-1".to_owned(),
        owner: ACCOUNT.to_owned(),
        kind: kind.to_owned(),
        service: format!("com.amazonaws.us-east-1.{service}"),
        service_region: None,
        state: "available".to_owned(),
        private_dns: false,
        private_dns_only_for_inbound_resolver: false,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        interfaces: Vec::new(),
        route_tables: Vec::new(),
        dns_names: Vec::new(),
        policy: None,
        firewall: None,
    };
    let secrets = VpcEndpoint {
        private_dns: true,
        private_dns_only_for_inbound_resolver: true,
        service_region: Some("us-east-1".to_owned()),
        subnets: owned(&["subnet-1", "subnet-2"]),
        security_groups: owned(&["sg-2", "sg-of-endpoint"]),
        interfaces: owned(&["eni-1", "eni-2"]),
        dns_names: owned(&["vpce-sm.secretsmanager.us-east-1.vpce.amazonaws.com", "secretsmanager.us-east-1.amazonaws.com"]),
        policy: Some(Document::new(
            "{\n  \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"<&>\", \"Resource\": \"*\"}]\n}",
        )),
        ..endpoint("Interface", "secretsmanager")
    };
    let firewall = VpcEndpoint { owner: OTHER.to_owned(), state: "pendingAcceptance".to_owned(), ..endpoint("GatewayLoadBalancer", "fw") };
    let s3 = VpcEndpoint { route_tables: owned(&["rtb-1"]), ..endpoint("Gateway", "s3") };
    [("vpce-sm", secrets), ("vpce-fw", firewall), ("vpce-s3", s3)]
}

fn nat_gateways() -> [(&'static str, NatGateway); 3] {
    let zonal = |connectivity| NatGateway {
        vpc: "vpc-1".to_owned(),
        subnet: Some("subnet-2".to_owned()),
        state: "available".to_owned(),
        connectivity,
        regional: false,
        route_table: None,
        zone_ids: Vec::new(),
        auto_zones: false,
    };
    let regional = NatGateway {
        subnet: None,
        regional: true,
        route_table: Some("rtb-nat".to_owned()),
        zone_ids: owned(&["use1-az1", "use1-az2"]),
        auto_zones: true,
        ..zonal(NatConnectivity::Public)
    };
    let private = NatGateway { state: "failed".to_owned(), ..zonal(NatConnectivity::Private) };
    [("nat-1", zonal(NatConnectivity::Public)), ("nat-2", private), ("nat-3", regional)]
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

fn transit(network: &mut Network) {
    network.transit_gateways = by_id([("tgw-1", TransitGateway { owner: ACCOUNT.to_owned(), security_group_referencing: true })]);
    let ours = TransitGatewayAttachment {
        subnets: owned(&["subnet-1"]),
        security_group_referencing: Some(true),
        route_table: Some("tgw-rtb-1".to_owned()),
        ..attachment("vpc", "vpc-1", ACCOUNT)
    };
    let theirs = TransitGatewayAttachment { route_table: Some("tgw-rtb-2".to_owned()), ..attachment("vpc", "vpc-theirs", OTHER) };
    let vpn = TransitGatewayAttachment { state: "modifying".to_owned(), ..attachment("vpn", "vpn-1", ACCOUNT) };
    network.transit_gateway_attachments = by_id([("tgw-attach-1", ours), ("tgw-attach-2", theirs), ("tgw-attach-3", vpn)]);
    let blackhole = TransitGatewayRoute { blackhole: true, ..transit_route("10.10.0.0/16", &[]) };
    let propagated = TransitGatewayRoute { propagated: true, ..transit_route("0.0.0.0/0", &["tgw-attach-2", "tgw-attach-3"]) };
    let table = |routes| TransitGatewayRouteTable { transit_gateway: "tgw-1".to_owned(), routes: Known::Value(routes) };
    let back = transit_route("10.0.0.0/16", &["tgw-attach-1"]);
    network.transit_gateway_route_tables = by_id([("tgw-rtb-1", table(vec![propagated, blackhole])), ("tgw-rtb-2", table(vec![back]))]);
}

fn names(network: &mut Network) {
    let record = |name: &str, target| ZoneRecord { name: name.to_owned(), target };
    let records = vec![
        record(
            "secretsmanager.us-east-1.amazonaws.com",
            RecordTarget::Name("vpce-hub.secretsmanager.us-east-1.vpce.amazonaws.com".to_owned()),
        ),
        record("*.us-east-1.amazonaws.com", RecordTarget::Name("proxy.corp.example".to_owned())),
        record("a.us-east-1.amazonaws.com", RecordTarget::Addresses(vec!["10.0.1.9".parse().unwrap(), "10.0.2.9".parse().unwrap()])),
        record("a.us-east-1.amazonaws.com", RecordTarget::Addresses(vec!["2001:db8:1::9".parse().unwrap()])),
        record("b.us-east-1.amazonaws.com", RecordTarget::Varying),
    ];
    let zone = |name: &str, records| HostedZone { name: name.to_owned(), vpcs: owned(&["vpc-1"]), records: Known::Value(records) };
    let db = vec![record("main.db.example", RecordTarget::Addresses(vec!["10.0.1.5".parse().unwrap()]))];
    network.hosted_zones = by_id([("Z1", zone("us-east-1.amazonaws.com", records)), ("Z2", zone("db.example", db))]);
    let rule = |domain: &str, kind: &str| ResolverRule { domain: domain.to_owned(), kind: kind.to_owned(), vpcs: owned(&["vpc-1"]) };
    network.resolver_rules = by_id([("rslvr-rr-1", rule("corp.example", "FORWARD")), ("rslvr-rr-2", rule("", "SYSTEM"))]);
}

fn databases() -> [(&'static str, Database); 3] {
    let database = |engine: &str, host: Option<&str>, port| Database {
        engine: engine.to_owned(),
        host: host.map(str::to_owned),
        port,
        vpc: "vpc-1".to_owned(),
        subnets: owned(&["subnet-1", "subnet-2"]),
        security_groups: owned(&["sg-2"]),
        public: false,
        master_secret: None,
    };
    let managed = Database {
        public: true,
        master_secret: Some("arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-1-AbCdEf".to_owned()),
        ..database("postgres", Some("main.db.example"), 5432)
    };
    [
        (
            "arn:aws:rds:us-east-1:111122223333:cluster:aurora",
            database("aurora-mysql", Some("aurora.cluster-1.us-east-1.rds.amazonaws.com"), 3306),
        ),
        ("arn:aws:rds:us-east-1:111122223333:db:main", managed),
        ("arn:aws:rds:us-east-1:111122223333:db:new", database("mysql", None, 3306)),
    ]
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
    let foreign = Subnet { owner: OTHER.to_owned(), zone_id: "use1-az2".to_owned(), ..subnet("vpc-1", &["10.0.2.0/24"]) };
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
            ("rtb-1", table("vpc-1", &["subnet-1", "subnet-2"], routes())),
            ("rtb-main", table("vpc-1", &[], Vec::new())),
        ]),
        nat_gateways: by_id(nat_gateways()),
        internet_gateways: by_id([("igw-1", gateway())]),
        egress_only_gateways: by_id([("eigw-1", gateway())]),
        network_acls: by_id(acls()),
        security_groups: by_id(groups()),
        endpoints: by_id(endpoints()),
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
        databases: by_id(databases()),
        ..Network::default()
    };
    transit(&mut network);
    names(&mut network);
    network
}
