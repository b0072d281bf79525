//! Where the expression of an attribute stands in its block, also in blocks within it and in dynamic ones.

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use crate::source::terraform::value::Value;

/// What leads to the value of an attribute.
pub(super) struct Found<'c, 'p> {
    pub(super) expression: &'c Expression,
    /// The steps that remain, into the value of the expression.
    pub(super) rest: &'p [&'p str],
    /// The dynamic blocks on the way: what is gone through, the name under which an item is known, and which item is meant.
    pub(super) dynamic: Vec<(&'c Expression, String, usize)>,
}

/// The expression of the attribute at `path`; `values` are those of the resource.
pub(super) fn find<'c, 'p>(body: &'c Body, path: &'p [&'p str], values: &Value) -> Option<Found<'c, 'p>> {
    let mut dynamic = Vec::new();
    let (mut body, mut rest, mut values) = (body, path, Some(values));
    loop {
        let (name, after) = rest.split_first()?;
        if let Some(attribute) = body.attributes().find(|attribute| attribute.key.as_str() == *name) {
            return Some(Found { expression: &attribute.value, rest: after, dynamic });
        }
        let (index, after) = after.split_first()?;
        let index: usize = index.parse().ok()?;
        let list = values.and_then(|values| values.step(name));
        let count = list.map_or(0, |list| list.items().len());
        let still: Vec<&'c Body> = body.blocks().filter(|block| block.ident.as_str() == *name).map(|block| &block.body).collect();
        let moving = body
            .blocks()
            .filter(|block| block.ident.as_str() == "dynamic")
            .find(|block| block.labels.first().is_some_and(|label| label.as_str() == *name));
        body = match (still.len(), moving) {
            (0, Some(block)) => {
                let iterator =
                    block.body.get_attribute("iterator").and_then(|attribute| attribute.value.as_variable().map(ToString::to_string));
                dynamic.push((&block.body.get_attribute("for_each")?.value, iterator.unwrap_or_else(|| (*name).to_owned()), index));
                &block.body.blocks().find(|block| block.ident.as_str() == "content")?.body
            }
            // Of sets the order is not that in which they are written.
            (1, None) => still[0],
            (written, None) if written == count && !crate::source::terraform::resolve::SETS.contains(name) => still.get(index).copied()?,
            (_, None) => agreeing(&still, list?.items().get(index)?)?,
            _ => return None,
        };
        values = list.and_then(|list| list.items().get(index));
        rest = after;
    }
}

/// The only block whose texts agree with the values.
fn agreeing<'c>(bodies: &[&'c Body], value: &Value) -> Option<&'c Body> {
    let agrees = |body: &&&'c Body| {
        body.attributes().all(|attribute| match (attribute.value.as_str(), value.step(attribute.key.as_str())) {
            (Some(text), Some(Value::Text(known))) => text == known,
            _ => true,
        })
    };
    let mut found = bodies.iter().filter(agrees);
    found.next().copied().filter(|_| found.next().is_none())
}
