//! The expressions of attributes as the plan shows them: their references, by attribute and block.

use serde_json::Value as Json;

use super::resolver::{Resolver, Scope};
use crate::source::terraform::address::longest;
use crate::source::terraform::document::constant;
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

impl<'w> Resolver<'w> {
    /// The expression of an attribute as it is written, and where it stands.
    pub(super) fn expression<'i>(&self, instance: &'i Instance, path: &[&str]) -> Option<(&'w Json, Scope<'i>)>
    where
        'w: 'i,
    {
        let written = self.world.written(instance)?;
        let scope =
            Scope { module: &instance.module, key: instance.key.as_ref(), for_each: &written.for_each_expression, behind: &[], each: None };
        let mut expression = &written.expressions;
        let mut value = Some(&instance.values);
        let mut name = "";
        for step in path {
            let whole = value;
            value = value.and_then(|value| value.step(step));
            expression = match expression {
                Json::Array(blocks) => block(blocks, name, step.parse().ok()?, whole)?,
                Json::Object(fields) if fields.contains_key("references") || fields.contains_key("constant_value") => break,
                Json::Object(fields) => match fields.get(*step) {
                    Some(inner) => inner,
                    // A block of which there is at most one is written without a list.
                    None if step.parse::<usize>().is_ok() => expression,
                    None => return None,
                },
                _ => return None,
            };
            name = step;
        }
        Some((expression, scope))
    }

    /// The references of an attribute, as they are written.
    pub(crate) fn written_references(&self, instance: &Instance, path: &[&str]) -> Vec<&'w str> {
        self.expression(instance, path).map(|(expression, _)| longest(&references(expression))).unwrap_or_default()
    }
}

/// Blocks that are a set: their values stand in another order than they are written in.
pub(crate) const SETS: [&str; 7] = ["principals", "not_principals", "condition", "constraints", "inline_policy", "ingress", "egress"];

/// What is written of the block whose values stand at `index` of `values`: the one at the same place of a list, or the only one that agrees with what is known of the values.
fn block<'e>(blocks: &'e [Json], name: &str, index: usize, values: Option<&Value>) -> Option<&'e Json> {
    let Some(Value::List(items)) = values else { return blocks.get(index) };
    let item = items.get(index)?;
    let agrees = |written: &&Json| {
        let Json::Object(fields) = written else { return true };
        fields.iter().all(|(name, expression)| match constant(expression) {
            Some(constant) => matches!(item.step(name), Some(Value::Unknown)) || same(&Value::known(constant), item.step(name)),
            None => true,
        })
    };
    if items.len() == blocks.len() && !SETS.contains(&name) {
        return blocks.get(index);
    }
    let mut agreeing = blocks.iter().filter(agrees);
    agreeing.next().filter(|_| agreeing.next().is_none())
}

/// Whether a value is what is written, where a set may have brought it into another order.
fn same(written: &Value, value: Option<&Value>) -> bool {
    match (written, value) {
        (Value::Null, None | Some(Value::Null)) => true,
        (Value::List(written), Some(Value::List(items))) => written.len() == items.len() && written.iter().all(|item| items.contains(item)),
        (written, Some(value)) => written == value,
        (_, None) => false,
    }
}

/// The references in an expression, also in the arguments of nested blocks.
pub(crate) fn references(expression: &Json) -> Vec<&str> {
    match expression {
        Json::Object(fields) => match fields.get("references") {
            Some(Json::Array(references)) => references.iter().filter_map(Json::as_str).collect(),
            _ => fields.values().flat_map(references).collect(),
        },
        Json::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Whether an expression uses the key of the instance that it is evaluated for.
pub(super) fn uses_key(expression: &Json) -> bool {
    references(expression).iter().any(|reference| matches!(*reference, "each.key" | "count.index"))
}
