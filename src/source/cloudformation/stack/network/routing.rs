//! Route tables, gateways and NAT gateways.

use super::open::{Fields, Stop, made_with};
use crate::inventory::network::{
    ById, Gateway, NatConnectivity, NatGateway, Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget, Subnet, Vpc,
};
use crate::policy::Text;
use crate::source::cloudformation::stack::resources::Stack;

/// What a route leads through, by its id.
type Leads = fn(String) -> RouteTarget;

/// The properties of a route that name what it leads through
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html>).
const TARGETS: [(&str, Leads); 11] = [
    ("GatewayId", gateway),
    ("NatGatewayId", RouteTarget::NatGateway),
    ("EgressOnlyInternetGatewayId", RouteTarget::EgressOnlyGateway),
    ("TransitGatewayId", RouteTarget::TransitGateway),
    ("VpcPeeringConnectionId", RouteTarget::Peering),
    ("VpcEndpointId", RouteTarget::Endpoint),
    ("NetworkInterfaceId", RouteTarget::Interface),
    ("InstanceId", RouteTarget::Other),
    ("CarrierGatewayId", RouteTarget::Other),
    ("LocalGatewayId", RouteTarget::Other),
    ("CoreNetworkArn", RouteTarget::Other),
];

/// A gateway is one to the internet, unless its id says that it is a virtual private one, or nobody knows which it is.
fn gateway(id: String) -> RouteTarget {
    if id.starts_with("vgw-") {
        RouteTarget::VirtualPrivateGateway(id)
    } else if Text::parse(&id).has_unknown() {
        RouteTarget::Other(id)
    } else {
        RouteTarget::InternetGateway(id)
    }
}

/// The route tables of the stack, and the main one of each of its VPCs.
pub(super) fn tables(stack: &Stack<'_>, vpcs: Option<&ById<Vpc>>) -> Result<ById<RouteTable>, Stop> {
    let local = |vpc: &str| {
        let cidrs = vpcs.and_then(|vpcs| vpcs.get(vpc)).map(|vpc| vpc.cidrs.clone()).unwrap_or_default();
        let route = |cidr| Route {
            destination: RouteDestination::Cidr(cidr),
            target: RouteTarget::Local,
            blackhole: false,
            origin: RouteOrigin::Static,
        };
        cidrs.into_iter().map(route).collect::<Vec<_>>()
    };
    let mut tables = ById::new();
    for vpc in vpcs.into_iter().flat_map(ById::keys) {
        let main = RouteTable { vpc: vpc.clone(), main: true, subnets: Vec::new(), routes: local(vpc) };
        tables.insert(made_with(vpc, "MainRouteTable"), main);
    }
    for it in stack.of_kind("AWS::EC2::RouteTable") {
        let vpc = Fields::Of(it).id_of("VpcId")?.unwrap_or_default();
        let routes = local(&vpc);
        tables.insert(it.reference()?.written().into_owned(), RouteTable { vpc, main: false, subnets: Vec::new(), routes });
    }
    for it in stack.of_kind("AWS::EC2::SubnetRouteTableAssociation") {
        let fields = Fields::Of(it);
        if let (Some(table), Some(subnet)) = (fields.id_of("RouteTableId")?, fields.id_of("SubnetId")?)
            && let Some(table) = tables.get_mut(&table)
        {
            table.subnets.push(subnet);
        }
    }
    for it in stack.of_kind("AWS::EC2::Route") {
        let fields = Fields::Of(it);
        let Some(table) = fields.id_of("RouteTableId")?.and_then(|table| tables.get_mut(&table)) else { continue };
        if let Some(route) = route(&fields)? {
            table.routes.push(route);
        }
    }
    Ok(tables)
}

/// A route; `None` of one that leads nowhere that is known here.
pub(super) fn route(fields: &Fields<'_>) -> Result<Option<Route>, Stop> {
    let cidr = fields.parsed("DestinationCidrBlock")?.or(fields.parsed("DestinationIpv6CidrBlock")?);
    let list = fields.id_of("DestinationPrefixListId")?.map(RouteDestination::PrefixList);
    let Some(destination) = cidr.map(RouteDestination::Cidr).or(list) else { return Ok(None) };
    for (name, target) in TARGETS {
        if let Some(id) = fields.id_of(name)? {
            return Ok(Some(Route { destination, target: target(id), blackhole: false, origin: RouteOrigin::Static }));
        }
    }
    Ok(None)
}

/// The gateways of a kind, with the VPCs that they are attached to.
pub(super) fn gateways(stack: &Stack<'_>, kind: &'static str) -> Result<ById<Gateway>, Stop> {
    let mut gateways = ById::new();
    for it in stack.of_kind(kind) {
        let vpcs = Fields::Of(it).id_of("VpcId")?.into_iter().collect();
        gateways.insert(it.reference()?.written().into_owned(), Gateway { vpcs });
    }
    for it in stack.of_kind("AWS::EC2::VPCGatewayAttachment") {
        let fields = Fields::Of(it);
        if let (Some(gateway), Some(vpc)) = (fields.id_of("InternetGatewayId")?, fields.id_of("VpcId")?)
            && let Some(gateway) = gateways.get_mut(&gateway)
        {
            gateway.vpcs.push(vpc);
        }
    }
    Ok(gateways)
}

/// The NAT gateways of the stack.
pub(super) fn nat_gateways(stack: &Stack<'_>, subnets: Option<&ById<Subnet>>) -> Result<ById<NatGateway>, Stop> {
    let mut gateways = ById::new();
    for it in stack.of_kind("AWS::EC2::NatGateway") {
        let fields = Fields::Of(it);
        let subnet = fields.id_of("SubnetId")?;
        let of_subnet = subnet.as_ref().and_then(|id| subnets?.get(id)).map(|subnet| subnet.vpc.clone());
        let private = fields.literal("ConnectivityType")?.as_deref() == Some("private");
        let regional = fields.literal("AvailabilityMode")?.as_deref() == Some("regional");
        let gateway = NatGateway {
            vpc: fields.id_of("VpcId")?.or(of_subnet).unwrap_or_default(),
            subnet,
            state: "available".to_owned(),
            connectivity: if private { NatConnectivity::Private } else { NatConnectivity::Public },
            regional,
            route_table: None,
            zone_ids: Vec::new(),
            auto_zones: regional,
        };
        gateways.insert(it.reference()?.written().into_owned(), gateway);
    }
    Ok(gateways)
}
