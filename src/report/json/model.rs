//! The shape of the JSON report. Members are only ever added within a schema version.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::change::ChangeDocument;
use super::controls::FrameworkDocument;
use super::paths::{Path, paths};
use crate::arn::Arn;
use crate::audit::{CoverageEntry, Report};
use crate::finding::{Finding, Suppressed, Undecided};
use crate::policy::Decision;
use crate::report::framework::Framework;
use crate::report::summary::Summary;
use crate::rotation::{JudgedCall, Judgement, RotationKind, Step, Verdict};

/// Raised when a member changes its meaning or goes away.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// An audit of the rotations of one or more accounts.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "rotaudit report", rename = "Report")]
pub(super) struct ReportDocument<'a> {
    /// The version of this shape.
    schema_version: u32,
    /// What wrote it.
    tool: Tool,
    /// When AWS was read.
    as_of: Timestamp,
    /// Why reading ended before everything was asked; absent when everything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<&'a str>,
    /// What the snapshots that were put together say differently, and which counts.
    conflicts: &'a [String],
    /// The calls that did not answer.
    coverage: Vec<Coverage<'a>>,
    /// What was taken for granted because nobody was asked.
    assumptions: &'a [String],
    /// Every rotation, worst first.
    rotations: Vec<Rotation<'a>>,
    /// Every finding, worst first.
    findings: &'a [Finding],
    /// The findings that do not count, because of a waiver or the baseline; worst first.
    suppressed: &'a [Suppressed],
    /// The checks that could not be decided: neither findings nor passes.
    undecided: &'a [Undecided],
    /// What the change itself adds and removes, of a plan with a state and of what is laid over what exists; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<ChangeDocument>,
    /// The report by the controls of a compliance framework; absent unless one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    framework: Option<FrameworkDocument<'a>>,
    /// The numbers.
    summary: Summary,
}

/// One rotation, call by call, with the findings that touch it.
#[derive(Serialize)]
pub(super) struct RotationDocument<'a> {
    schema_version: u32,
    tool: Tool,
    rotation: Rotation<'a>,
    findings: &'a [&'a Finding],
}

/// The program.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tool {
    /// Its name.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// A call that did not answer.
#[derive(Serialize, JsonSchema)]
pub(super) struct Coverage<'a> {
    /// The call, as `service:Operation`.
    call: &'a str,
    /// What it was asked about.
    resource: &'a str,
    /// What it answered.
    error: &'a str,
    /// What it leaves undecided.
    effect: &'a str,
}

/// A rotation.
#[derive(Serialize, JsonSchema)]
pub(super) struct Rotation<'a> {
    /// The secret.
    secret: &'a Arn,
    /// The rotation function, as the secret names it.
    function: Option<&'a Arn>,
    /// The execution role.
    role: Option<&'a Arn>,
    /// The customer managed key.
    key: Option<&'a Arn>,
    /// How it rotates.
    kind: &'a RotationKind,
    /// Whether it will work.
    verdict: VerdictWord,
    /// The first step that fails, for a rotation that fails.
    step: Option<Step>,
    /// Why it fails, for a rotation that fails.
    because: Option<&'a str>,
    /// What would decide it, for a rotation that is undecided.
    needs: &'a [String],
    /// How its function gets to Secrets Manager and to what the secret opens; empty where there is no function to follow.
    paths: Vec<Path<'a>>,
    /// Its requests, in the order of the steps.
    calls: Vec<Call<'a>>,
}

/// Whether a rotation will work.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum VerdictWord {
    /// Every call of it is allowed and everything it needs is there.
    Rotates,
    /// It fails.
    Fails,
    /// It could not be decided.
    Undecided,
    /// It does not go through a Lambda function.
    NotJudged,
}

/// A request of a rotation.
#[derive(Serialize, JsonSchema)]
struct Call<'a> {
    /// The step that makes it first.
    step: Step,
    /// Who asks.
    #[serde(rename = "as")]
    actor: &'a str,
    /// The IAM action.
    action: &'a str,
    /// The resource, or `*`.
    resource: &'a str,
    /// How AWS decides.
    decision: Decision,
    /// The deciding statement, or the nearest one and where it misses.
    because: &'a str,
    /// Whether the verdict does without it.
    optional: bool,
}

pub(super) const TOOL: Tool = Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

impl<'a> ReportDocument<'a> {
    /// The report without its rotations and findings, which are written one by one: they are nearly all of it.
    pub(super) fn frame(report: &'a Report, framework: Option<&'a Framework<'a>>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: TOOL,
            as_of: report.as_of,
            partial: report.partial.as_deref(),
            conflicts: &report.conflicts,
            coverage: report.coverage.iter().map(Coverage::of).collect(),
            assumptions: &report.assumptions,
            rotations: Vec::new(),
            findings: &[],
            suppressed: &report.suppressed,
            undecided: &report.undecided,
            change: ChangeDocument::of(report),
            framework: framework.map(FrameworkDocument::of),
            summary: Summary::of(report),
        }
    }
}

impl<'a> RotationDocument<'a> {
    pub(super) fn of(judgement: &'a Judgement, findings: &'a [&'a Finding]) -> Self {
        Self { schema_version: SCHEMA_VERSION, tool: TOOL, rotation: Rotation::of(judgement), findings }
    }
}

impl<'a> Coverage<'a> {
    pub(super) fn of(CoverageEntry { gap, effect }: &'a CoverageEntry) -> Self {
        Self { call: &gap.call, resource: &gap.resource, error: &gap.error, effect }
    }
}

impl<'a> Rotation<'a> {
    pub(super) fn of(judgement: &'a Judgement) -> Self {
        let (verdict, step, because, needs): (_, _, _, &[String]) = match &judgement.verdict {
            Verdict::Rotates => (VerdictWord::Rotates, None, None, &[]),
            Verdict::Fails { step, because, .. } => (VerdictWord::Fails, Some(*step), Some(because.as_str()), &[]),
            Verdict::Undecided { needs } => (VerdictWord::Undecided, None, None, needs),
            Verdict::NotJudged => (VerdictWord::NotJudged, None, None, &[]),
        };
        Self {
            secret: &judgement.secret,
            function: judgement.function.as_ref(),
            role: judgement.role.as_ref(),
            key: judgement.key.as_ref(),
            kind: &judgement.kind,
            verdict,
            step,
            because,
            needs,
            paths: judgement.connections.iter().flat_map(|connections| paths(connections)).collect(),
            calls: judgement.calls.iter().map(Call::of).collect(),
        }
    }
}

impl<'a> Call<'a> {
    fn of(call: &'a JudgedCall) -> Self {
        Self {
            step: call.step,
            actor: &call.actor,
            action: &call.action,
            resource: &call.resource,
            decision: call.decision,
            because: &call.because,
            optional: call.optional,
        }
    }
}
