//! The resources that a plan leaves behind and the data that was read, by type. The readers of resource types go through them.

use super::thing::Thing;
use crate::source::terraform::code::Evaluator;
use crate::source::terraform::resolve::Resolver;

/// The resources of a plan.
pub(super) struct Stack<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    pub(super) code: Option<&'a Evaluator<'a>>,
    /// Whether what exists is known, so that additions to it count.
    pub(super) over: bool,
}

impl<'a> Stack<'a> {
    /// Those of one type.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> + use<'a> {
        let (resolver, code) = (self.resolver, self.code);
        resolver.world.of_kind(kind).map(move |instance| Thing { resolver, instance, code })
    }

    /// What was read of one type.
    pub(super) fn data(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> + use<'a> {
        let (resolver, code) = (self.resolver, self.code);
        resolver.world.instances().filter(move |instance| instance.data && instance.kind == kind).map(move |instance| Thing {
            resolver,
            instance,
            code,
        })
    }
}
