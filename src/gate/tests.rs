//! Proposals over the clean account and single changes to it.

use super::*;
use crate::finding::Severity;
use crate::inventory::{Known, clean};
use crate::policy::Decision;

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn proposal() -> Proposal {
    Proposal { secret: arn(clean::SECRET), through: Through::Function(arn(clean::FUNCTION)), schedule: None, turned_on_by: None }
}

/// The clean account before anybody has turned rotation on.
fn not_yet(change: impl FnOnce(&mut Inventory)) -> Inventory {
    let mut inventory = clean::account().unwrap();
    inventory.secrets.get_mut(clean::SECRET).unwrap().rotation = RotationConfiguration::default();
    change(&mut inventory);
    inventory
}

fn asked(inventory: &Inventory, proposal: &Proposal) -> Gate {
    gate(inventory, proposal, &RuleSet::builtin().unwrap(), &Exceptions::default(), "2026-11-01".parse().unwrap()).unwrap()
}

fn fails_at(gate: &Gate) -> (Step, &str) {
    match &gate.judgement.verdict {
        Verdict::Fails { step, because, .. } => (*step, because),
        other => panic!("{other:?}"),
    }
}

fn edit_role(inventory: &mut Inventory, change: impl FnOnce(&mut serde_json::Value)) {
    let account = inventory.accounts.get_mut(clean::ACCOUNT).unwrap();
    let Known::Value(identities) = &mut account.identities else { panic!("the identities are known") };
    let document = &mut identities.roles.get_mut(clean::ROLE).unwrap().permissions.inline[0].document;
    let mut policy: serde_json::Value = serde_json::from_str(document.text()).unwrap();
    change(&mut policy);
    *document = crate::policy::Document::new(policy.to_string());
}

fn nobody_may_invoke(inventory: &mut Inventory) {
    inventory.functions.values_mut().for_each(|function| function.policies = [(String::new(), Known::Value(None))].into());
}

#[test]
fn a_correct_proposal_rotates_and_opens_nothing() {
    let gate = asked(&not_yet(|_| {}), &proposal());
    assert_eq!(gate.judgement.verdict, Verdict::Rotates);
    assert_eq!((gate.report.findings.len(), gate.report.undecided.len(), gate.existing, &gate.fix_first), (0, 0, 0, &None));
    assert!(!gate.before.enabled);
}

#[test]
fn a_function_that_nobody_may_invoke_is_what_to_fix_first() {
    let gate = asked(&not_yet(nobody_may_invoke), &proposal());
    assert_eq!(fails_at(&gate).0, Step::Invoke);
    let first = gate.fix_first.unwrap();
    assert_eq!(first.resource.as_ref().map(Arn::as_str), Some(clean::FUNCTION));
    assert_eq!(first.change.as_deref(), Some("the resource-based policy of the function rotate-db"));
    assert_eq!(first.rule.as_deref(), Some("secrets-manager-cannot-invoke"));
    assert_eq!(gate.report.findings.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), ["secrets-manager-cannot-invoke"]);
}

#[test]
fn a_state_that_stops_it_names_the_finding_about_that_resource() {
    let gate = asked(
        &not_yet(|inventory| {
            for key in inventory.keys.values_mut() {
                if let Known::Value(Some(metadata)) = &mut key.metadata {
                    "Disabled".clone_into(&mut metadata.state);
                }
            }
        }),
        &proposal(),
    );
    assert_eq!(fails_at(&gate).0, Step::CreateSecret);
    let first = gate.fix_first.unwrap();
    assert_eq!((first.rule.as_deref(), first.resource.as_ref().map(Arn::as_str)), (Some("key-not-usable"), Some(clean::KEY)));
}

#[test]
fn what_the_function_opens_is_new_although_nothing_rotates_yet() {
    let open = |inventory: &mut Inventory| {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION,
        }]});
        let policies = [(String::new(), Known::Value(Some(crate::policy::Document::new(policy.to_string()))))];
        inventory.functions.values_mut().for_each(|function| function.policies = policies.clone().into());
    };
    let gate = asked(&not_yet(open), &proposal());
    assert_eq!(gate.judgement.verdict, Verdict::Rotates);
    assert_eq!(gate.report.findings.iter().map(|finding| finding.rule.as_str()).collect::<Vec<_>>(), ["invoke-open-to-other-accounts"]);
    assert_eq!(gate.fix_first.unwrap().rule.as_deref(), Some("invoke-open-to-other-accounts"));

    // The same function rotates the secret already: nothing is new, and what was there is counted.
    let mut rotating = clean::account().unwrap();
    open(&mut rotating);
    let gate = asked(&rotating, &proposal());
    assert_eq!((gate.report.findings.len(), gate.existing), (0, 1));
    assert!(gate.before.enabled && gate.fix_first.is_none());
}

#[test]
fn a_condition_on_the_rotation_function_sees_the_proposed_one() {
    let only_through = |function: &str| {
        let condition = serde_json::json!({"ArnEquals": {"secretsmanager:resource/AllowRotationLambdaArn": function}});
        not_yet(|inventory| edit_role(inventory, |policy| policy["Statement"][0]["Condition"] = condition))
    };
    assert_eq!(asked(&only_through(clean::FUNCTION), &proposal()).judgement.verdict, Verdict::Rotates);
    let gate = asked(&only_through(&format!("{}-old", clean::FUNCTION)), &proposal());
    assert_eq!(fails_at(&gate).0, Step::CreateSecret);
    assert_eq!(gate.fix_first.unwrap().rule.as_deref(), Some("role-cannot-rotate-secret"));
}

#[test]
fn what_secrets_manager_refuses_fails_at_turning_it_on_and_says_the_way_out() {
    type Change = fn(&mut crate::inventory::Secret);
    let refused: [(Change, &str, &str); 4] = [
        (|secret| secret.deleted_at = Some("2026-10-20T00:00:00Z".parse().unwrap()), "scheduled for deletion", "RestoreSecret"),
        (|secret| secret.primary_region = Some("us-east-1".to_owned()), "its primary in us-east-1", "for the primary"),
        (|secret| secret.owning_service = Some("rds".to_owned()), "managed by rds", "owning service"),
        (
            |secret| drop(secret.stages.insert("b2f0".to_owned(), ["AWSPENDING".to_owned()].into())),
            "AWSPENDING is on another version",
            "UpdateSecretVersionStage",
        ),
    ];
    for (change, because, remedy) in refused {
        let inventory = not_yet(|inventory| {
            let secret = inventory.secrets.get_mut(clean::SECRET).unwrap();
            secret.stages.values_mut().for_each(|labels| _ = labels.remove("AWSPENDING"));
            change(secret);
        });
        let gate = asked(&inventory, &proposal());
        let (step, told) = fails_at(&gate);
        assert!(step == Step::TurnOn && told.contains(because), "{step:?}: {told}");
        let first = gate.fix_first.as_ref().unwrap();
        assert!(first.remedy.contains(remedy) && first.problem == told, "{first:?}");
    }
    let through_a_role = Proposal { through: Through::Role(arn(clean::ROLE)), ..proposal() };
    let gate = asked(&not_yet(|_| {}), &through_a_role);
    assert!(fails_at(&gate).1.contains("no managed external secret"), "{:?}", gate.judgement.verdict);
}

#[test]
fn a_managed_external_secret_is_undecided_at_the_partner() {
    let inventory = not_yet(|inventory| {
        inventory.secrets.get_mut(clean::SECRET).unwrap().external_type = Some("ExamplePartner".to_owned());
    });
    let Verdict::Undecided { needs } = asked(&inventory, &proposal()).judgement.verdict else { panic!("a function may not do") };
    assert!(needs[0].contains("lets a function rotate"), "{needs:?}");
    let through_a_role = Proposal { through: Through::Role(arn(clean::ROLE)), turned_on_by: Some(arn(clean::ROLE)), ..proposal() };
    let gate = asked(&inventory, &through_a_role);
    let turning_on: Vec<&str> = gate.judgement.calls.iter().filter(|call| call.step == Step::TurnOn).map(|call| &*call.action).collect();
    assert_eq!(turning_on, ["secretsmanager:RotateSecret", "iam:PassRole"]);
}

#[test]
fn whoever_turns_it_on_needs_the_rights_for_it() {
    let who = Proposal { turned_on_by: Some(arn(clean::ROLE)), ..proposal() };
    let gate = asked(&not_yet(|_| {}), &who);
    assert_eq!(fails_at(&gate).0, Step::TurnOn);
    let first = gate.fix_first.unwrap();
    assert_eq!(first.resource.as_ref().map(Arn::as_str), Some(clean::ROLE));
    assert_eq!(first.remedy, "Allow it in an identity policy of rotate-db.");
    let denied = gate.judgement.calls.iter().filter(|call| call.decision == Decision::ImplicitDeny).count();
    assert_eq!(denied, 2, "RotateSecret and InvokeFunction");
}

#[test]
fn the_right_to_turn_it_on_may_hang_on_the_function_that_the_secret_has_until_then() {
    let old = format!("{}-old", clean::FUNCTION);
    let decision = |before: Option<&str>| {
        let inventory = not_yet(|inventory| {
            inventory.secrets.get_mut(clean::SECRET).unwrap().rotation.function = before.map(arn);
            let statement = serde_json::json!({
                "Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": "*",
                "Condition": {"ArnEquals": {"secretsmanager:resource/AllowRotationLambdaArn": old.as_str()}},
            });
            edit_role(inventory, |policy| policy["Statement"].as_array_mut().unwrap().push(statement));
        });
        let gate = asked(&inventory, &Proposal { turned_on_by: Some(arn(clean::ROLE)), ..proposal() });
        gate.judgement.calls[0].decision
    };
    assert_eq!(decision(Some(&old)), Decision::Allowed);
    assert_eq!(decision(Some(clean::FUNCTION)), Decision::ImplicitDeny);
    assert_eq!(decision(None), Decision::ImplicitDeny);
}

#[test]
fn a_function_that_was_not_read_leaves_it_open_and_is_named() {
    let elsewhere = "arn:aws:lambda:eu-west-1:444455556666:function:rotate";
    let gate = asked(&not_yet(|_| {}), &Proposal { through: Through::Function(arn(elsewhere)), ..proposal() });
    assert!(matches!(gate.judgement.verdict, Verdict::Undecided { .. }), "{:?}", gate.judgement.verdict);
    assert!(gate.fix_first.unwrap().problem.contains(elsewhere));
    assert!(gate.report.coverage.iter().any(|entry| &*entry.gap.resource == elsewhere));
}

#[test]
fn a_qualifier_that_has_a_policy_of_its_own_is_asked_for_that() {
    let alias = format!("{}:live", clean::FUNCTION);
    let inventory = not_yet(|inventory| {
        let function = inventory.functions.get_mut(clean::FUNCTION).unwrap();
        function.qualified.insert("live".to_owned(), function.configuration.clone());
        function.policies.insert("live".to_owned(), Known::Value(None));
    });
    let gate = asked(&inventory, &Proposal { through: Through::Function(arn(&alias)), ..proposal() });
    assert_ne!(gate.judgement.verdict, Verdict::Rotates);
    assert_eq!(gate.judgement.function.as_ref().map(Arn::as_str), Some(alias.as_str()));
}

#[test]
fn the_schedule_that_is_proposed_takes_the_place_of_the_one_before() {
    let mut inventory = clean::account_in_vpc().unwrap();
    let rotation = &mut inventory.secrets.get_mut(clean::SECRET).unwrap().rotation;
    (rotation.after_days, rotation.schedule, rotation.window) = (Some(7), Some("rate(7 days)".to_owned()), None);
    let every = |days| ProposedSchedule { after_days: Some(days), expression: Some(format!("rate({days} days)")), window: None };
    let idle = |schedule| {
        let gate = asked(&inventory, &Proposal { schedule, ..proposal() });
        gate.report.findings.iter().map(|finding| (finding.rule.clone(), finding.severity)).collect::<Vec<_>>()
    };
    assert_eq!(idle(None), []);
    assert_eq!(idle(Some(every(30))), [("function-idle-between-rotations".to_owned(), Severity::Info)]);
}
