//! The master secret of a rotation with alternating users: its function logs in with what that secret holds, and so needs it as much as its own
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets_strategies.html>). Which secret it is stands in the value of the rotated one, and so people tell.
//! Chains hold it, calls and judging ask here.

use super::keys::{KeyInUse, key_of};
use crate::access::Target;
use crate::inventory::{Gap, Inventory, Known, Secret};

/// A master secret, as far as it was read.
#[derive(Debug, Clone)]
pub struct Master<'a> {
    /// How people named it.
    pub named: &'a str,
    /// The secret.
    pub secret: Known<&'a Secret>,
    /// Its key.
    pub key: Known<KeyInUse<'a>>,
}

impl<'a> Master<'a> {
    /// The master secret that people told for this one.
    pub(super) fn of(inventory: &'a Inventory, secret: &'a Secret) -> Option<Self> {
        let named = secret.master.as_deref()?;
        let found = inventory.master_of(secret);
        let secret = found.map_or_else(|| Known::Unreadable(Gap::not_collected("secretsmanager:ListSecrets", named)), Known::Value);
        let key = secret.clone().and_then(|secret| key_of(inventory, secret));
        Some(Self { named, secret, key })
    }

    /// What of it stops every rotation that needs it.
    pub(super) fn faults(&self) -> Vec<String> {
        let Known::Value(secret) = self.secret else { return Vec::new() };
        let deleted = secret.deleted_at.map(|_| "is scheduled for deletion".to_owned());
        let empty = secret.version_with("AWSCURRENT").is_none().then(|| "has no version labelled AWSCURRENT".to_owned());
        let key = match &self.key {
            Known::Value(KeyInUse::Customer(key)) => match &key.metadata {
                Known::Value(None) => Some(format!("is under the key {}, which does not exist", key.arn.name())),
                Known::Value(Some(metadata)) if !metadata.is_usable() => {
                    Some(format!("is under the key {}, whose state is {}", key.arn.name(), metadata.state))
                }
                _ => None,
            },
            _ => None,
        };
        [deleted, empty, key].into_iter().flatten().map(|fault| format!("the master secret {} {fault}", secret.name)).collect()
    }

    /// Its key as a target.
    pub fn key_target(&self) -> Known<Target> {
        self.key.clone().and_then(|key| {
            self.secret.clone().map(|secret| match key {
                KeyInUse::Customer(key) => Target::Key(key.arn.clone()),
                KeyInUse::AwsManaged => Target::ManagedKey { account: secret.arn.account().into(), region: secret.arn.region().into() },
            })
        })
    }

    /// Whether a service such as RDS manages it. Such a secret holds a user and a password and no host, so AWS's templates look at its tags for the database
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html>).
    pub(super) fn is_managed(&self) -> bool {
        self.secret.value().is_some_and(|secret| secret.owning_service.is_some())
    }
}
