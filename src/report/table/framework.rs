//! The table by the controls of a compliance framework: a line for each control, then what was found and left undecided under it, then what every table ends with.

use std::io::{self, Write};

use super::frame::{ending, header, places};
use super::{coverage, waived};
use crate::audit::Report;
use crate::finding::Finding;
use crate::report::framework::{Control, Framework};
use crate::report::layout::{Page, bare_table};
use crate::report::neutralise::terminal_safe;
use crate::report::style::{STRONG, Style, of_severity};
use crate::report::words::{NAME, arn, count, sentence};

/// Writes `report` by the controls of `framework`.
pub fn table_by_control(report: &Report, framework: &Framework<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let places = places(report);
    header(report, &places, &mut page)?;
    controls(framework, &mut page)?;
    for control in framework.controls.iter().filter(|control| !control.findings.is_empty() || !control.undecided.is_empty()) {
        page.heading(&format!(
            "{} {} (mapping: {})",
            terminal_safe(framework.id, NAME),
            terminal_safe(control.id, NAME),
            control.mapping()
        ))?;
        control.findings.iter().try_for_each(|found| finding(found, &mut page))?;
        for check in &control.undecided {
            let what = format!("{} on {}", terminal_safe(&check.rule, NAME), arn(check.resource.as_str()));
            page.lead(2, "undecided", STRONG, &what)?;
        }
    }
    if !framework.elsewhere.is_empty() {
        page.heading(&format!("Under no control of this framework ({})", count(framework.elsewhere.len(), "finding", "findings")))?;
        framework.elsewhere.iter().try_for_each(|found| finding(found, &mut page))?;
    }
    waived::write(report, &mut page)?;
    coverage::undecided(report, places.len() > 1, &mut page)?;
    ending(report, &mut page)
}

fn controls(framework: &Framework<'_>, page: &mut Page<'_>) -> io::Result<()> {
    page.gap()?;
    let what = "where rotaudit looks; a control asks for more";
    let number = count(framework.controls.len(), "control", "controls");
    page.paragraph(
        0,
        &format!("{number} of {} {what}. Rotations pass that nothing of the control's rules touches.", terminal_safe(framework.id, NAME)),
    )?;
    page.gap()?;
    let mut table = bare_table(page.style.columns());
    table.set_header(["CONTROL", "MAPPING", "RULES", "FINDINGS", "WAIVED", "UNDECIDED", "ROTATIONS PASS"]);
    for control in &framework.controls {
        table.add_row(row(control));
    }
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        page.line(&if index == 0 { page.style.paint(STRONG, line) } else { line.to_owned() })?;
    }
    Ok(())
}

fn row(control: &Control<'_>) -> [String; 7] {
    let numbers = [control.rules.len(), control.findings.len(), control.suppressed.len(), control.undecided.len(), control.passing.len()];
    let [rules, findings, waived, undecided, passing] = numbers.map(|number| number.to_string());
    [terminal_safe(control.id, NAME), control.mapping(), rules, findings, waived, undecided, passing]
}

fn finding(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    let text = format!("{} ({} on {})", sentence(&finding.message), terminal_safe(&finding.rule, NAME), arn(finding.resource.as_str()));
    page.lead(2, finding.severity.word(), of_severity(finding.severity), &text)
}
