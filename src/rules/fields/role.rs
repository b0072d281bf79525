//! The fields of the execution role.

use super::make::{boolean, known, list, malformed, option, text};
use super::row::{Row, View};
use crate::arn::Arn;
use crate::inventory::{Gap, Role};
use crate::rules::expression::{Fact, Field, Type};

pub(super) const ROWS: &[Row] = &[
    Row::read(Field::optional("role.name", Type::String), |view| {
        known(view.rotation.role_arn.clone(), |arn| option(arn.map(Arn::name), text))
    }),
    Row::read(Field::optional("role.account", Type::String), |view| {
        known(view.rotation.role_arn.clone(), |arn| option(arn.map(Arn::account), text))
    }),
    Row::read(Field::required("role.exists", Type::Bool), |view| known(view.rotation.role.clone(), |role| boolean(role.is_some()))),
    Row::read(Field::required("role.malformed_policies", Type::List(&Type::String)), |view| {
        known(view.rotation.role.clone(), |role| role.map_or_else(|| list([]), |role| malformed_policies(view, role)))
    }),
];

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
