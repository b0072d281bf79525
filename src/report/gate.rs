//! The answer to a proposed rotation as text: the answer, what to fix first, what it opens, the rights of whoever turns it on, what could not be read. `cli gate`
//! calls it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::explain::write_call;
use super::finding::write_finding;
use super::layout::Page;
use super::neutralise::terminal_safe;
use super::style::{STRONG, Style, of_verdict};
use super::table::frame::ending;
use super::words::{NAME, arn, count, first_few, name, sentence};
use crate::finding::{Class, Finding};
use crate::gate::{FixFirst, Gate, ProposedSchedule, Through};
use crate::inventory::{Gap, RotationConfiguration};
use crate::rotation::{JudgedCall, Schedule, Step, Verdict};

/// Writes `gate` to `out` as text for people.
pub fn gate(gate: &Gate, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    answer(gate, &mut page)?;
    if let Some(first) = &gate.fix_first {
        page.gap()?;
        fix_first(first, &mut page)?;
    }
    proposal(gate, &mut page)?;
    turned_on_by(gate, &mut page)?;
    let (breaks, opens): (Vec<&Finding>, Vec<&Finding>) = gate.report.findings.iter().partition(|finding| finding.class == Class::Breaks);
    findings("What breaks it", &breaks, &mut page)?;
    findings("What it opens", &opens, &mut page)?;
    if gate.existing > 0 {
        page.gap()?;
        let were = count(gate.existing, "finding about this rotation was", "findings about this rotation were");
        page.paragraph(0, &format!("{were} there before: rotaudit scan --secret {}", name(&gate.proposal.secret)))?;
    }
    undecided(gate, &mut page)?;
    ending(&gate.report, &mut page)
}

/// The first line.
fn answer(gate: &Gate, page: &mut Page<'_>) -> io::Result<()> {
    let verdict = &gate.judgement.verdict;
    let (secret, through) = (name(&gate.proposal.secret), through(&gate.proposal.through));
    let opens = gate.report.findings.iter().filter(|finding| finding.class != Class::Breaks).count();
    let (word, told) = match verdict {
        Verdict::Fails { step: Step::TurnOn, .. } => ("fails at turn on".to_owned(), format!("{secret} will not be rotated by {through}")),
        Verdict::Fails { step, .. } => {
            (format!("fails at {}", step.name()), format!("the first rotation of {secret} by {through} will not succeed"))
        }
        Verdict::Undecided { .. } => ("undecided".to_owned(), format!("whether {through} can rotate {secret} hangs on what is not known")),
        Verdict::Rotates | Verdict::NotJudged if opens == 0 => {
            ("rotates".to_owned(), format!("the first rotation of {secret} by {through} will succeed, and opens nothing"))
        }
        Verdict::Rotates | Verdict::NotJudged => {
            let opens = count(opens, "finding", "findings");
            ("rotates".to_owned(), format!("the first rotation of {secret} by {through} will succeed, and adds {opens}"))
        }
    };
    page.lead(0, &word, of_verdict(verdict), &told)?;
    if is_refused_for_the_function(gate) {
        page.paragraph(0, "Secrets Manager looks at this when rotation is turned on, so RotateSecret itself answers with an error.")?;
    }
    Ok(())
}

/// Whether the failing call is the one that Secrets Manager tries beforehand
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html>).
fn is_refused_for_the_function(gate: &Gate) -> bool {
    let denied = |call: &JudgedCall| call.step == Step::Invoke && call.decision.is_denied();
    matches!(gate.judgement.verdict, Verdict::Fails { step: Step::Invoke, .. }) && gate.judgement.calls.iter().any(denied)
}

fn through(through: &Through) -> String {
    match through {
        Through::Function(function) => name(function),
        Through::Role(role) => format!("role {}", name(role)),
    }
}

fn fix_first(first: &FixFirst, page: &mut Page<'_>) -> io::Result<()> {
    page.lead(0, "Fix first:", STRONG, &sentence(&first.problem))?;
    page.field(2, "change", first.change.as_deref().map(sentence).as_deref().unwrap_or_default())?;
    page.field(2, "resource", first.resource.as_ref().map(|resource| arn(resource.as_str())).as_deref().unwrap_or_default())?;
    page.field(2, "remedy", &sentence(&first.remedy))?;
    page.field(2, "rule", first.rule.as_deref().map(|rule| terminal_safe(rule, NAME)).as_deref().unwrap_or_default())
}

fn proposal(gate: &Gate, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("Proposed")?;
    page.field(2, "secret", &arn(gate.proposal.secret.as_str()))?;
    match &gate.proposal.through {
        Through::Function(function) => page.field(2, "function", &arn(function.as_str()))?,
        Through::Role(role) => page.field(2, "through", &arn(role.as_str()))?,
    }
    if let (Through::Function(_), Some(role)) = (&gate.proposal.through, &gate.judgement.role) {
        page.field(2, "role", &arn(role.as_str()))?;
    }
    page.field(2, "schedule", &schedule(gate))?;
    page.field(2, "until now", &until_now(&gate.before, &gate.proposal.through))
}

/// When it is to rotate, with the window that it has where none is given.
fn schedule(gate: &Gate) -> String {
    let before = || ProposedSchedule {
        after_days: gate.before.after_days,
        expression: gate.before.schedule.clone(),
        window: gate.before.window.clone(),
    };
    let ProposedSchedule { after_days, expression, window } = gate.proposal.schedule.clone().unwrap_or_else(before);
    let every = expression.clone().or_else(|| after_days.map(|days| format!("every {days} days")));
    let Some(every) = every else { return "none is given, and the secret has none".to_owned() };
    let of = Schedule::of(&RotationConfiguration { schedule: expression, after_days, ..RotationConfiguration::default() });
    let by_default = || of.and_then(Result::ok)?.window(None).ok().map(|hours| format!("window {hours}h by default"));
    let window = window.map_or_else(by_default, |window| Some(format!("window {window}")));
    let told = [every].into_iter().chain(window).collect::<Vec<_>>().join(", ");
    terminal_safe(&if gate.proposal.schedule.is_some() { told } else { format!("as it is: {told}") }, NAME)
}

/// How the secret has rotated so far.
fn until_now(before: &RotationConfiguration, through: &Through) -> String {
    let by = before.function.as_ref().or(before.external_role.as_ref());
    let same = matches!((through, by), (Through::Function(new) | Through::Role(new), Some(old)) if new == old);
    match (by, before.enabled) {
        (None, false) => "it does not rotate".to_owned(),
        (None, true) => "it rotates without a function".to_owned(),
        (Some(_), true) if same => "it rotates this way already".to_owned(),
        (Some(by), true) => format!("it rotates through {}, which this replaces", arn(by.as_str())),
        (Some(_), false) if same => "it has rotated this way, and rotation is switched off".to_owned(),
        (Some(by), false) => format!("rotation through {} is switched off", arn(by.as_str())),
    }
}

/// Whether whoever turns it on may.
fn turned_on_by(gate: &Gate, page: &mut Page<'_>) -> io::Result<()> {
    let Some(who) = &gate.proposal.turned_on_by else {
        page.heading("Who turns it on")?;
        let also = match gate.proposal.through {
            Through::Function(_) => "lambda:InvokeFunction on the function",
            Through::Role(_) => "iam:PassRole on the role",
        };
        return page.paragraph(
            2,
            &format!(
                "Nobody was named, so nobody's rights were asked (--as ARN). It takes secretsmanager:RotateSecret on the secret and {also}."
            ),
        );
    };
    page.heading(&format!("Who turns it on: {}", arn(who.as_str())))?;
    let calls: Vec<&JudgedCall> = gate.judgement.calls.iter().filter(|call| call.step == Step::TurnOn).collect();
    if calls.is_empty() {
        return page.paragraph(2, "Nobody can, so nobody's rights were asked.");
    }
    calls.into_iter().try_for_each(|call| write_call(call, page))
}

fn findings(title: &str, findings: &[&Finding], page: &mut Page<'_>) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    page.heading(&format!("{title} ({})", count(findings.len(), "finding", "findings")))?;
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            page.gap()?;
        }
        write_finding(finding, false, page)?;
    }
    Ok(())
}

/// What is open, in short: a function that was not read leaves dozens of checks open for one reason.
fn undecided(gate: &Gate, page: &mut Page<'_>) -> io::Result<()> {
    let checks = &gate.report.undecided;
    let verdict: &[String] = if let Verdict::Undecided { needs } = &gate.judgement.verdict { needs } else { &[] };
    if checks.is_empty() && verdict.is_empty() {
        return Ok(());
    }
    page.heading("Undecided: neither a finding nor a pass")?;
    page.field(2, "rotation", &first_few(verdict.iter().map(|need| sentence(need))))?;
    let rules: BTreeSet<&str> = checks.iter().map(|check| check.rule.as_str()).collect();
    let missing: BTreeSet<&Gap> = checks.iter().flat_map(|check| &check.missing).collect();
    let hinges: BTreeSet<&String> = checks.iter().flat_map(|check| &check.hinges).collect();
    page.field(2, "checks", &first_few(rules.into_iter().map(|rule| terminal_safe(rule, NAME))))?;
    page.field(2, "needs", &first_few(missing.into_iter().map(|gap| sentence(&gap.to_string()))))?;
    page.field(2, "hangs on", &first_few(hinges.into_iter().map(|hinge| sentence(hinge))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Exceptions;
    use crate::gate::Proposal;
    use crate::inventory::{Inventory, clean};
    use crate::report::sample;
    use crate::rules::RuleSet;

    fn asked(inventory: &Inventory, who: Option<&str>) -> Gate {
        let proposal = Proposal {
            secret: sample::arn(clean::SECRET),
            through: Through::Function(sample::arn(clean::FUNCTION)),
            schedule: Some(ProposedSchedule {
                after_days: Some(30),
                expression: Some("rate(30 days)".to_owned()),
                window: Some("3h".to_owned()),
            }),
            turned_on_by: who.map(sample::arn),
        };
        let today = "2026-11-01".parse().unwrap();
        crate::gate::gate(inventory, &proposal, &RuleSet::builtin().unwrap(), &Exceptions::default(), today).unwrap()
    }

    fn rendered(it: &Gate, width: usize) -> String {
        let mut out = Vec::new();
        gate(it, Style { color: false, width }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn not_yet() -> Inventory {
        let mut inventory = clean::account().unwrap();
        inventory.secrets.get_mut(clean::SECRET).unwrap().rotation = RotationConfiguration::default();
        inventory
    }

    fn blocked() -> Inventory {
        let mut inventory = not_yet();
        inventory.functions.values_mut().for_each(|function| {
            function.policies = [(String::new(), crate::inventory::Known::Value(None))].into();
        });
        inventory
    }

    #[test]
    fn a_blocked_proposal_says_so_and_what_to_fix_first() {
        insta::assert_snapshot!(rendered(&asked(&blocked(), None), 100));
    }

    #[test]
    fn a_good_proposal_says_so_and_who_may_turn_it_on() {
        let text = rendered(&asked(&not_yet(), None), 100);
        assert!(text.starts_with("rotates  the first rotation of prod/db by rotate-db will succeed, and opens nothing\n"), "{text}");
        assert!(text.contains("it does not rotate") && text.contains("Nobody was named") && !text.contains("Fix first"), "{text}");
        let text = rendered(&asked(&not_yet(), Some(clean::ROLE)), 100);
        assert!(text.starts_with("fails at turn on  ") && text.contains("✗  role rotate-db asks secretsmanager:RotateSecret"), "{text}");
    }

    #[test]
    fn a_hostile_name_forges_nothing() {
        for hostile in sample::hostile_texts() {
            let mut it = asked(&blocked(), None);
            let first = it.fix_first.as_mut().unwrap();
            first.problem.clone_from(&hostile);
            first.change = Some(hostile.clone());
            first.remedy.clone_from(&hostile);
            first.rule = Some(hostile.clone());
            it.proposal.schedule = Some(ProposedSchedule { expression: Some(hostile.clone()), ..ProposedSchedule::default() });
            it.report = sample::hostile(&hostile);
            let text = rendered(&it, 100);
            assert_eq!(text.chars().find(|c| sample::is_raw(*c)), None, "{text}");
        }
    }
}
