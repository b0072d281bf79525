//! One list of things of all networks together, by id: what is in it, and which call would tell the rest.

use std::collections::BTreeMap;

use crate::inventory::network::ById;
use crate::inventory::{Gap, Known, Network};

/// One list of all networks together.
pub(super) struct Table<'a, T> {
    call: &'static str,
    things: BTreeMap<&'a str, (usize, &'a T)>,
    unread: BTreeMap<usize, &'a Gap>,
}

impl<'a, T> Table<'a, T> {
    pub(super) fn new(call: &'static str, networks: &[(&'a str, &'a Network)], list: impl Fn(&'a Network) -> &'a Known<ById<T>>) -> Self {
        let mut table = Self { call, things: BTreeMap::new(), unread: BTreeMap::new() };
        for (place, (_, network)) in networks.iter().enumerate() {
            match list(network) {
                Known::Value(things) => {
                    for (id, thing) in things {
                        table.things.entry(id).or_insert((place, thing));
                    }
                }
                Known::Unreadable(gap) => {
                    table.unread.insert(place, gap);
                }
            }
        }
        table
    }

    /// The thing with this id, or why it is not known; `near` is where it should have been.
    pub(super) fn find(&self, id: &str, near: &[usize]) -> Result<&'a T, Gap> {
        self.things.get(id).map(|(_, thing)| *thing).ok_or_else(|| self.gap(id, near))
    }

    /// The id as the inventory holds it, and the thing.
    pub(super) fn entry(&self, id: &str) -> Option<(&'a str, &'a T)> {
        self.things.get_key_value(id).map(|(id, (_, thing))| (*id, *thing))
    }

    /// All things by their ids.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a str, &'a T)> + '_ {
        self.things.iter().map(|(id, (_, thing))| (*id, *thing))
    }

    /// The places where the list was not read.
    pub(super) fn unread_at(&self) -> Vec<usize> {
        self.unread.keys().copied().collect()
    }

    /// Where the thing with this id is.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.things.get(id).map(|(place, _)| *place)
    }

    pub(super) fn gap(&self, id: &str, near: &[usize]) -> Gap {
        let unread = near.iter().find_map(|place| self.unread.get(place));
        unread.map_or_else(|| Gap::not_collected(self.call, id), |gap| (*gap).clone())
    }

    /// Whether the list of the place that knows a VPC best was read; the gap if not.
    pub(super) fn read_at(&self, place: Option<usize>, vpc: &str) -> Result<(), Gap> {
        let place = place.ok_or_else(|| Gap::not_collected(self.call, vpc))?;
        self.unread.get(&place).map_or(Ok(()), |gap| Err((*gap).clone()))
    }
}
