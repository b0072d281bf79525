//! The pipeline as one function, and the report that it makes. Synchronous and pure: the same inventory gives the same report.

mod coverage;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

pub use coverage::CoverageEntry;

use crate::access::Access;
use crate::finding::{Exceptions, Finding, RuleInfo, Suppressed, Undecided, waiver_rules, worst_first};
use crate::inventory::Inventory;
use crate::rotation::{Judgement, Verdict, judge, rotations};
use crate::rules::RuleSet;

/// All that an audit found. Renderers in `report` show it; the exit code is made from it.
#[derive(Debug, Clone)]
pub struct Report {
    /// When the inventory was read.
    pub as_of: Timestamp,
    /// Why reading ended before everything was asked, if it did.
    pub partial: Option<String>,
    /// What could not be read, and what that leaves undecided.
    pub coverage: Vec<CoverageEntry>,
    /// What was taken for granted because nobody was asked (one sentence each).
    pub assumptions: Vec<String>,
    /// Every rotation with its verdict, worst first.
    pub rotations: Vec<Judgement>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Findings that do not count, because of a waiver or the baseline; worst first.
    pub suppressed: Vec<Suppressed>,
    /// Checks that could not be decided.
    pub undecided: Vec<Undecided>,
    /// The rules that ran, by id.
    pub rules: BTreeMap<String, RuleInfo>,
    /// How many secrets the inventory holds, rotating or not.
    pub secrets: usize,
}

/// Judges every rotation of `inventory` and runs `rules` over them.
pub fn audit(inventory: &Inventory, rules: &RuleSet) -> Report {
    let access = Access::new(inventory);
    let rotations = rotations(inventory);
    let (findings, undecided) = rules.run(inventory, &rotations, &access);
    let mut judgements: Vec<Judgement> = rotations.iter().map(|rotation| judge(rotation, &access, None)).collect();
    judgements.sort_by(|a, b| (badness(&a.verdict), &a.secret).cmp(&(badness(&b.verdict), &b.secret)));
    Report {
        as_of: inventory.as_of,
        partial: inventory.partial.clone(),
        coverage: coverage::coverage(inventory),
        assumptions: coverage::assumptions(inventory, &rotations),
        rotations: judgements,
        findings,
        suppressed: Vec::new(),
        undecided,
        rules: rules.infos().map(|info| (info.id.clone(), info.clone())).collect(),
        secrets: inventory.secrets.len(),
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

/// The place of a verdict in the report: the worst first.
fn badness(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Fails { .. } => 0,
        Verdict::Undecided { .. } => 1,
        Verdict::Rotates => 2,
        Verdict::NotJudged => 3,
    }
}

#[cfg(test)]
mod tests;
