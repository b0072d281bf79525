//! Witnesses: found for policies that are open, and never where the caller cannot get.

use super::*;

fn outsider() -> Question {
    let caller = Caller::Outsider { account: AccountId::parse("999999999999").unwrap() };
    Question::new(caller, "secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)))
}

/// Whether an outsider gets at the secret when its policy allows everybody under this condition.
fn open(condition: &Value) -> Decision {
    let inventory = account(|inventory| {
        let allow = json!([{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": condition}]);
        secret_policy(inventory, &allow);
    });
    let answer = Access::new(&inventory).witness(&outsider());
    if answer.decision == Decision::Allowed {
        let (request, policies) = serde_json::from_value::<Case>(answer.case()).unwrap().question().unwrap();
        assert_eq!(evaluate(&request, &policies).decision(), Decision::Allowed, "the witness of {condition} can be replayed");
    }
    answer.decision
}

#[test]
fn what_is_ours_is_out_of_reach() {
    for condition in [
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-ours/*"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}),
        json!({"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}),
        json!({"StringEquals": {"aws:VpceOrgID": "o-ours"}}),
        json!({"StringEquals": {"aws:VpceAccount": clean::ACCOUNT}}),
        json!({"StringEquals": {"aws:PrincipalAccount": clean::ACCOUNT}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
        json!({"StringLike": {"aws:userid": "AROAROTATEXDB:*"}}),
        json!({"StringEquals": {"aws:userid": "AROAROTATEXDB:rotate-db"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
        json!({"StringEquals": {"aws:SourceAccount": clean::ACCOUNT}}),
        json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
        json!({"NumericLessThan": {"aws:EpochTime": "1577836800"}}),
    ] {
        assert_eq!(open(&condition), Decision::ImplicitDeny, "{condition}");
    }
}

#[test]
fn what_outsiders_choose_is_within_their_reach() {
    for condition in [
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Stack*SecretsManager*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/rotate-?"}}),
        json!({"StringLike": {"aws:PrincipalArn": "*:user/admin"}}),
        json!({"StringLike": {"aws:userid": "*:rotate-db"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "ours"}}),
        json!({"StringEquals": {"aws:SourceIdentity": "root"}}),
        json!({"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"Bool": {"aws:ViaAWSService": "true"}}),
        json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com", "athena.amazonaws.com"]}}),
        json!({"Null": {"aws:SourceVpce": "false"}}),
        json!({"StringLike": {"aws:SourceVpce": "vpce-*"}}),
        json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}),
        json!({"IpAddress": {"aws:SourceIp": "::/0"}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-ours/*"}}),
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-theirs"}}),
        json!({"StringEquals": {"aws:PrincipalType": "User"}}),
        json!({"StringEquals": {"aws:Referer": "https://our.example"}}),
        json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}, "DateLessThan": {"aws:CurrentTime": "2030-01-01"}}),
        json!({"NumericLessThan": {"aws:EpochTime": "1893456000"}}),
        json!({"StringLike": {"aws:UserAgent": "console*"}}),
    ] {
        assert_eq!(open(&condition), Decision::Allowed, "{condition}");
    }
}

#[test]
fn a_search_that_was_cut_short_closes_nothing() {
    let many: Vec<String> = (0..600).map(|at| format!("v{at}")).collect();
    let impossible = json!({"StringEquals": {"aws:PrincipalTag/a": many, "aws:PrincipalTag/b": many}, "StringLike": {"aws:SourceIdentity": "${aws:PrincipalTag/c}x"}});
    assert_eq!(open(&impossible), Decision::Undecided);
    let ranges: Vec<String> = (0..600).map(|at| format!("10.{}.{}.0/24", at / 250, at % 250)).collect();
    assert_eq!(open(&json!({"IpAddress": {"aws:VpcSourceIp": ranges}})), Decision::Allowed);
}

#[test]
fn secrets_manager_of_a_stranger_is_of_no_organization_of_ours() {
    let stranger = "arn:aws:secretsmanager:eu-west-1:999999999999:secret:x-AbCdEf";
    let asks = |condition: Value, source: &str| {
        let inventory = account(|inventory| {
            let allow = json!([{"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": "*", "Condition": condition}]);
            function_policy(inventory, "", &allow);
        });
        Access::new(&inventory).witness(&invoke(clean::FUNCTION, source)).decision
    };
    assert_eq!(asks(json!({"StringEquals": {"aws:SourceOrgID": "o-ours"}}), stranger), Decision::ImplicitDeny);
    assert_eq!(asks(json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-ours/*"}}), stranger), Decision::ImplicitDeny);
    assert_eq!(asks(json!({"StringEqualsIfExists": {"aws:SourceOrgID": "o-ours"}}), stranger), Decision::Allowed, "it may have none");
    assert_eq!(asks(json!({"StringEquals": {"aws:SourceOrgID": "o-ours"}}), clean::SECRET), Decision::Allowed, "ours may be that one");
}

#[test]
fn a_role_that_is_held_to_its_own_organization_does_not_reach_a_strangers_secret() {
    let stranger = arn("arn:aws:secretsmanager:eu-west-1:999999999999:secret:x-AbCdEf");
    let question =
        Question::new(role(), "secretsmanager:GetSecretValue", Target::ImaginedSecret { arn: stranger, rotation_function: None });
    let with = |condition: Value| {
        let allow = json!([{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*", "Condition": condition}]);
        Access::new(&account(|inventory| role_policy(inventory, &allow))).witness(&question).decision
    };
    assert_eq!(with(json!({})), Decision::Allowed);
    assert_eq!(with(json!({"StringEquals": {"aws:ResourceOrgID": "o-ours"}})), Decision::ImplicitDeny);
    assert_eq!(with(json!({"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})), Decision::ImplicitDeny);
}

#[test]
fn a_function_without_a_url_is_not_invoked_through_one() {
    let caller = Caller::Outsider { account: AccountId::parse("999999999999").unwrap() };
    let question = Question::new(caller, "lambda:InvokeFunction", Target::Function(arn(clean::FUNCTION)));
    let through_url = |urls: Vec<rotaudit::inventory::FunctionUrl>| {
        let inventory = account(|inventory| {
            let allow = json!([{"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "*", "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}]);
            function_policy(inventory, "", &allow);
            inventory.functions.values_mut().for_each(|function| function.urls = Known::Value(urls.clone()));
        });
        Access::new(&inventory).witness(&question).decision
    };
    assert_eq!(through_url(Vec::new()), Decision::ImplicitDeny);
    assert_eq!(through_url(vec![rotaudit::inventory::FunctionUrl { qualifier: None, auth_type: "NONE".to_owned() }]), Decision::Allowed);
}
