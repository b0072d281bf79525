//! The fields that expressions and messages of rule files may name: one table, and the facts of one rotation behind it. The loader checks against
//! the table, the runner asks for the facts.

mod details;
mod environment;
mod function;
mod functions_of_roles;
mod key;
mod make;
mod master;
mod network;
mod role;
mod row;
mod runtimes;
mod schedule;
mod secret;
mod subnets;

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

pub(crate) use functions_of_roles::FunctionsOfRoles;
use row::Row;
pub(crate) use row::{Focus, View};

use super::expression::{Fact, Facts, Field, Schema, Type};
use crate::inventory::Gap;
use crate::rotation::RotationKind;

const OF_THE_ROTATION: &[Row] = &[
    Row::listed(Field::required("rotation.kind", Type::String), |view| make::text(kind(&view.rotation.kind))),
    // Whether people told which accounts they trust, and which these are.
    Row::listed(Field::required("trusted.declared", Type::Bool), |view| make::boolean(view.inventory.trusted_accounts.is_some())),
    Row::listed(Field::required("trusted.accounts", Type::List(&Type::String)), |view| {
        make::list(view.inventory.trusted_accounts.iter().flatten().map(|account| make::string(account.as_str())))
    }),
    // Those who can do what a rule forbids to other principals; there in messages alone.
    Row::listed(Field::optional("principals.told", Type::String), |view| match view.focus {
        Focus::Principals([one]) => make::text(one),
        Focus::Principals([one, other]) => make::text(&format!("{one} and {other}")),
        Focus::Principals([one, other, last]) => make::text(&format!("{one}, {other} and {last}")),
        Focus::Principals(many) => make::text(&format!("{} principals that are no administrators", many.len())),
        _ => Fact::Absent,
    }),
    Row::listed(Field::required("now", Type::Timestamp), |view| make::time(view.inventory.read_at(&view.rotation.secret.arn))),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    let of_secret = [secret::ROWS, schedule::ROWS, master::ROWS].into_iter().flatten();
    let of_function = [function::ROWS, details::ROWS, subnets::ROWS].into_iter().flatten();
    [OF_THE_ROTATION, role::ROWS, key::ROWS, network::ROWS].into_iter().flatten().chain(of_secret).chain(of_function)
}

fn kind(kind: &RotationKind) -> &'static str {
    match kind {
        RotationKind::Lambda => "lambda",
        RotationKind::Managed(_) => "managed",
        RotationKind::External(_) => "external",
        RotationKind::Replica(_) => "replica",
        RotationKind::Deleted => "deleted",
        RotationKind::Cancelled => "cancelled",
        RotationKind::Off => "off",
    }
}

/// The table as the expression language wants it.
pub(crate) fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(rows().map(|row| row.field)));
    &SCHEMA
}

/// Whether one of these fields may turn out unreadable.
pub(crate) fn may_be_unreadable(paths: &BTreeSet<&str>) -> bool {
    rows().any(|row| row.may_be_unreadable && paths.contains(row.field.path))
}

impl Facts for View<'_> {
    type Gap = Gap;

    fn field(&self, path: &str) -> Fact<Gap> {
        static ROWS: LazyLock<HashMap<&str, &Row>> = LazyLock::new(|| rows().map(|row| (row.field.path, row)).collect());
        ROWS.get(path).map_or(Fact::Absent, |row| (row.get)(self))
    }
}
