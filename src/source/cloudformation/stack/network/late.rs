//! The parts of the network that CloudFormation may make after a rotation schedule: each is a resource of its own, for which nothing waits. Which of them the rotation needs is for
//! the path to tell. `secrets` asks here.
//!
//! A schedule that waits for a database waits for minutes (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_CreateDBInstance.html>). What can be made beside that database is
//! there by then; what itself waits for it, such as a rule with its port, may still come late.

use std::collections::BTreeSet;

use super::databases::KINDS;
use super::open::{Fields, Stop};
use super::{routing, security};
use crate::inventory::network::SecurityGroupRule;
use crate::inventory::{Inventory, LatePart, NetworkPart};
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::stack::order;
use crate::source::cloudformation::stack::properties::Properties;
use crate::source::cloudformation::stack::resources::Stack;

/// The parts that are not among what is awaited. Of one that is not known in full the list is open that it belongs to, and the path with it.
pub(crate) fn late(stack: &Stack<'_>, inventory: &Inventory, awaited: &BTreeSet<&str>) -> Result<Vec<LatePart>, TemplateError> {
    let databases: BTreeSet<&str> = KINDS.iter().flat_map(|(kind, _)| stack.of_kind(kind)).map(|it| it.id).collect();
    let is_long = !databases.is_disjoint(awaited);
    let mut found = Vec::new();
    for it in stack.made.iter().filter(|it| it.resource.kind.starts_with("AWS::EC2::") && !awaited.contains(it.id)) {
        if is_long && databases.is_disjoint(&order::awaited(stack, it.id)) {
            continue;
        }
        match part(*it, inventory) {
            Ok(part) => found.extend(part.map(|part| LatePart { name: it.id.to_owned(), part })),
            Err(Stop::Open(_)) => {}
            Err(Stop::Wrong(error)) => return Err(error),
        }
    }
    Ok(found)
}

fn part(it: Properties<'_>, inventory: &Inventory) -> Result<Option<NetworkPart>, Stop> {
    let fields = Fields::Of(it);
    let pair = |of: &str, other: &str, make: fn(String, String) -> NetworkPart| {
        Ok::<_, Stop>(fields.id_of(of)?.zip(fields.id_of(other)?).map(|(of, other)| make(of, other)))
    };
    let rule = |make: fn(String, SecurityGroupRule) -> NetworkPart| {
        let Some(group) = fields.id_of("GroupId")? else { return Ok(None) };
        Ok::<_, Stop>(Some(make(group, security::rule(&fields, &security::carried(inventory))?)))
    };
    match it.resource.kind.as_str() {
        "AWS::EC2::VPCEndpoint" => Ok(Some(NetworkPart::Endpoint(it.reference()?.written().into_owned()))),
        "AWS::EC2::VPCGatewayAttachment" => pair("InternetGatewayId", "VpcId", NetworkPart::Attachment),
        "AWS::EC2::SubnetRouteTableAssociation" => pair("RouteTableId", "SubnetId", NetworkPart::RouteTable),
        "AWS::EC2::SubnetNetworkAclAssociation" => pair("NetworkAclId", "SubnetId", NetworkPart::NetworkAcl),
        "AWS::EC2::SecurityGroupIngress" => rule(NetworkPart::Ingress),
        "AWS::EC2::SecurityGroupEgress" => rule(NetworkPart::Egress),
        "AWS::EC2::Route" => {
            let (table, route) = (fields.id_of("RouteTableId")?, routing::route(&fields)?);
            Ok(table.zip(route).map(|(table, route)| NetworkPart::Route(table, route)))
        }
        "AWS::EC2::NetworkAclEntry" => {
            let (acl, entry) = (fields.id_of("NetworkAclId")?, security::entry(&fields)?);
            Ok(acl.zip(entry).map(|(acl, entry)| NetworkPart::AclEntry(acl, entry.number, entry.egress)))
        }
        _ => Ok(None),
    }
}
