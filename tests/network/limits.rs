//! Topologies that cannot be: circles, ids of nothing, tables without end, addresses of every kind in each other. Nothing panics, nothing hangs.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rotaudit::arn::Arn;
use rotaudit::inventory::network::{
    NetworkAclRule, Peer, Ports, Protocol, Route, RouteDestination, RouteOrigin, RouteTarget, SecurityGroupRule, TransitGatewayRoute,
};
use rotaudit::inventory::{FunctionConfiguration, Inventory, Known, Network};
use rotaudit::network::{Code, Paths, Reach, Verdict};

use crate::load::{self, HOME};
use crate::scenarios::FUNCTION;

fn ask(inventory: &Inventory, configuration: &FunctionConfiguration) -> Reach {
    let started = Instant::now();
    let reach = Paths::new(inventory).to_secrets_manager(configuration, &Arn::parse(FUNCTION).unwrap(), "eu-west-1");
    assert!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
    reach
}

fn network(inventory: &mut Inventory) -> &mut Network {
    inventory.networks.get_mut(HOME).unwrap()
}

macro_rules! list {
    ($inventory:expr, $list:ident) => {{
        let Known::Value(things) = &mut network($inventory).$list else { panic!("the list was read") };
        things
    }};
}

fn route(net: &str, target: RouteTarget) -> Route {
    Route { destination: RouteDestination::Cidr(net.parse().unwrap()), target, blackhole: false, origin: RouteOrigin::Static }
}

fn has(reach: &Reach, code: Code) -> bool {
    reach.reasons.iter().any(|reason| reason.code == code)
}

#[test]
fn a_table_of_65535_routes_is_decided() {
    let (mut inventory, configuration) = load::base_alone("nat");
    let routes = &mut list!(&mut inventory, route_tables).get_mut("rtb-private").unwrap().routes;
    for number in 0..65_535_u32 {
        let [_, _, high, low] = number.to_be_bytes();
        routes.push(route(&format!("52.{high}.{low}.0/24"), RouteTarget::NatGateway("nat-1".to_owned())));
    }
    assert_eq!(ask(&inventory, &configuration).verdict, Verdict::Reachable);
    let routes = &mut list!(&mut inventory, route_tables).get_mut("rtb-private").unwrap().routes;
    for (number, route) in routes.iter_mut().enumerate().skip(2) {
        route.target = RouteTarget::NatGateway(format!("nat-{number}"));
    }
    let reach = ask(&inventory, &configuration);
    assert_eq!(reach.verdict, Verdict::Undecided);
    assert!(reach.reasons.len() < 100_000);
}

#[test]
fn a_network_acl_with_more_rules_than_there_can_be_decides_nothing() {
    let (mut inventory, configuration) = load::base_alone("nat");
    let acls = list!(&mut inventory, network_acls);
    let rules = &mut acls.values_mut().next().unwrap().rules;
    for number in 0..60_000 {
        let cidr = "52.0.0.0/8".parse().unwrap();
        rules.push(NetworkAclRule { number, egress: number % 2 == 0, allow: number % 3 == 0, protocol: Protocol::All, ports: None, cidr });
    }
    let reach = ask(&inventory, &configuration);
    assert_eq!(reach.verdict, Verdict::Undecided);
    assert!(has(&reach, Code::TooLarge));
}

#[test]
fn a_security_group_of_a_hundred_thousand_rules_is_decided() {
    let (mut inventory, configuration) = load::base_alone("nat");
    let group = list!(&mut inventory, security_groups).get_mut("sg-fn").unwrap();
    group.egress = (0..50_000_u32)
        .map(|number| {
            let [_, _, high, low] = number.to_be_bytes();
            let peer = Peer::Cidr(format!("{}.{high}.{low}.0/24", 20 + number % 100).parse().unwrap());
            SecurityGroupRule { protocol: Protocol::Tcp, ports: Some(Ports { from: 443, to: 443 }), peer }
        })
        .collect();
    assert_eq!(ask(&inventory, &configuration).verdict, Verdict::Undecided);
}

#[test]
fn transit_gateways_that_lead_to_each_other_come_to_an_end() {
    let (mut inventory, configuration) = load::base_alone("egress");
    // The way out leads back to where it came from.
    list!(&mut inventory, route_tables).get_mut("rtb-to").unwrap().routes =
        vec![route("0.0.0.0/0", RouteTarget::TransitGateway("tgw-1".to_owned()))];
    let table = list!(&mut inventory, transit_gateway_route_tables).get_mut("tgw-rtb-out").unwrap();
    let Known::Value(routes) = &mut table.routes else { panic!("the routes were read") };
    let attachments = vec!["tgw-attach-1".to_owned(), "tgw-attach-out".to_owned()];
    routes.push(TransitGatewayRoute { destination: "0.0.0.0/0".parse().unwrap(), attachments, blackhole: false, propagated: false });
    let reach = ask(&inventory, &configuration);
    assert_eq!(reach.verdict, Verdict::Blocked);
    assert!(has(&reach, Code::RouteLoop));
}

/// A chain of firewalls, each in a subnet whose route leads to the next.
#[test]
fn a_way_over_more_route_tables_than_anybody_builds_is_left_open() {
    let (mut inventory, configuration) = load::base_alone("nat");
    let firewall = |number: u32| format!("vpce-{number:x}");
    for number in 0..20_u32 {
        let subnet = format!("subnet-{number}");
        let mut details = list!(&mut inventory, subnets)["subnet-s1"].clone();
        details.cidrs = vec![format!("10.0.{}.0/28", 120 + number).parse().unwrap()];
        list!(&mut inventory, subnets).insert(subnet.clone(), details);
        let mut table = list!(&mut inventory, route_tables)["rtb-public"].clone();
        table.subnets = vec![subnet.clone()];
        table.routes = vec![route("0.0.0.0/0", RouteTarget::Endpoint(firewall(number + 1)))];
        list!(&mut inventory, route_tables).insert(format!("rtb-{number}"), table);
        let endpoint: rotaudit::inventory::network::VpcEndpoint = serde_json::from_value(serde_json::json!({
            "vpc": "vpc-1", "owner": "111122223333", "kind": "GatewayLoadBalancer", "service": "x", "state": "available", "subnets": [subnet]
        }))
        .unwrap();
        list!(&mut inventory, endpoints).insert(firewall(number), endpoint);
    }
    list!(&mut inventory, route_tables).get_mut("rtb-private").unwrap().routes =
        vec![route("0.0.0.0/0", RouteTarget::Endpoint(firewall(0)))];
    let reach = ask(&inventory, &configuration);
    assert_eq!(reach.verdict, Verdict::Undecided);
    assert!(has(&reach, Code::TooLarge));
}

#[test]
fn an_empty_inventory_leaves_everything_open_and_names_the_calls() {
    let (_, configuration) = load::base_alone("nat");
    let inventory = Inventory::empty("2026-01-01T00:00:00Z".parse().unwrap());
    let reach = ask(&inventory, &configuration);
    assert_eq!(reach.verdict, Verdict::Undecided);
    assert!(reach.reasons.iter().all(|reason| reason.gap.is_some()));
}

/// Ids of the base topologies and of nothing.
const IDS: [&str; 14] = [
    "vpc-1",
    "vpc-out",
    "subnet-s1",
    "subnet-nat",
    "subnet-to",
    "rtb-1",
    "nat-1",
    "igw-1",
    "tgw-1",
    "tgw-attach-1",
    "tgw-attach-out",
    "sg-fn",
    "nothing",
    "",
];

/// Replaces some of the ids in a topology by others, whatever they stand for.
fn scramble(value: &mut serde_json::Value, choices: &mut impl Iterator<Item = (u8, usize)>) {
    match value {
        serde_json::Value::String(text) if IDS.contains(&text.as_str()) => {
            if let Some((chance, id)) = choices.next()
                && chance < 40
            {
                IDS[id % IDS.len()].clone_into(text);
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| scramble(item, choices)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|item| scramble(item, choices)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_that_lead_anywhere_and_nowhere_are_walked_without_harm(
        base in prop::sample::select(vec!["nat", "endpoint", "hub", "egress", "database"]),
        choices in proptest::collection::vec((any::<u8>(), any::<usize>()), 300),
        ipv6 in any::<bool>(),
    ) {
        let (mut inventory, mut configuration) = load::base_alone(base);
        let mut topology = serde_json::to_value(&inventory.networks).unwrap();
        scramble(&mut topology, &mut choices.into_iter());
        inventory.networks = serde_json::from_value(topology).unwrap();
        configuration.vpc.as_mut().unwrap().ipv6_allowed = ipv6;
        let reach = ask(&inventory, &configuration);
        prop_assert_eq!(reach.reasons.is_empty(), reach.verdict == Verdict::Reachable);
        prop_assert_eq!(&ask(&inventory, &configuration), &reach);
    }
}
