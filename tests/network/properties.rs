//! What holds for every topology: letting more through never blocks, letting less through never opens, and the order of lists does not matter.

use std::sync::LazyLock;

use proptest::prelude::*;
use rotaudit::arn::Arn;
use rotaudit::inventory::network::{
    NetworkAclRule, Peer, Ports, Protocol, Route, RouteDestination, RouteOrigin, RouteTarget, SecurityGroupRule,
};
use rotaudit::inventory::{FunctionConfiguration, Inventory, Known, Network};
use rotaudit::network::{Paths, Target, Verdict};

use crate::load::{self, HOME};
use crate::scenarios::FUNCTION;

const DATABASE: &str = "arn:aws:rds:eu-west-1:111122223333:db:orders";

/// The verdicts about both destinations.
fn verdicts(inventory: &Inventory, configuration: &FunctionConfiguration) -> [Verdict; 2] {
    let paths = Paths::new(inventory);
    let function = Arn::parse(FUNCTION).unwrap();
    let database = inventory.networks[HOME].databases.value().and_then(|databases| databases.get(DATABASE));
    let target = database.map(|database| Target::of(DATABASE, database));
    let api = paths.to_secrets_manager(configuration, &function, "eu-west-1").verdict;
    [api, paths.to_target(configuration, &function, &Known::Value(target)).verdict]
}

fn network(inventory: &mut Inventory) -> &mut Network {
    inventory.networks.get_mut(HOME).unwrap()
}

const NETS: [&str; 9] =
    ["0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.1.0/25", "10.0.50.10/32", "52.0.0.0/8", "0.0.0.0/1", "128.0.0.0/1", "::/0"];
const GROUPS: [&str; 4] = ["sg-fn", "sg-ep", "sg-db", "sg-other"];

fn ports() -> impl Strategy<Value = Option<Ports>> {
    let some = prop::sample::select(vec![(443, 443), (5432, 5432), (0, 65_535), (1024, 65_535), (32_768, 60_999), (400, 500), (1, 442)]);
    prop_oneof![Just(None), some.prop_map(|(from, to)| Some(Ports { from, to }))]
}

fn protocol() -> impl Strategy<Value = Protocol> {
    prop::sample::select(vec![Protocol::Tcp, Protocol::Tcp, Protocol::All, Protocol::Udp])
}

fn rule() -> impl Strategy<Value = SecurityGroupRule> {
    let peer = prop_oneof![
        prop::sample::select(NETS.to_vec()).prop_map(|net| Peer::Cidr(net.parse().unwrap())),
        prop::sample::select(GROUPS.to_vec()).prop_map(|group| Peer::Group(group.to_owned())),
        Just(Peer::PrefixList("pl-unread".to_owned())),
    ];
    (protocol(), ports(), peer).prop_map(|(protocol, ports, peer)| SecurityGroupRule { protocol, ports, peer })
}

fn acl_rule() -> impl Strategy<Value = NetworkAclRule> {
    (1_u32..200, any::<bool>(), any::<bool>(), protocol(), ports(), prop::sample::select(NETS.to_vec())).prop_map(
        |(number, egress, allow, protocol, ports, net)| NetworkAclRule {
            number,
            egress,
            allow,
            protocol,
            ports,
            cidr: net.parse().unwrap(),
        },
    )
}

fn route() -> impl Strategy<Value = Route> {
    let target = prop::sample::select(vec![
        RouteTarget::NatGateway("nat-1".to_owned()),
        RouteTarget::InternetGateway("igw-1".to_owned()),
        RouteTarget::VirtualPrivateGateway("vgw-1".to_owned()),
        RouteTarget::NatGateway("nat-gone".to_owned()),
    ]);
    let origin = prop::sample::select(vec![RouteOrigin::Static, RouteOrigin::Propagated]);
    (prop::sample::select(NETS.to_vec()), target, any::<bool>(), origin).prop_map(|(net, target, blackhole, origin)| Route {
        destination: RouteDestination::Cidr(net.parse().unwrap()),
        target,
        blackhole,
        origin,
    })
}

/// The parts of a topology that are drawn.
#[derive(Debug, Clone)]
struct Drawn {
    egress: Vec<SecurityGroupRule>,
    endpoint: Vec<SecurityGroupRule>,
    database: Vec<SecurityGroupRule>,
    acl_function: Vec<NetworkAclRule>,
    acl_others: Vec<NetworkAclRule>,
    routes: Vec<Route>,
    with_endpoint: bool,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let rules = || proptest::collection::vec(rule(), 0..4);
    let acl = || prop_oneof![Just(Vec::new()), proptest::collection::vec(acl_rule(), 1..5)];
    let routes = proptest::collection::vec(route(), 0..4);
    (rules(), rules(), rules(), acl(), acl(), routes, any::<bool>()).prop_map(
        |(egress, endpoint, database, acl_function, acl_others, routes, with_endpoint)| Drawn {
            egress,
            endpoint,
            database,
            acl_function,
            acl_others,
            routes,
            with_endpoint,
        },
    )
}

/// Read once.
static EVERYTHING: LazyLock<(Inventory, FunctionConfiguration)> = LazyLock::new(|| load::base_alone("everything"));

/// A VPC with a NAT gateway, an endpoint and a database, in which the drawn parts stand.
fn build(drawn: &Drawn) -> (Inventory, FunctionConfiguration) {
    let (mut inventory, configuration) = EVERYTHING.clone();
    let network = network(&mut inventory);
    let Known::Value(groups) = &mut network.security_groups else { panic!("the list was read") };
    groups.get_mut("sg-fn").unwrap().egress.clone_from(&drawn.egress);
    groups.get_mut("sg-ep").unwrap().ingress.clone_from(&drawn.endpoint);
    groups.get_mut("sg-db").unwrap().ingress.clone_from(&drawn.database);
    let Known::Value(acls) = &mut network.network_acls else { panic!("the list was read") };
    for (acl, rules) in [("acl-function", &drawn.acl_function), ("acl-others", &drawn.acl_others)] {
        acls.get_mut(acl).unwrap().rules.extend(rules.iter().cloned());
    }
    let Known::Value(tables) = &mut network.route_tables else { panic!("the list was read") };
    tables.get_mut("rtb-private").unwrap().routes.extend(drawn.routes.iter().cloned());
    if !drawn.with_endpoint {
        network.endpoints = Known::default();
    }
    (inventory, configuration)
}

fn ask(drawn: &Drawn) -> [Verdict; 2] {
    let (inventory, configuration) = build(drawn);
    verdicts(&inventory, &configuration)
}

/// More is let through in `more` than in `less`.
fn opens(less: &Drawn, more: &Drawn) -> Result<(), TestCaseError> {
    for (before, after) in ask(less).into_iter().zip(ask(more)) {
        prop_assert!(before <= after, "{before} became {after}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_further_rule_of_a_security_group_opens_and_never_blocks(drawn in drawn(), rule in rule(), which in 0_usize..3) {
        let mut more = drawn.clone();
        [&mut more.egress, &mut more.endpoint, &mut more.database][which].push(rule);
        opens(&drawn, &more)?;
    }

    #[test]
    fn a_further_allowing_rule_of_a_network_acl_opens_and_never_blocks(drawn in drawn(), rule in acl_rule(), at_function in any::<bool>()) {
        let mut more = drawn.clone();
        // A number of its own, before or between the others: equal numbers cannot be.
        let rule = NetworkAclRule { allow: true, number: rule.number * 1000 + 7, ..rule };
        for list in [&mut more.acl_function, &mut more.acl_others] {
            for rule in list.iter_mut() {
                rule.number *= 1000;
            }
        }
        let less = more.clone();
        let list = if at_function { &mut more.acl_function } else { &mut more.acl_others };
        list.push(rule);
        opens(&less, &more)?;
    }

    #[test]
    fn a_default_route_to_a_nat_gateway_opens_where_there_was_none(drawn in drawn()) {
        let everything = |route: &Route| matches!(&route.destination, RouteDestination::Cidr(net) if net.prefix_len() == 0);
        let mut less = drawn;
        less.routes.retain(|route| !everything(route));
        let mut more = less.clone();
        more.routes.push(Route {
            destination: RouteDestination::Cidr("0.0.0.0/0".parse().unwrap()),
            target: RouteTarget::NatGateway("nat-1".to_owned()),
            blackhole: false,
            origin: RouteOrigin::Static,
        });
        opens(&less, &more)?;
    }

    #[test]
    fn the_order_of_rules_and_routes_does_not_matter(drawn in drawn(), shift in 0_usize..6) {
        let mut other = drawn.clone();
        macro_rules! turn { ($($list:ident),+) => {$( if !other.$list.is_empty() { let by = shift % other.$list.len(); other.$list.rotate_left(by); other.$list[..].reverse(); } )+} }
        turn!(egress, endpoint, database, acl_function, acl_others, routes);
        prop_assert_eq!(ask(&drawn), ask(&other));
    }
}

#[test]
fn the_drawn_topologies_come_out_in_every_way() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..600 {
        let [api, database] = ask(&drawn().new_tree(&mut runner).unwrap().current());
        seen.extend([("api", api), ("database", database)]);
    }
    for what in ["api", "database"] {
        for verdict in [Verdict::Reachable, Verdict::Blocked, Verdict::Undecided] {
            assert!(seen.contains(&(what, verdict)), "no {what} was {verdict}: {seen:?}");
        }
    }
}
