//! The resources of a stack, as the readers of resource types take them.

use super::properties::Properties;
use crate::arn::AccountId;

/// The resources of a template that are made in one world.
pub(super) struct Stack<'a> {
    pub(super) made: Vec<Properties<'a>>,
    pub(super) region: &'a str,
    pub(super) account: &'a AccountId,
}

impl<'a> Stack<'a> {
    /// Those of one type.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Properties<'a>> + use<'a, '_> {
        self.made.iter().copied().filter(move |it| it.resource.kind == kind)
    }
}
