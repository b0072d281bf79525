//! The findings that a waiver keeps from counting, each with who answers for it. Those of the baseline are only counted, in the summary.

use std::io;

use crate::audit::Report;
use crate::finding::{Finding, Suppression};
use crate::report::layout::Page;
use crate::report::neutralise::terminal_safe;
use crate::report::style::of_severity;
use crate::report::words::{NAME, arn, count, sentence};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let waived: Vec<(&Finding, String)> = report.suppressed.iter().filter_map(|it| Some((&it.finding, signed(&it.suppression)?))).collect();
    if waived.is_empty() {
        return Ok(());
    }
    page.heading(&format!("Waived ({})", count(waived.len(), "finding", "findings")))?;
    for (finding, signed) in waived {
        let what = format!("{} on {}", terminal_safe(&finding.rule, NAME), arn(finding.resource.as_str()));
        page.lead(2, finding.severity.word(), of_severity(finding.severity), &format!("{what}: {signed}"))?;
    }
    Ok(())
}

/// Who answers for it, until when and why; `None` for what nobody signed.
fn signed(suppression: &Suppression) -> Option<String> {
    match suppression {
        Suppression::Waiver { reason, owner, expires } => {
            Some(format!("{}, until {expires}: {}", terminal_safe(owner, NAME), sentence(reason)))
        }
        Suppression::Baseline => None,
    }
}
