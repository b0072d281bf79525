//! Where the expression of an attribute stands in its block, also in blocks within it and in dynamic ones
//! (<https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks>). `expression` and the readers of documents ask here.

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use serde_json::Value as Json;

use super::expression::{Evaluator, Scope, item};
use super::made::Made;
use crate::source::terraform::resolve::SETS;
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// What leads to the value of an attribute.
pub(super) struct Found<'c, 'p, 's> {
    /// `None` where nothing is written of it.
    pub(super) expression: Option<&'c Expression>,
    /// The steps that remain, into the value of the expression.
    pub(super) rest: &'p [&'p str],
    /// Where it stands, with the items of dynamic blocks on the way.
    pub(super) scope: Scope<'s>,
    /// Whether a dynamic block is on the way, of which a plan shows no references.
    pub(super) is_moved: bool,
}

/// A block that there will be.
struct Planned<'c> {
    body: &'c Body,
    /// For one that a dynamic block makes: the name of what is gone through, and the item.
    item: Option<(String, Made)>,
}

impl Evaluator<'_> {
    /// How many blocks there will be at `path`, where the plan does not tell; `None` where nobody knows.
    pub(crate) fn count(&self, instance: &Instance, path: &[&str]) -> Option<usize> {
        let body = &self.code.block(instance)?.block.body;
        let (name, before) = path.split_last()?;
        let mut scope = self.place(&instance.module, instance.key.as_ref(), body);
        let (body, ..) = self.enter(body, before, Some(&instance.values), &mut scope)?;
        let blocks = self.blocks(body, name, &scope)?;
        // Where a resource says nothing of them, AWS does; and a list of objects is an expression.
        let is_written = !before.is_empty() || body.blocks().any(|block| makes(block, name));
        (is_written && !body.has_attribute(name)).then_some(blocks.len())
    }

    /// Whether a dynamic block makes blocks of this name, of which the plan says nothing.
    pub(crate) fn moves(&self, instance: &Instance, name: &str) -> bool {
        let blocks = self.code.block(instance).map(|written| written.block.body.blocks());
        blocks.into_iter().flatten().any(|block| block.ident.as_str() != name && makes(block, name))
    }

    /// The expression of the attribute at `path` of an instance.
    pub(super) fn find<'c, 'p, 's>(&self, body: &'c Body, path: &'p [&'p str], instance: &'s Instance) -> Option<Found<'c, 'p, 's>> {
        let mut scope = self.place(&instance.module, instance.key.as_ref(), body);
        let (body, rest, values, is_moved) = self.enter(body, path, Some(&instance.values), &mut scope)?;
        let (name, after) = rest.split_first()?;
        let expression = body.attributes().find(|attribute| attribute.key.as_str() == *name).map(|attribute| &attribute.value);
        // In a block of which the plan knows nothing, what is not written is not there.
        let is_known = expression.is_some() || (values == Some(&Value::Unknown) && !path.is_empty() && rest.len() < path.len());
        is_known.then_some(Found { expression, rest: after, scope, is_moved })
    }

    /// Goes into the blocks on a path, as far as it names blocks: the body, what remains of the path, and the values there.
    fn enter<'c, 'p, 'v>(
        &self,
        body: &'c Body,
        path: &'p [&'p str],
        values: Option<&'v Value>,
        scope: &mut Scope<'_>,
    ) -> Option<(&'c Body, &'p [&'p str], Option<&'v Value>, bool)> {
        let (mut body, mut rest, mut values, mut is_moved) = (body, path, values, false);
        while let [name, index, after @ ..] = rest {
            let Ok(index) = index.parse::<usize>() else { break };
            if body.has_attribute(name) {
                break;
            }
            let list = values.and_then(|values| values.step(name));
            let block = self.chosen_block(body, name, index, list, scope)?;
            if let Some((name, item)) = block.item {
                scope.names.insert(name, item);
                is_moved = true;
            }
            (body, rest, values) = (
                block.body,
                after,
                list.and_then(|list| match list {
                    Value::Unknown => Some(list),
                    list => list.items().get(index),
                }),
            );
        }
        Some((body, rest, values, is_moved))
    }

    /// The block whose values stand at `index` of the list.
    fn chosen_block<'c>(&self, body: &'c Body, name: &str, index: usize, list: Option<&Value>, scope: &Scope<'_>) -> Option<Planned<'c>> {
        let mut blocks = self.blocks(body, name, scope)?;
        let items = match list {
            Some(Value::Unknown) => return blocks.into_iter().nth(index),
            list => list?.items(),
        };
        // Of sets the order is not that in which they are written.
        if blocks.len() == items.len() && (blocks.len() == 1 || !SETS.contains(&name)) {
            return blocks.into_iter().nth(index);
        }
        let value = items.get(index)?;
        blocks.retain(|block| self.agrees(block, value, scope));
        blocks.pop().filter(|_| blocks.is_empty())
    }

    /// The blocks of this name that there will be, in the order in which they are written.
    fn blocks<'c>(&self, body: &'c Body, name: &str, scope: &Scope<'_>) -> Option<Vec<Planned<'c>>> {
        let mut blocks = Vec::new();
        for block in body.blocks() {
            if block.ident.as_str() == name {
                blocks.push(Planned { body: &block.body, item: None });
            } else if makes(block, name) {
                blocks.extend(self.moving(block, name, scope)?);
            }
        }
        Some(blocks)
    }

    /// The blocks that a dynamic block makes; `None` where it is not known how many.
    fn moving<'c>(&self, block: &'c Block, name: &str, scope: &Scope<'_>) -> Option<Vec<Planned<'c>>> {
        let iterator = block.body.get_attribute("iterator").and_then(|attribute| attribute.value.as_variable().map(ToString::to_string));
        let iterator = iterator.unwrap_or_else(|| name.to_owned());
        let content = &block.body.blocks().find(|block| block.ident.as_str() == "content")?.body;
        let all = self.value(&block.body.get_attribute("for_each")?.value, scope);
        let may_be_several = matches!(&all, Made::Set(items) if items.iter().any(|item| matches!(item, Made::Open(_))));
        let pairs = all.pairs().filter(|_| !may_be_several)?;
        Some(pairs.into_iter().map(|(key, value)| Planned { body: content, item: Some((iterator.clone(), item(key, value))) }).collect())
    }

    /// Whether what is known of a block agrees with what the plan knows of the values.
    fn agrees(&self, block: &Planned<'_>, value: &Value, scope: &Scope<'_>) -> bool {
        let mut scope = scope.clone();
        scope.names.extend(block.item.clone());
        block.body.attributes().all(|attribute| match (self.value(&attribute.value, &scope), value.step(attribute.key.as_str())) {
            (Made::Text(text), Some(Value::Text(known))) => text.as_literal().is_none_or(|text| text == known),
            (Made::Plain(Json::Null), Some(Value::Text(known))) => known.is_empty(),
            (Made::List(items) | Made::Set(items), Some(Value::List(known))) => {
                let texts = |item: &Made| item.certain().map(str::to_owned);
                let all: Option<Vec<String>> = items.iter().map(texts).collect();
                let known: Option<Vec<String>> = known.iter().map(|item| item.text().map(str::to_owned)).collect();
                // A set of the plan may have another order.
                all.zip(known).is_none_or(|(all, known)| all.len() != known.len() || all.iter().all(|text| known.contains(text)))
            }
            _ => true,
        })
    }
}

/// Whether a block is one of this name, or makes such.
fn makes(block: &Block, name: &str) -> bool {
    block.ident.as_str() == name || (block.ident.as_str() == "dynamic" && block.labels.first().is_some_and(|label| label.as_str() == name))
}
