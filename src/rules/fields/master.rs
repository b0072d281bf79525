//! The fields of the master secret, with which a rotation with alternating users logs in. People tell which it is.

use super::make::{option, text, time};
use super::row::{Row, View};
use crate::inventory::{Gap, Known, Secret};
use crate::rotation::{KeyInUse, Master};
use crate::rules::expression::{Fact, Field, Type};

pub(super) const ROWS: &[Row] = &[
    // As people named it; absent where nobody told of one.
    Row::listed(Field::optional("master.name", Type::String), |view| {
        option(view.rotation.master.as_ref().map(|master| master.named), text)
    }),
    Row::read(Field::optional("master.deleted", Type::Timestamp), |view| of_secret(view, |secret| option(secret.deleted_at, time))),
    // The service that manages it, such as "rds"; absent where people do.
    Row::read(Field::optional("master.owning_service", Type::String), |view| {
        of_secret(view, |secret| option(secret.owning_service.as_deref(), text))
    }),
    Row::read(Field::optional("master.current_version", Type::String), |view| {
        of_secret(view, |secret| option(secret.version_with("AWSCURRENT"), text))
    }),
    // The state of its key; absent for keys that AWS manages, and "Missing" for one that does not exist.
    Row::read(Field::optional("master.key_state", Type::String), key_state),
];

fn of_secret(view: &View<'_>, make: impl FnOnce(&Secret) -> Fact<Gap>) -> Fact<Gap> {
    match view.rotation.master.as_ref().map(|master| &master.secret) {
        None => Fact::Absent,
        Some(Known::Value(secret)) => make(secret),
        Some(Known::Unreadable(gap)) => Fact::Unreadable(vec![gap.clone()]),
    }
}

fn key_state(view: &View<'_>) -> Fact<Gap> {
    match view.rotation.master.as_ref().map(|master: &Master<'_>| &master.key) {
        None | Some(Known::Value(KeyInUse::AwsManaged)) => Fact::Absent,
        Some(Known::Unreadable(gap)) => Fact::Unreadable(vec![gap.clone()]),
        Some(Known::Value(KeyInUse::Customer(key))) => match &key.metadata {
            Known::Unreadable(gap) => Fact::Unreadable(vec![gap.clone()]),
            Known::Value(metadata) => text(metadata.as_ref().map_or("Missing", |metadata| &metadata.state)),
        },
    }
}
