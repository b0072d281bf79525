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
use rotaudit::finding::{Finding, ROTATION_FAILS};
use rotaudit::inventory::{Api, Inventory, Known, NamedDocument, clean};
use rotaudit::policy::Document;
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
    let without_secrets = |api: &Api| {
        let finds_accounts =
            [Api::ListRoots, Api::ListOrganizationalUnits, Api::ListAccountsForParent, Api::ListAccountTags, Api::AssumeRole];
        matches!(api, Api::GetCallerIdentity | Api::ListSecrets) || finds_accounts.contains(api)
    };
    Api::ALL.into_iter().filter(move |api| !without_secrets(api))
}

fn verdicts(report: &Report) -> BTreeMap<&Arn, &Verdict> {
    report.rotations.iter().map(|judgement| (&judgement.secret, &judgement.verdict)).collect()
}

fn undecided_instead(finding: &Finding, report: &Report) -> bool {
    report.undecided.iter().any(|check| check.rule == finding.rule && check.rotations.intersection(&finding.rotations).next().is_some())
}

/// Whether a finding is the verdict of a rotation that fails in `full` too: where the rule that explains it cannot tell any more, the verdict still does.
fn tells_the_verdict(finding: &Finding, full: &Report) -> bool {
    finding.rule == ROTATION_FAILS && matches!(verdicts(full)[&finding.resource], Verdict::Fails { .. })
}

#[test]
fn no_finding_vanishes_and_none_is_made_up_when_a_call_is_denied() {
    let mut inventory = demo::inventory().unwrap();
    // The demo's functions are in no VPC: with a network beside them, every call has something to lose.
    let mut network = networks::network();
    let attached = ["cluster:aurora", "db:main"].map(|id| Known::Value(Some(format!("arn:aws:rds:us-east-1:{}:{id}", sample::ACCOUNT))));
    network.attached_databases = ["a", "b"].map(str::to_owned).into_iter().zip(attached).collect();
    inventory.networks.insert(format!("{}/us-east-1", sample::ACCOUNT), network);
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
            let known = full.findings.iter().any(|other| other.fingerprint == finding.fingerprint) || tells_the_verdict(finding, &full);
            assert!(known, "without {name}, {} is found on {}: {}", finding.rule, finding.resource, finding.message);
        }
        assert!(part.coverage.iter().any(|entry| entry.gap.call.as_ref() == name), "{name} is not in the coverage");
    }
}

/// A rotation that fails because the database to which a stack attached its secret lets nobody in.
fn unreachable_database() -> Inventory {
    let mut inventory = clean::account_in_vpc().unwrap();
    inventory.secrets.values_mut().for_each(|secret| secret.tags.clear());
    let network = inventory.networks.get_mut(clean::PLACE).unwrap();
    network.attached_databases = [(clean::SECRET.to_owned(), Known::Value(Some(clean::DATABASE.to_owned())))].into();
    let Known::Value(groups) = &mut network.security_groups else { unreachable!() };
    groups.get_mut(clean::DATABASE_GROUP).unwrap().ingress.clear();
    inventory
}

#[test]
fn a_database_that_a_stack_names_is_looked_for() {
    let inventory = unreachable_database();
    let verdict_without = |api| {
        let report = without(&inventory, api);
        verdicts(&report)[&Arn::parse(clean::SECRET).unwrap()].clone()
    };
    let report = audited(&inventory);
    let Verdict::Fails { because, .. } = verdicts(&report)[&Arn::parse(clean::SECRET).unwrap()] else { panic!("it is out of reach") };
    assert!(because.contains(clean::DATABASE), "{because}");
    for api in [Api::ListStackResources, Api::GetTemplate, Api::DescribeDbInstances] {
        let Verdict::Undecided { needs } = verdict_without(api) else { panic!("without {}", api.spec().name) };
        assert!(needs.iter().any(|need| need.contains(api.spec().name)), "{needs:?}");
    }
}

#[test]
fn a_verdict_stays_or_becomes_undecided_when_a_call_is_denied() {
    for inventory in [demo::inventory().unwrap(), clean::account().unwrap(), clean::account_in_vpc().unwrap(), unreachable_database()] {
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
    let mut inventory = clean::account().unwrap();
    // A secret that is known to have no policy is asked for none.
    let for_itself =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}}"#;
    for secret in inventory.secrets.values_mut() {
        secret.policies = Known::Value(vec![NamedDocument::new("default", Document::new(for_itself))]);
    }
    let verdict_needs = [
        Api::GetAccountAuthorizationDetails,
        Api::GetSecretPolicy,
        Api::GetFunctionConfiguration,
        Api::GetFunctionPolicy,
        Api::GetFunctionConcurrency,
        Api::DescribeKey,
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
    // What a policy allows already, a grant need not; and Secrets Manager's own policies on a secret are about other accounts.
    for api in [Api::ListGrants, Api::ListSecretPolicies] {
        let part = without(&inventory, api);
        assert!(matches!(verdicts(&part)[&Arn::parse(clean::SECRET).unwrap()], Verdict::Rotates), "{}", api.spec().name);
    }
}

/// What goes wrong when `lost` is audited instead of `inventory`.
fn contradictions(rules: &RuleSet, inventory: &Inventory, lost: &Inventory) -> Vec<String> {
    let (full, part) = (audit(inventory, rules), audit(lost, rules));
    let has = |report: &Report, finding: &Finding| report.findings.iter().any(|other| other.fingerprint == finding.fingerprint);
    let of_a_rule = |finding: &&Finding| finding.rule != ROTATION_FAILS;
    let vanished = full.findings.iter().filter(of_a_rule).filter(|finding| !has(&part, finding) && !undecided_instead(finding, &part));
    let made_up = part.findings.iter().filter(|finding| !has(&full, finding) && !tells_the_verdict(finding, &full));
    vanished
        .map(|finding| format!("no longer found: {}", finding.message))
        .chain(made_up.map(|finding| format!("made up: {}", finding.message)))
        .collect()
}

#[test]
fn no_rule_passes_for_want_of_a_fact() {
    let rules = RuleSet::builtin().unwrap();
    let accounts: Vec<_> = rules.test_accounts().collect();
    assert!(accounts.len() > 500, "{}", accounts.len());
    let wrong = |(id, test, inventory): &(&str, &str, Inventory)| -> Vec<String> {
        let rule = rules.only(id);
        let of_call = |api: Api| {
            let mut lost = inventory.clone();
            lose(&mut lost, api, "AccessDeniedException");
            // A call that was not made is no loss.
            let found = if lost == *inventory { Vec::new() } else { contradictions(&rule, inventory, &lost) };
            found.into_iter().map(move |what| format!("{id}, {test}, without {}: {what}", api.spec().name))
        };
        calls().flat_map(of_call).collect()
    };
    let (one, other) = accounts.split_at(accounts.len() / 2);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let half = scope.spawn(|| one.iter().flat_map(&wrong).collect::<Vec<_>>());
        let mut found: Vec<String> = other.iter().flat_map(&wrong).collect();
        found.extend(half.join().unwrap());
        found
    });
    assert!(wrong.is_empty(), "{} contradictions:\n{}", wrong.len(), wrong.join("\n"));
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
