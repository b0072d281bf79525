//! A rotation that fails is never silent: some rule says why, and where none does, the verdict itself is a finding.

use rotaudit::audit::{Report, audit};
use rotaudit::finding::{Class, ROTATION_FAILS, Severity};
use rotaudit::inventory::{Inventory, clean};
use rotaudit::rotation::Verdict;
use rotaudit::rules::RuleSet;
use rotaudit::source::demo;

#[path = "support/generate.rs"]
mod generate;

use generate::Shape;

/// The rotations that fail and of which no rule says why; how many fail is counted.
fn unexplained(report: &Report, failing: &mut usize) -> Vec<String> {
    let fails = |verdict: &Verdict| matches!(verdict, Verdict::Fails { .. });
    *failing += report.rotations.iter().filter(|judgement| fails(&judgement.verdict)).count();
    report.findings.iter().filter(|finding| finding.rule == ROTATION_FAILS).map(|finding| finding.message.clone()).collect()
}

#[test]
fn every_rotation_that_fails_in_the_accounts_of_the_rules_tests_is_explained_by_a_rule() {
    let rules = RuleSet::builtin().unwrap();
    let (mut failing, mut silent) = (0, Vec::new());
    for (rule, test, inventory) in rules.test_accounts() {
        silent
            .extend(unexplained(&audit(&inventory, &rules), &mut failing).into_iter().map(|message| format!("{rule}: {test}: {message}")));
    }
    assert!(failing > 200, "{failing}");
    assert!(silent.is_empty(), "{} of {failing}:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn every_rotation_that_fails_in_the_demo_and_in_made_estates_is_explained_by_a_rule() {
    let rules = RuleSet::builtin().unwrap();
    let estates = [(120, 12, 2), (600, 40, 1), (400, 25, 3)];
    let estates = estates.map(|(secrets, functions, accounts)| Shape { functions, accounts, ..Shape::of(secrets) });
    let worlds: Vec<Inventory> = estates.into_iter().map(|shape| generate::inventory(shape).unwrap()).collect();
    let (mut failing, mut silent) = (0, Vec::new());
    for inventory in worlds.iter().chain([&demo::inventory().unwrap(), &clean::account().unwrap(), &clean::account_in_vpc().unwrap()]) {
        silent.extend(unexplained(&audit(inventory, &rules), &mut failing));
    }
    assert!(failing > 50, "{failing}");
    assert!(silent.is_empty(), "{} of {failing}:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn without_the_rule_that_explains_it_a_verdict_is_a_finding_with_the_denied_request_as_its_proof() {
    let mut rules = RuleSet::builtin().unwrap();
    let (_, _, inventory) = RuleSet::builtin()
        .unwrap()
        .test_accounts()
        .find(|(rule, test, _)| *rule == "endpoint-policy-denies" && *test == "all but PutSecretValue")
        .map(|(rule, test, inventory)| (rule.to_owned(), test.to_owned(), inventory))
        .unwrap();
    assert_eq!(unexplained(&audit(&inventory, &rules), &mut 0), Vec::<String>::new());
    assert!(rules.change("endpoint-policy-denies", None));
    let report = audit(&inventory, &rules);
    let finding = report.findings.iter().find(|finding| finding.rule == ROTATION_FAILS).unwrap();
    assert_eq!((finding.class, finding.severity, finding.resource.as_str()), (Class::Breaks, Severity::High, clean::SECRET));
    assert!(finding.message.starts_with("the rotation of prod/db fails at createSecret: ") && finding.message.contains("PutSecretValue"));
    let evidence = serde_json::to_value(&finding.evidence).unwrap();
    assert_eq!((&evidence[0]["action"], &evidence[0]["decision"]), (&"secretsmanager:PutSecretValue".into(), &"implicit_deny".into()));
    assert!(evidence[0]["because"].as_str().unwrap().contains("VPC endpoint"), "{evidence}");
    assert!(evidence[0]["case"].is_object(), "{evidence}");
    assert!(report.rules.contains_key(ROTATION_FAILS), "reports tell what the rule is");
}

#[test]
fn a_rule_that_somebody_made_less_of_explains_the_verdict_still() {
    let mut rules = RuleSet::builtin().unwrap();
    let inventory = {
        let builtin = RuleSet::builtin().unwrap();
        builtin.test_accounts().find(|(rule, test, _)| *rule == "endpoint-policy-denies" && *test == "all but PutSecretValue").unwrap().2
    };
    assert!(rules.change("endpoint-policy-denies", Some(Severity::Low)));
    assert_eq!(unexplained(&audit(&inventory, &rules), &mut 0), Vec::<String>::new());
}
