//! The one thing to do first about a proposed rotation: what fails first in the order of the rotation and where to change it, or what is not known, or the worst that
//! it opens. `gate` asks here.

use super::overlay::{Proposal, Refusal, Through};
use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::{Class, Evidence, Finding, Fingerprint};
use crate::policy::Decision;
use crate::rotation::{JudgedCall, Judgement, Step, Verdict};

/// What to do first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixFirst {
    /// What is wrong or not known, in a sentence.
    pub problem: String,
    /// What has to be changed, if it is known.
    pub resource: Option<Arn>,
    /// Which policy or setting of it, in words.
    pub change: Option<String>,
    /// What to do, in a sentence.
    pub remedy: String,
    /// The rule that belongs to it, if there is one.
    pub rule: Option<String>,
    /// The finding of that rule.
    pub finding: Option<Fingerprint>,
}

impl FixFirst {
    /// About what Secrets Manager refuses.
    pub(super) fn of_refusal(refusal: Refusal, secret: &Arn) -> Self {
        Self {
            problem: refusal.because,
            resource: Some(secret.clone()),
            change: None,
            remedy: refusal.remedy.to_owned(),
            rule: None,
            finding: None,
        }
    }

    /// About what fails; else about what is not known; else about the worst finding that is new.
    pub(super) fn of(judgement: &Judgement, proposal: &Proposal, report: &Report, is_new: impl Fn(&Finding) -> bool) -> Option<Self> {
        match &judgement.verdict {
            Verdict::Fails { step, because, call } => {
                let call = call.and_then(|place| judgement.calls.get(place));
                Some(Self::of_failure(*step, because, call, judgement, proposal, report))
            }
            Verdict::Undecided { needs } => Some(Self {
                problem: format!("it is not known yet: {}", needs.first().map_or("something that was not read", String::as_str)),
                resource: None,
                change: None,
                remedy: "Where a call was refused, or something lies outside of what was read, let it be read; else look at it yourself."
                    .to_owned(),
                rule: None,
                finding: None,
            }),
            Verdict::Rotates | Verdict::NotJudged => report.findings.iter().find(|finding| is_new(finding)).map(Self::of_finding),
        }
    }

    fn of_finding(finding: &Finding) -> Self {
        Self {
            problem: finding.message.clone(),
            resource: Some(finding.resource.clone()),
            change: None,
            remedy: finding.remedy.clone(),
            rule: Some(finding.rule.clone()),
            finding: Some(finding.fingerprint),
        }
    }

    fn of_failure(
        step: Step,
        because: &str,
        call: Option<&JudgedCall>,
        judgement: &Judgement,
        proposal: &Proposal,
        report: &Report,
    ) -> Self {
        let suppressed = report.suppressed.iter().map(|suppressed| &suppressed.finding);
        let breaking: Vec<&Finding> = report
            .findings
            .iter()
            .chain(suppressed)
            .filter(|finding| finding.class == Class::Breaks && finding.rotations.contains(&judgement.secret))
            .collect();
        let (resource, change, finding) = match call {
            Some(call) => {
                let (resource, change) = place_of(call, judgement, proposal);
                (resource, Some(change), finding_of_call(call, &breaking))
            }
            None => (None, None, finding_of_condition(because, &breaking)),
        };
        let remedy = finding.map_or_else(|| "Change that, then ask again.".to_owned(), |finding| finding.remedy.clone());
        let of_step_on = |change: &String| format!("Allow it in {change}.");
        Self {
            problem: because.to_owned(),
            resource: resource.or_else(|| finding.map(|finding| finding.resource.clone())),
            remedy: match (&change, finding, step) {
                (Some(change), None, Step::TurnOn) => of_step_on(change),
                _ => remedy,
            },
            change,
            rule: finding.map(|finding| finding.rule.clone()),
            finding: finding.map(|finding| finding.fingerprint),
        }
    }
}

/// Where a denied call is to be allowed: the resource, and which policy of it.
fn place_of(call: &JudgedCall, judgement: &Judgement, proposal: &Proposal) -> (Option<Arn>, String) {
    if call.decision == Decision::ExplicitDeny {
        return (
            Arn::parse(&call.resource).ok(),
            format!("the statement that denies {}: an explicit deny goes before every allow", call.action),
        );
    }
    let named = |arn: Option<&Arn>| arn.map_or("that is not known", Arn::name).to_owned();
    match call.step {
        Step::TurnOn => {
            let who = proposal.turned_on_by.as_ref();
            (who.cloned(), format!("an identity policy of {}", named(who)))
        }
        Step::Invoke => {
            let function = match &proposal.through {
                Through::Function(arn) => Some(arn),
                Through::Role(_) => judgement.function.as_ref(),
            };
            (function.cloned(), format!("the resource-based policy of the function {}", named(function)))
        }
        Step::Start => (judgement.role.clone(), format!("the trust policy of the role {}", named(judgement.role.as_ref()))),
        _ if call.action.starts_with("kms:") => {
            let role = judgement.role.as_ref();
            (
                role.cloned(),
                format!(
                    "an identity policy of the role {}, where the key policy leaves it to the account; else the key policy",
                    named(role)
                ),
            )
        }
        _ => (judgement.role.clone(), format!("an identity policy of the role {}", named(judgement.role.as_ref()))),
    }
}

/// The finding that this request proves; one about the very resource goes first.
fn finding_of_call<'a>(call: &JudgedCall, breaking: &[&'a Finding]) -> Option<&'a Finding> {
    let proves = |finding: &Finding, of_resource: bool| {
        finding.evidence.iter().any(|evidence| match evidence {
            Evidence::Request { action, resource, decision, .. } => {
                **action == *call.action && decision.ends_with("_deny") && (!of_resource || **resource == *call.resource)
            }
            Evidence::Fact { .. } => false,
        })
    };
    [true, false].into_iter().find_map(|of_resource| breaking.iter().find(|finding| proves(finding, of_resource)).copied())
}

/// The finding about what the verdict names. Findings come worst first.
fn finding_of_condition<'a>(because: &str, breaking: &[&'a Finding]) -> Option<&'a Finding> {
    let by_fact: Vec<&&Finding> = breaking.iter().filter(|finding| !finding.evidence.iter().any(is_request)).collect();
    let is_named = |finding: &&&&Finding| because.contains(finding.resource.name());
    by_fact.iter().find(is_named).or_else(|| by_fact.first()).map(|finding| **finding)
}

const fn is_request(evidence: &Evidence) -> bool {
    matches!(evidence, Evidence::Request { .. })
}
