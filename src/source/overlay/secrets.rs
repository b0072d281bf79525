//! What exists of secrets and the template does not write: their policies, rotations and tags. `kept` asks here.

use super::additions::Additions;
use super::earlier::{Earlier, Fate};
use super::maybe::maybe;
use super::tags;
use crate::arn::Arn;
use crate::inventory::{Inventory, Known, NamedDocument, Secret};

/// The policy of a secret that people write; the others are Secrets Manager's own.
const WRITTEN: &str = "default";

/// Puts what may stay or surely does beside what the template makes, and takes away what the earlier version had written.
pub(super) fn keep(existing: &Inventory, made: &Inventory, earlier: Earlier<'_>, result: &mut Inventory) {
    for (arn, there) in &existing.secrets {
        let Some(secret) = result.secrets.get_mut(arn) else { continue };
        let own = made.secrets.get(arn);
        let makes = made.origins.contains_key(arn);
        if !own.is_some_and(|own| writes_policy(own, makes)) && (makes || !earlier.is_empty()) {
            policy(arn, earlier, secret);
        }
        if there.rotation.enabled && !own.is_some_and(|own| own.rotation.enabled) {
            rotation(arn, earlier, secret);
        }
        if makes && let Some(own) = own {
            secret.tags.clone_from(&own.tags);
            tags::keep(&there.tags, &mut secret.tags, earlier, &format!("secret {}", there.name), |inventory| {
                inventory.origins.get(arn)?;
                inventory.secrets.get(arn).map(|secret| &secret.tags)
            });
        }
    }
}

/// Whether a template writes the policy of a secret, which it may make itself. Of one that it only names, nothing else is told than of its key, unless it does.
pub(super) fn writes_policy(secret: &Secret, makes: bool) -> bool {
    match &secret.policies {
        Known::Value(policies) => !policies.is_empty(),
        Known::Unreadable(gap) => makes || secret.key.gap() != Some(gap),
    }
}

/// A policy that the template does not write (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-resourcepolicy.html>).
fn policy(arn: &Arn, earlier: Earlier<'_>, secret: &mut Secret) {
    let wrote = |inventory: &Inventory, _: &Additions| {
        Some(inventory.secrets.get(arn).is_some_and(|secret| writes_policy(secret, inventory.origins.contains_key(arn))))
    };
    let fate = Fate::of(earlier, wrote);
    let why = format!("policy {WRITTEN} is on secret {} now, and the template does not write it", secret.name);
    let Known::Value(policies) = &mut secret.policies else { return };
    match fate {
        Fate::Stays => {}
        Fate::Goes => policies.retain(|policy| policy.name != WRITTEN),
        Fate::Open => {
            for policy in policies.iter_mut().filter(|policy| policy.name == WRITTEN) {
                *policy = NamedDocument::new(WRITTEN, maybe(&policy.document, &why, true));
            }
        }
    }
}

/// A rotation that the template does not set up. Without its schedule a secret is not rotated any more, and keeps the function that it has
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html>).
fn rotation(arn: &Arn, earlier: Earlier<'_>, secret: &mut Secret) {
    let wrote = |inventory: &Inventory, _: &Additions| Some(inventory.secrets.get(arn).is_some_and(|secret| secret.rotation.enabled));
    if Fate::of(earlier, wrote) == Fate::Goes {
        secret.rotation.enabled = false;
        secret.rotation.next_rotation = None;
    }
}
