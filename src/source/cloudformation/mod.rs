//! Templates of CloudFormation: read, cut into sections, and evaluated as far as their values can be known before anything exists. `aws` reads what a stack
//! attached a secret to.

mod application;
mod assembly;
mod beside;
mod between;
mod conditions;
mod document;
mod evaluate;
mod files;
mod functions;
mod given;
mod hidden;
mod hosted;
mod identity;
mod include;
mod load;
mod lookups;
mod loops;
mod made;
pub(crate) mod managed;
mod pieces;
mod reading;
mod sam;
mod stack;
mod stacks;
mod template;
mod under_way;
mod value;
mod world;
mod worlds;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub(crate) use application::{Application, Deploying};
pub(crate) use assembly::assembly;
pub(crate) use beside::Beside;
pub(crate) use document::TemplateError;
#[cfg(feature = "live")]
pub(crate) use document::{Node, read};
pub(crate) use files::{exports, parameters, stack_name, stack_resources};
pub(crate) use given::Given;

use self::evaluate::Evaluator;
use self::reading::Reading;
use self::stack::Made;
use self::stacks::Stacks;
use self::value::Value;
use self::world::World;
use crate::arn::AccountId;
use crate::inventory::Inventory;
use crate::source::overlay::{self, Additions, Nameless, Taken};

/// What a template leaves behind in one world.
pub(crate) struct Deployed {
    /// How its open conditions come out, as people read it; empty when none is open.
    pub(crate) world: String,
    /// What it makes, and what it names.
    pub(crate) inventory: Inventory,
    /// What it adds to what it does not make.
    pub(crate) additions: Additions,
    /// What it makes without a name of its own.
    pub(crate) nameless: Vec<Nameless>,
    /// How its resources are known.
    pub(crate) ids: BTreeSet<String>,
    /// What a later version takes away of it, where that is not all that it does not write any more.
    pub(crate) taken: Option<Taken>,
}

/// A template with what is told beside it.
pub(crate) struct Written<'a> {
    /// Its text.
    pub(crate) text: &'a str,
    /// What is told beside it.
    pub(crate) given: Given,
}

/// A template could not be read: which, and why.
pub(crate) type Wrong = (String, TemplateError);

/// The inventories after these templates were deployed into one account and region, one for each way in which open conditions come out. What they name beside
/// them is read from `files`. `next` says how the resources of the version are known that comes after these, if one does.
pub(crate) fn inventories(
    written: Vec<Written<'_>>,
    files: &dyn Beside,
    place: (&AccountId, &str),
    as_of: Timestamp,
    next: Option<&BTreeSet<String>>,
) -> Result<Vec<Deployed>, Wrong> {
    let mut all = Vec::new();
    for Written { text, given } in written {
        let file = given.file.clone();
        all.push(load::load(text, given, files).map_err(|error| wrong(&file, error))?);
    }
    // What a stack exports may hang on what another exports.
    let mut exports = BTreeMap::new();
    for _ in 0..all.len().saturating_sub(1).min(MOST_ROUNDS) {
        for stacks in &mut all {
            stacks.tell(&exports);
            exports.extend(exported(stacks).map_err(|error| wrong(&file_of(stacks), error))?);
        }
    }
    let mut joined: Option<Vec<Deployed>> = None;
    for stacks in &mut all {
        stacks.tell(&exports);
        let deployed = deployed(stacks, place, as_of, next).map_err(|error| wrong(&file_of(stacks), error))?;
        joined = Some(match joined {
            None => deployed,
            Some(before) => together(&before, &deployed),
        });
    }
    Ok(joined.unwrap_or_default())
}

fn file_of(stacks: &Stacks) -> String {
    stacks.member(0).given.file.clone()
}

fn wrong(file: &str, error: TemplateError) -> Wrong {
    (error.file().unwrap_or(file).to_owned(), error)
}

/// So many times exports are followed from stack to stack.
const MOST_ROUNDS: usize = 8;

/// What stacks export, written out. What hangs on an open condition is left out.
fn exported(stacks: &Stacks) -> Result<BTreeMap<String, String>, TemplateError> {
    let world = World::default();
    let stacks = &*made::with_made(stacks, &world)?;
    let root = Evaluator::new(stacks, &world);
    let mut exports = BTreeMap::new();
    for (index, member) in stacks.all().iter().enumerate() {
        let evaluator = root.in_stack(index);
        for output in member.template.outputs.values() {
            let Some(name) = &output.export else { continue };
            if let (Value::Text(name), Value::Text(value)) = (evaluator.value(name)?, evaluator.value(&output.value)?)
                && let Some(name) = name.as_literal()
            {
                exports.insert(name.to_owned(), value.written().into_owned());
            }
        }
    }
    Ok(exports)
}

/// Every way of the one with every way of the other, as far as so many are looked at.
fn together(before: &[Deployed], next: &[Deployed]) -> Vec<Deployed> {
    let pairs = before.iter().flat_map(|one| next.iter().map(move |other| (one, other)));
    let cut = before.len() * next.len() > worlds::MOST_WORLDS;
    let joined = pairs.take(worlds::MOST_WORLDS).map(|(one, other)| {
        let mut inventory = overlay::joined(&one.inventory, &other.inventory);
        if cut {
            inventory.partial = Some(cut_off());
        }
        let names: Vec<&str> = [&one.world, &other.world].into_iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        Deployed {
            world: names.join(", "),
            inventory,
            additions: one.additions.and(&other.additions),
            nameless: one.nameless.iter().chain(&other.nameless).cloned().collect(),
            ids: one.ids.union(&other.ids).cloned().collect(),
            taken: taken_together(one, other),
        }
    });
    joined.collect()
}

/// What is taken away of both.
fn taken_together(one: &Deployed, other: &Deployed) -> Option<Taken> {
    if one.taken.is_none() && other.taken.is_none() {
        return None;
    }
    let of = |it: &Deployed| {
        let all = || Taken { inventory: it.inventory.clone(), additions: it.additions.clone(), outlive: BTreeSet::new(), open: false };
        it.taken.clone().unwrap_or_else(all)
    };
    let (one, other) = (of(one), of(other));
    let inventory = overlay::joined(&one.inventory, &other.inventory);
    Some(Taken {
        inventory,
        additions: one.additions.and(&other.additions),
        outlive: one.outlive.union(&other.outlive).cloned().collect(),
        open: one.open || other.open,
    })
}

fn cut_off() -> String {
    format!("conditions come out in more than {} ways, and not all were looked at", worlds::MOST_WORLDS)
}

fn deployed(
    stacks: &Stacks,
    place: (&AccountId, &str),
    as_of: Timestamp,
    next: Option<&BTreeSet<String>>,
) -> Result<Vec<Deployed>, TemplateError> {
    let (worlds, all) = worlds::worlds(stacks)?;
    let mut inventories = Vec::new();
    for world in worlds {
        let stacks = made::with_made(stacks, &world)?;
        let Made { mut inventory, additions, nameless, ids } = stack::inventory(&stacks, &world, place, as_of)?;
        inventory.partial = hidden::hidden(&stacks, &world)?.or_else(|| (!all).then(cut_off));
        let taken = next.map(|next| stack::taken(&stacks, &world, place, as_of, next)).transpose()?.flatten();
        inventories.push(Deployed { world: world.to_string(), inventory, additions, nameless, ids, taken });
    }
    Ok(inventories)
}
