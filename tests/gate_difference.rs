//! What the gate says a proposal adds is what two whole audits differ by, one without it and one with it, although it looks at a part of the account only.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeSet;

use rotaudit::arn::Arn;
use rotaudit::audit::{Report, audit};
use rotaudit::finding::{Exceptions, Finding, Fingerprint, Undecided};
use rotaudit::gate::{Proposal, Through, gate};
use rotaudit::inventory::{Inventory, RotationConfiguration, clean};
use rotaudit::rules::RuleSet;
use rotaudit::source::demo;

#[path = "support/generate.rs"]
mod generate;

use generate::Shape;

/// What is new: findings, and checks that are open.
type Difference = (Vec<Finding>, Vec<Undecided>);

fn fingerprints(report: &Report) -> BTreeSet<Fingerprint> {
    report.findings.iter().map(|finding| finding.fingerprint).collect()
}

/// The same inventory with the rotation on.
fn turned_on(inventory: &Inventory, secret: &Arn, function: &Arn) -> Inventory {
    let mut inventory = inventory.clone();
    let rotation = &mut inventory.secrets.get_mut(secret).unwrap().rotation;
    let before = std::mem::take(rotation);
    *rotation = RotationConfiguration {
        enabled: true,
        function: Some(function.clone()),
        last_rotated: None,
        next_rotation: None,
        // Nobody turns it on before the stack is there.
        not_awaited: Vec::new(),
        order_hidden: None,
        not_given: Vec::new(),
        late: Vec::new(),
        is_asked_for: false,
        ..before
    };
    inventory
}

/// By two whole audits.
fn at_length(before: &Report, after: Report) -> Difference {
    let known = fingerprints(before);
    let open: BTreeSet<(&str, &Arn)> = before.undecided.iter().map(|check| (check.rule.as_str(), &check.resource)).collect();
    let findings = after.findings.into_iter().filter(|finding| !known.contains(&finding.fingerprint)).collect();
    (findings, after.undecided.into_iter().filter(|check| !open.contains(&(check.rule.as_str(), &check.resource))).collect())
}

/// Proposes every one of these and compares; how many findings and open checks were new, and findings there before.
fn compare(inventory: &Inventory, rules: &RuleSet, proposals: impl IntoIterator<Item = (Arn, Arn)>) -> (usize, usize) {
    let before = audit(inventory, rules);
    let known = fingerprints(&before);
    let mut added = (0, 0);
    for (secret, function) in proposals {
        let after = audit(&turned_on(inventory, &secret, &function), rules);
        let about = after.findings.iter().filter(|finding| finding.rotations.contains(&secret)).count();
        let proposal =
            Proposal { secret: secret.clone(), through: Through::Function(function.clone()), schedule: None, turned_on_by: None };
        let answer = gate(inventory, &proposal, rules, &Exceptions::default(), "2026-11-01".parse().unwrap()).unwrap();
        let (findings, undecided) = at_length(&before, after);
        let new: Vec<Finding> = answer.report.findings.iter().filter(|finding| !known.contains(&finding.fingerprint)).cloned().collect();
        assert_eq!(new, findings, "{secret} {function}");
        assert_eq!(answer.report.undecided, undecided, "{secret} {function}");
        let shown = answer.report.findings.iter().filter(|finding| finding.rotations.contains(&secret)).count();
        assert_eq!(answer.existing + shown, about, "{secret} {function}");
        added = (added.0 + new.len(), added.1 + undecided.len());
    }
    added
}

/// Every secret of some through every function of some.
fn all_pairs(inventory: &Inventory, every: usize) -> Vec<(Arn, Arn)> {
    let functions: Vec<&Arn> = inventory.functions.keys().collect();
    let secrets = inventory.secrets.keys().step_by(every).enumerate();
    secrets
        .flat_map(|(at, secret)| functions.iter().skip(at % 3).step_by(3).map(|function| (secret.clone(), (*function).clone())))
        .collect()
}

#[test]
fn in_the_demo() {
    let inventory = demo::inventory().unwrap();
    let (findings, _) = compare(&inventory, &RuleSet::builtin().unwrap(), all_pairs(&inventory, 3));
    assert!(findings > 20, "{findings}");
}

#[test]
fn in_a_made_estate_with_shared_roles_keys_and_networks() {
    let inventory = generate::inventory(Shape { functions: 12, accounts: 2, ..Shape::of(120) }).unwrap();
    let (findings, _) = compare(&inventory, &RuleSet::builtin().unwrap(), all_pairs(&inventory, 30));
    assert!(findings > 20, "{findings}");
}

/// Each rule's tests are accounts in which that rule has something to say.
#[test]
fn in_the_accounts_of_the_rules_tests() {
    let rules = RuleSet::builtin().unwrap();
    let (secret, function) = (Arn::parse(clean::SECRET).unwrap(), Arn::parse(clean::FUNCTION).unwrap());
    let mut added = 0;
    for (rule, _, mut inventory) in rules.test_accounts() {
        let Some(held) = inventory.secrets.get_mut(&secret) else { continue };
        held.rotation = RotationConfiguration { enabled: false, function: None, ..held.rotation.clone() };
        let (findings, undecided) = compare(&inventory, &rules.only(rule), [(secret.clone(), function.clone())]);
        added += findings + undecided;
    }
    assert!(added > 200, "{added}");
}
