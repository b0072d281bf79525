//! The findings, grouped by what they mean for the rotation: what breaks it, who can reach a secret, what is wider than needed.

use std::io;

use crate::audit::Report;
use crate::finding::{Class, Finding};
use crate::report::layout::Page;
use crate::report::style::of_severity;
use crate::report::terminal_safe;
use crate::report::words::{NAME, arn, count, evidence, secrets, sentence};

/// How many pieces of evidence of a finding are printed; the JSON report holds all.
const EVIDENCE: usize = 4;
/// Fields begin under the message.
const INDENT: usize = 4;

pub(super) fn write(report: &Report, places: bool, page: &mut Page<'_>) -> io::Result<()> {
    let groups = [
        (Class::Breaks, "What breaks rotation"),
        (Class::Exposure, "Who can reach a secret, or more than they should"),
        (Class::Hygiene, "What is wider or older than it needs to be"),
    ];
    for (class, title) in groups {
        let findings: Vec<_> = report.findings.iter().filter(|finding| finding.class == class).collect();
        if findings.is_empty() {
            continue;
        }
        page.heading(&format!("{title} ({})", count(findings.len(), "finding", "findings")))?;
        for (index, finding) in findings.into_iter().enumerate() {
            if index > 0 {
                page.gap()?;
            }
            write_one(finding, places, page)?;
        }
    }
    Ok(())
}

/// One finding with its proof.
pub(in crate::report) fn write_one(finding: &Finding, places: bool, page: &mut Page<'_>) -> io::Result<()> {
    page.lead(2, finding.severity.word(), of_severity(finding.severity), &sentence(&finding.message))?;
    page.field(INDENT, "resource", &arn(finding.resource.as_str()))?;
    page.field(INDENT, "rotations", &secrets(&finding.rotations, places))?;
    for (index, piece) in finding.evidence.iter().take(EVIDENCE).enumerate() {
        page.field(INDENT, if index == 0 { "proof" } else { "" }, &evidence(piece))?;
    }
    if let Some(more @ 1..) = finding.evidence.len().checked_sub(EVIDENCE) {
        page.field(INDENT, "", &format!("and {more} more (--format json shows all)"))?;
    }
    page.field(INDENT, "remedy", &sentence(&finding.remedy))?;
    page.field(INDENT, "rule", &format!("{} ({})", terminal_safe(&finding.rule, NAME), finding.confidence))
}
