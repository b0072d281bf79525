//! A rotation begins when somebody turns it on: what that takes, and where it fails.

use super::principal::{ALICE, DEPLOY, alice, deploy, identities};
use super::*;
use rotaudit::inventory::Secret;
use rotaudit::rotation::{Judgement, Step, Verdict, judge, rotations};

const EXTERNAL_ROLE: &str = "arn:aws:iam::111122223333:role/salesforce";

fn judged(who: Option<&str>, change: impl FnOnce(&mut Inventory)) -> Judgement {
    let inventory = account(change);
    let rotations = rotations(&inventory);
    let rotation = rotations.iter().find(|rotation| rotation.secret.arn.as_str() == clean::SECRET).unwrap();
    judge(rotation, &Access::new(&inventory), who.map(arn).as_ref())
}

fn secret(inventory: &mut Inventory) -> &mut Secret {
    inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap()
}

/// What the turning on of the clean rotation takes, under a condition on `RotateSecret`.
fn rotate_and_invoke(condition: &Value) -> Value {
    json!([
        {"Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": clean::SECRET, "Condition": condition},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION},
    ])
}

#[track_caller]
fn fails(judgement: &Judgement, why: &str) {
    match &judgement.verdict {
        Verdict::Fails { step: Step::TurnOn, because, .. } => assert!(because.contains(why), "{because}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn hangs_on(judgement: &Judgement, what: &str) {
    match &judgement.verdict {
        Verdict::Undecided { needs } => assert!(needs.iter().any(|need| need.contains(what)), "{needs:?}"),
        other => panic!("{other:?}"),
    }
}

fn steps(judgement: &Judgement) -> Vec<String> {
    judgement.calls.iter().map(|call| format!("{} {}", call.step.name(), call.action)).collect()
}

#[test]
fn who_may_rotate_and_invoke_turns_rotation_on() {
    for who in [DEPLOY, ALICE] {
        let judgement = judged(Some(who), |inventory| {
            deploy(inventory, &rotate_and_invoke(&json!({})));
            alice(inventory, &rotate_and_invoke(&json!({})));
        });
        assert_eq!(judgement.verdict, Verdict::Rotates);
        let steps = steps(&judgement);
        assert_eq!(steps[..3], ["turn on secretsmanager:RotateSecret", "turn on lambda:InvokeFunction", "invoke lambda:InvokeFunction"]);
        assert_eq!((&*judgement.calls[0].resource, &*judgement.calls[1].resource), (clean::SECRET, clean::FUNCTION));
    }
}

#[test]
fn without_a_principal_nobody_turns_anything_on() {
    let judgement = judged(None, |_| {});
    assert!(judgement.calls.iter().all(|call| call.step != Step::TurnOn));
    assert_eq!(judgement.calls.len(), 11);
}

#[test]
fn who_may_not_rotate_or_not_invoke_fails_at_turn_on() {
    let only = |statement: usize| {
        judged(Some(DEPLOY), |inventory| {
            deploy(inventory, &json!([rotate_and_invoke(&json!({}))[statement]]));
        })
    };
    fails(&only(0), "role deploy may not call lambda:InvokeFunction on function rotate-db: ");
    fails(&only(1), "role deploy may not call secretsmanager:RotateSecret on secret prod/db: ");
    // It comes before all else that fails.
    let broken = judged(Some(ALICE), |inventory| {
        alice(inventory, &json!([]));
        inventory.functions.values_mut().for_each(|function| function.configuration = Known::Value(None));
    });
    fails(&broken, "user alice may not call secretsmanager:RotateSecret");
}

#[test]
fn a_secret_whose_policy_denies_it_is_not_turned_on() {
    let judgement = judged(Some(DEPLOY), |inventory| {
        deploy(inventory, &rotate_and_invoke(&json!({})));
        let deny = json!({"Sid": "Frozen", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:RotateSecret", "Resource": "*"});
        secret_policy(inventory, &deny);
    });
    fails(&judgement, "Frozen");
}

#[test]
fn the_request_names_the_function_as_the_secret_does() {
    let under = |condition: Value| judged(Some(DEPLOY), |inventory| _ = deploy(inventory, &rotate_and_invoke(&condition)));
    let function = |arn: &str| json!({"StringEquals": {"secretsmanager:RotationLambdaARN": arn}});
    assert_eq!(under(function(clean::FUNCTION)).verdict, Verdict::Rotates);
    let alias = format!("{}:live", clean::FUNCTION);
    fails(&under(function(&alias)), "secretsmanager:RotationLambdaARN");
    assert_eq!(under(json!({"StringEquals": {"secretsmanager:SecretId": clean::SECRET}})).verdict, Verdict::Rotates);
    fails(&under(json!({"Null": {"secretsmanager:ExternalSecretRotationRoleArn": "false"}})), "ExternalSecretRotationRoleArn");
}

#[test]
fn what_whoever_turns_it_on_may_choose_is_open() {
    for (condition, key) in [
        (json!({"Bool": {"secretsmanager:RotateImmediately": "true"}}), "secretsmanager:RotateImmediately"),
        (json!({"Bool": {"secretsmanager:ModifyRotationRules": "false"}}), "secretsmanager:ModifyRotationRules"),
        (json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "aws:SourceIp"),
        (
            json!({"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": clean::FUNCTION}}),
            "secretsmanager:resource/AllowRotationLambdaArn",
        ),
    ] {
        let judgement = judged(Some(DEPLOY), |inventory| _ = deploy(inventory, &rotate_and_invoke(&condition)));
        hangs_on(&judgement, key);
        hangs_on(&judgement, "(decides secretsmanager:RotateSecret)");
    }
}

#[test]
fn whether_secrets_manager_invokes_on_behalf_of_the_principal_is_open() {
    for condition in [
        json!({"Bool": {"aws:ViaAWSService": "true"}}),
        json!({"Bool": {"aws:ViaAWSService": "false"}}),
        json!({"ForAnyValue:StringEquals": {"aws:CalledVia": "secretsmanager.amazonaws.com"}}),
    ] {
        let judgement = judged(Some(DEPLOY), |inventory| {
            let mut statements = rotate_and_invoke(&json!({}));
            statements[1]["Condition"] = condition.clone();
            deploy(inventory, &statements);
        });
        hangs_on(&judgement, "(decides lambda:InvokeFunction)");
    }
}

#[test]
fn a_permission_on_the_function_does_not_cover_the_alias_that_the_secret_names() {
    let alias = format!("{}:live", clean::FUNCTION);
    let named = |resource: &str| {
        judged(Some(DEPLOY), |inventory| {
            let allow = json!([{"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": alias}]);
            function_policy(inventory, "live", &allow);
            let function = inventory.functions.values_mut().next().unwrap();
            function.qualified.insert("live".to_owned(), function.configuration.clone());
            secret(inventory).rotation.function = Some(arn(&alias));
            let mut statements = rotate_and_invoke(&json!({}));
            statements[1]["Resource"] = json!(resource);
            deploy(inventory, &statements);
        })
    };
    assert_eq!(named(&alias).verdict, Verdict::Rotates);
    assert_eq!(named(&format!("{}:*", clean::FUNCTION)).verdict, Verdict::Rotates);
    fails(&named(clean::FUNCTION), "rotate-db:live");
}

/// The clean secret as a managed external one, and what `deploy` may do.
fn external(role: Option<&str>, statements: &Value) -> Judgement {
    judged(Some(DEPLOY), |inventory| {
        let secret = secret(inventory);
        secret.external_type = Some("SalesforceClientSecret".to_owned());
        secret.rotation.function = None;
        secret.rotation.external_role = role.map(arn);
        let mut salesforce = identities(inventory).roles[&arn(clean::ROLE)].clone();
        salesforce.arn = arn(EXTERNAL_ROLE);
        let trust = json!({"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "sts:AssumeRole"});
        salesforce.trust = Document::new(json!({"Version": "2012-10-17", "Statement": [trust]}).to_string());
        identities(inventory).roles.insert(arn(EXTERNAL_ROLE), salesforce);
        deploy(inventory, statements);
    })
}

fn rotate_and_pass(condition: &Value) -> Value {
    let rotate = json!({"StringEquals": {
        "secretsmanager:ExternalSecretRotationRoleArn": EXTERNAL_ROLE,
        "secretsmanager:resource/Type": "SalesforceClientSecret",
    }});
    json!([
        {"Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": clean::SECRET, "Condition": rotate},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": EXTERNAL_ROLE, "Condition": condition},
    ])
}

#[test]
fn a_managed_external_secret_takes_the_right_to_pass_its_role() {
    let allowed = external(Some(EXTERNAL_ROLE), &rotate_and_pass(&json!({})));
    assert_eq!(steps(&allowed)[..3], ["turn on secretsmanager:RotateSecret", "turn on iam:PassRole", "start sts:AssumeRole"]);
    assert!(allowed.calls.iter().all(|call| call.decision == Decision::Allowed), "{:?}", allowed.calls);
    assert_eq!(allowed.verdict, Verdict::NotJudged, "what the partner does is not looked at");
    let statements = rotate_and_pass(&json!({}));
    fails(&external(Some(EXTERNAL_ROLE), &json!([statements[0]])), "role deploy may not call iam:PassRole on role salesforce");
    fails(&external(Some(EXTERNAL_ROLE), &json!([statements[1]])), "role deploy may not call secretsmanager:RotateSecret");
}

#[test]
fn to_whom_the_role_is_passed_is_open_only_to_policies_that_ask() {
    let passed = |service: &str| {
        let condition = json!({"StringEquals": {"iam:PassedToService": service}});
        external(Some(EXTERNAL_ROLE), &rotate_and_pass(&condition)).calls[1].clone()
    };
    let call = passed("secretsmanager.amazonaws.com");
    assert_eq!(call.decision, Decision::Undecided);
    assert!(call.because.contains("iam:PassedToService"), "{}", call.because);
    assert_eq!(passed("lambda.amazonaws.com").decision, Decision::ImplicitDeny);
}

#[test]
fn an_external_secret_that_names_no_role_leaves_open_which_is_passed() {
    let judgement = external(None, &rotate_and_pass(&json!({})));
    assert_eq!(judgement.calls.iter().map(|call| call.decision).collect::<Vec<_>>(), [Decision::Undecided; 2]);
    assert!(judgement.calls[1].because.contains("names no role"), "{}", judgement.calls[1].because);
}

#[test]
fn nobody_turns_on_what_a_service_manages_or_what_is_a_replica() {
    let managed: fn(&mut Secret) = |secret| secret.owning_service = Some("rds".to_owned());
    let replica: fn(&mut Secret) = |secret| secret.primary_region = Some("us-east-1".to_owned());
    for change in [managed, replica] {
        let judgement = judged(Some(DEPLOY), |inventory| change(secret(inventory)));
        assert_eq!((judgement.verdict, judgement.calls.len()), (Verdict::NotJudged, 0));
    }
}

#[test]
fn a_rotation_that_is_switched_off_can_be_turned_on_again() {
    let off = |statements: Value| {
        judged(Some(DEPLOY), |inventory| {
            secret(inventory).rotation.enabled = false;
            deploy(inventory, &statements);
        })
    };
    let allowed = off(rotate_and_invoke(&json!({})));
    assert_eq!((allowed.verdict, allowed.calls.len()), (Verdict::NotJudged, 2));
    fails(&off(json!([])), "secretsmanager:RotateSecret");
}

#[test]
fn who_is_not_in_the_account_leaves_it_undecided() {
    hangs_on(&judged(Some(DEPLOY), |_| {}), "the account has no such role or user");
}
