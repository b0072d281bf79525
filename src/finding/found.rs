//! A finding with its proof, and a check that could not be decided.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::fingerprint::Fingerprint;
use super::late::Late;
use super::rule_info::{About, Class, Confidence, Severity};
use crate::arn::Arn;
use crate::inventory::{Gap, Origin};

/// One thing to fix. A fault of a function that rotates ten secrets is one finding that names ten rotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The same for the same fault of the same-named resource, whatever the source, time, order or version.
    pub fingerprint: Fingerprint,
    /// The id of the rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it breaks rotation, exposes something, or is untidy.
    pub class: Class,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What kind of thing it is about.
    pub about: About,
    /// The account of the resource.
    pub account: String,
    /// The region of the resource; empty for global ones.
    pub region: String,
    /// The resource to fix.
    pub resource: Arn,
    /// The secrets whose rotations it touches.
    pub rotations: BTreeSet<Arn>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The proof.
    pub evidence: Vec<Evidence>,
    /// What to do, in one sentence.
    pub remedy: String,
    /// The fixer that can write the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Where the resource is written, if a template will make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The ways in which open conditions of a template come out where this is found; empty where it is always found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub only_if: Vec<String>,
}

/// Puts findings in the order of reports: by severity, rule and resource.
pub fn worst_first(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (Reverse(a.severity), &a.rule, &a.resource).cmp(&(Reverse(b.severity), &b.rule, &b.resource)));
}

/// What proves a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Evidence {
    /// A request and how AWS would decide it.
    Request {
        /// Who asks.
        #[serde(rename = "as")]
        actor: String,
        /// The IAM action.
        action: String,
        /// The resource, or `*`.
        resource: String,
        /// `allowed`, `explicit_deny`, `implicit_deny` or `undecided`.
        decision: String,
        /// The deciding statement, or the nearest one and where it misses.
        because: String,
        /// The closed question: give this line to `rotaudit simulate` to decide it again.
        #[schemars(with = "serde_json::Value")]
        case: Late,
    },
    /// A fact that was read.
    Fact {
        /// The name of the fact, as rules write it.
        field: String,
        /// Its value.
        value: String,
    },
}

/// A check that could not be decided: neither a finding nor a pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Undecided {
    /// The id of the rule.
    pub rule: String,
    /// What kind of thing the check is about.
    pub about: About,
    /// The resource that was checked.
    pub resource: Arn,
    /// The secrets whose rotations it touches.
    pub rotations: BTreeSet<Arn>,
    /// The calls that did not answer.
    pub missing: BTreeSet<Gap>,
    /// What else it hangs on: context keys that no audit can know, facts that AWS does not document.
    pub hinges: BTreeSet<String>,
}
