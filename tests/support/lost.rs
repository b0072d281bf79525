//! What the loss of one call makes of an inventory: exactly its facts are unreadable, and what can only be found through them.

use std::collections::{BTreeMap, BTreeSet};

use rotaudit::inventory::network::{Peer, RouteDestination};
use rotaudit::inventory::{Api, ControlPolicies, Gap, Inventory, Known, Network, Secret};

use super::sample::{ACCOUNT, stack};

/// The inventory without what `api` tells, which answered `error`.
pub(crate) fn lose(inventory: &mut Inventory, api: Api, error: &str) {
    let gap = |resource: &str| Gap::new(api.spec().name, resource, error);
    let accounts = &mut inventory.accounts;
    match api {
        Api::GetCallerIdentity => {}
        Api::GetAccountAuthorizationDetails => {
            for account in accounts.values_mut() {
                account.identities = Known::Unreadable(gap(ACCOUNT));
            }
        }
        Api::ListSecrets => {
            for (region, read) in accounts.values_mut().flat_map(|account| &mut account.regions) {
                *read = Known::Unreadable(gap(&format!("{ACCOUNT}/{region}")));
            }
            inventory.secrets.clear();
            inventory.functions.clear();
            inventory.keys.clear();
            inventory.networks.clear();
        }
        Api::ListSecretVersionIds => {
            // Only a version knows it.
            inventory.keys.retain(|arn, _| arn.name() != "4444-former");
            for secret in inventory.secrets.values_mut() {
                secret.versions = Known::Unreadable(gap(secret.arn.as_str()));
            }
        }
        // The one that people write is read all the same.
        Api::ListSecretPolicies => {
            for secret in inventory.secrets.values_mut() {
                secret.policies_listed = Some(Known::Unreadable(gap(secret.arn.as_str())));
                if let Known::Value(policies) = &mut secret.policies {
                    policies.retain(|policy| policy.name == "default");
                }
            }
        }
        Api::GetSecretPolicy => {
            // A secret that is known to have none is not asked for any.
            let asked = |secret: &Secret| {
                let none = matches!(&secret.policies, Known::Value(policies) if policies.is_empty());
                !none || secret.policies_listed != Some(Known::Value(()))
            };
            for secret in inventory.secrets.values_mut().filter(|secret| asked(secret)) {
                secret.policies = Known::Unreadable(gap(secret.arn.as_str()));
            }
        }
        Api::DescribeKey => {
            for secret in inventory.secrets.values_mut() {
                let id = secret.kms_key_id.as_deref().unwrap_or_default();
                if let Some((_, alias)) = id.split_once("alias/") {
                    let alias = format!("arn:aws:kms:{}:{ACCOUNT}:alias/{alias}", secret.arn.region());
                    secret.key = Known::Unreadable(gap(&alias));
                }
            }
            inventory.keys.retain(|arn, _| !arn.as_str().contains("alias"));
            for key in inventory.keys.values_mut() {
                key.metadata = Known::Unreadable(gap(key.arn.as_str()));
            }
        }
        Api::GetKeyPolicy | Api::ListGrants => {
            for key in inventory.keys.values_mut().filter(|key| key.metadata != Known::Value(None)) {
                let gap = gap(key.arn.as_str());
                match api {
                    Api::ListGrants => key.grants = Known::Unreadable(gap),
                    _ => key.policies = Known::Unreadable(gap),
                }
            }
        }
        Api::DescribeRegions => {
            for account in accounts.values_mut() {
                account.enabled_regions = Some(gap(ACCOUNT));
            }
        }
        Api::DescribeOrganization => {
            for account in accounts.values_mut() {
                account.organization = Some(Known::Unreadable(gap(ACCOUNT)));
            }
        }
        Api::ListControlPolicies | Api::ListTargetsForPolicy | Api::DescribeControlPolicy => {
            for account in accounts.values_mut() {
                let lost = || Known::Unreadable(gap("p-1"));
                account.control_policies = Some(ControlPolicies { service: lost(), resource: lost() });
            }
        }
        Api::AssumeRole | Api::ListRoots | Api::ListOrganizationalUnits | Api::ListAccountsForParent | Api::ListAccountTags => {
            for account in accounts.values_mut() {
                account.identities = Known::Unreadable(gap(ACCOUNT));
                account.regions.values_mut().for_each(|read| *read = Known::Unreadable(gap(ACCOUNT)));
            }
        }
        _ if is_of_networks(api) => {
            for (place, network) in &mut inventory.networks {
                lose_of_network(network, place, api, error);
            }
        }
        _ => lose_of_functions(inventory, api, gap),
    }
}

/// Whether a call is about networks, which only functions in a VPC have.
pub(crate) fn is_of_networks(api: Api) -> bool {
    ["ec2:", "rds:", "route53:", "route53resolver:", "cloudformation:"].iter().any(|service| api.spec().name.starts_with(service))
        && api != Api::DescribeRegions
}

/// A gap, unless there is one already.
fn put<T>(known: &mut Known<T>, gap: Gap) {
    if matches!(known, Known::Value(_)) {
        *known = Known::Unreadable(gap);
    }
}

fn values<T>(known: &mut Known<BTreeMap<String, T>>) -> impl Iterator<Item = (&String, &mut T)> {
    match known {
        Known::Value(things) => Some(things.iter_mut()),
        Known::Unreadable(_) => None,
    }
    .into_iter()
    .flatten()
}

fn lose_of_network(network: &mut Network, place: &str, api: Api, error: &str) {
    let gap = |resource: &str| Gap::new(api.spec().name, resource, error);
    let (account, region) = place.split_once('/').unwrap();
    let thing = |kind: &str, id: &str| gap(&format!("arn:aws:ec2:{region}:{account}:{kind}/{id}"));
    let has_clusters = network.databases.value().is_none_or(|all| all.keys().any(|arn| arn.contains(":cluster:")));
    // Of a region without a function in a VPC only the databases are asked for.
    let (databases, attached_databases) = (network.databases.clone(), network.attached_databases.clone());
    let only_databases = *network == Network { databases, attached_databases, ..Network::default() };
    if only_databases && !["rds:", "cloudformation:"].iter().any(|service| api.spec().name.starts_with(service)) {
        return;
    }
    match api {
        Api::DescribeVpcs => {
            put(&mut network.vpcs, gap(place));
            put(&mut network.dhcp_options, gap(place));
        }
        Api::DescribeVpcAttribute => {
            for (id, vpc) in values(&mut network.vpcs) {
                put(&mut vpc.dns_support, thing("vpc", id));
                put(&mut vpc.dns_hostnames, thing("vpc", id));
            }
        }
        Api::DescribeSubnets => put(&mut network.subnets, gap(place)),
        Api::DescribeDhcpOptions => put(&mut network.dhcp_options, gap(place)),
        Api::DescribeRouteTables => {
            put(&mut network.route_tables, gap(place));
            put(&mut network.peerings, gap(place));
            put(&mut network.transit_gateways, gap(place));
            put(&mut network.transit_gateway_attachments, gap(place));
            put(&mut network.transit_gateway_route_tables, gap(place));
            only_named_prefix_lists(network);
        }
        Api::DescribeNatGateways => put(&mut network.nat_gateways, gap(place)),
        Api::DescribeInternetGateways => put(&mut network.internet_gateways, gap(place)),
        Api::DescribeEgressOnlyInternetGateways => put(&mut network.egress_only_gateways, gap(place)),
        Api::DescribeNetworkAcls => put(&mut network.network_acls, gap(place)),
        Api::DescribeSecurityGroups => {
            put(&mut network.security_groups, gap(place));
            only_named_prefix_lists(network);
        }
        Api::DescribeVpcEndpoints => {
            put(&mut network.endpoints, gap(place));
            put(&mut network.interfaces, gap(place));
            // A group of another VPC that only an endpoint names.
            if let Known::Value(groups) = &mut network.security_groups {
                groups.remove("sg-of-endpoint");
            }
        }
        Api::DescribeNetworkInterfaces => put(&mut network.interfaces, gap(place)),
        // Nothing names one any more.
        Api::DescribeManagedPrefixLists if network.prefix_lists.value().is_some_and(BTreeMap::is_empty) => {}
        Api::DescribeManagedPrefixLists => put(&mut network.prefix_lists, gap(place)),
        Api::GetManagedPrefixListEntries => {
            values(&mut network.prefix_lists).for_each(|(id, list)| put(&mut list.entries, thing("prefix-list", id)));
        }
        Api::DescribeVpcPeeringConnections => put(&mut network.peerings, gap(place)),
        Api::DescribeTransitGateways => put(&mut network.transit_gateways, gap(place)),
        Api::DescribeTransitGatewayAttachments | Api::DescribeTransitGatewayVpcAttachments => {
            put(&mut network.transit_gateway_attachments, gap(place));
            put(&mut network.transit_gateway_route_tables, gap(place));
        }
        Api::SearchTransitGatewayRoutes => {
            let tables = values(&mut network.transit_gateway_route_tables);
            tables.for_each(|(id, table)| put(&mut table.routes, thing("transit-gateway-route-table", id)));
        }
        Api::DescribeBlockPublicAccess | Api::DescribeBlockPublicAccessExclusions => put(&mut network.block_public_access, gap(place)),
        Api::ListHostedZonesByVpc => put(&mut network.hosted_zones, thing("vpc", "vpc-1")),
        Api::ListRecordSets => {
            let zones = values(&mut network.hosted_zones);
            zones.for_each(|(id, zone)| put(&mut zone.records, gap(&format!("arn:aws:route53:::hostedzone/{id}"))));
        }
        Api::ListResolverRuleAssociations | Api::ListResolverRules => put(&mut network.resolver_rules, gap(place)),
        Api::DescribeDbSubnetGroups if !has_clusters => {}
        Api::DescribeDbInstances | Api::DescribeDbClusters | Api::DescribeDbSubnetGroups => {
            put(&mut network.databases, gap(place));
            // A zone that matters only for the name of a database.
            if let Known::Value(zones) = &mut network.hosted_zones {
                zones.retain(|_, zone| zone.name != "db.example");
            }
        }
        // A template is looked at where a stack attaches something, parameters where the template names one; the mock does so for clusters.
        Api::ListStackResources | Api::GetTemplate | Api::DescribeStacks => {
            for (secret, database) in &mut network.attached_databases {
                let needed = match database.value().and_then(Option::as_deref) {
                    None => api == Api::ListStackResources,
                    Some(arn) => api != Api::DescribeStacks || arn.contains(":cluster:"),
                };
                if needed {
                    let name = secret.rsplit(':').next().unwrap_or_default().trim_end_matches("-AbCdEf").replace('/', "-");
                    *database = Known::Unreadable(gap(&stack(region, &name)));
                }
            }
        }
        other => unreachable!("{other:?} is not about networks"),
    }
}

/// Only those are looked for that are named somewhere.
fn only_named_prefix_lists(network: &mut Network) {
    let mut named = BTreeSet::new();
    for (_, table) in values(&mut network.route_tables) {
        named.extend(table.routes.iter().filter_map(|route| match &route.destination {
            RouteDestination::PrefixList(id) => Some(id.clone()),
            RouteDestination::Cidr(_) => None,
        }));
    }
    for (_, group) in values(&mut network.security_groups) {
        named.extend(group.ingress.iter().chain(&group.egress).filter_map(|rule| match &rule.peer {
            Peer::PrefixList(id) => Some(id.clone()),
            _ => None,
        }));
    }
    if let Known::Value(lists) = &mut network.prefix_lists {
        lists.retain(|id, _| named.contains(id));
    }
}

fn lose_of_functions(inventory: &mut Inventory, api: Api, gap: impl Fn(&str) -> Gap) {
    // Of a function that is not there, nothing but its configuration is asked.
    let asked = |known: &Known<_>| api == Api::GetFunctionConfiguration || *known != Known::Value(None);
    for function in inventory.functions.values_mut().filter(|function| asked(&function.configuration)) {
        let arn = function.arn.to_string();
        match api {
            Api::GetFunctionConfiguration => {
                inventory.networks.clear();
                function.configuration = Known::Unreadable(gap(&arn));
                for (qualifier, configuration) in &mut function.qualified {
                    *configuration = Known::Unreadable(gap(&format!("{arn}:{qualifier}")));
                }
            }
            Api::GetFunctionPolicy => {
                for (qualifier, policy) in &mut function.policies {
                    let resource = if qualifier.is_empty() { arn.clone() } else { format!("{arn}:{qualifier}") };
                    *policy = Known::Unreadable(gap(&resource));
                }
            }
            Api::GetFunctionConcurrency => function.reserved_concurrency = Known::Unreadable(gap(&arn)),
            Api::GetProvisionedConcurrency => {
                for (qualifier, requested) in &mut function.provisioned_concurrency {
                    *requested = Known::Unreadable(gap(&format!("{arn}:{qualifier}")));
                }
            }
            Api::ListFunctionUrlConfigs => function.urls = Known::Unreadable(gap(&arn)),
            Api::ListFunctionTags => function.tags = Known::Unreadable(gap(&arn)),
            other => unreachable!("{other:?} is not about functions"),
        }
    }
}
