//! A template with the stacks that it nests: each has a template of its own, takes parameters from the one that nests it and tells it outputs
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html>). `load` puts them together, `evaluate` goes from one to another.

use std::collections::BTreeMap;

use super::given::Given;
use super::template::{Resource, Template};

/// A template and the stacks that it nests, and these.
#[derive(Default, Clone)]
pub(crate) struct Stacks {
    // INVARIANT: the root comes first, every other one after the one that nests it.
    members: Vec<Member>,
}

/// One of the stacks.
#[derive(Clone)]
pub(crate) struct Member {
    /// Its template.
    pub(crate) template: Template,
    /// What is told beside it. Parameters of a nested stack are told by the one that nests it, and not here.
    pub(crate) given: Given,
    /// The stack that nests it, by its index, and the logical id that it has there. The root has none.
    pub(crate) parent: Option<(usize, String)>,
    /// The stacks that it nests, by logical id.
    pub(crate) nested: BTreeMap<String, Nested>,
    /// How its resources are known among those of all stacks, by logical id.
    names: BTreeMap<String, String>,
}

/// A stack that a template nests.
#[derive(Clone)]
pub(crate) enum Nested {
    /// Its template was read: the index of the stack.
    Read(usize),
    /// It was not, and this is what names it.
    Unread(String),
}

impl Stacks {
    /// A template alone.
    #[cfg(test)]
    pub(crate) fn of(template: Template, given: Given) -> Self {
        let mut stacks = Self::default();
        stacks.add(template, given, None);
        stacks
    }

    /// Adds a stack; tells its index.
    pub(super) fn add(&mut self, template: Template, given: Given, parent: Option<(usize, String)>) -> usize {
        let names = template.resources.keys().map(|id| (id.clone(), given.scoped(id))).collect();
        let index = self.members.len();
        if let Some((outer, id)) = &parent
            && let Some(outer) = self.members.get_mut(*outer)
        {
            outer.nested.insert(id.clone(), Nested::Read(index));
        }
        self.members.push(Member { template, given, parent, nested: BTreeMap::new(), names });
        index
    }

    /// Puts the template of a stack in place of what was known of it before.
    pub(super) fn read(&mut self, index: usize, template: Template) {
        if let Some(member) = self.members.get_mut(index) {
            member.names = template.resources.keys().map(|id| (id.clone(), member.given.scoped(id))).collect();
            member.template = template;
        }
    }

    /// Takes a stack for one whose template is not read.
    pub(super) fn leave_unread(&mut self, outer: usize, id: &str, what: String) {
        if let Some(outer) = self.members.get_mut(outer) {
            outer.nested.insert(id.to_owned(), Nested::Unread(what));
        }
    }

    /// Puts resources into a stack, in place of those of the same logical ids.
    pub(super) fn put(&mut self, index: usize, resources: BTreeMap<String, Resource>) {
        if let Some(member) = self.members.get_mut(index) {
            member.names.extend(resources.keys().map(|id| (id.clone(), member.given.scoped(id))));
            member.template.resources.extend(resources);
        }
    }

    /// Tells all stacks what others export.
    pub(crate) fn tell(&mut self, exports: &BTreeMap<String, String>) {
        for member in &mut self.members {
            member.given.exports.extend(exports.clone());
        }
    }

    /// The stack of this index. There is always one: an index is told by these stacks themselves.
    pub(crate) fn member(&self, index: usize) -> &Member {
        &self.members[index]
    }

    /// All of them, the root first.
    pub(crate) fn all(&self) -> &[Member] {
        &self.members
    }
}

impl Member {
    /// How a resource of this stack is known among those of all stacks: by its logical id, behind those of the stacks that it lies in.
    pub(crate) fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}
