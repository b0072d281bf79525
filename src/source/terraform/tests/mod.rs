//! What plans come to, by small cases: the plans lie under `tests/plans`, each with the configuration that Terraform made it from.

mod code;
mod documents;
mod files;
mod hostile;
mod kinds;
mod references;

use super::document::{self, Plan};

/// The plan of this folder.
fn plan(name: &str) -> Plan {
    document::read(&std::fs::read(format!("tests/plans/{name}/plan.json")).unwrap()).unwrap()
}
