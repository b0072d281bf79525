//! Secrets Manager as the mock tells it.

use rotaudit::arn::{AccountId, Arn};
use rotaudit::inventory::Secret;
use serde_json::{Value, json};

use super::PLANTED;
use super::scope::{Failure, Scope, fact, seconds};
use super::wire::Asked;

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Value, Failure> {
    match operation {
        "ListSecrets" => list(scope, asked),
        "ListSecretVersionIds" => {
            let secret = secret(scope, asked)?;
            let (versions, next) = scope.page(fact(&secret.versions)?.iter().collect(), asked.token());
            let versions: Vec<Value> = versions
                .into_iter()
                .map(|version| {
                    let stages = secret.stages.get(&version.id);
                    json!({"VersionId": version.id, "VersionStages": stages, "CreatedDate": seconds(version.created_at), "KmsKeyIds": version.key_ids,
                           "SecretString": PLANTED})
                })
                .collect();
            Ok(json!({"ARN": secret.arn, "Name": secret.name, "Versions": versions, "NextToken": next}))
        }
        "ListResourcePolicies" => {
            let secret = secret(scope, asked)?;
            secret.policies_listed.as_ref().map(fact).transpose()?;
            // Whoever cannot read a policy can still be told that there is one.
            let names =
                secret.policies.value().map_or(vec!["default"], |policies| policies.iter().map(|policy| policy.name.as_str()).collect());
            let (names, next) = scope.page(names, asked.token());
            let policies: Vec<Value> = names.into_iter().map(|name| json!({"PolicyName": name})).collect();
            Ok(json!({"ResourcePolicies": policies, "NextToken": next}))
        }
        "GetResourcePolicy" => {
            let secret = secret(scope, asked)?;
            let name = asked.field("PolicyName").unwrap_or("default");
            let policy = fact(&secret.policies)?.iter().find(|policy| policy.name == name);
            if policy.is_none() && name != "default" {
                return Err(Failure::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified policy."));
            }
            let text = policy.map(|policy| policy.document.text());
            Ok(json!({"ARN": secret.arn, "Name": secret.name, "PolicyName": name, "ResourcePolicy": text}))
        }
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

fn list(scope: &Scope<'_>, asked: &Asked) -> Result<Value, Failure> {
    let account = AccountId::parse(scope.account).ok().and_then(|id| scope.inventory.accounts.get(&id));
    if let Some(region) = account.and_then(|account| account.regions.get(scope.region)) {
        fact(region)?;
    }
    let deleted_too = asked.field("IncludePlannedDeletion") == Some("true");
    let of_here = scope.inventory.secrets.values().filter(|secret| {
        scope.is_here(&secret.arn) && secret.arn.account() == scope.account && (deleted_too || secret.deleted_at.is_none())
    });
    let (secrets, next) = scope.page(of_here.collect(), asked.token());
    let secrets: Vec<Value> = secrets.into_iter().map(entry).collect();
    Ok(json!({"SecretList": secrets, "NextToken": next}))
}

fn entry(secret: &Secret) -> Value {
    let rotation = &secret.rotation;
    let tags: Vec<Value> = secret.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.kms_key_id,
        "RotationEnabled": rotation.enabled,
        "RotationLambdaARN": rotation.function,
        "RotationRules": {
            "AutomaticallyAfterDays": rotation.after_days,
            "ScheduleExpression": rotation.schedule,
            "Duration": rotation.window,
        },
        "ExternalSecretRotationRoleArn": rotation.external_role,
        "ExternalSecretRotationMetadata": [{"Key": "adminToken", "Value": PLANTED}],
        // What no honest service says.
        "SecretString": PLANTED,
        "Type": secret.external_type,
        "LastRotatedDate": seconds(rotation.last_rotated),
        "NextRotationDate": seconds(rotation.next_rotation),
        "DeletedDate": seconds(secret.deleted_at),
        "CreatedDate": seconds(secret.created_at),
        "Tags": tags,
        "SecretVersionsToStages": secret.stages,
        "OwningService": secret.owning_service,
        "PrimaryRegion": secret.primary_region,
    })
}

fn secret<'a>(scope: &Scope<'a>, asked: &Asked) -> Result<&'a Secret, Failure> {
    let arn = asked.field("SecretId").and_then(|id| Arn::parse(id).ok()).filter(|arn| scope.is_here(arn));
    arn.and_then(|arn| scope.inventory.secrets.get(&arn))
        .ok_or_else(|| Failure::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."))
}
