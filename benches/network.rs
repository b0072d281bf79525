//! How fast the paths of a large organization's rotation functions are decided: ten thousand functions in a thousand VPCs, half of them behind NAT gateways and half
//! with an endpoint for Secrets Manager, ten functions to a VPC, each with three subnets; five of ten share their security groups.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rotaudit::arn::Arn;
use rotaudit::inventory::{FunctionConfiguration, Inventory, Known, Network, VpcAttachment};
use rotaudit::network::{Paths, Target, Verdict};
use serde_json::{Value, json};

const VPCS: usize = 1000;
const FUNCTIONS_PER_VPC: usize = 10;
const PLACES: usize = 20;

fn place(vpc: usize) -> String {
    format!("{:012}/eu-west-1", vpc % PLACES)
}

fn open_acl() -> Value {
    let rule = |egress: bool| json!({"number": 100, "egress": egress, "allow": true, "protocol": "all", "cidr": "0.0.0.0/0"});
    json!([rule(false), rule(true)])
}

fn group(vpc: usize, name: &str, ingress: &Value, egress: &Value) -> Value {
    json!({"name": name, "vpc": format!("vpc-{vpc}"), "ingress": ingress, "egress": egress})
}

/// Puts one VPC into the lists of its place.
fn add(lists: &mut BTreeMap<&'static str, serde_json::Map<String, Value>>, vpc: usize) {
    let id = |kind: &str| format!("{kind}-{vpc}");
    let owner = format!("{:012}", vpc % PLACES);
    let subnet = |number: usize| format!("subnet-{vpc}-{number}");
    let mut put = |list: &'static str, id: String, thing: Value| {
        lists.entry(list).or_default().insert(id, thing);
    };
    put(
        "vpcs",
        id("vpc"),
        json!({"owner": owner, "cidrs": ["10.0.0.0/16"], "dhcp_options": "dopt-1", "dns_support": {"value": true}, "dns_hostnames": {"value": true}}),
    );
    for number in 0..6 {
        let zone = format!("euw1-az{}", number % 3 + 1);
        put(
            "subnets",
            subnet(number),
            json!({"vpc": id("vpc"), "owner": owner, "zone_id": zone, "cidrs": [format!("10.0.{number}.0/24")]}),
        );
    }
    let local = json!({"destination": {"cidr": "10.0.0.0/16"}, "target": "local"});
    let default = |target: Value| json!({"destination": {"cidr": "0.0.0.0/0"}, "target": target});
    let private = json!([local, default(json!({"nat_gateway": id("nat")}))]);
    let public = json!([local, default(json!({"internet_gateway": id("igw")}))]);
    put("route_tables", id("rtb-private"), json!({"vpc": id("vpc"), "main": true, "routes": private}));
    put("route_tables", id("rtb-public"), json!({"vpc": id("vpc"), "subnets": [subnet(5)], "routes": public}));
    put("nat_gateways", id("nat"), json!({"vpc": id("vpc"), "subnet": subnet(5), "state": "available", "connectivity": "public"}));
    put("internet_gateways", id("igw"), json!({"vpcs": [id("vpc")]}));
    let subnets: Vec<String> = (0..6).map(subnet).collect();
    put("network_acls", id("acl"), json!({"vpc": id("vpc"), "default": true, "subnets": subnets, "rules": open_acl()}));
    let out = json!([{"peer": {"cidr": "0.0.0.0/0"}}]);
    put("security_groups", id("sg-shared"), group(vpc, "shared", &json!([]), &out));
    for number in 0..FUNCTIONS_PER_VPC {
        put("security_groups", format!("sg-{vpc}-{number}"), group(vpc, "own", &json!([]), &out));
    }
    let from_vpc = |port: u16| json!([{"protocol": "tcp", "ports": {"from": port, "to": port}, "peer": {"cidr": "10.0.0.0/16"}}]);
    put("security_groups", id("sg-ep"), group(vpc, "endpoint", &from_vpc(443), &json!([])));
    put("security_groups", id("sg-db"), group(vpc, "database", &from_vpc(5432), &json!([])));
    if vpc.is_multiple_of(2) {
        let endpoint = json!({
            "vpc": id("vpc"), "owner": owner, "kind": "Interface", "service": "com.amazonaws.eu-west-1.secretsmanager", "state": "available",
            "private_dns": true, "subnets": [subnet(3), subnet(4)], "security_groups": [id("sg-ep")], "interfaces": [id("eni-a"), id("eni-b")],
        });
        put("endpoints", id("vpce"), endpoint);
        for (name, number) in [("eni-a", 3), ("eni-b", 4)] {
            let interface = json!({"subnet": subnet(number), "addresses": [format!("10.0.{number}.10")], "security_groups": [id("sg-ep")]});
            put("interfaces", id(name), interface);
        }
    }
    let database = json!({
        "engine": "postgres", "host": format!("db-{vpc}.c1.eu-west-1.rds.amazonaws.com"), "port": 5432, "vpc": id("vpc"),
        "subnets": [subnet(3), subnet(4)], "security_groups": [id("sg-db")],
    });
    put("databases", id("db"), database);
}

fn inventory() -> Result<Inventory, Box<dyn std::error::Error>> {
    let mut places: BTreeMap<String, BTreeMap<&'static str, serde_json::Map<String, Value>>> = BTreeMap::new();
    for vpc in 0..VPCS {
        add(places.entry(place(vpc)).or_default(), vpc);
    }
    let mut inventory = Inventory::empty("2026-01-01T00:00:00Z".parse()?);
    for (place, lists) in places {
        let mut network: serde_json::Map<String, Value> =
            lists.into_iter().map(|(list, things)| (list.to_owned(), json!({"value": things}))).collect();
        network.insert("dhcp_options".to_owned(), json!({"value": {"dopt-1": {"domain_name_servers": ["AmazonProvidedDNS"]}}}));
        inventory.networks.insert(place, serde_json::from_value::<Network>(Value::Object(network))?);
    }
    Ok(inventory)
}

type Function = (Arn, FunctionConfiguration, Known<Option<Target>>);

fn functions(inventory: &Inventory) -> Result<Vec<Function>, Box<dyn std::error::Error>> {
    let mut functions = Vec::new();
    for vpc in 0..VPCS {
        let id = format!("db-{vpc}");
        let database = inventory.networks.get(&place(vpc)).and_then(|network| network.databases.value()?.get(&id)).ok_or("no database")?;
        for number in 0..FUNCTIONS_PER_VPC {
            let group = if number % 2 == 0 { format!("sg-shared-{vpc}") } else { format!("sg-{vpc}-{number}") };
            let attachment = VpcAttachment {
                vpc_id: format!("vpc-{vpc}"),
                subnet_ids: (0..3).map(|number| format!("subnet-{vpc}-{number}")).collect(),
                security_group_ids: vec![group],
                ipv6_allowed: false,
            };
            let arn = Arn::parse(&format!("arn:aws:lambda:eu-west-1:{:012}:function:f-{vpc}-{number}", vpc % PLACES))?;
            let configuration = FunctionConfiguration { vpc: Some(attachment), ..FunctionConfiguration::default() };
            functions.push((arn, configuration, Known::Value(Some(Target::of(&id, database)))));
        }
    }
    Ok(functions)
}

/// Decides both destinations of every function, and counts those that are reachable.
fn decide(inventory: &Inventory, functions: &[Function]) -> usize {
    let paths = Paths::new(inventory);
    let both = |(arn, configuration, target): &Function| {
        let api = paths.to_secrets_manager(configuration, arn, "eu-west-1").verdict;
        let database = paths.to_target(configuration, arn, target).verdict;
        api == Verdict::Reachable && database == Verdict::Reachable
    };
    functions.iter().filter(|function| both(function)).count()
}

fn network(criterion: &mut Criterion) {
    let inventory = inventory();
    assert!(inventory.is_ok(), "{:?}", inventory.err());
    let inventory = inventory.unwrap_or_else(|_| Inventory::empty(jiff::Timestamp::UNIX_EPOCH));
    let functions = functions(&inventory).unwrap_or_default();
    assert_eq!(decide(&inventory, &functions), VPCS * FUNCTIONS_PER_VPC);
    let mut group = criterion.benchmark_group("network");
    group.sample_size(10);
    group.throughput(Throughput::Elements(functions.len() as u64));
    group.bench_function("both paths of ten thousand functions in a thousand VPCs", |bencher| {
        bencher.iter(|| black_box(decide(black_box(&inventory), black_box(&functions))));
    });
    group.finish();
}

criterion_group!(benches, network);
criterion_main!(benches);
