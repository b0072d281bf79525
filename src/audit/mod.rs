//! The pipeline as one function, and the report that it makes. Synchronous and pure: the same inventory gives the same report.

mod coverage;
mod report;
mod unexplained;
mod worlds;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

pub use coverage::CoverageEntry;
pub use report::Report;
pub use worlds::in_worlds;

use self::report::worst_judged_first;
use crate::access::Access;
use crate::arn::Arn;
use crate::finding::{Exceptions, Finding, RuleInfo, rotation_fails, waiver_rules, worst_first};
use crate::inventory::Inventory;
use crate::rotation::{Judgement, Rotation, judge, rotations, side_by_side};
use crate::rules::RuleSet;

/// Judges every rotation of `inventory` and runs `rules` over them.
pub fn audit(inventory: &Inventory, rules: &RuleSet) -> Report {
    let access = Access::new(inventory);
    let rotations = rotations(inventory);
    let (mut findings, undecided) = rules.run(inventory, &rotations, &access);
    let chunks: Vec<&[Rotation<'_>]> = rotations.chunks(CHUNK).collect();
    let judged = side_by_side(&chunks, rotations.len(), |chunk| {
        let mut texts = Texts::default();
        chunk.iter().map(|rotation| texts.shared(judge(rotation, &access, None))).collect::<Vec<Judgement>>()
    });
    let mut judgements: Vec<Judgement> = judged.into_iter().flatten().collect();
    let verdicts: Vec<(&Rotation<'_>, &Judgement)> = rotations.iter().zip(&judgements).collect();
    let ran = with_verdicts(&mut findings, &verdicts, rules, &access);
    place(&mut findings, inventory);
    worst_judged_first(&mut judgements);
    Report {
        as_of: inventory.as_of,
        partial: inventory.partial.clone(),
        conflicts: inventory.conflicts.clone(),
        coverage: coverage::coverage(inventory),
        assumptions: coverage::assumptions(inventory, &rotations),
        rotations: judgements,
        findings,
        suppressed: Vec::new(),
        undecided,
        rules: ran,
        secrets: inventory.secrets.len(),
        before: None,
    }
}

/// The part of an audit of `inventory` that may hang on the rotation of `secret`: what rules say of these `subjects` ([`RuleSet::subjects`]), what could not be read of it
/// and what was taken for granted. Verdicts are not in it.
pub fn audit_about(
    inventory: &Inventory,
    rules: &RuleSet,
    rotations: &[Rotation<'_>],
    access: &Access<'_>,
    (secret, subjects): (&Arn, &BTreeSet<Arn>),
) -> Report {
    let (mut findings, undecided) = rules.run_about(inventory, rotations, access, subjects);
    let rotation = rotations.iter().find(|rotation| rotation.secret.arn == *secret);
    let judged = rotation.map(|rotation| (rotation, judge(rotation, access, None)));
    let verdicts: Vec<(&Rotation<'_>, &Judgement)> = judged.iter().map(|(rotation, judgement)| (*rotation, judgement)).collect();
    let ran = with_verdicts(&mut findings, &verdicts, rules, access);
    place(&mut findings, inventory);
    Report {
        as_of: inventory.as_of,
        partial: inventory.partial.clone(),
        conflicts: inventory.conflicts.clone(),
        coverage: rotation.map(|rotation| coverage::coverage_about(inventory, rotation, &undecided)).unwrap_or_default(),
        assumptions: rotation.map(|rotation| coverage::assumptions_about(inventory, rotation)).unwrap_or_default(),
        rotations: Vec::new(),
        findings,
        suppressed: Vec::new(),
        undecided,
        rules: ran,
        secrets: 1,
        before: None,
    }
}

/// Adds to `findings` the verdicts that they do not explain, and says which rules there are now.
fn with_verdicts(
    findings: &mut Vec<Finding>,
    verdicts: &[(&Rotation<'_>, &Judgement)],
    rules: &RuleSet,
    access: &Access<'_>,
) -> BTreeMap<String, RuleInfo> {
    let mut ran: BTreeMap<String, RuleInfo> = rules.infos().map(|info| (info.id.clone(), info.clone())).collect();
    let unexplained = unexplained::unexplained(verdicts, findings, rules, access);
    if !unexplained.is_empty() {
        let info = rotation_fails();
        ran.insert(info.id.clone(), info);
        findings.extend(unexplained);
        worst_first(findings);
    }
    ran
}

/// Says of findings where their resources are written, if a template makes them.
fn place(findings: &mut [Finding], inventory: &Inventory) {
    for finding in findings.iter_mut().filter(|_| !inventory.origins.is_empty()) {
        finding.origin = inventory.origins.get(&finding.resource).cloned();
    }
}

/// Takes out of `report` what does not count on the day `today`, and adds what is wrong with the waivers themselves.
pub fn except(report: &mut Report, exceptions: &Exceptions, inventory: &Inventory, today: Date) {
    report.suppressed = exceptions.apply(&mut report.findings, &report.undecided, inventory, today);
    worst_first(&mut report.findings);
    if !exceptions.waivers.is_empty() {
        report.rules.extend(waiver_rules().map(|info| (info.id.clone(), info)));
    }
}

/// Rotations that are judged one after the other. Those of one function lie near each other and give the same reasons.
const CHUNK: usize = 512;

/// Texts that are the same for many calls, each kept once.
#[derive(Default)]
struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn shared(&mut self, mut judgement: Judgement) -> Judgement {
        for call in &mut judgement.calls {
            for text in [&mut call.actor, &mut call.action, &mut call.resource, &mut call.because] {
                match self.0.get(text) {
                    Some(known) => *text = Arc::clone(known),
                    None => drop(self.0.insert(Arc::clone(text))),
                }
            }
        }
        judgement
    }
}

#[cfg(test)]
mod tests;
