//! The fields of the secret: what `ListSecrets`, `ListSecretVersionIds` and `GetResourcePolicy` tell of it.

use super::make::{boolean, gone_principals, int, known, list, malformed_of, option, record, text, time};
use super::row::Row;
use crate::rotation::late_and_needed;
use crate::rules::expression::{Fact, Field, Record, Type};

const TAG: Record = Record { name: "tag", fields: &[Field::required("key", Type::String), Field::required("value", Type::String)] };

pub(super) const ROWS: &[Row] = &[
    Row::listed(Field::required("secret.name", Type::String), |view| text(&view.rotation.secret.name)),
    Row::listed(Field::required("secret.arn", Type::String), |view| text(view.rotation.secret.arn.as_str())),
    Row::listed(Field::required("secret.account", Type::String), |view| text(view.rotation.secret.arn.account())),
    Row::listed(Field::required("secret.region", Type::String), |view| text(view.rotation.secret.arn.region())),
    // What a template or plan makes in any order with the rotation that needs it.
    Row::read(Field::optional("secret.not_awaited", Type::String), |view| {
        if let Some(gap) = &view.rotation.secret.rotation.order_hidden {
            return Fact::Unreadable(vec![gap.clone()]);
        }
        let mut names: Vec<&str> = view.rotation.secret.rotation.not_awaited.iter().map(String::as_str).collect();
        names.extend(late_and_needed(view.inventory, view.rotation));
        option((!names.is_empty()).then(|| names.join(", ")), |names| text(&names))
    }),
    // What a template keeps from the function that AWS makes for it.
    Row::listed(Field::optional("secret.not_given", Type::String), |view| {
        let names = &view.rotation.secret.rotation.not_given;
        option((!names.is_empty()).then(|| names.join(", ")), |names| text(&names))
    }),
    Row::listed(Field::optional("secret.description", Type::String), |view| option(view.rotation.secret.description.as_deref(), text)),
    Row::listed(Field::required("secret.tags", Type::List(&Type::Record(&TAG))), |view| {
        list(view.rotation.secret.tags.iter().map(|(key, value)| record([("key", text(key)), ("value", text(value))])))
    }),
    Row::listed(Field::required("secret.rotation_enabled", Type::Bool), |view| boolean(view.rotation.secret.rotation.enabled)),
    Row::listed(Field::optional("secret.after_days", Type::Int), |view| option(view.rotation.secret.rotation.after_days, int)),
    Row::listed(Field::optional("secret.next_rotation", Type::Timestamp), |view| option(view.rotation.secret.rotation.next_rotation, time)),
    Row::listed(Field::optional("secret.last_rotated", Type::Timestamp), |view| option(view.rotation.secret.rotation.last_rotated, time)),
    Row::listed(Field::optional("secret.created", Type::Timestamp), |view| option(view.rotation.secret.created_at, time)),
    Row::listed(Field::optional("secret.deleted", Type::Timestamp), |view| option(view.rotation.secret.deleted_at, time)),
    Row::listed(Field::optional("secret.current_version", Type::String), |view| {
        option(view.rotation.secret.version_with("AWSCURRENT"), text)
    }),
    Row::listed(Field::optional("secret.pending_version", Type::String), |view| {
        option(view.rotation.secret.version_with("AWSPENDING"), text)
    }),
    // AWSPENDING beside AWSCURRENT on one version is a rotation that ended well.
    Row::listed(Field::required("secret.pending_is_current", Type::Bool), |view| {
        let secret = view.rotation.secret;
        let pending = secret.version_with("AWSPENDING");
        boolean(pending.is_some() && pending == secret.version_with("AWSCURRENT"))
    }),
    Row::read(Field::required("secret.pending_has_value", Type::Bool), |view| {
        let secret = view.rotation.secret;
        let pending = secret.version_with("AWSPENDING");
        known(secret.versions.as_ref(), |versions| boolean(versions.iter().any(|version| Some(version.id.as_str()) == pending)))
    }),
    Row::read(Field::optional("secret.pending_created", Type::Timestamp), |view| {
        let secret = view.rotation.secret;
        let pending = secret.version_with("AWSPENDING");
        known(secret.versions.as_ref(), |versions| {
            let version = versions.iter().find(|version| Some(version.id.as_str()) == pending);
            option(version.and_then(|version| version.created_at), time)
        })
    }),
    // Principals that were deleted, by the ids that are left of them.
    Row::read(Field::required("secret.gone_principals", Type::List(&Type::String)), |view| {
        let policies = view.rotation.secret.policies.as_ref();
        known(policies, |policies| gone_principals(view.inventory, policies.iter().map(|policy| &policy.document)))
    }),
    Row::read(Field::required("secret.malformed_policies", Type::List(&Type::String)), |view| {
        malformed_of(view.rotation.secret.policies.as_ref())
    }),
];
