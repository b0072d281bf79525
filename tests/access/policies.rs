//! Which policies have a say.

use super::*;
use rotaudit::inventory::{ControlPolicies, OrganizationMembership};

const FOREIGN_ROLE: &str = "arn:aws:iam::444455556666:role/rotate-db";

fn statement(statement: &Value) -> Document {
    Document::new(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

/// In a member account of an organization under these service and resource control policies, one list for each level.
fn in_an_organization(inventory: &mut Inventory, service: &[Vec<NamedDocument>], resource: &[Vec<NamedDocument>]) {
    let membership = OrganizationMembership { id: Some("o-ours".to_owned()), ..OrganizationMembership::default() };
    let policies = ControlPolicies { service: Known::Value(service.to_vec()), resource: Known::Value(resource.to_vec()) };
    for account in inventory.accounts.values_mut() {
        account.organization = Some(Known::Value(membership.clone()));
        account.control_policies = Some(policies.clone());
    }
}

/// Asked for, and not told.
fn unread_control_policies(inventory: &mut Inventory) {
    let gap = || Known::Unreadable(Gap::new("organizations:ListPolicies", "o-ours", "AccessDeniedException"));
    for account in inventory.accounts.values_mut() {
        account.control_policies = Some(ControlPolicies { service: gap(), resource: gap() });
    }
}

fn deny(action: &str) -> NamedDocument {
    NamedDocument::new("no", statement(&json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"})))
}

fn everything() -> NamedDocument {
    NamedDocument::new("all", statement(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"})))
}

#[test]
fn resource_control_policies_reach_forwarded_calls_but_neither_lambda_nor_aws_managed_keys() {
    let inventory = account(|inventory| in_an_organization(inventory, &[], &[vec![deny("*")]]));
    assert_eq!(decided(&inventory, &decrypt()).0, Decision::ExplicitDeny);
    assert_eq!(decided(&inventory, &invoke(clean::FUNCTION, clean::SECRET)).0, Decision::Allowed);
    let Question { caller, .. } = decrypt();
    let managed = Target::ManagedKey { account: clean::ACCOUNT.into(), region: clean::REGION.into() };
    assert_eq!(decided(&inventory, &Question::new(caller, "kms:Decrypt", managed)).0, Decision::Allowed);
}

#[test]
fn the_management_account_is_under_no_control_policy() {
    let inventory = account(|inventory| {
        in_an_organization(inventory, &[vec![]], &[vec![deny("*")]]);
        let membership = OrganizationMembership { id: Some("o-ours".to_owned()), management: true, path: None };
        inventory.accounts.values_mut().for_each(|account| account.organization = Some(Known::Value(membership.clone())));
    });
    assert_eq!(decided(&inventory, &decrypt()).0, Decision::Allowed);
}

#[test]
fn control_policies_that_were_denied_leave_a_request_open_and_those_that_nobody_asked_for_do_not() {
    let told = |change: fn(&mut Inventory)| {
        let answer = Access::new(&account(change)).ask(&get());
        (answer.decision, answer.missing().into_iter().map(|gap| gap.call.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(told(unread_control_policies), (Decision::Undecided, vec!["organizations:ListPolicies".to_owned()]));
    assert_eq!(told(|_| {}).0, Decision::Allowed);
    // An organization that was not told says nothing about policies that nobody asked for.
    let unknown = |inventory: &mut Inventory| {
        let gap = Gap::new("organizations:DescribeOrganization", clean::ACCOUNT, "AccessDeniedException");
        inventory.accounts.values_mut().for_each(|account| account.organization = Some(Known::Unreadable(gap.clone())));
    };
    assert_eq!(told(unknown).0, Decision::Allowed);
    // Whoever is in no organization is under none of its policies.
    let alone = |inventory: &mut Inventory| {
        unread_control_policies(inventory);
        inventory.accounts.values_mut().for_each(|account| account.organization = Some(Known::default()));
    };
    assert_eq!(told(alone).0, Decision::Allowed);
}

#[test]
fn service_linked_roles_are_under_no_control_policy() {
    let inventory = account(|inventory| in_an_organization(inventory, &[vec![]], &[vec![deny("*")]]));
    let of = |role: &str| {
        let question =
            Question::new(Caller::Principal { arn: arn(role) }, "secretsmanager:DescribeSecret", Target::Secret(arn(clean::SECRET)));
        decided(&inventory, &question).0
    };
    assert_eq!(of(clean::ROLE), Decision::ExplicitDeny);
    // Nobody read what these may do; no control policy is among what decides.
    for linked in [
        "iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        "sts::111122223333:assumed-role/AWSServiceRoleForX/s",
    ] {
        assert_eq!(of(&format!("arn:aws:{linked}")), Decision::Undecided, "{linked}");
    }
}

#[test]
fn resource_control_policies_reach_services_by_a_list_and_service_control_policies_reach_all() {
    let reached = |action: &str| {
        let inventory = account(|inventory| {
            role_policy(inventory, &json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
            in_an_organization(inventory, &[vec![everything()]], &[vec![deny("*")]]);
        });
        let bucket = Target::Other(arn("arn:aws:s3:eu-west-1:111122223333:x"));
        decided(&inventory, &Question::new(role(), action, bucket)).0 == Decision::ExplicitDeny
    };
    for action in ["s3:GetObject", "SQS:SendMessage", "sts:AssumeRole", "dynamodb:GetItem", "kms:Decrypt"] {
        assert!(reached(action), "{action}");
    }
    for action in ["ec2:CreateNetworkInterface", "iam:PassRole", "lambda:InvokeFunction", "sns:Publish", "kms:RetireGrant"] {
        assert!(!reached(action), "{action}");
    }
    let inventory = account(|inventory| {
        role_policy(inventory, &json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
        let all = NamedDocument::new("no", statement(&json!({"Effect": "Deny", "Action": "ec2:*", "Resource": "*"})));
        in_an_organization(inventory, &[vec![everything(), all]], &[]);
    });
    let question = Question::new(role(), "ec2:CreateNetworkInterface", Target::Other(arn("arn:aws:ec2:eu-west-1:111122223333:x/1")));
    assert_eq!(decided(&inventory, &question).0, Decision::ExplicitDeny);
}

#[test]
fn a_resource_control_policy_keeps_a_role_from_secrets_of_its_account_that_do_not_exist_yet() {
    let imagined = arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:new-AbCdEf");
    let question =
        Question::new(role(), "secretsmanager:GetSecretValue", Target::ImaginedSecret { arn: imagined, rotation_function: None });
    let open = |inventory: &mut Inventory| role_policy(inventory, &json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    assert_eq!(decided(&account(open), &question).0, Decision::Allowed);
    let controlled = account(|inventory| {
        open(inventory);
        in_an_organization(inventory, &[vec![everything()]], &[vec![deny("secretsmanager:*")]]);
    });
    assert_eq!(decided(&controlled, &question).0, Decision::ExplicitDeny);
}

#[test]
fn a_secret_imagined_in_an_account_of_the_inventory_is_open_to_nobody_from_elsewhere() {
    let imagined = arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:new-AbCdEf");
    let caller = Caller::Outsider { account: AccountId::parse("999999999999").unwrap() };
    let question =
        Question::new(caller, "secretsmanager:GetSecretValue", Target::ImaginedSecret { arn: imagined, rotation_function: None });
    assert_eq!(Access::new(&account(|_| {})).witness(&question).decision, Decision::ImplicitDeny);
}

#[test]
fn a_level_of_service_control_policies_that_allows_nothing_is_named_only_when_it_is_sure() {
    let inventory = account(|inventory| in_an_organization(inventory, &[vec![everything()], vec![]], &[]));
    let (decision, because) = decided(&inventory, &get());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("service control policies"), "{because}");
    let unread = account(|inventory| {
        role_policy(inventory, &json!([]));
        unread_control_policies(inventory);
    });
    let (decision, because) = decided(&unread, &get());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.starts_with("there is no policy that could allow it") || because.starts_with("no policy allows it"), "{because}");
}

#[test]
fn a_role_of_an_account_that_was_not_read_is_undecided_and_names_the_call() {
    let caller = Caller::Function {
        role: arn(FOREIGN_ROLE),
        function: arn("arn:aws:lambda:eu-west-1:444455556666:function:rotate-db"),
        way: Way::Outside,
    };
    let question = Question::new(caller, "secretsmanager:DescribeSecret", Target::Secret(arn(clean::SECRET)));
    let allows = json!([{"Effect": "Allow", "Principal": {"AWS": FOREIGN_ROLE}, "Action": "secretsmanager:*", "Resource": "*"}]);
    let answer = Access::new(&account(|inventory| secret_policy(inventory, &allows))).ask(&question);
    assert_eq!(answer.decision, Decision::Undecided);
    let calls: Vec<String> = answer.missing().iter().map(|gap| gap.call.to_string()).collect();
    assert_eq!(calls, ["iam:GetAccountAuthorizationDetails"]);
    // Whatever that account says, the secret's policy must let it in.
    assert_eq!(decided(&account(|_| {}), &question).0, Decision::ImplicitDeny);
}

#[test]
fn a_managed_policy_without_a_document_may_allow_and_deny() {
    let inventory = account(|inventory| {
        for account in inventory.accounts.values_mut() {
            let Known::Value(identities) = &mut account.identities else { continue };
            identities.roles.values_mut().for_each(|role| role.permissions.attached = vec![arn("arn:aws:iam::aws:policy/Gone")]);
        }
    });
    let answer = Access::new(&inventory).ask(&get());
    assert_eq!(answer.decision, Decision::Undecided, "it may deny");
    assert_eq!(answer.missing().iter().map(|gap| &*gap.resource).collect::<Vec<_>>(), ["arn:aws:iam::aws:policy/Gone"]);
}

#[test]
fn every_policy_of_a_key_counts() {
    let inventory = account(|inventory| {
        inventory.keys.values_mut().for_each(|key| {
            let shared = statement(&json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}));
            key.policies = key.policies.clone().map(|policies| [policies, vec![NamedDocument::new("AWS_RAM", shared)]].concat());
        });
    });
    let (decision, because) = decided(&inventory, &decrypt());
    assert_eq!(decision, Decision::ExplicitDeny);
    assert!(because.contains("AWS_RAM of key"), "{because}");
}

#[test]
fn a_function_policy_that_was_not_read_may_deny_calls_of_an_alias() {
    let alias = format!("{}:live", clean::FUNCTION);
    let inventory = account(|inventory| {
        let allow = json!([{"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": alias}]);
        function_policy(inventory, "live", &allow);
        let gap = Gap::new("lambda:GetPolicy", clean::FUNCTION, "AccessDeniedException");
        inventory.functions.values_mut().for_each(|f| drop(f.policies.insert(String::new(), Known::Unreadable(gap.clone()))));
    });
    let (decision, because) = decided(&inventory, &invoke(&alias, clean::SECRET));
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("lambda:GetPolicy"), "{because}");
}

#[test]
fn across_accounts_the_side_that_is_missing_is_named() {
    let Question { caller, action, target, context, .. } = decrypt();
    let key = arn("arn:aws:kms:eu-west-1:777788889999:key/k");
    let with_policy = |principal: &str| {
        account(|inventory| {
            let mut there = inventory.keys.values().next().unwrap().clone();
            there.arn = key.clone();
            inventory.keys.insert(key.clone(), there);
            key_policy(inventory, &json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]));
        })
    };
    let question = Question { caller, action, target: Target::Key(key.clone()), context, scope: Scope::Everything };
    drop(target);
    let (decision, because) = decided(&with_policy("111122223333"), &question);
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("in another account the identity policies must allow it too"), "{because}");
    let mut inventory = with_policy("444455556666");
    role_policy(&mut inventory, &json!([{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]));
    let (decision, because) = decided(&inventory, &question);
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("in another account the resource's policy must allow it too"), "{because}");
}

#[test]
fn what_any_of_a_secrets_policies_allows_is_allowed_and_the_policy_is_named() {
    let outsider = Caller::Outsider { account: AccountId::parse("999999999999").unwrap() };
    let question = Question::new(outsider, "secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)));
    let with = |second: &Value| {
        account(|inventory| {
            secret_policy(inventory, &json!({"Effect": "Allow", "Principal": {"AWS": clean::ROLE}, "Action": "*", "Resource": "*"}));
            let secret = inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap();
            let Known::Value(policies) = &mut secret.policies else { panic!("it was set just now") };
            policies.push(NamedDocument::new("cross-account-replication", statement(second)));
        })
    };
    let open = with(&json!({"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "secretsmanager:*", "Resource": "*"}));
    let (decision, because) = decided(&open, &question);
    assert_eq!(decision, Decision::Allowed);
    assert!(because.contains("cross-account-replication of secret prod/db"), "{because}");
    let closed =
        with(&json!({"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}));
    let (decision, because) = decided(&closed, &get());
    assert_eq!(decision, Decision::ExplicitDeny);
    assert!(because.contains("cross-account-replication of secret prod/db"), "{because}");
}

#[test]
fn policies_that_nobody_could_list_leave_other_accounts_open_and_the_secrets_own_decided() {
    let gap = Gap::new("secretsmanager:ListResourcePolicies", clean::SECRET, "AccessDeniedException");
    let listed = |listed: Option<Known<()>>| {
        account(|inventory| inventory.secrets.values_mut().for_each(|secret| secret.policies_listed = listed.clone()))
    };
    let outsider = Caller::Outsider { account: AccountId::parse("999999999999").unwrap() };
    let question = Question::new(outsider, "secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)));
    let unlisted = listed(Some(Known::Unreadable(gap.clone())));
    let answer = Access::new(&unlisted).witness(&question);
    assert_eq!((answer.decision, answer.missing()), (Decision::Undecided, [gap].into()));
    assert!(answer.because().contains("secretsmanager:ListResourcePolicies"), "{}", answer.because());
    assert_eq!(decided(&unlisted, &get()).0, Decision::Allowed);
    // What is open is not closed by a policy that only opens.
    let with_default = |effect: &str, condition: &Value| {
        let mut inventory = unlisted.clone();
        let all = json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition});
        secret_policy(&mut inventory, &all);
        Access::new(&inventory).witness(&question).decision
    };
    assert_eq!(with_default("Allow", &json!({})), Decision::Allowed);
    assert_eq!(with_default("Allow", &json!({"StringEquals": {"aws:UserAgent": "theirs"}})), Decision::Allowed);
    assert_eq!(with_default("Allow", &json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})), Decision::Undecided);
    assert_eq!(with_default("Deny", &json!({})), Decision::ExplicitDeny);
    for read in [None, Some(Known::Value(()))] {
        assert_eq!(Access::new(&listed(read)).witness(&question).decision, Decision::ImplicitDeny);
    }
}

#[test]
fn what_another_secret_lets_in_is_not_the_callers_own_permission() {
    let inventory = account(|inventory| {
        let open = statement(&json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*"}));
        inventory.secrets.values_mut().for_each(|secret| secret.policies = Known::Value(vec![NamedDocument::new("default", open.clone())]));
    });
    let question = || Question::new(role(), "secretsmanager:GetSecretValue", Target::Secret(arn(clean::OTHER_SECRET)));
    assert_eq!(decided(&inventory, &question()).0, Decision::Allowed);
    assert_eq!(decided(&inventory, &question().within(Scope::OwnPermissions)).0, Decision::ImplicitDeny);
    let own = Question::new(role(), "secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET))).within(Scope::OwnPermissions);
    assert_eq!(decided(&inventory, &own).0, Decision::Allowed);
}

#[test]
fn everybody_by_a_bare_star_is_open_under_a_boundary_that_does_not_allow() {
    let inventory = account(|inventory| {
        let open = statement(&json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}));
        inventory.secrets.values_mut().for_each(|secret| secret.policies = Known::Value(vec![NamedDocument::new("default", open.clone())]));
        let boundary = arn("arn:aws:iam::111122223333:policy/boundary");
        for account in inventory.accounts.values_mut() {
            let Known::Value(identities) = &mut account.identities else { continue };
            identities.policies.insert(boundary.clone(), statement(&json!({"Effect": "Allow", "Action": "logs:*", "Resource": "*"})));
            identities.roles.values_mut().for_each(|role| role.permissions.boundary = Some(boundary.clone()));
        }
    });
    let (decision, because) =
        decided(&inventory, &Question::new(role(), "secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET))));
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("names everybody by *"), "{because}");
}
