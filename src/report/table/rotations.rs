//! Which rotations will fail and why: a table of one line per rotation, worst first, then the reasons.

use std::collections::BTreeMap;
use std::io;

use comfy_table::{ColumnConstraint, Table, Width};

use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::Finding;
use crate::report::layout::{Page, bare_table};
use crate::report::neutralise::terminal_safe;
use crate::report::style::{STRONG, of_verdict};
use crate::report::words::{NAME, first_few, name, place, runner, sentence};
use crate::rotation::{Judgement, Verdict};

/// The verdict's column is as wide as its longest word, with a space on either side.
const VERDICT: usize = " not judged ".len();

/// From this width the table has room for the ids of rules, which are not to be broken.
const ROOM_FOR_RULES: usize = 100;

pub(super) fn write(report: &Report, places: bool, page: &mut Page<'_>) -> io::Result<()> {
    if report.rotations.is_empty() {
        return nothing_rotates(report, page);
    }
    page.gap()?;
    let table = rows(report, places, page.style.columns());
    // The lines of the table that begin a row hold a verdict, in the order of the rotations; the others wrap one.
    let mut verdicts = report.rotations.iter().map(|judgement| &judgement.verdict);
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        match line.split_at_checked(VERDICT) {
            Some((head, rest)) if index == 0 => page.line(&page.style.paint(STRONG, &format!("{head}{rest}")))?,
            Some((head, rest)) if !head.trim().is_empty() => {
                let look = verdicts.next().map(of_verdict).unwrap_or_default();
                page.line(&format!("{}{rest}", page.style.paint(look, head)))?;
            }
            _ => page.line(line)?,
        }
    }
    reasons(report, page)
}

fn rows(report: &Report, places: bool, width: usize) -> Table {
    let worst = worst_findings(report);
    let mut table = bare_table(width);
    let mut header = vec!["VERDICT", "SECRET", "FUNCTION", "WORST FINDING"];
    if places {
        header.push("ACCOUNT AND REGION");
    }
    table.set_header(header);
    for judgement in &report.rotations {
        let finding = worst.get(&judgement.secret).map_or_else(
            || "-".to_owned(),
            |finding| match width {
                ROOM_FOR_RULES.. => format!("{} {}", finding.severity, terminal_safe(&finding.rule, NAME)),
                _ => finding.severity.to_string(),
            },
        );
        let function = runner(&judgement.kind, judgement.function.as_ref());
        let mut row = vec![judgement.verdict.word().to_owned(), name(&judgement.secret), function, finding];
        if places {
            row.push(place(&judgement.secret));
        }
        table.add_row(row);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(u16::try_from(VERDICT).unwrap_or(u16::MAX))));
    }
    table
}

/// The worst finding that touches each rotation; findings come worst first.
fn worst_findings(report: &Report) -> BTreeMap<&Arn, &Finding> {
    let mut worst = BTreeMap::<_, &Finding>::new();
    for finding in &report.findings {
        for secret in &finding.rotations {
            let known = worst.entry(secret).or_insert(finding);
            if finding.severity > known.severity {
                *known = finding;
            }
        }
    }
    worst
}

/// Why those that fail do, and what would decide those that are undecided.
fn reasons(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let fails: Vec<_> = report.rotations.iter().filter(|j| matches!(j.verdict, Verdict::Fails { .. })).collect();
    section("Rotations that will fail", &fails, page)?;
    let undecided: Vec<_> = report.rotations.iter().filter(|j| matches!(j.verdict, Verdict::Undecided { .. })).collect();
    section("Rotations that could not be decided", &undecided, page)
}

fn section(heading: &str, judgements: &[&Judgement], page: &mut Page<'_>) -> io::Result<()> {
    if judgements.is_empty() {
        return Ok(());
    }
    page.heading(heading)?;
    for judgement in judgements {
        let look = of_verdict(&judgement.verdict);
        page.lead(2, judgement.verdict.word(), look, &format!("{}{}", name(&judgement.secret), because(&judgement.verdict)))?;
    }
    Ok(())
}

/// The second half of a sentence that begins with the secret's name.
fn because(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Rotates | Verdict::NotJudged => String::new(),
        Verdict::Fails { step, because, .. } => format!(" at {}: {}", step.name(), sentence(because)),
        Verdict::Undecided { needs } => {
            format!(": {}", first_few(needs.iter().map(|need| sentence(need))))
        }
    }
}

fn nothing_rotates(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    page.gap()?;
    if report.secrets == 0 {
        return page.paragraph(
            0,
            "No secret was found. Check that the account and the region are the ones you mean (--profile, --region), and look at what \
             could not be read below.",
        );
    }
    page.paragraph(
        0,
        "No secret rotates here, so there is no rotation to judge. Rotation is turned on secret by secret: \
         https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
    )
}
