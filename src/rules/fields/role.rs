//! The fields of the execution role.

use std::collections::BTreeSet;

use super::make::{boolean, known, list, malformed, option, string, text};
use super::row::{Row, View};
use crate::arn::Arn;
use crate::inventory::{Gap, Known, Role};
use crate::policy::{Effect, Policy, PrincipalEntry, PrincipalKind, Statement};
use crate::rules::expression::{Fact, Field, Type, Value};

pub(super) const ROWS: &[Row] = &[
    Row::read(Field::optional("role.name", Type::String), |view| {
        known(view.rotation.role_arn.clone(), |arn| option(arn.map(Arn::name), text))
    }),
    Row::read(Field::optional("role.account", Type::String), |view| {
        known(view.rotation.role_arn.clone(), |arn| option(arn.map(Arn::account), text))
    }),
    Row::read(Field::required("role.exists", Type::Bool), |view| known(view.rotation.role.clone(), |role| boolean(role.is_some()))),
    // That there is none, for certain: where it could not be read, its requests are asked, and what denies them whatever the role may do denies them.
    Row::listed(Field::required("role.is_missing", Type::Bool), |view| boolean(matches!(view.rotation.role, Known::Value(None)))),
    // The rotation functions that run with it, by name, where there are several.
    Row::read(Field::required("role.functions", Type::List(&Type::String)), |view| {
        known(view.rotation.role_arn.clone(), |role| role.map_or_else(|| list([]), |role| view.functions.of(role)))
    }),
    // The identity providers for whom its trust policy has a statement that allows.
    Row::read(Field::required("role.trusted_providers", Type::List(&Type::String)), |view| {
        known(view.rotation.role.clone(), |role| list(role.into_iter().flat_map(trusted_providers)))
    }),
    Row::read(Field::required("role.malformed_policies", Type::List(&Type::String)), |view| {
        known(view.rotation.role.clone(), |role| role.map_or_else(|| list([]), |role| malformed_policies(view, role)))
    }),
];

fn trusted_providers(role: &Role) -> Vec<Value<Gap>> {
    let statements = role.trust.policy().into_iter().flat_map(Policy::statements);
    let entries = statements.filter(|statement| statement.effect() == Effect::Allow).flat_map(Statement::principals);
    let providers: BTreeSet<&str> = entries.filter(|entry| entry.kind() == PrincipalKind::Federated).map(PrincipalEntry::written).collect();
    providers.into_iter().map(string).collect()
}

/// The malformed ones among trust policy, inline policies, managed policies and boundary. A managed policy that was not read is not malformed.
fn malformed_policies(view: &View<'_>, role: &Role) -> Fact<Gap> {
    let trust = malformed("trust policy", &role.trust);
    let inline = role.permissions.inline.iter().filter_map(|policy| malformed(&policy.name, &policy.document));
    let attached = role.permissions.attached.iter().chain(&role.permissions.boundary);
    let managed = attached.filter_map(|arn| {
        let document = view.inventory.managed_policy(role.arn.account(), arn);
        document.value().and_then(|document| malformed(arn.name(), document))
    });
    list(trust.into_iter().chain(inline).chain(managed))
}
