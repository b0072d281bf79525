//! Questions to the clean account, changed in one place each: how AWS decides them, and what the answer says of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

mod context;
mod everyone;
mod external;
mod grants;
mod policies;
mod principal;
mod rotation;
mod turn_on;
mod way;
mod witness;

use rotaudit::access::{Access, Caller, Question, Scope, Target, Way};
use rotaudit::arn::{AccountId, Arn};
use rotaudit::inventory::{Gap, Grant, Inventory, Known, NamedDocument, clean};
use rotaudit::policy::case::Case;
use rotaudit::policy::{Decision, Document, Entry, evaluate};
use serde_json::{Value, json};

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn account(change: impl FnOnce(&mut Inventory)) -> Inventory {
    let mut inventory = clean::account().unwrap();
    change(&mut inventory);
    inventory
}

fn function_policy(inventory: &mut Inventory, qualifier: &str, statements: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let function = inventory.functions.values_mut().next().unwrap();
    function.policies.insert(qualifier.to_owned(), Known::Value(Some(Document::new(policy))));
}

fn secret_policy(inventory: &mut Inventory, statement: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    let secret = inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap();
    secret.policies = Known::Value(vec![NamedDocument::new("default", Document::new(policy))]);
}

fn key_policy(inventory: &mut Inventory, statement: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    inventory
        .keys
        .values_mut()
        .for_each(|key| key.policies = Known::Value(vec![NamedDocument::new("default", Document::new(policy.clone()))]));
}

fn role_policy(inventory: &mut Inventory, statement: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
    for account in inventory.accounts.values_mut() {
        if let Known::Value(identities) = &mut account.identities {
            identities
                .roles
                .values_mut()
                .for_each(|role| role.permissions.inline = vec![NamedDocument::new("rotate", Document::new(policy.clone()))]);
        }
    }
}

fn role() -> Caller {
    Caller::Function { role: arn(clean::ROLE), function: arn(clean::FUNCTION), way: Way::Outside }
}

fn decrypt() -> Question {
    Question::new(Caller::Forwarded { role: arn(clean::ROLE), function: arn(clean::FUNCTION) }, "kms:Decrypt", Target::Key(arn(clean::KEY)))
        .with("kms:EncryptionContext:SecretARN", Entry::single(clean::SECRET))
        .with("kms:EncryptionContext:SecretVersionId", Entry::single("v1"))
        .with("kms:EncryptionContextKeys", Entry::Multi(vec!["SecretARN".into(), "SecretVersionId".into()]))
}

fn invoke(function: &str, source: &str) -> Question {
    let caller = Caller::Service { name: "secretsmanager.amazonaws.com".into(), source: Some(arn(source)) };
    Question::new(caller, "lambda:InvokeFunction", Target::Function(arn(function)))
}

fn get() -> Question {
    Question::new(role(), "secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)))
}

fn decided(inventory: &Inventory, question: &Question) -> (Decision, String) {
    let answer = Access::new(inventory).ask(question);
    (answer.decision, answer.because())
}

#[test]
fn secrets_manager_of_another_account_is_denied_by_the_source_account() {
    let inventory = account(|_| {});
    let foreign = "arn:aws:secretsmanager:eu-west-1:999999999999:secret:x-AbCdEf";
    assert_eq!(decided(&inventory, &invoke(clean::FUNCTION, clean::SECRET)).0, Decision::Allowed);
    let (decision, because) = decided(&inventory, &invoke(clean::FUNCTION, foreign));
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("AWS:SourceAccount") && because.contains("999999999999"), "{because}");
}

#[test]
fn a_permission_on_the_function_does_not_cover_its_alias_nor_the_reverse() {
    let alias = format!("{}:live", clean::FUNCTION);
    let statement = |resource: &str| json!([{"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": resource}]);
    let inventory =
        account(|inventory| inventory.functions.values_mut().for_each(|f| drop(f.policies.insert("live".into(), Known::Value(None)))));
    assert_eq!(decided(&inventory, &invoke(&alias, clean::SECRET)).0, Decision::ImplicitDeny);
    let inventory = account(|inventory| {
        function_policy(inventory, "", &json!([]));
        function_policy(inventory, "live", &statement(&alias));
    });
    assert_eq!(decided(&inventory, &invoke(&alias, clean::SECRET)).0, Decision::Allowed);
    assert_eq!(decided(&inventory, &invoke(clean::FUNCTION, clean::SECRET)).0, Decision::ImplicitDeny);
}

#[test]
fn a_function_level_document_that_names_every_version_is_open_on_a_qualified_call() {
    let alias = format!("{}:live", clean::FUNCTION);
    let inventory = account(|inventory| {
        let statement = json!([{"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction",
            "Resource": format!("{}:*", clean::FUNCTION)}]);
        function_policy(inventory, "", &statement);
        inventory.functions.values_mut().for_each(|f| drop(f.policies.insert("live".into(), Known::Value(None))));
    });
    let (decision, because) = decided(&inventory, &invoke(&alias, clean::SECRET));
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("not documented"), "{because}");
}

#[test]
fn a_function_policy_that_was_put_as_a_document_denies_by_any_condition() {
    let invoke_from = |condition: &Value| {
        let inventory = account(|inventory| {
            let allow = json!({"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction",
                "Resource": [clean::FUNCTION, format!("{}:*", clean::FUNCTION)]});
            let deny =
                json!({"Sid": "Not", "Effect": "Deny", "Principal": "*", "Action": "lambda:*", "Resource": "*", "Condition": condition});
            function_policy(inventory, "", &json!([allow, deny]));
        });
        decided(&inventory, &invoke(clean::FUNCTION, clean::SECRET))
    };
    assert_eq!(
        invoke_from(&json!({"ArnNotLike": {"aws:SourceArn": "arn:aws:secretsmanager:*:111122223333:secret:prod/*"}})).0,
        Decision::Allowed
    );
    let (decision, because) = invoke_from(&json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}));
    assert_eq!(decision, Decision::ExplicitDeny, "a service has no organization");
    assert!(because.contains("(Not)") && because.contains("aws:PrincipalOrgID"), "{because}");
    assert_eq!(invoke_from(&json!({"Bool": {"aws:PrincipalIsAWSService": "false"}})).0, Decision::Allowed);
    assert_eq!(invoke_from(&json!({"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})).0, Decision::ExplicitDeny);
}

#[test]
fn a_function_level_denial_of_every_version_is_open_on_a_qualified_call() {
    let alias = format!("{}:live", clean::FUNCTION);
    let service = json!({"Service": "secretsmanager.amazonaws.com"});
    let inventory = account(|inventory| {
        let deny = json!({"Effect": "Deny", "Principal": service, "Action": "lambda:InvokeFunction", "Resource": format!("{}:*", clean::FUNCTION)});
        function_policy(inventory, "", &json!([deny]));
        function_policy(
            inventory,
            "live",
            &json!([{"Effect": "Allow", "Principal": service, "Action": "lambda:InvokeFunction", "Resource": alias}]),
        );
    });
    let (decision, because) = decided(&inventory, &invoke(&alias, clean::SECRET));
    assert_eq!(decision, Decision::Undecided);
    assert!(because.contains("not documented"), "{because}");
}

#[test]
fn a_forwarded_call_carries_no_vpc_endpoint_so_a_perimeter_on_kms_breaks_it() {
    let inventory = account(|inventory| {
        key_policy(
            inventory,
            &json!([
                {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
                {"Sid": "Perimeter", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}},
            ]),
        );
    });
    let (decision, because) = decided(&inventory, &decrypt());
    assert_eq!(decision, Decision::ExplicitDeny);
    assert!(because.contains("Perimeter") && because.contains("aws:SourceVpce"), "{because}");
}

#[test]
fn an_identity_policy_counts_for_a_key_only_where_the_key_policy_leaves_it_to_the_account() {
    let inventory = account(|inventory| {
        key_policy(
            inventory,
            &json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": "kms:*", "Resource": "*"}]),
        );
    });
    let (decision, because) = decided(&inventory, &decrypt());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("identity policies allow it"), "{because}");
}

#[test]
fn a_delegation_under_a_condition_covers_only_what_meets_it() {
    let delegation = |service: &str| {
        account(|inventory| {
            key_policy(
                inventory,
                &json!([{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*",
                "Condition": {"StringEquals": {"kms:ViaService": service}}}]),
            );
        })
    };
    assert_eq!(decided(&delegation("secretsmanager.eu-west-1.amazonaws.com"), &decrypt()).0, Decision::Allowed);
    assert_eq!(decided(&delegation("secretsmanager.us-east-1.amazonaws.com"), &decrypt()).0, Decision::ImplicitDeny);
}

fn granted(grant: &Grant) -> Inventory {
    account(|inventory| {
        role_policy(inventory, &json!([{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": clean::SECRET}]));
        inventory.keys.values_mut().for_each(|key| key.grants = Known::Value(vec![grant.clone()]));
    })
}

fn grant() -> Grant {
    Grant { id: "g1".into(), grantee: Some(clean::ROLE.into()), operations: ["Decrypt".to_owned()].into(), ..Grant::default() }
}

#[test]
fn a_grant_allows_what_no_policy_allows() {
    let subset = |arn: &str| Grant { encryption_context_subset: Some([("SecretARN".to_owned(), arn.to_owned())].into()), ..grant() };
    assert_eq!(decided(&granted(&subset(clean::SECRET)), &decrypt()).0, Decision::Allowed);
    let (decision, because) = decided(&granted(&subset(clean::OTHER_SECRET)), &decrypt());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("grant g1 wants the encryption context SecretARN"), "{because}");
}

#[test]
fn a_grant_on_the_exact_context_never_meets_secrets_manager() {
    let equals = Grant { encryption_context_equals: Some([("SecretARN".to_owned(), clean::SECRET.to_owned())].into()), ..grant() };
    let (decision, because) = decided(&granted(&equals), &decrypt());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("EncryptionContextEquals"), "{because}");
}

#[test]
fn a_grant_of_another_operation_is_said_so() {
    let other = Grant { operations: ["GenerateDataKey".to_owned()].into(), ..grant() };
    let (decision, because) = decided(&granted(&other), &decrypt());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("does not list the operation Decrypt"), "{because}");
}

#[test]
fn grants_that_were_not_listed_leave_the_question_open() {
    let gap = Gap::new("kms:ListGrants", clean::KEY, "AccessDeniedException");
    let inventory = account(|inventory| {
        role_policy(inventory, &json!([]));
        inventory.keys.values_mut().for_each(|key| key.grants = Known::Unreadable(gap.clone()));
    });
    let answer = Access::new(&inventory).ask(&decrypt());
    assert_eq!(answer.decision, Decision::Undecided);
    assert_eq!(answer.missing(), [gap].into());
}

#[test]
fn a_partial_arn_is_pointed_out() {
    let partial = clean::SECRET.strip_suffix("-AbCdEf").unwrap();
    let inventory =
        account(|inventory| role_policy(inventory, &json!([{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": partial}])));
    let (decision, because) = decided(&inventory, &get());
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("lacks the six random characters"), "{because}");
}

#[test]
fn a_denial_on_the_time_is_open_to_asking_and_closed_to_a_witness_only_where_every_value_denies() {
    let until = |operator: &str| {
        account(|inventory| {
            secret_policy(
                inventory,
                &json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {operator: {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}}]),
            );
        })
    };
    let inventory = until("DateGreaterThan");
    assert_eq!(decided(&inventory, &get()).0, Decision::Undecided);
    let witness = Access::new(&inventory).witness(&get());
    assert_eq!(witness.decision, Decision::Allowed, "before that day it is allowed");
    let (request, policies) = serde_json::from_value::<Case>(witness.case()).unwrap().question().unwrap();
    assert_eq!(evaluate(&request, &policies).decision(), Decision::Allowed, "the witness can be replayed");
}

#[test]
fn an_outsider_is_let_in_only_by_a_policy_that_names_everybody() {
    let outsider = |action| {
        Question::new(Caller::Outsider { account: AccountId::parse("999999999999").unwrap() }, action, Target::Secret(arn(clean::SECRET)))
    };
    let open = |condition: Value| {
        account(|inventory| {
            secret_policy(
                inventory,
                &json!([{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": condition}]),
            );
        })
    };
    let asks = |inventory: &Inventory| Access::new(inventory).witness(&outsider("secretsmanager:GetSecretValue")).decision;
    assert_eq!(asks(&account(|_| {})), Decision::ImplicitDeny);
    assert_eq!(asks(&open(json!({}))), Decision::Allowed);
    assert_eq!(asks(&open(json!({"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}))), Decision::ImplicitDeny);
    assert_eq!(asks(&open(json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}))), Decision::Allowed, "any organization");
    assert_eq!(
        asks(&open(json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}}))),
        Decision::Allowed,
        "an account in no organization"
    );
    assert_eq!(asks(&open(json!({"StringEquals": {"aws:PrincipalTag/team": "ours"}}))), Decision::Allowed, "tags are theirs to choose");
    assert_eq!(asks(&open(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))), Decision::ImplicitDeny);
}

#[test]
fn the_managed_key_serves_its_own_account_unless_something_denies() {
    let question = |role_arn: &str| {
        let caller = Caller::Forwarded { role: arn(role_arn), function: arn(clean::FUNCTION) };
        Question::new(caller, "kms:Decrypt", Target::ManagedKey { account: clean::ACCOUNT.into(), region: clean::REGION.into() })
    };
    let inventory = account(|_| {});
    assert_eq!(decided(&inventory, &question(clean::ROLE)).0, Decision::Allowed);
    assert!(decided(&inventory, &question("arn:aws:iam::999999999999:role/other")).0 != Decision::Allowed);
    let denied = account(|inventory| role_policy(inventory, &json!([{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}])));
    assert_eq!(decided(&denied, &question(clean::ROLE)).0, Decision::ExplicitDeny);
}
