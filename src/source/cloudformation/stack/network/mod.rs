//! The networks that the stack makes. For a VPC of the template every list is complete; of a VPC that it only names, nothing is known.

mod databases;
mod elsewhere;
mod late;
mod open;
mod routing;
mod security;

use std::collections::BTreeMap;

use ipnet::IpNet;

use self::open::{Fields, Stop, list};
use super::resources::Stack;
use crate::inventory::network::{BlockPublicAccess, ById, DhcpOptions, Subnet, Vpc, VpcEndpoint};
use crate::inventory::{Gap, Inventory, Known, Network};
use crate::policy::Document;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::stack::properties::gap_of;

pub(super) use databases::KINDS as DATABASES;
pub(super) use elsewhere::elsewhere;
pub(super) use late::late;

/// Puts the network of the stack into `inventory`, if it makes one, and names the VPCs of functions.
pub(super) fn add(stack: &Stack<'_>, inventory: &mut Inventory) -> Result<(), TemplateError> {
    let network = network(stack, inventory)?;
    let known = network.subnets.value();
    for function in inventory.functions.values_mut() {
        if let Known::Value(Some(configuration)) = &mut function.configuration
            && let Some(attachment) = &mut configuration.vpc
        {
            let vpc = attachment.subnet_ids.iter().find_map(|id| known?.get(id)).map(|subnet| subnet.vpc.clone());
            attachment.vpc_id = vpc.unwrap_or_default();
        }
    }
    if network != Network::default() {
        inventory.networks.insert(format!("{}/{}", stack.account, stack.region), network);
    }
    Ok(())
}

fn network(stack: &Stack<'_>, inventory: &Inventory) -> Result<Network, TemplateError> {
    let vpcs = list(vpcs(stack))?;
    let mut attachments = inventory.functions.values().filter_map(|it| it.configuration.value()?.as_ref()?.vpc.as_ref());
    let subnets = list(subnets(stack, attachments.any(|vpc| vpc.ipv6_allowed)))?;
    let ids: Vec<String> = vpcs.value().into_iter().flat_map(BTreeMap::keys).cloned().collect();
    let attached = databases::attached(stack)?;
    if ids.is_empty() && subnets.value().is_some_and(BTreeMap::is_empty) && vpcs.gap().is_none() && !of_any_kind(stack) {
        return Ok(Network { attached_databases: attached, ..Network::default() });
    }
    let network_acls = match subnets.value() {
        Some(known) => list(security::acls(stack, &ids, known))?,
        None => Known::Unreadable(subnets.gap().cloned().unwrap_or_else(|| Gap::not_collected("template", "subnets"))),
    };
    let security_groups = list(security::groups(stack, &ids, inventory))?;
    let prefix_lists = Known::Value(security::lists(&security_groups));
    Ok(Network {
        prefix_lists,
        dhcp_options: list(dhcp_options(stack))?,
        route_tables: list(routing::tables(stack, vpcs.value()))?,
        nat_gateways: list(routing::nat_gateways(stack, subnets.value()))?,
        internet_gateways: list(routing::gateways(stack, "AWS::EC2::InternetGateway"))?,
        egress_only_gateways: list(routing::gateways(stack, "AWS::EC2::EgressOnlyInternetGateway"))?,
        security_groups,
        endpoints: list(endpoints(stack))?,
        databases: list(databases::databases(stack, subnets.value()))?,
        attached_databases: attached,
        network_acls,
        vpcs,
        subnets,
        block_public_access: block_public_access(stack)?,
        ..Network::default()
    })
}

/// Whether the stack makes something of a network beside VPCs and subnets.
fn of_any_kind(stack: &Stack<'_>) -> bool {
    stack.made.iter().any(|it| it.resource.kind.starts_with("AWS::EC2::") || DATABASES.iter().any(|(kind, _)| *kind == it.resource.kind))
}

/// VPC Block Public Access: what the stack sets, or off, as it is in every account until somebody turns it on
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcblockpublicaccessoptions.html>).
fn block_public_access(stack: &Stack<'_>) -> Result<Known<BlockPublicAccess>, TemplateError> {
    let read = || {
        let mut block = BlockPublicAccess { mode: "off".to_owned(), exclusions: BTreeMap::new() };
        for it in stack.of_kind("AWS::EC2::VPCBlockPublicAccessOptions") {
            block.mode = Fields::Of(it).literal("InternetGatewayBlockMode")?.unwrap_or(block.mode);
        }
        for it in stack.of_kind("AWS::EC2::VPCBlockPublicAccessExclusion") {
            let fields = Fields::Of(it);
            let mode = fields.literal("InternetGatewayExclusionMode")?.unwrap_or_default();
            let of = fields.id_of("SubnetId")?.or(fields.id_of("VpcId")?);
            block.exclusions.extend(of.map(|of| (of, mode)));
        }
        Ok(block)
    };
    match read() {
        Ok(block) => Ok(Known::Value(block)),
        Err(Stop::Open(gap)) => Ok(Known::Unreadable(gap)),
        Err(Stop::Wrong(error)) => Err(error),
    }
}

fn vpcs(stack: &Stack<'_>) -> Result<ById<Vpc>, Stop> {
    let mut vpcs = ById::new();
    for it in stack.of_kind("AWS::EC2::VPC") {
        let fields = Fields::Of(it);
        let cidr = fields.parsed("CidrBlock")?;
        let cidr = cidr.ok_or_else(|| Stop::Open(Gap::new("template", it.id, "its addresses come from a pool, which is not read")))?;
        let vpc = Vpc {
            owner: stack.account.to_string(),
            cidrs: vec![cidr],
            dhcp_options: Some(DEFAULT_OPTIONS.to_owned()),
            dns_support: Known::Value(fields.flag("EnableDnsSupport", true)?),
            // Off in VPCs that people make (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html).
            dns_hostnames: Known::Value(fields.flag("EnableDnsHostnames", false)?),
        };
        vpcs.insert(it.reference()?.written().into_owned(), vpc);
    }
    for it in stack.of_kind("AWS::EC2::VPCCidrBlock") {
        let fields = Fields::Of(it);
        if let (Some(vpc), Some(cidr)) = (fields.id_of("VpcId")?, fields.parsed("CidrBlock")?)
            && let Some(vpc) = vpcs.get_mut(&vpc)
        {
            vpc.cidrs.push(cidr);
        }
    }
    for it in stack.of_kind("AWS::EC2::VPCDHCPOptionsAssociation") {
        let fields = Fields::Of(it);
        if let (Some(vpc), Some(options)) = (fields.id_of("VpcId")?, fields.id_of("DhcpOptionsId")?)
            && let Some(vpc) = vpcs.get_mut(&vpc)
        {
            vpc.dhcp_options = Some(options);
        }
    }
    Ok(vpcs)
}

/// The option set that a region's VPCs have until they are given another one: the Amazon resolver
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html>).
const DEFAULT_OPTIONS: &str = "⟦default DHCP options⟧";

fn dhcp_options(stack: &Stack<'_>) -> Result<ById<DhcpOptions>, Stop> {
    let default = DhcpOptions { domain_name_servers: vec!["AmazonProvidedDNS".to_owned()] };
    let mut options = ById::from([(DEFAULT_OPTIONS.to_owned(), default)]);
    for it in stack.of_kind("AWS::EC2::DHCPOptions") {
        let domain_name_servers = Fields::Of(it).ids("DomainNameServers")?;
        options.insert(it.reference()?.written().into_owned(), DhcpOptions { domain_name_servers });
    }
    Ok(options)
}

/// The subnets. `ipv6` is whether a function may use addresses of version 6: where none does, it does not matter which ones AWS gives to the VPC.
fn subnets(stack: &Stack<'_>, ipv6: bool) -> Result<ById<Subnet>, Stop> {
    let mut subnets = ById::new();
    for it in stack.of_kind("AWS::EC2::Subnet") {
        let fields = Fields::Of(it);
        let block = fields.parsed("CidrBlock")?;
        if block.is_none() && fields.id_of("Ipv4IpamPoolId")?.is_some() {
            return Err(Stop::Open(Gap::new("template", it.id, "its addresses come from a pool, which is not read")));
        }
        let cidrs = [block, if ipv6 { fields.parsed("Ipv6CidrBlock")? } else { fields.if_known("Ipv6CidrBlock")? }];
        let subnet = Subnet {
            vpc: fields.id_of("VpcId")?.unwrap_or_default(),
            owner: stack.account.to_string(),
            // Zones of a template have names, or come out of a list; each text stands for a zone.
            zone_id: fields
                .id_of("AvailabilityZoneId")?
                .or(fields.id_of("AvailabilityZone")?)
                .unwrap_or_else(|| format!("⟦{}.Zone⟧", it.id)),
            zone: None,
            cidrs: cidrs.into_iter().flatten().collect(),
            internet_gateway_block: None,
            // AWS keeps five of each (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html).
            free_addresses: block
                .and_then(|block: IpNet| 1_u32.checked_shl(32 - u32::from(block.prefix_len())))
                .map(|all| all.saturating_sub(5)),
        };
        subnets.insert(it.reference()?.written().into_owned(), subnet);
    }
    Ok(subnets)
}

fn endpoints(stack: &Stack<'_>) -> Result<ById<VpcEndpoint>, Stop> {
    let mut endpoints = ById::new();
    for it in stack.of_kind("AWS::EC2::VPCEndpoint") {
        let fields = Fields::Of(it);
        let kind = fields.literal("VpcEndpointType")?.unwrap_or_else(|| "Gateway".to_owned());
        // Off where it is not written (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html).
        let private_dns = fields.flag("PrivateDnsEnabled", false)?;
        // Without a policy an endpoint has the default one, which allows everything
        // (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html).
        let default =
            || Document::new(r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#);
        let policy = match it.document("PolicyDocument")? {
            Known::Value(document) => document.unwrap_or_else(default),
            Known::Unreadable(gap) => return Err(Stop::Open(gap)),
        };
        let service = fields.text("ServiceName")?;
        let service = match service {
            Some(text) if text.as_literal().is_none() => return Err(Stop::Open(gap_of(it.id, &text.written()))),
            text => text.map(|text| text.written().into_owned()).unwrap_or_default(),
        };
        let endpoint = VpcEndpoint {
            vpc: fields.id_of("VpcId")?.unwrap_or_default(),
            owner: stack.account.to_string(),
            kind,
            service,
            service_region: fields.literal("ServiceRegion")?,
            state: "available".to_owned(),
            private_dns,
            private_dns_only_for_inbound_resolver: false,
            subnets: fields.ids("SubnetIds")?,
            security_groups: fields.ids("SecurityGroupIds")?,
            // They do not exist yet; the ranges of the subnets stand for their addresses.
            interfaces: Vec::new(),
            route_tables: fields.ids("RouteTableIds")?,
            dns_names: Vec::new(),
            policy: Some(policy),
            firewall: None,
        };
        endpoints.insert(it.reference()?.written().into_owned(), endpoint);
    }
    Ok(endpoints)
}
