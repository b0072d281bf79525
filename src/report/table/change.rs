//! What the change itself adds and removes, of a plan or template: the new findings by their names, as they are told in full above, what is fixed, and the verdicts that change.

use std::collections::BTreeSet;
use std::io;

use crate::report::diff::{Changes, Seen, summary, verdict_text};
use crate::report::layout::Page;
use crate::report::neutralise::terminal_safe;
use crate::report::style::STRONG;
use crate::report::words::{NAME, arn, first_few, name, sentence};

/// So many findings and verdicts of a kind are named; the JSON report has all.
const NAMED: usize = 20;

pub(super) fn write(changes: &Changes, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("What the change adds and removes")?;
    let new = changes.new.iter().map(|new| finding(&new.seen, if new.was_undecided { "it could not be decided before" } else { "" }));
    named("new", new, page)?;
    named("fixed", changes.fixed.iter().map(|seen| finding(seen, "")), page)?;
    named("open", changes.open.iter().map(|open| finding(&open.seen, &open.because)), page)?;
    named("verdict", changes.verdicts.iter().map(|change| format!("{} {}", name(&change.secret), verdict_text(change))), page)?;
    let undecided: BTreeSet<String> = changes.newly_undecided.iter().map(|check| terminal_safe(&check.rule, NAME)).collect();
    if !undecided.is_empty() {
        page.lead(2, "undecided", STRONG, &format!("{}, which were not before", first_few(undecided.into_iter())))?;
    }
    page.lead(2, "in all", STRONG, &summary(changes))
}

fn finding(seen: &Seen, remark: &str) -> String {
    let remark = if remark.is_empty() { String::new() } else { format!(" ({})", sentence(remark)) };
    format!("{} {} on {}{remark}", seen.severity.word(), terminal_safe(&seen.rule, NAME), arn(seen.resource.as_str()))
}

fn named(title: &str, texts: impl ExactSizeIterator<Item = String>, page: &mut Page<'_>) -> io::Result<()> {
    let more = texts.len().saturating_sub(NAMED);
    for text in texts.take(NAMED) {
        page.lead(2, title, STRONG, &text)?;
    }
    if more > 0 {
        page.lead(2, title, STRONG, &format!("and {more} more (--format json shows all)"))?;
    }
    Ok(())
}
