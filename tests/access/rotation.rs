//! Verdicts: what surely fails, fails at its first step; what is not known is named; nothing unknown rotates.

use super::*;
use rotaudit::inventory::KeyMetadata;
use rotaudit::rotation::{Judgement, Step, Verdict, judge, rotations};

fn judged(change: impl FnOnce(&mut Inventory)) -> Judgement {
    let inventory = account(change);
    let rotations = rotations(&inventory);
    let rotation = rotations.iter().find(|rotation| rotation.secret.arn.as_str().contains("prod/db")).unwrap();
    judge(rotation, &Access::new(&inventory), None)
}

#[track_caller]
fn fails(change: impl FnOnce(&mut Inventory), at: Step, why: &str) {
    match judged(change).verdict {
        Verdict::Fails { step, because, .. } => {
            assert_eq!(step, at, "{because}");
            assert!(because.contains(why), "{because}");
            assert!(because.len() < 600, "too long to read: {because}");
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn hangs_on(change: impl FnOnce(&mut Inventory), what: &str) {
    match judged(change).verdict {
        Verdict::Undecided { needs } => assert!(needs.iter().any(|need| need.contains(what)), "{needs:?}"),
        other => panic!("{other:?}"),
    }
}

fn secret(inventory: &mut Inventory) -> &mut rotaudit::inventory::Secret {
    inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap()
}

fn metadata(inventory: &mut Inventory, change: impl Fn(&mut KeyMetadata)) {
    for key in inventory.keys.values_mut() {
        if let Known::Value(Some(metadata)) = &mut key.metadata {
            change(metadata);
        }
    }
}

fn role_may(actions: &Value) -> Value {
    json!([
        {"Effect": "Allow", "Action": actions, "Resource": clean::SECRET},
        {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": clean::KEY},
    ])
}

/// The function and its role in another account, which was read.
fn across_accounts(inventory: &mut Inventory) {
    let (function, role) =
        (arn("arn:aws:lambda:eu-west-1:444455556666:function:rotate-db"), arn("arn:aws:iam::444455556666:role/rotate-db"));
    let secret_arn = arn(clean::SECRET);
    let links = clean::rotation(&secret_arn, &function, &role, &arn(clean::KEY), inventory.as_of);
    let identities = rotaudit::inventory::Identities { roles: [(role.clone(), links.role)].into(), ..Default::default() };
    let account = rotaudit::inventory::Account::new([].into(), Known::Value(identities));
    inventory.accounts.insert(AccountId::parse("444455556666").unwrap(), account);
    inventory.functions.insert(function.clone(), links.function);
    secret(inventory).rotation.function = Some(function);
    secret_policy(
        inventory,
        &json!([{"Effect": "Allow", "Principal": {"AWS": role.as_str()}, "Action": "secretsmanager:*", "Resource": "*"}]),
    );
    key_policy(inventory, &json!([{"Effect": "Allow", "Principal": {"AWS": role.as_str()}, "Action": "kms:*", "Resource": "*"}]));
}

#[test]
fn the_calls_of_a_rotation_are_these() {
    let judgement = judged(|_| {});
    let calls: Vec<String> = judgement.calls.iter().map(|call| format!("{} {}", call.step.name(), call.action)).collect();
    assert_eq!(
        calls,
        [
            "invoke lambda:InvokeFunction",
            "start sts:AssumeRole",
            "createSecret secretsmanager:DescribeSecret",
            "createSecret secretsmanager:GetSecretValue",
            "createSecret kms:Decrypt",
            "createSecret secretsmanager:GetSecretValue",
            "createSecret secretsmanager:GetRandomPassword",
            "createSecret secretsmanager:PutSecretValue",
            "createSecret kms:GenerateDataKey",
            "setSecret kms:Decrypt",
            "finishSecret secretsmanager:UpdateSecretVersionStage",
        ]
    );
    assert_eq!(&*judgement.calls[0].actor, "secretsmanager.amazonaws.com for secret prod/db");
    assert_eq!(&*judgement.calls[0].resource, clean::FUNCTION);
}

#[test]
fn a_stage_that_may_not_be_read_fails_in_the_step_that_reads_it_first() {
    let only = |stage: &str| {
        let mut statements =
            role_may(&json!(["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]));
        let get = json!({"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": clean::SECRET, "Condition": {"StringEquals": {"secretsmanager:VersionStage": stage}}});
        statements.as_array_mut().unwrap().push(get);
        move |inventory: &mut Inventory| role_policy(inventory, &statements)
    };
    fails(only("AWSCURRENT"), Step::CreateSecret, "AWSPENDING");
    fails(only("AWSPENDING"), Step::CreateSecret, "AWSCURRENT");
}

#[test]
fn what_is_missing_at_the_end_fails_at_the_end() {
    let statements = role_may(&json!(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]));
    fails(
        |inventory| role_policy(inventory, &statements),
        Step::FinishSecret,
        "execution role rotate-db may not call secretsmanager:UpdateSecretVersionStage on secret prod/db",
    );
}

#[test]
fn a_condition_on_the_current_version_stops_the_next_one() {
    let bound = |inventory: &mut Inventory| {
        let root = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:SecretVersionId": clean::CURRENT_VERSION}}});
        key_policy(inventory, &json!([root]));
    };
    let judgement = judged(bound);
    let decrypts: Vec<Decision> = judgement.calls.iter().filter(|call| &*call.action == "kms:Decrypt").map(|call| call.decision).collect();
    assert_eq!(decrypts, [Decision::Allowed, Decision::ImplicitDeny]);
    fails(bound, Step::CreateSecret, "kms:GenerateDataKey");
}

#[test]
fn the_current_version_is_decrypted_with_the_key_that_it_is_under() {
    const OLD: &str = "arn:aws:kms:eu-west-1:111122223333:key/99999999-aaaa-4bbb-8ccc-dddddddddddd";
    let under = |key: &str| {
        let key = key.to_owned();
        move |inventory: &mut Inventory| {
            let Known::Value(versions) = &mut secret(inventory).versions else { panic!("versions are read") };
            versions[0].key_ids = vec![key.clone()];
        }
    };
    for same in [clean::KEY, "0a1b2c3d-1111-2222-3333-444455556666"] {
        assert_eq!(judged(under(same)).verdict, Verdict::Rotates, "{same}");
    }
    assert_eq!(judged(under("DefaultEncryptionKey")).verdict, Verdict::Rotates, "the AWS managed key serves its account");
    hangs_on(under(OLD), "99999999-aaaa-4bbb-8ccc-dddddddddddd");
    hangs_on(under("alias/old"), "alias/old");
    let known = |inventory: &mut Inventory| {
        let mut old = inventory.keys.values().next().unwrap().clone();
        old.arn = arn(OLD);
        inventory.keys.insert(old.arn.clone(), old);
        under(OLD)(inventory);
    };
    fails(known, Step::CreateSecret, "kms:Decrypt on key 99999999");
    let under_both = |inventory: &mut Inventory| {
        known(inventory);
        role_policy(inventory, &json!([{"Effect": "Allow", "Action": ["secretsmanager:*", "kms:*"], "Resource": "*"}]));
    };
    assert_eq!(judged(under_both).verdict, Verdict::Rotates);
    let old = |metadata: Known<Option<KeyMetadata>>| {
        move |inventory: &mut Inventory| {
            under_both(inventory);
            inventory.keys.get_mut(&arn(OLD)).unwrap().metadata = metadata.clone();
        }
    };
    let Known::Value(Some(enabled)) = &account(|_| {}).keys[&arn(clean::KEY)].metadata else { panic!("the clean key is known") };
    let disabled = KeyMetadata { state: "Disabled".to_owned(), ..enabled.clone() };
    fails(old(Known::Value(Some(disabled))), Step::CreateSecret, "the current version is still encrypted under, and is not usable");
    fails(old(Known::Value(None)), Step::CreateSecret, "and does not exist");
    hangs_on(old(Known::Unreadable(Gap::new("kms:DescribeKey", OLD, "AccessDeniedException"))), "kms:DescribeKey");
}

#[test]
fn the_aws_managed_key_does_not_serve_another_account() {
    let change = |inventory: &mut Inventory| {
        across_accounts(inventory);
        secret(inventory).kms_key_id = None;
        secret(inventory).key = Known::Value(None);
    };
    fails(change, Step::CreateSecret, "needs a customer managed key");
}

#[test]
fn a_function_in_another_account_needs_the_rotation_token() {
    hangs_on(across_accounts, "RotationToken");
    let judgement = judged(across_accounts);
    for call in judgement.calls {
        assert_eq!(call.decision, Decision::Allowed, "{} {}", call.action, call.because);
    }
}

#[test]
fn a_function_in_another_account_that_was_not_read_is_undecided() {
    let elsewhere = |inventory: &mut Inventory| {
        secret(inventory).rotation.function = Some(arn("arn:aws:lambda:eu-west-1:444455556666:function:rotate-db"));
    };
    hangs_on(elsewhere, "lambda:GetFunctionConfiguration on arn:aws:lambda:eu-west-1:444455556666:function:rotate-db");
}

#[test]
fn a_version_or_alias_has_a_configuration_of_its_own() {
    let change = |inventory: &mut Inventory| {
        let alias = format!("{}:live", clean::FUNCTION);
        let allow = json!([{"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": alias}]);
        function_policy(inventory, "live", &allow);
        secret(inventory).rotation.function = Some(arn(&alias));
    };
    hangs_on(change, "lambda:GetFunctionConfiguration on arn:aws:lambda:eu-west-1:111122223333:function:rotate-db:live");
    let published = |role: &'static str| {
        move |inventory: &mut Inventory| {
            change(inventory);
            let function = inventory.functions.values_mut().next().unwrap();
            let mut configuration = function.configuration.value().unwrap().clone().unwrap();
            configuration.role = Some(arn(role));
            function.qualified.insert("live".to_owned(), Known::Value(Some(configuration)));
        }
    };
    assert_eq!(judged(published(clean::ROLE)).verdict, Verdict::Rotates);
    fails(published("arn:aws:iam::111122223333:role/of-old"), Step::Start, "of-old");
}

#[test]
fn a_function_in_another_region_is_undecided() {
    hangs_on(
        |inventory| secret(inventory).rotation.function = Some(arn("arn:aws:lambda:us-east-1:111122223333:function:rotate-db")),
        "us-east-1",
    );
}

#[test]
fn a_key_that_cannot_serve_fails_where_the_value_is_read() {
    let named = |name: &'static str| move |inventory: &mut Inventory| secret(inventory).key = Known::Value(Some(arn(name)));
    fails(named("arn:aws:kms:us-east-1:111122223333:key/k"), Step::CreateSecret, "the key k lies in us-east-1, the secret in eu-west-1");
    fails(|inventory| metadata(inventory, |it| it.spec = Some("RSA_2048".to_owned())), Step::CreateSecret, "RSA_2048");
    fails(|inventory| metadata(inventory, |it| it.state = "PendingDeletion".to_owned()), Step::CreateSecret, "PendingDeletion");
    assert_eq!(judged(|inventory| metadata(inventory, |it| it.state = "Updating".to_owned())).verdict, Verdict::Rotates);
    let alias = "arn:aws:kms:eu-west-1:111122223333:alias/team/gone";
    let no_alias = |inventory: &mut Inventory| {
        let mut key = inventory.keys.values().next().unwrap().clone();
        (key.arn, key.metadata) = (arn(alias), Known::Value(None));
        inventory.keys.insert(key.arn.clone(), key);
        named(alias)(inventory);
    };
    fails(no_alias, Step::CreateSecret, "the alias team/gone does not exist");
    hangs_on(named("arn:aws:kms:eu-west-1:111122223333:key/unread"), "kms:DescribeKey on arn:aws:kms:eu-west-1:111122223333:key/unread");
}

#[test]
fn a_function_of_unknown_origin_that_may_get_no_random_password_is_undecided() {
    let no_password = role_may(&json!("secretsmanager:*"));
    let tags = |tags: Known<std::collections::BTreeMap<String, String>>| {
        let statements = no_password.clone();
        move |inventory: &mut Inventory| {
            role_policy(inventory, &statements);
            inventory.functions.values_mut().for_each(|function| function.tags = tags.clone());
        }
    };
    assert_eq!(judged(tags(Known::default())).verdict, Verdict::Rotates, "its own code need not ask for one");
    hangs_on(tags(Known::Unreadable(Gap::new("lambda:ListTags", clean::FUNCTION, "AccessDeniedException"))), "lambda:ListTags");
    let template = Known::Value([("SecretsManagerLambda".to_owned(), "Rotation".to_owned())].into());
    fails(tags(template), Step::CreateSecret, "may not call secretsmanager:GetRandomPassword: ");
}

#[test]
fn what_is_not_known_is_named_once_with_the_calls_that_it_decides() {
    let judgement = judged(|inventory| {
        secret_policy(
            inventory,
            &json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]),
        );
    });
    let Verdict::Undecided { needs } = judgement.verdict else { panic!("{:?}", judgement.verdict) };
    assert_eq!(needs.len(), 1, "{needs:?}");
    assert!(needs[0].starts_with("aws:SourceIp") && needs[0].ends_with("secretsmanager:UpdateSecretVersionStage)"), "{needs:?}");
}

#[test]
fn a_sure_failure_is_told_although_something_before_it_is_not_known() {
    fails(
        |inventory| {
            let gap = Gap::new("lambda:GetPolicy", clean::FUNCTION, "AccessDeniedException");
            inventory.functions.values_mut().for_each(|f| drop(f.policies.insert(String::new(), Known::Unreadable(gap.clone()))));
            metadata(inventory, |it| it.state = "Disabled".to_owned());
        },
        Step::CreateSecret,
        "Disabled",
    );
}

#[test]
fn managed_external_and_replicated_secrets_are_not_judged() {
    for change in [
        (|secret| secret.owning_service = Some("rds".to_owned())) as fn(&mut rotaudit::inventory::Secret),
        |secret| secret.external_type = Some("SalesforceClientSecret".to_owned()),
        |secret| secret.primary_region = Some("us-east-1".to_owned()),
        |secret| secret.rotation.enabled = false,
    ] {
        let judgement = judged(|inventory| change(secret(inventory)));
        assert_eq!((judgement.verdict, judgement.calls.len()), (Verdict::NotJudged, 0));
    }
}

#[test]
fn a_sentence_calls_things_by_their_names_and_tells_alike_arns_apart() {
    let named = |resource: &str| json!([{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": resource}]);
    let other = named("arn:aws:secretsmanager:eu-west-1:111122223333:secret:crm/db-AbCdEf");
    fails(|inventory| role_policy(inventory, &other), Step::CreateSecret, "secret:crm/db-AbCdEf, not secret prod/db");
    let elsewhere = clean::SECRET.replace("eu-west-1", "us-east-1");
    let full = format!("{elsewhere}, not {}", clean::SECRET);
    fails(|inventory| role_policy(inventory, &named(&elsewhere)), Step::CreateSecret, &full);
    let template = |inventory: &mut Inventory| {
        role_policy(inventory, &role_may(&json!("secretsmanager:*")));
        let tags = [("SecretsManagerLambda".to_owned(), "Rotation".to_owned())];
        inventory.functions.values_mut().for_each(|function| function.tags = Known::Value(tags.clone().into()));
    };
    fails(template, Step::CreateSecret, "and only * covers a call that names no resource");
}
