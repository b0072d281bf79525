//! Which secrets the user means by a name, an ARN or a glob, and a report narrowed to them. `scan --secret` and `explain` use it.

use std::collections::BTreeSet;

use super::error::CliError;
use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::names;
use crate::inventory::Inventory;

/// The secrets that `patterns` name. A pattern that names none is an error: a slip of the pen must not pass as clean.
pub(super) fn secrets(patterns: &[String], inventory: &Inventory) -> Result<BTreeSet<Arn>, CliError> {
    let mut chosen = BTreeSet::new();
    for pattern in patterns {
        let found: Vec<_> = inventory.secrets.values().filter(|secret| names(pattern, &secret.arn, &secret.name)).collect();
        if found.is_empty() {
            return Err(unmatched(pattern, inventory));
        }
        chosen.extend(found.into_iter().map(|secret| secret.arn.clone()));
    }
    Ok(chosen)
}

/// Leaves in `report` what concerns the `chosen` secrets. What could not be read stays: it may concern any.
pub(super) fn narrow(report: &mut Report, chosen: &BTreeSet<Arn>) {
    let concerns = |resource: &Arn, rotations: &BTreeSet<Arn>| chosen.contains(resource) || !rotations.is_disjoint(chosen);
    report.rotations.retain(|judgement| chosen.contains(&judgement.secret));
    report.findings.retain(|finding| concerns(&finding.resource, &finding.rotations));
    report.suppressed.retain(|suppressed| concerns(&suppressed.finding.resource, &suppressed.finding.rotations));
    report.undecided.retain(|check| concerns(&check.resource, &check.rotations));
    report.secrets = chosen.len();
    if let Some(before) = &mut report.before {
        narrow(before, chosen);
    }
}

fn unmatched(pattern: &str, inventory: &Inventory) -> CliError {
    let names = inventory.secrets.values().map(|secret| secret.name.as_str());
    let nearest = nearest(pattern, names).map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
    CliError::Usage(format!(
        "no secret matches {pattern:?}{nearest}\n{} secrets were read; quote a pattern with * or ?",
        inventory.secrets.len()
    ))
}

/// The most similar of `known`, if any is similar enough to have been meant.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|name| (strsim::jaro_winkler(word, name), name)).filter(|(score, _)| *score > 0.8);
    scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn arn(name: &str) -> Arn {
        Arn::parse(&format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}-AbCdEf")).unwrap()
    }

    #[test]
    fn a_name_that_matches_nothing_is_wrong_usage() {
        let inventory = Inventory::empty("2026-11-01T12:00:00Z".parse().unwrap());
        assert!(matches!(secrets(&["prod/db".to_owned()], &inventory), Err(CliError::Usage(message)) if message.contains("\"prod/db\"")));
        assert_eq!(nearest("prod/dp", ["test/x", "prod/db"].into_iter()), Some("prod/db"));
        assert_eq!(nearest("zzz", ["test/x", "prod/db"].into_iter()), None);
    }

    #[test]
    fn a_report_is_narrowed_to_what_concerns_the_chosen_secrets() {
        let mut report = sample::report();
        narrow(&mut report, &BTreeSet::from([arn("prod/search")]));
        assert_eq!(report.rotations.len(), 1);
        let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert_eq!(rules, ["anyone-may-invoke", "key-for-all-secrets"]);
        assert!(report.undecided.is_empty());
        assert_eq!((report.secrets, report.coverage.len()), (1, 3));
    }
}
