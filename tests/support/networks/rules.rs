//! The routes, security groups and network ACLs of the sample's VPC.

use rotaudit::inventory::network::{
    NetworkAcl, NetworkAclRule, Peer, Ports, Protocol, Route, RouteOrigin, RouteTarget, SecurityGroup, SecurityGroupRule,
};

use super::{net, owned, route};

pub(super) fn routes() -> Vec<Route> {
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

pub(super) fn groups() -> [(&'static str, SecurityGroup); 4] {
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

pub(super) fn acls() -> [(&'static str, NetworkAcl); 2] {
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
