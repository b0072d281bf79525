//! Everybody asked at once: what is decided once for principals under the same policies is what asking each of them says.

use std::collections::BTreeMap;

use super::principal::{document, identities};
use super::*;
use rotaudit::access::{Certainty, Everyone, Group, Matter, Party};
use rotaudit::inventory::{Permissions, Role, User};

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";

fn of_account(kind: &str, name: &str) -> Arn {
    arn(&format!("arn:aws:iam::{}:{kind}/{name}", clean::ACCOUNT))
}

fn inline(statements: &Value) -> Permissions {
    Permissions { inline: vec![NamedDocument::new("own", document(statements))], ..Permissions::default() }
}

/// Adds a role with these statements.
fn add_role<'a>(inventory: &'a mut Inventory, name: &str, statements: &Value) -> &'a mut Role {
    let trust = json!([{"Effect": "Allow", "Principal": {"AWS": clean::ACCOUNT}, "Action": "sts:AssumeRole"}]);
    let id = format!("AROA{}", name.to_uppercase().replace(['-', '/'], ""));
    let role = Role { arn: of_account("role", name), id, trust: document(&trust), permissions: inline(statements), tags: [].into() };
    identities(inventory).roles.entry(role.arn.clone()).or_insert(role)
}

/// Adds a user with these statements.
fn add_user<'a>(inventory: &'a mut Inventory, name: &str, statements: &Value) -> &'a mut User {
    let id = format!("AIDA{}", name.to_uppercase().replace(['-', '/'], ""));
    let arn = of_account("user", name);
    let user = User { arn, id, permissions: inline(statements), groups: Vec::new(), tags: [].into() };
    identities(inventory).users.entry(user.arn.clone()).or_insert(user)
}

fn allow(action: &str, condition: &Value) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}])
}

fn update_code() -> Matter {
    Matter::new("lambda:UpdateFunctionCode", Target::Function(arn(clean::FUNCTION)))
}

fn who(inventory: &Inventory, matter: &Matter) -> Vec<Group> {
    let access = Access::new(inventory);
    Everyone::new(&access).who(matter)
}

/// The names of those who may, surely or possibly.
fn names(inventory: &Inventory, matter: &Matter) -> Vec<String> {
    let may = who(inventory, matter).into_iter().filter(|group| group.certainty != Certainty::Undecided);
    may.flat_map(|group| group.party.names()).collect()
}

#[test]
fn nobody_but_the_rotation_can_do_anything_in_the_clean_account() {
    let inventory = clean::account().unwrap();
    assert!(who(&inventory, &update_code()).is_empty());
    let read = Matter::new("secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)));
    assert_eq!(names(&inventory, &read), ["role rotate-db"]);
    let invoke = Matter::new("lambda:InvokeFunction", Target::Function(arn(clean::FUNCTION)));
    assert_eq!(names(&inventory, &invoke), ["the service secretsmanager.amazonaws.com"]);
}

#[test]
fn each_name_comes_with_the_statement_that_allows_it() {
    let inventory = account(|inventory| {
        add_role(inventory, "dev", &allow("lambda:*", &json!({})));
    });
    let groups = who(&inventory, &update_code());
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].party.names(), groups[0].certainty), (vec!["role dev".to_owned()], Certainty::Surely));
    assert!(groups[0].answer.because().contains("identity policy own of role dev, statement 0"), "{}", groups[0].answer.because());
    assert!(groups[0].hinges.is_empty());
}

#[test]
fn who_may_only_under_a_condition_stands_apart_with_what_it_hangs_on() {
    let inventory = account(|inventory| {
        add_user(inventory, "alice", &allow("lambda:*", &json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})));
    });
    let groups = who(&inventory, &update_code());
    assert_eq!((groups.len(), groups[0].certainty), (1, Certainty::Possibly));
    assert!(groups[0].hinges[0].starts_with("aws:MultiFactorAuthPresent"), "{:?}", groups[0].hinges);
}

#[test]
fn an_administrator_is_known_by_what_it_may_and_not_by_the_name_of_a_policy() {
    let everything = allow("*", &json!({}));
    let inventory = account(|inventory| {
        add_role(inventory, "everything", &everything);
        add_user(inventory, "iam", &allow("iam:*", &json!({})));
        add_user(inventory, "with-mfa", &allow("*", &json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})));
        add_role(inventory, "bounded", &everything).permissions.boundary = Some(arn(BOUNDARY));
        add_role(inventory, "delegated", &allow("iam:PutRolePolicy", &json!({"ArnEquals": {"iam:PermissionsBoundary": BOUNDARY}})));
        add_role(inventory, "of-a-path", &json!([{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/app/*"}]));
        add_role(inventory, "AdministratorAccess", &allow("lambda:*", &json!({})));
        identities(inventory).policies.insert(arn(BOUNDARY), document(&allow("lambda:*", &json!({}))));
    });
    let access = Access::new(&inventory);
    let everyone = Everyone::new(&access);
    let identities = inventory.accounts.values().next().unwrap().identities.value().unwrap();
    let found: Vec<&str> =
        identities.roles.keys().chain(identities.users.keys()).filter(|arn| everyone.is_administrator(arn)).map(Arn::name).collect();
    assert_eq!(found, ["everything", "iam", "with-mfa"]);
}

#[test]
fn service_linked_roles_are_left_out() {
    let inventory = account(|inventory| {
        add_role(inventory, "aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda", &allow("*", &json!({})));
    });
    let access = Access::new(&inventory);
    let everyone = Everyone::new(&access);
    assert_eq!((everyone.len(), everyone.service_linked()), (1, 1));
    assert!(everyone.who(&update_code()).is_empty());
}

#[test]
fn an_account_that_was_not_read_leaves_it_undecided_and_names_the_call() {
    let inventory = account(|inventory| {
        for account in inventory.accounts.values_mut() {
            account.identities = Known::Unreadable(Gap::new("iam:GetAccountAuthorizationDetails", clean::ACCOUNT, "AccessDenied"));
        }
    });
    let groups = who(&inventory, &update_code());
    assert_eq!((groups.len(), groups[0].certainty), (1, Certainty::Undecided));
    assert!(matches!(groups[0].party, Party::Unread(_)));
    assert!(groups[0].hinges.iter().any(|hinge| hinge.contains("iam:GetAccountAuthorizationDetails")), "{:?}", groups[0].hinges);
}

#[test]
fn a_policy_that_was_not_read_may_let_in_anybody() {
    let inventory = account(|inventory| {
        add_role(inventory, "dev", &allow("s3:*", &json!({})));
        let function = inventory.functions.values_mut().next().unwrap();
        let gap = Gap::new("lambda:GetPolicy", clean::FUNCTION, "AccessDenied");
        function.policies.insert(String::new(), Known::Unreadable(gap));
    });
    let groups = who(&inventory, &update_code());
    assert!(groups.iter().all(|group| group.certainty == Certainty::Undecided));
    let undecided: Vec<String> = groups.iter().flat_map(|group| group.party.names()).collect();
    assert_eq!(undecided, ["role dev", "role rotate-db", "anybody with an AWS account"]);
}

#[test]
fn services_accounts_and_everybody_are_let_in_by_the_resource() {
    let matter = Matter::new("secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)));
    for (principal, expected) in [
        (json!({"Service": "backup.amazonaws.com"}), "the service backup.amazonaws.com"),
        (json!({"AWS": "999988887777"}), "whomever account 999988887777 lets"),
        (json!("*"), "anybody with an AWS account"),
    ] {
        let inventory = account(|inventory| {
            secret_policy(inventory, &json!([{"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:*", "Resource": "*"}]));
        });
        assert!(names(&inventory, &matter).contains(&expected.to_owned()), "{principal}");
    }
    // What the account of a role elsewhere lets it do was not read.
    let elsewhere = json!({"AWS": "arn:aws:iam::999988887777:role/partner"});
    let inventory = account(|inventory| {
        secret_policy(inventory, &json!([{"Effect": "Allow", "Principal": elsewhere, "Action": "secretsmanager:*", "Resource": "*"}]));
    });
    let groups = who(&inventory, &matter);
    let partner = groups.iter().find(|group| matches!(group.party, Party::Elsewhere(_))).unwrap();
    assert_eq!((partner.certainty, partner.party.names()), (Certainty::Undecided, vec!["role partner of account 999988887777".to_owned()]));
}

/// Principals with few policies between them, which differ in name, id, tags and whom resources name.
fn crowd(inventory: &mut Inventory) {
    let shapes = [
        allow("*", &json!({})),
        allow("secretsmanager:*", &json!({"StringEquals": {"aws:PrincipalTag/team": "pay"}})),
        allow("lambda:*", &json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*/*-1"}})),
        json!([{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:username}/*"}]),
        json!([{"Effect": "Allow", "Action": ["kms:*", "iam:*", "sts:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:userid": "*2*"}}}]),
        allow("s3:*", &json!({})),
    ];
    for (shape, statements) in shapes.iter().enumerate() {
        for member in 0..4 {
            let tag = |team: &str| [("team".to_owned(), team.to_owned())].into();
            let role = add_role(inventory, &format!("r{shape}-{member}"), statements);
            role.tags = tag(if member % 2 == 0 { "pay" } else { "web" });
            let user = add_user(inventory, &format!("u{shape}-{member}"), statements);
            user.tags = tag(if member > 1 { "pay" } else { "web" });
        }
    }
    add_user(inventory, "prod", &shapes[3]);
}

#[test]
fn who_is_decided_once_for_many_is_what_each_is_told_alone() {
    let named = |names: [&str; 2]| json!(names.map(|name| format!("arn:aws:iam::{}:{name}", clean::ACCOUNT)));
    let resource_side: [Value; 6] = [
        json!([]),
        json!([{"Effect": "Allow", "Principal": {"AWS": named(["user/u5-1", "role/r5-0"])}, "Action": "*", "Resource": "*"}]),
        json!([{"Effect": "Deny", "Principal": {"AWS": named(["user/u0-1", "role/r0-0"])}, "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": clean::ACCOUNT}, "Action": "*", "Resource": "*"}]),
        json!([{"Effect": "Deny", "NotPrincipal": {"AWS": named(["user/u0-1", "root"])}, "Action": "*", "Resource": "*"}]),
        json!([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*5-3"}}}]),
        json!([{"Effect": "Allow", "Principal": {"AWS": [
            format!("arn:aws:sts::{}:assumed-role/r5-2/deploy", clean::ACCOUNT), "AIDAU51".to_owned()]}, "Action": "*", "Resource": "*"}]),
    ];
    let matters = [
        update_code(),
        Matter::new("secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET))),
        Matter::new("kms:PutKeyPolicy", Target::Key(arn(clean::KEY))),
        Matter::new("iam:PutRolePolicy", Target::Role(arn(clean::ROLE))),
        Matter::new("sts:AssumeRole", Target::Role(arn(clean::ROLE))),
    ];
    let mut allowed = 0;
    for statements in &resource_side {
        let inventory = account(|inventory| {
            crowd(inventory);
            function_policy(inventory, "", statements);
            secret_policy(inventory, statements);
            key_policy(inventory, statements);
            identities(inventory).roles.get_mut(&arn(clean::ROLE)).unwrap().trust = document(statements);
        });
        let access = Access::new(&inventory);
        let everyone = Everyone::new(&access);
        let identities = inventory.accounts.values().next().unwrap().identities.value().unwrap();
        let all: Vec<&Arn> = identities.roles.keys().chain(identities.users.keys()).collect();
        for matter in &matters {
            let mut at_once: BTreeMap<Arn, Certainty> = BTreeMap::new();
            for group in everyone.who(matter) {
                at_once.extend(group.party.principals().iter().map(|arn| (arn.clone(), group.certainty)));
            }
            let alone = all.iter().filter_map(|arn| {
                let question = matter.asked_by(Caller::Principal { arn: (*arn).clone() });
                let certainty = match (access.ask(&question).decision, access.witness(&question).decision) {
                    (Decision::Allowed, _) => Certainty::Surely,
                    (_, Decision::Allowed) => Certainty::Possibly,
                    (_, Decision::Undecided) => Certainty::Undecided,
                    _ => return None,
                };
                Some(((*arn).clone(), certainty))
            });
            let alone: BTreeMap<Arn, Certainty> = alone.collect();
            allowed += alone.len();
            assert_eq!(at_once, alone, "{matter:?} under {statements}");
        }
    }
    assert!(allowed > 200, "the crowd is allowed something: {allowed}");
}

#[test]
fn decisions_grow_with_the_policies_and_not_with_the_principals() {
    let asked = |principals: usize, policies: usize| {
        let inventory = account(|inventory| {
            for number in 0..principals {
                let statements = allow(
                    "lambda:*",
                    &json!({"StringEquals": {"aws:RequestedRegion": [clean::REGION, format!("r{}", number % policies)]}}),
                );
                add_user(inventory, &format!("user-{number}"), &statements);
            }
        });
        let access = Access::new(&inventory);
        let everyone = Everyone::new(&access);
        let before = access.asked();
        let found: usize = everyone.who(&update_code()).iter().map(|group| group.party.principals().len()).sum();
        assert_eq!((found, everyone.kinds()), (principals, policies + 1), "the execution role is one more");
        access.asked() - before
    };
    assert_eq!(asked(300, 3), asked(30, 3));
    assert_eq!(asked(300, 30), 10 * asked(300, 3));
}

#[test]
fn a_condition_on_names_tells_apart_two_kinds_and_not_every_name() {
    let inventory = account(|inventory| {
        for number in 0..200 {
            let condition = json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/user-7*"}});
            add_user(inventory, &format!("user-{number}"), &allow("lambda:*", &condition));
        }
    });
    let access = Access::new(&inventory);
    let everyone = Everyone::new(&access);
    let before = access.asked();
    let groups = everyone.who(&update_code());
    assert_eq!((groups.len(), groups[0].party.principals().len()), (1, 189));
    assert_eq!(access.asked() - before, 2);
}
