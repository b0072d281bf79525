//! One report of several: what is found where the open conditions of a template come out differently. `cli` audits each way and asks here.

use std::collections::{BTreeMap, BTreeSet};

use super::coverage::CoverageEntry;
use super::report::{Report, badness, worst_judged_first};
use crate::finding::{Finding, Fingerprint, Undecided, worst_first};
use crate::inventory::Gap;
use crate::rotation::{Judgement, Verdict};

/// What is found in any of these worlds, each a report and the conditions under which it holds, as people read them. What is not found in all of them names
/// the conditions under which it is. `None` of no world.
pub fn in_worlds(worlds: Vec<(String, Report)>) -> Option<Report> {
    let count = worlds.len();
    let mut merged = worlds.first()?.1.clone();
    if count == 1 {
        return Some(merged);
    }
    let mut findings: BTreeMap<Fingerprint, (Finding, Vec<String>)> = BTreeMap::new();
    let mut rotations: BTreeMap<crate::arn::Arn, Vec<(String, Judgement)>> = BTreeMap::new();
    let (mut undecided, mut coverage) = (BTreeSet::<Undecided>::new(), BTreeMap::<Gap, CoverageEntry>::new());
    for (name, report) in worlds {
        for finding in report.findings {
            let (known, names) = findings.entry(finding.fingerprint).or_insert_with(|| (finding.clone(), Vec::new()));
            known.rotations.extend(finding.rotations);
            names.push(name.clone());
        }
        for judgement in report.rotations {
            rotations.entry(judgement.secret.clone()).or_default().push((name.clone(), judgement));
        }
        undecided.extend(report.undecided);
        merged.rules.extend(report.rules);
        coverage.extend(report.coverage.into_iter().map(|entry| (entry.gap.clone(), entry)));
        merged.assumptions.extend(report.assumptions.into_iter().filter(|it| !merged.assumptions.contains(it)).collect::<Vec<_>>());
        merged.secrets = merged.secrets.max(report.secrets);
    }
    let whole = |(mut finding, names): (Finding, Vec<String>)| {
        finding.only_if = if names.len() < count { names } else { Vec::new() };
        finding
    };
    merged.findings = findings.into_values().map(whole).collect();
    worst_first(&mut merged.findings);
    merged.rotations = rotations.into_values().filter_map(|judged| worst(judged, count)).collect();
    worst_judged_first(&mut merged.rotations);
    merged.undecided = undecided.into_iter().collect();
    merged.coverage = coverage.into_values().collect();
    Some(merged)
}

/// The worst judgement of one rotation, which says when it holds unless it always does.
fn worst(judged: Vec<(String, Judgement)>, worlds: usize) -> Option<Judgement> {
    let everywhere = judged.len() == worlds && judged.windows(2).all(|pair| pair[0].1.verdict == pair[1].1.verdict);
    let (name, mut worst) = judged.into_iter().min_by_key(|(_, judgement)| badness(&judgement.verdict))?;
    if !everywhere {
        match &mut worst.verdict {
            Verdict::Fails { because, .. } => *because = format!("{because} (if {name})"),
            Verdict::Undecided { needs } => needs.iter_mut().for_each(|need| *need = format!("{need} (if {name})")),
            Verdict::Rotates | Verdict::NotJudged => {}
        }
    }
    Some(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Class, Severity};
    use crate::report::sample;

    #[test]
    fn what_is_found_in_every_world_is_told_once_and_the_rest_says_when() {
        let found = |rule: &str| sample::finding(Severity::High, Class::Exposure, rule, "arn:aws:iam::111122223333:role/r", &[], "m");
        let world = |name: &str, rules: &[&str]| {
            let mut report = sample::report();
            report.findings = rules.iter().map(|rule| found(rule)).collect();
            (name.to_owned(), report)
        };
        let merged = in_worlds(vec![world("Stage is prod", &["always", "prod"]), world("Stage is not prod", &["always"])]).unwrap();
        let told: Vec<(&str, &[String])> = merged.findings.iter().map(|it| (&*it.rule, &*it.only_if)).collect();
        assert_eq!(told, [("always", &[][..]), ("prod", &["Stage is prod".to_owned()][..])]);
        assert_eq!(merged.rotations.len(), sample::report().rotations.len());
    }
}
