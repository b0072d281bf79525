//! What a plan says of networks with resources of their own, for what it makes and for what it does not make. `planned` lays it over what exists.

use super::place::{Place, id_of, owner, range};
use super::{acls, endpoints, routing};
use crate::inventory::Gap;
use crate::source::planned::{NetworkFact, NetworkList};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::kinds::NOT_FOLLOWED;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::thing::Thing;
use crate::source::terraform::value::Value;

/// What one resource says.
type Said = Result<Vec<NetworkFact>, Gap>;

type Reader = fn(&Place<'_, '_>, Thing<'_>) -> Said;

/// Types, what they say, and what is open where that is not known.
const READERS: [(&str, NetworkList, Reader); 19] = [
    ("aws_default_network_acl", NetworkList::NetworkAcls, default_acl),
    ("aws_network_acl", NetworkList::NetworkAcls, acl),
    ("aws_network_acl_rule", NetworkList::NetworkAcls, acl_rule),
    ("aws_network_acl_association", NetworkList::NetworkAcls, |_, it| {
        let subnet = owner(it, "subnet_id", Kind::Subnet)?;
        Ok(vec![NetworkFact::AclOfSubnet { subnet, acl: owner(it, "network_acl_id", Kind::NetworkAcl)? }])
    }),
    ("aws_default_route_table", NetworkList::RouteTables, |place, it| {
        let table = owner(it, "default_route_table_id", Kind::RouteTable)?;
        let routes = if it.is_set("route") { routing::inline(place, it, &table)? } else { Vec::new() };
        Ok(vec![NetworkFact::TableRoutes { table, routes }])
    }),
    ("aws_route_table_association", NetworkList::RouteTables, |_, it| {
        if !it.is_set("subnet_id") {
            return Ok(Vec::new());
        }
        let subnet = owner(it, "subnet_id", Kind::Subnet)?;
        Ok(vec![NetworkFact::TableOfSubnet { subnet, table: owner(it, "route_table_id", Kind::RouteTable)? }])
    }),
    ("aws_main_route_table_association", NetworkList::RouteTables, |_, it| {
        let (vpc, table) = (owner(it, "vpc_id", Kind::Vpc)?, owner(it, "route_table_id", Kind::RouteTable)?);
        let original = it.value("original_route_table_id").and_then(Value::text).map(str::to_owned);
        Ok(vec![NetworkFact::MainTable { vpc, table, original }])
    }),
    ("aws_default_security_group", NetworkList::SecurityGroups, |_, it| {
        Ok(vec![NetworkFact::DefaultGroup { vpc: owner(it, "vpc_id", Kind::Vpc)?, group: id_of(it, "id", Kind::SecurityGroup) }])
    }),
    ("aws_vpc_dhcp_options_association", NetworkList::DhcpOptions, |_, it| {
        let vpc = owner(it, "vpc_id", Kind::Vpc)?;
        Ok(vec![NetworkFact::DhcpOptions { vpc, options: owner(it, "dhcp_options_id", Kind::DhcpOptions)? }])
    }),
    ("aws_vpc_endpoint_policy", NetworkList::Endpoints, |_, it| {
        let endpoint = owner(it, "vpc_endpoint_id", Kind::Endpoint)?;
        Ok(vec![NetworkFact::EndpointPolicy { endpoint, policy: endpoints::policy(it) }])
    }),
    ("aws_vpc_endpoint_subnet_association", NetworkList::Endpoints, |_, it| {
        let endpoint = owner(it, "vpc_endpoint_id", Kind::Endpoint)?;
        Ok(vec![NetworkFact::EndpointSubnet { endpoint, subnet: owner(it, "subnet_id", Kind::Subnet)? }])
    }),
    ("aws_vpc_endpoint_security_group_association", NetworkList::Endpoints, |_, it| {
        let endpoint = owner(it, "vpc_endpoint_id", Kind::Endpoint)?;
        let group = owner(it, "security_group_id", Kind::SecurityGroup)?;
        let for_default = it.value("replace_default_association").and_then(Value::text) == Some("true");
        Ok(vec![NetworkFact::EndpointGroup { endpoint, group, for_default }])
    }),
    ("aws_vpc_endpoint_route_table_association", NetworkList::Endpoints, |_, it| {
        let endpoint = owner(it, "vpc_endpoint_id", Kind::Endpoint)?;
        Ok(vec![NetworkFact::EndpointTable { endpoint, table: owner(it, "route_table_id", Kind::RouteTable)? }])
    }),
    ("aws_vpc_endpoint_private_dns", NetworkList::Endpoints, |_, it| {
        let endpoint = owner(it, "vpc_endpoint_id", Kind::Endpoint)?;
        Ok(vec![NetworkFact::EndpointPrivateDns { endpoint, on: endpoints::private_dns(it)? }])
    }),
    ("aws_vpc_ipv4_cidr_block_association", NetworkList::Vpcs, |_, it| {
        let vpc = owner(it, "vpc_id", Kind::Vpc)?;
        let range = range(it, "cidr_block").ok_or_else(|| it.unknown("cidr_block"))?;
        Ok(vec![NetworkFact::VpcRange { vpc, range }])
    }),
    ("aws_db_instance", NetworkList::Databases, database),
    ("aws_rds_cluster", NetworkList::Databases, database),
    ("aws_docdb_cluster", NetworkList::Databases, database),
    ("aws_redshift_cluster", NetworkList::Databases, database),
];

/// The facts of one place.
pub(super) fn facts(place: &Place<'_, '_>) -> Vec<NetworkFact> {
    let mut facts = Vec::new();
    for (kind, list, read) in READERS {
        for it in place.of_kind(kind) {
            // What is open of an endpoint's policy is told in its place.
            let open = it.contested().filter(|_| kind != "aws_vpc_endpoint_policy").map_or(Ok(()), Err);
            match open.and_then(|()| read(place, it)) {
                Ok(said) => facts.extend(said),
                Err(gap) => facts.push(NetworkFact::Open { list, gap }),
            }
        }
    }
    for (kind, list) in NOT_FOLLOWED {
        for it in changed(place, kind) {
            facts.push(NetworkFact::Open { list, gap: not_followed(it) });
        }
    }
    facts.extend(changed(place, "aws_route53_zone").filter(|it| answers_for_aws(*it)).map(zones_open));
    for it in changed(place, "aws_route53_record") {
        facts.push(match it.value("zone_id").and_then(Value::text) {
            Some(zone) => NetworkFact::ZoneRecords { zone: zone.to_owned(), gap: not_followed(it) },
            None => continue,
        });
    }
    facts
}

/// What is open in the VPCs that the plan makes, because of what it makes beside them.
pub(super) fn not_followed_here(place: &Place<'_, '_>) -> Vec<NetworkFact> {
    let mut facts = Vec::new();
    // The default VPC is none that a plan makes.
    for (kind, list) in NOT_FOLLOWED.into_iter().filter(|(kind, _)| !kind.starts_with("aws_default_")) {
        facts.extend(place.of_kind(kind).map(|it| NetworkFact::Open { list, gap: not_followed(it) }));
    }
    facts.extend(place.of_kind("aws_route53_zone").filter(|it| answers_for_aws(*it)).map(zones_open));
    facts
}

/// Whether this is a private zone that answers for AWS's own names, or may be.
fn answers_for_aws(it: Thing<'_>) -> bool {
    let name = it.text("name").unwrap_or_default();
    let within = |aws: &&str| format!(".{}.", name.trim_end_matches('.')).ends_with(&format!(".{aws}."));
    it.count("vpc") != Some(0) && (AWS_NAMES.iter().any(within) || name.contains('⟦'))
}

fn zones_open(it: Thing<'_>) -> NetworkFact {
    NetworkFact::Open { list: NetworkList::HostedZones, gap: not_followed(it) }
}

/// The domains of AWS's own endpoints (<https://docs.aws.amazon.com/general/latest/gr/rande.html>).
const AWS_NAMES: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];

/// The resources of one type that the plan makes, changes or takes away.
fn changed<'a>(place: &Place<'_, 'a>, kind: &'static str) -> impl Iterator<Item = Thing<'a>> {
    place.of_kind(kind).filter(|it| it.instance.changes).chain(place.earlier(kind))
}

fn not_followed(it: Thing<'_>) -> Gap {
    Gap::new("plan", it.address(), "what comes of resources of this type is not followed")
}

fn default_acl(place: &Place<'_, '_>, it: Thing<'_>) -> Said {
    let acl = owner(it, "default_network_acl_id", Kind::NetworkAcl)?;
    let rules = acls::inline(place, it, &acl)?.into_iter().chain(acls::last()).collect();
    let subnets = acls::subnets(place, it, &acl)?.into_iter().map(|subnet| NetworkFact::AclOfSubnet { subnet, acl: acl.clone() });
    Ok([NetworkFact::AclRules { acl: acl.clone(), rules }].into_iter().chain(subnets).collect())
}

fn acl(place: &Place<'_, '_>, it: Thing<'_>) -> Said {
    let acl = id_of(it, "id", Kind::NetworkAcl);
    Ok(acls::subnets(place, it, &acl)?.into_iter().map(|subnet| NetworkFact::AclOfSubnet { subnet, acl: acl.clone() }).collect())
}

fn acl_rule(_: &Place<'_, '_>, it: Thing<'_>) -> Said {
    let acl = owner(it, "network_acl_id", Kind::NetworkAcl)?;
    Ok(acls::single(it)?.into_iter().map(|rule| NetworkFact::AclRule { acl: acl.clone(), rule }).collect())
}

fn database(_: &Place<'_, '_>, it: Thing<'_>) -> Said {
    let Some(database) = it.arn() else { return Ok(Vec::new()) };
    let path = "vpc_security_group_ids";
    let groups = if it.is_set(path) { it.list(path, Want::id(Kind::SecurityGroup)) } else { Vec::new() };
    if groups.iter().any(|group| group.contains("⟦?")) {
        return Err(it.unknown(path));
    }
    let public = it.value("publicly_accessible").and_then(Value::text) == Some("true");
    Ok(vec![NetworkFact::DatabaseDoor { database: database.to_string(), groups, port: it.number("port"), public }])
}
