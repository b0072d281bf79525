//! Markdown for a pull request or a job summary: the verdicts that matter, the findings in a table, what is undecided. `cli` calls it.

use std::io::{self, Write};

use super::framework::{Control, Framework};
use super::neutralise::terminal_safe;
use super::summary::Summary;
use super::words::{NAME, SENTENCE, first_few};
use crate::audit::{CoverageEntry, Report};
use crate::finding::{Finding, Suppression};
use crate::rotation::Verdict;

/// GitHub takes 65,536 characters in a comment; so many rows fit with room to spare.
const ROWS: usize = 50;
/// How much of a sentence is shown in a row.
const CELL: usize = 400;

/// Writes `report` to `out`.
pub fn markdown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Rotation audit\n\n{}\n", escaped(&Summary::of(report).line(), SENTENCE))?;
    verdicts(report, out)?;
    findings(report, out)?;
    undecided(report, out)?;
    unread(report, out)?;
    waived(report, out)
}

/// Writes `report` by the controls of `framework`.
pub fn markdown_by_control(report: &Report, framework: &Framework<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Rotation audit by {}\n\n{}\n", code(framework.id), escaped(&Summary::of(report).line(), SENTENCE))?;
    let control = |control: &Control<'_>| {
        let numbers =
            [control.rules.len(), control.findings.len(), control.suppressed.len(), control.undecided.len(), control.passing.len()];
        format!("| {} | {} | {} |", code(control.id), control.mapping(), numbers.map(|number| number.to_string()).join(" | "))
    };
    let head = "| Control | Mapping | Rules | Findings | Waived | Undecided | Rotations that pass |\n|---|---|---|---|---|---|---|";
    table("Controls where rotaudit looks; a control asks for more", head, framework.controls.iter().map(control), out)?;
    let under = framework.controls.iter().flat_map(|control| {
        let row = |finding: &&Finding| {
            format!(
                "| {} | {} | {} | {} | {} |",
                code(control.id),
                finding.severity,
                code(&finding.rule),
                code(finding.resource.as_str()),
                escaped(&finding.message, CELL)
            )
        };
        control.findings.iter().map(row)
    });
    let head = "| Control | Severity | Rule | Resource | What is wrong |\n|---|---|---|---|---|";
    table("Findings by control", head, under, out)?;
    let row = |finding: &&Finding| {
        let message = escaped(&finding.message, CELL);
        format!("| {} | {} | {} | {message} |", finding.severity, code(&finding.rule), code(finding.resource.as_str()))
    };
    let head = "| Severity | Rule | Resource | What is wrong |\n|---|---|---|---|";
    table("Findings under no control of this framework", head, framework.elsewhere.iter().map(row), out)?;
    undecided(report, out)?;
    unread(report, out)?;
    waived(report, out)
}

fn verdicts(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let row = |judgement: &crate::rotation::Judgement| {
        let why = match &judgement.verdict {
            Verdict::Fails { step, because, .. } => format!("fails at {}: {because}", step.name()),
            Verdict::Undecided { needs } => format!("undecided, needs {}", needs.join("; ")),
            Verdict::Rotates | Verdict::NotJudged => return None,
        };
        Some(format!("| {} | {} |", code(judgement.secret.name()), escaped(&why, CELL)))
    };
    table(
        "Rotations that will fail, or could not be decided",
        "| Secret | Verdict |\n|---|---|",
        report.rotations.iter().filter_map(row),
        out,
    )
}

fn findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let row = |finding: &Finding| {
        format!(
            "| {} | {} | {} | {} | {} |",
            finding.severity,
            code(&finding.rule),
            code(finding.resource.as_str()),
            escaped(&finding.message, CELL),
            escaped(&finding.remedy, CELL)
        )
    };
    let head = "| Severity | Rule | Resource | What is wrong | What to do |\n|---|---|---|---|---|";
    table("Findings", head, report.findings.iter().map(row), out)
}

fn undecided(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let row = |check: &crate::finding::Undecided| {
        let needs: Vec<String> = check.missing.iter().map(ToString::to_string).chain(check.hinges.iter().cloned()).collect();
        format!("| {} | {} | {} |", code(&check.rule), code(check.resource.as_str()), escaped(&first_few(needs.into_iter()), CELL))
    };
    table("Undecided, which is not a pass", "| Rule | Resource | Hangs on |\n|---|---|---|", report.undecided.iter().map(row), out)
}

fn unread(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let row = |entry: &CoverageEntry| {
        let gap = &entry.gap;
        format!("| {} | {} | {} | {} |", code(&gap.call), code(&gap.resource), escaped(&gap.error, CELL), escaped(&entry.effect, CELL))
    };
    table("Not read", "| Call | Of | Answer | Undecided without it |\n|---|---|---|---|", report.coverage.iter().map(row), out)
}

fn waived(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = report.suppressed.iter().filter_map(|it| match &it.suppression {
        Suppression::Waiver { reason, owner, expires } => {
            let who = format!("{owner}, until {expires}: {reason}");
            Some(format!("| {} | {} | {} |", code(&it.finding.rule), code(it.finding.resource.as_str()), escaped(&who, CELL)))
        }
        Suppression::Baseline => None,
    });
    table("Waived", "| Rule | Resource | By whom |\n|---|---|---|", rows, out)
}

/// A heading and a table, unless it is empty; rows that do not fit are counted.
fn table(title: &str, head: &str, rows: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "### {title} ({})\n\n{head}", rows.len())?;
    rows.iter().take(ROWS).try_for_each(|row| writeln!(out, "{row}"))?;
    if let Some(more @ 1..) = rows.len().checked_sub(ROWS) {
        writeln!(out, "\nand {more} more; the JSON report has all.")?;
    }
    writeln!(out)
}

/// A name as code: without what would end it.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", terminal_safe(text, 2 * NAME).replace('`', "'").replace('|', "\\|"))
}

/// A sentence in which nothing is markup, a mention or a link.
pub(super) fn escaped(text: &str, most: usize) -> String {
    let mut safe = String::new();
    let text = terminal_safe(text, most);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // So that `@name`, `#1` and addresses do not become links.
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            // Before a blank a colon begins neither an address nor an emoji.
            ':' if rest.peek().is_some_and(|next| !next.is_whitespace()) => safe.push_str("&#58;"),
            '.' if safe.to_ascii_lowercase().ends_with("www") => safe.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '|' | '~' | '!' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Class, Severity};
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        markdown(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_verdicts_come_before_the_findings() {
        let report = sample::report();
        let text = written(&report);
        let places: Vec<_> = ["Rotations that will fail", "### Findings", "### Undecided", "### Waived"]
            .iter()
            .map(|title| text.find(title).unwrap())
            .collect();
        assert!(places.is_sorted(), "{text}");
        assert!(text.contains(&code(report.findings[0].resource.as_str())), "{text}");
    }

    #[test]
    fn it_fits_into_a_comment_whatever_is_found() {
        let mut report = sample::report();
        let finding = sample::finding(Severity::Low, Class::Hygiene, "many", "arn:aws:iam::111122223333:role/r", &[], &"m".repeat(5_000));
        report.findings.extend(std::iter::repeat_n(finding, 1_000));
        let text = written(&report);
        assert!(text.chars().count() < 65_536 && text.contains("more; the JSON report has all"), "{}", text.len());
    }

    #[test]
    fn a_colon_is_left_as_it_is_where_nothing_comes_of_it() {
        let of = |text: &str| escaped(text, 99);
        assert_eq!(of("undecided: 1 check, because:"), "undecided: 1 check, because:");
        assert_eq!(of("https://x.y :smile: kms:Decrypt"), "https&#58;//x.y &#58;smile: kms&#58;Decrypt");
        assert_eq!((of("www.example.com"), of("WWW.x"), of("v1.2")), ("www&#46;example.com".into(), "WWW&#46;x".into(), "v1.2".into()));
    }

    #[test]
    fn no_text_is_markup() {
        for text in sample::hostile_texts().into_iter().chain(["<img src=x onerror=alert(1)>@all [a](https://x) | c\n# d".to_owned()]) {
            let written = written(&sample::hostile(&text));
            assert!(!written.chars().any(sample::is_raw));
            // What stands between backticks is shown as it is.
            let prose: String = written.split('`').step_by(2).collect();
            assert!(!prose.contains("<img") && !prose.contains("](") && !prose.contains("@all"), "{written}");
            for row in written.lines().filter(|line| line.starts_with("| ")) {
                let cells = row.replace("\\|", "").matches('|').count();
                assert!((3..=6).contains(&cells), "{row}");
            }
        }
    }
}
