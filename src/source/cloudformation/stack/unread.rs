//! Nested stacks whose templates are not read, and what is given to them: they may add permissions, policies and rotations to it. The readers of functions, roles
//! and secrets ask here.

use super::resources::Stack;
use crate::inventory::Gap;
use crate::policy::Text;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::stacks::Nested;
use crate::source::cloudformation::value::Value;

/// That something is given to a stack whose template is not read, if any of its parameters `names` it.
pub(super) fn may_change(stack: &Stack<'_>, names: impl Fn(&Text) -> bool) -> Result<Option<Gap>, TemplateError> {
    for it in &stack.made {
        let Some(Nested::Unread(what)) = it.evaluator.member().nested.get(it.local) else { continue };
        if it.value("Parameters")?.is_some_and(|parameters| any(&parameters, &names)) {
            let gap = Gap::new("template", it.id, &format!("what this nested stack ({what}) does with what it is given is not known"));
            return Ok(Some(gap));
        }
    }
    Ok(None)
}

fn any(value: &Value, names: &impl Fn(&Text) -> bool) -> bool {
    match value {
        Value::Text(text) => names(text),
        Value::List(items) => items.iter().any(|item| any(item, names)),
        Value::Map(fields) => fields.values().any(|field| any(field, names)),
        Value::Null | Value::Nothing | Value::Unknown(_) => false,
    }
}
