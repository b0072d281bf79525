//! Whose an account is: one that this inventory knows, or a stranger's. Strangers are imagined: they belong to no organization of ours.

use super::estate::Estate;
use crate::inventory::{Inventory, Known};
use crate::policy::{Entry, Part, Symbol, Text};

/// The id of the organization of an account: absent without one, unknown where it was not read, and never one of ours for strangers.
pub(super) fn organization(estate: &Estate<'_>, account: &str) -> Entry {
    match estate.accounts.get(account).and_then(|account| account.organization.as_ref()) {
        Some(Known::Value(membership)) => membership.id.as_deref().map_or(Entry::Absent, Entry::single),
        None if estate.is_stranger(account) => another_organization(),
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
