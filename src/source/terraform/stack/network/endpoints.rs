//! VPC endpoints, with what other resources add to them.

use std::collections::BTreeMap;

use super::place::{Place, id_of, known, owner};
use crate::inventory::network::VpcEndpoint;
use crate::inventory::{Gap, Known};
use crate::policy::Document;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::documents;
use crate::source::terraform::stack::thing::Thing;
use crate::source::terraform::value::Value;

/// The policy of an endpoint that is given none (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>).
const BY_DEFAULT: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;

/// The endpoints of the plan.
pub(super) fn endpoints(place: &Place<'_, '_>) -> Known<BTreeMap<String, VpcEndpoint>> {
    known(all(place))
}

fn all(place: &Place<'_, '_>) -> Result<BTreeMap<String, VpcEndpoint>, Gap> {
    let mut endpoints = BTreeMap::new();
    for it in place.of_kind("aws_vpc_endpoint") {
        endpoints.insert(id_of(it, "id", Kind::Endpoint), endpoint(it));
    }
    if place.stack.over {
        no_others(place, &endpoints)?;
    }
    let added = |kind: &'static str, attribute: &'static str, of: Kind| {
        let one = move |it: Thing<'_>| Ok((owner(it, "vpc_endpoint_id", Kind::Endpoint)?, owner(it, attribute, of)?));
        place.of_kind(kind).map(one).collect::<Result<Vec<(String, String)>, Gap>>()
    };
    for (id, subnet) in added("aws_vpc_endpoint_subnet_association", "subnet_id", Kind::Subnet)? {
        if let Some(endpoint) = endpoints.get_mut(&id) {
            endpoint.subnets.push(subnet);
        }
    }
    for (id, group) in added("aws_vpc_endpoint_security_group_association", "security_group_id", Kind::SecurityGroup)? {
        if let Some(endpoint) = endpoints.get_mut(&id) {
            endpoint.security_groups.push(group);
        }
    }
    for (id, table) in added("aws_vpc_endpoint_route_table_association", "route_table_id", Kind::RouteTable)? {
        if let Some(endpoint) = endpoints.get_mut(&id) {
            endpoint.route_tables.push(table);
        }
    }
    for it in place.of_kind("aws_vpc_endpoint_policy") {
        if let Some(endpoint) = endpoints.get_mut(&owner(it, "vpc_endpoint_id", Kind::Endpoint)?) {
            endpoint.policy = Some(policy(it));
        }
    }
    for it in place.of_kind("aws_vpc_endpoint_private_dns") {
        if let Some(endpoint) = endpoints.get_mut(&owner(it, "vpc_endpoint_id", Kind::Endpoint)?) {
            endpoint.private_dns = it.value("private_dns_enabled").and_then(Value::text) == Some("true");
        }
    }
    Ok(endpoints)
}

/// What is added to an endpoint that the plan does not make is not laid over it: then nothing is known of the endpoints.
fn no_others(place: &Place<'_, '_>, endpoints: &BTreeMap<String, VpcEndpoint>) -> Result<(), Gap> {
    let kinds = ["subnet_association", "security_group_association", "route_table_association", "policy", "private_dns"];
    for kind in kinds {
        for it in place.stack.resolver.world.instances().filter(|it| !it.data && it.kind == format!("aws_vpc_endpoint_{kind}")) {
            let it = Thing { resolver: place.stack.resolver, instance: it, code: place.stack.code };
            if it.instance.changes && !endpoints.contains_key(&owner(it, "vpc_endpoint_id", Kind::Endpoint)?) {
                return Err(Gap::new(
                    "plan",
                    it.address(),
                    "it changes an endpoint that the plan does not make, which is not laid over what exists",
                ));
            }
        }
    }
    Ok(())
}

fn endpoint(it: Thing<'_>) -> VpcEndpoint {
    let list = |name: &str, kind| if it.is_set(name) { it.list(name, Want::id(kind)) } else { Vec::new() };
    VpcEndpoint {
        vpc: id_of(it, "vpc_id", Kind::Vpc),
        owner: it.resolver.account_of(it.instance),
        kind: it.text("vpc_endpoint_type").unwrap_or_else(|| "Gateway".to_owned()),
        service: it.text("service_name").unwrap_or_default(),
        service_region: it.value("service_region").and_then(Value::text).map(str::to_owned),
        state: "available".to_owned(),
        private_dns: it.value("private_dns_enabled").and_then(Value::text) == Some("true"),
        private_dns_only_for_inbound_resolver: false,
        subnets: list("subnet_ids", Kind::Subnet),
        security_groups: list("security_group_ids", Kind::SecurityGroup),
        interfaces: Vec::new(),
        route_tables: list("route_table_ids", Kind::RouteTable),
        dns_names: Vec::new(),
        policy: Some(policy(it)),
        firewall: None,
    }
}

fn policy(it: Thing<'_>) -> Document {
    if it.value("policy") == Some(&Value::Unknown) && !it.is_written("policy") {
        return Document::new(BY_DEFAULT);
    }
    match documents::of(it, "policy") {
        Known::Value(document) => document.unwrap_or_else(|| Document::new(BY_DEFAULT)),
        Known::Unreadable(gap) => documents::anything(&format!("{}: {}", it.address(), gap.error), true),
    }
}
