//! The shape of the JSON answer to a proposed rotation. Members are only ever added within a schema version.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::model::{Coverage, Rotation, SCHEMA_VERSION, TOOL, Tool};
use crate::arn::Arn;
use crate::finding::{Finding, Fingerprint, Suppressed, Undecided};
use crate::gate::{FixFirst, Gate, ProposedSchedule, Through};
use crate::inventory::RotationConfiguration;

/// Whether a proposed rotation will succeed, and what it opens.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "rotaudit gate", rename = "Gate")]
pub(super) struct GateDocument<'a> {
    /// The version of this shape.
    schema_version: u32,
    /// What wrote it.
    tool: Tool,
    /// When AWS was read.
    as_of: Timestamp,
    /// Why reading ended before everything was asked; absent when everything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<&'a str>,
    /// What was proposed.
    proposal: ProposalDocument<'a>,
    /// How the secret rotates without it.
    before: &'a RotationConfiguration,
    /// The rotation as proposed. Its verdict is the answer: `rotates`, `fails` or `undecided`.
    rotation: Rotation<'a>,
    /// The one thing to do first; null when there is nothing to do.
    fix_first: Option<First<'a>>,
    /// The findings that the proposal adds, and the one of `fix_first`; worst first.
    findings: &'a [Finding],
    /// How many findings about this rotation there were before.
    existing: usize,
    /// Those of the added findings that do not count, because of a waiver or the baseline.
    suppressed: &'a [Suppressed],
    /// The checks that the proposal adds and that could not be decided.
    undecided: &'a [Undecided],
    /// The calls that did not answer and on which this rotation may hang.
    coverage: Vec<Coverage<'a>>,
    /// What was taken for granted of this rotation because nobody was asked.
    assumptions: &'a [String],
}

/// A proposed rotation.
#[derive(Serialize, JsonSchema)]
struct ProposalDocument<'a> {
    /// The secret.
    secret: &'a Arn,
    /// The rotation function; null for a rotation through a role.
    function: Option<&'a Arn>,
    /// The role through which a managed external secret is to rotate; null for a rotation by a function.
    external_role: Option<&'a Arn>,
    /// When; null leaves the schedule as it is.
    schedule: Option<Schedule<'a>>,
    /// Whose rights to turn it on were asked; null when nobody was named.
    turned_on_by: Option<&'a Arn>,
}

/// A rotation schedule.
#[derive(Serialize, JsonSchema)]
struct Schedule<'a> {
    /// Days between rotations, where the schedule says days.
    after_days: Option<i64>,
    /// `rate(…)` or `cron(…)`.
    expression: Option<&'a str>,
    /// Length of the rotation window, such as `3h`.
    window: Option<&'a str>,
}

/// What to do first.
#[derive(Serialize, JsonSchema)]
struct First<'a> {
    /// What is wrong or not known.
    problem: &'a str,
    /// What has to be changed, if it is known.
    resource: Option<&'a Arn>,
    /// Which policy or setting of it.
    change: Option<&'a str>,
    /// What to do.
    remedy: &'a str,
    /// The rule that belongs to it.
    rule: Option<&'a str>,
    /// The finding of that rule.
    finding: Option<Fingerprint>,
}

impl<'a> GateDocument<'a> {
    pub(super) fn of(gate: &'a Gate) -> Self {
        let Gate { proposal, before, judgement, fix_first, report, existing } = gate;
        let (function, external_role) = match &proposal.through {
            Through::Function(arn) => (Some(arn), None),
            Through::Role(arn) => (None, Some(arn)),
        };
        Self {
            schema_version: SCHEMA_VERSION,
            tool: TOOL,
            as_of: report.as_of,
            partial: report.partial.as_deref(),
            proposal: ProposalDocument {
                secret: &proposal.secret,
                function,
                external_role,
                schedule: proposal.schedule.as_ref().map(Schedule::of),
                turned_on_by: proposal.turned_on_by.as_ref(),
            },
            before,
            rotation: Rotation::of(judgement),
            fix_first: fix_first.as_ref().map(First::of),
            findings: &report.findings,
            existing: *existing,
            suppressed: &report.suppressed,
            undecided: &report.undecided,
            coverage: report.coverage.iter().map(Coverage::of).collect(),
            assumptions: &report.assumptions,
        }
    }
}

impl<'a> Schedule<'a> {
    fn of(schedule: &'a ProposedSchedule) -> Self {
        Self { after_days: schedule.after_days, expression: schedule.expression.as_deref(), window: schedule.window.as_deref() }
    }
}

impl<'a> First<'a> {
    fn of(first: &'a FixFirst) -> Self {
        Self {
            problem: &first.problem,
            resource: first.resource.as_ref(),
            change: first.change.as_deref(),
            remedy: &first.remedy,
            rule: first.rule.as_deref(),
            finding: first.finding,
        }
    }
}
