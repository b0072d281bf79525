//! Which keys a request carries: a wrongly absent or wrongly known one is a wrong verdict, a needlessly unknown one a needless doubt.

use std::collections::BTreeMap;

use super::*;
use rotaudit::inventory::OrganizationMembership;

/// The decision when the secret's policy denies everything under this condition.
fn denied_if(change: impl FnOnce(&mut Inventory), question: &Question, condition: &Value) -> Decision {
    let inventory = account(|inventory| {
        change(inventory);
        let statement = json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}]);
        secret_policy(inventory, &statement);
        let root = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"});
        key_policy(inventory, &json!([root, statement[0]]));
    });
    decided(&inventory, question).0
}

fn member_of(id: Option<&str>) -> impl FnOnce(&mut Inventory) {
    move |inventory| {
        let membership = OrganizationMembership { id: id.map(str::to_owned), ..OrganizationMembership::default() };
        inventory.accounts.values_mut().for_each(|account| account.organization = Some(Known::Value(membership.clone())));
    }
}

#[test]
fn a_path_in_the_organization_is_known_by_its_beginning() {
    let outside = json!({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-ours/*"}});
    assert_eq!(denied_if(member_of(Some("o-ours")), &get(), &outside), Decision::Allowed);
    assert_eq!(denied_if(member_of(None), &get(), &outside), Decision::ExplicitDeny, "no organization, no path");
    assert_eq!(denied_if(|_| {}, &get(), &outside), Decision::Undecided, "nobody asked for the organization");
    let unit = json!({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-ours/r-ab12/ou-1/*"}});
    assert_eq!(denied_if(member_of(Some("o-ours")), &get(), &unit), Decision::Undecided);
    let within = |path: &'static str| {
        move |inventory: &mut Inventory| {
            let membership = OrganizationMembership { id: Some("o-ours".to_owned()), management: false, path: Some(path.to_owned()) };
            inventory.accounts.values_mut().for_each(|account| account.organization = Some(Known::Value(membership.clone())));
        }
    };
    assert_eq!(denied_if(within("o-ours/r-ab12/ou-1/ou-2/"), &get(), &unit), Decision::Allowed, "where it stands was read");
    assert_eq!(denied_if(within("o-ours/r-ab12/ou-9/"), &get(), &unit), Decision::ExplicitDeny);
}

#[test]
fn vpc_keys_are_absent_outside_a_vpc_and_in_forwarded_calls() {
    let outside = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}});
    assert_eq!(denied_if(|_| {}, &get(), &outside), Decision::ExplicitDeny);
    assert_eq!(denied_if(|_| {}, &decrypt(), &outside), Decision::ExplicitDeny);
    let unless_forwarded = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "false"}});
    assert_eq!(denied_if(|_| {}, &decrypt(), &unless_forwarded), Decision::Allowed);
}

#[test]
fn the_source_address_of_the_function_is_open_in_both_calls() {
    let outside = json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    assert_eq!(denied_if(|_| {}, &get(), &outside), Decision::Undecided);
    assert_eq!(denied_if(|_| {}, &decrypt(), &outside), Decision::Undecided);
}

#[test]
fn a_role_never_carries_the_keys_of_service_calls() {
    for key in ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:PrincipalServiceName"] {
        for question in [get(), decrypt()] {
            assert_eq!(denied_if(|_| {}, &question, &json!({"Null": {key: "true"}})), Decision::ExplicitDeny, "{key}");
        }
    }
}

#[test]
fn a_service_never_carries_the_keys_of_roles_and_networks() {
    for key in ["aws:PrincipalOrgID", "aws:PrincipalArn", "aws:SourceVpc", "aws:VpceOrgID", "aws:VpceAccount", "aws:SourceVpcArn"] {
        let inventory = account(|inventory| {
            let allow = json!({"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction",
                "Resource": "*", "Condition": {"StringLike": {key: "*"}}});
            function_policy(inventory, "", &json!([allow]));
        });
        assert_eq!(decided(&inventory, &invoke(clean::FUNCTION, clean::SECRET)).0, Decision::ImplicitDeny, "{key}");
    }
}

#[test]
fn which_version_the_code_asks_for_is_open_unless_the_question_says() {
    let pending = json!({"StringEquals": {"secretsmanager:VersionStage": "AWSPENDING"}});
    assert_eq!(denied_if(|_| {}, &get(), &pending), Decision::Undecided);
    let said = get().with("secretsmanager:VersionStage", Entry::single("AWSCURRENT"));
    assert_eq!(denied_if(|_| {}, &said, &pending), Decision::Allowed);
    let put = Question::new(role(), "secretsmanager:PutSecretValue", Target::Secret(arn(clean::SECRET)));
    assert_eq!(denied_if(|_| {}, &put, &json!({"Null": {"secretsmanager:VersionStage": "true"}})), Decision::ExplicitDeny);
}

#[test]
fn the_tags_of_roles_are_principal_tags_and_those_of_secrets_resource_tags() {
    let tagged = |inventory: &mut Inventory| {
        for account in inventory.accounts.values_mut() {
            let Known::Value(identities) = &mut account.identities else { continue };
            identities.roles.values_mut().for_each(|role| role.tags = BTreeMap::from([("Team".to_owned(), "pay".to_owned())]));
        }
        inventory.secrets.values_mut().for_each(|secret| secret.tags = BTreeMap::from([("Team".to_owned(), "pay".to_owned())]));
    };
    let differ = json!({"StringNotEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}});
    assert_eq!(denied_if(tagged, &get(), &differ), Decision::Allowed);
    assert_eq!(denied_if(|_| {}, &get(), &differ), Decision::ExplicitDeny);
}

#[test]
fn the_metadata_of_a_key_is_what_requests_to_it_carry() {
    for (key, value) in [("kms:KeySpec", "SYMMETRIC_DEFAULT"), ("kms:KeyUsage", "ENCRYPT_DECRYPT"), ("kms:MultiRegion", "false")] {
        assert_eq!(denied_if(|_| {}, &decrypt(), &json!({"StringNotEquals": {key: value}})), Decision::Allowed, "{key}");
    }
    let for_grants = json!({"StringNotEquals": {"kms:GranteePrincipal": clean::ROLE}, "Null": {"kms:GranteePrincipal": "false"}});
    assert_eq!(denied_if(|_| {}, &decrypt(), &for_grants), Decision::Allowed, "a Decrypt carries no key of CreateGrant");
}

#[test]
fn the_session_is_named_after_the_function_and_belongs_to_the_partition_of_its_role() {
    let session = json!({"StringLike": {"aws:userid": "*:rotate-db"}});
    assert_eq!(denied_if(|_| {}, &get(), &session), Decision::ExplicitDeny);
    let role = arn("arn:aws-iso-b:iam::111122223333:role/rotate");
    let function = arn("arn:aws-iso-b:lambda:us-isob-east-1:111122223333:function:rotate");
    let secret = "arn:aws-iso-b:secretsmanager:us-isob-east-1:111122223333:secret:db-AbCdEf";
    let question =
        Question::new(Caller::Function { role, function, way: Way::Outside }, "secretsmanager:GetSecretValue", Target::Secret(arn(secret)));
    let case = Access::new(&account(|_| {})).ask(&question).case();
    assert_eq!(case["request"]["principal"]["arn"], "arn:aws-iso-b:sts::111122223333:assumed-role/rotate/rotate");
}

#[test]
fn how_kms_is_told_of_secrets_manager_is_open_where_it_is_not_documented() {
    let caller = |partition: &str, region: &str| Caller::Forwarded {
        role: arn(&format!("arn:{partition}:iam::111122223333:role/rotate")),
        function: arn(&format!("arn:{partition}:lambda:{region}:111122223333:function:rotate")),
    };
    let asked = |partition: &str, region: &str, via: &str| {
        let key = arn(&format!("arn:{partition}:kms:{region}:111122223333:key/k"));
        let inventory = account(|inventory| {
            let mut there = inventory.keys.values().next().unwrap().clone();
            there.arn = key.clone();
            inventory.keys.insert(key.clone(), there);
            let role_arn = arn(&format!("arn:{partition}:iam::111122223333:role/rotate"));
            let allow = json!({"Effect": "Allow", "Principal": {"AWS": role_arn.as_str()}, "Action": "kms:*", "Resource": "*",
                "Condition": {"StringLike": {"kms:ViaService": via}}});
            key_policy(inventory, &json!([allow]));
        });
        decided(&inventory, &Question::new(caller(partition, region), "kms:Decrypt", Target::Key(key))).0
    };
    assert_eq!(asked("aws", "eu-west-1", "secretsmanager.eu-west-1.amazonaws.com"), Decision::Allowed);
    assert_eq!(asked("aws-cn", "cn-north-1", "secretsmanager.cn-north-1.amazonaws.com.cn"), Decision::Undecided);
    assert_eq!(asked("aws-cn", "cn-north-1", "secretsmanager.cn-north-1.*"), Decision::Allowed);
    assert_eq!(asked("aws-cn", "cn-north-1", "s3.cn-north-1.*"), Decision::ImplicitDeny);
    assert_eq!(asked("aws-eusc", "eusc-de-east-1", "secretsmanager.eusc-de-east-1.amazonaws.com"), Decision::Undecided);
    let managed = Target::ManagedKey { account: clean::ACCOUNT.into(), region: "cn-north-1".into() };
    let question = Question::new(caller("aws-cn", "cn-north-1"), "kms:Decrypt", managed);
    // The role's policies were read with the account, and deny nothing.
    assert_eq!(decided(&account(|_| {}), &question).0, Decision::Allowed);
}

#[test]
fn lambda_may_say_or_not_say_for_which_function_it_takes_on_a_role() {
    let trusts = |condition: Value| {
        account(|inventory| {
            let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole", "Condition": condition}]});
            for account in inventory.accounts.values_mut() {
                let Known::Value(identities) = &mut account.identities else { continue };
                identities.roles.values_mut().for_each(|role| role.trust = Document::new(trust.to_string()));
            }
        })
    };
    let question = rotaudit::rotation::assume_role(&arn(clean::ROLE));
    let said = |condition| decided(&trusts(condition), &question).0;
    assert_eq!(said(json!({"StringEquals": {"aws:SourceAccount": clean::ACCOUNT}})), Decision::Undecided);
    assert_eq!(said(json!({"StringEquals": {"sts:ExternalId": "x"}})), Decision::ImplicitDeny, "services send none");
    assert_eq!(said(json!({"StringEquals": {"aws:ResourceTag/team": "pay"}})), Decision::ImplicitDeny, "the role has no tag");
}

#[test]
fn the_name_of_a_service_in_china_is_open() {
    let source = arn("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:prod/db-AbCdEf");
    let function = arn("arn:aws-cn:lambda:cn-north-1:111122223333:function:rotate-db");
    for (principal, decision) in [
        ("secretsmanager.amazonaws.com", Decision::Undecided),
        ("secretsmanager.amazonaws.com.cn", Decision::Undecided),
        ("events.amazonaws.com", Decision::ImplicitDeny),
    ] {
        let inventory = account(|inventory| {
            let mut copy = inventory.functions.values().next().unwrap().clone();
            copy.arn = function.clone();
            let statement =
                json!({"Effect": "Allow", "Principal": {"Service": principal}, "Action": "lambda:InvokeFunction", "Resource": "*"});
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
            copy.policies = [(String::new(), Known::Value(Some(Document::new(policy.to_string()))))].into();
            inventory.functions.insert(function.clone(), copy);
        });
        assert_eq!(decided(&inventory, &invoke(function.as_str(), source.as_str())).0, decision, "{principal}");
    }
}
