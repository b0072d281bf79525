//! Compares two audits: findings by fingerprint, verdicts by secret, checks that could not be decided; and writes that as JSON. The table is made of it as well.
//!
//! A finding that is not found any more is fixed only where the later audit looked and could decide; otherwise it is open.

use std::collections::BTreeSet;
use std::io::{self, Write};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::side::{Check, Checks, Judged, Seen, Side};
use crate::arn::Arn;
use crate::finding::{Fingerprint, Severity};
use crate::report::json::write_json;

/// Raised when a member changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

/// What changed from one audit to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "rotaudit diff", rename = "Diff")]
pub struct Changes {
    /// The version of this shape.
    schema_version: u32,
    /// When AWS was read for the earlier audit.
    pub(super) old_as_of: Timestamp,
    /// When AWS was read for the later audit.
    pub(super) new_as_of: Timestamp,
    /// Findings that the earlier audit did not have, worst first.
    pub(super) new: Vec<New>,
    /// Findings that the later audit looked for and does not have any more, worst first.
    pub(super) fixed: Vec<Seen>,
    /// Findings of the earlier audit of which the later one cannot tell, worst first.
    pub(super) open: Vec<Open>,
    /// Findings of the earlier audit that are still there and do not count any more, because of a waiver or a baseline.
    pub(super) suppressed: Vec<Seen>,
    /// Findings of both, worst first.
    pub(super) unchanged: Vec<Seen>,
    /// Rotations with another verdict, or with the same for another reason.
    pub(super) verdicts: Vec<VerdictChange>,
    /// Checks that the earlier audit decided or did not make, and the later one could not decide.
    pub(super) newly_undecided: Vec<Check>,
    /// Checks that the earlier audit could not decide, and the later one decided or does not make.
    pub(super) no_longer_undecided: Vec<Check>,
}

/// A finding that is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct New {
    /// The finding.
    #[serde(flatten)]
    pub(super) seen: Seen,
    /// Whether the earlier audit could not decide it, so that it may have been there.
    pub(super) was_undecided: bool,
}

/// A finding of which nobody can tell whether it is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Open {
    /// The finding.
    #[serde(flatten)]
    pub(super) seen: Seen,
    /// Why nobody can tell.
    pub(super) because: String,
}

/// A rotation whose verdict changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct VerdictChange {
    /// The secret.
    pub(super) secret: Arn,
    /// The earlier verdict; null for a rotation that was not there.
    pub(super) old: Option<String>,
    /// The later verdict; null for a rotation that is not there any more.
    pub(super) new: Option<String>,
    /// Why it fails now, or what would decide it.
    pub(super) because: Option<String>,
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
        };
        for (fingerprint, seen) in &new.findings {
            if old.knows(fingerprint) {
                changes.unchanged.push(seen.clone());
            } else {
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

    /// The severity of the worst new finding.
    pub fn worst_new(&self) -> Option<Severity> {
        self.new.iter().map(|new| new.seen.severity).max()
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

/// Writes the changes to `out` as JSON; `diff_json_schema` describes it.
pub fn diff_json(changes: &Changes, out: &mut dyn Write) -> io::Result<()> {
    write_json(changes, out)
}

/// The JSON Schema of what `diff_json` writes.
pub fn diff_json_schema() -> serde_json::Value {
    schemars::schema_for!(Changes).to_value()
}

impl Side {
    fn knows(&self, fingerprint: &Fingerprint) -> bool {
        self.findings.contains_key(fingerprint) || self.suppressed.contains(fingerprint)
    }
}
