//! What could not be said: checks that were not decided, with what they need, and calls that did not answer, with what hangs
//! on them. Neither is ever shown as a pass.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::arn::Arn;
use crate::audit::{CoverageEntry, Report};
use crate::finding::Undecided;
use crate::inventory::Gap;
use crate::report::layout::Page;
use crate::report::neutralise::terminal_safe;
use crate::report::style::STRONG;
use crate::report::words::{NAME, arn, count, first_few, secrets, sentence};

/// Fields begin under the title.
const INDENT: usize = 4;
/// Where more rules hang on the same, nothing is known of a function or a rotation as a whole, and their titles tell nothing more.
const MOST_TITLES: usize = 12;
/// How many differences between snapshots are printed.
const MOST_CONFLICTS: usize = 8;

/// What the checks of a rule hang on. Rules that hang on the same are told together.
#[derive(PartialEq, Eq)]
struct Needs {
    rotations: BTreeSet<Arn>,
    missing: BTreeSet<Gap>,
    hinges: BTreeSet<String>,
}

impl Needs {
    fn of(checks: &[&Undecided]) -> Self {
        Self {
            rotations: checks.iter().flat_map(|check| check.rotations.iter().cloned()).collect(),
            missing: checks.iter().flat_map(|check| check.missing.iter().cloned()).collect(),
            hinges: checks.iter().flat_map(|check| check.hinges.iter().cloned()).collect(),
        }
    }
}

/// The checks that were not decided: a line for each rule, and what those that hang on the same need.
pub(super) fn undecided(report: &Report, places: bool, page: &mut Page<'_>) -> io::Result<()> {
    if report.undecided.is_empty() {
        return Ok(());
    }
    page.heading(&format!("Undecided ({}): neither a finding nor a pass", count(report.undecided.len(), "check", "checks")))?;
    let mut by_rule = BTreeMap::<&str, Vec<&Undecided>>::new();
    for check in &report.undecided {
        by_rule.entry(&check.rule).or_default().push(check);
    }
    let mut groups: Vec<(Needs, Vec<&str>)> = Vec::new();
    for (rule, checks) in &by_rule {
        let needs = Needs::of(checks);
        match groups.iter_mut().find(|(known, _)| *known == needs) {
            Some((_, rules)) => rules.push(rule),
            None => groups.push((needs, vec![rule])),
        }
    }
    for (needs, rules) in groups {
        if rules.len() > MOST_TITLES {
            let ids: Vec<String> = rules.iter().map(|rule| terminal_safe(rule, NAME)).collect();
            page.lead(2, &count(rules.len(), "rule", "rules"), STRONG, &ids.join(", "))?;
        }
        for rule in rules.iter().filter(|_| rules.len() <= MOST_TITLES) {
            let title = report.rules.get(*rule).map(|info| sentence(&info.title)).unwrap_or_default();
            page.lead(2, &terminal_safe(rule, NAME), STRONG, &title)?;
        }
        let resources: BTreeSet<&Arn> = rules.iter().flat_map(|rule| &by_rule[rule]).map(|check| &check.resource).collect();
        page.field(INDENT, "resources", &first_few(resources.into_iter().map(|resource| arn(resource.as_str()))))?;
        page.field(INDENT, "rotations", &secrets(&needs.rotations, places))?;
        page.field(INDENT, "needs", &first_few(needs.missing.iter().map(|gap| sentence(&gap.to_string()))))?;
        page.field(INDENT, "hangs on", &first_few(needs.hinges.iter().map(|hinge| sentence(hinge))))?;
    }
    Ok(())
}

/// Where the snapshots differ that the inventory was made of.
pub(super) fn conflicts(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if !report.conflicts.is_empty() {
        page.heading(&format!("Snapshots that differ ({})", count(report.conflicts.len(), "place", "places")))?;
        for conflict in report.conflicts.iter().take(MOST_CONFLICTS) {
            page.lead(2, "-", anstyle::Style::new(), &sentence(conflict))?;
        }
        if let Some(more @ 1..) = report.conflicts.len().checked_sub(MOST_CONFLICTS) {
            page.lead(2, "-", anstyle::Style::new(), &format!("and {more} more (--format json shows all)"))?;
        }
    }
    Ok(())
}

/// The calls that did not answer, a block for each call and error code.
pub(super) fn gaps(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.coverage.is_empty() && report.partial.is_none() {
        return Ok(());
    }
    page.heading(&format!("Not read ({})", count(report.coverage.len(), "call", "calls")))?;
    if let Some(why) = &report.partial {
        page.lead(2, "In part", STRONG, &format!("reading ended before everything was asked: {}", sentence(why)))?;
    }
    let mut groups = BTreeMap::<(&str, &str), Vec<&CoverageEntry>>::new();
    for entry in &report.coverage {
        groups.entry((&entry.gap.call, error_code(&entry.gap.error))).or_default().push(entry);
    }
    for ((call, _), entries) in groups {
        let Some(first) = entries.first() else { continue };
        let times = if entries.len() == 1 { String::new() } else { format!(" ({} times)", entries.len()) };
        page.lead(2, &terminal_safe(call, NAME), STRONG, &format!("{}{times}", sentence(&first.gap.error)))?;
        page.field(INDENT, "of", &first_few(entries.iter().map(|entry| arn(&entry.gap.resource))))?;
        let effects: BTreeSet<_> = entries.iter().map(|entry| sentence(&entry.effect)).collect();
        page.field(INDENT, "undecided", &first_few(effects.into_iter()))?;
    }
    Ok(())
}

/// The code at the start of an error text; the message after it names resources, and would make every group one of its own.
fn error_code(error: &str) -> &str {
    match error.split_once(':') {
        Some((code, _)) if !code.contains(' ') => code,
        _ => error,
    }
}
