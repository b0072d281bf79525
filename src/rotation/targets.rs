//! What secrets open: what people told, or the database that names a secret, that it names, or that a stack attached it to. The chain asks here for each secret, so the databases
//! of an inventory are sorted once.

use std::collections::BTreeMap;

use crate::arn::Arn;
use crate::inventory::network::{Database, DeclaredTarget};
use crate::inventory::{Inventory, Known, Secret};
use crate::network::{Place, Target};

/// The tags by which RDS says for which database it made a secret
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html>), in lower case.
const DATABASE_TAGS: [&str; 2] = ["aws:rds:primarydbinstancearn", "aws:rds:primarydbclusterarn"];

/// The databases of an inventory, by what leads to them.
pub(super) struct Targets<'a> {
    inventory: &'a Inventory,
    /// In the order of the networks, and there by ARN.
    databases: Vec<(&'a str, &'a Database)>,
    /// The first of each ARN, as its place among them.
    by_arn: BTreeMap<&'a str, usize>,
    /// The first that names each secret as its master secret.
    by_master_secret: BTreeMap<&'a str, usize>,
    /// What stacks say of each secret.
    attached: BTreeMap<&'a str, Vec<&'a Known<Option<String>>>>,
}

impl<'a> Targets<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let mut targets = Self {
            inventory,
            databases: Vec::new(),
            by_arn: BTreeMap::new(),
            by_master_secret: BTreeMap::new(),
            attached: BTreeMap::new(),
        };
        for network in inventory.networks.values() {
            for (arn, database) in network.databases.value().into_iter().flatten() {
                let place = targets.databases.len();
                targets.by_arn.entry(arn).or_insert(place);
                if let Some(secret) = &database.master_secret {
                    targets.by_master_secret.entry(secret).or_insert(place);
                }
                targets.databases.push((arn, database));
            }
            for (secret, attached) in &network.attached_databases {
                targets.attached.entry(secret).or_default().push(attached);
            }
        }
        targets
    }

    /// What this secret opens; `None` where nobody told.
    pub(super) fn of(&self, secret: &Secret) -> Known<Option<Target>> {
        match &secret.target {
            Some(declared) => Known::Value(Some(told(declared, secret))),
            None => self.database(secret),
        }
    }

    fn database(&self, secret: &Secret) -> Known<Option<Target>> {
        let mut named: Vec<&str> = named_by_tags(secret).collect();
        for attached in self.attached.get(secret.arn.as_str()).into_iter().flatten() {
            match attached {
                Known::Value(arn) => named.extend(arn.as_deref()),
                Known::Unreadable(gap) => return Known::Unreadable(gap.clone()),
            }
        }
        let places = named.iter().filter_map(|arn| self.by_arn.get(arn)).chain(self.by_master_secret.get(secret.arn.as_str()));
        if let Some((arn, database)) = places.min().and_then(|place| self.databases.get(*place)) {
            return Known::Value(Some(Target::of(arn, database)));
        }
        let place = |arn: &&str| Arn::parse(arn).ok().map(|arn| format!("{}/{}", arn.account(), arn.region()));
        let unread = |place: String| self.inventory.networks.get(&place)?.databases.gap();
        let unread = named.iter().filter_map(place).find_map(unread);
        unread.map_or(Known::Value(None), |gap| Known::Unreadable(gap.clone()))
    }
}

/// The databases that RDS's tags name.
fn named_by_tags(secret: &Secret) -> impl Iterator<Item = &str> {
    let is_named = |key: &str| DATABASE_TAGS.contains(&key.to_ascii_lowercase().as_str());
    secret.tags.iter().filter(move |(key, _)| is_named(key)).map(|(_, arn)| arn.as_str())
}

/// Whether RDS's tags, or people, say which database the secret opens.
pub(super) fn opens_a_database(secret: &Secret) -> bool {
    secret.target.is_some() || named_by_tags(secret).next().is_some()
}

fn told(declared: &DeclaredTarget, secret: &Secret) -> Target {
    let place = match &declared.vpc {
        Some(vpc) => Place::InVpc {
            vpc: vpc.clone(),
            subnets: declared.subnets.clone(),
            security_groups: declared.security_groups.clone(),
            public: false,
        },
        None => Place::Addresses(declared.addresses.clone()),
    };
    let name = declared.host.clone().unwrap_or_else(|| format!("the target of {}", secret.name));
    Target { name, host: declared.host.clone(), port: declared.port, place }
}
