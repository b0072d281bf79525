//! What an undecided match hangs on: the keys, texts and names that nobody knows. `trace` asks for each element that may match.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::context::Entry;
use super::miss::{Element, Miss};

/// What is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HangsOn {
    /// The value of this condition key.
    Key(Arc<str>),
    /// What this text of the statement will be, by the name of what is missing.
    Text(Arc<str>),
    /// Whether a pattern covers the name that AWS will make up for this.
    Name(Arc<str>),
    /// What the policy says.
    Policy,
    /// The text of the statement's or the request's principal, or the principal element itself.
    Principal,
    /// The text of the statement's or the request's resource, or the resource element itself.
    Resource,
    /// A match that would take too long to work out.
    Action,
    /// Which account owns the resource.
    ResourceAccount,
}

/// What an element whose match nobody knows hangs on.
pub(super) fn hangs_on(miss: &Miss) -> Vec<HangsOn> {
    if !miss.truth.is_unknown() {
        return Vec::new();
    }
    let (Element::Principal { wanted, .. }
    | Element::Action { wanted, .. }
    | Element::Resource { wanted, .. }
    | Element::Condition { wanted, .. }) = &miss.element;
    // What a tag will be is told by its name in whatever writes it; anything else of a request by its key.
    let found = match &miss.element {
        Element::Condition { found: Entry::Single(found), key, .. } if key.contains("Tag/") => found.written(),
        _ => "".into(),
    };
    let unread: Vec<HangsOn> = wanted.iter().map(|text| &**text).chain([&*found]).flat_map(unread).collect();
    if !unread.is_empty() {
        return unread;
    }
    let names = match &miss.element {
        Element::Resource { found, unknown, .. } if unknown.is_empty() => made_up(found),
        Element::Condition { found: Entry::Single(found), unknown, key, .. } if unknown.iter().all(|name| name == key) => {
            made_up(&found.written())
        }
        _ => BTreeSet::new(),
    };
    if !names.is_empty() {
        return names.into_iter().collect();
    }
    match &miss.element {
        Element::Principal { .. } => vec![HangsOn::Principal],
        Element::Action { .. } => vec![HangsOn::Action],
        Element::Resource { unknown, .. } if unknown.is_empty() => vec![HangsOn::Resource],
        Element::Condition { unknown, key, .. } if unknown.is_empty() => vec![HangsOn::Key(Arc::clone(key))],
        Element::Resource { unknown, .. } | Element::Condition { unknown, .. } => unknown.iter().cloned().map(HangsOn::Key).collect(),
    }
}

/// What is missing of a text of which something is not known.
fn unread(text: &str) -> impl Iterator<Item = HangsOn> {
    text.split("⟦?").skip(1).filter_map(|rest| rest.split_once('⟧')).map(|(name, _)| HangsOn::Text(name.into()))
}

/// The names of a text that AWS will make up, and of which nobody knows how long they will be; none where more of the text is not known.
fn made_up(text: &str) -> BTreeSet<HangsOn> {
    if text.contains("⟦?") {
        return BTreeSet::new();
    }
    let names = text.split('⟦').skip(1).filter_map(|rest| rest.split_once('⟧')).map(|(name, _)| name);
    names.filter(|name| !name.contains('#')).map(|name| HangsOn::Name(name.into())).collect()
}

impl fmt::Display for HangsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            // A symbol's id holds no colons, and pseudo parameters do.
            Self::Text(name) => match name.strip_prefix("AWS__") {
                Some(pseudo) => write!(f, "AWS::{pseudo}"),
                None => f.write_str(name),
            },
            Self::Name(of) => write!(f, "the name that {of} will get"),
            Self::Policy => f.write_str("what the policy says"),
            Self::Principal => f.write_str("the principal"),
            Self::Resource => f.write_str("the resource"),
            Self::Action => f.write_str("the action"),
            Self::ResourceAccount => f.write_str("the account that owns the resource"),
        }
    }
}
