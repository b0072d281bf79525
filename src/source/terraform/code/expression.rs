//! Evaluates expressions of a configuration as far as an identity or the text of a policy may hang on them
//! (<https://developer.hashicorp.com/terraform/language/expressions>). What is not evaluated here says so.

use std::cell::Cell;
use std::collections::BTreeMap;

use hcl_edit::Decorated;
use hcl_edit::expr::{BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, Template};
use serde_json::Value as Json;

use super::files::Code;
use super::functions;
use super::made::Made;
use super::{place, references};
use crate::policy::Text;
use crate::source::terraform::address::{Key, ModulePath};
use crate::source::terraform::resolve::Resolver;
use crate::source::terraform::world::Instance;

/// Expressions are not followed deeper than this.
const MOST_DEPTH: usize = 100;

/// For one attribute no more expressions are evaluated than this.
const MOST_STEPS: usize = 200_000;

/// Makes the document of data `aws_iam_policy_document`.
pub(crate) type Documents = fn(&Evaluator<'_>, &Instance) -> Option<Text>;

/// Evaluates what is written.
pub(crate) struct Evaluator<'a> {
    pub(crate) code: &'a Code,
    pub(crate) resolver: &'a Resolver<'a>,
    pub(super) documents: Documents,
    depth: Cell<usize>,
    steps: Cell<usize>,
    /// Whether what is evaluated stands in a file that `templatefile` has read.
    in_file: Cell<bool>,
}

/// Where an expression stands.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    pub(super) module: &'a ModulePath,
    pub(super) key: Option<&'a Key>,
    /// What `each.value` is, and the names that expressions bind.
    pub(super) names: BTreeMap<String, Made>,
}

impl<'a> Scope<'a> {
    /// That of what stands for the whole of a module.
    pub(super) fn of(module: &'a ModulePath) -> Self {
        Self { module, key: None, names: BTreeMap::new() }
    }
}

impl<'a> Evaluator<'a> {
    /// An evaluator of this configuration.
    pub(crate) fn new(code: &'a Code, resolver: &'a Resolver<'a>, documents: Documents) -> Self {
        Self { code, resolver, documents, depth: Cell::default(), steps: Cell::default(), in_file: Cell::default() }
    }

    /// The value of an attribute as its expression makes it; `None` where it is not written here.
    pub(crate) fn attribute(&self, instance: &Instance, path: &[&str]) -> Option<Made> {
        let body = &self.code.block(instance)?.block.body;
        let found = place::find(body, path, &instance.values)?;
        if !references::agree(found.expression, &found.dynamic, &self.resolver.written_references(instance, path)) {
            return Some(Made::Open("files that the plan was not made of".to_owned()));
        }
        let mut scope = Scope { module: &instance.module, key: instance.key.as_ref(), names: BTreeMap::new() };
        if let (Some(Key::Text(key)), Some(all)) = (&instance.key, body.get_attribute("for_each")) {
            let value = match self.value(&all.value, &scope) {
                // A set of texts, of which each is its own key.
                Made::List(_) => Made::literal(key),
                other => other.step(key),
            };
            scope.names.insert(
                "each".to_owned(),
                Made::Map(BTreeMap::from([("value".to_owned(), value), ("key".to_owned(), Made::literal(key))])),
            );
        }
        for (all, name, index) in found.dynamic {
            let (key, value) = match self.value(all, &scope) {
                Made::List(items) => (Made::Plain(index.into()), items.get(index).cloned()?),
                Made::Map(fields) => fields.into_iter().nth(index).map(|(key, value)| (Made::literal(&key), value))?,
                _ => return None,
            };
            scope.names.insert(name, Made::Map(BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)])));
        }
        let value = self.value(found.expression, &scope);
        Some(found.rest.iter().fold(value, |value, step| value.step(step)))
    }

    pub(super) fn value(&self, expression: &Expression, scope: &Scope<'_>) -> Made {
        let depth = self.depth.get();
        if depth == 0 {
            self.steps.set(0);
        }
        if depth > MOST_DEPTH || self.steps.get() > MOST_STEPS {
            return Made::Open("an expression that goes too far".to_owned());
        }
        self.steps.set(self.steps.get() + 1);
        self.depth.set(depth + 1);
        let value = self.inner(expression, scope);
        self.depth.set(depth);
        value
    }

    fn inner(&self, expression: &Expression, scope: &Scope<'_>) -> Made {
        match expression {
            Expression::Null(_) => Made::Plain(Json::Null),
            Expression::Bool(value) => Made::Plain((*value.value()).into()),
            Expression::Number(number) => Made::Plain(serde_json::from_str(&number.value().to_string()).unwrap_or_default()),
            Expression::String(text) => Made::literal(text.value()),
            Expression::Array(items) => Made::List(items.iter().map(|item| self.value(item, scope)).collect()),
            Expression::Object(object) => {
                let mut fields = BTreeMap::new();
                for (key, value) in object {
                    let key = match key {
                        ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => name.to_string(),
                        ObjectKey::Expression(key) => match self.value(key, scope).text() {
                            Ok(text) => text.written().into_owned(),
                            Err(what) => return Made::Open(what),
                        },
                    };
                    fields.insert(key, self.value(value.expr(), scope));
                }
                Made::Map(fields)
            }
            Expression::StringTemplate(template) => self.elements(template.iter(), template.len(), scope),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, scope),
            Expression::Parenthesis(inner) => self.value(inner.inner(), scope),
            Expression::Variable(name) => scope.names.get(name.as_str()).cloned().unwrap_or_else(|| Made::Open(name.to_string())),
            Expression::Traversal(traversal) => self.traversal(traversal, scope),
            Expression::FuncCall(call) => self.call(call, scope),
            Expression::Conditional(conditional) => match self.value(&conditional.cond_expr, scope) {
                Made::Plain(Json::Bool(true)) => self.value(&conditional.true_expr, scope),
                Made::Plain(Json::Bool(false)) => self.value(&conditional.false_expr, scope),
                _ => Made::Open("a condition".to_owned()),
            },
            Expression::BinaryOp(operation) => {
                let (left, right) = (self.value(&operation.lhs_expr, scope), self.value(&operation.rhs_expr, scope));
                match *operation.operator.value() {
                    BinaryOperator::Eq | BinaryOperator::NotEq if known(&left) && known(&right) => {
                        Made::Plain(((left == right) == (*operation.operator.value() == BinaryOperator::Eq)).into())
                    }
                    _ => Made::Open("an operation".to_owned()),
                }
            }
            Expression::UnaryOp(_) => Made::Open("an operation".to_owned()),
            Expression::ForExpr(each) => self.each(each, scope),
        }
    }

    fn template(&self, template: &Template, scope: &Scope<'_>) -> Made {
        self.elements(template.iter(), template.len(), scope)
    }

    fn elements<'t>(&self, elements: impl Iterator<Item = &'t Element>, count: usize, scope: &Scope<'_>) -> Made {
        let mut parts = Vec::new();
        for element in elements {
            match element {
                Element::Literal(text) => parts.extend(Text::literal(text.as_str()).parts()),
                Element::Interpolation(inner) => match self.value(&inner.expr, scope) {
                    whole if count == 1 => return whole,
                    part => match part.text() {
                        Ok(text) => parts.extend(text.parts()),
                        Err(what) => return Made::Open(what),
                    },
                },
                Element::Directive(_) => return Made::Open("a directive of a template".to_owned()),
            }
        }
        Made::Text(Text::from_parts(parts))
    }

    fn each(&self, each: &ForExpr, scope: &Scope<'_>) -> Made {
        let pairs: Vec<(Made, Made)> = match self.value(&each.intro.collection_expr, scope) {
            Made::List(items) => items.into_iter().enumerate().map(|(index, item)| (Made::Plain(index.into()), item)).collect(),
            Made::Map(fields) => fields.into_iter().map(|(key, value)| (Made::literal(&key), value)).collect(),
            Made::Open(what) => return Made::Open(what),
            _ => return Made::Open("what is no collection".to_owned()),
        };
        let (mut list, mut map) = (Vec::new(), BTreeMap::new());
        for (key, value) in pairs {
            let mut inner = scope.clone();
            if let Some(name) = &each.intro.key_var {
                inner.names.insert(name.to_string(), key);
            }
            inner.names.insert(each.intro.value_var.to_string(), value);
            match each.cond.as_ref().map(|condition| self.value(&condition.expr, &inner)) {
                None | Some(Made::Plain(Json::Bool(true))) => {}
                Some(Made::Plain(Json::Bool(false))) => continue,
                Some(_) => return Made::Open("a condition".to_owned()),
            }
            let value = self.value(&each.value_expr, &inner);
            match each.key_expr.as_ref().map(|key| self.value(key, &inner).text()) {
                None => list.push(value),
                Some(Ok(key)) => {
                    map.insert(key.written().into_owned(), value);
                }
                Some(Err(what)) => return Made::Open(what),
            }
        }
        if each.key_expr.is_some() { Made::Map(map) } else { Made::List(list) }
    }

    fn call(&self, call: &FuncCall, scope: &Scope<'_>) -> Made {
        let arguments: Vec<Made> = call.args.iter().map(|argument| self.value(argument, scope)).collect();
        match (call.name.name.as_str(), arguments.as_slice()) {
            ("file", [file]) => self.file(file, scope).map_or_else(Made::Open, |text| Made::literal(&text)),
            ("templatefile", [file, Made::Map(names)]) => self.template_file(file, names, scope).unwrap_or_else(Made::Open),
            (name, _) => functions::call(name, arguments, &scope.module.to_string()),
        }
    }

    /// What a template in a file makes. There it may not be called again
    /// (<https://developer.hashicorp.com/terraform/language/functions/templatefile>).
    fn template_file(&self, file: &Made, names: &BTreeMap<String, Made>, scope: &Scope<'_>) -> Result<Made, String> {
        if self.in_file.get() {
            return Err("a template in a template".to_owned());
        }
        let template: Template = self.file(file, scope)?.parse().map_err(|_| "a file that is no template".to_owned())?;
        self.in_file.set(true);
        let made = self.template(&template, &Scope { module: scope.module, key: None, names: names.clone() });
        self.in_file.set(false);
        Ok(made)
    }

    /// The text of a file of the configuration.
    fn file(&self, name: &Made, scope: &Scope<'_>) -> Result<String, String> {
        let name = name.text()?;
        let path: Vec<String> = scope.module.0.iter().map(|(name, _)| name.clone()).collect();
        name.as_literal().and_then(|name| self.code.file(&path, name)).ok_or_else(|| format!("the file {name}"))
    }

    fn traversal(&self, traversal: &Traversal, scope: &Scope<'_>) -> Made {
        let Expression::Variable(root) = &traversal.expr else {
            return self.through(self.value(&traversal.expr, scope), &traversal.operators, scope);
        };
        let operators = traversal.operators.as_slice();
        if let Some(value) = scope.names.get(root.as_str()) {
            return self.through(value.clone(), operators, scope);
        }
        let first = match operators.first().map(Decorated::value) {
            Some(TraversalOperator::GetAttr(name)) => name.as_str(),
            _ => return Made::Open(root.to_string()),
        };
        let path: Vec<String> = scope.module.0.iter().map(|(name, _)| name.clone()).collect();
        match (root.as_str(), first) {
            ("each", "key") | ("count", "index") => scope.key.map_or_else(|| Made::Open("each.key".to_owned()), Made::key),
            ("local", name) => match self.code.module(&path).and_then(|files| files.locals.get(name)) {
                Some(expression) => {
                    let outer = Scope { module: scope.module, key: None, names: BTreeMap::new() };
                    self.through(self.value(expression, &outer), &operators[1..], scope)
                }
                None => Made::Open(format!("local.{name}")),
            },
            ("path", "module" | "root" | "cwd") => {
                let folder = self.code.folder(if first == "module" { &path } else { &[] });
                folder.map_or_else(|| Made::Open(format!("path.{first}")), |folder| Made::literal(&folder))
            }
            ("var", name) => self.through(self.variable(name, &path, scope), &operators[1..], scope),
            _ => self.reference(root.as_str(), operators, scope),
        }
    }

    fn variable(&self, name: &str, path: &[String], scope: &Scope<'_>) -> Made {
        let world = self.resolver.world;
        let default = || world.module(scope.module)?.variables.get(name)?.default.as_ref().map(Made::known);
        let Some((parent, call, key)) = scope.module.parent() else {
            return world.variable(name).map_or_else(|| Made::Open(format!("var.{name}")), Made::known);
        };
        let written = path.split_last().and_then(|(_, before)| self.code.module(before)?.calls.get(call)?.body.get_attribute(name));
        let Some(attribute) = written else { return default().unwrap_or_else(|| Made::Open(format!("var.{name}"))) };
        self.value(&attribute.value, &Scope { module: &parent, key, names: BTreeMap::new() })
    }

    /// What a reference to a resource, to data or to an output of a module gives.
    fn reference(&self, root: &str, operators: &[Decorated<TraversalOperator>], scope: &Scope<'_>) -> Made {
        let mut text = root.to_owned();
        for (index, operator) in operators.iter().enumerate() {
            match operator.value() {
                TraversalOperator::GetAttr(name) => text = format!("{text}.{name}"),
                TraversalOperator::Index(index) => match self.value(index, scope) {
                    Made::Plain(number) => text = format!("{text}[{number}]"),
                    Made::Text(key) if key.as_literal().is_some() => text = format!("{text}[{}]", Json::from(key.written().as_ref())),
                    _ => return Made::Open(text),
                },
                TraversalOperator::LegacyIndex(index) => text = format!("{text}[{}]", index.value()),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    return self.through(self.target(&text, scope.module), &operators[index..], scope);
                }
            }
        }
        self.target(&text, scope.module)
    }

    fn through(&self, value: Made, operators: &[Decorated<TraversalOperator>], scope: &Scope<'_>) -> Made {
        let splat =
            |it: &Decorated<TraversalOperator>| matches!(it.value(), TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_));
        if let Some(at) = operators.iter().position(splat) {
            let items = match self.through(value, &operators[..at], scope) {
                Made::List(items) => items,
                missing @ (Made::Open(_) | Made::Fails(_)) => return missing,
                // A value that is no list counts as a list of one, and null as one of none.
                Made::Plain(Json::Null) => Vec::new(),
                one => vec![one],
            };
            return Made::List(items.into_iter().map(|item| self.through(item, &operators[at + 1..], scope)).collect());
        }
        operators.iter().fold(value, |value, operator| match operator.value() {
            TraversalOperator::GetAttr(name) => value.step(name.as_str()),
            TraversalOperator::LegacyIndex(index) => value.step(&index.value().to_string()),
            TraversalOperator::Index(index) => match self.value(index, scope).text() {
                Ok(step) if step.as_literal().is_some() => value.step(&step.written()),
                Ok(step) => Made::Open(format!("item {step}")),
                Err(what) => Made::Open(what),
            },
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Made::Open("a splat of a splat".to_owned()),
        })
    }
}

/// Whether nothing about a value is a symbol.
fn known(value: &Made) -> bool {
    match value {
        Made::Text(text) => text.as_literal().is_some(),
        Made::Plain(_) => true,
        _ => false,
    }
}
