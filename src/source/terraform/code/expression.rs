//! Evaluates expressions of a configuration as far as an identity or the text of a policy may hang on them
//! (<https://developer.hashicorp.com/terraform/language/expressions>). What is not evaluated here says so.

use std::cell::Cell;
use std::collections::BTreeMap;

use hcl_edit::expr::{Conditional, Expression, FuncCall, Object, ObjectKey};
use hcl_edit::structure::Body;
use hcl_edit::template::Template;
use serde_json::Value as Json;

use super::files::Code;
use super::functions;
use super::made::Made;
use super::unify::{may_be_converted, unified};
use super::{operations, references};
use crate::policy::Text;
use crate::source::terraform::address::{Key, ModulePath};
use crate::source::terraform::resolve::Resolver;
use crate::source::terraform::world::Instance;

/// Expressions are not followed deeper than this.
const MOST_DEPTH: usize = 100;

/// For one attribute no more expressions are evaluated than this.
const MOST_STEPS: usize = 200_000;

/// The values of all expressions of one attribute together weigh no more than this, in bytes.
const MOST_WEIGHT: usize = 64 << 20;

/// Makes the document of data `aws_iam_policy_document`.
pub(crate) type Documents = fn(&Evaluator<'_>, &Instance) -> Option<Text>;

/// Evaluates what is written.
pub(crate) struct Evaluator<'a> {
    pub(crate) code: &'a Code,
    pub(crate) resolver: &'a Resolver<'a>,
    pub(super) documents: Documents,
    depth: Cell<usize>,
    steps: Cell<usize>,
    weight: Cell<usize>,
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

    /// The same place for one item of a collection.
    pub(super) fn with(&self, key_name: Option<&str>, key: Made, name: &str, value: Made) -> Self {
        let mut inner = self.clone();
        inner.names.extend(key_name.map(|name| (name.to_owned(), key)));
        inner.names.insert(name.to_owned(), value);
        inner
    }
}

impl<'a> Evaluator<'a> {
    /// An evaluator of this configuration.
    pub(crate) fn new(code: &'a Code, resolver: &'a Resolver<'a>, documents: Documents) -> Self {
        Self {
            code,
            resolver,
            documents,
            depth: Cell::default(),
            steps: Cell::default(),
            weight: Cell::default(),
            in_file: Cell::default(),
        }
    }

    /// The value of an attribute as its expression makes it; `None` where it is not written here.
    pub(crate) fn attribute(&self, instance: &Instance, path: &[&str]) -> Option<Made> {
        let body = &self.code.block(instance)?.block.body;
        let found = self.find(body, path, instance)?;
        let Some(expression) = found.expression else { return Some(Made::Plain(Json::Null)) };
        // Of dynamic blocks a plan says nothing.
        if !found.is_moved && !references::agree(expression, &self.resolver.written_references(instance, path)) {
            return Some(Made::Open("files that the plan was not made of".to_owned()));
        }
        let value = self.value(expression, &found.scope);
        Some(found.rest.iter().fold(value, |value, step| within(value, step)))
    }

    /// Where the expressions of this block stand, for the instance of this key.
    pub(super) fn place<'s>(&self, module: &'s ModulePath, key: Option<&'s Key>, body: &Body) -> Scope<'s> {
        let mut scope = Scope { key, ..Scope::of(module) };
        if let (Some(Key::Text(key)), Some(all)) = (key, body.get_attribute("for_each")) {
            let value = match self.value(&all.value, &Scope::of(module)) {
                // A set of texts, of which each is its own key.
                Made::List(_) | Made::Set(_) => Made::literal(key),
                other => other.step(key),
            };
            scope.names.insert("each".to_owned(), item(Made::literal(key), value));
        }
        scope
    }

    pub(super) fn value(&self, expression: &Expression, scope: &Scope<'_>) -> Made {
        let depth = self.depth.get();
        if depth == 0 {
            self.steps.set(0);
            self.weight.set(0);
        }
        if depth > MOST_DEPTH || self.steps.get() > MOST_STEPS || self.weight.get() > MOST_WEIGHT {
            return Made::Open("an expression that goes too far".to_owned());
        }
        self.steps.set(self.steps.get() + 1);
        self.depth.set(depth + 1);
        let value = self.inner(expression, scope);
        self.depth.set(depth);
        self.weight.set(self.weight.get().saturating_add(value.weight()));
        value
    }

    fn inner(&self, expression: &Expression, scope: &Scope<'_>) -> Made {
        match expression {
            Expression::Null(_) => Made::Plain(Json::Null),
            Expression::Bool(value) => Made::Plain((*value.value()).into()),
            Expression::Number(number) => Made::number(&number.value().to_string()),
            Expression::String(text) => Made::literal(text.value()),
            Expression::Array(items) => Made::list(items.iter().map(|item| self.value(item, scope)).collect()),
            Expression::Object(object) => self.object(object, scope),
            Expression::StringTemplate(template) => self.quoted(template, scope),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, scope),
            Expression::Parenthesis(inner) => self.value(inner.inner(), scope),
            Expression::Variable(name) => scope.names.get(name.as_str()).cloned().unwrap_or_else(|| Made::Open(name.to_string())),
            Expression::Traversal(traversal) => self.traversal(traversal, scope),
            Expression::FuncCall(call) => self.call(call, scope),
            Expression::Conditional(conditional) => self.conditional(conditional, scope),
            Expression::BinaryOp(operation) => {
                let (left, right) = (self.value(&operation.lhs_expr, scope), self.value(&operation.rhs_expr, scope));
                operations::binary(*operation.operator.value(), &left, &right)
            }
            Expression::UnaryOp(operation) => operations::unary(*operation.operator.value(), &self.value(&operation.expr, scope)),
            Expression::ForExpr(each) => self.each(each, scope),
        }
    }

    /// One of two results, as a value of the type that fits both.
    fn conditional(&self, conditional: &Conditional, scope: &Scope<'_>) -> Made {
        let condition = self.value(&conditional.cond_expr, scope);
        let (chosen, other) = match condition.truth() {
            Some(true) => (&conditional.true_expr, &conditional.false_expr),
            Some(false) => (&conditional.false_expr, &conditional.true_expr),
            None if matches!(condition, Made::Fails(_)) => return condition,
            None => return Made::Open("a condition".to_owned()),
        };
        let value = self.value(chosen, scope);
        let is_fixed = !may_be_converted(&value) && !matches!(value, Made::List(_));
        if is_fixed || matches!(other, Expression::Null(_)) {
            return value;
        }
        let other = match self.value(other, scope) {
            Made::Fails(_) => return value,
            // Null is taken for one of the same type, unless a variable says that it would be a text.
            Made::Plain(Json::Null) if self.is_text(other, scope) => Made::literal(""),
            other => other,
        };
        match unified(&[value, other]).map(|both| both.into_iter().next()) {
            Some(value) => value.unwrap_or(Made::Plain(Json::Null)),
            None => Made::Fails("results of different types".to_owned()),
        }
    }

    fn object(&self, object: &Object, scope: &Scope<'_>) -> Made {
        let mut fields = BTreeMap::new();
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => name.to_string(),
                // What stands there without parentheses is a name.
                ObjectKey::Expression(Expression::Null(_)) => "null".to_owned(),
                ObjectKey::Expression(key) => match self.value(key, scope) {
                    fails @ Made::Fails(_) => return fails,
                    Made::Plain(Json::Null) => return Made::Fails("null as a key".to_owned()),
                    key => match key.text() {
                        Ok(text) => text.written().into_owned(),
                        Err(what) => return Made::Open(what),
                    },
                },
            };
            fields.insert(key, self.value(value.expr(), scope));
        }
        Made::map(fields)
    }

    fn call(&self, call: &FuncCall, scope: &Scope<'_>) -> Made {
        let mut arguments: Vec<Made> = call.args.iter().map(|argument| self.value(argument, scope)).collect();
        let name = functions::name(&call.name);
        if call.args.expand_final() {
            match arguments.pop() {
                Some(Made::List(items) | Made::Set(items)) => arguments.extend(items),
                Some(fails @ Made::Fails(_)) => return fails,
                _ => return Made::Open(format!("what {name} gives")),
            }
        }
        match (name.as_str(), arguments.as_slice()) {
            ("file", [file]) => self.file(file, scope).map_or_else(Made::Open, |text| Made::literal(&text)),
            ("templatefile", [file, Made::Map(names)]) => self.template_file(file, names, scope).unwrap_or_else(Made::Open),
            (name, arguments) => functions::call(name, arguments, &scope.module.to_string()),
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
}

/// What `each` and the name of a dynamic block stand for.
pub(super) fn item(key: Made, value: Made) -> Made {
    Made::Map(BTreeMap::from([("key".to_owned(), key), ("value".to_owned(), value)]))
}

/// One step into the value of an attribute. A block of which there is one may be written without a list in JSON.
fn within(value: Made, step: &str) -> Made {
    match &value {
        Made::Map(fields) if step == "0" && !fields.contains_key(step) => value,
        _ => value.step(step),
    }
}
