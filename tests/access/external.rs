//! A managed external secret rotates through a role that Secrets Manager takes on: what AWS decides about it is judged, what the partner does is not.

use super::*;
use rotaudit::rotation::{Judgement, Step, Verdict, judge, rotations};

const KIND: &str = "SalesforceClientSecret";

/// As AWS documents it (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/mes-security.html>).
fn documented(inventory: &mut Inventory) {
    let trust = json!({"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"},
            "ArnLike": {"aws:SourceArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"}}});
    trusted(inventory, &trust);
    permitted(inventory, &["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]);
}

fn trusted(inventory: &mut Inventory, statement: &Value) {
    let document = Document::new(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string());
    for account in inventory.accounts.values_mut() {
        let Known::Value(identities) = &mut account.identities else { continue };
        identities.roles.values_mut().for_each(|role| role.trust = document.clone());
    }
}

fn permitted(inventory: &mut Inventory, actions: &[&str]) {
    let actions: Vec<String> = actions.iter().map(|action| format!("secretsmanager:{action}")).collect();
    let key = json!({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": clean::KEY});
    let rotate = json!({"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": {"StringEquals": {"secretsmanager:resource/Type": KIND}}});
    role_policy(inventory, &json!([rotate, key]));
}

fn judged(change: impl FnOnce(&mut Inventory)) -> Judgement {
    let inventory = account(|inventory| {
        let secret = inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap();
        secret.external_type = Some(KIND.to_owned());
        secret.rotation.function = None;
        secret.rotation.external_role = Some(arn(clean::ROLE));
        documented(inventory);
        change(inventory);
    });
    let rotations = rotations(&inventory);
    let rotation = rotations.iter().find(|rotation| rotation.secret.arn.as_str() == clean::SECRET).unwrap();
    judge(rotation, &Access::new(&inventory), None)
}

#[track_caller]
fn fails(judgement: &Judgement, at: Step, why: &str) {
    match &judgement.verdict {
        Verdict::Fails { step, because, .. } => assert!(*step == at && because.contains(why), "{step:?}: {because}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_aws_documents_stands_in_no_rotations_way_and_the_partner_is_not_judged() {
    let judgement = judged(|_| {});
    assert_eq!(judgement.verdict, Verdict::NotJudged);
    assert_eq!(judgement.role, Some(arn(clean::ROLE)));
    let denied: Vec<_> = judgement.calls.iter().filter(|call| call.decision != Decision::Allowed).map(|call| &*call.action).collect();
    assert_eq!(denied, ["secretsmanager:GetRandomPassword"], "not every partner needs it");
    assert_eq!(judgement.calls.len(), 8);
}

#[test]
fn a_role_that_does_not_trust_secrets_manager_for_this_secret_fails_at_the_start() {
    let service = |service: &str, condition: &Value| {
        let trust = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": condition});
        judged(|inventory| trusted(inventory, &trust))
    };
    fails(&service("lambda.amazonaws.com", &json!({})), Step::Start, "sts:AssumeRole");
    let elsewhere = json!({"ArnLike": {"aws:SourceArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:*"}});
    fails(&service("secretsmanager.amazonaws.com", &elsewhere), Step::Start, "aws:SourceArn");
    assert_eq!(service("secretsmanager.amazonaws.com", &json!({})).verdict, Verdict::NotJudged);
}

#[test]
fn a_role_that_may_not_write_the_new_value_or_is_gone_fails() {
    fails(&judged(|inventory| permitted(inventory, &["DescribeSecret", "GetSecretValue"])), Step::CreateSecret, "PutSecretValue");
    let gone = judged(|inventory| {
        let secret = inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap();
        secret.rotation.external_role = Some(arn("arn:aws:iam::111122223333:role/gone"));
    });
    fails(&gone, Step::Start, "does not exist");
}

#[test]
fn a_key_that_is_not_left_to_the_role_fails_and_one_that_asks_for_the_way_is_open() {
    let root = |condition: &Value| json!([{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*", "Condition": condition}]);
    let others = judged(|inventory| key_policy(inventory, &root(&json!({"StringEquals": {"kms:CallerAccount": "444455556666"}}))));
    fails(&others, Step::CreateSecret, "kms:Decrypt");
    let via = judged(|inventory| {
        key_policy(inventory, &root(&json!({"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}})));
    });
    let Verdict::Undecided { needs } = via.verdict else { panic!("{:?}", via.verdict) };
    assert!(needs.iter().any(|need| need.contains("kms:ViaService")), "{needs:?}");
}

#[test]
fn a_role_that_could_not_be_read_leaves_the_rotation_open_and_names_the_call() {
    let judgement = judged(|inventory| {
        let gap = Gap::new("iam:GetAccountAuthorizationDetails", clean::ACCOUNT, "AccessDenied");
        inventory.accounts.values_mut().for_each(|account| account.identities = Known::Unreadable(gap.clone()));
    });
    let Verdict::Undecided { needs } = judgement.verdict else { panic!("{:?}", judgement.verdict) };
    assert!(needs.iter().any(|need| need.contains("iam:GetAccountAuthorizationDetails")), "{needs:?}");
}

#[test]
fn a_secret_that_names_no_role_and_a_replica_are_not_judged() {
    let of =
        |change: fn(&mut rotaudit::inventory::Secret)| judged(|inventory| change(inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap()));
    let nameless = of(|secret| secret.rotation.external_role = None);
    assert_eq!((nameless.verdict, nameless.calls.len()), (Verdict::NotJudged, 0));
    let replica = of(|secret| secret.primary_region = Some("us-east-1".to_owned()));
    assert_eq!((replica.verdict, replica.calls.len()), (Verdict::NotJudged, 0));
}
