//! The changes as text for people: what is new first, then what is fixed, what is open, and the verdicts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::changes::{Changes, VerdictChange};
use super::side::{Check, Seen};
use crate::report::layout::Page;
use crate::report::neutralise::terminal_safe;
use crate::report::style::{STRONG, Style, of_severity};
use crate::report::words::{NAME, arn, count, first_few, name, place, sentence};

/// Fields begin under the title.
const INDENT: usize = 4;

/// Writes `changes` to `out` as text for people.
pub fn diff_table(changes: &Changes, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let times = if changes.old_as_of == changes.new_as_of {
        format!("Before and after, as of {}", changes.new_as_of)
    } else {
        format!("From {} to {}", changes.old_as_of, changes.new_as_of)
    };
    page.paragraph(0, &times)?;
    let new = changes.new.iter().map(|new| (&new.seen, new.was_undecided.then_some("the earlier audit could not decide it")));
    findings("New findings", new.collect(), &mut page)?;
    let open = changes.open.iter().map(|open| (&open.seen, Some(open.because.as_str())));
    findings("Neither found nor fixed", open.collect(), &mut page)?;
    findings("Fixed", plain(&changes.fixed), &mut page)?;
    findings("Found, and do not count any more", plain(&changes.suppressed), &mut page)?;
    verdicts(&changes.verdicts, &mut page)?;
    checks("Newly undecided", &changes.newly_undecided, &mut page)?;
    checks("No longer undecided", &changes.no_longer_undecided, &mut page)?;
    page.gap()?;
    page.lead(0, "Summary", STRONG, &summary(changes))
}

fn plain(seen: &[Seen]) -> Vec<(&Seen, Option<&str>)> {
    seen.iter().map(|seen| (seen, None)).collect()
}

fn findings(title: &str, findings: Vec<(&Seen, Option<&str>)>, page: &mut Page<'_>) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    page.heading(&format!("{title} ({})", findings.len()))?;
    for (seen, remark) in findings {
        page.lead(2, seen.severity.word(), of_severity(seen.severity), &sentence(&seen.message))?;
        page.field(INDENT, "resource", &arn(seen.resource.as_str()))?;
        page.field(INDENT, "rule", &terminal_safe(&seen.rule, NAME))?;
        page.field(INDENT, "but", &remark.map(sentence).unwrap_or_default())?;
    }
    Ok(())
}

fn verdicts(changes: &[VerdictChange], page: &mut Page<'_>) -> io::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    page.heading(&format!("Verdicts that changed ({})", changes.len()))?;
    for change in changes {
        page.lead(2, &name(&change.secret), STRONG, &verdict_text(change))?;
    }
    Ok(())
}

/// Where a rotation is, and from which verdict to which it goes.
pub(crate) fn verdict_text(change: &VerdictChange) -> String {
    let word = |verdict: &Option<String>| {
        verdict.as_deref().map_or_else(|| "none".to_owned(), |word| terminal_safe(&word.replace('_', " "), NAME))
    };
    let because = change.because.as_deref().map(|because| format!(": {}", sentence(because))).unwrap_or_default();
    format!("({}) {} → {}{because}", place(&change.secret), word(&change.old), word(&change.new))
}

fn checks(title: &str, checks: &[Check], page: &mut Page<'_>) -> io::Result<()> {
    if checks.is_empty() {
        return Ok(());
    }
    page.heading(&format!("{title} ({})", count(checks.len(), "check", "checks")))?;
    let mut by_rule = BTreeMap::<&str, Vec<&Check>>::new();
    for check in checks {
        by_rule.entry(&check.rule).or_default().push(check);
    }
    for (rule, checks) in by_rule {
        let resources = first_few(checks.iter().map(|check| arn(check.resource.as_str())));
        page.lead(2, &terminal_safe(rule, NAME), STRONG, &resources)?;
    }
    Ok(())
}

/// How many of what.
pub(crate) fn summary(changes: &Changes) -> String {
    let Changes { new, fixed, unchanged, open, suppressed, verdicts, .. } = changes;
    let mut parts = vec![format!("{} new, {} fixed, {} unchanged", new.len(), fixed.len(), unchanged.len())];
    let mut further = |number: usize, what: &str| {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    };
    further(open.len(), "neither found nor fixed");
    further(suppressed.len(), "do not count any more");
    further(verdicts.len(), if verdicts.len() == 1 { "verdict changed" } else { "verdicts changed" });
    parts.join(" · ")
}
