//! The report by the controls of a compliance framework, as the JSON report holds it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::arn::Arn;
use crate::finding::{Fingerprint, MapSource};
use crate::report::framework::{Control, Framework};

/// A framework, and what the report says of its controls.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Framework")]
pub(super) struct FrameworkDocument<'a> {
    /// Its id.
    id: &'a str,
    /// Its controls that a rule speaks to.
    controls: Vec<ControlDocument<'a>>,
    /// The findings of rules that speak to none of them.
    elsewhere: Vec<Fingerprint>,
}

/// What the report says of a control. A control asks for more than rotaudit looks at.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Control")]
struct ControlDocument<'a> {
    /// Its id.
    id: &'a str,
    /// The rules that speak to it, and whose reading that is.
    rules: &'a BTreeMap<&'a str, MapSource>,
    /// The fingerprints of their findings.
    findings: Vec<Fingerprint>,
    /// The fingerprints of their findings that do not count.
    suppressed: Vec<Fingerprint>,
    /// Their checks that could not be decided.
    undecided: Vec<CheckDocument<'a>>,
    /// The judged rotations that nothing of this touches, by their secrets.
    passing: &'a [&'a Arn],
}

/// A check that could not be decided.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ControlCheck")]
struct CheckDocument<'a> {
    /// The rule.
    rule: &'a str,
    /// What it is about.
    resource: &'a Arn,
}

impl<'a> FrameworkDocument<'a> {
    pub(super) fn of(framework: &'a Framework<'a>) -> Self {
        Self {
            id: framework.id,
            controls: framework.controls.iter().map(ControlDocument::of).collect(),
            elsewhere: framework.elsewhere.iter().map(|finding| finding.fingerprint).collect(),
        }
    }
}

impl<'a> ControlDocument<'a> {
    fn of(control: &'a Control<'a>) -> Self {
        Self {
            id: control.id,
            rules: &control.rules,
            findings: control.findings.iter().map(|finding| finding.fingerprint).collect(),
            suppressed: control.suppressed.iter().map(|it| it.finding.fingerprint).collect(),
            undecided: control.undecided.iter().map(|check| CheckDocument { rule: &check.rule, resource: &check.resource }).collect(),
            passing: &control.passing,
        }
    }
}
