//! Finds out what a value is that Terraform does not know yet: follows the references of its expression, through variables and outputs of modules, to the resource
//! whose identity it is. A plan tells which references an expression has, and not what it makes of them: where an unknown value comes from one identity of the
//! kind that is wanted, it is taken as that identity; where it may come from several, or from what the plan does not tell, it stays open and says why.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::address::{Key, ModulePath, Target, longest};
use super::identity::{self, Form, Kind, Region};
use super::value::Value;
use super::world::{Instance, World};
use crate::arn::{Arn, Partition};
use crate::policy::{Part, Text};

/// References are not followed through more steps than these.
const MOST_STEPS: usize = 64;

/// Names that the provider makes up itself end with so many characters
/// (<https://developer.hashicorp.com/terraform/plugin/sdkv2/resources/unique-ids>).
const UNIQUE_CHARACTERS: usize = 26;

/// What is looked for: things of a kind, and the attribute that is meant where a whole resource is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want {
    pub(crate) kind: Kind,
    pub(crate) attribute: &'static str,
}

impl Want {
    /// Things of this kind by their ARN.
    pub(crate) const fn arn(kind: Kind) -> Self {
        Self { kind, attribute: "arn" }
    }

    /// Things of this kind by their id.
    pub(crate) const fn id(kind: Kind) -> Self {
        Self { kind, attribute: "id" }
    }
}

/// Where a value may come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Identities of what is wanted.
    pub(crate) identities: BTreeSet<Text>,
    /// Values that are known, and so not the one that is not.
    pub(crate) constants: BTreeSet<String>,
    /// What the plan tells nothing more of.
    pub(crate) open: BTreeSet<String>,
}

impl Found {
    fn identity(text: Text) -> Self {
        Self { identities: BTreeSet::from([text]), ..Self::default() }
    }

    fn open(name: impl Into<String>) -> Self {
        Self { open: BTreeSet::from([name.into()]), ..Self::default() }
    }

    fn and(mut self, other: Self) -> Self {
        self.identities.extend(other.identities);
        self.constants.extend(other.constants);
        self.open.extend(other.open);
        self
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    module: &'a ModulePath,
    key: Option<&'a Key>,
    for_each: &'a Json,
    /// What of a whole resource is meant, where an expression goes on behind it.
    behind: &'a [String],
    /// The key of the instance that is meant of a whole resource, where somebody goes through all of them.
    each: Option<&'a Key>,
}

/// Follows references.
pub(crate) struct Resolver<'w> {
    pub(crate) world: &'w World<'w>,
    pub(crate) account: &'w str,
    pub(crate) region: &'w str,
    path: RefCell<Vec<String>>,
}

impl<'w> Resolver<'w> {
    /// A resolver in this world; of resources of which the plan does not say where they are, they are in this account and region.
    pub(crate) fn new(world: &'w World<'w>, account: &'w str, region: &'w str) -> Self {
        Self { world, account, region, path: RefCell::default() }
    }

    /// Where the attribute at `path` of this instance comes from.
    pub(crate) fn attribute(&self, instance: &Instance, path: &[&str], want: Want) -> Found {
        let name = format!("{}.{}", instance.address, path.join("."));
        if self.path.borrow().len() > MOST_STEPS || self.path.borrow().contains(&name) {
            return Found::open(name);
        }
        self.path.borrow_mut().push(name.clone());
        let found = match instance.values.at(path.iter().copied()) {
            Some(Value::Unknown) => self.unknown(instance, path, want, name),
            Some(value) => known(value),
            None => Found::default(),
        };
        self.path.borrow_mut().pop();
        found
    }

    fn unknown(&self, instance: &Instance, path: &[&str], want: Want, name: String) -> Found {
        if let [attribute] = path
            && let Some(found) = self.identity(instance, attribute, want)
        {
            return found;
        }
        let found = self.expression(instance, path).map(|(expression, scope)| self.references(expression, scope, want, &name));
        found.unwrap_or_else(|| Found::open(name))
    }

    /// The identity that this attribute is, if it is one of what is wanted.
    fn identity(&self, instance: &Instance, attribute: &str, want: Want) -> Option<Found> {
        let Some(naming) = identity::naming_of(&instance.kind) else {
            let elsewhere = attribute == "arn" && want.kind == Kind::Any && !identity::is_of_rotations(&instance.kind);
            return elsewhere.then(|| Found::identity(self.arn_of_another_service(instance)));
        };
        let form = naming.form(attribute)?;
        if let Form::As(other) = form {
            return Some(self.attribute(instance, &[other], want));
        }
        // The ids that come with a VPC are of other kinds than it is.
        let fits = want.kind == Kind::Any || want.kind == naming.kind || matches!(form, Form::Own(_));
        fits.then(|| Found::identity(self.form(instance, naming.name, form)))
    }

    /// The ARN of something that no rotation asks for: surely not that of a secret, key or function.
    fn arn_of_another_service(&self, instance: &Instance) -> Text {
        let partition = Partition::of_region(&self.region_of(instance)).name();
        let service = identity::made_up_as(instance, "service");
        let thing = identity::made_up(instance);
        Text::from_parts([literal(&format!("arn:{partition}:")), Part::Symbol(service), literal(":::"), Part::Symbol(thing)])
    }

    /// The text that names an instance in this form.
    fn form(&self, instance: &Instance, name: Option<&str>, form: Form) -> Text {
        let beginning = |service: &str, region: &str| {
            let partition = Partition::of_region(&self.region_of(instance)).name();
            literal(&format!("arn:{partition}:{service}:{region}:{}:", self.account_of(instance)))
        };
        let named = || self.name_of(instance, name);
        let mut parts = Vec::new();
        match form {
            Form::Name => parts.extend(named()),
            Form::Id => parts.push(Part::Symbol(identity::made_up(instance))),
            Form::Own(part) => parts.push(Part::Symbol(identity::made_up_as(instance, part))),
            Form::Arn(service, Region::Named, before) => {
                parts.extend([beginning(service, &self.region_of(instance)), literal(before)]);
                parts.extend(named());
            }
            Form::Arn(service, Region::Global, before) => {
                parts.extend([beginning(service, ""), literal(before)]);
                parts.extend(self.path_of(instance));
                parts.extend(named());
            }
            Form::SecretArn => {
                parts.extend([beginning("secretsmanager", &self.region_of(instance)), literal("secret:")]);
                parts.extend(named());
                parts.extend([literal("-"), Part::Symbol(identity::made_up(instance).with_length(6))]);
            }
            Form::VersionArn => {
                parts.extend(self.arn(instance).parts());
                parts.extend([literal(":"), Part::Symbol(identity::made_up_as(instance, "version"))]);
            }
            Form::AliasArn => {
                parts.extend(self.function(instance, "function_name"));
                parts.push(literal(":"));
                parts.extend(named());
            }
            Form::As(_) => {}
        }
        Text::from_parts(parts)
    }

    /// The unqualified ARN of the function that an attribute names, whichever way it does.
    fn function(&self, instance: &Instance, attribute: &str) -> Vec<Part> {
        let text = self
            .text(instance, &[attribute], Want { kind: Kind::Function, attribute: "function_name" })
            .unwrap_or_else(|| Text::literal(""));
        let written = text.written();
        if let Ok(arn) = Arn::parse(&written) {
            return Text::from(&arn.split_qualifier().0).parts();
        }
        let region = self.region_of(instance);
        let partition = Partition::of_region(&region).name();
        let mut parts = vec![literal(&format!("arn:{partition}:lambda:{region}:{}:function:", self.account_of(instance)))];
        parts.extend(text.parts());
        parts
    }

    /// The name of an instance. One that the provider makes up is a symbol that is equal to itself alone.
    fn name_of(&self, instance: &Instance, name: Option<&str>) -> Vec<Part> {
        let made_up = identity::made_up(instance);
        let Some(name) = name else { return vec![Part::Symbol(made_up)] };
        match instance.values.step(name) {
            Some(Value::Text(text)) => vec![literal(text)],
            Some(Value::Unknown) => {
                let prefix = instance.values.step(&format!("{name}_prefix")).and_then(Value::text);
                match prefix {
                    Some(prefix) => vec![literal(prefix), Part::Symbol(made_up.with_length(UNIQUE_CHARACTERS))],
                    None if self.expression(instance, &[name]).is_some() => {
                        identity::unknown(&format!("{}.{name}", instance.address)).parts()
                    }
                    None => vec![Part::Symbol(made_up)],
                }
            }
            _ => vec![Part::Symbol(made_up)],
        }
    }

    /// The path of an IAM resource, which begins and ends with a slash.
    fn path_of(&self, instance: &Instance) -> Vec<Part> {
        match instance.values.step("path") {
            Some(Value::Text(path)) => vec![literal(path)],
            Some(Value::Unknown) if self.expression(instance, &["path"]).is_some() => {
                identity::unknown(&format!("{}.path", instance.address)).parts()
            }
            _ => vec![literal("/")],
        }
    }

    /// The ARN of an instance: as the plan knows it, or as AWS will make it.
    pub(crate) fn arn(&self, instance: &Instance) -> Text {
        if let Some(text) = instance.values.step("arn").and_then(Value::text) {
            return Text::literal(text);
        }
        match identity::naming_of(&instance.kind).and_then(|naming| Some((naming, naming.form("arn")?))) {
            Some((naming, form)) => self.form(instance, naming.name, form),
            None => identity::unknown(&format!("{}.arn", instance.address)),
        }
    }

    /// A text of an instance, if it is set. What is not known is the identity that it comes from, or a symbol that says what is missing.
    pub(crate) fn text(&self, instance: &Instance, path: &[&str], want: Want) -> Option<Text> {
        match instance.values.at(path.iter().copied())? {
            Value::Text(text) => Some(Text::literal(text.as_str())),
            Value::Unknown => Some(only(instance, path, &self.attribute(instance, path, want))),
            _ => None,
        }
    }

    /// The items of a list of an instance; `None` where it is not set. Items that are not known are the identities that the list comes from, where there are as many of these.
    pub(crate) fn texts(&self, instance: &Instance, path: &[&str], want: Want) -> Option<Vec<Text>> {
        let value = instance.values.at(path.iter().copied())?;
        let (known, holes) = match value {
            Value::Unknown => (Vec::new(), None),
            Value::List(items) => {
                let known: Vec<Text> = items.iter().filter_map(Value::text).map(Text::literal).collect();
                let holes = items.iter().filter(|item| **item == Value::Unknown).count();
                (known, Some(holes))
            }
            Value::Text(text) => (vec![Text::literal(text.as_str())], Some(0)),
            _ => return None,
        };
        if holes == Some(0) {
            return Some(known);
        }
        let name = format!("{}.{}", instance.address, path.join("."));
        let found =
            self.expression(instance, path).map(|(expression, scope)| self.references(expression, scope, want, &name)).unwrap_or_default();
        let fits = !found.identities.is_empty() && holes.is_none_or(|holes| holes == found.identities.len());
        if fits {
            return Some(known.into_iter().chain(found.identities).collect());
        }
        // Each may be something else.
        let symbol = |index: usize| open(instance, &[path, &[&index.to_string()]].concat(), &found);
        Some(known.into_iter().chain((0..holes.unwrap_or(1)).map(symbol)).collect())
    }

    /// The expression of an attribute as it is written, and where it stands.
    fn expression<'i>(&self, instance: &'i Instance, path: &[&str]) -> Option<(&'w Json, Scope<'i>)>
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

    /// What a reference gives, if there is one answer and no doubt.
    pub(crate) fn exact(&self, reference: &str, module: &ModulePath, key: Option<&Key>) -> Option<Text> {
        let target = Target::parse(reference)?;
        let scope = Scope { module, key, for_each: &Json::Null, behind: &[], each: None };
        let found = self.target(&target, scope, Want::arn(Kind::Any), false);
        let identities: Vec<&Text> = found.identities.iter().collect();
        let constants: Vec<&String> = found.constants.iter().collect();
        match (identities.as_slice(), constants.as_slice(), found.open.is_empty()) {
            ([only], [], true) => Some((*only).clone()),
            ([], [only], true) => Some(Text::literal(only.as_str())),
            _ => None,
        }
    }

    /// An attribute of all instances of a resource, in the order of their keys.
    pub(crate) fn all(&self, reference: &str, attribute: &str, module: &ModulePath) -> Option<Vec<Text>> {
        let Target::Resource { data, kind, name, key: None, attribute: path } = Target::parse(reference)? else { return None };
        let mut instances: Vec<&Instance> = self.world.instances_of(module, data, &kind, &name).collect();
        instances.sort_by(|a, b| a.key.cmp(&b.key));
        let one = |instance: &&Instance| self.exact(&format!("{}.{attribute}", instance.address_in_module()), module, None);
        if path.is_empty() { instances.iter().map(one).collect() } else { None }
    }

    /// The references of an attribute, as they are written.
    pub(crate) fn written_references(&self, instance: &Instance, path: &[&str]) -> Vec<&'w str> {
        self.expression(instance, path).map(|(expression, _)| longest(&references(expression))).unwrap_or_default()
    }

    /// The instances of data or resources of one type that an attribute refers to, directly or through variables and outputs.
    pub(crate) fn sources(&self, instance: &Instance, path: &[&str], data: bool, kind: &str) -> Vec<&'w Instance> {
        let Some((expression, scope)) = self.expression(instance, path) else { return Vec::new() };
        let mut found = Vec::new();
        self.collect(expression, scope, (data, kind), &mut found, 0);
        found.sort_by(|a: &&Instance, b| a.address.cmp(&b.address));
        found.dedup_by(|a, b| a.address == b.address);
        found
    }

    fn collect(&self, expression: &Json, scope: Scope<'_>, wanted: (bool, &str), found: &mut Vec<&'w Instance>, depth: usize) {
        if depth > MOST_STEPS {
            return;
        }
        let by_key = uses_key(expression);
        for target in longest(&references(expression)).into_iter().filter_map(Target::parse) {
            match target {
                Target::Resource { data, kind, name, key, .. } if (data, kind.as_str()) == wanted => {
                    let world: &'w World<'w> = self.world;
                    let instances: Vec<&Instance> = world.instances_of(scope.module, data, &kind, &name).collect();
                    found.extend(chosen(instances, key.as_ref(), chosen_key(scope, by_key)));
                }
                Target::Variable { name, .. } => {
                    if let Some((expression, parent, key)) = self.argument(scope.module, &name) {
                        self.collect(
                            expression,
                            Scope { module: &parent, key, for_each: &Json::Null, behind: &[], each: scope.each },
                            wanted,
                            found,
                            depth + 1,
                        );
                    }
                }
                Target::Output { module, key, name: Some(name), .. } => {
                    for child in self.children(scope, &module, key.as_ref(), by_key) {
                        if let Some(output) = self.world.module(&child).and_then(|module| module.outputs.get(&name)) {
                            let scope = Scope { module: &child, key: None, for_each: &Json::Null, behind: &[], each: scope.each };
                            self.collect(&output.expression, scope, wanted, found, depth + 1);
                        }
                    }
                }
                Target::Each { .. } => {
                    self.collect(scope.for_each, Scope { for_each: &Json::Null, each: scope.key, ..scope }, wanted, found, depth + 1);
                }
                _ => {}
            }
        }
    }

    /// What a call hands to a variable of a module, and where that is written.
    fn argument<'m>(&self, module: &'m ModulePath, variable: &str) -> Option<(&'w Json, ModulePath, Option<&'m Key>)> {
        let call = self.world.call(module)?;
        let (parent, _, key) = module.parent()?;
        Some((call.expressions.get(variable)?, parent, key))
    }

    fn references(&self, expression: &Json, scope: Scope<'_>, want: Want, name: &str) -> Found {
        let by_key = uses_key(expression);
        let references = references(expression);
        let mut found = Found::default();
        if let Some(constant) = expression.get("constant_value") {
            found = found.and(known(&Value::known(constant)));
        }
        for target in longest(&references).into_iter().filter_map(Target::parse) {
            found = found.and(self.target(&target, scope, want, by_key));
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

    /// The region that a resource is in.
    pub(crate) fn region_of(&self, instance: &Instance) -> String {
        // Since version 6 of the provider every resource may name its own.
        if let Some(region) = instance.values.step("region").and_then(Value::text) {
            return region.to_owned();
        }
        let written = self.world.provider(instance).and_then(|provider| provider.get("region"));
        written.and_then(|region| self.world.written_text(region)).unwrap_or_else(|| self.region.to_owned())
    }

    /// The account that a resource is in.
    pub(crate) fn account_of(&self, instance: &Instance) -> String {
        let told = self.world.provider(instance).and_then(|provider| self.world.account_of_provider(provider));
        told.unwrap_or_else(|| self.account.to_owned())
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
        fields.iter().all(|(name, expression)| match expression.get("constant_value") {
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

/// The references in an expression, also in the arguments of nested blocks.
fn references(expression: &Json) -> Vec<&str> {
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
fn uses_key(expression: &Json) -> bool {
    references(expression).iter().any(|reference| matches!(*reference, "each.key" | "count.index"))
}

/// What is known is nothing that could be an identity which is not.
fn known(value: &Value) -> Found {
    match value {
        Value::Text(text) => Found { constants: BTreeSet::from([text.clone()]), ..Found::default() },
        Value::List(items) => items.iter().fold(Found::default(), |found, item| found.and(known(item))),
        _ => Found::default(),
    }
}

fn known_at(value: &Value, path: &[String]) -> Found {
    value.at(path.iter().map(String::as_str)).map(known).unwrap_or_default()
}

fn literal(text: &str) -> Part {
    Part::Literal(text.into())
}

/// The one identity that was found, or a symbol that says what is missing.
fn only(instance: &Instance, path: &[&str], found: &Found) -> Text {
    match found.identities.iter().collect::<Vec<_>>()[..] {
        [only] => only.clone(),
        _ => open(instance, path, found),
    }
}

/// A text that nobody knows, which says why.
fn open(instance: &Instance, path: &[&str], found: &Found) -> Text {
    let name = format!("{}.{}", instance.address, path.join("."));
    let from: Vec<&str> = found.open.iter().map(String::as_str).filter(|open| *open != name).collect();
    if from.is_empty() { identity::unknown(&name) } else { identity::unknown(&format!("{name}, made from {}", from.join(", "))) }
}
