//! What a resource waits for: the graph of a configuration, by blocks, over variables, outputs and local values. `order` asks here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::dynamic;
use super::resources::{Block, Stack, block_of};
use crate::source::terraform::address::Target;
use crate::source::terraform::resolve::references;

/// The blocks whose resources are there before those of this one, whatever happens; and what the plan does not show of the way there.
pub(super) fn awaited(stack: &Stack<'_>, block: Block) -> (BTreeSet<Block>, BTreeSet<String>) {
    let mut walk = Walk { stack, awaited: BTreeSet::new(), hidden: BTreeSet::new(), seen: BTreeSet::new(), waiting: Vec::new() };
    walk.block(block);
    while let Some(step) = walk.waiting.pop() {
        if walk.seen.insert(step.clone()) {
            walk.step(step);
        }
    }
    (walk.awaited, walk.hidden)
}

/// A reference, the module that it stands in, and whether it is one of `depends_on`, which means all of a module.
type Step = (Vec<String>, String, bool);

struct Walk<'s, 'a> {
    stack: &'s Stack<'a>,
    awaited: BTreeSet<Block>,
    hidden: BTreeSet<String>,
    seen: BTreeSet<Step>,
    waiting: Vec<Step>,
}

impl Walk<'_, '_> {
    fn block(&mut self, block: Block) {
        if !self.awaited.insert(block.clone()) {
            return;
        }
        let (module, data, kind, name) = block;
        if let Some(written) = self.stack.resolver.world.block(&module, data, &kind, &name) {
            self.expressions(&module, &[&written.expressions, &written.for_each_expression, &written.count_expression]);
            self.depends_on(&module, &written.depends_on);
        }
        if self.stack.code.is_none() {
            let hidden = self.stack.hidden.get_or_init(|| hidden(self.stack));
            self.hidden.extend(hidden.get(&(module.clone(), data, kind.clone(), name.clone())).into_iter().flatten().cloned());
        }
        if let Some(evaluator) = self.stack.code {
            let references = evaluator.code.references_of_block(&module, data, &kind, &name);
            self.waiting.extend(references.into_iter().map(|reference| (module.clone(), reference, false)));
        }
        self.calls(&module);
    }

    /// What all of a module waits for.
    fn calls(&mut self, module: &[String]) {
        for (index, name) in module.iter().enumerate() {
            let outside = &module[..index];
            if let Some(call) = self.stack.resolver.world.module_called(outside).and_then(|module| module.calls.get(name)) {
                self.expressions(outside, &[&call.for_each_expression, &call.count_expression]);
                self.depends_on(outside, &call.depends_on);
            }
        }
    }

    fn expressions(&mut self, module: &[String], expressions: &[&Json]) {
        let all = expressions.iter().flat_map(|expression| references(expression));
        self.waiting.extend(all.map(|reference| (module.to_vec(), reference.to_owned(), false)));
    }

    fn depends_on(&mut self, module: &[String], names: &[String]) {
        self.waiting.extend(names.iter().map(|name| (module.to_vec(), name.clone(), true)));
    }

    fn step(&mut self, (module, reference, whole): Step) {
        let world = self.stack.resolver.world;
        match Target::parse(&reference) {
            Some(Target::Resource { data, kind, name, .. }) => self.block((module, data, kind, name)),
            Some(Target::Variable { name, .. }) => {
                let Some((call, outside)) = module.split_last() else { return };
                let argument = world.module_called(outside).and_then(|module| module.calls.get(call)?.expressions.get(&name));
                self.expressions(outside, &[argument.unwrap_or(&Json::Null)]);
            }
            Some(Target::Output { module: call, name, .. }) => {
                let inside = [module, vec![call]].concat();
                if whole && name.is_none() {
                    self.everything(&inside);
                } else if let Some(called) = world.module_called(&inside) {
                    for (_, output) in called.outputs.iter().filter(|(output, _)| name.as_ref().is_none_or(|name| name == *output)) {
                        self.expressions(&inside, &[&output.expression]);
                        self.depends_on(&inside, &output.depends_on);
                    }
                }
            }
            Some(Target::Local(name)) => {
                let written = self.stack.code.and_then(|evaluator| evaluator.code.references_of_local(&module, &name));
                if let Some(references) = written {
                    self.waiting.extend(references.into_iter().map(|reference| (module.clone(), reference, false)));
                } else {
                    let path: Vec<String> = module.iter().map(|call| format!("module.{call}")).chain([format!("local.{name}")]).collect();
                    self.hidden.insert(path.join("."));
                }
            }
            _ => {}
        }
    }

    /// All resources of a module, and of those that it calls.
    fn everything(&mut self, module: &[String]) {
        let Some(called) = self.stack.resolver.world.module_called(module) else { return };
        for resource in &called.resources {
            self.block((module.to_vec(), resource.mode == "data", resource.kind.clone(), resource.name.clone()));
        }
        for call in called.calls.keys() {
            self.everything(&[module, std::slice::from_ref(call)].concat());
        }
    }
}

/// Blocks that will be there and stand in no expression: dynamic ones, of which a plan says nothing, so that nobody knows what they refer to.
fn hidden(stack: &Stack<'_>) -> BTreeMap<Block, Vec<String>> {
    let world = stack.resolver.world;
    let mut all: BTreeMap<Block, Vec<String>> = BTreeMap::new();
    for instance in world.instances() {
        let found = world.written(instance).and_then(|written| dynamic::hidden(instance, &written.expressions));
        if let Some(block) = found {
            all.entry(block_of(instance)).or_default().push(format!("a dynamic block {block} of {}", instance.address));
        }
    }
    all
}
