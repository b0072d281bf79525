//! The endpoints, NAT gateways, transit gateway, names and databases of the sample's VPC.

use rotaudit::inventory::network::{
    Database, HostedZone, NatConnectivity, NatGateway, RecordTarget, ResolverRule, TransitGateway, TransitGatewayAttachment,
    TransitGatewayRoute, TransitGatewayRouteTable, VpcEndpoint, ZoneRecord,
};
use rotaudit::inventory::{Known, Network};
use rotaudit::policy::Document;

use super::{ACCOUNT, OTHER, attachment, by_id, owned, transit_route};

pub(super) fn endpoints() -> [(&'static str, VpcEndpoint); 3] {
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

pub(super) fn nat_gateways() -> [(&'static str, NatGateway); 3] {
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

pub(super) fn transit(network: &mut Network) {
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

pub(super) fn names(network: &mut Network) {
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

pub(super) fn databases() -> [(&'static str, Database); 3] {
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
