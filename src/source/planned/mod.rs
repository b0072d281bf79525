//! Lays a plan over what exists. A plan tells what it makes as it is before and after: what is the same on both sides is left as it was found, what it takes away is taken
//! away, and what it changes is as the plan says, with what others have added. `terraform` makes both sides, `cli` calls this for `--over`.

mod facts;
mod holders;
mod network;
mod resources;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use facts::{DEFAULT_ENDPOINT_POLICY, NetworkFact, NetworkList};
pub(crate) use holders::{Holder, IdentityFact};
pub(crate) use resources::{Named, ResourceFact};

pub(crate) use self::statements::statements;
use self::statements::without;
use super::overlay::{self, Additions, Aliases, HolderKind};
use crate::arn::{AccountId, Arn};
use crate::inventory::{Function, Identities, Inventory, Key, Known, Permissions, RotationConfiguration, Secret, VpcAttachment};

/// What a plan says of one time.
#[derive(Debug)]
pub(crate) struct Side {
    /// With what the plan only names.
    pub(crate) inventory: Inventory,
    /// What it makes.
    pub(crate) made: BTreeSet<Arn>,
    /// What of it is made anew where it was there before.
    pub(crate) replaced: BTreeSet<Arn>,
    /// What it adds to functions and roles that it does not make.
    pub(crate) additions: Additions,
    /// What it says of networks with resources of their own, by the networks' place.
    pub(crate) networks: BTreeMap<String, Vec<NetworkFact>>,
    /// The same of roles, users and groups, with their account.
    pub(crate) identities: Vec<(String, IdentityFact)>,
    /// The same of secrets, keys and functions.
    pub(crate) resources: Vec<ResourceFact>,
}

/// A plan as a change.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) before: Side,
    pub(crate) after: Side,
}

impl Change {
    /// The functions that the plan names and does not make.
    pub(crate) fn named_functions(&self) -> Vec<Arn> {
        let named = self.after.inventory.functions.keys().filter(|arn| !self.after.made.contains(*arn) && arn.as_str().is_ascii());
        let facts = self.after.resources.iter().filter_map(|fact| match fact {
            ResourceFact::Alias { function, .. } | ResourceFact::Url { function: Named::One(function), .. } => Some(function),
            _ => None,
        });
        named
            .chain(self.after.additions.statements.iter().map(|(function, ..)| function))
            .chain(facts)
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// What the functions that the plan makes will be attached to, by place.
    pub(crate) fn attachments(&self) -> BTreeMap<String, VpcAttachment> {
        overlay::attachments(self.after.inventory.functions.values().filter(|function| self.after.made.contains(&function.arn)))
    }

    /// The keys, or aliases of keys, that the plan names and does not make.
    pub(crate) fn named_keys(&self) -> Vec<Arn> {
        let of_facts = self.after.resources.iter().filter_map(|fact| match fact {
            ResourceFact::KeyPolicy { key: Named::One(key), .. } | ResourceFact::KeyGrant { key: Named::One(key), .. } => Some(key.clone()),
            _ => None,
        });
        let of_facts = of_facts.filter(|key| !self.after.made.contains(key) && key.as_str().is_ascii());
        overlay::named_keys(&self.after.inventory).into_iter().chain(of_facts).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What will be there.
    pub(crate) fn over(&self, existing: &Inventory) -> Inventory {
        let mut result = existing.clone();
        result.partial = existing.partial.clone().or_else(|| self.after.inventory.partial.clone());
        let gone = |arn: &Arn| self.is_gone(arn);
        result.secrets.retain(|arn, _| !gone(arn));
        result.functions.retain(|arn, _| !gone(arn));
        result.keys.retain(|arn, _| !gone(arn));
        take_away(&mut result, &self.before.additions, &self.before.inventory.accounts.keys().collect());
        self.secrets(&mut result, &Aliases::of(existing));
        self.functions(&mut result);
        self.keys(&mut result);
        self.facts(&mut result);
        self.identities(&mut result);
        self.networks(&mut result);
        for account in self.after.inventory.accounts.keys() {
            overlay::add(&mut result, &self.after.additions, account);
        }
        result.origins.extend(self.after.inventory.origins.clone());
        result.planned_roles.extend(self.after.inventory.planned_roles.clone());
        result.assumptions.extend(self.after.inventory.assumptions.clone());
        overlay::place_functions(&mut result);
        network::adopted(result, &self.after.networks)
    }

    /// Whether what is there by this ARN is taken away, be it to be made anew.
    fn is_gone(&self, arn: &Arn) -> bool {
        self.before.made.contains(arn) && (!self.after.made.contains(arn) || self.after.replaced.contains(arn))
    }

    /// What is said of things that are there, by resources of their own.
    fn facts(&self, result: &mut Inventory) {
        let (before, after) = (&self.before.identities, &self.after.identities);
        for ((account, fact), taken) in changed(before, after) {
            let account = AccountId::parse(account).ok().and_then(|id| result.accounts.get_mut(&id));
            match account.map(|account| &mut account.identities) {
                Some(Known::Value(identities)) if taken => fact.take_back(identities),
                Some(Known::Value(identities)) => fact.put_into(identities),
                _ => {}
            }
        }
        for (fact, taken) in changed(&self.before.resources, &self.after.resources) {
            if taken { fact.take_back(result) } else { fact.put_into(result) }
        }
    }

    fn secrets(&self, result: &mut Inventory, aliases: &Aliases<'_>) {
        // Rotation is a resource of its own: where the plan takes it away, the secret stays.
        for (arn, before) in &self.before.inventory.secrets {
            let still = self.after.inventory.secrets.get(arn).is_some_and(|after| after.rotation.enabled);
            if before.rotation.enabled
                && !still
                && let Some(secret) = result.secrets.get_mut(arn)
            {
                secret.rotation = RotationConfiguration::default();
            }
            // So is the policy.
            let place = overlay::named_alike(result, before).unwrap_or_else(|| arn.clone());
            if says_policies(before)
                && !self.after.inventory.secrets.get(arn).is_some_and(says_policies)
                && let Some(Known::Value(policies)) = result.secrets.get_mut(&place).map(|secret| &mut secret.policies)
            {
                policies.retain(|policy| policy.name != "default");
            }
        }
        for (arn, after) in &self.after.inventory.secrets {
            let before = self.before.inventory.secrets.get(arn);
            let made = self.after.made.contains(arn);
            let place = if made { arn.clone() } else { overlay::named_alike(result, after).unwrap_or_else(|| arn.clone()) };
            match result.secrets.get_mut(&place) {
                None => {
                    result.secrets.insert(place, aliases.resolved(after).into_owned());
                }
                Some(_) if before == Some(after) => {}
                Some(known) => secret_over(known, before, &aliases.resolved(after), made),
            }
        }
    }

    fn functions(&self, result: &mut Inventory) {
        for (arn, after) in &self.after.inventory.functions {
            let before = self.before.inventory.functions.get(arn);
            match result.functions.get_mut(arn) {
                None => {
                    result.functions.insert(arn.clone(), after.clone());
                }
                Some(known) if self.after.made.contains(arn) && before != Some(after) => *known = function_over(known, before, after),
                Some(_) => {}
            }
        }
    }

    fn keys(&self, result: &mut Inventory) {
        for (arn, after) in &self.after.inventory.keys {
            let before = self.before.inventory.keys.get(arn);
            match result.keys.get_mut(arn) {
                Some(_) if before == Some(after) => {}
                Some(known) => *known = key_over(known, before, after),
                None => {
                    result.keys.insert(arn.clone(), after.clone());
                }
            }
        }
    }

    fn identities(&self, result: &mut Inventory) {
        let empty = Identities::default();
        let roles = result.functions.values().filter_map(|function| function.configuration.value()?.as_ref()?.role.clone());
        let roles: BTreeSet<Arn> = roles.collect();
        for (id, account) in &self.after.inventory.accounts {
            let Some(known) = result.accounts.get_mut(id) else {
                result.accounts.insert(id.clone(), account.clone());
                continue;
            };
            let before = self.before.inventory.accounts.get(id).and_then(|account| account.identities.value()).unwrap_or(&empty);
            let (Known::Value(known), Known::Value(after)) = (&mut known.identities, &account.identities) else { continue };
            let made = |arn: &Arn| self.after.made.contains(arn);
            let gone = |arn: &Arn| self.is_gone(arn);
            known.roles.retain(|arn, _| !gone(arn));
            known.users.retain(|arn, _| !gone(arn));
            known.policies.retain(|arn, _| !gone(arn));
            known.groups.retain(|name, _| !before.groups.contains_key(name) || after.groups.contains_key(name));
            // Of roles that the plan only names it knows nothing: they are as they are there, or they are not there.
            for (arn, role) in after.roles.iter().filter(|(arn, _)| made(arn)) {
                let was = before.roles.get(arn);
                // The role of an application that stays as it is is there by a name that the plan does not know.
                if was == Some(role) && arn.as_str().contains('⟦') && !roles.contains(arn) {
                    continue;
                }
                let mut role = role.clone();
                if let Some(there) = known.roles.get(arn) {
                    if was == Some(&role) {
                        continue;
                    }
                    permissions_over(&there.permissions, was.map(|was| &was.permissions), &mut role.permissions);
                    role.id.clone_from(&there.id);
                }
                known.roles.insert(arn.clone(), role);
            }
            for (arn, user) in after.users.iter().filter(|(arn, _)| made(arn)) {
                let was = before.users.get(arn);
                let mut user = user.clone();
                if let Some(there) = known.users.get(arn) {
                    if was == Some(&user) {
                        continue;
                    }
                    permissions_over(&there.permissions, was.map(|was| &was.permissions), &mut user.permissions);
                }
                known.users.insert(arn.clone(), user);
            }
            for (name, group) in &after.groups {
                let same = before.groups.get(name) == Some(group) && known.groups.contains_key(name);
                if !same {
                    known.groups.insert(name.clone(), group.clone());
                }
            }
            for (arn, document) in &after.policies {
                // What was read of a managed policy of AWS is newer than what is known of it here.
                if made(arn) || !known.policies.contains_key(arn) {
                    known.policies.insert(arn.clone(), document.clone());
                }
            }
        }
    }

    fn networks(&self, result: &mut Inventory) {
        let places = [&self.before, &self.after].into_iter().flat_map(|side| side.inventory.networks.keys().chain(side.networks.keys()));
        let places: BTreeSet<&String> = places.collect();
        for place in places {
            // What is in a place on one side alone is made there, or taken away.
            let [before, after] = [&self.before, &self.after].map(|side| network::Said {
                network: side.inventory.networks.get(place).cloned().unwrap_or_else(network::nothing),
                facts: side.networks.get(place).map_or(&[], Vec::as_slice),
            });
            match result.networks.get_mut(place) {
                Some(known) => network::over(known, &before, &after),
                None if self.after.inventory.networks.contains_key(place) => {
                    result.networks.insert(place.clone(), after.network);
                }
                None => {}
            }
        }
    }
}

/// What is on one side alone, and whether that is the side before.
fn changed<'f, T: PartialEq>(before: &'f [T], after: &'f [T]) -> impl Iterator<Item = (&'f T, bool)> {
    let taken = before.iter().filter(|fact| !after.contains(fact)).map(|fact| (fact, true));
    taken.chain(after.iter().filter(|fact| !before.contains(fact)).map(|fact| (fact, false)))
}

/// Takes away what was added before.
fn take_away(result: &mut Inventory, before: &Additions, accounts: &BTreeSet<&AccountId>) {
    for (function, qualifier, statement) in &before.statements {
        let policy = result.functions.get_mut(function).and_then(|function| function.policies.get_mut(qualifier));
        if let Some(Known::Value(Some(document))) = policy {
            *document = without(document, std::slice::from_ref(statement));
        }
    }
    let own = result.accounts.iter_mut().filter(|(id, _)| accounts.contains(id));
    let identities = own.filter_map(|(_, account)| match &mut account.identities {
        Known::Value(identities) => Some(identities),
        Known::Unreadable(_) => None,
    });
    for role in identities.flat_map(|identities| identities.roles.values_mut()) {
        if let Some(gifts) = before.given.of(HolderKind::Role, role.arn.name()) {
            role.permissions.inline.retain(|policy| gifts.inline.iter().all(|given| given.name != policy.name));
            role.permissions.attached.retain(|policy| !gifts.attached.contains(policy));
        }
    }
}

/// Whether a plan says which policies a secret has, or that it has some. Of a secret that it only names it knows nothing, and says the same of all that is in it.
fn says_policies(secret: &Secret) -> bool {
    match &secret.policies {
        Known::Value(policies) => !policies.is_empty(),
        Known::Unreadable(gap) => secret.key.gap() != Some(gap),
    }
}

fn secret_over(known: &mut Secret, before: Option<&Secret>, after: &Secret, made: bool) {
    if after.rotation.enabled && before.map(|before| &before.rotation) != Some(&after.rotation) {
        let last_rotated = known.rotation.last_rotated;
        known.rotation = RotationConfiguration { last_rotated, ..after.rotation.clone() };
    }
    // Without a policy in the plan, that which exists stays, unless the plan takes it away.
    if says_policies(after) {
        known.policies = after.policies.clone();
    }
    if known.version_with("AWSCURRENT").is_none() && after.version_with("AWSCURRENT").is_some_and(|id| !id.starts_with("⟦?")) {
        known.stages.clone_from(&after.stages);
        known.versions.clone_from(&after.versions);
    }
    if made {
        known.key = after.key.clone();
        known.kms_key_id.clone_from(&after.kms_key_id);
        known.tags.clone_from(&after.tags);
    }
}

fn function_over(known: &Function, before: Option<&Function>, after: &Function) -> Function {
    let mut function = after.clone();
    for (qualifier, configuration) in &known.qualified {
        function.qualified.entry(qualifier.clone()).or_insert_with(|| configuration.clone());
    }
    for (qualifier, provisioned) in &known.provisioned_concurrency {
        function.provisioned_concurrency.entry(qualifier.clone()).or_insert_with(|| provisioned.clone());
    }
    for (qualifier, there) in &known.policies {
        let of = |function: Option<&Function>| {
            let document = function.and_then(|function| function.policies.get(qualifier)).and_then(Known::value).and_then(Option::as_ref);
            document.map(statements).unwrap_or_default()
        };
        let policy = function.policies.entry(qualifier.clone()).or_insert(Known::Value(None));
        match (there, policy) {
            (Known::Value(Some(there)), Known::Value(own)) => {
                let planned = [of(before), of(Some(after))].concat();
                let kept = without(there, &planned);
                *own = Some(of(Some(after)).iter().fold(kept, |kept, statement| overlay::with_statement(Some(&kept), statement)));
            }
            (Known::Unreadable(gap), policy) => *policy = Known::Unreadable(gap.clone()),
            _ => {}
        }
    }
    function
}

fn key_over(known: &Key, before: Option<&Key>, after: &Key) -> Key {
    let ids = |key: Option<&Key>| -> BTreeSet<String> {
        key.and_then(|key| key.grants.value()).into_iter().flatten().map(|grant| grant.id.clone()).collect()
    };
    let taken = ids(before);
    let grants = match (&known.grants, &after.grants) {
        (Known::Value(there), Known::Value(own)) => {
            Known::Value(there.iter().filter(|grant| !taken.contains(&grant.id)).chain(own).cloned().collect())
        }
        (Known::Unreadable(gap), _) | (_, Known::Unreadable(gap)) => Known::Unreadable(gap.clone()),
    };
    Key { grants, ..after.clone() }
}

/// Adds what others gave.
fn permissions_over(there: &Permissions, before: Option<&Permissions>, after: &mut Permissions) {
    let inline = there.inline.iter().filter(|policy| {
        let is_it = |permissions: &Permissions| permissions.inline.iter().any(|other| other.name == policy.name);
        !before.is_some_and(is_it) && !is_it(after)
    });
    let inline: Vec<_> = inline.cloned().collect();
    let was = |arn: &&Arn| before.is_some_and(|before| before.attached.contains(arn));
    let attached: Vec<Arn> = there.attached.iter().filter(|arn| !was(arn)).cloned().collect();
    after.inline.extend(inline);
    after.attached.extend(attached);
    after.attached.sort();
    after.attached.dedup();
}
