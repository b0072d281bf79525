//! What an expression comes to: values with texts that may hold symbols, and what could not be found out.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::policy::{Part, Text};
use crate::source::terraform::address::Key;
use crate::source::terraform::identity;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Made {
    /// A text.
    Text(Text),
    /// A number, a truth value, or null.
    Plain(Json),
    /// A list or tuple.
    List(Vec<Made>),
    /// A set. Its items are in order where all of them are known.
    Set(Vec<Made>),
    /// A mapping or object.
    Map(BTreeMap<String, Made>),
    /// Not found out, because of this.
    Open(String),
    /// Terraform itself finds nothing there, so that `try` goes on.
    Fails(String),
}

/// The members of a policy that hold no text: without them nothing is known of it.
const STRUCTURE: [&str; 4] = ["Statement", "Principal", "NotPrincipal", "Condition"];

/// Below this every whole number has a floating-point number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A floating-point number keeps this many digits.
const DIGITS: usize = 15;

impl Made {
    /// A value that is known.
    pub(super) fn known(json: &Json) -> Self {
        match json {
            Json::String(text) => Self::Text(Text::literal(text.as_str())),
            Json::Array(items) => Self::List(items.iter().map(Self::known).collect()),
            Json::Object(fields) => Self::Map(fields.iter().map(|(key, value)| (key.clone(), Self::known(value))).collect()),
            Json::Number(number) => Self::number(&number.to_string()),
            plain => Self::Plain(plain.clone()),
        }
    }

    /// A text that is known.
    pub(super) fn literal(text: &str) -> Self {
        Self::Text(Text::literal(text))
    }

    /// A number as it is written. One of which not all digits are kept is open.
    pub(super) fn number(written: &str) -> Self {
        let number: Json = serde_json::from_str(written).unwrap_or_default();
        if number.as_i64().is_some() || number.as_u64().is_some() {
            return Self::Plain(number);
        }
        match number.as_f64() {
            // `5.0` is 5.
            Some(float) if float.fract() == 0.0 && float.abs() < EXACT => {
                Self::Plain(format!("{float:.0}").parse::<i64>().map_or(number, Json::from))
            }
            Some(_) if written.bytes().filter(u8::is_ascii_digit).count() <= DIGITS && !number.to_string().contains('e') => {
                Self::Plain(number)
            }
            _ => Self::Open("a number of many digits".to_owned()),
        }
    }

    /// A list. Where one of its items fails, all of it does.
    pub(super) fn list(items: Vec<Self>) -> Self {
        items.iter().find(|item| matches!(item, Self::Fails(_))).cloned().unwrap_or(Self::List(items))
    }

    /// A mapping. Where one of its values fails, all of it does.
    pub(super) fn map(fields: BTreeMap<String, Self>) -> Self {
        fields.values().find(|value| matches!(value, Self::Fails(_))).cloned().unwrap_or(Self::Map(fields))
    }

    /// A list of which nobody knows in what order it is. Where one of its items fails, all of it does.
    pub(super) fn unplaced(items: Vec<Self>) -> Self {
        items.iter().find(|item| matches!(item, Self::Fails(_))).cloned().unwrap_or(Self::Set(items))
    }

    /// A set of these: each once and, where all are known, in the order of their texts or numbers.
    pub(super) fn set(items: Vec<Self>) -> Self {
        let mut once: Vec<Self> = Vec::new();
        for item in items {
            if !once.contains(&item) {
                once.push(item);
            }
        }
        if once.iter().all(|item| item.certain().is_some()) {
            once.sort_by(|one, other| one.certain().cmp(&other.certain()));
        } else if once.iter().all(|item| item.whole_number().is_some()) {
            once.sort_by_key(Self::whole_number);
        }
        Self::Set(once)
    }

    /// Whether it is known which item of it stands at which place: of a set or a mapping none may turn out to be several, none or the same as another.
    pub(super) fn is_placed(&self) -> bool {
        match self {
            Self::Set(items) => {
                items.len() < 2 && items.iter().all(Self::is_whole)
                    || items.iter().all(|item| item.certain().is_some())
                    || items.iter().all(|item| item.whole_number().is_some())
            }
            Self::Map(fields) => fields.len() < 2 || fields.keys().all(|key| Text::parse(key).as_literal().is_some()),
            _ => true,
        }
    }

    /// The whole number that it is, and not as a text.
    fn whole_number(&self) -> Option<i64> {
        if let Self::Plain(number) = self { number.as_i64() } else { None }
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
            Self::Set(_) => return Self::Open(format!("item {step} of a set")),
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
            Self::List(_) | Self::Set(_) | Self::Map(_) => Err("a list in a text".to_owned()),
        }
    }

    /// The text, if all of it is known.
    pub(super) fn certain(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_literal(),
            _ => None,
        }
    }

    /// The truth value that it is, also written as a text, as Terraform converts it.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Plain(Json::Bool(truth)) => Some(*truth),
            Self::Text(text) => match text.as_literal()? {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The whole number that it is, also written as a text, as Terraform converts it.
    pub(super) fn as_number(&self) -> Option<i64> {
        match self {
            Self::Plain(number) => number.as_i64(),
            Self::Text(text) => text.as_literal()?.parse().ok(),
            _ => None,
        }
    }

    /// The items of a list or a set.
    pub(super) fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    /// What is gone through of a collection: keys with values.
    pub(super) fn pairs(&self) -> Option<Vec<(Self, Self)>> {
        match self {
            Self::List(items) => Some(items.iter().enumerate().map(|(index, item)| (Self::Plain(index.into()), item.clone())).collect()),
            Self::Set(items) => Some(items.iter().map(|item| (item.clone(), item.clone())).collect()),
            Self::Map(fields) => Some(fields.iter().map(|(key, value)| (Self::Text(Text::parse(key)), value.clone())).collect()),
            Self::Text(_) | Self::Plain(_) | Self::Open(_) | Self::Fails(_) => None,
        }
    }

    /// What is missing of it, or else that it is not what it should be.
    pub(super) fn missing_or(&self, what: &str) -> Self {
        match self {
            Self::Open(_) | Self::Fails(_) => self.clone(),
            _ => Self::Open(what.to_owned()),
        }
    }

    /// How much room it takes beside what it is made of, in bytes.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.parts().iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 8 }).sum(),
            Self::Plain(_) | Self::Open(_) | Self::Fails(_) => 8,
            Self::List(items) | Self::Set(items) => items.len() * 64,
            Self::Map(fields) => fields.len() * 64,
        }
    }

    /// Whether nothing of it is open.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Open(_) | Self::Fails(_) => false,
            Self::Text(_) | Self::Plain(_) => true,
            Self::List(items) | Self::Set(items) => items.iter().all(Self::is_whole),
            Self::Map(fields) => fields.values().all(Self::is_whole),
        }
    }

    /// The texts of a list, or of one alone; `None` where something is open.
    pub(crate) fn texts(&self) -> Option<Vec<Text>> {
        match self {
            Self::List(items) | Self::Set(items) => items.iter().map(|item| item.text().ok()).collect(),
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
            Self::List(items) | Self::Set(items) => {
                Json::Array(items.iter().map(|item| item.json(owner, count)).collect::<Result<_, _>>()?)
            }
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
            Self::List(items) | Self::Set(items) => items.iter().try_for_each(Self::structure),
            _ => Ok(()),
        }
    }
}
