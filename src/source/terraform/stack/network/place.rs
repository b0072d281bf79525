//! The resources of one account in one region, and how those of networks name each other. The readers of network resources go through them.

use std::collections::BTreeSet;

use ipnet::IpNet;

use crate::inventory::{Gap, Known};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::resources::Stack;
use crate::source::terraform::stack::thing::Thing;
use crate::source::terraform::value::Value;

/// One account in one region.
pub(super) struct Place<'s, 'a> {
    pub(super) stack: &'s Stack<'a>,
    pub(super) name: String,
}

impl<'a> Place<'_, 'a> {
    /// The resources of one type that will be there.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> {
        self.stack.of_kind(kind).filter(|it| it.place() == self.name)
    }

    /// What the resources of one type that the plan changes or takes away named by `path`, where they belonged to this `owner`.
    pub(super) fn given_up(&self, kind: &'static str, (owner, id): (&'static str, &str), path: &'static str) -> BTreeSet<String> {
        let own = self.earlier(kind).filter(|it| it.value(owner).and_then(Value::text) == Some(id));
        own.filter_map(|it| it.value(path).and_then(Value::text).map(str::to_owned)).collect()
    }

    /// The resources of one type that the plan changes or takes away, as they were.
    pub(super) fn earlier(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> {
        self.stack.earlier(kind).filter(|it| it.place() == self.name)
    }
}

/// The id of something by an attribute; what is not known is a symbol.
pub(super) fn id_of(it: Thing<'_>, path: &str, kind: Kind) -> String {
    it.naming(path, Want::id(kind)).map(|text| text.written().into_owned()).unwrap_or_default()
}

/// A range of addresses, if it is known.
pub(super) fn range(it: Thing<'_>, path: &str) -> Option<IpNet> {
    it.value(path)?.text()?.parse().ok()
}

/// The thing that another resource belongs to. One that is not known leaves the whole list open.
pub(super) fn owner(it: Thing<'_>, path: &str, kind: Kind) -> Result<String, Gap> {
    match it.naming(path, Want::id(kind)) {
        Some(text) if text.has_unknown() => Err(it.unknown(path)),
        Some(text) => Ok(text.written().into_owned()),
        None => Ok(String::new()),
    }
}

/// A list, unless something is missing.
pub(super) fn known<T>(list: Result<T, Gap>) -> Known<T> {
    match list {
        Ok(list) => Known::Value(list),
        Err(gap) => Known::Unreadable(gap),
    }
}
