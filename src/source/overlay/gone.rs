//! What an earlier version of a template made and the template does not: an update deletes it, unless it is retained. `kept` asks here.

use std::collections::BTreeSet;

use super::earlier::{Earlier, Fate};
use super::maybe::{maybe, unknown};
use super::untold::TEMPLATE;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Gap, Identities, Inventory, Known, NamedDocument};

/// Takes it away.
pub(super) fn take_away(made: &Inventory, earlier: Earlier<'_>, account: &AccountId, result: &mut Inventory) {
    let before: BTreeSet<&Arn> = earlier.iter().flat_map(|version| version.inventory.origins.keys()).collect();
    for arn in before.into_iter().filter(|arn| !made.origins.contains_key(*arn)) {
        match (Fate::of_thing(earlier, arn), arn.service()) {
            (Fate::Stays, _) => {}
            (fate, "iam") => identity(arn, fate, account, result),
            (Fate::Goes, _) => delete(arn, result),
            (_, _) => leave_open(arn, result),
        }
    }
}

fn delete(arn: &Arn, result: &mut Inventory) {
    let as_of = result.as_of;
    if let Some(secret) = result.secrets.get_mut(arn) {
        secret.deleted_at = Some(as_of);
    }
    if let Some(function) = result.functions.get_mut(arn) {
        function.configuration = Known::Value(None);
        function.qualified.values_mut().for_each(|configuration| *configuration = Known::Value(None));
        function.policies.values_mut().for_each(|policy| *policy = Known::Value(None));
        function.urls = Known::Value(Vec::new());
    }
    // A key is not deleted at once, and does not serve from then on (https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html).
    if let Some(Known::Value(Some(metadata))) = result.keys.get_mut(arn).map(|key| &mut key.metadata) {
        "PendingDeletion".clone_into(&mut metadata.state);
    }
}

/// Of something of which nobody knows whether it is deleted nothing is known.
fn leave_open(arn: &Arn, result: &mut Inventory) {
    let gap =
        Gap::new(TEMPLATE, arn.as_str(), "the earlier version of the template makes it in some cases, and then the update deletes it");
    if let Some(function) = result.functions.get_mut(arn) {
        function.configuration = Known::Unreadable(gap.clone());
    }
    if let Some(key) = result.keys.get_mut(arn) {
        key.metadata = Known::Unreadable(gap);
    }
}

fn identity(arn: &Arn, fate: Fate, account: &AccountId, result: &mut Inventory) {
    let Some(Known::Value(identities)) = result.accounts.get_mut(account).map(|account| &mut account.identities) else { return };
    if arn.resource().starts_with("policy/") {
        return managed_policy(arn, identities);
    }
    if fate == Fate::Goes {
        identities.roles.remove(arn);
        identities.users.remove(arn);
        identities.groups.retain(|_, group| group.arn != *arn);
    } else if let Some(role) = identities.roles.get_mut(arn) {
        let why = format!("whether role {} is deleted, which the earlier version of the template makes in some cases", arn.name());
        role.permissions.inline.push(NamedDocument::new("if it is deleted", unknown(&why, false)));
    }
}

/// A managed policy that is deleted is not attached any more to what the template attached it to. Whether CloudFormation takes it from others too, or fails to delete it, is not
/// documented, so for those its document is open.
fn managed_policy(arn: &Arn, identities: &mut Identities) {
    if let Some(document) = identities.policies.get_mut(arn) {
        let why = format!("policy {} is attached now, and the template does not write it any more", arn.name());
        *document = maybe(document, &why, false);
    }
}
