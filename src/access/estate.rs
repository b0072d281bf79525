//! The inventory that questions are asked of, with what nearly every question looks up found out once. The whole room asks here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::given::{default_key_policy, managed_key_policy};
use super::identities::OfIdentity;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Inventory, Known};
use crate::policy::{Attached, Context, Text};

/// An inventory and what was found out about it.
#[derive(Debug)]
pub(super) struct Estate<'a> {
    inventory: &'a Inventory,
    /// The accounts in which something lies.
    owners: BTreeSet<&'a str>,
    /// What is asked again and again of the roles of rotations.
    of_roles: HashMap<&'a Arn, OfRole>,
    /// The policies of the AWS managed keys, by account and region, and the default key policies, by partition and account, where there are secrets.
    managed_keys: BTreeMap<(&'a str, &'a str), Attached>,
    default_keys: BTreeMap<(&'a str, &'a str), Attached>,
}

/// What a role has, and what its sessions carry for the function that asked first, each from the first time that somebody asks.
#[derive(Debug, Default)]
struct OfRole {
    policies: OnceLock<Arc<OfIdentity>>,
    sessions: [OnceLock<(Arn, Arc<Context>)>; KINDS],
    /// The ARN of its session.
    session: OnceLock<(Arn, Text)>,
}

/// How many kinds of contexts the sessions of a role have.
pub(super) const KINDS: usize = 4;

impl<'a> Estate<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let arns = inventory.secrets.keys().chain(inventory.functions.keys()).chain(inventory.keys.keys());
        let read = inventory.accounts.keys().map(AccountId::as_str);
        let configurations =
            inventory.functions.values().flat_map(|function| [&function.configuration].into_iter().chain(function.qualified.values()));
        let roles = configurations.filter_map(Known::value).flatten().filter_map(|configuration| configuration.role.as_ref());
        let mut estate = Self {
            inventory,
            owners: arns.map(Arn::account).chain(read).collect(),
            of_roles: roles.map(|role| (role, OfRole::default())).collect(),
            managed_keys: BTreeMap::new(),
            default_keys: BTreeMap::new(),
        };
        for arn in inventory.secrets.keys() {
            let (account, region) = (arn.account(), arn.region());
            estate.managed_keys.entry((account, region)).or_insert_with(|| managed_key_policy(account, region));
            estate.default_keys.entry((arn.partition_name(), account)).or_insert_with(|| default_key_policy(arn));
        }
        estate
    }

    /// The inventory, for as long as it is there.
    pub(super) fn all(&self) -> &'a Inventory {
        self.inventory
    }

    /// Whether nothing in the inventory lies in this account.
    pub(super) fn is_stranger(&self, account: &str) -> bool {
        !self.owners.contains(account)
    }

    /// What the role or user of this ARN has.
    pub(super) fn of_identity(&self, arn: &Arn) -> Arc<OfIdentity> {
        let read = || Arc::new(OfIdentity::read(self.inventory, arn));
        self.of_roles.get(arn).map_or_else(read, |role| Arc::clone(role.policies.get_or_init(read)))
    }

    /// What the sessions of a role carry whatever they ask for, made by `make` unless that of this kind is known for this function.
    pub(super) fn of_session(&self, role: &Arn, function: &Arn, kind: usize, make: impl Fn() -> Context) -> Arc<Context> {
        let make = || Arc::new(make());
        let Some(slot) = self.of_roles.get(role).and_then(|role| role.sessions.get(kind)) else { return make() };
        let (known, context) = slot.get_or_init(|| (function.clone(), make()));
        if known == function { Arc::clone(context) } else { make() }
    }

    /// The ARN of the session of a role in which the function runs, made by `make` unless it is known for this function.
    pub(super) fn session_arn(&self, role: &Arn, function: &Arn, make: impl Fn() -> Text) -> Text {
        let Some(of_role) = self.of_roles.get(role) else { return make() };
        let (known, arn) = of_role.session.get_or_init(|| (function.clone(), make()));
        if known == function { arn.clone() } else { make() }
    }

    /// The policy of `aws/secretsmanager`.
    pub(super) fn managed_key(&self, account: &str, region: &str) -> Attached {
        self.managed_keys.get(&(account, region)).cloned().unwrap_or_else(|| managed_key_policy(account, region))
    }

    /// The policy that a key has if nobody wrote another.
    pub(super) fn default_key(&self, key: &Arn) -> Attached {
        self.default_keys.get(&(key.partition_name(), key.account())).cloned().unwrap_or_else(|| default_key_policy(key))
    }
}

impl Deref for Estate<'_> {
    type Target = Inventory;

    fn deref(&self) -> &Inventory {
        self.inventory
    }
}
