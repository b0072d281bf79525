//! Small makers of facts. The rows of the table are written with them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::{Gap, Known, NamedDocument};
use crate::policy::Document;
use crate::rules::expression::{Fact, Value};

pub(super) fn text(text: &str) -> Fact<Gap> {
    Fact::Value(string(text))
}

pub(super) fn string(text: &str) -> Value<Gap> {
    Value::String(text.into())
}

pub(super) fn boolean(value: bool) -> Fact<Gap> {
    Fact::Value(Value::Bool(value))
}

pub(super) fn int(value: i64) -> Fact<Gap> {
    Fact::Value(Value::Int(value))
}

pub(super) fn time(time: Timestamp) -> Fact<Gap> {
    Fact::Value(Value::Timestamp(time))
}

pub(super) fn list(values: impl IntoIterator<Item = Value<Gap>>) -> Fact<Gap> {
    Fact::Value(Value::List(values.into_iter().collect()))
}

pub(super) fn record<const N: usize>(fields: [(&str, Fact<Gap>); N]) -> Value<Gap> {
    Value::Record(fields.into_iter().map(|(name, fact)| (Arc::from(name), fact)).collect())
}

/// What is there made into a fact, or absence.
pub(super) fn option<T>(value: Option<T>, make: impl FnOnce(T) -> Fact<Gap>) -> Fact<Gap> {
    value.map_or(Fact::Absent, make)
}

/// What was read made into a fact, or the gap.
pub(super) fn known<T>(value: Known<T>, make: impl FnOnce(T) -> Fact<Gap>) -> Fact<Gap> {
    match value {
        Known::Value(value) => make(value),
        Known::Unreadable(gap) => Fact::Unreadable(vec![gap]),
    }
}

/// A policy that cannot be parsed, in words: its name, the place and what is wrong there.
pub(super) fn malformed(name: &str, document: &Document) -> Option<Value<Gap>> {
    document.policy().err().map(|error| string(&format!("{name} ({error})")))
}

/// The malformed ones among these policies.
pub(super) fn malformed_of(policies: Known<&Vec<NamedDocument>>) -> Fact<Gap> {
    known(policies, |policies| list(policies.iter().filter_map(|policy| malformed(&policy.name, &policy.document))))
}
