//! Small makers of facts. The rows of the table are written with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::arn::Arn;
use crate::inventory::{Gap, Inventory, Known, NamedDocument};
use crate::policy::{Document, Policy, PrincipalEntry, Statement};
use crate::rules::expression::{Fact, Value};

pub(super) fn text(text: &str) -> Fact<Gap> {
    Fact::Value(string(text))
}

/// A part of the function that its source does not know: a template's parameter, or what a macro makes.
pub(super) fn not_known(function: Option<&Arn>, written: &str) -> Fact<Gap> {
    let function = function.map_or("", Arn::as_str);
    Fact::Unreadable(vec![Gap::new("template", function, &format!("{} is not known", written.replace(['⟦', '?', '⟧'], "")))])
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

/// The ids of roles and users that these policies name. AWS keeps the id of a role or user behind its ARN, and shows the id where there is no such role or user any more
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>); one that the inventory knows is not gone, and one that it does not know may be among identities that were not read.
pub(super) fn gone_principals<'d>(inventory: &Inventory, documents: impl IntoIterator<Item = &'d Document>) -> Fact<Gap> {
    let policies = documents.into_iter().filter_map(|document| document.policy().ok());
    let named = policies.flat_map(Policy::statements).flat_map(Statement::principals).map(PrincipalEntry::written);
    let gone: BTreeSet<&str> = named.filter(|named| is_identity(named) && !exists(inventory, named)).collect();
    let unread: Vec<Gap> = inventory.accounts.values().filter_map(|account| account.identities.gap().cloned()).collect();
    if gone.is_empty() || unread.is_empty() { list(gone.into_iter().map(string)) } else { Fact::Unreadable(unread) }
}

/// Whether this is the unique id of a role or user
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>).
fn is_identity(text: &str) -> bool {
    (text.starts_with("AROA") || text.starts_with("AIDA"))
        && text.len() > 8
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn exists(inventory: &Inventory, id: &str) -> bool {
    let identities = inventory.accounts.values().filter_map(|account| account.identities.value());
    identities.into_iter().any(|known| known.roles.values().any(|role| role.id == id) || known.users.values().any(|user| user.id == id))
}

/// The malformed ones among these policies.
pub(super) fn malformed_of(policies: Known<&Vec<NamedDocument>>) -> Fact<Gap> {
    known(policies, |policies| list(policies.iter().filter_map(|policy| malformed(&policy.name, &policy.document))))
}
