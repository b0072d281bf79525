//! The organization that is collected: fifty accounts in two regions, three of which let nobody in, with five thousand rotations and keys whose policies lock the
//! auditor out.

use std::collections::BTreeSet;

use rotaudit::arn::Arn;
use rotaudit::inventory::network::BlockPublicAccess;
use rotaudit::inventory::{Gap, Inventory, Known, OrganizationMembership, Secret};

use super::generate::{self, Shape};

/// Two functions in each account and region, and their roles twice.
const SHAPE: Shape = Shape { secrets: 7_600, functions: 200, roles: 400, accounts: 50, seed: 11 };

/// So many accounts cannot be read.
pub(super) const REFUSED: usize = 3;

/// Every so manieth key cannot be read.
const LOCKED: usize = 8;

/// The role with which an account is read.
pub(super) fn role(account: &str) -> Arn {
    Arn::parse(&format!("arn:aws:iam::{account}:role/rotaudit")).unwrap()
}

/// What is served, and what of it can be read.
pub(super) struct World {
    pub(super) served: Inventory,
    pub(super) readable: Inventory,
}

impl World {
    pub(super) fn new() -> Self {
        let mut served = generate::inventory(SHAPE).unwrap();
        let refused: BTreeSet<String> = served.accounts.keys().rev().take(REFUSED).map(ToString::to_string).collect();
        for (id, account) in served.accounts.iter_mut().filter(|(id, _)| refused.contains(id.as_str())) {
            let says = format!("AccessDenied: User is not authorized to perform: sts:AssumeRole on {id}");
            let gap = Gap::new("sts:AssumeRole", role(id.as_str()).as_str(), &says);
            account.identities = Known::Unreadable(gap.clone());
            account.regions.values_mut().for_each(|region| *region = Known::Unreadable(gap.clone()));
        }
        for (arn, key) in served.keys.iter_mut().step_by(LOCKED) {
            key.policies = Known::Unreadable(Gap::new("kms:GetKeyPolicy", arn.as_str(), "AccessDeniedException"));
        }
        complete(&mut served);
        let readable = readable(&served, &refused);
        Self { served, readable }
    }

    /// The accounts that let somebody in.
    pub(super) fn open(&self) -> usize {
        self.served.accounts.len() - REFUSED
    }
}

/// One account, in which all can be read.
pub(super) fn one_account() -> Inventory {
    let mut inventory = generate::inventory(Shape { secrets: 700, functions: 20, roles: 40, accounts: 1, seed: 5 }).unwrap();
    complete(&mut inventory);
    inventory
}

/// Makes it what a collection finds: nothing blocks public access, nobody belongs to an organization, and network interfaces are those of endpoints.
fn complete(inventory: &mut Inventory) {
    for network in inventory.networks.values_mut() {
        network.block_public_access = Known::Value(BlockPublicAccess { mode: "off".to_owned(), ..BlockPublicAccess::default() });
        if matches!(&network.endpoints, Known::Value(endpoints) if endpoints.is_empty()) {
            network.interfaces = Known::default();
        }
    }
    for account in inventory.accounts.values_mut().filter(|account| account.identities.gap().is_none()) {
        account.organization = Some(Known::Value(OrganizationMembership::default()));
    }
}

/// Nothing that only a refused account tells.
fn readable(served: &Inventory, refused: &BTreeSet<String>) -> Inventory {
    let mut inventory = served.clone();
    inventory.secrets.retain(|secret, _| !refused.contains(secret.account()));
    inventory.networks.retain(|place, _| !refused.iter().any(|account| place.starts_with(account)));
    let named = |of: fn(&Secret) -> Option<Arn>| -> BTreeSet<Arn> { inventory.secrets.values().filter_map(of).collect() };
    let functions = named(|secret| Some(secret.rotation.function.as_ref()?.split_qualifier().0));
    let keys = named(|secret| secret.key.value()?.clone());
    inventory.functions.retain(|arn, _| functions.contains(arn));
    inventory.keys.retain(|arn, _| keys.contains(arn));
    // Of a place whose functions are in no VPC only its databases are asked for.
    for function in inventory.functions.keys() {
        inventory.networks.entry(format!("{}/{}", function.account(), function.region())).or_default();
    }
    inventory
}
