//! What of a deployment stays hidden, in a sentence for the report: what macros make, and stacks whose templates are not read. `mod.rs` asks here.

use super::document::TemplateError;
use super::evaluate::Evaluator;
use super::stacks::{Nested, Stacks};
use super::world::{Holds, World};

/// What is hidden in this world, if anything is.
pub(super) fn hidden(stacks: &Stacks, world: &World) -> Result<Option<String>, TemplateError> {
    let root = Evaluator::new(stacks, world);
    let mut found = Vec::new();
    for (index, member) in stacks.all().iter().enumerate() {
        let evaluator = root.in_stack(index);
        if evaluator.is_made()? == Holds::No {
            continue;
        }
        found.extend(member.template.hiding().map(|name| {
            format!("what {name} makes of the template is not known: give what `aws cloudformation get-template --template-stage Processed` shows")
        }));
        for (id, nested) in &member.nested {
            if let Nested::Unread(what) = nested
                && evaluator.makes(id)? != Holds::No
            {
                let name = member.name_of(id);
                found.push(format!("what the nested stack {name} makes is not known: its template ({what}) is no file beside this one"));
            }
        }
    }
    Ok((!found.is_empty()).then(|| found.join("; ")))
}
