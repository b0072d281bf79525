//! Tests of the room as a whole: loading, its errors, running, and that the built-in rules and their tests hold together.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::error::Problem;
use super::testing::run_tests;
use super::*;
use crate::access::Access;
use crate::arn::Arn;
use crate::finding::{Evidence, Severity};
use crate::inventory::{Inventory, Known, clean};
use crate::rotation::rotations;

const RULE: &str = r#"id: switched-off
title: The function is switched off
category: function
class: breaks
severity: high
confidence: certain
about: function
when: function.exists
expect: "!has(function.reserved_concurrency) || function.reserved_concurrency > 0"
message: "{function.name} is switched off"
why: Because.
remedy: Switch it on.
references: []
tests:
  - { name: clean, expect: pass }
  - { name: "off", change: { function.reserved_concurrency: 0 }, expect: finding }
  - { name: unread, unreadable: { function.reserved_concurrency: lambda:GetFunctionConcurrency AccessDenied }, expect: undecided }
"#;

const PATH: &str = "own/function/switched-off.yaml";

fn add(text: &str) -> Result<RuleSet, LoadError> {
    let mut set = RuleSet::default();
    set.add(&[(PATH.to_owned(), text.to_owned())])?;
    Ok(set)
}

/// The error of the rule above with one change.
fn error(from: &str, to: &str) -> LoadError {
    assert!(RULE.contains(from));
    add(&RULE.replacen(from, to, 1)).unwrap_err()
}

fn help(error: &LoadError) -> String {
    error.help().map(|help| help.to_string()).unwrap_or_default()
}

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn run(set: &RuleSet, inventory: &Inventory) -> (Vec<crate::finding::Finding>, Vec<crate::finding::Undecided>) {
    set.run(inventory, &rotations(inventory), &Access::new(inventory))
}

#[test]
fn a_users_rule_is_loaded_tested_and_run() {
    let set = add(RULE).unwrap();
    assert_eq!(set.infos().map(|info| info.id.as_str()).collect::<Vec<_>>(), ["switched-off"]);
    assert!(set.run_tests(None).iter().all(|outcome| outcome.passed) && set.run_tests(None).len() == 3);
    assert!(set.run_tests(Some("nothing-of-this-name")).is_empty());
}

#[test]
fn an_unknown_key_names_its_line_and_the_near_one() {
    let error = error("remedy:", "remedie:");
    assert_eq!(error.to_string(), "own/function/switched-off.yaml:12:1: there is no key `remedie`");
    assert_eq!(help(&error), "did you mean `remedy`?");
}

#[test]
fn other_principals_are_asked_only_what_they_can_answer() {
    for (line, said) in [
        ("require: [{ as: other-principals, call: lambda:InvokeFunction, on: function }]", "under `require`"),
        (
            "unless: [{ as: other-principals, call: lambda:InvokeFunction, on: function }]\nforbid: [{ as: execution-role, call: kms:Decrypt, on: key }]",
            "under `unless` of a rule that asks somebody else",
        ),
        ("forbid: [{ as: other-principals, call: secretsmanager:GetSecretValue, on: every-other-secret }]", "about other secrets"),
        ("forbid: [{ as: execution-role, call: ec2:ModifyVpcEndpoint, on: endpoint }]", "about an endpoint in a rule that is not"),
    ] {
        let error = error("expect: \"!has", &format!("{line}\nexpect: \"!has"));
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[test]
fn an_unknown_word_names_its_line_and_the_near_one() {
    let error = error("about: function", "about: functoin");
    assert_eq!(error.to_string(), "own/function/switched-off.yaml:7:8: `functoin` is not one of the words for this place");
    assert_eq!(help(&error), "did you mean `function`?");
}

#[test]
fn a_missing_key_is_named() {
    assert_eq!(error("remedy: Switch it on.\n", "").problem(), &Problem::MissingKey("remedy"));
}

#[test]
fn a_wrong_expression_is_shown_with_its_caret_at_its_place_in_the_file() {
    let error = error("|| function.reserved_concurrency > 0", "|| function.reserved_concurency > 0");
    assert!(
        error
            .to_string()
            .starts_with("own/function/switched-off.yaml:9:49: in `expect`: there is no field `function.reserved_concurency`\n"),
        "{error}"
    );
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    let caret = lines[2].find('^').unwrap();
    assert_eq!(&lines[1][caret..], "function.reserved_concurency > 0");
    assert_eq!(help(&error), "did you mean `function.reserved_concurrency`?");
    let mut shown = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).render_report(&mut shown, &error).unwrap();
    assert!(shown.contains("own/function/switched-off.yaml:9:49") && shown.contains("here"), "{shown}");
}

#[test]
fn a_wrong_expression_in_a_block_is_found_on_its_own_line() {
    let folded = "expect: >-\n  !has(function.reserved_concurrency) ||\n  function.reserved_concurency > 0";
    let error = error("expect: \"!has(function.reserved_concurrency) || function.reserved_concurrency > 0\"", folded);
    assert_eq!(error.position(), Some((11, 3)), "{error}");
}

#[test]
fn a_wrong_field_in_a_message_is_found() {
    let error = error("{function.name}", "{function.nmae}");
    assert_eq!(error.position(), Some((10, 12)), "{error}");
    assert_eq!(help(&error), "did you mean `function.name`?");
}

#[test]
fn yaml_that_could_be_misread_is_refused() {
    // YAML takes `!function.exists` for a tag and would drop the negation.
    assert!(matches!(error("when: function.exists", "when: !function.exists").problem(), Problem::Yaml(_)));
    assert!(matches!(error("class: breaks", "class: breaks\nclass: hygiene").problem(), Problem::Yaml(_)));
    assert!(matches!(error("id: switched-off", "{").problem(), Problem::Yaml(_)));
}

#[test]
fn a_file_lies_where_its_rule_says() {
    let problem = |path: &str| RuleSet::default().add(&[(path.to_owned(), RULE.to_owned())]).unwrap_err().problem().clone();
    assert_eq!(problem("function/other.yaml"), Problem::FileName { id: "switched-off".to_owned() });
    assert_eq!(problem("invoke/switched-off.yaml"), Problem::Folder("function"));
    assert_eq!(error("id: switched-off", "id: Switched_Off").problem(), &Problem::BadId("Switched_Off".to_owned()));
}

#[test]
fn no_rule_replaces_another() {
    let mut set = add(RULE).unwrap();
    let error = set.add(&[(PATH.to_owned(), RULE.to_owned())]).unwrap_err();
    assert_eq!(error.problem(), &Problem::Duplicate("switched-off".to_owned()));
    assert_eq!(error.position(), Some((1, 1)));
    assert_eq!(set.len(), 1);
}

#[test]
fn a_rule_asserts_something_and_tests_every_outcome() {
    let expect = "expect: \"!has(function.reserved_concurrency) || function.reserved_concurrency > 0\"\n";
    assert_eq!(error(expect, "").problem(), &Problem::AssertsNothing);
    assert_eq!(error("expect: undecided", "expect: pass").problem(), &Problem::Untested("undecided"));
}

#[test]
fn a_test_that_does_not_hold_refuses_the_file_at_the_tests_name() {
    let error = error("function.reserved_concurrency: 0 }, expect: finding", "function.reserved_concurrency: 1 }, expect: finding");
    assert_eq!(error.to_string(), "own/function/switched-off.yaml:16:13: the test \"off\" does not hold: expected finding, but it is pass");
}

#[test]
fn a_request_is_checked_for_its_action_and_its_words() {
    let forbid = |request: &str| format!("forbid: [{request}]\nmessage:");
    let error = |request: &str| error("message:", &forbid(request));
    assert_eq!(error("{ as: another-account, call: lambda:*, on: function }").problem(), &Problem::BadAction("lambda:*".to_owned()));
    let wrong = error("{ as: other-account, call: lambda:InvokeFunction, on: function }");
    assert_eq!(help(&wrong), "did you mean `another-account`?");
    let wrong = error("{ as: execution-role, call: kms:Decrypt, on: key, with: { \"kms:EncryptionContext:SecretARN\": other-secret } }");
    assert_eq!(help(&wrong), "did you mean `another-secret`?");
}

#[test]
fn a_huge_deep_or_odd_file_is_refused_in_words() {
    let deep = format!("why: {}", "[".repeat(100_000));
    for text in [deep, "é".repeat(300_000), "\u{0}".to_owned(), String::new(), "- ".repeat(50_000), "&a [*a]".to_owned()] {
        assert!(add(&text).unwrap_err().to_string().starts_with(PATH));
    }
}

#[test]
fn the_tests_of_every_built_in_rule_hold() {
    let failed: Vec<_> = RuleSet::builtin().unwrap().run_tests(None).into_iter().filter(|outcome| !outcome.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn the_clean_account_has_no_finding_and_nothing_undecided() {
    let (findings, undecided) = run(&RuleSet::builtin().unwrap(), &clean::account().unwrap());
    assert!(findings.is_empty() && undecided.is_empty(), "{findings:#?} {undecided:#?}");
}

/// A term that could be left out without a test noticing is not tested, or not needed.
#[test]
fn every_term_of_an_expression_is_needed_by_a_test_of_its_rule() {
    let mut idle = Vec::new();
    for (path, text) in builtin::FILES {
        let rule = load::load(path, text).unwrap();
        for is_when in [true, false] {
            let part = |rule: &rule::Rule| if is_when { rule.when.clone() } else { rule.assertions.expect.clone() };
            let Some(expression) = part(&rule) else { continue };
            for term in 0..expression.terms() {
                let mut weaker = rule.clone();
                let place = if is_when { &mut weaker.when } else { &mut weaker.assertions.expect };
                *place = Some(expression.without_term(term));
                if run_tests(&weaker).iter().all(|outcome| outcome.passed) {
                    idle.push(format!("{path}: {}", expression.term_source(term).unwrap_or_default()));
                }
            }
        }
    }
    assert!(idle.is_empty(), "{idle:#?}");
}

#[test]
fn one_fault_of_a_function_is_one_finding_that_names_every_rotation() {
    let mut inventory = clean::account().unwrap();
    inventory.functions.get_mut(&arn(clean::FUNCTION)).unwrap().reserved_concurrency = Known::Value(Some(0));
    let mut second = inventory.secrets[&arn(clean::SECRET)].clone();
    second.arn = arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/second-Ab1Cd2");
    inventory.secrets.insert(second.arn.clone(), second);
    let (findings, _) = run(&add(RULE).unwrap(), &inventory);
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((finding.resource.as_str(), finding.rotations.len(), finding.severity), (clean::FUNCTION, 2, Severity::High));
    assert_eq!(finding.message, "rotate-db is switched off");
    assert_eq!(finding.evidence, [Evidence::Fact { field: "function.reserved_concurrency".to_owned(), value: "0".to_owned() }]);
}

#[test]
fn a_rule_about_something_that_could_not_be_read_is_undecided() {
    let mut inventory = clean::account().unwrap();
    inventory.functions.clear();
    let set = RuleSet::builtin().unwrap();
    let (findings, undecided) = run(&set, &inventory);
    let of_roles = undecided.iter().filter(|undecided| undecided.resource.as_str() == clean::FUNCTION);
    assert!(of_roles.clone().count() > 0);
    assert!(of_roles.flat_map(|undecided| &undecided.missing).any(|gap| &*gap.call == "lambda:GetFunctionConfiguration"));
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn the_schema_describes_every_key_of_a_rule_file() {
    let schema = json_schema();
    for key in
        ["id", "title", "category", "class", "severity", "about", "when", "require", "forbid", "together", "expect", "message", "tests"]
    {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

/// What a test of a rule plants on the way to Secrets Manager is one fault, so it is one finding: that rule's.
#[test]
fn a_fault_on_the_way_is_found_once() {
    let set = RuleSet::builtin().unwrap();
    let mut also = Vec::new();
    let on_the_way = |rule: &rule::Rule| rule.assertions.path.as_ref().is_some_and(|path| path.to == words::Destination::SecretsManager);
    let rules: Vec<rule::Rule> = builtin::FILES.iter().map(|(path, text)| load::load(path, text).unwrap()).filter(on_the_way).collect();
    let ids: Vec<&str> = rules.iter().map(|rule| rule.info.id.as_str()).collect();
    for rule in &rules {
        for test in rule.tests.iter().filter(|test| test.expect == file::Expected::Finding) {
            let (findings, _) = run(&set, &testing::changed(test).unwrap());
            let found: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).filter(|id| ids.contains(id)).collect();
            if found != [rule.info.id.as_str()] {
                also.push(format!("{} ({}): {found:?}", rule.info.id, test.name.value));
            }
        }
    }
    assert!(!rules.is_empty() && also.is_empty(), "{also:#?}");
}
