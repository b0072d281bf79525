//! Lays a proposed rotation over the inventory and judges it as if it were on: whether the first rotation will succeed, and what it opens. `cli gate` asks here.

mod first;
mod overlay;

use std::collections::BTreeSet;

use jiff::civil::Date;

pub use first::FixFirst;
pub use overlay::{Proposal, ProposedSchedule, Through};

use crate::access::Access;
use crate::arn::Arn;
use crate::audit::{Report, audit_about, except};
use crate::finding::{About, Exceptions, Finding, Fingerprint};
use crate::inventory::{Inventory, RotationConfiguration};
use crate::rotation::{Judgement, Rotation, Step, Verdict, judge_proposed, rotations};
use crate::rules::RuleSet;
use overlay::Refusal;

/// The answer to a proposal.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What was proposed.
    pub proposal: Proposal,
    /// How the secret rotates without it.
    pub before: RotationConfiguration,
    /// The rotation as proposed, call by call; the verdict fails at the step `turn on` where Secrets Manager refuses to turn it on, and is never *not judged*.
    pub judgement: Judgement,
    /// What to do first: about what fails, what is not known, or the worst finding that is added; `None` where there is nothing to do.
    pub fix_first: Option<FixFirst>,
    /// The audit with the proposal, narrowed to it: this rotation, the findings and undecided checks that the proposal adds, and the finding to fix first.
    pub report: Report,
    /// How many findings about this rotation there were before.
    pub existing: usize,
}

/// An inventory, and what is asked of it.
struct World<'a> {
    inventory: &'a Inventory,
    rotations: Vec<Rotation<'a>>,
    access: Access<'a>,
}

impl<'a> World<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        Self { inventory, rotations: rotations(inventory), access: Access::new(inventory) }
    }

    fn subjects(&self, rules: &RuleSet, secret: &Arn) -> BTreeSet<Arn> {
        rules.subjects(self.inventory, &self.rotations, secret)
    }
}

/// Judges `proposal`. `None` when the inventory holds no such secret. Of the world without the proposal and of the one with it, only what it can change is looked at.
pub fn gate(inventory: &Inventory, proposal: &Proposal, rules: &RuleSet, exceptions: &Exceptions, today: Date) -> Option<Gate> {
    let secret = inventory.secrets.get(&proposal.secret)?;
    let proposed = overlay::overlay(inventory, proposal);
    let (before, after) = (World::of(inventory), World::of(&proposed));
    let refusal = overlay::refusal(secret, &proposal.through);
    let judgement = judgement(&after, proposal, secret.rotation.function.as_ref(), refusal.as_ref())?;
    let subjects: BTreeSet<Arn> = [&before, &after].into_iter().flat_map(|world| world.subjects(rules, &proposal.secret)).collect();
    let report_of = |world: &World<'_>| {
        let mut report = audit_about(world.inventory, rules, &world.rotations, &world.access, (&proposal.secret, &subjects));
        except(&mut report, exceptions, world.inventory, today);
        report
    };
    let before = report_of(&before);
    let mut report = report_of(&after);
    // Whether a waiver still fits anything is seen when everything is looked at.
    report.findings.retain(|finding| finding.about != About::Configuration);
    let known: BTreeSet<Fingerprint> = all_findings(&before).map(|finding| finding.fingerprint).collect();
    let fix_first = match refusal {
        Some(refusal) => Some(FixFirst::of_refusal(refusal, &proposal.secret)),
        None => FixFirst::of(&judgement, proposal, &report, |finding| !known.contains(&finding.fingerprint)),
    };
    let shown = |finding: &Finding| {
        let is_first = fix_first.as_ref().is_some_and(|first| first.finding == Some(finding.fingerprint));
        is_first || !known.contains(&finding.fingerprint)
    };
    let existing = report.findings.iter().filter(|finding| finding.rotations.contains(&proposal.secret) && !shown(finding)).count();
    report.findings.retain(&shown);
    report.suppressed.retain(|suppressed| shown(&suppressed.finding));
    let open_before: BTreeSet<(&str, &Arn)> = before.undecided.iter().map(|check| (check.rule.as_str(), &check.resource)).collect();
    report.undecided.retain(|check| !open_before.contains(&(check.rule.as_str(), &check.resource)));
    report.rotations = vec![judgement.clone()];
    Some(Gate { proposal: proposal.clone(), before: secret.rotation.clone(), judgement, fix_first, report, existing })
}

/// Those that count and those that do not.
fn all_findings(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().chain(report.suppressed.iter().map(|suppressed| &suppressed.finding))
}

/// The rotation as proposed, and its verdict.
fn judgement(proposed: &World<'_>, proposal: &Proposal, before: Option<&Arn>, refusal: Option<&Refusal>) -> Option<Judgement> {
    let rotation = proposed.rotations.iter().find(|rotation| rotation.secret.arn == proposal.secret)?;
    let mut judgement = judge_proposed(rotation, &proposed.access, proposal.turned_on_by.as_ref(), before);
    judgement.verdict = match (refusal, judgement.verdict) {
        (Some(refusal), _) => Verdict::Fails { step: Step::TurnOn, because: refusal.because.clone(), call: None },
        (None, Verdict::NotJudged) => Verdict::Undecided { needs: vec![beyond_aws(&proposal.through).to_owned()] },
        (None, verdict) => verdict,
    };
    Some(judgement)
}

/// What a managed external secret hangs on beside AWS's permissions
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_external.html>).
const fn beyond_aws(through: &Through) -> &'static str {
    match through {
        Through::Function(_) => "whether Secrets Manager lets a function rotate a managed external secret, which is not documented",
        Through::Role(_) => "what happens at the partner, which nobody sees from AWS; AWS's own permissions stand in the way of nothing",
    }
}

#[cfg(test)]
mod tests;
