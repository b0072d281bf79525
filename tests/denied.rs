//! Each call of the collector in turn is denied. What hung on it is undecided: no finding vanishes, none is made up, no verdict turns into another.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "support/lost.rs"]
mod lost;
#[path = "support/networks.rs"]
mod networks;
#[path = "support/sample.rs"]
#[expect(dead_code, reason = "only its account is used here")]
mod sample;

use std::collections::BTreeMap;

use lost::lose;
use rotaudit::arn::Arn;
use rotaudit::audit::{Report, audit};
use rotaudit::finding::Finding;
use rotaudit::inventory::{Api, Inventory, clean};
use rotaudit::rotation::Verdict;
use rotaudit::rules::RuleSet;
use rotaudit::source::demo;

fn audited(inventory: &Inventory) -> Report {
    audit(inventory, &RuleSet::builtin().unwrap())
}

fn without(inventory: &Inventory, api: Api) -> Report {
    let mut inventory = inventory.clone();
    lose(&mut inventory, api, "AccessDeniedException");
    audited(&inventory)
}

/// The calls whose loss leaves secrets to look at.
fn calls() -> impl Iterator<Item = Api> {
    Api::ALL.into_iter().filter(|api| !matches!(api, Api::GetCallerIdentity | Api::ListSecrets))
}

fn verdicts(report: &Report) -> BTreeMap<&Arn, &Verdict> {
    report.rotations.iter().map(|judgement| (&judgement.secret, &judgement.verdict)).collect()
}

fn undecided_instead(finding: &Finding, report: &Report) -> bool {
    report.undecided.iter().any(|check| check.rule == finding.rule && check.rotations.intersection(&finding.rotations).next().is_some())
}

#[test]
fn no_finding_vanishes_and_none_is_made_up_when_a_call_is_denied() {
    let mut inventory = demo::inventory().unwrap();
    // The demo's functions are in no VPC: with a network beside them, every call has something to lose.
    inventory.networks.insert(format!("{}/us-east-1", sample::ACCOUNT), networks::network());
    let full = audited(&inventory);
    assert!(full.findings.len() >= 10, "the demo has faults");
    for api in calls() {
        let part = without(&inventory, api);
        let name = api.spec().name;
        for finding in &full.findings {
            let found = part.findings.iter().any(|other| other.fingerprint == finding.fingerprint);
            assert!(found || undecided_instead(finding, &part), "without {name}, {} of {} passes", finding.rule, finding.resource);
        }
        for finding in &part.findings {
            let known = full.findings.iter().any(|other| other.fingerprint == finding.fingerprint);
            assert!(known, "without {name}, {} is found on {}: {}", finding.rule, finding.resource, finding.message);
        }
        assert!(part.coverage.iter().any(|entry| entry.gap.call.as_ref() == name), "{name} is not in the coverage");
    }
}

#[test]
fn a_verdict_stays_or_becomes_undecided_when_a_call_is_denied() {
    for inventory in [demo::inventory().unwrap(), clean::account().unwrap()] {
        let full = audited(&inventory);
        for api in calls() {
            let mut lost = inventory.clone();
            lose(&mut lost, api, "AccessDeniedException");
            // A call that was not made is no loss.
            if lost == inventory {
                continue;
            }
            let part = audited(&lost);
            for (secret, verdict) in verdicts(&part) {
                let before = verdicts(&full)[secret];
                let same = verdict.word() == before.word();
                assert!(
                    same || matches!(verdict, Verdict::Undecided { .. }),
                    "without {}, {secret}: {before:?} became {verdict:?}",
                    api.spec().name
                );
            }
        }
    }
}

#[test]
fn the_verdict_of_a_correct_rotation_hangs_on_every_call_that_it_should() {
    let inventory = clean::account().unwrap();
    let verdict_needs = [
        Api::GetAccountAuthorizationDetails,
        Api::GetSecretPolicy,
        Api::GetFunctionConfiguration,
        Api::GetFunctionPolicy,
        Api::GetFunctionConcurrency,
        Api::DescribeKey,
        Api::ListKeyPolicies,
        Api::GetKeyPolicy,
    ];
    for api in verdict_needs {
        let part = without(&inventory, api);
        let Some((_, Verdict::Undecided { needs })) = verdicts(&part).into_iter().find(|(secret, _)| secret.as_str() == clean::SECRET)
        else {
            panic!("without {}, the rotation is decided", api.spec().name);
        };
        assert!(needs.iter().any(|need| need.contains(api.spec().name)), "{} is not named: {needs:?}", api.spec().name);
    }
    // What a policy allows already, a grant need not.
    let part = without(&inventory, Api::ListGrants);
    assert!(matches!(verdicts(&part)[&Arn::parse(clean::SECRET).unwrap()], Verdict::Rotates));
}

#[test]
fn a_region_whose_secrets_were_not_listed_is_in_the_coverage() {
    let part = without(&demo::inventory().unwrap(), Api::ListSecrets);
    assert!(part.rotations.is_empty());
    assert_eq!(part.coverage.len(), 1);
    assert!(part.coverage[0].effect.contains("every secret"), "{}", part.coverage[0].effect);
}

#[test]
fn a_link_that_a_snapshot_names_and_does_not_hold_is_in_the_coverage_and_leaves_the_verdict_open() {
    /// Takes something out of an inventory that other parts of it point to.
    type Removal = fn(&mut Inventory);
    let removals: [(Removal, &str); 3] = [
        (|inventory| inventory.functions.clear(), "lambda:GetFunctionConfiguration"),
        (|inventory| inventory.keys.clear(), "kms:DescribeKey"),
        (|inventory| inventory.accounts.clear(), "iam:GetAccountAuthorizationDetails"),
    ];
    for (remove, call) in removals {
        let mut inventory = clean::account().unwrap();
        remove(&mut inventory);
        let report = audited(&inventory);
        let missing = report.coverage.iter().find(|entry| entry.gap.call.as_ref() == call);
        assert_eq!(missing.map(|entry| entry.gap.error.as_ref()), Some("not in this inventory"), "{call}");
        let verdict = verdicts(&report)[&Arn::parse(clean::SECRET).unwrap()];
        assert!(matches!(verdict, Verdict::Undecided { .. }), "{call}: {verdict:?}");
        assert_eq!(report.findings, [], "{call}");
    }
}
