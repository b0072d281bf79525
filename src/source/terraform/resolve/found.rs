//! What a reference leads to, and what is looked for. Everybody who resolves uses these.

use std::collections::BTreeSet;

use crate::policy::Text;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::value::Value;

/// What is looked for: things of a kind, and the attribute that is meant where a whole resource is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want {
    pub(crate) kind: Kind,
    pub(crate) attribute: &'static str,
}

impl Want {
    /// Things of this kind by their ARN.
    pub(crate) const fn arn(kind: Kind) -> Self {
        Self { kind, attribute: "arn" }
    }

    /// Things of this kind by their id.
    pub(crate) const fn id(kind: Kind) -> Self {
        Self { kind, attribute: "id" }
    }

    /// Any text.
    pub(crate) const fn text() -> Self {
        Self::id(Kind::Text)
    }
}

/// Where a value may come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Identities of what is wanted.
    pub(crate) identities: BTreeSet<Text>,
    /// Values that are known, and so not the one that is not.
    pub(crate) constants: BTreeSet<String>,
    /// What the plan tells nothing more of.
    pub(crate) open: BTreeSet<String>,
}

impl Found {
    pub(super) fn identity(text: Text) -> Self {
        Self { identities: BTreeSet::from([text]), ..Self::default() }
    }

    pub(super) fn open(name: impl Into<String>) -> Self {
        Self { open: BTreeSet::from([name.into()]), ..Self::default() }
    }

    /// The one identity that it is.
    pub(super) fn only(&self) -> Option<&Text> {
        let mut identities = self.identities.iter();
        identities.next().filter(|_| identities.next().is_none() && self.open.is_empty())
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.identities.extend(other.identities);
        self.constants.extend(other.constants);
        self.open.extend(other.open);
        self
    }
}

/// What is known is nothing that could be an identity which is not.
pub(super) fn known(value: &Value) -> Found {
    match value {
        Value::Text(text) => Found { constants: BTreeSet::from([text.clone()]), ..Found::default() },
        Value::List(items) => items.iter().fold(Found::default(), |found, item| found.and(known(item))),
        _ => Found::default(),
    }
}

pub(super) fn known_at(value: &Value, path: &[String]) -> Found {
    value.at(path.iter().map(String::as_str)).map(known).unwrap_or_default()
}
