//! Tests of the pipeline over the clean account and single changes to it.

use super::*;
use crate::arn::Arn;
use crate::inventory::{Gap, Known, clean};

fn report(inventory: &Inventory) -> Report {
    audit(inventory, &RuleSet::builtin().unwrap())
}

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

#[test]
fn an_inventory_that_was_read_in_part_makes_a_report_that_says_so() {
    let mut inventory = clean::account().unwrap();
    assert_eq!(report(&inventory).partial, None);
    inventory.partial = Some("interrupted".to_owned());
    assert_eq!(report(&inventory).partial.as_deref(), Some("interrupted"));
}

#[test]
fn the_clean_account_rotates_and_nothing_is_found_or_left_open() {
    let report = report(&clean::account().unwrap());
    let verdicts: Vec<_> = report.rotations.iter().map(|judgement| (judgement.secret.as_str(), judgement.verdict.word())).collect();
    assert_eq!(verdicts[0], (clean::SECRET, "rotates"));
    assert!(report.findings.is_empty() && report.undecided.is_empty(), "{:#?} {:#?}", report.findings, report.undecided);
    assert!(report.coverage.is_empty());
    assert_eq!(
        report.assumptions,
        [
            "Service and resource control policies of account 111122223333 were not read and are taken as allowing everything.",
            "What the function of 1 rotation connects to beside Secrets Manager is not known, so whether the way there is open was not judged; \
             rotaudit.toml can tell.",
        ]
    );
    assert_eq!((report.secrets, report.rules.len()), (2, RuleSet::builtin().unwrap().len()));
}

#[test]
fn the_worst_rotation_comes_first() {
    let mut inventory = clean::account().unwrap();
    let healthy = inventory.secrets[&arn(clean::SECRET)].clone();
    let mut doomed = healthy.clone();
    doomed.arn = arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:zz-Ab1Cd2");
    doomed.stages.clear();
    inventory.secrets.insert(doomed.arn.clone(), doomed);
    let words: Vec<_> = report(&inventory).rotations.iter().map(|judgement| judgement.verdict.word()).collect();
    assert_eq!(words, ["fails", "rotates", "not judged"]);
}

#[test]
fn what_was_not_read_is_told_with_its_effect() {
    let mut inventory = clean::account().unwrap();
    let function = inventory.functions.get_mut(&arn(clean::FUNCTION)).unwrap();
    function.urls = Known::Unreadable(Gap::new("lambda:ListFunctionUrlConfigs", clean::FUNCTION, "AccessDenied"));
    inventory.keys.clear();
    let coverage = report(&inventory).coverage;
    let told: Vec<_> = coverage.iter().map(|entry| (&*entry.gap.call, entry.effect.as_str())).collect();
    assert_eq!(
        told,
        [
            ("kms:DescribeKey", "whether the key is usable, and every request to it (it lies outside of what was read)"),
            ("lambda:ListFunctionUrlConfigs", "whether a URL opens the function"),
        ]
    );
}

#[test]
fn a_snapshot_that_knows_one_policy_of_each_secret_is_taken_at_its_word_and_the_report_says_so() {
    let mut inventory = clean::account().unwrap();
    let told = |inventory: &Inventory| report(inventory).assumptions.into_iter().find(|assumption| assumption.contains("default"));
    assert_eq!(told(&inventory), None);
    for secret in inventory.secrets.values_mut() {
        secret.policies_listed = None;
    }
    let expected = "Of 2 secrets only the policy called default was read; that there are no others is taken for granted.";
    assert_eq!(told(&inventory).as_deref(), Some(expected));
}

#[test]
fn where_nobody_told_what_a_secret_opens_the_report_says_so_once() {
    let told = |inventory: &Inventory| report(inventory).assumptions.iter().any(|assumption| assumption.contains("rotaudit.toml"));
    assert!(told(&clean::account().unwrap()));
    assert!(!told(&clean::account_in_vpc().unwrap()));
}
