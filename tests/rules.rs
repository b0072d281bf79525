//! The built-in rules as a whole: their own tests hold, the clean account stays silent, and one fault is one finding whatever else the rules look at.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use rotaudit::access::Access;
use rotaudit::arn::{AccountId, Arn};
use rotaudit::audit::audit;
use rotaudit::finding::{Category, Class, Severity};
use rotaudit::inventory::{Function, FunctionConfiguration, FunctionUrl, Gap, Grant, Inventory, Known, NamedDocument, Role, clean};
use rotaudit::policy::Document;
use rotaudit::rotation::rotations;
use rotaudit::rules::RuleSet;
use serde_json::{Value, json};

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn builtin() -> RuleSet {
    RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"))
}

fn function(inventory: &mut Inventory) -> &mut Function {
    inventory.functions.get_mut(&arn(clean::FUNCTION)).unwrap()
}

fn role(inventory: &mut Inventory) -> &mut Role {
    let account = inventory.accounts.get_mut(&AccountId::parse(clean::ACCOUNT).unwrap()).unwrap();
    let Known::Value(identities) = &mut account.identities else { panic!("the identities of the clean account are known") };
    identities.roles.get_mut(&arn(clean::ROLE)).unwrap()
}

fn set_function_policy(inventory: &mut Inventory, statement: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
    function(inventory).policies.insert(String::new(), Known::Value(Some(Document::new(policy.to_string()))));
}

/// The ids of the rules that find something in the clean account after `change`; nothing may be left undecided.
fn found(change: impl FnOnce(&mut Inventory)) -> BTreeSet<String> {
    let mut inventory = clean::account().unwrap();
    change(&mut inventory);
    let (findings, undecided) = builtin().run(&inventory, &rotations(&inventory), &Access::new(&inventory));
    assert!(undecided.is_empty(), "{undecided:#?}");
    let ids: Vec<String> = findings.into_iter().map(|finding| finding.rule).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "one finding of a rule: {ids:?}");
    ids.into_iter().collect()
}

fn assert_found(what: &str, expected: &[&str], change: impl FnOnce(&mut Inventory)) {
    assert_eq!(found(change), expected.iter().map(|id| (*id).to_owned()).collect(), "{what}");
}

#[test]
fn the_tests_in_the_rule_files_hold() {
    let outcomes = builtin().run_tests(None);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(outcomes.len() >= 3 * builtin().len(), "a rule has three outcomes or nearly so");
}

#[test]
fn no_rule_finds_anything_in_the_clean_account_or_leaves_anything_open() {
    assert_found("the clean account", &[], |_| {});
}

#[test]
fn a_fault_that_breaks_rotation_is_one_finding() {
    assert_found("no permission to invoke", &["secrets-manager-cannot-invoke"], |inventory| {
        function(inventory).policies.insert(String::new(), Known::Value(None));
    });
    assert_found("the function is gone", &["function-missing"], |inventory| function(inventory).configuration = Known::Value(None));
    assert_found("the function is switched off", &["function-throttled"], |inventory| {
        function(inventory).reserved_concurrency = Known::Value(Some(0));
    });
    assert_found("a trust policy for another service", &["role-not-assumable-by-lambda"], |inventory| {
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}});
        role(inventory).trust = Document::new(trust.to_string());
    });
    assert_found("no current version", &["no-current-version"], |inventory| {
        inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap().stages.clear();
    });
    assert_found("rotation was cancelled", &["rotation-cancelled"], |inventory| {
        inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap().rotation.enabled = false;
    });
    assert_found("rotation is overdue", &["rotation-overdue"], |inventory| {
        let past = inventory.as_of - SignedDuration::from_hours(24 * 9);
        inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap().rotation.next_rotation = Some(past);
    });
}

#[test]
fn a_rotation_set_up_as_awss_guide_says_gives_no_finding_above_info() {
    let idle = |configuration: &mut FunctionConfiguration| {
        configuration.state = Some("Inactive".to_owned());
        configuration.state_reason_code = Some("Idle".to_owned());
    };
    for (schedule, window) in [
        ("rate(4 hours)", None),
        ("rate(10 days)", Some("3h")),
        ("cron(0 8 1 * ? *)", None),
        ("cron(0 0 ? * SUN#1 *)", Some("2h")),
        ("cron(0 1 ? 1/2 SUN#1 *)", None),
        ("cron(0 16 1,15 * ? *)", Some("8h")),
    ] {
        let mut inventory = clean::account_in_vpc().unwrap();
        let rotation = &mut inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap().rotation;
        (rotation.schedule, rotation.window) = (Some(schedule.to_owned()), window.map(str::to_owned));
        // In the middle of the month, so that no schedule has come round twice.
        let rotated = inventory.as_of - SignedDuration::from_hours(3);
        rotation.last_rotated = Some(rotated);
        let function = function(&mut inventory);
        function.tags = Known::Value([("SecretsManagerLambda".to_owned(), "Rotation".to_owned())].into());
        let Known::Value(Some(configuration)) = &mut function.configuration else { panic!("the clean function is known") };
        idle(configuration);
        let (findings, undecided) = builtin().run(&inventory, &rotations(&inventory), &Access::new(&inventory));
        assert!(undecided.is_empty(), "{schedule}: {undecided:#?}");
        let worse: Vec<_> = findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
        assert!(worse.is_empty() && findings.iter().any(|finding| finding.rule == "function-inactive"), "{schedule}: {findings:#?}");
    }
}

#[test]
fn a_fault_of_the_function_is_one_finding_whatever_its_cause() {
    for (state, reason, rule) in [
        ("Failed", "InvalidSubnet", "function-not-active"),
        ("Failed", "ImageDeleted", "function-artefact-unusable"),
        ("Inactive", "SubnetOutOfIPAddresses", "function-out-of-addresses"),
        ("Inactive", "Idle", "function-inactive"),
        ("SomethingNew", "", "function-not-active"),
    ] {
        assert_found(state, &[rule], |inventory| {
            let Known::Value(Some(configuration)) = &mut function(inventory).configuration else { panic!("the clean function is known") };
            configuration.state = Some(state.to_owned());
            configuration.state_reason_code = Some(reason.to_owned());
        });
    }
}

#[test]
fn what_lambda_could_not_decrypt_for_the_auditor_leaves_open_where_the_function_calls() {
    let mut inventory = clean::account_in_vpc().unwrap();
    let Known::Value(Some(configuration)) = &mut function(&mut inventory).configuration else { panic!("the clean function is known") };
    configuration.endpoint_variables.clear();
    configuration.details.as_mut().unwrap().variables = unreadable("lambda:GetFunctionConfiguration");
    let report = audit(&inventory, &builtin());
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Info), "{:#?}", report.findings);
    let rules: BTreeSet<&str> = report.undecided.iter().map(|undecided| undecided.rule.as_str()).collect();
    for rule in ["secret-in-environment", "function-traffic-rerouted", "secrets-manager-out-of-reach"] {
        assert!(rules.contains(rule), "{rule}: {rules:?}");
    }
}

#[test]
fn a_fault_of_the_key_is_one_finding() {
    assert_found("a disabled key", &["key-not-usable"], |inventory| {
        let key = inventory.keys.get_mut(&arn(clean::KEY)).unwrap();
        let Known::Value(Some(metadata)) = &mut key.metadata else { panic!("the key of the clean account is known") };
        "Disabled".clone_into(&mut metadata.state);
    });
    let grant = |grantee: &str, context: Option<&str>, operations: &[&str]| Grant {
        id: "g".to_owned(),
        grantee: Some(grantee.to_owned()),
        operations: operations.iter().map(|operation| (*operation).to_owned()).collect(),
        encryption_context_subset: context.map(|secret| BTreeMap::from([("SecretARN".to_owned(), secret.to_owned())])),
        ..Grant::default()
    };
    let reporting = "arn:aws:iam::111122223333:role/reporting";
    for (what, expected, grant) in [
        ("bound to the secret", None, grant(reporting, Some(clean::SECRET), &["Decrypt"])),
        ("bound to nothing", Some("grant-not-bound-to-secret"), grant(reporting, None, &["Decrypt"])),
        ("abroad", Some("grant-to-another-account"), grant("arn:aws:iam::999988887777:root", Some(clean::SECRET), &["Decrypt"])),
        ("passed on", Some("grant-can-be-passed-on"), grant(reporting, Some(clean::SECRET), &["Decrypt", "CreateGrant"])),
        ("for another purpose", None, grant(reporting, None, &["DescribeKey"])),
    ] {
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_found(what, &expected, |inventory| {
            inventory.keys.get_mut(&arn(clean::KEY)).unwrap().grants = Known::Value(vec![grant]);
        });
    }
}

#[test]
fn a_door_to_the_function_is_one_finding_for_each_kind_of_caller() {
    let statement = |principal: Value, condition: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION, "Condition": condition});
    let secrets_manager = json!({"Service": "secretsmanager.amazonaws.com"});
    assert_found("no condition", &["invoke-open-to-other-accounts"], |inventory| {
        set_function_policy(inventory, &statement(secrets_manager.clone(), json!({})));
    });
    let narrow = json!({"ArnLike": {"aws:SourceArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"}});
    assert_found("a condition on SourceArn alone", &[], |inventory| {
        set_function_policy(inventory, &statement(secrets_manager.clone(), narrow));
    });
    let everybody = ["invoke-open-to-other-accounts", "invoke-open-to-other-principals", "invoke-open-to-other-services"];
    assert_found("everybody", &everybody, |inventory| set_function_policy(inventory, &statement(json!("*"), json!({}))));
    assert_found("a URL that the policy keeps shut", &["function-url-present"], |inventory| {
        let url = FunctionUrl { qualifier: None, auth_type: "NONE".to_owned() };
        function(inventory).urls = Known::Value(vec![url]);
    });
}

#[test]
fn the_account_and_the_name_that_an_outsider_needs_are_found() {
    let open_by = |condition: Value| {
        found(|inventory| {
            let statement = json!({"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"},
                "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION, "Condition": condition});
            set_function_policy(inventory, &statement);
        })
        .contains("invoke-open-to-other-accounts")
    };
    for open in [
        json!({"StringLike": {"aws:SourceAccount": "1*"}}),
        json!({"StringLike": {"aws:SourceAccount": "1111222233??"}}),
        json!({"ArnLike": {"AWS:SOURCEARN": "arn:aws:secretsmanager:*:*:secret:prod/*"}}),
        json!({"StringLike": {"aws:SourceArn": "arn:aws:secretsmanager:eu-west-1:1111*:secret:prod/db-??????"}}),
        json!({"StringNotLike": {"aws:SourceAccount": ["0*", "3*", "6*"]}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
    ] {
        assert!(open_by(open.clone()), "{open}");
    }
    for closed in [
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringLike": {"aws:SourceAccount": "11112222333?"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:secretsmanager:*:111122223333:secret:*"}}),
    ] {
        assert!(!open_by(closed.clone()), "{closed}");
    }
}

#[test]
fn a_role_that_an_outsider_makes_for_its_name_is_found() {
    let open_by = |arns: &str| {
        found(|inventory| {
            let statements = json!([
                {"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction",
                    "Resource": clean::FUNCTION, "Condition": {"StringEquals": {"aws:SourceAccount": clean::ACCOUNT}}},
                {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION,
                    "Condition": {"StringLike": {"aws:PrincipalArn": arns}}},
            ]);
            let policy = Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
            function(inventory).policies.insert(String::new(), Known::Value(Some(policy)));
        })
    };
    assert_eq!(open_by("arn:aws:iam::*:role/deploy-*"), BTreeSet::from(["invoke-open-to-other-principals".to_owned()]));
    assert_eq!(open_by("arn:aws:iam::111122223333:role/deploy-*"), BTreeSet::new());
}

/// What is changed in the clean account, and how.
type Change = (&'static str, fn(&mut Inventory));

fn unreadable<T>(call: &str) -> Known<T> {
    Known::Unreadable(Gap::new(call, "x", "AccessDeniedException"))
}

/// Every fact in turn is made unreadable: nothing that was fine becomes a finding, and what hangs on it is undecided, not passed over.
#[test]
fn what_cannot_be_read_is_never_a_finding_and_never_a_pass() {
    let clean = clean::account().unwrap();
    let changes: [Change; 6] = [
        ("configuration", |inventory| function(inventory).configuration = unreadable("lambda:GetFunctionConfiguration")),
        ("function policy", |inventory| {
            function(inventory).policies.insert(String::new(), unreadable("lambda:GetPolicy"));
        }),
        ("identities", |inventory| {
            inventory.accounts.values_mut().for_each(|account| account.identities = unreadable("iam:GetAccountAuthorizationDetails"));
        }),
        ("secret policies", |inventory| {
            inventory.secrets.values_mut().for_each(|secret| secret.policies = unreadable("secretsmanager:GetResourcePolicy"));
        }),
        ("names of secret policies", |inventory| {
            let gap = || Some(unreadable("secretsmanager:ListResourcePolicies"));
            inventory.secrets.values_mut().for_each(|secret| secret.policies_listed = gap());
        }),
        ("function", |inventory| inventory.functions.clear()),
    ];
    for (what, change) in changes {
        let mut inventory = clean.clone();
        change(&mut inventory);
        let (findings, undecided) = builtin().run(&inventory, &rotations(&inventory), &Access::new(&inventory));
        assert!(findings.is_empty(), "{what}: {findings:#?}");
        assert!(!undecided.is_empty(), "{what}");
        assert!(undecided.iter().all(|undecided| !undecided.missing.is_empty() || !undecided.hinges.is_empty()), "{what}: {undecided:#?}");
    }
}

#[test]
fn what_breaks_rotation_or_lets_an_outsider_read_a_secret_is_at_least_medium() {
    for info in builtin().infos() {
        let lowest =
            if info.class == Class::Breaks || info.category == Category::ConfusedDeputy { Severity::Medium } else { Severity::Info };
        assert!(info.severity >= lowest, "{}", info.id);
        assert!(info.references.iter().any(|page| page.starts_with("https://docs.aws.amazon.com/")), "{} cites no page of AWS", info.id);
        assert!(!info.why.is_empty() && info.remedy.ends_with('.') && !info.title.ends_with('.'), "{}", info.id);
    }
}

#[test]
fn the_same_inventory_gives_the_same_report_twice() {
    let mut inventory = crowded(12, 30);
    set_function_policy(&mut inventory, &json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}));
    let once = audit(&inventory, &builtin());
    let twice = audit(&inventory, &builtin());
    assert_eq!(format!("{:?}", once.findings), format!("{:?}", twice.findings));
    assert!(once.findings.windows(2).all(|pair| pair[0].severity >= pair[1].severity), "the worst come first");
    let of_function: Vec<_> = once.findings.iter().filter(|finding| finding.rule == "invoke-open-to-other-accounts").collect();
    assert_eq!((of_function.len(), of_function[0].rotations.len()), (1, 12), "one function, one finding, every rotation");
}

#[test]
fn a_crowded_account_is_audited_in_seconds_and_a_proof_stays_short() {
    let mut inventory = crowded(60, 600);
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    role(&mut inventory).permissions.inline = vec![NamedDocument::new("all", Document::new(policy.to_string()))];
    let start = Instant::now();
    let report = audit(&inventory, &builtin());
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert!(!report.findings.is_empty());
    assert!(report.findings.iter().all(|finding| finding.evidence.len() <= 9));
}

#[test]
fn many_who_may_change_a_function_are_one_finding_that_counts_them() {
    let mut inventory = crowded(12, 0);
    let own = role(&mut inventory).clone();
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}});
    let account = inventory.accounts.values_mut().next().unwrap();
    let Known::Value(identities) = &mut account.identities else { panic!("the identities of the clean account are known") };
    for number in 0..40 {
        let mut developer = own.clone();
        developer.arn = arn(&format!("arn:aws:iam::{}:role/developer-{number}", clean::ACCOUNT));
        developer.permissions.inline = vec![NamedDocument::new("dev", Document::new(policy.to_string()))];
        identities.roles.insert(developer.arn.clone(), developer);
    }
    let report = audit(&inventory, &builtin());
    let found: Vec<_> = report.findings.iter().filter(|finding| finding.rule == "function-code-changeable").collect();
    assert_eq!((found.len(), found[0].rotations.len()), (1, 12));
    let message =
        "40 principals that are no administrators can replace the code of rotate-db, or the layers, handler and variables it runs with";
    assert_eq!(found[0].message, message);
    assert_eq!(found[0].evidence.len(), 9, "eight requests, and how many more there are");
    assert!(format!("{:?}", found[0].evidence[8]).contains("and 32 more"), "{:?}", found[0].evidence[8]);
    assert!(report.undecided.is_empty(), "{:?}", report.undecided);
}

/// The clean account with `rotating` secrets on the one function, and `idle` secrets beside them.
fn crowded(rotating: usize, idle: usize) -> Inventory {
    let mut inventory = clean::account().unwrap();
    let model = inventory.secrets[&arn(clean::SECRET)].clone();
    let other = inventory.secrets[&arn(clean::OTHER_SECRET)].clone();
    let copies = (1..rotating).map(|n| (&model, "rotating", n)).chain((0..idle).map(|n| (&other, "idle", n)));
    let copies: Vec<_> = copies
        .map(|(model, kind, n)| {
            let mut copy = model.clone();
            copy.name = format!("{kind}/{n}");
            copy.arn = arn(&format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{kind}/{n}-Ab1Cd2"));
            copy
        })
        .collect();
    inventory.secrets.extend(copies.into_iter().map(|secret| (secret.arn.clone(), secret)));
    inventory
}

/// A term, a context key or an action that can be taken away while every test of its rule holds may be wrong, and nobody would notice.
#[test]
fn every_part_of_a_rule_is_held_by_a_test_of_its_own() {
    let mutations = builtin().mutations(|_| true);
    let loose: Vec<String> =
        mutations.iter().filter(|mutation| !mutation.held).map(|mutation| format!("{}: {}", mutation.rule, mutation.part)).collect();
    assert!(mutations.len() > builtin().len(), "a rule has at least one part");
    assert!(loose.is_empty(), "{} of {} parts are held by no test:\n{}", loose.len(), mutations.len(), loose.join("\n"));
}

#[test]
fn a_part_that_no_test_holds_is_named() {
    let rule = r#"
id: function-slow
title: The function is slow
category: function
class: hygiene
severity: low
confidence: likely
about: function
when: function.exists
expect: "!has(function.timeout) || function.timeout < 600 && function.timeout > 0"
message: "{function.name} is slow"
why: It is.
remedy: Make it fast.
references: ["https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"]
tests:
  - { name: it is fast, expect: pass }
  - { name: it is slow, change: { function.configuration.timeout_seconds: 900 }, expect: finding }
  - { name: unread, unreadable: { function.configuration: lambda:GetFunctionConfiguration AccessDenied }, expect: undecided }
"#;
    let mut rules = RuleSet::default();
    rules.add(&[("function/function-slow.yaml".to_owned(), rule.to_owned())]).unwrap_or_else(|error| panic!("{error}"));
    let loose: Vec<_> = rules.mutations(|_| true).into_iter().filter(|mutation| !mutation.held).map(|mutation| mutation.part).collect();
    assert_eq!(loose, ["term 1 of `when`: function.exists", "term 3 of `expect`: function.timeout > 0"]);
    assert!(rules.mutations(|id| id == "another").is_empty());
}
