//! A row for each finding, for spreadsheets. A cell that a spreadsheet would take for a formula begins with an apostrophe
//! (<https://owasp.org/www-community/attacks/CSV_Injection>). `cli` calls it.

use std::io::{self, Write};

use super::framework::Framework;
use super::neutralise::terminal_safe;
use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::{Finding, Fingerprint, Suppression, Undecided};

/// The longest text that Excel takes in a cell.
const CELL: usize = 32_000;

const HEADER: [&str; 13] = [
    "fingerprint",
    "rule",
    "severity",
    "class",
    "confidence",
    "about",
    "account",
    "region",
    "resource",
    "rotations",
    "message",
    "remedy",
    "not_counted",
];

/// The place of the rotations among the columns.
const ROTATIONS: usize = 9;

/// Writes `report` to `out`; rows end as RFC 4180 wants it.
pub fn csv(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    row(out, &HEADER.map(str::to_owned))?;
    for finding in &report.findings {
        row(out, &cells(finding, String::new()))?;
    }
    for suppressed in &report.suppressed {
        row(out, &cells(&suppressed.finding, why(&suppressed.suppression)))?;
    }
    Ok(())
}

/// Writes `report` by the controls of `framework`: for each control a row for each finding, for each check that could not be decided, and for the rotations that pass, with
/// the control, whose mapping it is and the outcome in front; then the findings under no control.
pub fn csv_by_control(report: &Report, framework: &Framework<'_>, out: &mut dyn Write) -> io::Result<()> {
    let front = ["framework", "control", "mapping", "outcome"].map(str::to_owned);
    row(out, &[&front[..], &HEADER.map(str::to_owned)].concat())?;
    for control in &framework.controls {
        let front = |rule: &str, outcome: &str| [framework.id, control.id, control.mapping_of(rule), outcome].map(str::to_owned);
        for finding in &control.findings {
            row(out, &[&front(&finding.rule, "finding")[..], &cells(finding, String::new())].concat())?;
        }
        for it in &control.suppressed {
            row(out, &[&front(&it.finding.rule, "not counted")[..], &cells(&it.finding, why(&it.suppression))].concat())?;
        }
        for check in &control.undecided {
            row(out, &[&front(&check.rule, "undecided")[..], &undecided(check, report)].concat())?;
        }
        let mut passing = [const { String::new() }; 13];
        passing[ROTATIONS] = control.passing.iter().map(|arn| arn.as_str()).collect::<Vec<_>>().join(" ");
        let front = [framework.id, control.id, &control.mapping(), "passes"].map(str::to_owned);
        row(out, &[&front[..], &passing].concat())?;
    }
    let front = [framework.id, "", "", "finding"].map(str::to_owned);
    framework.elsewhere.iter().try_for_each(|finding| row(out, &[&front[..], &cells(finding, String::new())].concat()))
}

fn undecided(check: &Undecided, report: &Report) -> [String; 13] {
    let info = report.rules.get(&check.rule);
    let needs: Vec<String> = check.missing.iter().map(ToString::to_string).chain(check.hinges.iter().cloned()).collect();
    let rotations: Vec<&str> = check.rotations.iter().map(Arn::as_str).collect();
    [
        Fingerprint::of(&check.rule, &check.resource).to_string(),
        check.rule.clone(),
        info.map_or("", |info| info.severity.word()).to_owned(),
        info.map_or("", |info| info.class.word()).to_owned(),
        String::new(),
        check.about.to_string(),
        check.resource.account().to_owned(),
        check.resource.region().to_owned(),
        check.resource.to_string(),
        rotations.join(" "),
        format!("undecided, needs {}", needs.join("; ")),
        String::new(),
        String::new(),
    ]
}

fn why(suppression: &Suppression) -> String {
    match suppression {
        Suppression::Waiver { reason, owner, expires } => format!("waived by {owner} until {expires}: {reason}"),
        Suppression::Baseline => "in the baseline".to_owned(),
    }
}

fn cells(finding: &Finding, why: String) -> [String; 13] {
    let rotations: Vec<&str> = finding.rotations.iter().map(Arn::as_str).collect();
    [
        finding.fingerprint.to_string(),
        finding.rule.clone(),
        finding.severity.to_string(),
        finding.class.to_string(),
        finding.confidence.to_string(),
        finding.about.to_string(),
        finding.account.clone(),
        finding.region.clone(),
        finding.resource.to_string(),
        rotations.join(" "),
        finding.message.clone(),
        finding.remedy.clone(),
        why,
    ]
}

fn row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let cell = terminal_safe(cell, CELL);
        let formula = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
        if cell.contains([',', '"', ';']) {
            write!(out, "\"{formula}{}\"", cell.replace('"', "\"\""))?;
        } else {
            write!(out, "{formula}{cell}")?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        csv(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_finding_has_a_row_of_as_many_cells_as_the_header() {
        let report = sample::report();
        let text = written(&report);
        assert_eq!(text.lines().count(), 1 + report.findings.len() + report.suppressed.len());
        assert!(text.starts_with("fingerprint,rule,severity,") && text.contains("waived by platform until 2027-03-31"), "{text}");
    }

    #[test]
    fn nothing_is_taken_for_a_formula_another_cell_or_another_row() {
        for text in sample::hostile_texts().into_iter().chain(["=cmd|' /C calc'!A0".to_owned(), "a,\"b\"\r\n=1".to_owned()]) {
            let report = sample::hostile(&text);
            let written = written(&report);
            assert_eq!(written.matches("\r\n").count(), 1 + report.findings.len() + report.suppressed.len());
            assert!(!written.replace("\r\n", "").chars().any(sample::is_raw));
            for cell in written.lines().flat_map(|line| line.split(',')) {
                assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '@', '-']), "{cell}");
            }
        }
    }
}
