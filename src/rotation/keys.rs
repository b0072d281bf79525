//! The key that a secret is encrypted under. The chain has one for the rotated secret, and one for its master secret.

use crate::inventory::{Inventory, Key, Known, Secret};

/// The key that a secret is encrypted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyInUse<'a> {
    /// `aws/secretsmanager`, or another key that AWS manages.
    AwsManaged,
    /// A customer managed key.
    Customer(&'a Key),
}

/// The key of this secret, as far as it was read.
pub(super) fn key_of<'a>(inventory: &'a Inventory, secret: &'a Secret) -> Known<KeyInUse<'a>> {
    match &secret.key {
        Known::Unreadable(gap) => Known::Unreadable(gap.clone()),
        Known::Value(None) => Known::Value(KeyInUse::AwsManaged),
        Known::Value(Some(arn)) => inventory.key(arn).map(|key| match key.metadata.value() {
            Some(Some(metadata)) if metadata.aws_managed => KeyInUse::AwsManaged,
            _ => KeyInUse::Customer(key),
        }),
    }
}
