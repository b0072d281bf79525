//! What a variable makes of the value that it is given: Terraform converts it to the type that is declared, which drops attributes, adds optional ones and turns
//! numbers into texts (<https://developer.hashicorp.com/terraform/language/expressions/type-constraints>). `traversal` asks here.

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey};
use hcl_edit::structure::Body;
use serde_json::Value as Json;

use super::expression::{Evaluator, Scope};
use super::made::Made;
use super::unify::unified;
use crate::source::terraform::address::ModulePath;

impl Evaluator<'_> {
    /// What a variable is in this module that is given this value, or none.
    pub(super) fn declared(&self, declaration: &Body, given: Option<Made>, scope: &Scope<'_>) -> Option<Made> {
        let attribute = |name: &str| declaration.get_attribute(name).map(|attribute| &attribute.value);
        let outside = Scope::of(scope.module);
        let default = || attribute("default").map(|default| self.value(default, &outside));
        let is_nullable = match attribute("nullable").map(|nullable| self.value(nullable, &outside).truth()) {
            None | Some(Some(true)) => true,
            Some(Some(false)) => false,
            Some(None) => return None,
        };
        let value = match given {
            None => default()?,
            Some(Made::Plain(Json::Null)) if !is_nullable => default()?,
            // It may be null, and then it is the default.
            Some(Made::Open(what)) => Made::Open(what),
            Some(value) => value,
        };
        Some(attribute("type").map_or_else(|| value.clone(), |kind| self.converted(&value, kind)))
    }

    fn converted(&self, value: &Made, kind: &Expression) -> Made {
        if matches!(value, Made::Open(_) | Made::Fails(_) | Made::Plain(Json::Null)) {
            return value.clone();
        }
        let made = match kind {
            Expression::Variable(name) => simple(value, name.as_str()),
            Expression::FuncCall(call) => self.collected(value, call),
            // Terraform 0.11 wrote types in quotes.
            Expression::String(_) => Some(value.clone()),
            _ => None,
        };
        made.unwrap_or_else(|| Made::Open("a value of another type".to_owned()))
    }

    fn collected(&self, value: &Made, call: &FuncCall) -> Option<Made> {
        let of = call.args.iter().next()?;
        // Of `any` it is one type for all items.
        let all = |items: Vec<Made>| match of {
            Expression::Variable(name) if name.as_str() == "any" => unified(&items),
            _ => Some(items),
        };
        let each = |items: &[Made]| all(items.iter().map(|item| self.converted(item, of)).collect());
        Some(match (call.name.name.as_str(), value) {
            ("list", Made::List(items)) => Made::list(each(items)?),
            ("set", Made::List(items) | Made::Set(items)) => Made::set(each(items)?),
            // A set is put in order before it becomes a list.
            ("list", set @ Made::Set(items)) if set.is_placed() => Made::list(each(items)?),
            ("list", Made::Set(items)) => Made::unplaced(each(items)?),
            ("map", Made::Map(fields)) => {
                let values = each(&fields.values().cloned().collect::<Vec<_>>())?;
                Made::map(fields.keys().cloned().zip(values).collect())
            }
            ("object", Made::Map(fields)) => self.object_of(fields, of.as_object()?)?,
            ("tuple", Made::List(items)) => {
                let kinds = of.as_array()?;
                let same = kinds.len() == items.len();
                same.then(|| Made::list(items.iter().zip(kinds.iter()).map(|(item, kind)| self.converted(item, kind)).collect()))?
            }
            _ => return None,
        })
    }

    fn object_of(&self, fields: &BTreeMap<String, Made>, kinds: &Object) -> Option<Made> {
        let mut all = BTreeMap::new();
        for (key, kind) in kinds {
            let name = match key {
                ObjectKey::Ident(name) | ObjectKey::Expression(Expression::Variable(name)) => name.to_string(),
                ObjectKey::Expression(Expression::String(name)) => name.to_string(),
                ObjectKey::Expression(_) => return None,
            };
            let given = fields.get(&name).filter(|value| **value != Made::Plain(Json::Null));
            let optional = kind.expr().as_func_call().filter(|call| call.name.name.as_str() == "optional");
            let value = match (given, optional) {
                (Some(value), Some(call)) => self.converted(value, call.args.iter().next()?),
                (Some(value), None) => self.converted(value, kind.expr()),
                (None, Some(call)) => match call.args.iter().nth(1) {
                    Some(default) => {
                        let default = self.value(default, &Scope::of(&ModulePath::default()));
                        self.converted(&default, call.args.iter().next()?)
                    }
                    None => Made::Plain(Json::Null),
                },
                (None, None) if fields.contains_key(&name) => Made::Plain(Json::Null),
                (None, None) => return None,
            };
            all.insert(name, value);
        }
        Some(Made::map(all))
    }
}

/// A value as one of the types that have no parts.
fn simple(value: &Made, kind: &str) -> Option<Made> {
    match (kind, value) {
        ("any" | "list" | "map", _) | ("string", Made::Text(_)) | ("number", Made::Plain(Json::Number(_))) => Some(value.clone()),
        ("string", Made::Plain(plain)) => Some(Made::literal(&plain.to_string())),
        ("number", Made::Text(_)) => value.as_number().map(|number| Made::Plain(number.into())),
        ("bool", _) => value.truth().map(|truth| Made::Plain(truth.into())),
        _ => None,
    }
}
