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

    /// The resources of one type that the plan changes or takes away, as they were, where they belonged to this owner.
    pub(super) fn given_up(&self, kind: &'static str, (owner, id): (&'static str, &str)) -> Vec<Thing<'a>> {
        let all = self.stack.given_up(kind, owner, id);
        all.into_iter().filter(|it| it.place() == self.name).collect()
    }

    /// Those items of a list of an owner, of this id, that such resources gave to it and that go with these. One that nobody writes in the list goes with what gave it. Of those that
    /// are written, the provider gives to the owner what the state does not tell; the others go all the same, because what is taken away goes before the owner is changed.
    pub(super) fn gone(
        &self,
        it: Thing<'_>,
        list: &str,
        id: &str,
        (kind, owner, path): (&'static str, &'static str, &str),
    ) -> BTreeSet<String> {
        let named = |it: Thing<'_>| it.value(path).and_then(Value::text).map(str::to_owned);
        let mut gone: BTreeSet<String> = self.given_up(kind, (owner, id)).into_iter().filter_map(named).collect();
        if !gone.is_empty() && it.is_written(list) {
            let was: BTreeSet<&str> = it.was(list).map(Value::items).unwrap_or_default().iter().filter_map(Value::text).collect();
            gone.retain(|one| was.contains(one.as_str()));
        }
        gone
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

/// That a part will be there. Where the plan takes the same away by another address, the whole list is open.
pub(super) fn stays(it: Thing<'_>) -> Result<(), Gap> {
    it.contested().map_or(Ok(()), Err)
}

/// A list, unless something is missing.
pub(super) fn known<T>(list: Result<T, Gap>) -> Known<T> {
    match list {
        Ok(list) => Known::Value(list),
        Err(gap) => Known::Unreadable(gap),
    }
}
