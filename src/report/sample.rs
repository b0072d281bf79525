//! A report made by hand, for the tests of the renderers: an ordinary one, and one whose every text is hostile.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::arn::Arn;
use crate::audit::{CoverageEntry, Report};
use crate::finding::{
    About, Category, Class, Confidence, Evidence, Finding, Fingerprint, RuleInfo, Severity, Suppressed, Suppression, Undecided,
};
use crate::inventory::{Gap, Origin};
use crate::policy::Decision;
use crate::rotation::{JudgedCall, Judgement, RotationKind, Step, Verdict};

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-postgres";
const ROLE: &str = "arn:aws:iam::111122223333:role/service/rotate-postgres";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

pub(crate) fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

pub(crate) fn secret(name: &str) -> Arn {
    arn(&format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}-AbCdEf"))
}

pub(crate) fn judgement(secret: Arn, verdict: Verdict) -> Judgement {
    let call = |step, actor: &str, action: &str, resource: &str, decision, because: &str| JudgedCall {
        step,
        actor: actor.into(),
        action: action.into(),
        resource: resource.into(),
        decision,
        because: because.into(),
        optional: false,
    };
    let calls = vec![
        call(
            Step::Invoke,
            "secretsmanager.amazonaws.com",
            "lambda:InvokeFunction",
            FUNCTION,
            Decision::Allowed,
            "function policy, Sid \"rotation\"",
        ),
        call(
            Step::CreateSecret,
            "execution role",
            "secretsmanager:GetSecretValue",
            secret.as_str(),
            Decision::Allowed,
            "inline policy \"rotate\", Sid \"read\"",
        ),
        call(
            Step::CreateSecret,
            "execution role",
            "kms:GenerateDataKey",
            KEY,
            Decision::ImplicitDeny,
            "nearest is inline policy \"rotate\", Sid \"key\": Action misses",
        ),
        JudgedCall {
            optional: true,
            ..call(
                Step::CreateSecret,
                "execution role",
                "secretsmanager:GetRandomPassword",
                "*",
                Decision::Undecided,
                "hangs on aws:SourceVpce",
            )
        },
    ];
    Judgement {
        secret,
        kind: RotationKind::Lambda,
        function: Some(arn(FUNCTION)),
        role: Some(arn(ROLE)),
        key: Some(arn(KEY)),
        verdict,
        calls,
        connections: None,
    }
}

pub(crate) fn finding(severity: Severity, class: Class, rule: &str, resource: &str, rotations: &[&str], message: &str) -> Finding {
    let resource = arn(resource);
    Finding {
        fingerprint: Fingerprint::of(rule, &resource),
        rule: rule.to_owned(),
        severity,
        class,
        confidence: Confidence::Certain,
        about: About::Function,
        account: resource.account().to_owned(),
        region: resource.region().to_owned(),
        resource,
        rotations: rotations.iter().map(|name| secret(name)).collect(),
        message: message.to_owned(),
        evidence: vec![
            Evidence::Request {
                actor: "anyone".to_owned(),
                action: "lambda:InvokeFunction".to_owned(),
                resource: FUNCTION.to_owned(),
                decision: "allowed".to_owned(),
                because: "function policy, Sid \"open\"".to_owned(),
                case: json!({ "request": { "action": "lambda:InvokeFunction" } }).into(),
            },
            Evidence::Fact { field: "function.reserved_concurrency".to_owned(), value: "0".to_owned() },
        ],
        remedy: "Name the service, and your own account as aws:SourceAccount.".to_owned(),
        fix: None,
        origin: None,
        only_if: Vec::new(),
    }
}

/// The report of a change that adds the first finding, mends another, makes a rotation fail and leaves a check undecided.
pub(crate) fn change() -> Report {
    let mut before = report();
    before.findings[0] = finding(Severity::Medium, Class::Exposure, "mended", ROLE, &["prod/api"], "It was open");
    before.rotations[0].verdict = Verdict::Rotates;
    before.undecided.clear();
    before.suppressed.truncate(1);
    Report { before: Some(Box::new(before)), ..report() }
}

pub(crate) fn report() -> Report {
    let fails = Verdict::Fails {
        step: Step::CreateSecret,
        because: "the execution role may not kms:GenerateDataKey under the secret's key".to_owned(),
        call: None,
    };
    let undecided = Verdict::Undecided { needs: vec!["kms:GetKeyPolicy on key/1234abcd: AccessDeniedException".to_owned()] };
    let managed = Judgement {
        kind: RotationKind::Managed("rds".to_owned()),
        function: None,
        calls: Vec::new(),
        connections: None,
        ..judgement(secret("rds!cluster-1"), Verdict::NotJudged)
    };
    Report {
        as_of: "2026-11-01T12:00:00Z".parse().unwrap(),
        partial: None,
        conflicts: Vec::new(),
        coverage: vec![
            entry("kms:GetKeyPolicy", KEY, "AccessDeniedException: not authorized to perform kms:GetKeyPolicy", "every request to the key"),
            entry(
                "kms:GetKeyPolicy",
                "arn:aws:kms:eu-west-1:111122223333:key/2",
                "AccessDeniedException: again",
                "every request to the key",
            ),
            entry("lambda:ListTags", FUNCTION, "timed out", "which template the function was made from"),
        ],
        assumptions: vec!["Service control policies were not read and are taken to allow everything.".to_owned()],
        rotations: vec![
            judgement(secret("prod/payments/database"), fails),
            judgement(secret("prod/api"), undecided),
            judgement(secret("prod/search"), Verdict::Rotates),
            managed,
        ],
        findings: vec![
            finding(
                Severity::Critical,
                Class::Exposure,
                "anyone-may-invoke",
                FUNCTION,
                &["prod/payments/database", "prod/api", "prod/search", "prod/a", "prod/b"],
                "Anybody on the internet can invoke rotate-postgres",
            ),
            finding(
                Severity::High,
                Class::Breaks,
                "role-lacks-data-key",
                ROLE,
                &["prod/payments/database"],
                "rotate-postgres may not encrypt the new value of prod/payments/database",
            ),
            finding(
                Severity::Low,
                Class::Hygiene,
                "key-for-all-secrets",
                KEY,
                &["prod/search"],
                "The key permission is not bound to one secret",
            ),
        ],
        suppressed: vec![
            Suppressed {
                suppression: Suppression::Waiver {
                    reason: "the partner moves in spring".to_owned(),
                    owner: "platform".to_owned(),
                    expires: "2027-03-31".parse().unwrap(),
                },
                finding: finding(Severity::Medium, Class::Exposure, "invoke-open-to-other-accounts", FUNCTION, &["prod/partner"], "waived"),
            },
            Suppressed {
                suppression: Suppression::Baseline,
                finding: finding(Severity::Low, Class::Hygiene, "runtime-deprecated", FUNCTION, &["prod/partner"], "known"),
            },
        ],
        undecided: vec![Undecided {
            rule: "key-policy-open".to_owned(),
            about: About::Key,
            resource: arn(KEY),
            rotations: BTreeSet::from([secret("prod/api")]),
            missing: BTreeSet::from([Gap::new("kms:GetKeyPolicy", KEY, "AccessDeniedException")]),
            hinges: BTreeSet::from(["aws:SourceVpce".to_owned()]),
        }],
        rules: BTreeMap::from([("key-policy-open".to_owned(), rule("key-policy-open", "The key policy admits other accounts"))]),
        secrets: 7,
        before: None,
    }
}

pub(crate) fn entry(call: &str, resource: &str, error: &str, effect: &str) -> CoverageEntry {
    CoverageEntry { gap: Gap::new(call, resource, error), effect: effect.to_owned() }
}

pub(crate) fn rule(id: &str, title: &str) -> RuleInfo {
    RuleInfo {
        id: id.to_owned(),
        title: title.to_owned(),
        category: Category::Key,
        class: Class::Exposure,
        severity: Severity::High,
        confidence: Confidence::Certain,
        about: About::Key,
        why: "Whoever uses the key reads the secret.".to_owned(),
        remedy: "Name the principals.".to_owned(),
        references: Vec::new(),
        maps: None,
        fix: None,
    }
}

/// A report with `text` wherever a text can be; in ARNs without the control characters that an ARN cannot hold.
pub(crate) fn hostile(text: &str) -> Report {
    let in_arn: String = text.chars().filter(|c| !c.is_control()).collect();
    let resource = arn(&format!("arn:aws:lambda:eu-west-1:{in_arn}:function:{in_arn}"));
    let secret = arn(&format!("arn:aws:secretsmanager:{in_arn}:1:secret:{in_arn}"));
    let text = || text.to_owned();
    let mut judgements = [
        judgement(secret.clone(), Verdict::Fails { step: Step::SetSecret, because: text(), call: None }),
        judgement(secret.clone(), Verdict::Undecided { needs: vec![text(), text()] }),
        Judgement { kind: RotationKind::Managed(text()), ..judgement(secret.clone(), Verdict::NotJudged) },
        Judgement { kind: RotationKind::External(text()), function: None, ..judgement(secret.clone(), Verdict::NotJudged) },
        Judgement { kind: RotationKind::Replica(text()), function: None, ..judgement(secret.clone(), Verdict::NotJudged) },
        Judgement { kind: RotationKind::Cancelled, ..judgement(secret.clone(), Verdict::NotJudged) },
    ];
    for judgement in &mut judgements {
        for call in &mut judgement.calls {
            (call.actor, call.action, call.resource, call.because) = (text().into(), text().into(), text().into(), text().into());
        }
        judgement.function = judgement.function.is_some().then(|| resource.clone());
        (judgement.role, judgement.key) = (Some(resource.clone()), Some(resource.clone()));
    }
    let hostile_finding = |class| Finding {
        rule: text(),
        account: text(),
        region: text(),
        resource: resource.clone(),
        rotations: BTreeSet::from([secret.clone(), resource.clone()]),
        message: text(),
        remedy: text(),
        fix: Some(text()),
        origin: Some(Origin { file: format!("aws/{}", text()), line: 1, column: 2, name: text() }),
        only_if: vec![text()],
        evidence: vec![
            Evidence::Request {
                actor: text(),
                action: text(),
                resource: text(),
                decision: text(),
                because: text(),
                case: json!({ text(): [text()] }).into(),
            },
            Evidence::Fact { field: text(), value: text() },
        ],
        ..finding(Severity::High, class, "r", FUNCTION, &[], "")
    };
    Report {
        partial: Some(text()),
        conflicts: vec![text()],
        coverage: vec![entry(&text(), &text(), &text(), &text())],
        assumptions: vec![text()],
        rotations: judgements.into(),
        findings: [Class::Breaks, Class::Exposure, Class::Hygiene].map(hostile_finding).into(),
        suppressed: vec![Suppressed {
            suppression: Suppression::Waiver { reason: text(), owner: text(), expires: "2026-12-31".parse().unwrap() },
            finding: hostile_finding(Class::Breaks),
        }],
        undecided: vec![Undecided {
            rule: text(),
            about: About::Key,
            resource: resource.clone(),
            rotations: BTreeSet::from([secret]),
            missing: BTreeSet::from([Gap::new(&text(), &text(), &text())]),
            hinges: BTreeSet::from([text()]),
        }],
        rules: BTreeMap::from([(text(), rule(&text(), &text()))]),
        ..report()
    }
}

/// What nobody should be able to put on a screen.
pub(crate) fn hostile_texts() -> [String; 4] {
    let odd = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\t\u{0}\u{9b}31m\u{202e}gnp.exe\u{2066}\u{2069}\u{200b}\u{200e}\u{61c}\u{7f}\u{feff}\u{e000}|\"\\<b>`東京";
    [odd.to_owned(), odd.repeat(65_536 / odd.len()), "\u{301}".repeat(65_536), "x".repeat(65_536)]
}

/// Whether a character must not be printed as it is; written down apart from the code under test.
pub(crate) fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}')
}
