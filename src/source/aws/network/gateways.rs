//! NAT gateways, internet gateways and egress-only internet gateways. `region` asks, where a route leads through one.

use std::collections::BTreeSet;

use super::lists::List;
use crate::inventory::network::{ById, Gateway, NatConnectivity, NatGateway};
use crate::inventory::{Api, Known};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::place::Place;

pub(super) async fn nat_gateways(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<NatGateway>> {
    let list = List { api: Api::DescribeNatGateways, set: "natGatewaySet", most: "1000", read: nat_gateway };
    list.having(place, "vpc-id", vpcs).await
}

fn nat_gateway(it: &Element) -> Result<(String, NatGateway), Malformed> {
    let regional = it.text("availabilityMode") == Some("regional");
    let connectivity = match it.text("connectivityType") {
        Some("public") => NatConnectivity::Public,
        Some("private") => NatConnectivity::Private,
        Some(other) => return Err(Malformed::new(format!("connectivityType cannot be {other:?}"))),
        // A private one has no public address.
        None if !it.texts("natGatewayAddressSet", Some("publicIp")).is_empty() => NatConnectivity::Public,
        None => return Err(Malformed::new("a NAT gateway does not say where it leads")),
    };
    let mut zone_ids = BTreeSet::new();
    if regional {
        zone_ids.extend(it.texts("natGatewayAddressSet", Some("availabilityZoneId")));
    }
    let nat_gateway = NatGateway {
        vpc: it.owned("vpcId")?,
        subnet: it.text("subnetId").map(str::to_owned),
        state: it.owned("state")?,
        connectivity,
        regional,
        route_table: it.text("routeTableId").map(str::to_owned),
        zone_ids: zone_ids.into_iter().collect(),
        auto_zones: it.text("autoProvisionZones") == Some("enabled"),
    };
    Ok((it.owned("natGatewayId")?, nat_gateway))
}

pub(super) async fn internet_gateways(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<Gateway>> {
    let read = |it: &Element| gateway(it, "internetGatewayId");
    let list = List { api: Api::DescribeInternetGateways, set: "internetGatewaySet", most: "1000", read };
    list.having(place, "attachment.vpc-id", vpcs).await
}

/// Those that are attached to one of these VPCs, of all in the region: EC2 has no filter for them
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeEgressOnlyInternetGateways.html>).
pub(super) async fn egress_only_gateways(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<Gateway>> {
    if vpcs.is_empty() {
        return Known::default();
    }
    let read = |it: &Element| gateway(it, "egressOnlyInternetGatewayId");
    let list = List { api: Api::DescribeEgressOnlyInternetGateways, set: "egressOnlyInternetGatewaySet", most: "255", read };
    let known = list.asked(place, Request::all()).await;
    known.map(|mut gateways| {
        gateways.retain(|_, gateway| gateway.vpcs.iter().any(|vpc| vpcs.contains(vpc)));
        gateways
    })
}

fn gateway(it: &Element, id: &str) -> Result<(String, Gateway), Malformed> {
    // An internet gateway that is attached calls itself available
    // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InternetGatewayAttachment.html>).
    let attached = it.items("attachmentSet", "item").filter(|it| matches!(it.text("state"), Some("available" | "attached")));
    Ok((it.owned(id)?, Gateway { vpcs: attached.map(|it| it.owned("vpcId")).collect::<Result<_, _>>()? }))
}
