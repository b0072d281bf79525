//! What an audit could not read, and what it takes for granted. The pipeline puts both into the report.

use crate::inventory::{Api, Gap, Inventory, Known};
use crate::rotation::Rotation;

/// A call that did not answer, and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageEntry {
    /// The call.
    pub gap: Gap,
    /// What it leaves undecided.
    pub effect: String,
}

/// Every call that did not answer, with what it leaves undecided.
pub(super) fn coverage(inventory: &Inventory) -> Vec<CoverageEntry> {
    inventory.gaps().into_iter().map(|gap| CoverageEntry { effect: effect(&gap), gap }).collect()
}

fn effect(gap: &Gap) -> String {
    let without = Api::named(&gap.call).map_or("whatever hangs on it", |api| api.spec().without);
    let elsewhere = *gap == Gap::not_collected(&gap.call, &gap.resource);
    if elsewhere { format!("{without} (it lies outside of what was read)") } else { without.to_owned() }
}

/// What was taken for granted, one sentence each.
pub(super) fn assumptions(inventory: &Inventory, rotations: &[Rotation<'_>]) -> Vec<String> {
    let unasked: Vec<&str> =
        inventory.accounts.iter().filter(|(_, account)| account.organization.is_none()).map(|(id, _)| id.as_str()).collect();
    let control_policies = (!unasked.is_empty()).then(|| {
        let accounts = if unasked.len() == 1 { "account" } else { "accounts" };
        format!(
            "Service and resource control policies of {accounts} {} were not read and are taken as allowing everything.",
            unasked.join(", ")
        )
    });
    let in_vpc = |rotation: &&Rotation<'_>| {
        matches!(rotation.configuration, Known::Value(Some(configuration)) if configuration.vpc.is_some()) && rotation.is_lambda()
    };
    let path = rotations.iter().any(|rotation| in_vpc(&rotation)).then(|| {
        "The network path of functions in a VPC was not followed: whether they reach Secrets Manager and the database is not known."
            .to_owned()
    });
    control_policies.into_iter().chain(path).collect()
}
