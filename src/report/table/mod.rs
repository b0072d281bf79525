//! The default format. The first screen answers which rotations will fail and why, who outside can reach a secret, and what
//! is wider than it needs to be, in this order. `cli` calls it.

mod coverage;
mod findings;
mod rotations;
mod waived;

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::layout::Page;
use super::style::{STRONG, Style};
use super::summary::Summary;
use super::words::{count, first_few, sentence};
use crate::audit::Report;

/// Writes `report` to `out` as text for people.
pub fn table(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let places = places(report);
    let many = places.len() > 1;
    header(report, &places, &mut page)?;
    rotations::write(report, many, &mut page)?;
    findings::write(report, many, &mut page)?;
    waived::write(report, &mut page)?;
    coverage::undecided(report, many, &mut page)?;
    coverage::conflicts(report, &mut page)?;
    coverage::gaps(report, &mut page)?;
    assumptions(report, &mut page)?;
    page.gap()?;
    let partial = if report.partial.is_some() { " · partial" } else { "" };
    page.lead(0, "Summary", STRONG, &format!("{}{partial}", Summary::of(report).line()))
}

/// The accounts and regions of the rotations.
fn places(report: &Report) -> BTreeSet<String> {
    report.rotations.iter().map(|judgement| super::words::place(&judgement.secret)).collect()
}

fn header(report: &Report, places: &BTreeSet<String>, page: &mut Page<'_>) -> io::Result<()> {
    let secrets = count(report.secrets, "secret", "secrets");
    let at = if places.is_empty() { String::new() } else { format!(" in {}", first_few(places.iter().cloned())) };
    let rotations = count(report.rotations.len(), "rotation", "rotations");
    page.paragraph(0, &format!("{rotations} of {secrets}{at}, as of {}", report.as_of))
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

#[cfg(test)]
mod tests;
