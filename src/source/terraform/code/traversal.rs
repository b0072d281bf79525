//! What stands behind a name: local values, variables, what is gone through, and references to resources, data and modules
//! (<https://developer.hashicorp.com/terraform/language/expressions/references>). `expression` asks here.

use hcl_edit::Decorated;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use serde_json::Value as Json;

use super::expression::{Evaluator, Scope};
use super::made::Made;

impl Evaluator<'_> {
    pub(super) fn traversal(&self, traversal: &Traversal, scope: &Scope<'_>) -> Made {
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
                Some(expression) => self.through(self.value(expression, &Scope::of(scope.module)), &operators[1..], scope),
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

    /// The value of a variable of a module: what the call gives it, in the type that is declared.
    fn variable(&self, name: &str, path: &[String], scope: &Scope<'_>) -> Made {
        let world = self.resolver.world;
        let declaration = self.code.module(path).and_then(|files| files.variables.get(name));
        let (given, default) = match scope.module.parent() {
            // A plan tells the values of the root's variables as they were given, and the defaults of those that were not.
            None => (world.variable(name).map(Made::known), None),
            Some((parent, call, key)) => {
                let call = path.split_last().and_then(|(_, before)| self.code.module(before)?.calls.get(call));
                let given = call.and_then(|call| {
                    let attribute = call.body.get_attribute(name)?;
                    Some(self.value(&attribute.value, &self.place(&parent, key, &call.body)))
                });
                (given, world.module(scope.module).and_then(|module| module.variables.get(name)?.default.as_ref()).map(Made::known))
            }
        };
        let value = match declaration {
            Some(declaration) => self.declared(declaration, given, scope),
            None => given.or(default),
        };
        value.unwrap_or_else(|| Made::Open(format!("var.{name}")))
    }

    /// Whether this is a variable that is declared to be a text.
    pub(super) fn is_text(&self, expression: &Expression, scope: &Scope<'_>) -> bool {
        let Expression::Traversal(traversal) = expression else { return false };
        let (Expression::Variable(root), [step]) = (&traversal.expr, traversal.operators.as_slice()) else { return false };
        let TraversalOperator::GetAttr(name) = step.value() else { return false };
        let path: Vec<String> = scope.module.0.iter().map(|(name, _)| name.clone()).collect();
        let declared = self.code.module(&path).and_then(|files| files.variables.get(name.as_str())?.get_attribute("type"));
        let is_string = |kind: &Expression| matches!(kind, Expression::Variable(kind) if kind.as_str() == "string");
        root.as_str() == "var" && declared.is_some_and(|kind| is_string(&kind.value))
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
            let all = match self.through(value, &operators[..at], scope) {
                all @ (Made::List(_) | Made::Set(_)) => all,
                missing @ (Made::Open(_) | Made::Fails(_)) => return missing,
                // A value that is no list counts as a list of one, and null as one of none.
                Made::Plain(Json::Null) => Made::List(Vec::new()),
                one => Made::List(vec![one]),
            };
            let after = &operators[at + 1..];
            // Behind `.*` an index counts for the whole list.
            let in_brackets =
                |it: &&Decorated<TraversalOperator>| matches!(it.value(), TraversalOperator::Index(_) | TraversalOperator::FullSplat(_));
            let of_each = match operators[at].value() {
                TraversalOperator::AttrSplat(_) => after.iter().take_while(|it| !in_brackets(it)).count(),
                _ => after.len(),
            };
            let (of_each, of_all) = after.split_at(of_each);
            let items = all.items().unwrap_or_default().iter().map(|item| self.through(item.clone(), of_each, scope)).collect();
            return self.through(if all.is_placed() { Made::list(items) } else { Made::unplaced(items) }, of_all, scope);
        }
        operators.iter().fold(value, |value, operator| match operator.value() {
            TraversalOperator::GetAttr(name) => value.step(name.as_str()),
            TraversalOperator::LegacyIndex(index) => value.step(&index.value().to_string()),
            TraversalOperator::Index(index) => match self.value(index, scope).text() {
                Ok(step) if step.as_literal().is_some() => value.step(&step.written()),
                Ok(step) => Made::Open(format!("item {step}")),
                Err(_) if matches!(value, Made::Fails(_)) => value,
                Err(what) => Made::Open(what),
            },
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Made::Open("a splat of a splat".to_owned()),
        })
    }
}
