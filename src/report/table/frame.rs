//! What every table begins and ends with, grouped by meaning or by control.

use std::collections::BTreeSet;
use std::io;

use super::coverage;
use crate::audit::Report;
use crate::report::layout::Page;
use crate::report::style::STRONG;
use crate::report::summary::Summary;
use crate::report::words::{count, first_few, place, sentence};

/// The accounts and regions of the rotations.
pub(super) fn places(report: &Report) -> BTreeSet<String> {
    report.rotations.iter().map(|judgement| place(&judgement.secret)).collect()
}

/// How much was audited, where and when.
pub(super) fn header(report: &Report, places: &BTreeSet<String>, page: &mut Page<'_>) -> io::Result<()> {
    let secrets = count(report.secrets, "secret", "secrets");
    let at = if places.is_empty() { String::new() } else { format!(" in {}", first_few(places.iter().cloned())) };
    let rotations = count(report.rotations.len(), "rotation", "rotations");
    page.paragraph(0, &format!("{rotations} of {secrets}{at}, as of {}", report.as_of))
}

/// What could not be read, what was taken for granted, and the numbers.
pub(crate) fn ending(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    coverage::conflicts(report, page)?;
    coverage::gaps(report, page)?;
    assumptions(report, page)?;
    page.gap()?;
    let partial = if report.partial.is_some() { " · partial" } else { "" };
    page.lead(0, "Summary", STRONG, &format!("{}{partial}", Summary::of(report).line()))
}

fn assumptions(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.assumptions.is_empty() {
        return Ok(());
    }
    page.heading("Taken for granted")?;
    for assumption in &report.assumptions {
        page.lead(2, "-", anstyle::Style::new(), &sentence(assumption))?;
    }
    Ok(())
}
