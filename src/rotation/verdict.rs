//! The steps of a rotation, its requests once decided, and the verdict. Judging fills these, rules and reports read them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::chain::RotationKind;
use super::paths::Connections;
use crate::arn::Arn;
use crate::policy::Decision;

/// A step of a rotation, in the order in which they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Somebody turns rotation on. Part of a rotation where it is asked for somebody, and where a template or plan turns it on with a schedule that Secrets Manager refuses.
    TurnOn,
    /// Secrets Manager invokes the function (it does so for each of the four steps).
    Invoke,
    /// Lambda starts the function under its execution role.
    Start,
    /// The function makes the new version.
    CreateSecret,
    /// The function sets the new credentials in the database or service.
    SetSecret,
    /// The function tries the new credentials.
    TestSecret,
    /// The function moves `AWSCURRENT` to the new version.
    FinishSecret,
}

impl Step {
    /// Its name in reports; for the four steps of the function, the one that AWS uses in events and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TurnOn => "turn on",
            Self::Invoke => "invoke",
            Self::Start => "start",
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }
}

/// One request of a rotation, and how it is decided.
#[derive(Debug, Clone)]
pub struct JudgedCall {
    /// The step that makes it first.
    pub step: Step,
    /// Who asks: `execution role`, `secretsmanager.amazonaws.com`, …
    pub actor: Arc<str>,
    /// The IAM action.
    pub action: Arc<str>,
    /// The resource, or `*`.
    pub resource: Arc<str>,
    /// How AWS decides.
    pub decision: Decision,
    /// The deciding statement, or the nearest one and where it misses.
    pub because: Arc<str>,
    /// Whether a rotation function may do without it, so that the verdict does not hang on it.
    pub optional: bool,
}

/// Whether a rotation will work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every call of it is allowed and everything it needs is there.
    Rotates,
    /// It fails.
    Fails {
        /// The first step that fails.
        step: Step,
        /// Why.
        because: String,
        /// The denied call that it fails with, as its place in [`Judgement::calls`]; `None` where it fails for what is or is not there.
        call: Option<usize>,
    },
    /// It could not be decided.
    Undecided {
        /// What would decide it: calls that did not answer, context keys.
        needs: Vec<String>,
    },
    /// It is not a rotation through a Lambda function, and nothing that AWS decides about it stands in its way.
    NotJudged,
}

impl Verdict {
    /// The word for it in reports.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Rotates => "rotates",
            Self::Fails { .. } => "fails",
            Self::Undecided { .. } => "undecided",
            Self::NotJudged => "not judged",
        }
    }
}

/// A rotation with its calls and its verdict.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The secret.
    pub secret: Arn,
    /// How it rotates.
    pub kind: RotationKind,
    /// The rotation function as the secret names it.
    pub function: Option<Arn>,
    /// The execution role.
    pub role: Option<Arn>,
    /// The customer managed key; `None` for `aws/secretsmanager` or when it could not be resolved.
    pub key: Option<Arn>,
    /// The verdict.
    pub verdict: Verdict,
    /// The requests, in the order of the steps.
    pub calls: Vec<JudgedCall>,
    /// How the function gets to what it connects to; `None` where there is no function to follow.
    pub connections: Option<Arc<Connections>>,
}
