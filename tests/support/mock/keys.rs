//! KMS as the mock tells it. Aliases are those by which secrets name their keys, and those of the inventory.

use rotaudit::arn::Arn;
use rotaudit::inventory::{Grant, Inventory, Key, Known, Secret};
use serde_json::{Value, json};

use super::PLANTED;
use super::scope::{Failure, Scope, fact, seconds};
use super::wire::Asked;

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Value, Failure> {
    let missing = || Failure::new(400, "NotFoundException", "Invalid keyId");
    let id = asked.field("KeyId").and_then(|id| Arn::parse(id).ok()).filter(|arn| scope.is_here(arn)).ok_or_else(missing)?;
    let arn = if id.resource().starts_with("alias/") && operation == "DescribeKey" { behind(scope.inventory, &id)? } else { Some(id) };
    let key = arn.and_then(|arn| scope.inventory.keys.get(&arn)).ok_or_else(missing)?;
    if operation != "DescribeKey" && matches!(key.metadata, Known::Value(None)) {
        return Err(missing());
    }
    match operation {
        "DescribeKey" => describe(key)?.ok_or_else(missing),
        "GetKeyPolicy" => {
            let policy = fact(&key.policies)?.iter().find(|policy| Some(policy.name.as_str()) == asked.field("PolicyName"));
            policy.map(|policy| json!({"Policy": policy.document.text(), "PolicyName": policy.name})).ok_or_else(missing)
        }
        "ListGrants" => {
            let (grants, next) = scope.page(fact(&key.grants)?.iter().collect(), asked.token());
            let grants: Vec<Value> = grants.into_iter().map(|it| grant(key, it)).collect();
            Ok(json!({"Grants": grants, "Truncated": next.is_some(), "NextMarker": next}))
        }
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

/// The key behind an alias's ARN, as some secret or the account knows it.
fn behind(inventory: &Inventory, alias: &Arn) -> Result<Option<Arn>, Failure> {
    let names_it = |secret: &&Secret| {
        let id = secret.kms_key_id.as_deref().unwrap_or_default();
        id == alias.as_str() || (id == alias.resource() && secret.arn.region() == alias.region() && secret.arn.account() == alias.account())
    };
    match inventory.secrets.values().find(names_it) {
        Some(secret) => fact(&secret.key).cloned(),
        None => inventory.aliases.get(alias).map(fact).transpose().map(Option::<&Arn>::cloned),
    }
}

fn describe(key: &Key) -> Result<Option<Value>, Failure> {
    Ok(fact(&key.metadata)?.as_ref().map(|it| {
        json!({"KeyMetadata": {
            "KeyId": key.arn.name(),
            "Arn": key.arn,
            "AWSAccountId": key.arn.account(),
            "Enabled": it.state == "Enabled",
            "KeyState": it.state,
            "Description": PLANTED,
            "KeyManager": if it.aws_managed { "AWS" } else { "CUSTOMER" },
            "KeySpec": it.spec,
            "KeyUsage": it.usage,
            "ValidTo": seconds(it.valid_to),
            "DeletionDate": seconds(it.deletion_at),
        }})
    }))
}

fn grant(key: &Key, it: &Grant) -> Value {
    let constraints = json!({
        "EncryptionContextSubset": it.encryption_context_subset,
        "EncryptionContextEquals": it.encryption_context_equals,
        "SourceArn": it.source_arn,
    });
    json!({
        "KeyId": key.arn,
        "GrantId": it.id,
        "Name": it.name.clone().unwrap_or_default(),
        "GranteePrincipal": it.grantee,
        "GranteeServicePrincipal": it.grantee_service,
        "IssuingAccount": it.issuing_account,
        "Operations": it.operations,
        "Constraints": constraints,
    })
}
