//! The values of a resource after the plan was applied: what is known of them, with holes where Terraform does not know.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A value, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Value {
    /// Not set.
    #[default]
    Null,
    /// A text, a number or a truth value.
    Text(String),
    /// A list or a set.
    List(Vec<Value>),
    /// A mapping, an object or a block.
    Map(BTreeMap<String, Value>),
    /// Known after apply.
    Unknown,
}

impl Value {
    /// A value that is known in full.
    pub(crate) fn known(json: &Json) -> Self {
        Self::of(json, &Json::Null)
    }

    /// What `after` says, with holes where `unknown` says `true`.
    pub(crate) fn of(after: &Json, unknown: &Json) -> Self {
        match (after, unknown) {
            (_, Json::Bool(true)) => Self::Unknown,
            (Json::Null, Json::Object(marks)) if !marks.is_empty() => Self::Map(fields(None, marks)),
            (Json::Object(values), Json::Object(marks)) => Self::Map(fields(Some(values), marks)),
            (Json::Object(values), _) => Self::Map(fields(Some(values), &serde_json::Map::new())),
            (Json::Null, Json::Array(marks)) if !marks.is_empty() => {
                Self::List(marks.iter().map(|mark| Self::of(&Json::Null, mark)).collect())
            }
            (Json::Array(items), Json::Array(marks)) => {
                let count = items.len().max(marks.len());
                Self::List(
                    (0..count).map(|at| Self::of(items.get(at).unwrap_or(&Json::Null), marks.get(at).unwrap_or(&Json::Null))).collect(),
                )
            }
            (Json::Array(items), _) => Self::List(items.iter().map(Self::known).collect()),
            (Json::Null, _) => Self::Null,
            (Json::Bool(value), _) => Self::Text(value.to_string()),
            (Json::Number(number), _) => Self::Text(number.to_string()),
            (Json::String(text), _) => Self::Text(text.clone()),
        }
    }

    /// The value at this step: a key, or the number of an item. Into what is not known every step leads to what is not known.
    pub(crate) fn step(&self, step: &str) -> Option<&Self> {
        match self {
            Self::Unknown => Some(self),
            Self::Map(fields) => fields.get(step),
            Self::List(items) => items.get(step.parse::<usize>().ok()?),
            Self::Null | Self::Text(_) => None,
        }
    }

    /// The value at the end of these steps. What is not set is not there.
    pub(crate) fn at<'s>(&self, path: impl IntoIterator<Item = &'s str>) -> Option<&Self> {
        path.into_iter().try_fold(self, |value, step| value.step(step)).filter(|value| **value != Self::Null)
    }

    /// A text, if it is one that is known.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; a block that there is once is a list of one.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Map(_) => std::slice::from_ref(self),
            _ => &[],
        }
    }
}

fn fields(values: Option<&serde_json::Map<String, Json>>, marks: &serde_json::Map<String, Json>) -> BTreeMap<String, Value> {
    let known = values.into_iter().flatten().map(|(key, value)| (key.clone(), Value::of(value, marks.get(key).unwrap_or(&Json::Null))));
    let holes = marks.iter().filter(|(key, _)| !values.is_some_and(|values| values.contains_key(*key)));
    known.chain(holes.map(|(key, mark)| (key.clone(), Value::of(&Json::Null, mark)))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hole_is_where_the_mark_is() {
        let value = Value::of(
            &json!({"name": "a", "days": 3, "on": true, "rules": [{"to": 1}, {}], "none": null, "list": [null, "x"]}),
            &json!({"arn": true, "rules": [{}, {"id": true}], "list": [true, false], "new": [{"id": true}], "none": false, "tags": {}}),
        );
        let at = |path: &str| value.at(path.split('.')).cloned();
        assert_eq!(at("name"), Some(Value::Text("a".to_owned())));
        assert_eq!(at("days"), Some(Value::Text("3".to_owned())));
        assert_eq!(at("on"), Some(Value::Text("true".to_owned())));
        for hole in ["arn", "rules.1.id", "list.0", "new.0.id", "arn.anything"] {
            assert_eq!(at(hole), Some(Value::Unknown), "{hole}");
        }
        for nothing in ["none", "tags", "rules.0.id", "rules.2", "name.x", "nowhere"] {
            assert_eq!(at(nothing), None, "{nothing}");
        }
        assert_eq!(at("list.1"), Some(Value::Text("x".to_owned())));
    }
}
