//! Several inventories made into one: what was read of different accounts or regions stands side by side, and of the same place the later reading counts. `source` calls
//! it for several snapshots.
//!
//! A place is an account and a region, read at one time. Of two readings of a place the later counts as a whole: a secret that only the earlier knows is gone. A list that
//! could be read counts before one that could not, and so does a single fact, unless what it hangs on has changed since.

mod fill;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Account, Inventory, Known};
use crate::arn::Arn;
use fill::{Fill, fill};

/// An inventory and the name of the file that it comes from.
#[derive(Debug, Clone)]
pub struct Part {
    /// How conflicts name it.
    pub name: String,
    /// What it holds.
    pub inventory: Inventory,
}

/// All parts as one inventory, as of the latest; `None` without any part. The order of the parts decides only between readings of the same time, of which the last counts.
pub fn merged(mut parts: Vec<Part>) -> Option<Inventory> {
    parts.sort_by_key(|part| part.inventory.as_of);
    let mut parts = parts.into_iter();
    let first = parts.next()?;
    let mut merging = Merging::new(first);
    parts.for_each(|part| merging.add(part));
    Some(merging.done())
}

/// What is merged so far.
struct Merging {
    into: Inventory,
    /// By place: the file that counts there, and when it was read.
    places: BTreeMap<String, Origin>,
    /// By account: the file whose identities count.
    accounts: BTreeMap<String, Origin>,
}

/// Where something comes from.
#[derive(Clone)]
struct Origin {
    name: String,
    at: Timestamp,
}

/// What two readings of the same things have in common.
#[derive(Default)]
struct Compared {
    /// They say something different.
    differ: bool,
    /// The one that counts lacks facts that the other could read.
    filled: bool,
}

impl Merging {
    fn new(part: Part) -> Self {
        let Part { name, mut inventory } = part;
        inventory.partial = inventory.partial.map(|reason| format!("{name}: {reason}"));
        let places = origins(&name, &inventory);
        let accounts = inventory.accounts.keys().map(|id| (id.to_string(), Origin { name: name.clone(), at: inventory.as_of })).collect();
        Self { into: inventory, places, accounts }
    }

    /// Lays a later part over what is there.
    fn add(&mut self, part: Part) {
        let Part { name, inventory: mut new } = part;
        let origins = origins(&name, &new);
        let shared: BTreeSet<&String> = origins.keys().filter(|place| self.places.contains_key(*place)).collect();
        let mut compared: BTreeMap<String, Compared> = BTreeMap::new();
        let mut kept = BTreeSet::new();
        for place in shared {
            let listed = |inventory: &Inventory| listed(inventory, place);
            let later = origins[place].at >= self.places[place].at;
            // Whoever could list the secrets knows which there are; of two who could, the later one does.
            let counts = match (listed(&self.into), listed(&new)) {
                (true, false) => false,
                (false, true) => true,
                _ => later,
            };
            if !counts {
                kept.insert(place.clone());
            }
            if listed(&self.into) || listed(&new) {
                let (winner, loser) = if counts { (&new.secrets, &mut self.into.secrets) } else { (&self.into.secrets, &mut new.secrets) };
                let before = loser.len();
                loser.retain(|arn, _| place_of(arn) != *place || winner.contains_key(arn));
                compared.entry(place.clone()).or_default().differ |= loser.len() != before;
            }
        }
        lay(&mut self.into.secrets, new.secrets, &kept, &mut compared);
        lay(&mut self.into.functions, new.functions, &kept, &mut compared);
        lay(&mut self.into.keys, new.keys, &kept, &mut compared);
        lay(&mut self.into.networks, new.networks, &kept, &mut compared);
        for (place, compared) in compared.into_iter().filter(|(_, compared)| compared.differ) {
            let (Some(old), Some(new)) = (self.places.get(&place), origins.get(&place)) else { continue };
            let (counts, other) = if kept.contains(&place) { (old, new) } else { (new, old) };
            self.into.conflicts.push(conflict(&place, counts, other, compared.filled));
        }
        for (id, account) in new.accounts {
            let origin = Origin { name: name.clone(), at: new.as_of };
            self.account(id.as_str(), &origin, &account);
            match self.into.accounts.get_mut(id.as_str()) {
                Some(old) => lay_account(old, account),
                None => drop(self.into.accounts.insert(id, account)),
            }
        }
        self.places.extend(origins.into_iter().filter(|(place, _)| !kept.contains(place)));
        let is_later = new.as_of >= self.into.as_of;
        self.into.as_of = self.into.as_of.max(new.as_of);
        self.into.conflicts.extend(new.conflicts);
        self.into.assumptions.extend(new.assumptions);
        self.into.planned_roles.extend(new.planned_roles);
        self.into.stacks.extend(new.stacks);
        for (alias, meaning) in new.aliases {
            let known = self.into.aliases.entry(alias).or_insert_with(|| meaning.clone());
            if meaning.value().is_some() && (is_later || known.value().is_none()) {
                *known = meaning;
            }
        }
        let partial = new.partial.map(|reason| format!("{name}: {reason}"));
        self.into.partial = [self.into.partial.take(), partial].into_iter().flatten().reduce(|a, b| format!("{a}; {b}"));
    }

    /// Says it when two parts have read other identities in the same account.
    fn account(&mut self, id: &str, origin: &Origin, new: &Account) {
        let old = self.into.accounts.get(id);
        if let (Some(Known::Value(old)), Known::Value(new), Some(before)) =
            (old.map(|account| &account.identities), &new.identities, self.accounts.get(id))
            && old != new
        {
            let said = conflict(&format!("the identities of {id}"), origin, before, false);
            self.into.conflicts.push(said);
        }
        if new.identities.value().is_some() || !self.accounts.contains_key(id) {
            self.accounts.insert(id.to_owned(), origin.clone());
        }
    }

    fn done(self) -> Inventory {
        let Self { mut into, places, .. } = self;
        into.read_at = places.into_iter().filter(|(_, origin)| origin.at != into.as_of).map(|(place, origin)| (place, origin.at)).collect();
        into.conflicts.sort();
        into.conflicts.dedup();
        into
    }
}

fn conflict(about: &str, counts: &Origin, other: &Origin, filled: bool) -> String {
    let beside = if filled { ", beside what it could not read and the other could" } else { "" };
    format!("{} ({}) and {} ({}) differ in {about}; the former counts{beside}.", counts.name, counts.at, other.name, other.at)
}

/// The places of an inventory, with their times.
fn origins(name: &str, inventory: &Inventory) -> BTreeMap<String, Origin> {
    let read = inventory.accounts.iter().flat_map(|(id, account)| account.regions.keys().map(move |region| format!("{id}/{region}")));
    let held = inventory.secrets.keys().chain(inventory.functions.keys()).chain(inventory.keys.keys()).map(place_of);
    let places: BTreeSet<String> = read.chain(held).chain(inventory.networks.keys().cloned()).collect();
    let at = |place: &str| inventory.read_at.get(place).copied().unwrap_or(inventory.as_of);
    places.into_iter().map(|place| (place.clone(), Origin { name: name.to_owned(), at: at(&place) })).collect()
}

fn place_of(arn: &Arn) -> String {
    format!("{}/{}", arn.account(), arn.region())
}

/// Whether the secrets of this place could be listed.
fn listed(inventory: &Inventory, place: &str) -> bool {
    let region = place.split_once('/').and_then(|(id, region)| inventory.accounts.get(id)?.regions.get(region));
    region.is_some_and(|region| region.value().is_some())
}

/// Lays the things of `new` over those of `old`, but in the places that are kept those of `old` over those of `new`.
fn lay<K: Placed, T: Fill + PartialEq>(
    old: &mut BTreeMap<K, T>,
    new: BTreeMap<K, T>,
    kept: &BTreeSet<String>,
    compared: &mut BTreeMap<String, Compared>,
) {
    for (key, mut thing) in new {
        let place = key.place();
        let Some(other) = old.get_mut(&key) else {
            if kept.contains(&place) {
                compared.entry(place).or_default().differ = true;
            }
            old.insert(key, thing);
            continue;
        };
        if *other == thing {
            continue;
        }
        let compared = compared.entry(place.clone()).or_default();
        compared.differ = true;
        if kept.contains(&place) {
            compared.filled |= other.fill(&thing);
        } else {
            compared.filled |= thing.fill(other);
            *other = thing;
        }
    }
}

/// The later reading of an account over the earlier one.
fn lay_account(old: &mut Account, new: Account) {
    for (region, list) in new.regions {
        match old.regions.get_mut(&region) {
            Some(known) if known.value().is_some() => {}
            _ => drop(old.regions.insert(region, list)),
        }
    }
    let mut identities = new.identities;
    fill(&mut identities, &old.identities);
    old.identities = identities;
    // A reading without this gap may have been told all regions, or may have asked for one alone: nobody can say.
    old.enabled_regions = new.enabled_regions.or(old.enabled_regions.take());
    if let Some(mut policies) = new.control_policies {
        if let Some(known) = &old.control_policies {
            fill(&mut policies.service, &known.service);
            fill(&mut policies.resource, &known.resource);
        }
        old.control_policies = Some(policies);
    }
    match (&mut old.organization, new.organization) {
        (Some(Known::Value(_)), None | Some(Known::Unreadable(_))) | (_, None) => {}
        // Where an account stands is told only when its organization is read as a whole.
        (Some(Known::Value(known)), Some(Known::Value(new))) if new.path.is_none() && new.id == known.id => {
            known.management = new.management;
        }
        (known, new) => *known = new,
    }
}

/// What lies at a place.
trait Placed: Ord {
    /// `111122223333/eu-west-1`.
    fn place(&self) -> String;
}

impl Placed for Arn {
    fn place(&self) -> String {
        place_of(self)
    }
}

impl Placed for String {
    fn place(&self) -> String {
        self.clone()
    }
}

#[cfg(test)]
mod tests;
