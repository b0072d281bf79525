//! The pipeline as one function, and the report that it makes. Synchronous and pure: the same inventory gives the same report.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::finding::{Finding, RuleInfo, Undecided};
use crate::inventory::Gap;
use crate::rotation::Judgement;

/// All that an audit found. Renderers in `report` show it; the exit code is made from it.
#[derive(Debug, Clone)]
pub struct Report {
    /// When the inventory was read.
    pub as_of: Timestamp,
    /// What could not be read, and what that leaves undecided.
    pub coverage: Vec<CoverageEntry>,
    /// What was taken for granted because nobody was asked (one sentence each).
    pub assumptions: Vec<String>,
    /// Every rotation with its verdict, worst first.
    pub rotations: Vec<Judgement>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Checks that could not be decided.
    pub undecided: Vec<Undecided>,
    /// The rules that ran, by id.
    pub rules: BTreeMap<String, RuleInfo>,
    /// How many secrets the inventory holds, rotating or not.
    pub secrets: usize,
}

/// A call that did not answer, and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageEntry {
    /// The call.
    pub gap: Gap,
    /// What it leaves undecided.
    pub effect: String,
}
