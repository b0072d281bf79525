//! VPC endpoints, with what other resources add to them.

use std::collections::BTreeMap;

use super::place::{Place, id_of, known, owner, stays};
use crate::inventory::network::VpcEndpoint;
use crate::inventory::{Gap, Known};
use crate::policy::Document;
use crate::source::planned::DEFAULT_ENDPOINT_POLICY;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::documents;
use crate::source::terraform::stack::thing::Thing;
use crate::source::terraform::value::Value;

/// The endpoints of the plan.
pub(super) fn endpoints(place: &Place<'_, '_>) -> Known<BTreeMap<String, VpcEndpoint>> {
    known(all(place))
}

fn all(place: &Place<'_, '_>) -> Result<BTreeMap<String, VpcEndpoint>, Gap> {
    let mut endpoints = BTreeMap::new();
    for it in place.of_kind("aws_vpc_endpoint") {
        let id = id_of(it, "id", Kind::Endpoint);
        let mut endpoint = endpoint(it)?;
        // What others gave goes with what gave it: all of these take back what they name, and the policy becomes the one that AWS gives
        // (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_endpoint_subnet_association.go>,
        // <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_endpoint_policy.go>).
        for (name, list, kind, path) in [
            ("subnet_ids", &mut endpoint.subnets, "aws_vpc_endpoint_subnet_association", "subnet_id"),
            ("security_group_ids", &mut endpoint.security_groups, "aws_vpc_endpoint_security_group_association", "security_group_id"),
            ("route_table_ids", &mut endpoint.route_tables, "aws_vpc_endpoint_route_table_association", "route_table_id"),
        ] {
            let gone = place.gone(it, name, &id, (kind, "vpc_endpoint_id", path));
            list.retain(|one| !gone.contains(one));
        }
        let is_left_alone = !it.is_written("policy") || (it.value("policy").is_some() && it.was("policy") == it.value("policy"));
        if is_left_alone && !place.given_up("aws_vpc_endpoint_policy", ("vpc_endpoint_id", &id)).is_empty() {
            endpoint.policy = Some(Document::new(DEFAULT_ENDPOINT_POLICY));
        }
        endpoints.insert(id, endpoint);
    }
    let added = |kind: &'static str, attribute: &'static str, of: Kind| {
        let one =
            move |it: Thing<'_>| stays(it).and_then(|()| Ok((owner(it, "vpc_endpoint_id", Kind::Endpoint)?, owner(it, attribute, of)?)));
        place.of_kind(kind).map(one).collect::<Result<Vec<(String, String)>, Gap>>()
    };
    for (id, subnet) in added("aws_vpc_endpoint_subnet_association", "subnet_id", Kind::Subnet)? {
        if let Some(endpoint) = endpoints.get_mut(&id) {
            add(&mut endpoint.subnets, subnet);
        }
    }
    for (id, group) in added("aws_vpc_endpoint_security_group_association", "security_group_id", Kind::SecurityGroup)? {
        if let Some(endpoint) = endpoints.get_mut(&id) {
            add(&mut endpoint.security_groups, group);
        }
    }
    for (id, table) in added("aws_vpc_endpoint_route_table_association", "route_table_id", Kind::RouteTable)? {
        if let Some(endpoint) = endpoints.get_mut(&id) {
            add(&mut endpoint.route_tables, table);
        }
    }
    for it in place.of_kind("aws_vpc_endpoint_policy") {
        if let Some(endpoint) = endpoints.get_mut(&owner(it, "vpc_endpoint_id", Kind::Endpoint)?) {
            endpoint.policy = Some(policy(it));
        }
    }
    for it in place.of_kind("aws_vpc_endpoint_private_dns") {
        if let Some(endpoint) = endpoints.get_mut(&owner(it, "vpc_endpoint_id", Kind::Endpoint)?) {
            endpoint.private_dns = private_dns(it)?;
        }
    }
    Ok(endpoints)
}

/// The state of an endpoint tells what others gave to it as well.
fn add(list: &mut Vec<String>, id: String) {
    if !list.contains(&id) {
        list.push(id);
    }
}

/// Whether it answers under the names of its service.
pub(super) fn private_dns(it: Thing<'_>) -> Result<bool, Gap> {
    match it.value("private_dns_enabled") {
        Some(Value::Unknown) if it.is_written("private_dns_enabled") => Err(it.unknown("private_dns_enabled")),
        value => Ok(value.and_then(Value::text) == Some("true")),
    }
}

fn endpoint(it: Thing<'_>) -> Result<VpcEndpoint, Gap> {
    let list = |name: &str, kind| if it.is_set(name) { it.list(name, Want::id(kind)) } else { Vec::new() };
    Ok(VpcEndpoint {
        vpc: id_of(it, "vpc_id", Kind::Vpc),
        owner: it.resolver.account_of(it.instance),
        kind: it.text("vpc_endpoint_type").unwrap_or_else(|| "Gateway".to_owned()),
        service: it.text("service_name").unwrap_or_default(),
        service_region: it.value("service_region").and_then(Value::text).map(str::to_owned),
        state: "available".to_owned(),
        private_dns: private_dns(it)?,
        private_dns_only_for_inbound_resolver: false,
        subnets: list("subnet_ids", Kind::Subnet),
        security_groups: list("security_group_ids", Kind::SecurityGroup),
        interfaces: Vec::new(),
        route_tables: list("route_table_ids", Kind::RouteTable),
        dns_names: Vec::new(),
        policy: Some(policy(it)),
        firewall: None,
    })
}

pub(super) fn policy(it: Thing<'_>) -> Document {
    if let Some(why) = it.contest() {
        return documents::anything(&why, true);
    }
    if it.value("policy") == Some(&Value::Unknown) && !it.is_written("policy") {
        return Document::new(DEFAULT_ENDPOINT_POLICY);
    }
    match documents::of(it, "policy") {
        Known::Value(document) => document.unwrap_or_else(|| Document::new(DEFAULT_ENDPOINT_POLICY)),
        Known::Unreadable(gap) => documents::anything(&format!("{}: {}", it.address(), gap.error), true),
    }
}
