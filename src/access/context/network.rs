//! The keys that follow from how a function's calls travel: from a public address, or through a VPC endpoint.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-network-properties>

use ipnet::IpNet;

use super::keys;
use crate::access::question::Way;
use crate::access::services::is_secrets_manager;
use crate::inventory::{Inventory, network::VpcEndpoint};
use crate::policy::{Context, Entry, Part, Symbol, Text};

/// Whether a call of `action` by a function's code has a public address.
pub(super) fn is_public(action: &str, way: &Way) -> bool {
    match way {
        Way::Outside => true,
        Way::Public => is_secrets_manager(action),
        Way::Endpoint { .. } | Way::Unknown => false,
    }
}

/// Where a call of `action` by a function's code comes from, beside what all such calls have in common.
pub(super) fn of_way(context: &mut Context, inventory: &Inventory, action: &str, way: &Way) {
    if let Way::Endpoint { place, id, from } = way
        && is_secrets_manager(action)
    {
        let endpoint = inventory.endpoint(place, id);
        through_endpoint(context, id, endpoint.value().copied(), from);
    }
}

/// It has a public address, which nobody can foretell.
pub(super) fn public(context: &mut Context) {
    keys::of_vpc_endpoints(context, &Entry::Absent);
    context.set("aws:SourceIp", Entry::Single(Text::from_parts([Part::Symbol(Symbol::unknown("public-address"))])));
}

/// The VPC is the endpoint's own, which in a shared setting is not the function's. Which services tell of the endpoint's owner is a list that grows; whether
/// Secrets Manager does is left open.
fn through_endpoint(context: &mut Context, id: &str, endpoint: Option<&VpcEndpoint>, from: &[IpNet]) {
    context.set("aws:SourceIp", Entry::Absent);
    context.set("aws:SourceVpce", Entry::Single(Text::parse(id)));
    context.set("aws:VpcSourceIp", addresses(from));
    if let Some(endpoint) = endpoint {
        context.set("aws:SourceVpc", Entry::Single(Text::parse(&endpoint.vpc)));
        context.set("aws:VpceAccount", Entry::OneOf(vec![Entry::single(endpoint.owner.as_str()), Entry::Absent]));
    }
}

/// Some address of these ranges.
fn addresses(ranges: &[IpNet]) -> Entry {
    match ranges {
        [] => Entry::Single(Text::from_parts([Part::Symbol(Symbol::unknown("private-address"))])),
        [one] => Entry::single(one.to_string()),
        several => Entry::OneOf(several.iter().map(|range| Entry::single(range.to_string())).collect()),
    }
}
