//! What an audit could not read, and what it takes for granted. The pipeline puts both into the report.

use crate::inventory::{Account, Api, Gap, Inventory};
use crate::network::Verdict;
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

/// Whether nobody asked for the control policies of an account that may have some.
fn is_taken_as_allowing(account: &Account) -> bool {
    account.control_policies.is_none() && account.is_under_control_policies()
}

/// What was taken for granted, one sentence each.
pub(super) fn assumptions(inventory: &Inventory, rotations: &[Rotation<'_>]) -> Vec<String> {
    let unasked: Vec<&str> =
        inventory.accounts.iter().filter(|(_, account)| is_taken_as_allowing(account)).map(|(id, _)| id.as_str()).collect();
    let control_policies = (!unasked.is_empty()).then(|| {
        let accounts = if unasked.len() == 1 { "account" } else { "accounts" };
        format!(
            "Service and resource control policies of {accounts} {} were not read and are taken as allowing everything.",
            unasked.join(", ")
        )
    });
    let unknown = rotations.iter().filter(|rotation| {
        let target = rotation.connections.as_ref().map(|connections| connections.target.verdict);
        rotation.is_lambda() && target == Some(Verdict::NotJudged)
    });
    let targets = match unknown.count() {
        0 => None,
        unknown => Some(format!(
            "What the functions of {unknown} {} connect to beside Secrets Manager is not known, so whether they get there was not judged; rotaudit.toml can tell.",
            if unknown == 1 { "rotation" } else { "rotations" }
        )),
    };
    control_policies.into_iter().chain(unlisted_policies(inventory)).chain(targets).collect()
}

/// That nobody asked for the policies that Secrets Manager attaches beside the one that people write: snapshots of before know that one alone.
fn unlisted_policies(inventory: &Inventory) -> Option<String> {
    let unasked = inventory.secrets.values().filter(|secret| secret.policies_listed.is_none()).count();
    let secrets = if unasked == 1 { "secret" } else { "secrets" };
    (unasked > 0)
        .then(|| format!("Of {unasked} {secrets} only the policy called default was read; that there are no others is taken for granted."))
}
