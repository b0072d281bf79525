//! A template that lies over nothing: what it names and does not make is known to be elsewhere, and the way to it is said. `cli` calls this.

use crate::arn::Arn;
use crate::inventory::{Gap, Identities, Inventory, Key, Known, NamedDocument, Network};

use super::given::group_of;
use super::maybe::unknown;
use super::untold::TEMPLATE;

/// Says of networks, keys and groups that the template only names where they would be told.
pub(crate) fn alone(inventory: &mut Inventory) {
    networks(inventory);
    keys(inventory);
    groups(inventory);
}

/// Groups that users of the template are in.
fn groups(inventory: &mut Inventory) {
    for account in inventory.accounts.values_mut() {
        let Known::Value(Identities { users, groups, .. }) = &mut account.identities else { continue };
        for user in users.values() {
            for name in &user.groups {
                let what = format!("what group {name} may do, which the template does not make (--over reads it)");
                let policy = || NamedDocument::new("not in the template", unknown(&what, false));
                groups.entry(name.clone()).or_insert_with(|| group_of(user, name, vec![policy()]));
            }
        }
    }
}

/// Networks of functions of which the template makes nothing.
fn networks(inventory: &mut Inventory) {
    for function in inventory.functions.values() {
        let Some(vpc) = function.configuration.value().and_then(Option::as_ref).and_then(|it| it.vpc.as_ref()) else { continue };
        let place = format!("{}/{}", function.arn.account(), function.arn.region());
        let network = inventory.networks.entry(place).or_default();
        let attached = std::mem::take(&mut network.attached_databases);
        if *network == Network::default() {
            let says =
                format!("the template does not make the network of {}, whose subnets are {}", function.arn.name(), way_to(&vpc.subnet_ids));
            *network = unread(&Gap::new(TEMPLATE, function.arn.as_str(), &says));
        }
        network.attached_databases = attached;
    }
}

/// Which subnets these are, and what tells of them.
fn way_to(subnets: &[String]) -> String {
    let names: Vec<String> = subnets.iter().map(|id| id.replace(['⟦', '?', '⟧', '{', '}'], "")).collect();
    let value = if subnets.iter().any(|id| id.contains('⟦')) { "a value for that, and " } else { "" };
    format!("{}: {value}--over FILE or live tells of it", names.join(", "))
}

/// A network of which nothing is known that a template could make.
fn unread(gap: &Gap) -> Network {
    Network {
        vpcs: Known::Unreadable(gap.clone()),
        subnets: Known::Unreadable(gap.clone()),
        dhcp_options: Known::Unreadable(gap.clone()),
        route_tables: Known::Unreadable(gap.clone()),
        nat_gateways: Known::Unreadable(gap.clone()),
        internet_gateways: Known::Unreadable(gap.clone()),
        egress_only_gateways: Known::Unreadable(gap.clone()),
        network_acls: Known::Unreadable(gap.clone()),
        security_groups: Known::Unreadable(gap.clone()),
        endpoints: Known::Unreadable(gap.clone()),
        databases: Known::Unreadable(gap.clone()),
        ..Network::default()
    }
}

/// Keys that secrets name by their ARN or id.
fn keys(inventory: &mut Inventory) {
    let named: Vec<Arn> = inventory.secrets.values().filter_map(|secret| secret.key.value().cloned().flatten()).collect();
    for arn in named {
        let gap = Gap::new(TEMPLATE, arn.as_str(), "the template does not make this key: --over FILE or live reads it");
        inventory.keys.entry(arn.clone()).or_insert_with(|| Key {
            arn,
            metadata: Known::Unreadable(gap.clone()),
            policies: Known::Unreadable(gap.clone()),
            grants: Known::Unreadable(gap),
        });
    }
}
