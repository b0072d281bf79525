//! Compares two audits: findings by fingerprint, verdicts by secret, checks that could not be decided. Reports of changes, as tables and as JSON, are made of it.
//!
//! A finding that is not found any more is fixed only where the later audit looked and could decide; otherwise it is open.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::side::{Check, Checks, Judged, Seen, Side};
use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::{Finding, Fingerprint, Severity};

/// Raised when a member changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

/// What changed from one audit to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "rotaudit diff", rename = "Diff")]
pub struct Changes {
    /// The version of this shape.
    schema_version: u32,
    /// When AWS was read for the earlier audit.
    pub(crate) old_as_of: Timestamp,
    /// When AWS was read for the later audit.
    pub(crate) new_as_of: Timestamp,
    /// Findings that the earlier audit did not have, worst first.
    pub(crate) new: Vec<New>,
    /// Findings that the later audit looked for and does not have any more, worst first.
    pub(crate) fixed: Vec<Seen>,
    /// Findings of the earlier audit of which the later one cannot tell, worst first.
    pub(crate) open: Vec<Open>,
    /// Findings of the earlier audit that are still there and do not count any more, because of a waiver or a baseline.
    pub(crate) suppressed: Vec<Seen>,
    /// Findings of both, worst first.
    pub(crate) unchanged: Vec<Seen>,
    /// Rotations with another verdict, or with the same for another reason.
    pub(crate) verdicts: Vec<VerdictChange>,
    /// Checks that the earlier audit decided or did not make, and the later one could not decide.
    pub(crate) newly_undecided: Vec<Check>,
    /// Checks that the earlier audit could not decide, and the later one decided or does not make.
    pub(crate) no_longer_undecided: Vec<Check>,
    /// The findings that are new, those that do not count among them.
    #[serde(skip)]
    added: BTreeSet<Fingerprint>,
    /// Whether a rotation fails that did not fail in the earlier audit, and nobody has made an exception for what breaks it.
    #[serde(skip)]
    newly_fails: bool,
}

/// A finding that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct New {
    /// The finding.
    #[serde(flatten)]
    pub(crate) seen: Seen,
    /// Whether the earlier audit could not decide it, so that it may have been there.
    pub(crate) was_undecided: bool,
}

/// A finding of which nobody can tell whether it is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Open {
    /// The finding.
    #[serde(flatten)]
    pub(crate) seen: Seen,
    /// Why nobody can tell.
    pub(crate) because: String,
}

/// A rotation whose verdict changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct VerdictChange {
    /// The secret.
    pub(crate) secret: Arn,
    /// The earlier verdict; null for a rotation that was not there.
    pub(crate) old: Option<String>,
    /// The later verdict; null for a rotation that is not there any more.
    pub(crate) new: Option<String>,
    /// Why it fails now, or what would decide it.
    pub(crate) because: Option<String>,
}

impl Changes {
    /// From `old` to `new`.
    pub fn between(old: &Side, new: &Side) -> Self {
        let mut changes = Self {
            schema_version: SCHEMA_VERSION,
            old_as_of: old.as_of,
            new_as_of: new.as_of,
            new: Vec::new(),
            fixed: Vec::new(),
            open: Vec::new(),
            suppressed: Vec::new(),
            unchanged: Vec::new(),
            verdicts: verdicts(old, new),
            newly_undecided: checks(&new.undecided, &old.undecided),
            no_longer_undecided: checks(&old.undecided, &new.undecided),
            newly_fails: new.verdicts.iter().any(|(name, judged)| {
                let failed = old.verdicts.get(name).is_some_and(|former| former.verdict == judged.verdict);
                judged.verdict == "fails" && !failed && !new.excused.contains(name)
            }),
            added: new.suppressed.iter().filter(|it| !old.findings.contains_key(*it) && !old.suppressed.contains(*it)).copied().collect(),
        };
        for (fingerprint, seen) in &new.findings {
            if old.knows(fingerprint, seen) {
                changes.unchanged.push(seen.clone());
            } else {
                changes.added.insert(*fingerprint);
                changes.new.push(New { seen: seen.clone(), was_undecided: old.undecided.contains_key(fingerprint) });
            }
        }
        for (fingerprint, seen) in old.findings.iter().filter(|(fingerprint, _)| !new.findings.contains_key(*fingerprint)) {
            if new.suppressed.contains(fingerprint) {
                changes.suppressed.push(seen.clone());
            } else if let Some(because) = new.cannot_tell(fingerprint, seen) {
                changes.open.push(Open { seen: seen.clone(), because });
            } else {
                changes.fixed.push(seen.clone());
            }
        }
        changes.new.sort_by(|a, b| a.seen.order().cmp(&b.seen.order()));
        changes.open.sort_by(|a, b| a.seen.order().cmp(&b.seen.order()));
        for seen in [&mut changes.fixed, &mut changes.suppressed, &mut changes.unchanged] {
            seen.sort_by(|a, b| a.order().cmp(&b.order()));
        }
        changes
    }

    /// Those of a report that is about a change, if it is.
    pub(crate) fn of(report: &Report) -> Option<Self> {
        report.before.as_deref().map(|before| Self::between(&Side::of(before), &Side::of(report)))
    }

    /// Whether this finding, counting or not, is new.
    pub(crate) fn adds(&self, finding: &Finding) -> bool {
        self.added.contains(&finding.fingerprint)
    }

    /// The severity of the worst that is new: of a finding, or of a rotation that fails anew, which is as bad as a finding of severity high although what breaks it may have been found before, of
    /// another rotation.
    pub fn worst_new(&self) -> Option<Severity> {
        self.new.iter().map(|new| new.seen.severity).chain(self.newly_fails.then_some(Severity::High)).max()
    }
}

/// Checks of one audit that are not among those of the other.
fn checks(these: &Checks, those: &Checks) -> Vec<Check> {
    let mut checks: Vec<Check> = these.iter().filter(|(known, _)| !those.contains_key(*known)).map(|(_, check)| check.clone()).collect();
    checks.sort();
    checks
}

fn verdicts(old: &Side, new: &Side) -> Vec<VerdictChange> {
    let names: BTreeSet<_> = old.verdicts.keys().chain(new.verdicts.keys()).collect();
    let change = |name| {
        let (before, now): (Option<&Judged>, Option<&Judged>) = (old.verdicts.get(name), new.verdicts.get(name));
        let same = before.map(|judged| (&judged.verdict, &judged.because)) == now.map(|judged| (&judged.verdict, &judged.because));
        let secret = now.or(before).filter(|_| !same)?.secret.clone();
        let word = |judged: Option<&Judged>| judged.map(|judged| judged.verdict.clone());
        Some(VerdictChange { secret, old: word(before), new: word(now), because: now.and_then(|judged| judged.because.clone()) })
    };
    names.into_iter().filter_map(change).collect()
}

impl Side {
    fn knows(&self, fingerprint: &Fingerprint, seen: &Seen) -> bool {
        self.suppressed.contains(fingerprint) || self.findings.get(fingerprint).is_some_and(|former| !seen.holds_further_than(former))
    }
}
