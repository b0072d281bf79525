//! What AWS makes of a few parameters, put beside what a template writes: its rotation applications, and hosted functions. Which parameters those are may hang on conditions, so it is
//! made for each world. `mod.rs` asks here.

use std::borrow::Cow;

use super::document::TemplateError;
use super::evaluate::Evaluator;
use super::hosted;
use super::sam;
use super::stacks::Stacks;
use super::world::World;

/// These stacks with what AWS makes in this world.
pub(super) fn with_made<'s>(stacks: &'s Stacks, world: &World) -> Result<Cow<'s, Stacks>, TemplateError> {
    let root = Evaluator::new(stacks, world);
    let mut result = Cow::Borrowed(stacks);
    for (index, member) in stacks.all().iter().enumerate() {
        let evaluator = root.in_stack(index);
        let found = |error: TemplateError| error.found_in(&member.given.file);
        let mut resources = sam::deployed(&evaluator).map_err(found)?;
        resources.extend(hosted::made(&evaluator).map_err(found)?);
        if !resources.is_empty() {
            result.to_mut().put(index, resources);
        }
    }
    Ok(result)
}
