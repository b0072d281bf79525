//! What accounts share: VPCs whose subnets others use, and transit gateways to which others are attached. Their owners see of them what nobody else does
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html>, <https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-share.html>).

use std::collections::{BTreeMap, BTreeSet};

use super::round::{Networks, Next};
use crate::inventory::Known;
use crate::inventory::network::TransitGatewayAttachment;
use crate::source::aws::accounts::Accounts;

/// The VPCs and transit gateways of these networks that belong to another account which can be asked, and was not yet.
pub(super) fn owned_elsewhere(networks: &Networks, asked: &BTreeMap<String, BTreeSet<String>>, accounts: &Accounts) -> Next {
    let mut next = Next::new();
    for (place, network) in networks {
        let Some((account, region)) = place.split_once('/') else { continue };
        let of_others = |owner: &str| owner != account && accounts.can_ask(owner);
        for (id, vpc) in network.vpcs.value().into_iter().flatten().filter(|(_, vpc)| of_others(&vpc.owner)) {
            let home = format!("{}/{region}", vpc.owner);
            if !asked.get(&home).is_some_and(|asked| asked.contains(id)) {
                next.entry(home).or_default().vpcs.insert(id.clone());
            }
        }
        for (id, gateway) in network.transit_gateways.value().into_iter().flatten().filter(|(_, gateway)| of_others(&gateway.owner)) {
            let home = format!("{}/{region}", gateway.owner);
            let known = networks.get(&home).and_then(|network| network.transit_gateways.value());
            if !known.is_some_and(|known| known.contains_key(id)) {
                next.entry(home).or_default().transit_gateways.insert(id.clone());
            }
        }
    }
    next
}

/// Lets every account that sees an attachment know what the others see of it: the owner of the transit gateway the route table, that of the VPC the subnets.
pub(super) fn complete(networks: &mut Networks) {
    let mut whole: BTreeMap<String, TransitGatewayAttachment> = BTreeMap::new();
    let seen = networks.values().filter_map(|network| network.transit_gateway_attachments.value()).flatten();
    for (id, it) in seen {
        let whole = whole.entry(id.clone()).or_insert_with(|| it.clone());
        if whole.subnets.is_empty() {
            whole.subnets.clone_from(&it.subnets);
        }
        if whole.owner.is_empty() {
            whole.owner.clone_from(&it.owner);
        }
        whole.route_table = whole.route_table.take().or_else(|| it.route_table.clone());
        whole.security_group_referencing = whole.security_group_referencing.or(it.security_group_referencing);
    }
    for network in networks.values_mut() {
        if let Known::Value(attachments) = &mut network.transit_gateway_attachments {
            for (id, it) in attachments {
                it.clone_from(&whole[id]);
            }
        }
    }
}
