//! Lays what a template will make over what exists: the template's facts win, resource by resource, and what it does not say comes from what exists. `cli` calls it for
//! `--over`.

mod additions;
mod alone;
mod callers;
mod earlier;
mod gone;
mod kept;
mod maybe;
mod names;
mod network;
mod references;
mod secrets;
mod stack;
mod tags;
mod untold;
mod withdrawn;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use additions::{Additions, FunctionPolicy, with_statement};
pub(crate) use alone::alone;
pub(crate) use earlier::{Taken, Version};
pub(crate) use kept::keep;
pub(crate) use maybe::{maybe, maybe_statement};
use names::Alike;
pub(crate) use names::Names;
pub(crate) use network::NetworkAdditions;
pub(crate) use stack::{Nameless, identified, stack_alike};
use untold::{TEMPLATE, is_untold};

use crate::arn::{AccountId, Arn};
use crate::inventory::network::ById;
use crate::inventory::{Function, Gap, Inventory, Key, KeyMetadata, Known, Network, RotationConfiguration, Secret};

/// What two stacks make, of which one may name what the other makes; or a stack and what exists.
pub(crate) fn joined(existing: &Inventory, made: &Inventory) -> Inventory {
    let renamed = Names::of(existing, made).in_inventory(made);
    let made = renamed.as_ref().unwrap_or(made);
    let aliases = references::aliases(existing);
    let alike = Alike::of(existing);
    let mut result = existing.clone();
    result.origins.extend(made.origins.clone());
    result.planned_roles.extend(made.planned_roles.clone());
    result.partial = existing.partial.clone().or_else(|| made.partial.clone());
    for secret in made.secrets.values() {
        let arn = alike.named(secret).unwrap_or(&secret.arn).clone();
        let makes = |inventory: &Inventory| inventory.origins.contains_key(&arn) || inventory.origins.contains_key(&secret.arn);
        let (before, now) = (makes(existing), makes(made));
        let secret = references::resolved(secret, &aliases);
        let laid = match existing.secrets.get(&arn) {
            Some(known) => secret_over((known, before), (&secret, now)),
            None => secret.into_owned(),
        };
        result.secrets.insert(arn, laid);
    }
    for (arn, function) in &made.functions {
        let is_made = made.origins.contains_key(arn);
        let laid = match existing.functions.get(arn) {
            Some(known) if !is_made => known.clone(),
            Some(known) => function_over(known, function),
            None => function.clone(),
        };
        result.functions.insert(arn.clone(), laid);
    }
    for (arn, key) in &made.keys {
        let laid = existing.keys.get(arn).map_or_else(|| key.clone(), |known| key_over(known, key));
        result.keys.insert(arn.clone(), laid);
    }
    for (id, account) in &made.accounts {
        let Some(known) = result.accounts.get_mut(id) else {
            result.accounts.insert(id.clone(), account.clone());
            continue;
        };
        if let (Known::Value(known), Known::Value(identities)) = (&mut known.identities, &account.identities) {
            // A role that the template only names is what it is there, or is not there.
            known.roles.extend(
                identities.roles.iter().filter(|(arn, _)| made.origins.contains_key(*arn)).map(|(arn, role)| (arn.clone(), role.clone())),
            );
            known.users.extend(identities.users.clone());
            known.groups.extend(identities.groups.clone());
            // What was read of a managed policy of AWS is newer than what is known of it here.
            for (arn, document) in &identities.policies {
                if arn.account() != "aws" || !known.policies.contains_key(arn) {
                    known.policies.insert(arn.clone(), document.clone());
                }
            }
        }
    }
    for (place, network) in &made.networks {
        let known = result.networks.remove(place);
        let laid = known.map_or_else(|| network.clone(), |known| network_over(known, network));
        result.networks.insert(place.clone(), laid);
    }
    place_functions(&mut result);
    result
}

/// Puts what a template for this account adds to functions and roles where it belongs, as far as that is there.
pub(crate) fn add(result: &mut Inventory, additions: &Additions, account: &AccountId) {
    add_to_functions(result, additions);
    if let Some(Known::Value(identities)) = result.accounts.get_mut(account).map(|account| &mut account.identities) {
        for role in identities.roles.values_mut() {
            let name = role.arn.name().to_owned();
            let of_role = |other: &str| name == other;
            let given = additions.policies.iter().filter(|(name, _)| of_role(name)).map(|(_, policy)| policy);
            // What the template makes itself has these already, if it may be meant.
            let maybe = additions.of_any_role.iter().filter(|_| !name.contains('⟦'));
            for policy in given.chain(maybe) {
                // An inline policy takes the place of one of the same name.
                role.permissions.inline.retain(|known| known.name != policy.name);
                role.permissions.inline.push(policy.clone());
            }
            for (_, policy) in additions.attached.iter().filter(|(name, _)| of_role(name)) {
                if !role.permissions.attached.contains(policy) {
                    role.permissions.attached.push(policy.clone());
                }
            }
        }
    }
}

/// Puts what a template adds to a network that exists there.
pub(crate) fn add_to_network(result: &mut Inventory, additions: &Additions, (account, region): (&AccountId, &str)) {
    if let Some(network) = result.networks.get_mut(&format!("{account}/{region}")) {
        additions.network.add_to(network);
    }
}

fn add_to_functions(result: &mut Inventory, additions: &Additions) {
    for (function, qualifier, policy) in &additions.function_policies {
        let Some(function) = result.functions.get_mut(function) else { continue };
        function.policies.insert(qualifier.clone(), policy.clone());
    }
    for (arn, qualifier, statement) in &additions.statements {
        let Some(function) = result.functions.get_mut(arn) else { continue };
        let policy = function.policies.entry(qualifier.clone()).or_insert(Known::Value(None));
        if additions.function_policies.iter().any(|(other, whole, _)| other == arn && whole == qualifier) {
            let says = "a template writes the whole policy and a single permission, and what is left of them hangs on the order";
            *policy = Known::Unreadable(Gap::new(TEMPLATE, arn.as_str(), says));
        } else if let Known::Value(document) = policy {
            *document = Some(with_statement(document.as_ref(), statement));
        }
    }
}

/// The existing secret that this one of a template is: of the same name, in the same place.
pub(crate) fn named_alike(existing: &Inventory, secret: &Secret) -> Option<Arn> {
    let same = |arn: &Arn| arn.account() == secret.arn.account() && arn.region() == secret.arn.region() && arn.name() == secret.arn.name();
    existing.secrets.keys().find(|arn| same(arn)).cloned()
}

/// A secret that exists and what a template says of it, each with whether it is made there or only named.
fn secret_over((known, known_is_made): (&Secret, bool), (made, is_made): (&Secret, bool)) -> Secret {
    let policies = if secrets::writes_policy(made, is_made) { &made.policies } else { &known.policies }.clone();
    let rotation = if made.rotation.enabled { rotation_over(&known.rotation, &made.rotation) } else { known.rotation.clone() };
    // Of two stacks, the one that makes the secret may come later.
    if is_made && !known_is_made && known.key.gap().is_some_and(is_untold) {
        return Secret { rotation, policies, ..made.clone() };
    }
    let mut secret = Secret { rotation, policies, ..known.clone() };
    if is_made {
        secret.key = made.key.clone();
        secret.kms_key_id.clone_from(&made.kms_key_id);
        secret.tags.extend(made.tags.clone());
        secret.master = made.master.clone().or(secret.master);
    }
    secret
}

/// A schedule that is there already is not changed, so that no rotation begins while the rest is being made.
fn rotation_over(known: &RotationConfiguration, made: &RotationConfiguration) -> RotationConfiguration {
    // Without a function of its own a schedule keeps the one that the secret has
    // (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
    let function = made.function.clone().or_else(|| known.function.clone());
    let same = known.enabled
        && (&known.function, &known.external_role) == (&function, &made.external_role)
        && (known.after_days, &known.schedule, &known.window) == (made.after_days, &made.schedule, &made.window);
    let rotation = if same { known } else { made };
    RotationConfiguration { last_rotated: known.last_rotated, not_given: made.not_given.clone(), function, ..rotation.clone() }
}

fn function_over(known: &Function, made: &Function) -> Function {
    let mut function = made.clone();
    for (qualifier, configuration) in &known.qualified {
        function.qualified.entry(qualifier.clone()).or_insert_with(|| configuration.clone());
    }
    for (qualifier, policy) in &known.policies {
        function.policies.entry(qualifier.clone()).or_insert_with(|| policy.clone());
    }
    for (qualifier, provisioned) in &known.provisioned_concurrency {
        function.provisioned_concurrency.entry(qualifier.clone()).or_insert_with(|| provisioned.clone());
    }
    function
}

/// Grants are nothing that a template writes, and neither is a policy beside the key's own, as Resource Access Manager has one
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>).
fn key_over(known: &Key, made: &Key) -> Key {
    let policies = match (&known.policies, &made.policies) {
        (Known::Value(known), Known::Value(made)) => {
            let others = known.iter().filter(|policy| made.iter().all(|own| own.name != policy.name));
            Known::Value(made.iter().chain(others).cloned().collect())
        }
        (_, made) => made.clone(),
    };
    let metadata = match (&known.metadata, &made.metadata) {
        // A key that is to be deleted, or waits for its material, is not enabled by a template.
        (Known::Value(Some(known)), Known::Value(Some(made))) if !["Enabled", "Disabled"].contains(&known.state.as_str()) => {
            Known::Value(Some(KeyMetadata { state: known.state.clone(), deletion_at: known.deletion_at, ..made.clone() }))
        }
        (_, made) => made.clone(),
    };
    Key { metadata, policies, grants: known.grants.clone(), ..made.clone() }
}

fn network_over(known: Network, made: &Network) -> Network {
    let databases = both(known.databases, &made.databases);
    let mut attached = known.attached_databases;
    attached.extend(made.attached_databases.iter().map(|(secret, database)| (secret.clone(), references::database(database, &databases))));
    let known_tables = network::without_tables_of(known.route_tables, &made.route_tables);
    let known_acls = network::without_acls_of(known.network_acls, &made.network_acls, &made.subnets);
    Network {
        vpcs: both(known.vpcs, &made.vpcs),
        subnets: both(known.subnets, &made.subnets),
        route_tables: both(known_tables, &made.route_tables),
        nat_gateways: both(known.nat_gateways, &made.nat_gateways),
        internet_gateways: both(known.internet_gateways, &made.internet_gateways),
        egress_only_gateways: both(known.egress_only_gateways, &made.egress_only_gateways),
        network_acls: both(known_acls, &made.network_acls),
        security_groups: both(known.security_groups, &made.security_groups),
        endpoints: both(known.endpoints, &made.endpoints),
        databases,
        attached_databases: attached,
        ..known
    }
}

/// Both lists in one; open where either is.
fn both<T: Clone>(known: Known<ById<T>>, made: &Known<ById<T>>) -> Known<ById<T>> {
    match (known, made) {
        (Known::Value(mut known), Known::Value(made)) => {
            known.extend(made.clone());
            Known::Value(known)
        }
        (Known::Unreadable(gap), _) => Known::Unreadable(gap),
        (Known::Value(_), Known::Unreadable(gap)) => Known::Unreadable(gap.clone()),
    }
}

/// Names the VPC of functions whose subnets exist already.
pub(crate) fn place_functions(inventory: &mut Inventory) {
    let subnets: BTreeMap<&String, &String> =
        inventory.networks.values().filter_map(|network| network.subnets.value()).flatten().map(|(id, subnet)| (id, &subnet.vpc)).collect();
    for function in inventory.functions.values_mut() {
        if let Known::Value(Some(configuration)) = &mut function.configuration
            && let Some(vpc) = configuration.vpc.as_mut().filter(|vpc| vpc.vpc_id.is_empty())
            && let Some(found) = vpc.subnet_ids.iter().find_map(|id| subnets.get(id))
        {
            vpc.vpc_id.clone_from(found);
        }
    }
}

/// The functions that a template names and does not make: what a live account is to be asked about too.
pub(crate) fn named_functions(made: &Inventory) -> BTreeSet<Arn> {
    made.functions.keys().filter(|arn| !made.origins.contains_key(*arn) && arn.as_str().is_ascii()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::clean;

    #[test]
    fn a_template_that_only_turns_rotation_on_leaves_all_else_as_it_is() {
        let existing = clean::account().unwrap();
        let arn = Arn::parse(clean::SECRET).unwrap();
        let gap = Gap::new(TEMPLATE, "x", "the template does not make it");
        let mut made = Inventory::empty(existing.as_of);
        let rotation =
            RotationConfiguration { enabled: true, schedule: Some("rate(10 days)".to_owned()), ..existing.secrets[&arn].rotation.clone() };
        let secret = Secret {
            rotation: rotation.clone(),
            key: Known::Unreadable(gap.clone()),
            versions: Known::Unreadable(gap.clone()),
            policies: Known::Unreadable(gap),
            ..existing.secrets[&arn].clone()
        };
        made.secrets.insert(arn.clone(), secret);
        let laid = joined(&existing, &made);
        let expected = Secret { rotation, ..existing.secrets[&arn].clone() };
        assert_eq!(laid.secrets[&arn], expected);
        assert_eq!(Inventory { secrets: existing.secrets.clone(), ..laid }, existing);
    }

    #[test]
    fn a_list_that_the_template_leaves_open_is_open() {
        let open: Known<ById<u8>> = Known::Unreadable(Gap::new(TEMPLATE, "x", "parameter Vpc is not known"));
        let known = Known::Value(ById::from([("a".to_owned(), 1)]));
        assert_eq!(both(known.clone(), &open), open);
        assert_eq!(both(known.clone(), &known), known);
    }
}
