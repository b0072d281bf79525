//! What an audit could not read, and what it takes for granted. The pipeline puts both into the report.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::finding::Undecided;
use crate::inventory::{Account, Api, Gap, Inventory, Secret};
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
    if gap.is_not_collected() { format!("{without} (it lies outside of what was read)") } else { without.to_owned() }
}

/// Whether nobody asked for the control policies of an account that may have some.
fn is_taken_as_allowing(account: &Account) -> bool {
    account.control_policies.is_none() && account.is_under_control_policies()
}

/// The calls that did not answer and on which the rotation of this secret may hang: those that something of it hangs on, and those that are about no other secret, function or key.
pub(super) fn coverage_about(inventory: &Inventory, rotation: &Rotation<'_>, undecided: &[Undecided]) -> Vec<CoverageEntry> {
    let secret = &rotation.secret.arn;
    let needed: BTreeSet<&Gap> =
        undecided.iter().filter(|check| check.rotations.contains(secret)).flat_map(|check| &check.missing).collect();
    let own: Vec<&Arn> = chain(rotation).collect();
    let is_own = |arn: &Arn| own.iter().any(|own| *own == arn || own.split_qualifier().0 == arn.split_qualifier().0);
    let is_of_another = |arn: &Arn| matches!(arn.service(), "secretsmanager" | "lambda" | "kms") && !is_own(arn);
    let concerns = |gap: &Gap| needed.contains(gap) || !Arn::parse(&gap.resource).is_ok_and(|arn| is_of_another(&arn));
    coverage(inventory).into_iter().filter(|entry| concerns(&entry.gap)).collect()
}

/// The secret of a rotation, its master secret, its function, role and keys, as far as they are known.
fn chain<'a>(rotation: &'a Rotation<'_>) -> impl Iterator<Item = &'a Arn> {
    let master = rotation.master.as_ref().and_then(|master| master.secret.value()).map(|master| &master.arn);
    let role = rotation.role_arn.value().copied().flatten();
    let keys = [rotation.key_arn(), rotation.secret.key.value().and_then(Option::as_ref), rotation.former_key.map(|key| &key.arn)];
    [Some(&rotation.secret.arn), master, rotation.function_arn, role].into_iter().chain(keys).flatten()
}

/// What was taken for granted, one sentence each.
pub(super) fn assumptions(inventory: &Inventory, rotations: &[Rotation<'_>]) -> Vec<String> {
    let accounts = inventory.accounts.iter().map(|(id, account)| (id.as_str(), account));
    let told = [control_policies(accounts), unlisted_policies(inventory.secrets.values()), unknown_targets(rotations.iter())];
    inventory.assumptions.iter().cloned().chain(told.into_iter().flatten()).collect()
}

/// What was taken for granted of one rotation.
pub(super) fn assumptions_about(inventory: &Inventory, rotation: &Rotation<'_>) -> Vec<String> {
    let named: BTreeSet<&str> = chain(rotation).map(Arn::account).collect();
    let accounts = inventory.accounts.iter().map(|(id, account)| (id.as_str(), account)).filter(|(id, _)| named.contains(id));
    let told = [control_policies(accounts), unlisted_policies([rotation.secret].into_iter()), unknown_targets([rotation].into_iter())];
    inventory.assumptions.iter().cloned().chain(told.into_iter().flatten()).collect()
}

/// That nobody asked for the control policies of accounts that may have some.
fn control_policies<'a>(accounts: impl Iterator<Item = (&'a str, &'a Account)>) -> Option<String> {
    let unasked: Vec<&str> = accounts.filter(|(_, account)| is_taken_as_allowing(account)).map(|(id, _)| id).collect();
    let accounts = if unasked.len() == 1 { "account" } else { "accounts" };
    (!unasked.is_empty()).then(|| {
        format!(
            "Service and resource control policies of {accounts} {} were not read and are taken as allowing everything.",
            unasked.join(", ")
        )
    })
}

/// That nobody told what some functions connect to.
fn unknown_targets<'a>(rotations: impl Iterator<Item = &'a Rotation<'a>>) -> Option<String> {
    let unknown = rotations.filter(|rotation| {
        let target = rotation.connections.as_ref().map(|connections| connections.target.verdict);
        rotation.is_lambda() && target == Some(Verdict::NotJudged)
    });
    let whose = match unknown.count() {
        0 => return None,
        1 => "the function of 1 rotation connects".to_owned(),
        unknown => format!("the functions of {unknown} rotations connect"),
    };
    Some(format!(
        "What {whose} to beside Secrets Manager is not known, so whether the way there is open was not judged; rotaudit.toml can tell."
    ))
}

/// That nobody asked for the policies that Secrets Manager attaches beside the one that people write: snapshots of before know that one alone.
fn unlisted_policies<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Option<String> {
    let unasked = secrets.filter(|secret| secret.policies_listed.is_none()).count();
    let secrets = if unasked == 1 { "secret" } else { "secrets" };
    (unasked > 0)
        .then(|| format!("Of {unasked} {secrets} only the policy called default was read; that there are no others is taken for granted."))
}
