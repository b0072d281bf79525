//! NAT gateways, endpoints, network interfaces, peering connections and transit gateways as the mock tells them.

use rotaudit::inventory::Network;
use rotaudit::inventory::network::{
    NatConnectivity, NatGateway, NetworkInterface, Peering, PeeringSide, TransitGateway, TransitGatewayAttachment, TransitGatewayRoute,
    VpcEndpoint,
};
use rotaudit::policy::Document;

use super::ec2::{Page, having};
use super::scope::{Failure, fact};
use super::wire::Asked;
use super::xml::{element, list, names, optional, texts, truth};

/// The elements of an answer.
pub(super) fn answer(network: &Network, operation: &str, asked: &Asked, page: Page<'_>) -> Result<String, Failure> {
    Ok(match operation {
        "DescribeNatGateways" => {
            page("natGatewaySet", having(asked, "vpc-id", fact(&network.nat_gateways)?, |_, it| [it.vpc.clone()].into(), nat_gateway)?)
        }
        "DescribeVpcEndpoints" => {
            page("vpcEndpointSet", having(asked, "vpc-id", fact(&network.endpoints)?, |_, it| [it.vpc.clone()].into(), endpoint)?)
        }
        "DescribeNetworkInterfaces" => {
            let interfaces = fact(&network.interfaces)?;
            page("networkInterfaceSet", having(asked, "network-interface-id", interfaces, |id, _| [id.clone()].into(), interface)?)
        }
        "DescribeVpcPeeringConnections" => {
            let peerings = fact(&network.peerings)?;
            let set = "vpcPeeringConnectionSet";
            page(set, having(asked, "vpc-peering-connection-id", peerings, |id, _| [id.clone()].into(), peering)?)
        }
        "DescribeTransitGateways" => {
            let gateways = fact(&network.transit_gateways)?;
            page("transitGatewaySet", having(asked, "transit-gateway-id", gateways, |id, _| [id.clone()].into(), transit_gateway)?)
        }
        "DescribeTransitGatewayAttachments" => page("transitGatewayAttachments", attachments(network, asked, attachment)?),
        "DescribeTransitGatewayVpcAttachments" => {
            let all = attachments(network, asked, |id, it| if it.kind == "vpc" { details(id, it) } else { String::new() })?;
            page("transitGatewayVpcAttachments", all.into_iter().filter(|it| !it.is_empty()).collect())
        }
        "SearchTransitGatewayRoutes" => {
            let missing = || Failure::new(400, "InvalidRouteTableID.NotFound", "no such route table");
            let id = asked.field("TransitGatewayRouteTableId").unwrap_or_default();
            asked.filter("state").ok_or_else(|| Failure::new(400, "MissingParameter", "Filter"))?;
            let table = network.transit_gateway_route_tables.value().and_then(|tables| tables.get(id)).ok_or_else(missing)?;
            let routes = page("routeSet", fact(&table.routes)?.iter().map(route).collect());
            let more = routes.contains("</nextToken>");
            routes + &texts(&[("additionalRoutesAvailable", truth(more))])
        }
        other => return Err(Failure::new(400, "InvalidAction", other)),
    })
}

fn attachments(
    network: &Network,
    asked: &Asked,
    write: impl Fn(&str, &TransitGatewayAttachment) -> String,
) -> Result<Vec<String>, Failure> {
    let attachments = fact(&network.transit_gateway_attachments)?;
    having(asked, "transit-gateway-id", attachments, |_, it| [it.transit_gateway.clone()].into(), write)
}

fn nat_gateway(id: &str, it: &NatGateway) -> String {
    let connectivity = if it.connectivity == NatConnectivity::Public { "public" } else { "private" };
    let mode = if it.regional { "regional" } else { "zonal" };
    let zone = |zone: &String| texts(&[("availabilityZoneId", zone), ("publicIp", "203.0.113.9")]);
    // A zonal one tells the zone of its address, too.
    let zones: Vec<String> = if it.regional { it.zone_ids.iter().map(zone).collect() } else { vec![zone(&"use1-az1".to_owned())] };
    texts(&[("natGatewayId", id), ("vpcId", &it.vpc), ("state", &it.state), ("connectivityType", connectivity), ("availabilityMode", mode)])
        + &optional("subnetId", it.subnet.as_deref())
        + &optional("routeTableId", it.route_table.as_deref())
        + &optional("autoProvisionZones", it.auto_zones.then_some("enabled"))
        + &list("natGatewayAddressSet", "item", zones)
}

fn endpoint(id: &str, it: &VpcEndpoint) -> String {
    let only = texts(&[("privateDnsOnlyForInboundResolverEndpoint", truth(it.private_dns_only_for_inbound_resolver))]);
    texts(&[
        ("vpcEndpointId", id),
        ("vpcEndpointType", &it.kind),
        ("vpcId", &it.vpc),
        ("ownerId", &it.owner),
        ("serviceName", &it.service),
        ("state", &it.state),
        ("privateDnsEnabled", truth(it.private_dns)),
    ]) + &optional("serviceRegion", it.service_region.as_deref())
        + &optional("policyDocument", it.policy.as_ref().map(Document::text))
        + &element("dnsOptions", &only)
        + &names("subnetIdSet", "", &it.subnets)
        + &names("groupSet", "groupId", &it.security_groups)
        + &names("networkInterfaceIdSet", "", &it.interfaces)
        + &names("routeTableIdSet", "", &it.route_tables)
        + &names("dnsEntrySet", "dnsName", &it.dns_names)
}

fn interface(id: &str, it: &NetworkInterface) -> String {
    let (four, six): (Vec<&std::net::IpAddr>, Vec<_>) = it.addresses.iter().partition(|address| address.is_ipv4());
    texts(&[("networkInterfaceId", id), ("subnetId", &it.subnet), ("interfaceType", "vpc_endpoint")])
        + &names("privateIpAddressesSet", "privateIpAddress", four)
        + &names("ipv6AddressesSet", "ipv6Address", six)
        + &names("groupSet", "groupId", &it.security_groups)
}

fn peering(id: &str, it: &Peering) -> String {
    let [requester, accepter] = &it.sides;
    texts(&[("vpcPeeringConnectionId", id)])
        + &element("requesterVpcInfo", &side(requester))
        + &element("accepterVpcInfo", &side(accepter))
        + &element("status", &texts(&[("code", &it.state), ("message", "")]))
}

fn side(it: &PeeringSide) -> String {
    let (four, six): (Vec<&ipnet::IpNet>, Vec<_>) = it.cidrs.iter().partition(|cidr| cidr.addr().is_ipv4());
    let first = four.first().map(ToString::to_string);
    texts(&[("vpcId", &it.vpc), ("ownerId", &it.owner), ("region", &it.region)])
        + &optional("cidrBlock", first.as_deref())
        + &names("cidrBlockSet", "cidrBlock", four)
        + &names("ipv6CidrBlockSet", "ipv6CidrBlock", six)
}

fn transit_gateway(id: &str, it: &TransitGateway) -> String {
    let referencing = if it.security_group_referencing { "enable" } else { "disable" };
    texts(&[("transitGatewayId", id), ("ownerId", &it.owner), ("state", "available")])
        + &element("options", &texts(&[("securityGroupReferencingSupport", referencing)]))
}

fn attachment(id: &str, it: &TransitGatewayAttachment) -> String {
    let association = |table: &str, state: &str| element("association", &texts(&[("transitGatewayRouteTableId", table), ("state", state)]));
    texts(&[
        ("transitGatewayAttachmentId", id),
        ("transitGatewayId", &it.transit_gateway),
        ("resourceType", &it.kind),
        ("resourceId", &it.resource),
        ("resourceOwnerId", &it.owner),
        ("state", &it.state),
    ]) + &it.route_table.as_deref().map_or_else(|| association("tgw-rtb-old", "disassociated"), |table| association(table, "associated"))
}

fn details(id: &str, it: &TransitGatewayAttachment) -> String {
    let referencing = it.security_group_referencing.map(|it| if it { "enable" } else { "disable" });
    texts(&[("transitGatewayAttachmentId", id), ("transitGatewayId", &it.transit_gateway), ("vpcId", &it.resource)])
        + &names("subnetIds", "", &it.subnets)
        + &element("options", &optional("securityGroupReferencingSupport", referencing))
}

fn route(it: &TransitGatewayRoute) -> String {
    texts(&[
        ("destinationCidrBlock", &it.destination.to_string()),
        ("type", if it.propagated { "propagated" } else { "static" }),
        ("state", if it.blackhole { "blackhole" } else { "active" }),
    ]) + &names("transitGatewayAttachments", "transitGatewayAttachmentId", &it.attachments)
}
