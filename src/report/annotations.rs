//! Workflow commands by which GitHub marks a run with annotations
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>). `cli` calls it.

use std::io::{self, Write};

use super::neutralise::terminal_safe;
use super::summary::Summary;
use super::words::{SENTENCE, first_few, sentence};
use crate::audit::Report;
use crate::finding::Severity;
use crate::rotation::Verdict;

/// GitHub shows ten of each kind for a step, and drops the rest in silence.
const SHOWN: usize = 10;

/// Writes `report` to `out`: the rotations that fail, those that could not be decided, then the findings, the worst ten of each kind, and the summary.
pub fn annotations(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let failing = report.rotations.iter().filter_map(|judgement| match &judgement.verdict {
        Verdict::Fails { step, because, .. } => {
            Some(("error", String::new(), format!("{} fails at {}", judgement.secret.name(), step.name()), because.clone()))
        }
        _ => None,
    });
    let open = report.rotations.iter().filter_map(|judgement| match &judgement.verdict {
        Verdict::Undecided { needs } => {
            let title = format!("{} could not be decided", judgement.secret.name());
            Some(("warning", String::new(), title, first_few(needs.iter().map(|need| sentence(need)))))
        }
        _ => None,
    });
    let findings = report.findings.iter().map(|finding| {
        let origin = finding.origin.as_ref();
        let place = origin.map(|at| format!(",file={},line={},col={}", property(&at.file), at.line, at.column)).unwrap_or_default();
        let title = format!("{} ({})", finding.rule, finding.severity);
        (kind(finding.severity), place, title, format!("{}. {}", finding.message, finding.remedy))
    });
    let mut written = [("error", 0), ("warning", 0), ("notice", 0)];
    for (kind, place, title, message) in failing.chain(open).chain(findings) {
        let Some((_, count)) = written.iter_mut().find(|(known, _)| *known == kind) else { continue };
        *count += 1;
        // One notice is kept for the summary.
        if *count <= SHOWN - usize::from(kind == "notice") {
            writeln!(out, "::{kind} title={}{place}::{}", property(&title), data(&message))?;
        }
    }
    writeln!(out, "::notice title=rotaudit::{}", data(&Summary::of(report).line()))
}

const fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

/// A message: the percent sign is escaped, and what would end the line has been.
fn data(text: &str) -> String {
    terminal_safe(text, SENTENCE).replace('%', "%25")
}

/// The value of a property, which colons and commas would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Class;
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        annotations(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn failing_rotations_come_first_and_no_more_than_github_shows() {
        let mut report = sample::report();
        for severity in [Severity::High, Severity::Low] {
            let finding = sample::finding(severity, Class::Exposure, "many", "arn:aws:iam::111122223333:role/r", &[], "m");
            report.findings.extend(std::iter::repeat_n(finding, 50));
        }
        let text = written(&report);
        assert!(text.starts_with("::error title=prod/payments/database fails at createSecret::the execution role"), "{text}");
        assert_eq!(text.matches("::error ").count(), 10);
        assert_eq!(text.matches("::notice ").count(), 10);
        assert!(text.lines().last().unwrap().starts_with("::notice title=rotaudit::4 rotations"), "{text}");
    }

    #[test]
    fn no_text_becomes_a_command() {
        for text in sample::hostile_texts().into_iter().chain(["a\n::error::x%0A::stop-commands::t".to_owned()]) {
            let written = written(&sample::hostile(&text));
            assert!(
                written
                    .lines()
                    .all(|line| ["::error title=", "::warning title=", "::notice title="].iter().any(|begin| line.starts_with(begin)))
            );
            assert!(!written.contains("%0A") && !written.chars().any(sample::is_raw));
        }
    }
}
