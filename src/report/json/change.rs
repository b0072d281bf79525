//! What the change itself adds and removes, as a member of the report of a plan or template. `model` holds it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::Report;
use crate::report::diff::{Changes, Check, Open, Seen, VerdictChange};

/// What the change itself adds and removes: this report against that of what was there before.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub(super) struct ChangeDocument {
    /// When that was read; for the state of a plan and an earlier template, when the report was made.
    before_as_of: Timestamp,
    /// The findings of this report that were not there before, worst first.
    new: Vec<NewFinding>,
    /// How many findings of this report were there before.
    unchanged: usize,
    /// Findings of before that are looked for and not found any more, worst first.
    fixed: Vec<Seen>,
    /// Findings of before of which this report cannot tell, worst first.
    open: Vec<Open>,
    /// Findings of before that are still there and do not count any more, because of a waiver or a baseline.
    suppressed: Vec<Seen>,
    /// Rotations with another verdict, or with the same for another reason.
    verdicts: Vec<VerdictChange>,
    /// Checks that were decided before, or not made, and are undecided now.
    newly_undecided: Vec<Check>,
    /// Checks that were undecided before, and are decided now or not made.
    no_longer_undecided: Vec<Check>,
}

/// A finding of the report that is new.
#[derive(Serialize, JsonSchema)]
struct NewFinding {
    /// The finding's fingerprint.
    fingerprint: String,
    /// Whether it could not be decided before, so that it may have been there.
    was_undecided: bool,
}

impl ChangeDocument {
    /// That of `report`, if it is about a change.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let changes = Changes::of(report)?;
        let new = changes.new.into_iter().map(|new| NewFinding { fingerprint: new.seen.fingerprint, was_undecided: new.was_undecided });
        Some(Self {
            before_as_of: changes.old_as_of,
            new: new.collect(),
            unchanged: changes.unchanged.len(),
            fixed: changes.fixed,
            open: changes.open,
            suppressed: changes.suppressed,
            verdicts: changes.verdicts,
            newly_undecided: changes.newly_undecided,
            no_longer_undecided: changes.no_longer_undecided,
        })
    }
}
