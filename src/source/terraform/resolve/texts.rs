//! Attributes as texts: what the plan knows, and of what it does not know the identity that it comes from. A plan tells which references an expression has, and not
//! what it makes of them. An attribute that names one thing is the one thing that it refers to, since with another text it could not be applied; where it refers to
//! several, where more may stand in a text than a name, or where the plan does not tell the rest, it stays open and says why.

use super::found::{Found, Want, known};
use super::resolver::Resolver;
use crate::policy::Text;
use crate::source::terraform::identity::{self, Kind};
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// References are not followed through more steps than these.
pub(super) const MOST_STEPS: usize = 64;

/// Attributes that name a function, maybe with a version or an alias behind it.
const QUALIFIED: [(&str, &str); 3] = [
    ("aws_secretsmanager_secret_rotation", "rotation_lambda_arn"),
    ("aws_secretsmanager_secret", "rotation_lambda_arn"),
    ("aws_lambda_permission", "function_name"),
];

impl Resolver<'_> {
    /// Where the attribute at `path` of this instance comes from.
    pub(super) fn attribute(&self, instance: &Instance, path: &[&str], want: Want) -> Found {
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
        if let Some(found) = self.identity(instance, &path.join("."), want) {
            return found;
        }
        let found = self.expression(instance, path).map(|(expression, scope)| self.references(expression, scope, want, &name));
        found.unwrap_or_else(|| Found::open(name))
    }

    /// A text of an instance, if it is set. What is not known is the identity that it comes from, or a symbol that says what is missing.
    pub(crate) fn text(&self, instance: &Instance, path: &[&str], want: Want) -> Option<Text> {
        match instance.values.at(path.iter().copied())? {
            Value::Text(text) => Some(Text::literal(text.as_str())),
            Value::Unknown => {
                let found = self.attribute(instance, path, want);
                let only = found.only().filter(|only| !self.may_be_qualified(instance, path, only));
                Some(only.cloned().unwrap_or_else(|| self.open(instance, path, &found)))
            }
            _ => None,
        }
    }

    /// The items of a list of an instance; `None` where it is not set. Items that are not known are the identities that the list comes from, where there are as many of
    /// these; of a list of which nothing is known, not even how many items it has, the one identity that it comes from.
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
        let fits = match holes {
            Some(holes) => found.open.is_empty() && holes == found.identities.len(),
            None => found.constants.is_empty() && found.only().is_some(),
        };
        if fits {
            return Some(known.into_iter().chain(found.identities).collect());
        }
        // Each may be something else.
        let symbol = |index: usize| self.open(instance, &[path, &[&index.to_string()]].concat(), &found);
        Some(known.into_iter().chain((0..holes.unwrap_or(1)).map(symbol)).collect())
    }

    /// Whether an attribute that refers to this function may name a version or an alias of it as well: there is one, and the plan does not show whether it is meant.
    fn may_be_qualified(&self, instance: &Instance, path: &[&str], function: &Text) -> bool {
        let [attribute] = path else { return false };
        if !QUALIFIED.contains(&(instance.kind.as_str(), attribute)) {
            return false;
        }
        let Some(made) = self.function_called(function) else { return false };
        let names_it = |alias: &Instance| {
            let of = self.text(alias, &["function_name"], Want { kind: Kind::Function, attribute: "function_name" });
            of.is_none_or(|of| {
                let of_application = || self.applications().get(&made.address).is_some_and(|it| of.written() == it.function.arn.name());
                of.has_unknown()
                    || of == self.arn(made)
                    || of_application()
                    || Some(of) == self.text(made, &["function_name"], Want::id(Kind::Any))
            })
        };
        made.values.step("publish").and_then(Value::text) == Some("true") || self.world.of_kind("aws_lambda_alias").any(names_it)
    }

    /// A text that nobody knows, which says why.
    fn open(&self, instance: &Instance, path: &[&str], found: &Found) -> Text {
        let name = format!("{}.{}", instance.address, path.join("."));
        let mut from: Vec<&str> = found.open.iter().map(String::as_str).filter(|open| *open != name).collect();
        if from.is_empty() {
            from = self.written_references(instance, path);
        }
        let from = if from.is_empty() { String::new() } else { format!(", made from {}", from.join(", ")) };
        identity::unknown(&format!("{name}{from}{}", self.way_out()))
    }

    /// What to do about an expression that the plan does not show.
    pub(crate) fn way_out(&self) -> &'static str {
        if self.has_source { "" } else { "; --source shows how" }
    }
}
