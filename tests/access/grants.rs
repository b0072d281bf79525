//! KMS grants as the third way to be allowed.

use super::*;
use rotaudit::inventory::Permissions;

fn asked(grant: &Grant) -> (Decision, String) {
    decided(&granted(grant), &decrypt())
}

fn to(grantee: &str) -> Grant {
    Grant { grantee: Some(grantee.to_owned()), ..grant() }
}

#[test]
fn a_grant_names_a_role_by_its_arn_its_session_or_its_id() {
    assert_eq!(asked(&to(clean::ROLE)).0, Decision::Allowed);
    assert_eq!(asked(&to("arn:aws:sts::111122223333:assumed-role/rotate-db/rotate-db")).0, Decision::Allowed);
    assert_eq!(asked(&to("arn:aws:sts::111122223333:assumed-role/rotate-db/someone-else")).0, Decision::ImplicitDeny);
    assert_eq!(asked(&to("AROAROTATEXDB")).0, Decision::Allowed);
    assert_eq!(asked(&to("AROAGONE")).0, Decision::ImplicitDeny);
    assert_eq!(asked(&to("arn:aws:iam::111122223333:role/team/rotate-db")).0, Decision::ImplicitDeny, "another path is another role");
}

#[test]
fn what_a_grant_to_a_whole_account_is_worth_is_open_and_said_so() {
    let (decision, because) = asked(&to("arn:aws:iam::111122223333:root"));
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("names the whole account"), "{because}");
    assert_eq!(asked(&to("arn:aws:iam::444455556666:root")).0, Decision::ImplicitDeny);
}

#[test]
fn a_grant_that_is_constrained_twice_must_be_met_twice() {
    let pair = |value: &str| Some([("SecretARN".to_owned(), value.to_owned())].into());
    let versions: std::collections::BTreeMap<String, String> =
        [("SecretARN".to_owned(), clean::SECRET.to_owned()), ("secretversionid".to_owned(), "v1".to_owned())].into();
    let both =
        |subset: &str| Grant { encryption_context_equals: Some(versions.clone()), encryption_context_subset: pair(subset), ..grant() };
    assert_eq!(asked(&both(clean::SECRET)).0, Decision::Allowed, "names are compared without regard to case");
    assert_eq!(asked(&both(clean::OTHER_SECRET)).0, Decision::ImplicitDeny);
    let other_case = Grant { encryption_context_subset: pair(&clean::SECRET.to_uppercase()), ..grant() };
    assert_eq!(asked(&other_case).0, Decision::ImplicitDeny, "values with regard to case");
}

#[test]
fn a_grant_for_one_resource_of_a_service_is_not_for_roles() {
    let (decision, because) = asked(&Grant { source_arn: Some(clean::SECRET.to_owned()), ..grant() });
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("constrained to calls of a service"), "{because}");
}

#[test]
fn a_denial_that_hangs_on_a_key_is_named_although_a_grant_allows() {
    let mut inventory = granted(&grant());
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}});
    key_policy(&mut inventory, &json!([deny]));
    let answer = Access::new(&inventory).ask(&decrypt());
    assert_eq!(answer.decision, Decision::Undecided);
    assert_eq!(answer.hinges(), ["aws:SourceIp".to_owned()].into());
    assert!(answer.because().contains("aws:SourceIp"), "{}", answer.because());
}

#[test]
fn a_grant_that_is_not_listed_is_no_gap_where_a_policy_allows_already() {
    let inventory = account(|inventory| {
        let gap = Gap::new("kms:ListGrants", clean::KEY, "AccessDeniedException");
        inventory.keys.values_mut().for_each(|key| key.grants = Known::Unreadable(gap.clone()));
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}});
        let root = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"});
        key_policy(inventory, &json!([root, deny]));
    });
    let answer = Access::new(&inventory).ask(&decrypt());
    assert_eq!((answer.decision, answer.missing()), (Decision::Undecided, [].into()));
}

#[test]
fn whether_a_boundary_limits_a_grant_is_open() {
    let boundary = arn("arn:aws:iam::111122223333:policy/boundary");
    let mut inventory = granted(&grant());
    for account in inventory.accounts.values_mut() {
        let Known::Value(identities) = &mut account.identities else { continue };
        let nothing = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]});
        identities.policies.insert(boundary.clone(), Document::new(nothing.to_string()));
        for role in identities.roles.values_mut() {
            role.permissions = Permissions { boundary: Some(boundary.clone()), ..role.permissions.clone() };
        }
    }
    let (decision, because) = decided(&inventory, &decrypt());
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("permissions boundary"), "{because}");
}

fn by_grantee(inventory: &Inventory) -> rotaudit::access::Answer {
    let question = Question::new(Caller::Grantee { grant: "g1".into() }, "kms:Decrypt", Target::Key(arn(clean::KEY)));
    Access::new(inventory).witness(&question)
}

#[test]
fn a_grantee_elsewhere_can_use_a_grant_and_the_witness_can_be_replayed() {
    let answer = by_grantee(&granted(&to("arn:aws:iam::999999999999:role/theirs")));
    assert_eq!(answer.decision, Decision::Allowed);
    let (request, policies) = serde_json::from_value::<Case>(answer.case()).unwrap().question().unwrap();
    assert_eq!(evaluate(&request, &policies).decision(), Decision::Allowed);
}

#[test]
fn nobody_uses_the_grant_of_a_principal_that_was_deleted() {
    assert_eq!(by_grantee(&granted(&to("AROAGONE"))).decision, Decision::ImplicitDeny);
}

#[test]
fn a_perimeter_on_the_key_stops_grantees_of_other_organizations() {
    let perimeter = |grantee: &str| {
        let mut inventory = granted(&to(grantee));
        let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}});
        key_policy(&mut inventory, &json!([deny]));
        by_grantee(&inventory).decision
    };
    assert_eq!(perimeter("arn:aws:iam::999999999999:role/theirs"), Decision::ExplicitDeny);
}

#[test]
fn a_grantee_of_our_own_is_bound_by_its_own_denials() {
    let mut inventory = granted(&to(clean::ROLE));
    role_policy(&mut inventory, &json!([{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]));
    assert_eq!(by_grantee(&inventory).decision, Decision::ExplicitDeny);
}

#[test]
fn a_service_that_is_granted_use_for_one_resource_has_no_use_for_others() {
    let service = Grant { grantee: None, grantee_service: Some("rds.amazonaws.com".into()), ..grant() };
    let for_one = Grant { source_arn: Some("arn:aws:rds:eu-west-1:111122223333:db:one".into()), ..service.clone() };
    assert_eq!(by_grantee(&granted(&for_one)).decision, Decision::ImplicitDeny);
    assert_eq!(by_grantee(&granted(&service)).decision, Decision::Allowed);
    let serving = |resource: &str| {
        let caller = Caller::Service { name: "rds.amazonaws.com".into(), source: Some(arn(resource)) };
        decided(&granted(&for_one), &Question::new(caller, "kms:Decrypt", Target::Key(arn(clean::KEY)))).0
    };
    assert_eq!(serving("arn:aws:rds:eu-west-1:111122223333:db:one"), Decision::Allowed);
    assert_eq!(serving("arn:aws:rds:eu-west-1:111122223333:db:two"), Decision::ImplicitDeny);
}

#[test]
fn what_a_service_is_granted_for_one_resource_can_be_replayed_as_a_policy() {
    let source = "arn:aws:rds:eu-west-1:111122223333:db:one";
    let service = Grant { grantee: None, grantee_service: Some("rds.amazonaws.com".into()), source_arn: Some(source.into()), ..grant() };
    let caller = Caller::Service { name: "rds.amazonaws.com".into(), source: Some(arn(source)) };
    let answer = Access::new(&granted(&service)).ask(&Question::new(caller, "kms:Decrypt", Target::Key(arn(clean::KEY))));
    assert_eq!(answer.decision, Decision::Allowed);
    let case = answer.case();
    assert!(case.to_string().contains(&format!(r#""StringEquals":{{"aws:SourceArn":"{source}"}}"#)), "{case}");
    let (request, policies) = serde_json::from_value::<Case>(case).unwrap().question().unwrap();
    assert_eq!(evaluate(&request, &policies).decision(), Decision::Allowed);
}

#[test]
fn a_grant_is_retired_for_whatever_resource_it_was_made() {
    let operations = ["DescribeKey".to_owned(), "RetireGrant".to_owned()];
    let grant = Grant { operations: operations.into(), source_arn: Some(clean::SECRET.into()), ..grant() };
    let asked = |action: &str| {
        let caller = Caller::Forwarded { role: arn(clean::ROLE), function: arn(clean::FUNCTION) };
        decided(&granted(&grant), &Question::new(caller, action, Target::Key(arn(clean::KEY)))).0
    };
    assert_eq!(asked("kms:RetireGrant"), Decision::Allowed);
    assert_eq!(asked("kms:DescribeKey"), Decision::ImplicitDeny);
}

#[test]
fn the_context_that_a_grant_wants_is_one_that_its_grantee_can_give() {
    let bound = Grant {
        encryption_context_subset: Some([("app".to_owned(), "x".to_owned())].into()),
        ..to("arn:aws:iam::999999999999:role/theirs")
    };
    assert_eq!(by_grantee(&granted(&bound)).decision, Decision::Allowed);
}
