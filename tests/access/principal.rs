//! A role or user that makes a call of its own, from anywhere: which policies bind it, and what is known of its requests.

use super::*;
use rotaudit::inventory::{ControlPolicies, Group, Identities, Permissions, Role, User};

pub(super) const DEPLOY: &str = "arn:aws:iam::111122223333:role/team/deploy";
pub(super) const ALICE: &str = "arn:aws:iam::111122223333:user/ops/alice";
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";

pub(super) fn document(statements: &Value) -> Document {
    Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

fn inline(statements: &Value) -> Permissions {
    Permissions { inline: vec![NamedDocument::new("own", document(statements))], ..Permissions::default() }
}

pub(super) fn identities(inventory: &mut Inventory) -> &mut Identities {
    match &mut inventory.accounts.values_mut().next().unwrap().identities {
        Known::Value(identities) => identities,
        Known::Unreadable(gap) => panic!("{gap}"),
    }
}

/// Adds the role `deploy` with these statements.
pub(super) fn deploy<'a>(inventory: &'a mut Inventory, statements: &Value) -> &'a mut Role {
    let trust = json!([{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}]);
    let role =
        Role { arn: arn(DEPLOY), id: "AROADEPLOY".into(), trust: document(&trust), permissions: inline(statements), tags: [].into() };
    identities(inventory).roles.entry(arn(DEPLOY)).or_insert(role)
}

/// Adds the user `alice` with these statements.
pub(super) fn alice<'a>(inventory: &'a mut Inventory, statements: &Value) -> &'a mut User {
    let user = User { arn: arn(ALICE), id: "AIDAALICE".into(), permissions: inline(statements), groups: Vec::new(), tags: [].into() };
    identities(inventory).users.entry(arn(ALICE)).or_insert(user)
}

fn may_rotate() -> Value {
    json!([{"Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": clean::SECRET}])
}

fn rotates(who: &str) -> Question {
    Question::new(Caller::Principal { arn: arn(who) }, "secretsmanager:RotateSecret", Target::Secret(arn(clean::SECRET)))
}

/// The decision for the role and for the user when they may rotate the secret under this condition.
fn decided_under(condition: &Value) -> [Decision; 2] {
    let statement = json!([{"Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": "*", "Condition": condition}]);
    let inventory = account(|inventory| {
        deploy(inventory, &statement).tags = [("team".to_owned(), "pay".to_owned())].into();
        alice(inventory, &statement).tags = [("team".to_owned(), "pay".to_owned())].into();
    });
    [DEPLOY, ALICE].map(|who| decided(&inventory, &rotates(who)).0)
}

#[test]
fn a_role_or_user_is_allowed_what_its_own_policies_allow() {
    let inventory = account(|inventory| {
        deploy(inventory, &may_rotate());
        alice(inventory, &json!([]));
    });
    let answer = Access::new(&inventory).ask(&rotates(DEPLOY));
    assert_eq!((answer.decision, answer.actor().as_str()), (Decision::Allowed, "role deploy"));
    assert!(answer.because().contains("identity policy own of role deploy"), "{}", answer.because());
    let answer = Access::new(&inventory).ask(&rotates(ALICE));
    assert_eq!((answer.decision, answer.actor().as_str()), (Decision::ImplicitDeny, "user alice"));
}

#[test]
fn a_resource_policy_names_a_role_or_user_by_its_arn_or_id() {
    for named in [DEPLOY, ALICE, "AROADEPLOY", "AIDAALICE"] {
        let inventory = account(|inventory| {
            deploy(inventory, &json!([]));
            alice(inventory, &json!([]));
            let allow = json!({"Effect": "Allow", "Principal": {"AWS": named}, "Action": "secretsmanager:RotateSecret", "Resource": "*"});
            secret_policy(inventory, &allow);
        });
        let of_role = named.contains("role") || named.starts_with("AROA");
        let expected = if of_role { [Decision::Allowed, Decision::ImplicitDeny] } else { [Decision::ImplicitDeny, Decision::Allowed] };
        assert_eq!([DEPLOY, ALICE].map(|who| decided(&inventory, &rotates(who)).0), expected, "{named}");
    }
}

#[test]
fn a_boundary_limits_a_role_and_a_user() {
    let bounded = |statements: Value| {
        account(|inventory| {
            identities(inventory).policies.insert(arn(BOUNDARY), document(&statements));
            deploy(inventory, &may_rotate()).permissions.boundary = Some(arn(BOUNDARY));
            alice(inventory, &may_rotate()).permissions.boundary = Some(arn(BOUNDARY));
        })
    };
    for who in [DEPLOY, ALICE] {
        assert_eq!(decided(&bounded(may_rotate()), &rotates(who)).0, Decision::Allowed);
        let other = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]);
        let (decision, because) = decided(&bounded(other), &rotates(who));
        assert_eq!(decision, Decision::ImplicitDeny);
        assert!(because.contains("the permissions boundary does not allow it"), "{because}");
    }
}

#[test]
fn the_policies_of_a_users_groups_are_the_users() {
    let member_of = |groups: &'static [&'static str]| {
        account(|inventory| {
            let group =
                Group { arn: arn("arn:aws:iam::111122223333:group/rotators"), name: "rotators".into(), permissions: inline(&may_rotate()) };
            let no = inline(&json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]));
            let barred = Group { arn: arn("arn:aws:iam::111122223333:group/barred"), name: "barred".into(), permissions: no };
            identities(inventory).groups = [group, barred].map(|group| (group.name.clone(), group)).into();
            alice(inventory, &json!([])).groups = groups.iter().map(ToString::to_string).collect();
        })
    };
    assert_eq!(decided(&member_of(&[]), &rotates(ALICE)).0, Decision::ImplicitDeny);
    let (decision, because) = decided(&member_of(&["rotators"]), &rotates(ALICE));
    assert_eq!(decision, Decision::Allowed);
    assert!(because.contains("own of group rotators"), "{because}");
    assert_eq!(decided(&member_of(&["rotators", "barred"]), &rotates(ALICE)).0, Decision::ExplicitDeny);
    let unread = Access::new(&member_of(&["rotators", "gone"])).ask(&rotates(ALICE));
    assert_eq!(unread.decision, Decision::Undecided, "the group may deny");
    assert_eq!(unread.missing().iter().map(|gap| &*gap.resource).collect::<Vec<_>>(), ["group gone"]);
}

#[test]
fn where_from_when_and_with_what_a_principal_calls_nobody_knows() {
    for condition in [
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
        json!({"StringLike": {"aws:UserAgent": "*terraform*"}}),
    ] {
        assert_eq!(decided_under(&condition), [Decision::Undecided; 2], "{condition}");
    }
    let inventory = account(|inventory| {
        let condition = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
        deploy(inventory, &json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]));
    });
    let answer = Access::new(&inventory).ask(&rotates(DEPLOY));
    assert!(answer.because().contains("aws:SourceIp"), "{}", answer.because());
}

#[test]
fn who_a_principal_is_and_what_it_calls_is_known() {
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:PrincipalArn": DEPLOY}}), [Decision::Allowed, Decision::ImplicitDeny]),
        (json!({"StringEquals": {"aws:PrincipalArn": ALICE}}), [Decision::ImplicitDeny, Decision::Allowed]),
        (json!({"StringEquals": {"aws:PrincipalType": "User", "aws:username": "alice"}}), [Decision::ImplicitDeny, Decision::Allowed]),
        (json!({"StringEquals": {"aws:userid": "AIDAALICE"}}), [Decision::ImplicitDeny, Decision::Allowed]),
        (json!({"StringLike": {"aws:userid": "AROADEPLOY:*"}}), [Decision::Allowed, Decision::ImplicitDeny]),
        (json!({"StringEquals": {"aws:userid": "AROADEPLOY:alice"}}), [Decision::Undecided, Decision::ImplicitDeny]),
        (json!({"StringEquals": {"aws:PrincipalAccount": clean::ACCOUNT}}), [Decision::Allowed; 2]),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}}), [Decision::Allowed; 2]),
        (json!({"StringEquals": {"aws:PrincipalTag/stage": "prod"}}), [Decision::ImplicitDeny; 2]),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), [Decision::ImplicitDeny; 2]),
        (json!({"Bool": {"aws:ViaAWSService": "true"}}), [Decision::ImplicitDeny; 2]),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), [Decision::Allowed; 2]),
        (json!({"StringEquals": {"aws:RequestedRegion": clean::REGION}}), [Decision::Allowed; 2]),
        (json!({"Null": {"aws:SourceArn": "true"}}), [Decision::Allowed; 2]),
        (json!({"ArnLike": {"lambda:SourceFunctionArn": clean::FUNCTION}}), [Decision::Undecided, Decision::ImplicitDeny]),
    ] {
        assert_eq!(decided_under(&condition), expected, "{condition}");
    }
}

#[test]
fn tags_of_a_session_are_known_only_where_none_can_be_passed() {
    let tagged = |action: Value| {
        let inventory = account(|inventory| {
            let condition = json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}});
            let statement = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
            let role = deploy(inventory, &statement);
            role.tags = [("team".to_owned(), "pay".to_owned())].into();
            role.trust = document(&json!([{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": action}]));
        });
        decided(&inventory, &rotates(DEPLOY)).0
    };
    for action in [json!("sts:AssumeRole"), json!("sts:AssumeRole*"), json!(["sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"])] {
        assert_eq!(tagged(action.clone()), Decision::Allowed, "{action}");
    }
    for action in [json!(["sts:AssumeRole", "sts:TagSession"]), json!("sts:*"), json!("*"), json!("STS:tag*"), json!(17)] {
        assert_eq!(tagged(action.clone()), Decision::Undecided, "{action}");
    }
}

#[test]
fn service_control_policies_bind_roles_and_users() {
    let inventory = account(|inventory| {
        deploy(inventory, &may_rotate());
        alice(inventory, &may_rotate());
        let no = document(&json!([{"Effect": "Deny", "Action": "secretsmanager:RotateSecret", "Resource": "*"}]));
        let policies = ControlPolicies { service: Known::Value(vec![vec![NamedDocument::new("frozen", no)]]), ..Default::default() };
        inventory.accounts.values_mut().for_each(|account| account.control_policies = Some(policies.clone()));
    });
    for who in [DEPLOY, ALICE] {
        let (decision, because) = decided(&inventory, &rotates(who));
        assert_eq!(decision, Decision::ExplicitDeny);
        assert!(because.contains("frozen"), "{because}");
    }
}

#[test]
fn who_is_not_in_an_account_that_was_read_is_told_so() {
    for who in [DEPLOY, ALICE, "arn:aws:sts::111122223333:assumed-role/deploy/alice", "arn:aws:iam::111122223333:root/🙂"] {
        let answer = Access::new(&account(|_| {})).ask(&rotates(who));
        assert_eq!(answer.decision, Decision::Undecided, "{who}");
        assert!(answer.because().contains("the account has no such role or user"), "{}", answer.because());
    }
}

#[test]
fn who_belongs_to_an_account_that_was_not_read_is_undecided_and_names_the_call() {
    let elsewhere = "arn:aws:iam::444455556666:role/deploy";
    let inventory = account(|inventory| {
        let allow = json!({"Effect": "Allow", "Principal": {"AWS": elsewhere}, "Action": "secretsmanager:*", "Resource": "*"});
        secret_policy(inventory, &allow);
    });
    let answer = Access::new(&inventory).ask(&rotates(elsewhere));
    assert_eq!(answer.decision, Decision::Undecided);
    assert_eq!(answer.missing().iter().map(|gap| &*gap.call).collect::<Vec<_>>(), ["iam:GetAccountAuthorizationDetails"]);
    // Whatever that account says, this one must let it in.
    assert_eq!(decided(&account(|_| {}), &rotates(elsewhere)).0, Decision::ImplicitDeny);
}

#[test]
fn a_grant_names_a_role_a_user_or_one_session() {
    let asks = |who: &str, grantee: &str| {
        let inventory = account(|inventory| {
            deploy(inventory, &json!([]));
            alice(inventory, &json!([]));
            let grant = Grant { grantee: Some(grantee.to_owned()), ..grant() };
            inventory.keys.values_mut().for_each(|key| key.grants = Known::Value(vec![grant.clone()]));
        });
        decided(&inventory, &Question::new(Caller::Principal { arn: arn(who) }, "kms:Decrypt", Target::Key(arn(clean::KEY))))
    };
    assert_eq!(asks(DEPLOY, DEPLOY).0, Decision::Allowed);
    assert_eq!(asks(ALICE, ALICE).0, Decision::Allowed);
    assert_eq!(asks(DEPLOY, ALICE).0, Decision::ImplicitDeny);
    let (decision, because) = asks(DEPLOY, "arn:aws:sts::111122223333:assumed-role/deploy/ci");
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("one session of the role"), "{because}");
    assert_eq!(asks(DEPLOY, "arn:aws:sts::111122223333:assumed-role/other/ci").0, Decision::ImplicitDeny);
}

#[test]
fn the_question_of_a_principal_can_be_replayed() {
    let inventory = account(|inventory| {
        deploy(inventory, &may_rotate());
        alice(inventory, &json!([]));
    });
    for (who, expected) in [(DEPLOY, Decision::Allowed), (ALICE, Decision::ImplicitDeny)] {
        let case = Access::new(&inventory).ask(&rotates(who)).case();
        let (request, policies) = serde_json::from_value::<Case>(case).unwrap().question().unwrap();
        assert_eq!(evaluate(&request, &policies).decision(), expected, "{who}");
    }
}
