//! How the work of an audit grows with the estate, counted in questions and not in time; and that what is asked once for many secrets is what asking about each would say.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::collections::{BTreeMap, BTreeSet};

use rotaudit::access::{Access, Caller, Question, Scope, Target};
use rotaudit::arn::Arn;
use rotaudit::audit::audit;
use rotaudit::finding::{Evidence, Finding, ROTATION_FAILS};
use rotaudit::inventory::{Gap, Inventory, Known, Secret, snapshot};
use rotaudit::policy::{Decision, Entry};
use rotaudit::rotation::{Rotation, judge, rotations};
use rotaudit::rules::RuleSet;

#[path = "support/generate.rs"]
mod generate;

use generate::{Shape, inventory};

/// Everything in one account, where it is hardest.
fn in_one_account(secrets: usize) -> Inventory {
    inventory(Shape { accounts: 1, ..Shape::of(secrets) }).unwrap()
}

/// How much an audit does: questions, decisions, and groups of secrets that it looks through.
fn work(inventory: &Inventory) -> usize {
    let access = Access::new(inventory);
    let rotations = rotations(inventory);
    RuleSet::builtin().unwrap().run(inventory, &rotations, &access);
    for rotation in &rotations {
        drop(judge(rotation, &access, None));
    }
    access.work()
}

#[test]
fn four_times_the_secrets_are_four_times_the_work() {
    let (few, many) = (work(&in_one_account(250)), work(&in_one_account(1_000)));
    assert!(few > 250, "the audit asks: {few}");
    assert!(many < few * 4 * 12 / 10, "{few} steps about 250 secrets, and {many} about 1000");
}

/// Work for each thousand secrets, of so many and of ten times as many.
fn for_a_thousand(secrets: usize, of: impl Fn(usize) -> Inventory) -> (usize, usize) {
    let each = |secrets: usize| work(&of(secrets)) * 1_000 / secrets;
    (each(secrets), each(secrets * 10))
}

#[test]
fn a_secret_among_two_thousand_costs_what_one_among_two_hundred_costs() {
    let (few, many) = for_a_thousand(200, in_one_account);
    assert!(few > 1_000, "the audit asks: {few}");
    assert!(many < few * 105 / 100, "{few} steps for a thousand secrets of 200, and {many} of 2000");
}

#[test]
fn a_secret_of_a_function_that_rotates_hundreds_costs_no_more_than_one_of_tens() {
    let (few, many) = for_a_thousand(60, |secrets| inventory(Shape { functions: 1, accounts: 1, ..Shape::of(secrets) }).unwrap());
    assert!(few > 1_000, "the audit asks: {few}");
    assert!(many < few * 105 / 100, "{few} steps for a thousand secrets of 60, and {many} of 600");
}

#[test]
fn four_times_the_accounts_are_four_times_the_work() {
    let of = |accounts| work(&inventory(Shape { accounts, ..Shape::of(accounts * 50) }).unwrap());
    let (few, many) = (of(5), of(20));
    assert!(few > 250, "the audit asks: {few}");
    assert!(many < few * 4 * 12 / 10, "{few} steps in 5 accounts, and {many} in 20");
}

#[test]
fn an_audit_says_the_same_to_the_byte_each_time() {
    let inventory = in_one_account(200);
    let rules = RuleSet::builtin().unwrap();
    let written = || {
        let mut out = Vec::new();
        rotaudit::report::json(&audit(&inventory, &rules), &mut out).unwrap();
        out
    };
    assert!(written() == written());
}

/// The questions of `role-reads-other-secrets` about one other secret, as many as are allowed.
fn allowed_on(access: &Access<'_>, rotation: &Rotation<'_>, other: &Secret) -> usize {
    let (function, role) = (rotation.function_arn.unwrap(), rotation.role_arn.value().unwrap().unwrap());
    let caller = Caller::Function { role: role.clone(), function: function.clone(), way: rotation.ways()[0].clone() };
    let ask = |action: &str| Question::new(caller.clone(), action, Target::Secret(other.arn.clone())).within(Scope::OwnPermissions);
    let read = ask("secretsmanager:GetSecretValue").with("secretsmanager:VersionStage", Entry::single("AWSCURRENT"));
    let both = [read, ask("secretsmanager:PutSecretValue")];
    both.iter().filter(|question| access.witness(question).decision == Decision::Allowed).count()
}

/// How many requests a finding says that it is proved by.
fn proofs(finding: &Finding) -> usize {
    let of = |evidence: &Evidence| match evidence {
        Evidence::Request { .. } => 1,
        Evidence::Fact { value, .. } => value.split(' ').nth(1).and_then(|number| number.parse().ok()).unwrap(),
    };
    finding.evidence.iter().map(of).sum()
}

#[test]
fn what_is_asked_once_for_many_secrets_is_what_asking_about_each_says() {
    let inventory = inventory(Shape { accounts: 2, ..Shape::of(240) }).unwrap();
    let report = audit(&inventory, &RuleSet::builtin().unwrap().only("role-reads-other-secrets"));
    let of_the_rule = report.findings.iter().filter(|finding| finding.rule != ROTATION_FAILS);
    let found: BTreeMap<&Arn, usize> = of_the_rule.map(|finding| (&finding.resource, proofs(finding))).collect();
    let access = Access::new(&inventory);
    let rotations = rotations(&inventory);
    let mut expected: BTreeMap<&Arn, usize> = BTreeMap::new();
    for rotation in rotations.iter().filter(|rotation| rotation.is_lambda()) {
        let Some(role) = rotation.role_arn.value().copied().flatten().filter(|role| !expected.contains_key(role)) else { continue };
        assert_eq!(rotation.ways().len(), 1);
        let others = inventory.secrets.values().filter(|other| other.rotation.function.as_ref() != rotation.function_arn);
        expected.insert(role, others.map(|other| allowed_on(&access, rotation, other)).sum());
    }
    expected.retain(|_, count| *count > 0);
    assert!(expected.len() > 2 && expected.values().any(|count| *count > 100), "{expected:?}");
    assert_eq!(found, expected);
}

/// By rule and resource, the rotations that show it.
type Shown = BTreeMap<(String, Arn), BTreeSet<Arn>>;

/// What the rules find in these rotations, and what they leave open about everything else.
fn shown(inventory: &Inventory, rules: &RuleSet, rotations: &[&[Rotation<'_>]]) -> (Shown, Shown) {
    let access = Access::new(inventory);
    let (mut found, mut open) = (Shown::new(), Shown::new());
    for rotations in rotations {
        let (findings, undecided) = rules.run(inventory, rotations, &access);
        for finding in findings {
            found.entry((finding.rule, finding.resource)).or_default().extend(finding.rotations);
        }
        for undecided in undecided {
            open.entry((undecided.rule, undecided.resource)).or_default().extend(undecided.rotations);
        }
    }
    open.retain(|about, _| !found.contains_key(about));
    (found, open)
}

#[test]
fn what_is_evaluated_once_for_the_rotations_of_a_function_is_what_each_alone_shows() {
    let mut inventory = inventory(Shape { functions: 8, accounts: 2, ..Shape::of(120) }).unwrap();
    // Some secrets of a function hang on something of their own.
    for secret in inventory.secrets.values_mut().step_by(7) {
        secret.policies = Known::Unreadable(Gap::new("secretsmanager:GetResourcePolicy", secret.arn.as_str(), "AccessDeniedException"));
    }
    let rules = RuleSet::builtin().unwrap();
    let rotations = rotations(&inventory);
    let each: Vec<&[Rotation<'_>]> = rotations.chunks(1).collect();
    let (found, open) = shown(&inventory, &rules, &[&rotations]);
    assert!(found.values().any(|rotations| rotations.len() > 5) && open.values().any(|rotations| rotations.len() > 5));
    assert_eq!((found, open), shown(&inventory, &rules, &each));
}

/// What a later version of the program has to read. Written by the first one.
#[test]
fn a_stored_snapshot_of_version_1_is_read_and_written_as_it_was() {
    let text = std::fs::read_to_string("tests/suites/snapshots/version-1.json").unwrap();
    let read = snapshot::from_text(text.as_bytes()).unwrap();
    assert_eq!((read.secrets.len(), read.functions.len()), (20, 1));
    assert_eq!(read.partial, None);
    assert_eq!(snapshot::to_text(&read).unwrap(), text);
    assert_eq!(audit(&read, &RuleSet::builtin().unwrap()).rotations.len(), 15);
}
