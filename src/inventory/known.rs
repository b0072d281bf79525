//! `Known<T>`: a fact that was read, or the call that did not give it. Every room that reads the inventory meets this type.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a gap says that stands for nothing that anybody has asked.
const NOT_COLLECTED: &str = "not in this inventory";

/// A call that did not answer: why some fact is not known. Ordered, so that lists of gaps are the same in every run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The API call, as `service:Operation`.
    #[schemars(with = "String")]
    pub call: Arc<str>,
    /// What it was asked about: an ARN, or `account/region` for a list.
    #[schemars(with = "String")]
    pub resource: Arc<str>,
    /// The error code that came back, with AWS's message where it helps.
    #[schemars(with = "String")]
    pub error: Arc<str>,
}

impl Gap {
    /// The gap of `call` on `resource`, which answered `error`.
    pub fn new(call: &str, resource: &str, error: &str) -> Self {
        Self { call: call.into(), resource: resource.into(), error: error.into() }
    }

    /// Something that this inventory does not hold although another part of it points there.
    pub fn not_collected(call: &str, resource: &str) -> Self {
        Self::new(call, resource, NOT_COLLECTED)
    }

    /// Whether it is such a one: nobody has asked.
    pub fn is_not_collected(&self) -> bool {
        &*self.error == NOT_COLLECTED
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}: {}", self.call, self.resource, self.error)
    }
}

/// A fact that was read, or the call that did not give it. A fact that was read and is not there is `Value(None)` of a
/// `Known<Option<T>>`: absence and ignorance are never the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// What was read.
    Value(T),
    /// Why it was not.
    Unreadable(Gap),
}

impl<T> Known<T> {
    /// The same fact, borrowed.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Value(value) => Known::Value(value),
            Self::Unreadable(gap) => Known::Unreadable(gap.clone()),
        }
    }

    /// What was read, if it was.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unreadable(_) => None,
        }
    }

    /// Why it was not read, if it was not.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Value(_) => None,
            Self::Unreadable(gap) => Some(gap),
        }
    }

    /// The fact made of this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Value(value) => Known::Value(f(value)),
            Self::Unreadable(gap) => Known::Unreadable(gap),
        }
    }

    /// A further fact that hangs on this one.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Known<U>) -> Known<U> {
        match self {
            Self::Value(value) => f(value),
            Self::Unreadable(gap) => Known::Unreadable(gap),
        }
    }
}

impl<T: Default> Default for Known<T> {
    fn default() -> Self {
        Self::Value(T::default())
    }
}
