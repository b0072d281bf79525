//! The account part of the clean account: one rotation, its role and key, and a secret that RDS manages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::arn::{AccountId, Arn, ArnError};
use crate::inventory::{
    Account, Function, FunctionConfiguration, FunctionDetails, Identities, Inventory, Key, KeyMetadata, Known, NamedDocument, Permissions,
    Role, RotationConfiguration, Secret, SecretVersion, Variables,
};
use crate::policy::Document;

/// The account of the clean account.
pub const ACCOUNT: &str = "111122223333";
/// Its region.
pub const REGION: &str = "eu-west-1";
/// The secret that rotates.
pub const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";
/// A secret that RDS manages, so that there is another one to be kept from.
pub const OTHER_SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!cluster-4f1c-GhIjKl";
/// The rotation function.
pub const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-db";
/// Its execution role.
pub const ROLE: &str = "arn:aws:iam::111122223333:role/rotate-db";
/// The customer managed key of the secret.
pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-1111-2222-3333-444455556666";
/// The version that is current.
pub const CURRENT_VERSION: &str = "7d1f6d5e-0c4b-4a55-9a57-3f4f7f0a1b2c";

/// The links of one rotation, correct in themselves and with each other.
#[derive(Debug, Clone)]
pub struct Links {
    /// The secret, rotated twelve days ago.
    pub secret: Secret,
    /// Its function.
    pub function: Function,
    /// The function's execution role.
    pub role: Role,
    /// The secret's key.
    pub key: Key,
}

/// A correct rotation of `secret` by `function` in the session of `role`, under `key`, as of `as_of`.
pub fn rotation(secret: &Arn, function: &Arn, role: &Arn, key: &Arn, as_of: Timestamp) -> Links {
    let rotation = RotationConfiguration {
        enabled: true,
        function: Some(function.clone()),
        after_days: Some(30),
        schedule: Some("rate(30 days)".to_owned()),
        last_rotated: Some(days_before(as_of, 12)),
        next_rotation: Some(as_of + SignedDuration::from_hours(24 * 18)),
        ..RotationConfiguration::default()
    };
    Links {
        secret: Secret {
            kms_key_id: Some(key.to_string()),
            key: Known::Value(Some(key.clone())),
            rotation,
            ..bare_secret(secret, days_before(as_of, 200))
        },
        function: rotation_function(function, role, secret, days_before(as_of, 200)),
        role: execution_role(role, secret, key, function),
        key: customer_key(key),
    }
}

/// The inventory of the clean account. Fails only if one of the constants above is no ARN, which a test excludes.
pub fn account() -> Result<Inventory, ArnError> {
    let as_of = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_758); // 2026-11-01
    let mut inventory = Inventory::empty(as_of);
    let links = rotation(&Arn::parse(SECRET)?, &Arn::parse(FUNCTION)?, &Arn::parse(ROLE)?, &Arn::parse(KEY)?, as_of);
    let rotation = RotationConfiguration {
        enabled: true,
        after_days: Some(7),
        last_rotated: Some(days_before(as_of, 3)),
        ..RotationConfiguration::default()
    };
    let managed =
        Secret { owning_service: Some("rds".to_owned()), rotation, ..bare_secret(&Arn::parse(OTHER_SECRET)?, days_before(as_of, 200)) };
    let identities = Identities { roles: BTreeMap::from([(links.role.arn.clone(), links.role)]), ..Identities::default() };
    if let Ok(id) = AccountId::parse(ACCOUNT) {
        let regions = BTreeMap::from([(REGION.to_owned(), Known::Value(()))]);
        inventory.accounts.insert(id, Account::new(regions, Known::Value(identities)));
    }
    inventory.secrets = [links.secret, managed].into_iter().map(|secret| (secret.arn.clone(), secret)).collect();
    inventory.functions.insert(links.function.arn.clone(), links.function);
    inventory.keys.insert(links.key.arn.clone(), links.key);
    Ok(inventory)
}

fn days_before(as_of: Timestamp, days: i64) -> Timestamp {
    as_of - SignedDuration::from_hours(24 * days)
}

/// A secret that does not rotate, with one version and no policy, under `aws/secretsmanager`.
pub fn bare_secret(arn: &Arn, created_at: Timestamp) -> Secret {
    let version = SecretVersion { id: CURRENT_VERSION.to_owned(), created_at: Some(created_at), key_ids: Vec::new() };
    Secret {
        arn: arn.clone(),
        name: arn.name().to_owned(),
        description: None,
        tags: BTreeMap::new(),
        kms_key_id: None,
        key: Known::Value(None),
        rotation: RotationConfiguration::default(),
        owning_service: None,
        primary_region: None,
        deleted_at: None,
        created_at: Some(created_at),
        external_type: None,
        stages: BTreeMap::from([(CURRENT_VERSION.to_owned(), BTreeSet::from(["AWSCURRENT".to_owned(), "AWSPENDING".to_owned()]))]),
        versions: Known::Value(vec![version]),
        policies: Known::Value(Vec::new()),
        policies_listed: Some(Known::Value(())),
        target: None,
        master: None,
    }
}

fn rotation_function(arn: &Arn, role: &Arn, secret: &Arn, changed: Timestamp) -> Function {
    let endpoint = format!("https://secretsmanager.{}.amazonaws.com", secret.region());
    let policy = json!({
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [{
            "Sid": "SecretsManager",
            "Effect": "Allow",
            "Principal": {"Service": "secretsmanager.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": arn.as_str(),
            "Condition": {"StringEquals": {"AWS:SourceAccount": secret.account()}},
        }],
    });
    Function {
        arn: arn.clone(),
        configuration: Known::Value(Some(FunctionConfiguration {
            role: Some(role.clone()),
            runtime: Some("python3.13".to_owned()),
            timeout_seconds: Some(30),
            state: Some("Active".to_owned()),
            last_update_status: Some("Successful".to_owned()),
            endpoint_variables: BTreeMap::from([("SECRETS_MANAGER_ENDPOINT".to_owned(), endpoint)]),
            details: Some(details(changed)),
            ..FunctionConfiguration::default()
        })),
        qualified: BTreeMap::new(),
        policies: BTreeMap::from([(String::new(), Known::Value(Some(document(&policy))))]),
        reserved_concurrency: Known::Value(None),
        provisioned_concurrency: BTreeMap::new(),
        urls: Known::Value(Vec::new()),
        tags: Known::Value(BTreeMap::new()),
    }
}

/// A function of AWS's template, packed as a zip archive.
fn details(changed: Timestamp) -> FunctionDetails {
    FunctionDetails {
        last_modified: Some(changed),
        package_type: Some("Zip".to_owned()),
        memory_mb: Some(128),
        architectures: BTreeSet::from(["x86_64".to_owned()]),
        log_format: Some("Text".to_owned()),
        variables: Known::Value(Variables { names: BTreeSet::from(["SECRETS_MANAGER_ENDPOINT".to_owned()]), ..Variables::default() }),
        ..FunctionDetails::default()
    }
}

/// The permissions that a rotation needs and no more
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html>).
fn execution_role(arn: &Arn, secret: &Arn, key: &Arn, function: &Arn) -> Role {
    let logs = format!("arn:aws:logs:{}:{}:log-group:/aws/lambda/{}:*", function.region(), function.account(), function.name());
    let permissions = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Rotate",
                "Effect": "Allow",
                "Action": [
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                "Resource": secret.as_str(),
            },
            {"Sid": "RandomPassword", "Effect": "Allow", "Action": "secretsmanager:GetRandomPassword", "Resource": "*"},
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": key.as_str(),
                "Condition": {"StringEquals": {"kms:EncryptionContext:SecretARN": secret.as_str()}},
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": logs,
            },
        ],
    });
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    });
    Role {
        arn: arn.clone(),
        id: format!("AROA{}", arn.name().to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "X")),
        trust: document(&trust),
        permissions: Permissions { inline: vec![NamedDocument::new("rotate", document(&permissions))], ..Permissions::default() },
        tags: BTreeMap::new(),
    }
}

/// An enabled key with the policy that KMS gives to new ones
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
fn customer_key(arn: &Arn) -> Key {
    let policy = json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{}:root", arn.account())},
            "Action": "kms:*",
            "Resource": "*",
        }],
    });
    Key {
        arn: arn.clone(),
        metadata: Known::Value(Some(KeyMetadata {
            state: "Enabled".to_owned(),
            aws_managed: false,
            spec: Some("SYMMETRIC_DEFAULT".to_owned()),
            usage: Some("ENCRYPT_DECRYPT".to_owned()),
            valid_to: None,
            deletion_at: None,
        })),
        policies: Known::Value(vec![NamedDocument::new("default", document(&policy))]),
        grants: Known::Value(Vec::new()),
    }
}

fn document(policy: &Value) -> Document {
    Document::new(policy.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clean_account_is_complete() {
        let inventory = account().unwrap();
        assert_eq!(inventory.as_of.to_string(), "2026-11-01T00:00:00Z");
        assert!(inventory.gaps().is_empty());
        assert!(inventory.role(&Arn::parse(ROLE).unwrap()).value().unwrap().is_some());
        assert!(inventory.secrets.values().all(|secret| secret.version_with("AWSCURRENT").is_some()));
    }
}
