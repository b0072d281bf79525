//! VPCs with their attributes, subnets and DHCP option sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ipnet::IpNet;

use super::lists::List;
use crate::inventory::network::{ById, DhcpOptions, Subnet, Vpc};
use crate::inventory::{Api, Gap, Known};
use crate::source::aws::ask::ask;
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::lanes::in_lanes;
use crate::source::aws::place::Place;

/// The attributes by which DNS is switched on
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcAttribute.html>).
const DNS_SUPPORT: &str = "enableDnsSupport";
const DNS_HOSTNAMES: &str = "enableDnsHostnames";

pub(super) async fn vpcs(place: &Arc<Place>, ids: &BTreeSet<String>) -> Known<ById<Vpc>> {
    let list = List { api: Api::DescribeVpcs, set: "vpcSet", most: "1000", read: vpc };
    let known = list.having(place, "vpc-id", ids).await;
    let Known::Value(vpcs) = known else { return known };
    let with_attributes = |_: &str, (id, vpc): (String, Vpc)| {
        let place = Arc::clone(place);
        async move {
            let (dns_support, dns_hostnames) = tokio::join!(attribute(&place, &id, DNS_SUPPORT), attribute(&place, &id, DNS_HOSTNAMES));
            (id, Vpc { dns_support, dns_hostnames, ..vpc })
        }
    };
    let lanes = BTreeMap::from([(place.region.clone(), vpcs.into_iter().collect())]);
    Known::Value(in_lanes(lanes, |_, _| {}, with_attributes).await.into_iter().collect())
}

async fn attribute(place: &Place, vpc: &str, name: &'static str) -> Known<bool> {
    let request = Request::all().with("VpcId", vpc).with("Attribute", name);
    let call = place.ec2.call(Api::DescribeVpcAttribute, request, move |answer| answer.needed(name)?.value::<bool>("value"));
    ask(Api::DescribeVpcAttribute, &place.arn("vpc", vpc), call, |value| value).await
}

fn vpc(it: &Element) -> Result<(String, Vpc), Malformed> {
    let id = it.owned("vpcId")?;
    let mut cidrs = associated(it, "cidrBlockAssociationSet", "cidrBlock", "cidrBlockState")?;
    if it.child("cidrBlockAssociationSet").is_none() {
        cidrs.extend(it.value::<IpNet>("cidrBlock")?);
    }
    cidrs.extend(associated(it, "ipv6CidrBlockAssociationSet", "ipv6CidrBlock", "ipv6CidrBlockState")?);
    let attribute = || Known::Unreadable(Gap::not_collected(Api::DescribeVpcAttribute.spec().name, &id));
    let vpc = Vpc {
        owner: it.owned("ownerId")?,
        cidrs,
        dhcp_options: it.text("dhcpOptionsId").filter(|id| *id != "default").map(str::to_owned),
        dns_support: attribute(),
        dns_hostnames: attribute(),
    };
    Ok((id, vpc))
}

/// The address ranges of a list that are in use, not those that come or go.
fn associated(it: &Element, list: &str, block: &str, state: &str) -> Result<Vec<IpNet>, Malformed> {
    let in_use = |association: &&Element| association.child(state).and_then(|it| it.text("state")).is_none_or(|it| it == "associated");
    it.items(list, "item").filter(in_use).filter_map(|association| association.value(block).transpose()).collect()
}

const SUBNETS: List<Subnet> = List { api: Api::DescribeSubnets, set: "subnetSet", most: "1000", read: subnet };

pub(super) async fn subnets(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<Subnet>> {
    SUBNETS.having(place, "vpc-id", vpcs).await
}

/// The VPCs of these subnets, as far as they are there.
pub(super) async fn vpcs_of(place: &Place, subnets: &BTreeSet<String>) -> Known<BTreeSet<String>> {
    let found = SUBNETS.having(place, "subnet-id", subnets).await;
    found.map(|subnets| subnets.into_values().map(|subnet| subnet.vpc).collect())
}

fn subnet(it: &Element) -> Result<(String, Subnet), Malformed> {
    let mut cidrs: Vec<IpNet> = it.value("cidrBlock")?.into_iter().collect();
    cidrs.extend(associated(it, "ipv6CidrBlockAssociationSet", "ipv6CidrBlock", "ipv6CidrBlockState")?);
    let block = it.child("blockPublicAccessStates").and_then(|states| states.text("internetGatewayBlockMode"));
    let subnet = Subnet {
        vpc: it.owned("vpcId")?,
        owner: it.owned("ownerId")?,
        zone_id: it.owned("availabilityZoneId")?,
        zone: it.text("availabilityZone").map(str::to_owned),
        cidrs,
        internet_gateway_block: block.map(str::to_owned),
        free_addresses: it.value("availableIpAddressCount")?,
    };
    Ok((it.owned("subnetId")?, subnet))
}

/// The option sets that these VPCs name and that are not known yet.
pub(super) async fn dhcp_options(place: &Place, vpcs: &Known<ById<Vpc>>, known: &Known<ById<DhcpOptions>>) -> Known<ById<DhcpOptions>> {
    let list = List { api: Api::DescribeDhcpOptions, set: "dhcpOptionsSet", most: "1000", read: options };
    let vpcs = match vpcs {
        Known::Value(vpcs) => vpcs,
        Known::Unreadable(gap) => return Known::Unreadable(gap.clone()),
    };
    let is_new = |id: &&String| !known.value().is_some_and(|known| known.contains_key(*id));
    let ids = vpcs.values().filter_map(|vpc| vpc.dhcp_options.as_ref()).filter(is_new).cloned().collect();
    list.having(place, "dhcp-options-id", &ids).await
}

fn options(it: &Element) -> Result<(String, DhcpOptions), Malformed> {
    let servers = it.items("dhcpConfigurationSet", "item").filter(|option| option.text("key") == Some("domain-name-servers"));
    let servers = servers.flat_map(|option| option.texts("valueSet", Some("value"))).collect();
    Ok((it.owned("dhcpOptionsId")?, DhcpOptions { domain_name_servers: servers }))
}
