//! What leads from VPC to VPC: peering connections and transit gateways, as far as routes name them.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::lists::List;
use super::round::Round;
use crate::inventory::network::{
    ById, Peering, PeeringSide, RouteTable, RouteTarget, TransitGateway, TransitGatewayAttachment, TransitGatewayRoute,
    TransitGatewayRouteTable,
};
use crate::inventory::{Api, Known, Network};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::listing::{Paging, all};
use crate::source::aws::place::Place;

/// The things that routes lead through and that `known` does not hold.
fn named<T>(tables: &ById<RouteTable>, known: &Known<ById<T>>, id: impl Fn(&RouteTarget) -> Option<&String>) -> BTreeSet<String> {
    let targets = tables.values().flat_map(|table| &table.routes).filter_map(|route| id(&route.target));
    targets.filter(|id| !known.value().is_some_and(|known| known.contains_key(*id))).cloned().collect()
}

/// The peering connections that routes lead through.
pub(super) async fn peerings(place: &Place, tables: &Known<ById<RouteTable>>, so_far: &Network) -> Known<ById<Peering>> {
    let tables = match tables {
        Known::Value(tables) => tables,
        Known::Unreadable(gap) => return Known::Unreadable(gap.clone()),
    };
    let ids = named(tables, &so_far.peerings, |target| if let RouteTarget::Peering(id) = target { Some(id) } else { None });
    let list = List { api: Api::DescribeVpcPeeringConnections, set: "vpcPeeringConnectionSet", most: "1000", read: peering };
    list.having(place, "vpc-peering-connection-id", &ids).await
}

fn peering(it: &Element) -> Result<(String, Peering), Malformed> {
    let sides = [side(it.needed("requesterVpcInfo")?)?, side(it.needed("accepterVpcInfo")?)?];
    Ok((it.owned("vpcPeeringConnectionId")?, Peering { state: it.needed("status")?.owned("code")?, sides }))
}

fn side(it: &Element) -> Result<PeeringSide, Malformed> {
    let mut cidrs: Vec<IpNet> = Vec::new();
    for (list, cidr) in [("cidrBlockSet", "cidrBlock"), ("ipv6CidrBlockSet", "ipv6CidrBlock")] {
        for item in it.items(list, "item") {
            cidrs.extend(item.value::<IpNet>(cidr)?);
        }
    }
    if it.child("cidrBlockSet").is_none() {
        cidrs.extend(it.value::<IpNet>("cidrBlock")?);
    }
    Ok(PeeringSide { vpc: it.owned("vpcId")?, owner: it.owned("ownerId")?, region: it.owned("region")?, cidrs })
}

/// Transit gateways with what hangs on them.
pub(super) struct Transit {
    pub(super) gateways: Known<ById<TransitGateway>>,
    pub(super) attachments: Known<ById<TransitGatewayAttachment>>,
    pub(super) route_tables: Known<ById<TransitGatewayRouteTable>>,
}

/// The transit gateways that routes lead through, here or elsewhere.
pub(super) async fn transit(place: &Place, tables: &Known<ById<RouteTable>>, so_far: &Network, round: &Round) -> Transit {
    let tables = match tables {
        Known::Value(tables) => tables,
        Known::Unreadable(gap) => {
            let gap = || gap.clone();
            return Transit {
                gateways: Known::Unreadable(gap()),
                attachments: Known::Unreadable(gap()),
                route_tables: Known::Unreadable(gap()),
            };
        }
    };
    let mut ids =
        named(tables, &so_far.transit_gateways, |target| if let RouteTarget::TransitGateway(id) = target { Some(id) } else { None });
    let known = so_far.transit_gateways.value();
    ids.extend(round.transit_gateways.iter().filter(|id| known.is_none_or(|known| !known.contains_key(*id))).cloned());
    let list = List { api: Api::DescribeTransitGateways, set: "transitGatewaySet", most: "1000", read: gateway };
    let (gateways, attachments) = tokio::join!(list.having(place, "transit-gateway-id", &ids), attachments(place, &ids));
    let theirs = |id: &str| gateways.value().and_then(|known| known.get(id)).is_some_and(|it| round.other_accounts.contains(&it.owner));
    let route_tables = match &attachments {
        Known::Value(attachments) => {
            let ours = attachments.values().filter(|attachment| !theirs(&attachment.transit_gateway));
            Known::Value(route_tables(place, ours).await)
        }
        Known::Unreadable(gap) => Known::Unreadable(gap.clone()),
    };
    Transit { gateways, attachments, route_tables }
}

fn gateway(it: &Element) -> Result<(String, TransitGateway), Malformed> {
    let option = it.child("options").and_then(|options| options.text("securityGroupReferencingSupport"));
    let gateway = TransitGateway { owner: it.owned("ownerId")?, security_group_referencing: option == Some("enable") };
    Ok((it.owned("transitGatewayId")?, gateway))
}

/// What a VPC's attachment has beyond any other: its subnets, and whether security groups may be named across it.
type Details = (Vec<String>, Option<bool>);

async fn attachments(place: &Place, gateways: &BTreeSet<String>) -> Known<ById<TransitGatewayAttachment>> {
    let list = List { api: Api::DescribeTransitGatewayAttachments, set: "transitGatewayAttachments", most: "1000", read: attachment };
    let more = List { api: Api::DescribeTransitGatewayVpcAttachments, set: "transitGatewayVpcAttachments", most: "1000", read: details };
    let filter = "transit-gateway-id";
    let (known, details) = tokio::join!(list.having(place, filter, gateways), more.having(place, filter, gateways));
    let mut details = match details {
        Known::Value(details) => details,
        Known::Unreadable(gap) => return known.and_then(|_| Known::Unreadable(gap)),
    };
    known.map(|mut attachments| {
        for (id, attachment) in &mut attachments {
            if let Some((subnets, referencing)) = details.remove(id) {
                (attachment.subnets, attachment.security_group_referencing) = (subnets, referencing);
            }
        }
        attachments
    })
}

fn attachment(it: &Element) -> Result<(String, TransitGatewayAttachment), Malformed> {
    let association = it.child("association").filter(|association| association.text("state") == Some("associated"));
    let attachment = TransitGatewayAttachment {
        transit_gateway: it.owned("transitGatewayId")?,
        kind: it.owned("resourceType")?,
        resource: it.text("resourceId").unwrap_or_default().to_owned(),
        owner: it.text("resourceOwnerId").unwrap_or_default().to_owned(),
        state: it.owned("state")?,
        subnets: Vec::new(),
        security_group_referencing: None,
        route_table: association.and_then(|association| association.text("transitGatewayRouteTableId")).map(str::to_owned),
    };
    Ok((it.owned("transitGatewayAttachmentId")?, attachment))
}

fn details(it: &Element) -> Result<(String, Details), Malformed> {
    let option = it.child("options").and_then(|options| options.text("securityGroupReferencingSupport"));
    Ok((it.owned("transitGatewayAttachmentId")?, (it.texts("subnetIds", None), option.map(|option| option == "enable"))))
}

/// The route tables that decide for these attachments. They are found by their associations, so no call lists them.
async fn route_tables(place: &Place, attachments: impl Iterator<Item = &TransitGatewayAttachment>) -> ById<TransitGatewayRouteTable> {
    let ids: BTreeMap<&String, &String> =
        attachments.filter_map(|attachment| Some((attachment.route_table.as_ref()?, &attachment.transit_gateway))).collect();
    let mut tables = ById::new();
    for (id, transit_gateway) in ids {
        // A filter is obligatory; what is pending or deleted leads nowhere. A page has a thousand routes unless told otherwise.
        let request = Request::all().with("TransitGatewayRouteTableId", id).filter("state", ["active", "blackhole"]);
        let paging = Paging { list: "routeSet", item: "item", token: "NextToken", next: "nextToken" };
        let resource = place.arn("transit-gateway-route-table", id);
        let routes = all(&place.ec2, Api::SearchTransitGatewayRoutes, &resource, request, paging, route).await;
        tables.insert(id.clone(), TransitGatewayRouteTable { transit_gateway: transit_gateway.clone(), routes });
    }
    tables
}

fn route(it: &Element) -> Result<TransitGatewayRoute, Malformed> {
    Ok(TransitGatewayRoute {
        destination: it.value("destinationCidrBlock")?.ok_or_else(|| Malformed::new("a route has no destination"))?,
        attachments: it.texts("transitGatewayAttachments", Some("transitGatewayAttachmentId")),
        blackhole: it.text("state") == Some("blackhole"),
        propagated: it.text("type") == Some("propagated"),
    })
}
