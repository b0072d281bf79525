//! What an expression comes to: values with texts that may hold symbols, and what could not be found out.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::policy::Text;
use crate::source::terraform::address::Key;
use crate::source::terraform::identity;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Made {
    /// A text.
    Text(Text),
    /// A number, a truth value, or null.
    Plain(Json),
    /// A list, tuple or set.
    List(Vec<Made>),
    /// A mapping or object.
    Map(BTreeMap<String, Made>),
    /// Not found out, because of this.
    Open(String),
    /// Terraform itself finds nothing there, so that `try` goes on.
    Fails(String),
}

/// The members of a policy that hold no text: without them nothing is known of it.
const STRUCTURE: [&str; 4] = ["Statement", "Principal", "NotPrincipal", "Condition"];

impl Made {
    /// A value that is known.
    pub(super) fn known(json: &Json) -> Self {
        match json {
            Json::String(text) => Self::Text(Text::literal(text.as_str())),
            Json::Array(items) => Self::List(items.iter().map(Self::known).collect()),
            Json::Object(fields) => Self::Map(fields.iter().map(|(key, value)| (key.clone(), Self::known(value))).collect()),
            plain => Self::Plain(plain.clone()),
        }
    }

    /// A text that is known.
    pub(super) fn literal(text: &str) -> Self {
        Self::Text(Text::literal(text))
    }

    /// The value of a key of an instance.
    pub(super) fn key(key: &Key) -> Self {
        match key {
            Key::Number(number) => Self::Plain((*number).into()),
            Key::Text(text) => Self::literal(text),
        }
    }

    /// The value one step into this one.
    pub(super) fn step(&self, step: &str) -> Self {
        let found = match self {
            Self::Map(fields) => fields.get(step),
            Self::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            Self::Open(_) | Self::Fails(_) => Some(self),
            Self::Text(_) | Self::Plain(_) => None,
        };
        found.cloned().unwrap_or_else(|| Self::Fails(format!("no {step}")))
    }

    /// As part of a text.
    pub(crate) fn text(&self) -> Result<Text, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Plain(Json::Null) => Ok(Text::literal("")),
            Self::Plain(plain) => Ok(Text::literal(plain.to_string())),
            Self::Open(what) | Self::Fails(what) => Err(what.clone()),
            Self::List(_) | Self::Map(_) => Err("a list in a text".to_owned()),
        }
    }

    /// Whether nothing of it is open.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Open(_) | Self::Fails(_) => false,
            Self::Text(_) | Self::Plain(_) => true,
            Self::List(items) => items.iter().all(Self::is_whole),
            Self::Map(fields) => fields.values().all(Self::is_whole),
        }
    }

    /// The texts of a list, or of one alone; `None` where something is open.
    pub(crate) fn texts(&self) -> Option<Vec<Text>> {
        match self {
            Self::List(items) => items.iter().map(|item| item.text().ok()).collect(),
            one => Some(vec![one.text().ok()?]),
        }
    }

    /// As the JSON of a policy in which symbols stand written out. A text that is open becomes a symbol of its own, called after `owner`; without its structure nothing is known of a policy.
    pub(crate) fn policy(&self, owner: &str) -> Result<Json, String> {
        let mut count = 0;
        self.json(owner, &mut count)
    }

    fn json(&self, owner: &str, count: &mut usize) -> Result<Json, String> {
        Ok(match self {
            Self::Text(text) => Json::String(text.written().into_owned()),
            Self::Plain(plain) => plain.clone(),
            Self::List(items) => Json::Array(items.iter().map(|item| item.json(owner, count)).collect::<Result<_, _>>()?),
            Self::Map(fields) => {
                let mut members = serde_json::Map::new();
                for (key, value) in fields {
                    if STRUCTURE.contains(&key.as_str()) {
                        value.structure()?;
                    }
                    members.insert(key.clone(), value.json(owner, count)?);
                }
                Json::Object(members)
            }
            Self::Open(what) | Self::Fails(what) => {
                *count += 1;
                Json::String(identity::unknown(&format!("{owner} {count}: {what}")).to_string())
            }
        })
    }

    fn structure(&self) -> Result<(), String> {
        match self {
            Self::Open(what) | Self::Fails(what) => Err(what.clone()),
            Self::List(items) => items.iter().try_for_each(Self::structure),
            _ => Ok(()),
        }
    }
}
