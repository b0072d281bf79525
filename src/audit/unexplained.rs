//! Verdicts that no rule explains. A rotation that fails is never silent: where no finding says why, the verdict becomes one, with the request that is denied as its proof. The pipeline
//! asks here once rules and verdicts are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::Access;
use crate::arn::Arn;
use crate::finding::{Class, Evidence, Finding, Fingerprint, Severity, rotation_fails};
use crate::rotation::{Judgement, Rotation, Verdict, denied_request};
use crate::rules::{RuleSet, answered, is_cut_short};

/// The findings for those of these rotations that fail and of which `findings` do not tell why. Judged with nobody who turns them on.
pub(super) fn unexplained(
    judged: &[(&Rotation<'_>, &Judgement)],
    findings: &[Finding],
    rules: &RuleSet,
    access: &Access<'_>,
) -> Vec<Finding> {
    let failing: Vec<_> = judged.iter().filter(|(_, judgement)| matches!(judgement.verdict, Verdict::Fails { .. })).collect();
    let secrets: BTreeSet<&Arn> = failing.iter().map(|(_, judgement)| &judgement.secret).collect();
    let mut breaking: BTreeMap<&Arn, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| counts(finding, rules)) {
        for secret in finding.rotations.iter().filter(|secret| secrets.contains(secret)) {
            breaking.entry(secret).or_default().push(finding);
        }
    }
    let explained = |judgement: &Judgement| {
        let said = breaking.get(&judgement.secret);
        said.is_some_and(|findings| findings.iter().any(|finding| explains(finding, judgement)))
    };
    failing
        .into_iter()
        .filter(|(_, judgement)| !explained(judgement))
        .filter_map(|(it, judgement)| finding(it, judgement, access))
        .collect()
}

/// Whether a finding is as bad as a rotation that fails, as its rule was written: whoever makes less of a rule has seen what it says.
fn counts(finding: &Finding, rules: &RuleSet) -> bool {
    let written = rules.written_severity(&finding.rule).unwrap_or(finding.severity);
    finding.class == Class::Breaks && written.max(finding.severity) >= Severity::High
}

/// Whether a finding about a rotation tells why it fails: that the same action is denied, or, where it fails for what is or is not there, some fact. Of a long proof only the
/// beginning is kept.
fn explains(finding: &Finding, judgement: &Judgement) -> bool {
    let Verdict::Fails { call, .. } = judgement.verdict else { return true };
    let denied = call.and_then(|place| judgement.calls.get(place));
    let shows = |evidence: &Evidence| match (evidence, denied) {
        (Evidence::Request { action, decision, .. }, Some(call)) => **action == *call.action && decision.ends_with("_deny"),
        (Evidence::Fact { .. }, None) => true,
        _ => false,
    };
    is_cut_short(finding) || finding.evidence.iter().any(shows)
}

/// The verdict as a finding.
fn finding(rotation: &Rotation<'_>, judgement: &Judgement, access: &Access<'_>) -> Option<Finding> {
    let Verdict::Fails { step, because, .. } = &judgement.verdict else { return None };
    let info = rotation_fails();
    let secret = &judgement.secret;
    let evidence = match denied_request(rotation, judgement, access) {
        Some(question) => answered(access, &question),
        None => Evidence::Fact { field: "rotation.verdict".to_owned(), value: format!("fails at {}: {because}", step.name()) },
    };
    Some(Finding {
        fingerprint: Fingerprint::of(&info.id, secret),
        rule: info.id,
        severity: info.severity,
        class: info.class,
        confidence: info.confidence,
        about: info.about,
        account: secret.account().to_owned(),
        region: secret.region().to_owned(),
        resource: secret.clone(),
        rotations: BTreeSet::from([secret.clone()]),
        message: format!("the rotation of {} fails at {}: {because}", secret.name(), step.name()),
        evidence: vec![evidence],
        remedy: info.remedy,
        fix: None,
        origin: None,
        only_if: Vec::new(),
    })
}
