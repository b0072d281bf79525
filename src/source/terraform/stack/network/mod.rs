//! The networks that the plan makes: VPCs with all that lies in them. Of a VPC that the plan does not make, nothing is known.

mod acls;
mod databases;
mod endpoints;
mod facts;
mod groups;
mod place;
mod resolvers;
mod routing;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use self::place::{Place, id_of, range};
use super::resources::Stack;
use super::thing::Thing;
use crate::inventory::network::{BlockPublicAccess, Gateway, NatConnectivity, NatGateway, Subnet, Vpc};
use crate::inventory::{Known, Network, Secret};
use crate::source::planned::NetworkFact;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::kinds::{NETWORKS, NOT_FOLLOWED};

/// The networks, by place. `secrets` are those that databases may belong to.
pub(super) fn networks<'s>(stack: &Stack<'_>, secrets: impl Iterator<Item = &'s Secret>) -> BTreeMap<String, Network> {
    let secrets: Vec<&Secret> = secrets.collect();
    // Where nothing but the plan is known, only a VPC that it makes can be judged.
    let kinds: &[&'static str] = if stack.over { &NETWORKS } else { &["aws_vpc"] };
    let names: BTreeSet<String> = kinds.iter().flat_map(|kind| stack.of_kind(kind)).map(|it| it.place()).collect();
    let network = |name: String| {
        let place = Place { stack, name };
        let mut vpcs = vpcs(&place);
        let mut network = Network {
            subnets: Known::Value(subnets(&place)),
            dhcp_options: resolvers::options(&place, &mut vpcs),
            route_tables: routing::tables(&place, &vpcs),
            nat_gateways: Known::Value(nat_gateways(&place)),
            internet_gateways: gateways(&place, "aws_internet_gateway"),
            egress_only_gateways: gateways(&place, "aws_egress_only_internet_gateway"),
            network_acls: acls::acls(&place, &vpcs),
            security_groups: groups::groups(&place, &vpcs),
            endpoints: endpoints::endpoints(&place),
            // Whether somebody keeps the region's VPCs from the internet, a plan hardly ever says; it is off unless it is switched on.
            block_public_access: Known::Value(BlockPublicAccess { mode: "off".to_owned(), exclusions: BTreeMap::new() }),
            databases: Known::Value(databases::databases(&place)),
            attached_databases: databases::attached(&place, &secrets),
            vpcs: Known::Value(vpcs),
            ..Network::default()
        };
        if !stack.over {
            for fact in facts::not_followed_here(&place) {
                fact.put_into(&mut network);
            }
        }
        (place.name, network)
    };
    names.into_iter().map(network).collect()
}

/// What the plan says of networks with resources of their own, by place.
pub(super) fn facts(stack: &Stack<'_>) -> BTreeMap<String, Vec<NetworkFact>> {
    let kinds = || NETWORKS.into_iter().chain(NOT_FOLLOWED.map(|(kind, _)| kind));
    let names: BTreeSet<String> = kinds().flat_map(|kind| stack.of_kind(kind).chain(stack.earlier(kind))).map(|it| it.place()).collect();
    let facts = |name: String| {
        let place = Place { stack, name };
        let facts = facts::facts(&place);
        (place.name, facts)
    };
    names.into_iter().map(facts).collect()
}

/// The VPCs of these subnets, as far as the plan makes them.
pub(super) fn vpcs_of(stack: &Stack<'_>, subnets: &BTreeSet<String>) -> BTreeSet<String> {
    let meant = stack.of_kind("aws_subnet").filter(|it| subnets.contains(&id_of(*it, "id", Kind::Subnet)));
    meant.map(|it| id_of(it, "vpc_id", Kind::Vpc)).collect()
}

fn vpcs(place: &Place<'_, '_>) -> BTreeMap<String, Vpc> {
    let mut vpcs = BTreeMap::new();
    for it in place.of_kind("aws_vpc") {
        // Without its addresses nothing can be said of a VPC.
        let Some(cidr) = range(it, "cidr_block") else { continue };
        let switch = |name: &str, by_default: bool| match it.value(name) {
            Some(value) if value.text().is_none() && it.is_written(name) => Known::Unreadable(it.unknown(name)),
            value => Known::Value(value.and_then(|value| value.text()).map_or(by_default, |text| text == "true")),
        };
        let vpc = Vpc {
            owner: it.resolver.account_of(it.instance),
            cidrs: vec![cidr],
            dhcp_options: Some(id_of(it, "dhcp_options_id", Kind::DhcpOptions)),
            // <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>
            dns_support: switch("enable_dns_support", true),
            dns_hostnames: switch("enable_dns_hostnames", false),
        };
        vpcs.insert(id_of(it, "id", Kind::Vpc), vpc);
    }
    for it in place.of_kind("aws_vpc_ipv4_cidr_block_association") {
        if let (Some(vpc), Some(cidr)) = (vpcs.get_mut(&id_of(it, "vpc_id", Kind::Vpc)), range(it, "cidr_block")) {
            vpc.cidrs.push(cidr);
        }
    }
    vpcs
}

fn subnets(place: &Place<'_, '_>) -> BTreeMap<String, Subnet> {
    let subnet = |it: Thing<'_>| {
        let known = |name: &str| it.value(name).and_then(|value| value.text()).map(str::to_owned);
        let zone = known("availability_zone");
        let subnet = Subnet {
            vpc: id_of(it, "vpc_id", Kind::Vpc),
            owner: it.resolver.account_of(it.instance),
            zone_id: known("availability_zone_id").or_else(|| zone.clone()).unwrap_or_else(|| format!("zone of {}", it.address())),
            zone,
            cidrs: ["cidr_block", "ipv6_cidr_block"].into_iter().filter_map(|name| range(it, name)).collect(),
            internet_gateway_block: None,
            free_addresses: range(it, "cidr_block").filter(|_| it.value("id").and_then(|id| id.text()).is_none()).and_then(free),
        };
        (id_of(it, "id", Kind::Subnet), subnet)
    };
    place.of_kind("aws_subnet").map(subnet).collect()
}

/// How many addresses of a new subnet are free: AWS keeps five for itself (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>).
fn free(range: IpNet) -> Option<u32> {
    let bits = u32::from(range.max_prefix_len().checked_sub(range.prefix_len())?);
    2_u32.checked_pow(bits)?.checked_sub(5)
}

fn nat_gateways(place: &Place<'_, '_>) -> BTreeMap<String, NatGateway> {
    let vpc_of = |subnet: &str| {
        let found = place.of_kind("aws_subnet").find(|it| id_of(*it, "id", Kind::Subnet) == subnet);
        found.map(|it| id_of(it, "vpc_id", Kind::Vpc)).unwrap_or_default()
    };
    let gateway = |it: Thing<'_>| {
        let subnet = id_of(it, "subnet_id", Kind::Subnet);
        let private = it.value("connectivity_type").and_then(|value| value.text()) == Some("private");
        let gateway = NatGateway {
            vpc: if it.is_set("vpc_id") { id_of(it, "vpc_id", Kind::Vpc) } else { vpc_of(&subnet) },
            subnet: Some(subnet).filter(|subnet| !subnet.is_empty()),
            state: "available".to_owned(),
            connectivity: if private { NatConnectivity::Private } else { NatConnectivity::Public },
            regional: it.value("availability_mode").and_then(|value| value.text()) == Some("regional"),
            route_table: None,
            zone_ids: Vec::new(),
            auto_zones: true,
        };
        (id_of(it, "id", Kind::NatGateway), gateway)
    };
    place.of_kind("aws_nat_gateway").map(gateway).collect()
}

fn gateways(place: &Place<'_, '_>, kind: &'static str) -> Known<BTreeMap<String, Gateway>> {
    let mut gateways: BTreeMap<String, Gateway> = BTreeMap::new();
    for it in place.of_kind(kind) {
        let vpcs = if it.is_set("vpc_id") { vec![id_of(it, "vpc_id", Kind::Vpc)] } else { Vec::new() };
        gateways.insert(id_of(it, "id", Kind::Gateway), Gateway { vpcs });
    }
    if kind == "aws_internet_gateway" {
        for it in place.of_kind("aws_internet_gateway_attachment") {
            if let Some(gap) = it.contested() {
                return Known::Unreadable(gap);
            }
            let id = id_of(it, "internet_gateway_id", Kind::Gateway);
            gateways.entry(id).or_default().vpcs.push(id_of(it, "vpc_id", Kind::Vpc));
        }
    }
    Known::Value(gateways)
}
