//! VPC endpoints and their network interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::lists::List;
use crate::inventory::network::{ById, NetworkInterface, VpcEndpoint};
use crate::inventory::{Api, Known};
use crate::policy::Document;
use crate::source::aws::direct::{Element, Malformed};
use crate::source::aws::place::Place;

pub(super) async fn endpoints(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<VpcEndpoint>> {
    let list = List { api: Api::DescribeVpcEndpoints, set: "vpcEndpointSet", most: "1000", read: endpoint };
    list.having(place, "vpc-id", vpcs).await
}

fn endpoint(it: &Element) -> Result<(String, VpcEndpoint), Malformed> {
    let only_inbound = match it.child("dnsOptions") {
        Some(options) => options.flag("privateDnsOnlyForInboundResolverEndpoint")?,
        None => false,
    };
    let endpoint = VpcEndpoint {
        vpc: it.owned("vpcId")?,
        owner: it.owned("ownerId")?,
        kind: it.owned("vpcEndpointType")?,
        service: it.owned("serviceName")?,
        service_region: it.text("serviceRegion").map(str::to_owned),
        state: it.owned("state")?,
        private_dns: it.flag("privateDnsEnabled")?,
        private_dns_only_for_inbound_resolver: only_inbound,
        subnets: it.texts("subnetIdSet", None),
        security_groups: it.texts("groupSet", Some("groupId")),
        interfaces: it.texts("networkInterfaceIdSet", None),
        route_tables: it.texts("routeTableIdSet", None),
        dns_names: it.texts("dnsEntrySet", Some("dnsName")),
        policy: it.raw("policyDocument").map(Document::new),
        // The rules of Network Firewall are not read.
        firewall: None,
    };
    Ok((it.owned("vpcEndpointId")?, endpoint))
}

/// The network interfaces that these endpoints name.
pub(super) async fn interfaces(place: &Place, endpoints: &Known<ById<VpcEndpoint>>) -> Known<ById<NetworkInterface>> {
    let endpoints = match endpoints {
        Known::Value(endpoints) => endpoints,
        Known::Unreadable(gap) => return Known::Unreadable(gap.clone()),
    };
    let ids = endpoints.values().flat_map(|endpoint| endpoint.interfaces.iter().cloned()).collect();
    let list = List { api: Api::DescribeNetworkInterfaces, set: "networkInterfaceSet", most: "1000", read: interface };
    list.having(place, "network-interface-id", &ids).await
}

fn interface(it: &Element) -> Result<(String, NetworkInterface), Malformed> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for (list, address) in [("privateIpAddressesSet", "privateIpAddress"), ("ipv6AddressesSet", "ipv6Address")] {
        for item in it.items(list, "item") {
            addresses.extend(item.value::<IpAddr>(address)?);
        }
    }
    if addresses.is_empty() {
        addresses.extend(it.value::<IpAddr>("privateIpAddress")?);
    }
    let interface = NetworkInterface { subnet: it.owned("subnetId")?, addresses, security_groups: it.texts("groupSet", Some("groupId")) };
    Ok((it.owned("networkInterfaceId")?, interface))
}

/// The security groups that endpoints name.
pub(super) fn groups(endpoints: &Known<ById<VpcEndpoint>>) -> impl Iterator<Item = &String> {
    endpoints.value().into_iter().flat_map(BTreeMap::values).flat_map(|endpoint| &endpoint.security_groups)
}
