//! The numbers of a report. The table ends with them, the JSON report holds them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::words::count;
use crate::audit::Report;
use crate::finding::{Severity, Suppression};
use crate::rotation::Verdict;

/// The severities, worst first.
pub(super) const WORST_FIRST: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

/// How many of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Summary {
    /// Secrets that were read, rotating or not.
    secrets: usize,
    /// Rotations by verdict.
    rotations: RotationCounts,
    /// Findings by severity; every severity is there.
    findings: BTreeMap<Severity, usize>,
    /// Findings that do not count because of a waiver.
    waived: usize,
    /// Findings that do not count because the baseline has them too.
    in_baseline: usize,
    /// Calls that did not answer.
    gaps: usize,
    /// Checks that could not be decided.
    undecided: usize,
}

/// Rotations by verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
struct RotationCounts {
    /// All of them.
    total: usize,
    /// Those that work.
    rotates: usize,
    /// Those that fail.
    fails: usize,
    /// Those that could not be decided.
    undecided: usize,
    /// Those that do not go through a Lambda function.
    not_judged: usize,
}

impl Summary {
    /// The numbers of `report`.
    pub(super) fn of(report: &Report) -> Self {
        let mut rotations = RotationCounts { total: report.rotations.len(), ..RotationCounts::default() };
        for judgement in &report.rotations {
            match judgement.verdict {
                Verdict::Rotates => rotations.rotates += 1,
                Verdict::Fails { .. } => rotations.fails += 1,
                Verdict::Undecided { .. } => rotations.undecided += 1,
                Verdict::NotJudged => rotations.not_judged += 1,
            }
        }
        let mut findings: BTreeMap<_, _> = WORST_FIRST.into_iter().map(|severity| (severity, 0)).collect();
        for finding in &report.findings {
            *findings.entry(finding.severity).or_default() += 1;
        }
        let in_baseline = report.suppressed.iter().filter(|it| it.suppression == Suppression::Baseline).count();
        let waived = report.suppressed.len() - in_baseline;
        Self {
            secrets: report.secrets,
            rotations,
            findings,
            waived,
            in_baseline,
            gaps: report.coverage.len(),
            undecided: report.undecided.len(),
        }
    }

    /// All of it in one line.
    pub(super) fn line(&self) -> String {
        let RotationCounts { total, rotates, fails, undecided, not_judged } = self.rotations;
        let verdicts = [(rotates, "rotate"), (fails, "fail"), (undecided, "undecided"), (not_judged, "not judged")];
        let mut parts = vec![count(total, "rotation", "rotations")];
        if total > 0 {
            parts[0] = format!("{}: {}", parts[0], numbers(verdicts));
        }
        let findings = numbers(WORST_FIRST.map(|severity| (self.findings.get(&severity).copied().unwrap_or_default(), severity.word())));
        parts.push(format!("findings: {}", if findings.is_empty() { "none" } else { &findings }));
        let suppressed = numbers([(self.waived, "waived"), (self.in_baseline, "in the baseline")]);
        if !suppressed.is_empty() {
            parts.push(format!("not counted: {suppressed}"));
        }
        if self.undecided > 0 {
            parts.push(format!("undecided: {}", count(self.undecided, "check", "checks")));
        }
        if self.gaps > 0 {
            parts.push(format!("not read: {}", count(self.gaps, "call", "calls")));
        }
        parts.join(" · ")
    }
}

/// `2 critical, 3 high`, without those that are zero.
fn numbers<const N: usize>(counts: [(usize, &str); N]) -> String {
    let counts: Vec<_> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    counts.join(", ")
}
