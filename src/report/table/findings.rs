//! The findings, grouped by what they mean for the rotation: what breaks it, who can reach a secret, what is wider than needed.

use std::io;

use crate::audit::Report;
use crate::finding::Class;
use crate::report::diff::Changes;
use crate::report::finding::{INDENT, write_finding};
use crate::report::layout::Page;
use crate::report::words::count;

pub(super) fn write(report: &Report, changes: Option<&Changes>, places: bool, page: &mut Page<'_>) -> io::Result<()> {
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
            write_finding(finding, places, page)?;
            if changes.is_some_and(|changes| changes.adds(finding)) {
                page.field(INDENT, "change", "new")?;
            }
        }
    }
    Ok(())
}
