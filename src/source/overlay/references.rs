//! What a template names in a way that only the account resolves. `overlay` asks here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::arn::Arn;
use crate::inventory::network::{ById, Database};
use crate::inventory::{Gap, Inventory, Known, Secret};

use super::untold::is_untold;

/// What is known of the aliases of keys that exist.
pub(crate) struct Aliases<'i> {
    existing: &'i Inventory,
    /// The keys behind aliases by which secrets name their keys, by the alias' ARN.
    of_secrets: BTreeMap<Arn, &'i Arn>,
}

impl<'i> Aliases<'i> {
    pub(crate) fn of(existing: &'i Inventory) -> Self {
        let named = existing.secrets.values().filter_map(|secret| Some((alias_of(secret)?, secret.key.value()?.as_ref()?)));
        // An alias without a key stands for itself.
        Self { existing, of_secrets: named.filter(|(alias, key)| alias != *key).collect() }
    }

    /// The secret with the key that its alias stands for.
    pub(crate) fn resolved<'s>(&self, secret: &'s Secret) -> Cow<'s, Secret> {
        let (Some(alias), true) = (alias_of(secret), secret.key.gap().is_some()) else { return Cow::Borrowed(secret) };
        let asked = || self.existing.aliases.get(&alias).cloned();
        let untold = || Known::Unreadable(Gap::not_collected("kms:DescribeKey", alias.as_str()));
        let key = self.of_secrets.get(&alias).map(|key| Known::Value((*key).clone())).or_else(asked).unwrap_or_else(untold);
        Cow::Owned(Secret { key: key.map(Some), ..secret.clone() })
    }
}

/// The database that a secret is attached to, which the template names by its identifier and does not make
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secrettargetattachment.html>).
pub(super) fn database(attached: &Known<Option<String>>, databases: &Known<ById<Database>>) -> Known<Option<String>> {
    let named = attached.gap().filter(|gap| is_untold(gap)).map(|gap| &*gap.resource);
    let mut alike = databases.value().into_iter().flatten().map(|(arn, _)| arn).filter(|arn| arn.rsplit(':').next() == named);
    match (alike.next(), alike.next()) {
        (Some(arn), None) => Known::Value(Some(arn.clone())),
        _ => attached.clone(),
    }
}

/// The ARN of the alias by which a secret names its key, if it does. A bare one is of the secret's account and region
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>).
pub(super) fn alias_of(secret: &Secret) -> Option<Arn> {
    let (arn, named) = (&secret.arn, secret.kms_key_id.as_deref()?);
    match named.strip_prefix("alias/") {
        Some(_) => Arn::parse(&format!("arn:{}:kms:{}:{}:{named}", arn.partition_name(), arn.region(), arn.account())).ok(),
        None => Arn::parse(named).ok().filter(|named| named.resource().starts_with("alias/")),
    }
}
