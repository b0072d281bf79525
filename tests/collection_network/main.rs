//! The collector of networks against the mock: which VPCs are read, what that costs, and what becomes of answers that are not AWS's.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

mod answers;
#[path = "../support/collecting.rs"]
mod collecting;
#[path = "../support/lost.rs"]
mod lost;
#[path = "../support/mock.rs"]
mod mock;
#[path = "../support/networks.rs"]
mod networks;
#[path = "../support/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::process::Command;

use collecting::{assert_same, collected, options, run};
use lost::{is_of_networks, lose};
use mock::{Call, Faults, Mock};
use networks::{attachment, route, side, subnet, table, transit_route, vpc};
use rotaudit::inventory::network::{BlockPublicAccess, Peering, RouteTarget, TransitGatewayAttachment};
use rotaudit::inventory::{Api, Inventory, Known, Network, VpcAttachment};
use sample::{ACCOUNT, arn, sample};

const US: &str = "111122223333/us-east-1";
const EU: &str = "111122223333/eu-west-1";

/// A list as it is known.
fn known<T>(known: &mut Known<T>) -> &mut T {
    match known {
        Known::Value(value) => value,
        Known::Unreadable(gap) => panic!("{gap}"),
    }
}

/// A VPC with one subnet and these routes.
fn add(network: &mut Network, id: &str, cidr: &str, targets: &[(&str, RouteTarget)]) {
    known(&mut network.vpcs).insert(id.to_owned(), vpc(&[cidr]));
    known(&mut network.subnets).insert(format!("subnet-of-{id}"), subnet(id, &[cidr]));
    let routes = targets.iter().map(|(destination, target)| route(destination, target.clone())).collect();
    known(&mut network.route_tables).insert(format!("rtb-of-{id}"), table(id, &[], routes));
}

/// A chain of peering connections from the sample's VPC through this account, another region and another account, and one VPC behind its transit gateway.
fn neighbours() -> Inventory {
    let mut inventory = sample();
    let to = |id: &str| RouteTarget::Peering(id.to_owned());
    let peering = |sides| Peering { state: "active".to_owned(), sides };
    let us = |vpc: &str| side(vpc, ACCOUNT, "us-east-1", &["10.0.0.0/8"]);
    let far = [us("vpc-2"), side("vpc-9", ACCOUNT, "eu-west-1", &["10.40.0.0/16"])];
    let theirs = [us("vpc-2"), side("vpc-x", "444455556666", "us-east-1", &["10.41.0.0/16"])];
    let elsewhere = [us("vpc-2"), side("vpc-y", ACCOUNT, "ap-south-1", &["10.42.0.0/16"])];

    let network = inventory.networks.get_mut(US).unwrap();
    known(&mut network.route_tables).get_mut("rtb-1").unwrap().routes.push(route("10.30.0.0/16", to("pcx-2")));
    add(
        network,
        "vpc-2",
        "10.30.0.0/16",
        &[("10.40.0.0/16", to("pcx-far")), ("10.41.0.0/16", to("pcx-theirs")), ("10.42.0.0/16", to("pcx-y"))],
    );
    add(network, "vpc-3", "10.50.0.0/16", &[("10.0.0.0/16", RouteTarget::TransitGateway("tgw-1".to_owned()))]);
    let peerings = [("pcx-2", [us("vpc-1"), us("vpc-2")]), ("pcx-far", far.clone()), ("pcx-theirs", theirs), ("pcx-y", elsewhere)];
    known(&mut network.peerings).extend(peerings.map(|(id, sides)| (id.to_owned(), peering(sides))));
    let behind = TransitGatewayAttachment { route_table: Some("tgw-rtb-2".to_owned()), ..attachment("vpc", "vpc-3", ACCOUNT) };
    known(&mut network.transit_gateway_attachments).insert("tgw-attach-4".to_owned(), behind);
    let table = known(&mut network.transit_gateway_route_tables).get_mut("tgw-rtb-1").unwrap();
    known(&mut table.routes).push(transit_route("10.50.0.0/16", &["tgw-attach-4"]));
    // The third round is the last: of what vpc-9 leads to, only the connection is known.
    let network = inventory.networks.get_mut(EU).unwrap();
    add(network, "vpc-9", "10.40.0.0/16", &[("10.60.0.0/16", to("pcx-last")), ("10.30.0.0/16", to("pcx-far"))]);
    let last = [side("vpc-9", ACCOUNT, "eu-west-1", &[]), side("vpc-10", ACCOUNT, "eu-west-1", &["10.60.0.0/16"])];
    known(&mut network.peerings).extend([("pcx-last".to_owned(), peering(last)), ("pcx-far".to_owned(), peering(far))]);
    network.block_public_access = Known::Value(BlockPublicAccess { mode: "off".to_owned(), ..Default::default() });
    inventory
}

#[test]
fn vpcs_behind_peering_connections_and_transit_gateways_are_read_for_three_rounds() {
    let expected = neighbours();
    let mut served = expected.clone();
    add(served.networks.get_mut(EU).unwrap(), "vpc-10", "10.60.0.0/16", &[]);
    add(served.networks.get_mut(US).unwrap(), "vpc-unrelated", "10.61.0.0/16", &[]);
    for page in [1, 100] {
        let (found, log) = collected(&served, Faults::paged(page));
        assert_same(&found.unwrap(), &expected, &format!("{page} on a page"));
        let asked = |vpc: &str| log.iter().any(|call| call.subject.split(' ').any(|word| word == vpc));
        assert!(["vpc-1", "vpc-2", "vpc-3", "vpc-9"].into_iter().all(asked));
        assert!(!["vpc-10", "vpc-x", "vpc-y", "vpc-unrelated", "vpc-theirs"].into_iter().any(asked), "{log:?}");
    }
}

#[test]
fn an_owner_that_a_transit_gateway_does_not_tell_is_not_this_account() {
    let mut inventory = sample();
    let network = inventory.networks.get_mut(US).unwrap();
    known(&mut network.transit_gateway_attachments).get_mut("tgw-attach-2").unwrap().owner = String::new();
    let (found, _) = collected(&inventory, Faults::default());
    assert_same(&found.unwrap(), &inventory, "no owner");
}

fn of_networks(log: &[Call]) -> BTreeMap<&str, usize> {
    let names: Vec<&str> = Api::ALL.into_iter().filter(|api| is_of_networks(*api)).map(|api| api.spec().name).collect();
    let mut counted = BTreeMap::new();
    for call in log.iter().filter(|call| names.contains(&call.name.as_str())) {
        *counted.entry(call.name.as_str()).or_default() += 1;
    }
    counted
}

/// The sample with this many functions in these VPCs, each rotating a secret.
fn with_functions(count: usize, vpc: impl Fn(usize) -> String) -> Inventory {
    let mut inventory = sample();
    let secret = inventory.secrets[&arn("arn:aws:secretsmanager:us-east-1:111122223333:secret:billing-AbCdEf")].clone();
    let function = inventory.functions[&arn("arn:aws:lambda:us-east-1:111122223333:function:bill")].clone();
    for n in 0..count {
        let mut function = function.clone();
        function.arn = arn(&format!("arn:aws:lambda:us-east-1:111122223333:function:bill-{n}"));
        let configuration = known(&mut function.configuration).as_mut().unwrap();
        let attachment = configuration.vpc.clone().unwrap();
        configuration.vpc = Some(VpcAttachment { vpc_id: vpc(n), ..attachment });
        let mut secret = secret.clone();
        secret.arn = arn(&format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:billing-{n}-AbCdEf"));
        secret.name = format!("billing-{n}");
        secret.rotation.function = Some(function.arn.clone());
        secret.tags.clear();
        inventory.secrets.insert(secret.arn.clone(), secret);
        inventory.functions.insert(function.arn.clone(), function);
    }
    inventory
}

#[test]
fn many_functions_in_one_vpc_cost_the_calls_of_one() {
    let (found, one) = collected(&sample(), Faults::default());
    found.unwrap();
    let inventory = with_functions(30, |_| "vpc-1".to_owned());
    let (found, many) = collected(&inventory, Faults::default());
    assert_same(&found.unwrap(), &inventory, "thirty functions");
    assert_eq!(of_networks(&one), of_networks(&many));
    // What each call does is in the table; only these are made more than once for one VPC in one region.
    let more: BTreeMap<&str, usize> = of_networks(&one).into_iter().filter(|(_, times)| *times > 1).collect();
    let expected = [
        ("cloudformation:ListStackResources", 3), // one for each stack
        ("cloudformation:GetTemplate", 2),        // one for each that attaches something
        ("ec2:DescribeVpcAttribute", 2),
        ("ec2:DescribeSecurityGroups", 2),      // those of the VPC, and those that others share with it
        ("ec2:GetManagedPrefixListEntries", 2), // one for each list
        ("ec2:SearchTransitGatewayRoutes", 2),  // one for each table
        ("rds:DescribeDBInstances", 2),         // one for each region with functions
        ("rds:DescribeDBClusters", 2),
        ("route53:ListResourceRecordSets", 2), // one for each zone
    ];
    assert_eq!(more, BTreeMap::from(expected));
    assert_eq!(of_networks(&one).values().sum::<usize>(), 41);
}

#[test]
fn a_filter_holds_two_hundred_vpcs() {
    let mut inventory = with_functions(250, |n| format!("vpc-n{n}"));
    let network = inventory.networks.get_mut(US).unwrap();
    for n in 0..250 {
        add(network, &format!("vpc-n{n}"), "10.70.0.0/16", &[]);
    }
    let (found, log) = collected(&inventory, Faults::paged(1000));
    assert_same(&found.unwrap(), &inventory, "251 VPCs");
    let counted = of_networks(&log);
    assert_eq!((counted["ec2:DescribeSubnets"], counted["ec2:DescribeRouteTables"], counted["ec2:DescribeNatGateways"]), (2, 2, 2));
    assert_eq!(counted["ec2:DescribeVpcBlockPublicAccessOptions"], 1);
}

#[test]
fn a_gateway_that_no_route_names_is_not_looked_for() {
    let mut inventory = sample();
    let network = inventory.networks.get_mut(US).unwrap();
    let is_gateway = |target: &RouteTarget| {
        matches!(target, RouteTarget::NatGateway(_) | RouteTarget::InternetGateway(_) | RouteTarget::EgressOnlyGateway(_))
    };
    for table in known(&mut network.route_tables).values_mut() {
        table.routes.retain(|route| !is_gateway(&route.target));
    }
    let (found, log) = collected(&inventory, Faults::default());
    let counted = of_networks(&log);
    for call in ["ec2:DescribeNatGateways", "ec2:DescribeInternetGateways", "ec2:DescribeEgressOnlyInternetGateways"] {
        assert_eq!(counted.get(call), None, "{call}");
    }
    let network = inventory.networks.get_mut(US).unwrap();
    (network.nat_gateways, network.internet_gateways, network.egress_only_gateways) = Default::default();
    assert_same(&found.unwrap(), &inventory, "without gateways");
}

#[test]
fn networks_that_were_read_in_part_are_collected_again_as_they_are() {
    let mut inventory = sample();
    for api in Api::ALL.into_iter().filter(|api| is_of_networks(*api)) {
        lose(&mut inventory, api, "UnauthorizedOperation: by a policy of theirs");
    }
    let gaps = inventory.gaps().len();
    assert!(gaps > 10, "{gaps}");
    let (found, _) = collected(&inventory, Faults::default());
    assert_same(&found.unwrap(), &inventory, "in part");
}

#[test]
fn whoever_answers_hears_who_asks() {
    let (found, log) = collected(&sample(), Faults::default());
    found.unwrap();
    for call in log {
        assert!(call.agent.starts_with("aws-sdk-rust/") && call.agent.contains("app/rotaudit"), "{}: {}", call.name, call.agent);
    }
}

#[test]
fn a_service_of_its_own_endpoint_is_asked_there() {
    let (all, ec2, route53) =
        (Mock::serve(sample(), Faults::default()), Mock::serve(sample(), Faults::default()), Mock::serve(sample(), Faults::default()));
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("collection-network-{}.json", std::process::id()));
    let snapshot = |options: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
            .args(["snapshot", "--region", "us-east-1", "-o", file.to_str().unwrap()])
            .args(options)
            .env_clear()
            .envs([("AWS_ACCESS_KEY_ID", ACCOUNT), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true")])
            .envs([
                ("AWS_ENDPOINT_URL", &all.endpoint),
                ("AWS_ENDPOINT_URL_EC2", &ec2.endpoint),
                ("AWS_ENDPOINT_URL_ROUTE_53", &route53.endpoint),
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::remove_file(&file).unwrap();
    };
    snapshot(&[]);
    let services = |mock: &Mock| {
        let mut services: Vec<String> = mock.log().iter().map(|call| call.name.split(':').next().unwrap_or_default().to_owned()).collect();
        services.sort();
        services.dedup();
        services
    };
    assert_eq!(services(&ec2), ["ec2"]);
    assert_eq!(services(&route53), ["route53"]);
    assert!(services(&all).contains(&"rds".to_owned()) && !services(&all).contains(&"ec2".to_owned()));
    // What is said on the command line goes before all of them.
    snapshot(&["--endpoint-url", &all.endpoint]);
    assert!(services(&all).contains(&"ec2".to_owned()) && services(&all).contains(&"route53".to_owned()));
}

#[test]
fn a_region_whose_functions_are_in_no_vpc_is_asked_for_its_databases_alone() {
    let inventory = sample();
    let mock = Mock::serve(inventory.clone(), Faults::default());
    let mut options = options(&mock, &inventory);
    options.regions = vec!["eu-west-1".to_owned()];
    run(&options).unwrap();
    let log = mock.log();
    assert_eq!(
        of_networks(&log).into_keys().collect::<Vec<_>>(),
        ["cloudformation:ListStackResources", "rds:DescribeDBClusters", "rds:DescribeDBInstances"]
    );
}
