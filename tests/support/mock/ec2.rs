//! EC2 as the mock tells it: which list an operation is, and by which filter. Among what is asked for it tells what a collector must leave out.

use std::collections::BTreeSet;

use rotaudit::inventory::Network;
use rotaudit::inventory::network::{DhcpOptions, Gateway, Subnet, Vpc};

use super::scope::{Failure, Scope, fact};
use super::wire::Asked;
use super::xml::{element, list, names, optional, texts, truth};
use super::{ec2_links, ec2_rules};

/// The elements of an answer.
pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<String, Failure> {
    let nothing = Network::default();
    let place = format!("{}/{}", scope.account, scope.region);
    let network = scope.inventory.networks.get(&place).unwrap_or(&nothing);
    let page = |set: &str, items: Vec<String>| {
        let (items, next) = scope.page(items, asked.token());
        list(set, "item", items) + &next.map_or_else(|| "<nextToken/>".to_owned(), |next| texts(&[("nextToken", &next)]))
    };
    Ok(match operation {
        "DescribeRegions" => {
            let account = scope.inventory.accounts.get(scope.account);
            if let Some(gap) = account.and_then(|account| account.enabled_regions.as_ref()) {
                return Err(Failure::of(gap));
            }
            let regions = account.into_iter().flat_map(|account| account.regions.keys());
            page("regionInfo", regions.map(|name| texts(&[("regionName", name), ("optInStatus", "opted-in")])).collect())
        }
        "DescribeVpcs" => page("vpcSet", having(asked, "vpc-id", fact(&network.vpcs)?, |id, _| [id.clone()].into(), vpc)?),
        "DescribeVpcAttribute" => attribute(network, asked)?,
        "DescribeSubnets" => {
            let by_id = asked.filter("subnet-id").is_some();
            let values = |id: &String, it: &Subnet| [if by_id { id } else { &it.vpc }.clone()].into();
            page("subnetSet", having(asked, if by_id { "subnet-id" } else { "vpc-id" }, fact(&network.subnets)?, values, subnet)?)
        }
        "DescribeDhcpOptions" => {
            page("dhcpOptionsSet", having(asked, "dhcp-options-id", fact(&network.dhcp_options)?, |id, _| [id.clone()].into(), options)?)
        }
        "DescribeInternetGateways" => {
            let gateways = fact(&network.internet_gateways)?;
            let write = |id: &str, it: &Gateway| gateway("internetGatewayId", "available", id, it);
            page("internetGatewaySet", having(asked, "attachment.vpc-id", gateways, |_, it| it.vpcs.iter().cloned().collect(), write)?)
        }
        "DescribeEgressOnlyInternetGateways" => {
            let gateways = fact(&network.egress_only_gateways)?.iter();
            let name = "egressOnlyInternetGatewayId";
            let mut all: Vec<String> = gateways.map(|(id, it)| gateway(name, "attached", id, it)).collect();
            all.push(gateway(name, "attached", "eigw-of-another-vpc", &Gateway { vpcs: vec!["vpc-other".to_owned()] }));
            page("egressOnlyInternetGatewaySet", all)
        }
        "DescribeVpcBlockPublicAccessOptions" => {
            let mode = texts(&[("internetGatewayBlockMode", &fact(&network.block_public_access)?.mode)]);
            element("vpcBlockPublicAccessOptions", &mode)
        }
        "DescribeVpcBlockPublicAccessExclusions" => {
            let exclusions = &fact(&network.block_public_access)?.exclusions;
            let mut all: Vec<String> = exclusions.iter().map(|(id, mode)| exclusion(scope, id, mode, "create-complete")).collect();
            all.push(exclusion(scope, "subnet-of-old", "allow-egress", "delete-complete"));
            page("vpcBlockPublicAccessExclusionSet", all)
        }
        other => match ec2_rules::answer(network, other, asked, &page)? {
            Some(answer) => answer,
            None => ec2_links::answer(network, other, asked, &page)?,
        },
    })
}

/// How a page is made of a list's items.
pub(super) type Page<'a> = &'a dyn Fn(&str, Vec<String>) -> String;

/// What has one of the values that the request's one filter names. A request without it is not one of ours.
pub(super) fn having<T>(
    asked: &Asked,
    filter: &str,
    things: &rotaudit::inventory::network::ById<T>,
    values: impl Fn(&String, &T) -> BTreeSet<String>,
    write: impl Fn(&str, &T) -> String,
) -> Result<Vec<String>, Failure> {
    let wanted = asked.filter(filter).ok_or_else(|| Failure::new(400, "InvalidParameterValue", "the filter of this list is another"))?;
    if wanted.len() > 200 {
        return Err(Failure::new(400, "FilterLimitExceeded", "more than 200 values"));
    }
    Ok(things.iter().filter(|(id, it)| !values(id, it).is_disjoint(&wanted)).map(|(id, it)| write(id, it)).collect())
}

fn attribute(network: &Network, asked: &Asked) -> Result<String, Failure> {
    let missing = || Failure::new(400, "InvalidVpcID.NotFound", "no such VPC");
    let vpc = asked.field("VpcId").and_then(|id| network.vpcs.value()?.get(id)).ok_or_else(missing)?;
    let (name, known) = match asked.field("Attribute") {
        Some("enableDnsSupport") => ("enableDnsSupport", &vpc.dns_support),
        Some("enableDnsHostnames") => ("enableDnsHostnames", &vpc.dns_hostnames),
        _ => return Err(Failure::new(400, "InvalidParameterValue", "no such attribute")),
    };
    Ok(element(name, &texts(&[("value", truth(*fact(known)?))])))
}

/// IPv4 and IPv6 ranges, each with one that was given back.
fn ranges<'a>(cidrs: impl Iterator<Item = &'a ipnet::IpNet>, with_ipv4: bool) -> String {
    let (four, six): (Vec<&ipnet::IpNet>, Vec<_>) = cidrs.partition(|cidr| cidr.addr().is_ipv4());
    let association =
        |block: &str, cidr: &str, state: &str| texts(&[(block, cidr)]) + &element(&format!("{block}State"), &texts(&[("state", state)]));
    let set = |block: &str, cidrs: Vec<&ipnet::IpNet>, old: &str| {
        let used = cidrs.into_iter().map(|cidr| association(block, &cidr.to_string(), "associated"));
        list(&format!("{block}AssociationSet"), "item", used.chain([association(block, old, "disassociated")]))
    };
    let first = four.first().map(|cidr| texts(&[("cidrBlock", &cidr.to_string())])).unwrap_or_default();
    let four = if with_ipv4 { set("cidrBlock", four, "192.168.0.0/16") } else { String::new() };
    first + &four + &set("ipv6CidrBlock", six, "2001:db8:dead::/56")
}

fn vpc(id: &str, it: &Vpc) -> String {
    texts(&[
        ("vpcId", id),
        ("ownerId", &it.owner),
        ("state", "available"),
        ("dhcpOptionsId", it.dhcp_options.as_deref().unwrap_or("default")),
    ]) + &ranges(it.cidrs.iter(), true)
}

fn subnet(id: &str, it: &Subnet) -> String {
    let block = optional("internetGatewayBlockMode", it.internet_gateway_block.as_deref());
    texts(&[("subnetId", id), ("vpcId", &it.vpc), ("ownerId", &it.owner), ("availabilityZoneId", &it.zone_id)])
        + &optional("availabilityZone", it.zone.as_deref())
        + &optional("availableIpAddressCount", it.free_addresses.map(|free| free.to_string()).as_deref())
        + &ranges(it.cidrs.iter(), false)
        + &element("blockPublicAccessStates", &block)
}

fn options(id: &str, it: &DhcpOptions) -> String {
    let option = |key: &str, values: &[String]| texts(&[("key", key)]) + &names("valueSet", "value", values);
    let all = [option("domain-name", &["corp.example".to_owned()]), option("domain-name-servers", &it.domain_name_servers)];
    texts(&[("dhcpOptionsId", id)]) + &list("dhcpConfigurationSet", "item", all)
}

fn gateway(name: &str, state: &str, id: &str, it: &Gateway) -> String {
    let attachment = |vpc: &str, state: &str| texts(&[("vpcId", vpc), ("state", state)]);
    let attachments = it.vpcs.iter().map(|vpc| attachment(vpc, state)).chain([attachment("vpc-left", "detached")]);
    texts(&[(name, id)]) + &list("attachmentSet", "item", attachments)
}

fn exclusion(scope: &Scope<'_>, id: &str, mode: &str, state: &str) -> String {
    let kind = id.split('-').next().unwrap_or_default();
    let arn = format!("arn:aws:ec2:{}:{}:{kind}/{id}", scope.region, scope.account);
    let name = format!("vpcbpa-exclude-{id}");
    texts(&[("exclusionId", &name), ("internetGatewayExclusionMode", mode), ("resourceArn", &arn), ("state", state)])
}
