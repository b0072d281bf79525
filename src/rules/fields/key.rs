//! The fields of the secret's key. The key `aws/secretsmanager` has a name and an account, and nothing that anybody can change.

use std::collections::BTreeSet;

use super::make::{boolean, gone_principals, known, list, malformed_of, option, record, string, text};
use super::row::{Row, View};
use crate::arn::Arn;
use crate::inventory::{Gap, Grant, Key, KeyMetadata, Known};
use crate::rotation::KeyInUse;
use crate::rules::expression::{Fact, Field, Record, Type, Value};

const GRANT: Record = Record {
    name: "grant",
    fields: &[
        Field::required("name", Type::String),
        Field::required("operations", Type::List(&Type::String)),
        Field::optional("grantee", Type::String),
        Field::optional("grantee_account", Type::String),
        Field::optional("grantee_service", Type::String),
        // The account of the resource for which alone a service may use it.
        Field::optional("source_account", Type::String),
        Field::required("constrained", Type::Bool),
    ],
};

pub(super) const ROWS: &[Row] = &[
    Row::read(Field::required("key.name", Type::String), name),
    Row::read(Field::required("key.account", Type::String), |view| {
        of_key(view, |view| text(view.rotation.secret.arn.account()), |key| text(key.arn.account()))
    }),
    Row::read(Field::required("key.customer_managed", Type::Bool), |view| {
        of_key(view, |_| boolean(false), |key| known(key.metadata.as_ref(), |_| boolean(true)))
    }),
    Row::read(Field::required("key.exists", Type::Bool), |view| {
        of_key(view, |_| boolean(true), |key| known(key.metadata.as_ref(), |metadata| boolean(metadata.is_some())))
    }),
    Row::read(Field::optional("key.state", Type::String), |view| of_metadata(view, |metadata| text(&metadata.state))),
    Row::read(Field::optional("key.spec", Type::String), |view| of_metadata(view, |metadata| option(metadata.spec.as_deref(), text))),
    Row::read(Field::optional("key.usage", Type::String), |view| of_metadata(view, |metadata| option(metadata.usage.as_deref(), text))),
    Row::read(Field::required("key.grants", Type::List(&Type::Record(&GRANT))), |view| {
        of_key(view, |_| list([]), |key| known(key.grants.as_ref(), |grants| list(grants.iter().map(grant))))
    }),
    // Principals that were deleted, by the ids that are left of them.
    Row::read(Field::required("key.gone_principals", Type::List(&Type::String)), |view| {
        of_key(
            view,
            |_| list([]),
            |key| known(key.policies.as_ref(), |policies| gone_principals(view.inventory, policies.iter().map(|policy| &policy.document))),
        )
    }),
    Row::read(Field::required("key.malformed_policies", Type::List(&Type::String)), |view| {
        of_key(view, |_| list([]), |key| malformed_of(key.policies.as_ref()))
    }),
];

fn of_key(view: &View<'_>, managed: impl FnOnce(&View<'_>) -> Fact<Gap>, customer: impl FnOnce(&Key) -> Fact<Gap>) -> Fact<Gap> {
    known(view.rotation.key.clone(), |key| match key {
        KeyInUse::AwsManaged => managed(view),
        KeyInUse::Customer(key) => customer(key),
    })
}

fn of_metadata(view: &View<'_>, make: impl FnOnce(&KeyMetadata) -> Fact<Gap>) -> Fact<Gap> {
    of_key(view, |_| Fact::Absent, |key| known(key.metadata.as_ref(), |metadata| option(metadata.as_ref(), make)))
}

/// Its id, or what the secret calls it when it could not be found.
fn name(view: &View<'_>) -> Fact<Gap> {
    match (&view.rotation.key, &view.rotation.secret.kms_key_id) {
        (Known::Value(KeyInUse::AwsManaged), _) => text("aws/secretsmanager"),
        (Known::Value(KeyInUse::Customer(key)), _) => text(key.arn.name()),
        (Known::Unreadable(_), Some(id)) => text(id),
        (Known::Unreadable(gap), None) => Fact::Unreadable(vec![gap.clone()]),
    }
}

fn grant(grant: &Grant) -> Value<Gap> {
    let grantee = grant.grantee.as_deref();
    let in_account = |arn: &str| Arn::parse(arn).ok().filter(|arn| !arn.account().is_empty());
    let account = grantee.and_then(in_account);
    let source = grant.source_arn.as_deref().and_then(in_account);
    let operations: &BTreeSet<String> = &grant.operations;
    let constrained = [&grant.encryption_context_subset, &grant.encryption_context_equals].into_iter().any(Option::is_some);
    record([
        ("name", text(grant.name.as_deref().unwrap_or(&grant.id))),
        ("operations", list(operations.iter().map(|operation| string(operation)))),
        ("grantee", option(grantee, text)),
        ("grantee_account", option(account, |arn| text(arn.account()))),
        ("grantee_service", option(grant.grantee_service.as_deref(), text)),
        ("source_account", option(source, |arn| text(arn.account()))),
        ("constrained", boolean(constrained || grant.source_arn.is_some())),
    ])
}
