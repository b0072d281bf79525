//! The worlds of a template: its open conditions, each way in which they can come out. `mod.rs` asks here.

use std::collections::BTreeMap;

use super::document::{Content, Node, TemplateError};
use super::evaluate::Evaluator;
use super::stacks::Stacks;
use super::template::Template;
use super::world::{Comparison, Holds, World};

/// More worlds than these are not looked at.
pub(crate) const MOST_WORLDS: usize = 64;

/// The worlds in which the conditions come out differently that decide about resources and their properties, and whether these are all.
pub(crate) fn worlds(stacks: &Stacks) -> Result<(Vec<World>, bool), TemplateError> {
    let used: Vec<BTreeMap<String, Node>> = stacks.all().iter().map(|member| used(&member.template, member.parent.is_some())).collect();
    let (mut waiting, mut settled, mut all) = (vec![World::default()], Vec::new(), true);
    while let Some(world) = waiting.pop() {
        match open(stacks, &used, &world)? {
            Some(comparison) if waiting.len() + settled.len() + 2 <= MOST_WORLDS => {
                waiting.push(world.with(&comparison, false));
                waiting.push(world.with(&comparison, true));
            }
            open => {
                all &= open.is_none();
                settled.push(world);
            }
        }
    }
    Ok((settled, all))
}

/// What a condition hangs on that is open in this world. Those of a stack that is not made decide about nothing.
fn open(stacks: &Stacks, used: &[BTreeMap<String, Node>], world: &World) -> Result<Option<Comparison>, TemplateError> {
    let root = Evaluator::new(stacks, world);
    for (index, used) in used.iter().enumerate() {
        let evaluator = root.in_stack(index);
        // Whether it is made hangs on the stacks that it lies in, which come first, so that this is settled.
        if evaluator.is_made()? == Holds::No {
            continue;
        }
        for (name, node) in used {
            if let Holds::Open(comparison) = evaluator.condition(name, node.at)? {
                return Ok(Some(comparison));
            }
        }
    }
    Ok(None)
}

/// The conditions that resources name, each with the place of one that does; of a nested stack those in what it tells too.
fn used(template: &Template, nested: bool) -> BTreeMap<String, Node> {
    let mut used = BTreeMap::new();
    for resource in template.resources.values() {
        if let Some(name) = &resource.condition {
            let node = Node { at: resource.at, content: Content::Null };
            used.entry(name.clone()).or_insert(node);
        }
        if let Some(properties) = &resource.properties {
            asked(properties, &mut used);
        }
    }
    template.outputs.values().filter(|_| nested).for_each(|output| asked(&output.value, &mut used));
    used
}

/// The conditions of `Fn::If` in this value.
fn asked(node: &Node, used: &mut BTreeMap<String, Node>) {
    if let Some(("Fn::If", arguments)) = node.only()
        && let Some(condition) = arguments.items().first()
        && let Some(name) = condition.text()
    {
        used.entry(name.to_owned()).or_insert_with(|| condition.clone());
    }
    node.entries().iter().map(|entry| &entry.node).chain(node.items()).for_each(|inner| asked(inner, used));
}
