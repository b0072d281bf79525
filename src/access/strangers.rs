//! Whose an account is: one that this inventory knows, or a stranger's. Strangers are imagined: they belong to no organization of ours.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::arn::Arn;
use crate::inventory::{Inventory, Known};
use crate::policy::{Entry, Part, Symbol, Text};

/// Whether nothing in the inventory lies in this account.
pub(super) fn is_stranger(inventory: &Inventory, account: &str) -> bool {
    !(inventory.accounts.contains_key(account)
        || holds(&inventory.secrets, account)
        || holds(&inventory.functions, account)
        || holds(&inventory.keys, account))
}

/// Whether something in this account is among `things`. An ARN begins with partition, service and region, so there is one place to look for each of these.
fn holds<T>(things: &BTreeMap<Arn, T>, account: &str) -> bool {
    let mut next = things.keys().next();
    while let Some(arn) = next {
        let before = arn.as_str().splitn(5, ':').take(4).map(|part| part.len() + 1).sum::<usize>().min(arn.as_str().len());
        let beginning = &arn.as_str()[..before];
        let first_from = |text: &str| things.range::<str, _>((Bound::Included(text), Bound::Unbounded)).next().map(|(arn, _)| arn);
        let there = format!("{beginning}{account}:");
        if first_from(&there).is_some_and(|arn| arn.as_str().starts_with(&there)) {
            return true;
        }
        // The semicolon comes after the colon, so this is past everything of the region.
        next = first_from(&format!("{};", beginning.trim_end_matches(':')));
    }
    false
}

/// The id of the organization of an account: absent without one, unknown where it was not read, and never one of ours for strangers.
pub(super) fn organization(inventory: &Inventory, account: &str) -> Entry {
    match inventory.accounts.get(account).and_then(|account| account.organization.as_ref()) {
        Some(Known::Value(membership)) => membership.id.as_deref().map_or(Entry::Absent, Entry::single),
        None if is_stranger(inventory, account) => another_organization(),
        Some(Known::Unreadable(_)) | None => Entry::Unknown,
    }
}

/// No organization, or one that nobody has heard of.
pub(super) fn another_organization() -> Entry {
    Entry::OneOf(vec![Entry::Absent, Entry::Single(made_up("o-", "another-organization"))])
}

/// The path within an organization, as `aws:PrincipalOrgPaths` has it: `o-…/r-…/ou-…/`. Only its beginning is known where nobody read where the account stands.
pub(super) fn paths(organization: &Entry, path: Option<&str>) -> Entry {
    match organization {
        Entry::Single(id) => {
            let rest = || [Part::Literal("/r-".into()), Part::Symbol(Symbol::unknown("organization-path")), Part::Literal("/".into())];
            let path = path.map_or_else(|| Text::from_parts(id.parts().into_iter().chain(rest())), Text::literal);
            Entry::Multi(vec![path])
        }
        Entry::OneOf(entries) => Entry::OneOf(entries.iter().map(|entry| paths(entry, path)).collect()),
        other => other.clone(),
    }
}

/// Where an account stands in its organization, where that was read.
pub(super) fn path<'a>(inventory: &'a Inventory, account: &str) -> Option<&'a str> {
    inventory.accounts.get(account)?.organization.as_ref()?.value()?.path.as_deref()
}

/// `prefix` and a name that nobody else has.
pub(super) fn made_up(prefix: &str, id: &str) -> Text {
    Text::from_parts([Part::Literal(prefix.into()), Part::Symbol(Symbol::fresh(id))])
}

/// `prefix` and whatever its owner likes.
pub(super) fn chosen(prefix: &str, id: &str) -> Text {
    Text::from_parts([Part::Literal(prefix.into()), Part::Symbol(Symbol::unknown(id))])
}
