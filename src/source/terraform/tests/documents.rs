//! Policy documents that are not known before apply.

use serde_json::json;

use std::path::Path;

use super::plan;
use crate::inventory::Inventory;
use crate::source::terraform::code::{self, Evaluator};
use crate::source::terraform::resolve::Resolver;
use crate::source::terraform::stack;
use crate::source::terraform::world::World;

const A: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-⟦aws_secretsmanager_secret.a#6⟧";
const B: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:b-⟦aws_secretsmanager_secret.b#6⟧";

/// What the plan and its configuration tell, or the plan alone.
fn inventory(with_source: bool) -> Inventory {
    let plan = plan("documents");
    let world = World::after(&plan);
    let code = code::read(Path::new("tests/plans/documents"), &world).unwrap();
    let resolver = Resolver::new(&world, "111122223333", "eu-west-1").with_source(with_source);
    let evaluator = Evaluator::new(&code, &resolver, stack::document);
    stack::inventory(&resolver, with_source.then_some(&evaluator), false, jiff::Timestamp::UNIX_EPOCH)
}

/// The statements of a policy that this resource gives to the role, read with the configuration.
fn statements(name: &str) -> serde_json::Value {
    statements_in(&inventory(true), name)
}

fn statements_in(inventory: &Inventory, name: &str) -> serde_json::Value {
    let identities = inventory.accounts["111122223333"].identities.value().unwrap();
    let role = identities.roles.values().next().unwrap();
    let named = format!("aws_iam_role_policy.{name}");
    let policy = role.permissions.inline.iter().find(|policy| policy.name == named);
    let policy = policy.unwrap_or_else(|| panic!("no {named}: {:?}", role.permissions.inline));
    serde_json::from_str::<serde_json::Value>(policy.document.text()).unwrap()["Statement"].clone()
}

#[test]
fn a_deferred_document_is_put_together_from_its_statements() {
    let expected = json!([{"Sid": "Read", "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [A]}]);
    assert_eq!(statements("plain"), expected);
    let bucket = "arn:aws:⟦aws_s3_bucket.b.service⟧:::⟦aws_s3_bucket.b⟧/*";
    let expected = json!([
        {
            "Effect": "Deny",
            "NotAction": ["s3:*"],
            "NotResource": [A, "arn:aws:s3:::x/${aws:username}"],
            "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:role/r"]},
            "Condition": {"StringEquals": {"kms:EncryptionContext:SecretARN": [A, B]}, "Bool": {"aws:SecureTransport": ["true"]}},
        },
        {"Effect": "Allow", "Action": ["*"], "Resource": [bucket], "Principal": "*"},
    ]);
    assert_eq!(statements("everything"), expected);
}

#[test]
fn documents_that_are_made_of_others_are_merged_by_their_ids() {
    let extra = json!({"Sid": "Extra", "Effect": "Deny", "Action": "*", "Resource": "*"});
    let over = json!({"Sid": "Read", "Effect": "Allow", "Action": ["secretsmanager:*"], "Resource": [B]});
    assert_eq!(statements("merged"), json!([over, extra]));
}

#[test]
fn a_document_goes_through_a_module() {
    let inventory = inventory(true);
    let identities = inventory.accounts["111122223333"].identities.value().unwrap();
    let (arn, document) = identities.policies.iter().next().unwrap();
    assert_eq!(arn.as_str(), "arn:aws:iam::111122223333:policy/p");
    assert!(document.text().contains(A), "{}", document.text());
}

#[test]
fn what_the_plan_hides_of_a_document_may_be_anything_and_says_why() {
    let inventory = inventory(false);
    let statements = |name: &str| statements_in(&inventory, name);
    let unknown = |name: &str, path: &str| statements(name)[0][path].to_string();
    // The name of a secret, with something behind it or replaced in it, has the same references.
    assert_eq!(
        statements("plain")[0]["Resource"],
        json!([
            "⟦?data.aws_iam_policy_document.plain.statement.0.resources.0, made from aws_secretsmanager_secret.a.arn; --source shows how⟧"
        ])
    );
    assert!(unknown("many", "Resource").contains("statement.0.resources.0"), "{}", unknown("many", "Resource"));
    assert!(unknown("two_in_one", "Resource").contains("statement.0.resources.0"), "{}", unknown("two_in_one", "Resource"));
    for name in ["encoded", "heredoc"] {
        let action = unknown(name, "Action");
        assert!(action.contains("⟦?") && action.contains("made from aws_secretsmanager_secret.a.arn"), "{action}");
        assert_eq!(statements(name)[1]["Effect"], "Deny", "it may deny as well");
    }
}
