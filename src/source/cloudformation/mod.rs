//! Templates of CloudFormation: read, cut into sections, and evaluated as far as their values can be known before anything exists. `aws` reads what a stack
//! attached a secret to.

mod assembly;
mod document;
mod evaluate;
mod files;
mod functions;
mod given;
mod identity;
pub(crate) mod managed;
mod reading;
mod sam;
mod stack;
mod template;
mod value;
mod world;
mod worlds;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub(crate) use assembly::assembly;
#[cfg(feature = "live")]
pub(crate) use document::Node;
pub(crate) use document::{TemplateError, read};
pub(crate) use files::{exports, parameters};
pub(crate) use given::Given;

use self::reading::Reading;
use crate::arn::AccountId;
use crate::inventory::Inventory;
use crate::source::overlay::{self, Additions};

/// What a template leaves behind in one world.
pub(crate) struct Deployed {
    /// How its open conditions come out, as people read it; empty when none is open.
    pub(crate) world: String,
    /// What it makes, and what it names.
    pub(crate) inventory: Inventory,
    /// What it adds to what it does not make.
    pub(crate) additions: Additions,
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

/// The inventories after these templates were deployed into one account and region, one for each way in which open conditions come out.
pub(crate) fn inventories(mut stacks: Vec<Written<'_>>, place: (&AccountId, &str), as_of: Timestamp) -> Result<Vec<Deployed>, Wrong> {
    let mut templates = Vec::new();
    for Written { text, given } in &stacks {
        let wrong = |error| (given.file.clone(), error);
        let mut template = template::Template::of(&read(text).map_err(wrong)?).map_err(wrong)?;
        sam::expand(&mut template);
        templates.push(template);
    }
    // What a stack exports may hang on what another exports.
    let mut exports = BTreeMap::new();
    for _ in 0..stacks.len().saturating_sub(1).min(MOST_ROUNDS) {
        for (template, Written { given, .. }) in templates.iter().zip(&mut stacks) {
            given.exports.extend(exports.clone());
            exports.extend(exported(template, given).map_err(|error| (given.file.clone(), error))?);
        }
    }
    let mut joined: Option<Vec<Deployed>> = None;
    for (template, Written { given, .. }) in templates.iter().zip(&mut stacks) {
        given.exports.extend(exports.clone());
        let deployed = deployed(template, given, place, as_of).map_err(|error| (given.file.clone(), error))?;
        joined = Some(match joined {
            None => deployed,
            Some(before) => together(&before, &deployed),
        });
    }
    Ok(joined.unwrap_or_default())
}

/// So many times exports are followed from stack to stack.
const MOST_ROUNDS: usize = 8;

/// What a stack exports, written out. What hangs on an open condition is left out.
fn exported(template: &template::Template, given: &Given) -> Result<BTreeMap<String, String>, TemplateError> {
    let world = world::World::default();
    let evaluator = evaluate::Evaluator::new(template, given, &world);
    let mut exports = BTreeMap::new();
    for (name, value) in &template.exports {
        if let (value::Value::Text(name), value::Value::Text(value)) = (evaluator.value(name)?, evaluator.value(value)?)
            && let Some(name) = name.as_literal()
        {
            exports.insert(name.to_owned(), value.written().into_owned());
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
        Deployed { world: names.join(", "), inventory, additions: one.additions.and(&other.additions) }
    });
    joined.collect()
}

fn cut_off() -> String {
    format!("conditions come out in more than {} ways, and not all were looked at", worlds::MOST_WORLDS)
}

fn deployed(
    template: &template::Template,
    given: &Given,
    place: (&AccountId, &str),
    as_of: Timestamp,
) -> Result<Vec<Deployed>, TemplateError> {
    let (worlds, all) = worlds::worlds(template, given)?;
    let hidden = template.hiding().next().map(|name| {
        format!("what the macro {name} makes of the template is not known: give what `aws cloudformation get-template --template-stage Processed` shows")
    });
    let partial = hidden.or_else(|| (!all).then(cut_off));
    let mut inventories = Vec::new();
    for world in worlds {
        let (mut inventory, additions) = stack::inventory(template, given, &world, place, as_of)?;
        inventory.partial.clone_from(&partial);
        inventories.push(Deployed { world: world.to_string(), inventory, additions });
    }
    Ok(inventories)
}
