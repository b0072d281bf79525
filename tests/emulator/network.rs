//! The network of the one seeded function that is in a VPC, as the stand-in was told to build it.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::support::{Emulator, emulator};
use super::{list, snapshot};

/// The networks in a snapshot of the region that holds a function in a VPC; made once.
pub(super) fn networks(emulator: &Emulator) -> &'static Value {
    static NETWORKS: LazyLock<std::sync::Mutex<Option<&'static Value>>> = LazyLock::new(Default::default);
    let mut networks = NETWORKS.lock().expect("no other test failed while it took the snapshot");
    networks.get_or_insert_with(|| {
        let region = emulator.manifest["network"]["region"].as_str().expect("the region of the network");
        let snapshot = snapshot(emulator, "network", &["--region", region]);
        Box::leak(Box::new(snapshot["inventory"]["networks"].clone()))
    })
}

#[test]
fn the_network_of_a_function_in_a_vpc_is_collected_as_it_was_built() {
    let Some(emulator) = emulator() else { return };
    let built = &emulator.manifest["network"];
    let id = |name: &str| built[name].as_str().unwrap_or_else(|| panic!("{name} was built"));
    let network = &networks(emulator)[id("place")];
    let of = |list: &str, name: &str| &network[list]["value"][id(name)];
    let (vpc, private, public, group) = (id("vpc"), id("private_subnet"), id("public_subnet"), id("endpoint_group"));

    assert_eq!(of("vpcs", "vpc")["dhcp_options"], built["dhcp_options"]);
    assert_eq!((&of("vpcs", "vpc")["dns_support"]["value"], &of("vpcs", "vpc")["dns_hostnames"]["value"]), (&json!(true), &json!(true)));
    assert!(list(of("vpcs", "vpc"), "cidrs").contains(&json!("10.20.0.0/16")) && list(of("vpcs", "vpc"), "cidrs").len() == 2);
    assert_eq!(of("vpcs", "other_vpc")["cidrs"], json!(["10.30.0.0/16"]), "the VPC behind the peering connection is read, too");
    assert_eq!(of("dhcp_options", "dhcp_options"), &json!({"domain_name_servers": ["AmazonProvidedDNS", "10.20.0.7"]}));
    assert_eq!(
        (&of("subnets", "private_subnet")["vpc"], &of("subnets", "private_subnet")["cidrs"]),
        (&json!(vpc), &json!(["10.20.0.0/24"]))
    );

    let table = of("route_tables", "private_table");
    assert_eq!(table["subnets"], json!([private]));
    let routes = [
        ("0.0.0.0/0", json!({"nat_gateway": id("nat_gateway")})),
        ("::/0", json!({"egress_only_gateway": id("egress_only_gateway")})),
        ("10.30.0.0/16", json!({"peering": id("peering")})),
        ("10.40.0.0/16", json!({"transit_gateway": id("transit_gateway")})),
        ("10.20.0.0/16", json!("local")),
    ];
    for (destination, target) in routes {
        let route = json!({"destination": {"cidr": destination}, "target": target});
        assert!(list(table, "routes").contains(&route), "{route} is not in {table}");
    }
    let out = json!({"destination": {"cidr": "0.0.0.0/0"}, "target": {"internet_gateway": id("internet_gateway")}});
    assert!(list(of("route_tables", "public_table"), "routes").contains(&out));
    let nat_gateway = json!({"vpc": vpc, "subnet": public, "state": "available", "connectivity": "public"});
    assert_eq!(of("nat_gateways", "nat_gateway"), &nat_gateway);
    assert_eq!(of("internet_gateways", "internet_gateway"), &json!({"vpcs": [vpc]}));
    assert_eq!(of("egress_only_gateways", "egress_only_gateway"), &json!({"vpcs": [vpc]}));

    let acl = of("network_acls", "network_acl");
    let rule = |number, egress: bool, from, to| {
        let mut rule = json!({"number": number, "allow": true, "protocol": "tcp", "ports": {"from": from, "to": to}, "cidr": "0.0.0.0/0"});
        if egress {
            rule["egress"] = json!(true);
        }
        rule
    };
    assert_eq!(acl["subnets"], json!([private]));
    assert!(
        list(acl, "rules").contains(&rule(100, true, 443, 443)) && list(acl, "rules").contains(&rule(110, false, 1024, 65535)),
        "{acl}"
    );
    let https = |peer: Value| json!({"protocol": "tcp", "ports": {"from": 443, "to": 443}, "peer": peer});
    let peers = [json!({"cidr": "10.20.0.0/16"}), json!({"prefix_list": id("prefix_list")}), json!({"group": group})];
    assert_eq!(of("security_groups", "function_group")["egress"], json!(peers.map(https)));
    assert_eq!(of("security_groups", "endpoint_group")["ingress"], json!([https(json!({"group": id("function_group")}))]));
    let entries = json!({"value": ["198.51.100.0/32", "198.51.100.1/32", "198.51.100.2/32"]});
    assert_eq!(of("prefix_lists", "prefix_list"), &json!({"name": "ours", "entries": entries}));

    let endpoint = of("endpoints", "endpoint");
    assert_eq!((&endpoint["kind"], &endpoint["state"], &endpoint["private_dns"]), (&json!("Interface"), &json!("available"), &json!(true)));
    assert_eq!((&endpoint["subnets"], &endpoint["security_groups"]), (&json!([private]), &json!([group])));
    assert_eq!(endpoint["interfaces"], json!([id("interface")]));
    let policy: Value = serde_json::from_str(endpoint["policy"].as_str().expect("the endpoint's policy")).expect("a policy is JSON");
    assert_eq!(policy, built["endpoint_policy"]);
    assert_eq!(of("interfaces", "interface")["subnet"], json!(private));
    assert_eq!(of("peerings", "peering")["state"], json!("active"));
    let attachment = of("transit_gateway_attachments", "attachment");
    assert_eq!((&attachment["resource"], &attachment["subnets"]), (&json!(vpc), &json!([private])));
    assert_eq!(attachment["route_table"], json!(id("transit_table")));
    // Which attachments a route leads to is a list that the stand-in leaves empty.
    assert_eq!(of("transit_gateway_route_tables", "transit_table")["routes"]["value"][0]["destination"], json!("10.20.0.0/16"));

    let record = json!({"name": "*.amazonaws.com", "target": {"addresses": ["10.20.0.9"]}});
    assert_eq!(of("hosted_zones", "hosted_zone"), &json!({"name": "amazonaws.com", "vpcs": [vpc], "records": {"value": [record]}}));
    assert_eq!(network["hosted_zones"]["value"].as_object().map(serde_json::Map::len), Some(1), "a zone that does not matter is left out");
    assert_eq!(of("resolver_rules", "resolver_rule"), &json!({"domain": "corp.example", "kind": "SYSTEM", "vpcs": [vpc]}));
    for (name, engine, port) in [("instance", "postgres", 5432), ("cluster", "aurora-mysql", 3306)] {
        let database = of("databases", name);
        assert_eq!((&database["engine"], &database["port"], &database["vpc"]), (&json!(engine), &json!(port), &json!(vpc)));
        assert_eq!((&database["subnets"], &database["security_groups"]), (&json!([private, public]), &json!([group])));
    }
    assert!(of("databases", "instance")["master_secret"].as_str().is_some_and(|arn| arn.contains(":secret:rds!db-")));
    // The one list of these that the stand-in does not have.
    let gap = &network["block_public_access"]["unreadable"];
    assert_eq!(
        (&gap["call"], &gap["error"]),
        (
            &json!("ec2:DescribeVpcBlockPublicAccessOptions"),
            &json!("InvalidAction: The action DescribeVpcBlockPublicAccessOptions is not valid for this web service.")
        )
    );
}
