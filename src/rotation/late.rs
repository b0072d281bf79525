//! Which parts of a network a rotation needs that its template may make only after it turned the rotation on: the path is asked again without them. The rules
//! ask here.

use std::collections::BTreeMap;

use super::chain::{Rotation, rotations};
use crate::inventory::network::Gateway;
use crate::inventory::{Inventory, Known, LatePart, Network, NetworkPart};
use crate::network::Verdict;

/// The names of the parts that may come late and without which the function does not get where it gets with them. Of several that do for each other, as few as
/// suffice. A path that is blocked, or not decided, with all of them is another matter.
pub fn late_and_needed<'a>(inventory: &Inventory, rotation: &Rotation<'a>) -> Vec<&'a str> {
    let all: &'a [LatePart] = &rotation.secret.rotation.late;
    let Some((function, arn)) = rotation.function.value().copied().flatten().zip(rotation.function_arn).filter(|_| !all.is_empty()) else {
        return Vec::new();
    };
    // As much of the inventory as the path looks at.
    let alone = Inventory {
        secrets: BTreeMap::from([(rotation.secret.arn.clone(), rotation.secret.clone())]),
        functions: BTreeMap::from([(arn.split_qualifier().0, function.clone())]),
        networks: inventory.networks.clone(),
        ..Inventory::empty(inventory.as_of)
    };
    let whole = reached(&alone);
    let place = format!("{}/{}", arn.account(), arn.region());
    let suffices = |parts: &[&LatePart]| {
        let mut early = alone.clone();
        if let Some(network) = early.networks.get_mut(&place) {
            all.iter().filter(|part| !parts.contains(part)).for_each(|part| take_away(network, &part.part));
        }
        reached(&early).iter().zip(&whole).all(|(early, whole)| early >= whole)
    };
    let mut needed: Vec<&LatePart> = all.iter().collect();
    for part in all {
        let fewer: Vec<&LatePart> = needed.iter().copied().filter(|other| *other != part).collect();
        if suffices(&fewer) {
            needed = fewer;
        }
    }
    needed.into_iter().map(|part| part.name.as_str()).collect()
}

/// Whether the function surely gets to Secrets Manager and to what the secret opens.
fn reached(inventory: &Inventory) -> [bool; 2] {
    let rotations = rotations(inventory);
    let connections = rotations.first().and_then(|rotation| rotation.connections.as_ref());
    connections.map_or([false; 2], |it| [&it.secrets_manager, &it.target].map(|reach| reach.verdict == Verdict::Reachable))
}

fn take_away(network: &mut Network, part: &NetworkPart) {
    match part {
        NetworkPart::Endpoint(id) => {
            if let Known::Value(endpoints) = &mut network.endpoints {
                endpoints.remove(id);
            }
        }
        NetworkPart::Attachment(id, vpc) => {
            let detach = |gateway: &mut Gateway| gateway.vpcs.retain(|known| known != vpc);
            for gateways in [&mut network.internet_gateways, &mut network.egress_only_gateways] {
                if let Known::Value(gateways) = gateways {
                    gateways.get_mut(id).into_iter().for_each(detach);
                }
            }
        }
        NetworkPart::Route(table, route) => {
            if let Known::Value(tables) = &mut network.route_tables {
                tables.get_mut(table).into_iter().for_each(|table| table.routes.retain(|known| known != route));
            }
        }
        NetworkPart::Ingress(group, rule) | NetworkPart::Egress(group, rule) => {
            if let Known::Value(groups) = &mut network.security_groups
                && let Some(group) = groups.get_mut(group)
            {
                let rules = if matches!(part, NetworkPart::Egress(..)) { &mut group.egress } else { &mut group.ingress };
                rules.retain(|known| known != rule);
            }
        }
        NetworkPart::AclEntry(acl, number, egress) => {
            if let Known::Value(acls) = &mut network.network_acls {
                acls.get_mut(acl).into_iter().for_each(|acl| acl.rules.retain(|it| it.number != *number || it.egress != *egress));
            }
        }
        NetworkPart::RouteTable(table, subnet) => {
            if let Known::Value(tables) = &mut network.route_tables {
                tables.get_mut(table).into_iter().for_each(|table| table.subnets.retain(|known| known != subnet));
            }
        }
        NetworkPart::NetworkAcl(acl, subnet) => {
            if let Known::Value(acls) = &mut network.network_acls
                && let Some(vpc) = acls.get(acl).map(|acl| acl.vpc.clone())
            {
                acls.get_mut(acl).into_iter().for_each(|acl| acl.subnets.retain(|known| known != subnet));
                // Until then it has the default one.
                acls.values_mut().filter(|acl| acl.default && acl.vpc == vpc).for_each(|acl| acl.subnets.push(subnet.clone()));
            }
        }
    }
}
