//! Topologies in the inventory's own shape, with a few shorthands and defaults that keep them readable.
//!
//! * A list may be written without `value:`; `unreadable: "ec2:DescribeSubnets"` is a list that was denied.
//! * `routes: [0.0.0.0/0 nat-1, pl-s3 vpce-s3, 10.9.0.0/16 pcx-1 blackhole]`, each table's local routes are added;
//!   `ingress: [tcp 443 sg-1, all 10.0.0.0/8]`; `rules: [100 out allow tcp 443 0.0.0.0/0]`.
//! * What a topology does not say is as AWS makes it: the Amazon resolver, both DNS attributes on, a network ACL that lets everything through,
//!   an available public NAT gateway, an available interface endpoint for Secrets Manager.

use std::collections::BTreeMap;

use rotaudit::inventory::Network;
use serde_json::{Map, Value, json};

use crate::load::HOME;

/// The network that a file writes.
pub(crate) fn network_of(place: &str, mut network: Value) -> Network {
    let owner = place.split('/').next().unwrap();
    let map = network.as_object_mut().unwrap();
    map.entry("dhcp_options").or_insert(json!({"dopt-1": {"domain_name_servers": ["AmazonProvidedDNS"]}}));
    fill(map, owner);
    local_routes(map);
    open_acl(map);
    for (_, list) in map.iter_mut() {
        *list = known(list.take());
    }
    serde_json::from_value(network.clone()).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// A fact that was read, unless it says otherwise.
fn known(fact: Value) -> Value {
    match fact.as_object() {
        Some(map) if map.contains_key("value") => fact,
        Some(map) if map.contains_key("unreadable") => {
            let call = map["unreadable"].as_str().unwrap();
            json!({"unreadable": {"call": call, "resource": HOME, "error": "UnauthorizedOperation"}})
        }
        _ => json!({"value": fact}),
    }
}

/// The things of a list, unless it was not read.
fn each(map: &mut Map<String, Value>, list: &str, mut change: impl FnMut(&str, &mut Map<String, Value>)) {
    let Some(things) = map.get_mut(list).and_then(Value::as_object_mut) else { return };
    if things.contains_key("unreadable") {
        return;
    }
    for (id, thing) in things.iter_mut() {
        if thing.is_null() {
            *thing = json!({});
        }
        change(id, thing.as_object_mut().unwrap());
    }
}

fn default(thing: &mut Map<String, Value>, defaults: &Value) {
    for (key, value) in defaults.as_object().unwrap() {
        thing.entry(key.clone()).or_insert(value.clone());
    }
}

fn texts(thing: &mut Map<String, Value>, list: &str, read: impl Fn(&str) -> Value) {
    for item in thing.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(text) = item.as_str() {
            *item = read(text);
        }
    }
}

fn fill(map: &mut Map<String, Value>, owner: &str) {
    each(map, "vpcs", |_, vpc| {
        default(vpc, &json!({"owner": owner, "dhcp_options": "dopt-1", "dns_support": true, "dns_hostnames": true}));
        if vpc["dhcp_options"] == "none" {
            vpc.remove("dhcp_options");
        }
        for attribute in ["dns_support", "dns_hostnames"] {
            let value = vpc[attribute].take();
            vpc.insert(attribute.to_owned(), known(value));
        }
    });
    each(map, "subnets", |_, subnet| default(subnet, &json!({"owner": owner, "zone_id": "euw1-az1"})));
    each(map, "route_tables", |_, table| texts(table, "routes", route));
    each(map, "nat_gateways", |_, nat| default(nat, &json!({"state": "available", "connectivity": "public"})));
    each(map, "security_groups", |id, group| {
        default(group, &json!({"name": id}));
        texts(group, "ingress", rule);
        texts(group, "egress", rule);
    });
    each(map, "network_acls", |_, acl| texts(acl, "rules", acl_rule));
    each(map, "endpoints", |_, endpoint| {
        let service = "com.amazonaws.eu-west-1.secretsmanager";
        default(endpoint, &json!({"owner": owner, "kind": "Interface", "service": service, "state": "available", "private_dns": true}));
        if let Some(policy) = endpoint.get_mut("policy").filter(|policy| policy.is_object()) {
            *policy = json!(policy.to_string());
        }
    });
    each(map, "prefix_lists", |_, list| {
        let entries = list["entries"].take();
        list.insert("entries".to_owned(), known(entries));
    });
    each(map, "transit_gateways", |_, gateway| default(gateway, &json!({"owner": owner})));
    each(map, "transit_gateway_attachments", |_, attachment| {
        default(attachment, &json!({"owner": owner, "kind": "vpc", "state": "available"}));
    });
    each(map, "transit_gateway_route_tables", |_, table| {
        texts(table, "routes", transit_route);
        let routes = table["routes"].take();
        table.insert("routes".to_owned(), known(routes));
    });
    each(map, "hosted_zones", |_, zone| {
        let records = zone["records"].take();
        zone.insert("records".to_owned(), known(records));
    });
    each(map, "databases", |_, database| default(database, &json!({"engine": "postgres", "port": 5432})));
}

/// Every route table leads the VPC's own ranges to the VPC.
fn local_routes(map: &mut Map<String, Value>) {
    let cidrs: BTreeMap<String, Vec<Value>> = map
        .get("vpcs")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(id, vpc)| Some((id.clone(), vpc.get("cidrs")?.as_array()?.clone())))
        .collect();
    each(map, "route_tables", |_, table| {
        let own = cidrs.get(table["vpc"].as_str().unwrap()).into_iter().flatten();
        let local = own.map(|cidr| json!({"destination": {"cidr": cidr}, "target": "local"}));
        let routes = table.entry("routes").or_insert(json!([])).as_array_mut().unwrap();
        routes.extend(local);
    });
}

/// Every subnet without a network ACL has the one that lets everything through.
fn open_acl(map: &mut Map<String, Value>) {
    if map.get("network_acls").is_some_and(|acls| acls.get("unreadable").is_some()) {
        return;
    }
    let guarded: Vec<Value> = map
        .get("network_acls")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .flat_map(|(_, acl)| acl["subnets"].as_array().cloned().unwrap_or_default())
        .collect();
    let mut open: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    each(map, "subnets", |id, subnet| {
        if !guarded.contains(&json!(id)) {
            open.entry(subnet["vpc"].as_str().unwrap().to_owned()).or_default().push(json!(id));
        }
    });
    let all = ["in", "out"].iter().flat_map(|side| ["0.0.0.0/0", "::/0"].map(|net| acl_rule(&format!("100 {side} allow all {net}"))));
    let rules: Vec<Value> = all.collect();
    let acls = map.entry("network_acls").or_insert(json!({})).as_object_mut().unwrap();
    for (vpc, subnets) in open {
        acls.insert(format!("acl-of-{vpc}"), json!({"vpc": vpc, "default": true, "subnets": subnets, "rules": rules}));
    }
}

fn route(text: &str) -> Value {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let last = words.pop_if(|last| ["blackhole", "propagated"].contains(last));
    let &[to, through] = words.as_slice() else { panic!("{text:?} is no route") };
    let destination = if to.starts_with("pl-") { json!({"prefix_list": to}) } else { json!({"cidr": to}) };
    let kinds = [
        ("igw-", "internet_gateway"),
        ("eigw-", "egress_only_gateway"),
        ("nat-", "nat_gateway"),
        ("tgw-", "transit_gateway"),
        ("pcx-", "peering"),
        ("vgw-", "virtual_private_gateway"),
        ("vpce-", "endpoint"),
        ("eni-", "interface"),
    ];
    let kind = kinds.iter().find(|(start, _)| through.starts_with(start)).map_or("other", |(_, kind)| kind);
    let target = if through == "local" { json!("local") } else { json!({kind: through}) };
    let origin = if last == Some("propagated") { "propagated" } else { "static" };
    json!({"destination": destination, "target": target, "blackhole": last == Some("blackhole"), "origin": origin})
}

fn transit_route(text: &str) -> Value {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let last = words.pop_if(|last| ["blackhole", "propagated"].contains(last));
    let (to, attachments) = words.split_first().unwrap();
    json!({"destination": to, "attachments": attachments, "blackhole": last == Some("blackhole"), "propagated": last == Some("propagated")})
}

fn ports(text: &str) -> Value {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    json!({"from": from.parse::<u16>().unwrap(), "to": to.parse::<u16>().unwrap()})
}

fn rule(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (protocol, range, peer) = match words.as_slice() {
        ["all", peer] => ("all", None, *peer),
        [protocol, range, peer] => (*protocol, Some(*range), *peer),
        _ => panic!("{text:?} is no rule"),
    };
    let kind = match peer.split_once('-') {
        Some(("sg", _)) => "group",
        Some(("pl", _)) => "prefix_list",
        _ => "cidr",
    };
    let mut rule = json!({"protocol": protocol, "peer": {kind: peer}});
    if let Some(range) = range {
        rule["ports"] = ports(range);
    }
    rule
}

fn acl_rule(text: &str) -> Value {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (number, side, effect, protocol, range, cidr) = match *words.as_slice() {
        [number, side, effect, protocol, cidr] => (number, side, effect, protocol, None, cidr),
        [number, side, effect, protocol, range, cidr] => (number, side, effect, protocol, Some(range), cidr),
        _ => panic!("{text:?} is no rule"),
    };
    assert!(["in", "out"].contains(&side) && ["allow", "deny"].contains(&effect), "{text:?} is no rule");
    let mut rule = json!({"number": number.parse::<u32>().unwrap(), "egress": side == "out", "allow": effect == "allow", "protocol": protocol, "cidr": cidr});
    if let Some(range) = range {
        rule["ports"] = ports(range);
    }
    rule
}
