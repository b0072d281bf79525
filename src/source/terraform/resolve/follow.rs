//! Follows references from an expression, through variables and outputs of modules, to the resources that are meant.

use serde_json::Value as Json;

use super::found::{Found, Want, known, known_at};
use super::resolver::{Resolver, Scope};
use super::texts::MOST_STEPS;
use super::written::{references, uses_key};
use crate::source::terraform::address::{Key, ModulePath, Target, longest};
use crate::source::terraform::document::constant;
use crate::source::terraform::identity::{FUNCTION_OF_APPLICATION, Kind};
use crate::source::terraform::kinds::APPLICATION;
use crate::source::terraform::value::Value;
use crate::source::terraform::world::{Instance, World};

/// What an attribute refers to, of one type.
#[derive(Default)]
pub(crate) struct Sources<'w> {
    /// The instances, by address.
    pub(crate) found: Vec<&'w Instance>,
    /// Whether values stand beside them that are known.
    constants: bool,
    /// Whether other things stand beside them.
    others: bool,
}

impl<'w> Sources<'w> {
    /// The one instance, where nothing else stands beside it.
    pub(crate) fn alone(&self) -> Option<&'w Instance> {
        self.only().filter(|_| !self.constants)
    }

    /// The one instance, where nothing else stands beside it that is not known.
    pub(crate) fn only(&self) -> Option<&'w Instance> {
        match self.all()? {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The instances, where nothing else stands beside them that is not known.
    pub(crate) fn all(&self) -> Option<&[&'w Instance]> {
        (!self.others).then_some(&*self.found)
    }
}

impl<'w> Resolver<'w> {
    /// The instances of data or resources of one type that an attribute refers to, directly or through variables and outputs.
    pub(crate) fn sources(&self, instance: &Instance, path: &[&str], data: bool, kind: &str) -> Sources<'w> {
        let mut sources = Sources::default();
        if let Some((expression, scope)) = self.expression(instance, path) {
            self.collect(expression, scope, (data, kind), &mut sources, 0);
        }
        sources.found.sort_by(|a, b| a.address.cmp(&b.address));
        sources.found.dedup_by(|a, b| a.address == b.address);
        sources
    }

    fn collect(&self, expression: &Json, scope: Scope<'_>, wanted: (bool, &str), sources: &mut Sources<'w>, depth: usize) {
        if depth > MOST_STEPS {
            sources.others = true;
            return;
        }
        let by_key = uses_key(expression);
        let references = references(expression);
        sources.constants |= references.is_empty();
        for target in longest(&references).into_iter().map(Target::parse) {
            match target {
                Some(Target::Resource { data, kind, name, key, .. }) if (data, kind.as_str()) == wanted => {
                    let world: &'w World<'w> = self.world;
                    let instances: Vec<&Instance> = world.instances_of(scope.module, data, &kind, &name).collect();
                    sources.found.extend(chosen(instances, key.as_ref(), chosen_key(scope, by_key)));
                }
                Some(Target::Variable { name, .. }) => match self.argument(scope.module, &name) {
                    Some((expression, parent, key)) => {
                        let scope = Scope { module: &parent, key, for_each: &Json::Null, behind: &[], each: scope.each };
                        self.collect(expression, scope, wanted, sources, depth + 1);
                    }
                    None => sources.constants = true,
                },
                Some(Target::Output { module, key, name: Some(name), .. }) => {
                    for child in self.children(scope, &module, key.as_ref(), by_key) {
                        if let Some(output) = self.world.module(&child).and_then(|module| module.outputs.get(&name)) {
                            let scope = Scope { module: &child, key: None, for_each: &Json::Null, behind: &[], each: scope.each };
                            self.collect(&output.expression, scope, wanted, sources, depth + 1);
                        }
                    }
                }
                Some(Target::Each { .. }) => {
                    self.collect(scope.for_each, Scope { for_each: &Json::Null, each: scope.key, ..scope }, wanted, sources, depth + 1);
                }
                Some(Target::Place) => {}
                _ => sources.others = true,
            }
        }
    }

    /// What a call hands to a variable of a module, and where that is written.
    fn argument<'m>(&self, module: &'m ModulePath, variable: &str) -> Option<(&'w Json, ModulePath, Option<&'m Key>)> {
        let call = self.world.call(module)?;
        let (parent, _, key) = module.parent()?;
        Some((call.expressions.get(variable)?, parent, key))
    }

    pub(super) fn references(&self, expression: &Json, scope: Scope<'_>, want: Want, name: &str) -> Found {
        let by_key = uses_key(expression);
        let references = references(expression);
        if want.kind == Kind::Text && !references.is_empty() {
            return longest(&references).into_iter().fold(Found::default(), |found, reference| found.and(Found::open(reference)));
        }
        let mut found = Found::default();
        if let Some(constant) = constant(expression) {
            found = found.and(known(&Value::known(constant)));
        }
        for target in longest(&references).into_iter().filter_map(Target::parse) {
            found = found.and(self.target(&target, scope, want, by_key));
        }
        // What nothing but a key or a folder is made of is known.
        if !references.is_empty() && references.iter().all(|it| Target::parse(it) == Some(Target::Place)) {
            found.constants.insert(name.to_owned());
        }
        if found == Found::default() { Found::open(name) } else { found }
    }

    fn target(&self, target: &Target, scope: Scope<'_>, want: Want, by_key: bool) -> Found {
        let prefix = |text: &str| if scope.module.0.is_empty() { text.to_owned() } else { format!("{}.{text}", scope.module) };
        match target {
            Target::Resource { data, kind, name, key, attribute } => {
                let instances: Vec<&Instance> = self.world.instances_of(scope.module, *data, kind, name).collect();
                let chosen = chosen(instances, key.as_ref(), chosen_key(scope, by_key));
                let path: Vec<&str> = match (attribute.as_slice(), scope.behind) {
                    ([], []) if kind == APPLICATION && want.kind == Kind::Function => FUNCTION_OF_APPLICATION.split('.').collect(),
                    ([], []) => vec![want.attribute],
                    ([], behind) => behind.iter().map(String::as_str).collect(),
                    (attribute, _) => attribute.iter().map(String::as_str).collect(),
                };
                chosen.into_iter().fold(Found::default(), |found, instance| found.and(self.attribute(instance, &path, want)))
            }
            Target::Output { module, key, name, attribute } => {
                let children = self.children(scope, module, key.as_ref(), by_key);
                // Of one instance of several that is chosen by an expression, the plan does not say which output is meant, unless somebody goes through them.
                let (name, behind) = match (name, scope.behind) {
                    (Some(name), behind) => (Some(name), if attribute.is_empty() { behind } else { attribute }),
                    (None, [name, behind @ ..]) => (Some(name), behind),
                    (None, []) => (None, scope.behind),
                };
                let found = children.iter().filter_map(|child| self.world.module(child).map(|module| (child, module)));
                let found = found.flat_map(|(child, module)| module.outputs.iter().map(move |(output, written)| (child, output, written)));
                let found = found.filter(|(_, output, _)| name.is_none_or(|name| name == *output)).map(|(child, output, written)| {
                    let scope = Scope { module: child, key: None, for_each: &Json::Null, behind, each: scope.each };
                    let named = format!("{child}.{output}");
                    self.step(&named, || self.references(&written.expression, scope, want, &named))
                });
                let found = found.fold(Found::default(), Found::and);
                if found == Found::default() { Found::open(prefix(&format!("module.{module}"))) } else { found }
            }
            Target::Variable { name, attribute } => self.variable(name, attribute, scope, want, &prefix(&format!("var.{name}"))),
            Target::Each { attribute } => {
                // What is gone through is a resource of several instances, of which each has its own here.
                let inner = Scope { behind: attribute, for_each: &Json::Null, each: scope.key, ..scope };
                let name = prefix("each.value");
                self.step(&name, || self.references(scope.for_each, inner, want, &name))
            }
            Target::Place => Found::default(),
            Target::Local(name) => Found::open(prefix(&format!("local.{name}"))),
        }
    }

    fn variable(&self, variable: &str, attribute: &[String], scope: Scope<'_>, want: Want, name: &str) -> Found {
        let behind = if attribute.is_empty() { scope.behind } else { attribute };
        let constant = |json: &Json| known_at(&Value::known(json), behind);
        if scope.module.0.is_empty() {
            return self.world.variable(variable).map_or_else(|| Found::open(name), constant);
        }
        if let Some((expression, parent, key)) = self.argument(scope.module, variable) {
            let for_each = self.world.call(scope.module).map_or(&Json::Null, |call| &call.for_each_expression);
            let scope = Scope { module: &parent, key, for_each, behind, each: scope.each };
            return self.step(name, || self.references(expression, scope, want, name));
        }
        let declared = self.world.module(scope.module).and_then(|module| module.variables.get(variable));
        declared.and_then(|declared| declared.default.as_ref()).map_or_else(Found::default, constant)
    }

    /// One step further, unless it was taken already.
    fn step(&self, name: &str, what: impl FnOnce() -> Found) -> Found {
        if self.path.borrow().len() > MOST_STEPS || self.path.borrow().iter().any(|known| known == name) {
            return Found::open(name);
        }
        self.path.borrow_mut().push(name.to_owned());
        let found = what();
        self.path.borrow_mut().pop();
        found
    }

    /// The instances of a module that an expression means.
    fn children(&self, scope: Scope<'_>, name: &str, key: Option<&Key>, by_key: bool) -> Vec<ModulePath> {
        if key.is_some() {
            return vec![scope.module.child(name, key.cloned())];
        }
        let mut children = self.world.modules_of(scope.module, name);
        if children.is_empty() {
            children.push(scope.module.child(name, None));
        }
        if let Some(key) = chosen_key(scope, by_key)
            && children.iter().any(|child| child.parent().is_some_and(|(_, _, own)| own == Some(key)))
        {
            children.retain(|child| child.parent().is_some_and(|(_, _, own)| own == Some(key)));
        }
        children
    }
}

/// The key by which instances are chosen, if an expression does so.
fn chosen_key(scope: Scope<'_>, by_key: bool) -> Option<&Key> {
    scope.each.or_else(|| scope.key.filter(|_| by_key))
}

/// The instances that are meant: the one of this key, else that of the same key as whoever refers to them, else all.
fn chosen<'i>(instances: Vec<&'i Instance>, key: Option<&Key>, same: Option<&Key>) -> Vec<&'i Instance> {
    let of = |key: &Key| instances.iter().copied().find(|instance| instance.key.as_ref() == Some(key));
    match (key, same.and_then(of)) {
        (Some(key), _) => of(key).into_iter().collect(),
        (None, Some(one)) => vec![one],
        (None, None) => instances,
    }
}
