//! One rotation, call by call: who asks what of whom in which step, how AWS decides it, and by which statement. `cli explain`
//! calls it.

use std::io::{self, Write};

use super::finding::write_finding;
use super::layout::Page;
use super::path::write_paths;
use super::style::{STRONG, Style, of_decision, of_verdict};
use super::words::{arn, count, decided, name, runner, sentence, with_reason};
use crate::finding::Finding;
use crate::policy::Decision;
use crate::rotation::{JudgedCall, Judgement, Verdict};

/// Writes `judgement` to `out` as text for people, with the `findings` that touch it.
pub fn explain(judgement: &Judgement, findings: &[&Finding], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    header(judgement, &mut page)?;
    if let Some(connections) = &judgement.connections {
        write_paths(connections, &mut page)?;
    }
    let mut step = None;
    for call in &judgement.calls {
        if step != Some(call.step) {
            page.heading(call.step.name())?;
            step = Some(call.step);
        }
        write_call(call, &mut page)?;
    }
    if !findings.is_empty() {
        page.heading(&count(findings.len(), "finding", "findings"))?;
        for (index, finding) in findings.iter().enumerate() {
            if index > 0 {
                page.gap()?;
            }
            write_finding(finding, false, &mut page)?;
        }
    }
    page.gap()?;
    verdict(judgement, &mut page)
}

fn header(judgement: &Judgement, page: &mut Page<'_>) -> io::Result<()> {
    page.lead(0, "Rotation of", STRONG, &name(&judgement.secret))?;
    page.field(2, "secret", &arn(judgement.secret.as_str()))?;
    match &judgement.function {
        Some(function) => page.field(2, "function", &arn(function.as_str()))?,
        None => page.field(2, "rotates", &runner(&judgement.kind, None))?,
    }
    page.field(2, "role", judgement.role.as_ref().map(|role| arn(role.as_str())).as_deref().unwrap_or("not known"))?;
    page.field(2, "key", judgement.key.as_ref().map(|key| arn(key.as_str())).as_deref().unwrap_or("no customer managed key is known"))
}

/// One request with its decision.
pub(super) fn write_call(call: &JudgedCall, page: &mut Page<'_>) -> io::Result<()> {
    let optional = if call.optional && call.decision != Decision::Allowed { " (the rotation can do without it)" } else { "" };
    page.lead(2, mark(call.decision), of_decision(call.decision), &format!("{} asks {}{optional}", arn(&call.actor), arn(&call.action)))?;
    page.field(5, "resource", &arn(&call.resource))?;
    page.field(5, "decision", &with_reason(decided(call.decision), &call.because))
}

const fn mark(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "✓",
        Decision::ExplicitDeny | Decision::ImplicitDeny => "✗",
        Decision::Undecided => "?",
    }
}

fn verdict(judgement: &Judgement, page: &mut Page<'_>) -> io::Result<()> {
    let look = of_verdict(&judgement.verdict);
    match &judgement.verdict {
        Verdict::Rotates => page.lead(0, "Rotates", look, "every call of it is allowed and gets through"),
        Verdict::Fails { step, because, .. } => page.lead(0, "Fails", look, &format!("at {}: {}", step.name(), sentence(because))),
        Verdict::Undecided { needs } => {
            page.lead(0, "Undecided", look, "it cannot be decided from what was read:")?;
            needs.iter().try_for_each(|need| page.lead(2, "-", anstyle::Style::new(), &sentence(need)))
        }
        Verdict::NotJudged => page.lead(0, "Not judged", look, &runner(&judgement.kind, judgement.function.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn rendered(judgement: &Judgement, findings: &[&Finding], width: usize) -> String {
        let mut out = Vec::new();
        explain(judgement, findings, Style { color: false, width }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_rotation_is_told_call_by_call() {
        let report = sample::report();
        insta::assert_snapshot!(rendered(&report.rotations[0], &[&report.findings[1]], 100));
    }

    #[test]
    fn what_is_not_judged_says_who_rotates_it() {
        let report = sample::report();
        assert!(rendered(&report.rotations[3], &[], 100).ends_with("\nNot judged  managed by rds\n"));
    }

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        for hostile in sample::hostile_texts() {
            let report = sample::hostile(&hostile);
            let findings: Vec<_> = report.findings.iter().collect();
            for judgement in &report.rotations {
                let text = rendered(judgement, &findings, 80);
                assert_eq!(text.chars().find(|c| sample::is_raw(*c)), None);
            }
        }
    }
}
