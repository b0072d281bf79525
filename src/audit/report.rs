//! The report that an audit makes. Renderers show it; `worlds` puts several together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::coverage::CoverageEntry;
use crate::finding::{Finding, RuleInfo, Suppressed, Undecided};
use crate::rotation::{Judgement, Verdict};

/// All that an audit found. Renderers in `report` show it; the exit code is made from it.
#[derive(Debug, Clone)]
pub struct Report {
    /// When the inventory was read.
    pub as_of: Timestamp,
    /// Why reading ended before everything was asked, if it did.
    pub partial: Option<String>,
    /// What the snapshots that the inventory was made of say differently, and which counts (one sentence each).
    pub conflicts: Vec<String>,
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
    /// What an audit of what was there before found, where the source is a change and tells it.
    pub before: Option<Box<Report>>,
}

/// Puts rotations in the order of reports.
pub(super) fn worst_judged_first(judgements: &mut [Judgement]) {
    judgements.sort_by(|a, b| (badness(&a.verdict), &a.secret).cmp(&(badness(&b.verdict), &b.secret)));
}

/// The place of a verdict in the report: the worst first.
pub(super) fn badness(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Fails { .. } => 0,
        Verdict::Undecided { .. } => 1,
        Verdict::Rotates => 2,
        Verdict::NotJudged => 3,
    }
}
