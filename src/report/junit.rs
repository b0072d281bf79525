//! JUnit XML, as CI systems read it: a suite for each account, and in it for each rotation a case for its verdict and one for each rule. `cli` calls it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use quick_xml::escape::escape;

use super::neutralise::terminal_safe;
use super::words::{NAME, SENTENCE, proofs};
use crate::arn::Arn;
use crate::audit::{CoverageEntry, Report};
use crate::finding::{Finding, Undecided};
use crate::rotation::{Judgement, RotationKind, Verdict};

/// How a case went.
enum Outcome {
    Passes,
    /// What is wrong in a sentence, and the proof.
    Fails(String, String),
    /// Neither: undecided, waived or not judged.
    Skipped(String),
}

/// Why most rotations are not judged that are not.
const NOT_JUDGED: &str = "not a rotation through a Lambda function";

/// Why this rotation is not judged.
fn not_judged(judgement: &Judgement) -> String {
    if judgement.kind == RotationKind::Deleted { "the secret is to be deleted" } else { NOT_JUDGED }.to_owned()
}

struct Case {
    class: String,
    name: String,
    outcome: Outcome,
}

/// Findings, waived findings and undecided checks by rule, for the rotations that they touch.
#[derive(Default)]
struct Touching<'a> {
    findings: BTreeMap<(&'a Arn, &'a str), &'a Finding>,
    suppressed: BTreeMap<(&'a Arn, &'a str), &'a Finding>,
    undecided: BTreeMap<(&'a Arn, &'a str), &'a Undecided>,
}

/// Writes `report` to `out`.
pub fn junit(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut touching = Touching::default();
    for finding in &report.findings {
        touching.findings.extend(finding.rotations.iter().map(|secret| ((secret, finding.rule.as_str()), finding)));
    }
    for finding in report.suppressed.iter().map(|it| &it.finding) {
        touching.suppressed.extend(finding.rotations.iter().map(|secret| ((secret, finding.rule.as_str()), finding)));
    }
    for check in &report.undecided {
        touching.undecided.extend(check.rotations.iter().map(|secret| ((secret, check.rule.as_str()), check)));
    }
    let told = report.findings.iter().map(|finding| &finding.rule).chain(report.undecided.iter().map(|check| &check.rule));
    let rules: BTreeSet<&String> = report.rules.keys().chain(told).collect();
    let accounts: BTreeSet<&str> = report.rotations.iter().map(|judgement| judgement.secret.account()).collect();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rotaudit\">")?;
    for account in accounts {
        let rotations = report.rotations.iter().filter(|judgement| judgement.secret.account() == account);
        let cases: Vec<Case> = rotations.flat_map(|judgement| cases(judgement, &rules, &touching)).collect();
        suite(account, &cases, out)?;
    }
    // What is about no rotation: waivers that ended.
    let others: Vec<Case> = report.findings.iter().filter(|finding| finding.rotations.is_empty()).map(alone).collect();
    if !others.is_empty() {
        suite("configuration", &others, out)?;
    }
    // What rotates behind a list that was not given has no cases above: the file must not look as if nothing did.
    let unread: Vec<Case> = report.coverage.iter().map(unread).collect();
    if !unread.is_empty() {
        suite("not read", &unread, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// The cases of one rotation: its verdict, and every rule.
fn cases<'a>(judgement: &'a Judgement, rules: &'a BTreeSet<&'a String>, touching: &'a Touching<'a>) -> impl Iterator<Item = Case> + 'a {
    let secret = &judgement.secret;
    let class = format!("{}.{}", secret.region(), secret.name());
    let verdict = match &judgement.verdict {
        Verdict::Rotates => Outcome::Passes,
        Verdict::Fails { step, because, .. } => Outcome::Fails(format!("fails at {}: {because}", step.name()), String::new()),
        Verdict::Undecided { needs } => Outcome::Skipped(format!("undecided, needs {}", needs.join("; "))),
        Verdict::NotJudged => Outcome::Skipped(not_judged(judgement)),
    };
    let of_rule = {
        let class = class.clone();
        move |rule: &&'a String| {
            let key = (secret, rule.as_str());
            let outcome = if let Some(finding) = touching.findings.get(&key) {
                failure(finding)
            } else if let Some(finding) = touching.suppressed.get(&key) {
                Outcome::Skipped(format!("does not count: {}", finding.message))
            } else if let Some(check) = touching.undecided.get(&key) {
                let needs: Vec<String> = check.missing.iter().map(ToString::to_string).chain(check.hinges.iter().cloned()).collect();
                Outcome::Skipped(format!("undecided: {}", needs.join("; ")))
            } else if matches!(judgement.verdict, Verdict::NotJudged) {
                // Most rules do not look at it, and what nobody looked at does not pass.
                Outcome::Skipped(not_judged(judgement))
            } else {
                Outcome::Passes
            };
            Case { class: class.clone(), name: (*rule).clone(), outcome }
        }
    };
    std::iter::once(Case { class, name: "rotates".to_owned(), outcome: verdict }).chain(rules.iter().map(of_rule))
}

fn alone(finding: &Finding) -> Case {
    Case { class: finding.resource.resource().to_owned(), name: finding.rule.clone(), outcome: failure(finding) }
}

fn unread(entry: &CoverageEntry) -> Case {
    let why = format!("not read: {}; undecided without it: {}", entry.gap.error, entry.effect);
    Case { class: entry.gap.call.to_string(), name: entry.gap.resource.to_string(), outcome: Outcome::Skipped(why) }
}

fn failure(finding: &Finding) -> Outcome {
    let about = format!("{}: {}", finding.severity, finding.message);
    let body = proofs(&finding.evidence)
        .into_iter()
        .take(4)
        .chain([format!("resource: {}", finding.resource), format!("remedy: {}", finding.remedy)]);
    Outcome::Fails(about, body.map(|line| text(&line, SENTENCE)).collect::<Vec<_>>().join("\n"))
}

fn suite(name: &str, cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    let count = |wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.outcome)).count();
    let (failures, skipped) =
        (count(|outcome| matches!(outcome, Outcome::Fails(..))), count(|outcome| matches!(outcome, Outcome::Skipped(_))));
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
        text(name, NAME),
        cases.len()
    )?;
    for case in cases {
        write!(out, "    <testcase classname=\"{}\" name=\"{}\"", text(&case.class, NAME), text(&case.name, NAME))?;
        match &case.outcome {
            Outcome::Passes => writeln!(out, "/>")?,
            Outcome::Skipped(why) => writeln!(out, "><skipped message=\"{}\"/></testcase>", text(why, SENTENCE))?,
            // The body has been made safe line by line.
            Outcome::Fails(what, body) => writeln!(out, "><failure message=\"{}\">{body}</failure></testcase>", text(what, SENTENCE))?,
        }
    }
    writeln!(out, "  </testsuite>")
}

/// A text for an attribute or an element: nothing that XML has no way to write is left in it.
fn text(text: &str, most: usize) -> String {
    escape(terminal_safe(text, most).as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        junit(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// How often each element opens; panics unless the text is well-formed.
    fn elements(text: &str) -> BTreeMap<String, usize> {
        let mut reader = Reader::from_str(text);
        let mut counts = BTreeMap::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(it) | Event::Empty(it) => {
                    assert!(it.attributes().all(|attribute| attribute.is_ok()));
                    *counts.entry(it.name().as_ref().to_owned()).or_default() += 1;
                }
                Event::Eof => return counts,
                _ => {}
            }
        }
    }

    #[test]
    fn each_rotation_has_a_case_for_its_verdict_and_for_each_rule() {
        let report = sample::report();
        let text = written(&report);
        let counts = elements(&text);
        let of_rotations = counts["testcase"] - report.coverage.len();
        assert_eq!(of_rotations % report.rotations.len(), 0);
        assert!(of_rotations > report.rotations.len() * (1 + report.rules.len()));
        assert!(text.contains("name=\"rotates\"><failure message=\"fails at createSecret"), "{text}");
        assert!(counts["failure"] >= 2 && counts["skipped"] >= 2, "{text}");
        let of_managed: Vec<&str> = text.lines().filter(|line| line.contains("rds!cluster-1")).collect();
        assert!(
            of_managed.iter().all(|case| case.contains("<skipped ")) && of_managed.len() > 2,
            "what nobody looked at does not pass: {text}"
        );
        assert!(text.contains(&format!("tests=\"{of_rotations}\"")), "{text}");
    }

    #[test]
    fn hostile_text_leaves_the_document_well_formed() {
        for text in sample::hostile_texts().into_iter().chain(["]]></failure><x a='\"&".to_owned()]) {
            let written = written(&sample::hostile(&text));
            assert!(
                elements(&written)
                    .keys()
                    .all(|name| ["testsuites", "testsuite", "testcase", "failure", "skipped"].contains(&name.as_str()))
            );
            assert!(!written.chars().any(sample::is_raw));
        }
    }
}
