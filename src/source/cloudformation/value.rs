//! What an expression of a template comes to: texts of known parts and symbols, lists, mappings, or nothing that could be known here. `evaluate` makes
//! them, the readers of resources take them.

use std::collections::BTreeMap;
use std::fmt;

use super::given::Given;
use crate::policy::{Part, Position, Symbol, Text};

/// A value of a template, evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// An explicit null.
    Null,
    /// A scalar. What nobody knows of it is a symbol that says what is missing.
    Text(Text),
    /// A list.
    List(Vec<Value>),
    /// A mapping.
    Map(BTreeMap<String, Value>),
    /// `AWS::NoValue`: the property is as if it were not written.
    Nothing,
    /// Not even its shape is known.
    Unknown(Missing),
}

/// What would have to be known for a value to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missing {
    /// A parameter without a default to which no value is given.
    Parameter(String),
    /// A fact about where the stack will stand, by its pseudo parameter: `AWS::AccountId`.
    Place(&'static str),
    /// What another stack exports.
    Import(String),
    /// What a resource will have when it exists.
    Attribute {
        /// Its logical id.
        resource: String,
        /// The attribute's name.
        attribute: String,
    },
    /// What a macro or an include makes.
    Macro(String),
    /// Whether a condition holds.
    Condition(String),
    /// The value behind a dynamic reference.
    Dynamic(String),
    /// An intrinsic function that is not evaluated here.
    Function(String),
    /// The items of a list that is given as a text.
    Items(String),
    /// A text of which parts are not known.
    Text(String),
    /// The availability zones of a region, as an account sees them.
    Zones(String),
    /// One item of a list that is not known.
    Item(usize, Box<Missing>),
    /// A value that is made from one that is not known.
    From(String, Box<Missing>),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "parameter {name}"),
            Self::Place(name) => f.write_str(name),
            Self::Import(name) => write!(f, "export {name}"),
            Self::Attribute { resource, attribute } => write!(f, "{attribute} of {resource}"),
            Self::Macro(name) => write!(f, "what the macro {name} makes"),
            Self::Condition(name) => write!(f, "condition {name}"),
            Self::Dynamic(reference) => write!(f, "dynamic reference {reference}"),
            Self::Function(name) => write!(f, "what {} gives", name.trim_start_matches("Fn::")),
            Self::Items(text) => write!(f, "items of {text}"),
            Self::Text(text) => f.write_str(text),
            Self::Zones(region) => write!(f, "zones of {region}"),
            Self::Item(index, of) => write!(f, "item {index} of {of}"),
            Self::From(function, of) => write!(f, "what {function} makes of {of}"),
        }
    }
}

impl Missing {
    /// A text of which parts are not known: all of it, because texts that differ anywhere may turn out to differ.
    pub(crate) fn of(text: &Text) -> Self {
        let written = text.parts().into_iter().map(|part| match part {
            Part::Literal(literal) => literal.to_string(),
            Part::Symbol(symbol) => symbol.id().to_owned(),
        });
        Self::Text(written.collect())
    }

    /// What this call of a function gives, which no other call surely gives.
    pub(super) fn here(given: &Given, function: &str, at: Position) -> Self {
        let place = given.scoped(&format!("at line {} column {}", at.line, at.column));
        Self::Function(format!("{} {place}", function.trim_start_matches("Fn::")))
    }

    /// A text of which nothing else is known.
    pub(crate) fn text(&self) -> Text {
        Text::from_parts([Part::Symbol(Symbol::unknown(&self.to_string()))])
    }
}

impl From<Missing> for Value {
    fn from(missing: Missing) -> Self {
        Self::Text(missing.text())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Text::literal(text))
    }
}

impl Value {
    /// The value of a key; of what is no mapping, or has no such key, `None`. `AWS::NoValue` is not there. What is not known may have any key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.get(key).filter(|value| !matches!(value, Self::Nothing)),
            Self::Unknown(_) => Some(self),
            _ => None,
        }
    }

    /// The whole as JSON text, as a policy document is written. What is not known stands there as a symbol; a part whose shape is unknown makes all unknown.
    pub(crate) fn json(&self) -> Result<Text, &Missing> {
        let mut parts = Vec::new();
        self.write(&mut parts)?;
        Ok(Text::from_parts(parts))
    }

    fn write<'a>(&'a self, parts: &mut Vec<Part>) -> Result<(), &'a Missing> {
        let mut literal = |text: &str| parts.push(Part::Literal(text.into()));
        match self {
            Self::Null | Self::Nothing => literal("null"),
            Self::Unknown(missing) => return Err(missing),
            Self::Text(text) => {
                literal("\"");
                for part in text.parts() {
                    parts.push(match part {
                        Part::Literal(text) => Part::Literal(escaped(&text).into()),
                        symbol @ Part::Symbol(_) => symbol,
                    });
                }
                parts.push(Part::Literal("\"".into()));
            }
            Self::List(items) => {
                literal("[");
                for (index, item) in items.iter().filter(|item| **item != Self::Nothing).enumerate() {
                    if index > 0 {
                        parts.push(Part::Literal(",".into()));
                    }
                    item.write(parts)?;
                }
                parts.push(Part::Literal("]".into()));
            }
            Self::Map(fields) => {
                literal("{");
                for (index, (key, value)) in fields.iter().filter(|(_, value)| **value != Self::Nothing).enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    parts.push(Part::Literal(format!("{comma}\"{}\":", escaped(key)).into()));
                    value.write(parts)?;
                }
                parts.push(Part::Literal("}".into()));
            }
        }
        Ok(())
    }
}

/// A text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
