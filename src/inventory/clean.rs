//! The clean account: one complete, correct rotation, beside a secret that RDS manages. No rule finds anything in it. Tests of
//! rules are single changes to it, and tests elsewhere start from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Account, Function, FunctionConfiguration, Identities, Inventory, Key, KeyMetadata, Known, NamedDocument, Permissions, Role,
    RotationConfiguration, Secret, SecretVersion,
};
use crate::arn::{AccountId, Arn, ArnError};
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

/// The inventory of the clean account. Fails only if one of the constants above is no ARN, which a test excludes.
pub fn account() -> Result<Inventory, ArnError> {
    let as_of = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 20_758); // 2026-11-01
    let days_before = |days: i64| as_of - jiff::SignedDuration::from_hours(24 * days);
    let mut inventory = Inventory::empty(as_of);
    if let Ok(id) = AccountId::parse(ACCOUNT) {
        let identities = Identities { roles: BTreeMap::from([(Arn::parse(ROLE)?, role()?)]), ..Identities::default() };
        let regions = BTreeMap::from([(REGION.to_owned(), Known::Value(()))]);
        inventory.accounts.insert(id, Account { regions, identities: Known::Value(identities), organization: None });
    }
    let rotating = Secret {
        kms_key_id: Some(KEY.to_owned()),
        key: Known::Value(Some(Arn::parse(KEY)?)),
        rotation: RotationConfiguration {
            enabled: true,
            function: Some(Arn::parse(FUNCTION)?),
            after_days: Some(30),
            last_rotated: Some(days_before(12)),
            next_rotation: Some(as_of + jiff::SignedDuration::from_hours(24 * 18)),
            ..RotationConfiguration::default()
        },
        ..secret(SECRET, "prod/db", days_before(200))?
    };
    let managed = Secret {
        owning_service: Some("rds".to_owned()),
        rotation: RotationConfiguration {
            enabled: true,
            after_days: Some(7),
            last_rotated: Some(days_before(3)),
            ..RotationConfiguration::default()
        },
        ..secret(OTHER_SECRET, "rds!cluster-4f1c", days_before(200))?
    };
    inventory.secrets = [rotating, managed].into_iter().map(|secret| (secret.arn.clone(), secret)).collect();
    inventory.functions.insert(Arn::parse(FUNCTION)?, function()?);
    inventory.keys.insert(Arn::parse(KEY)?, key()?);
    Ok(inventory)
}

fn secret(arn: &str, name: &str, created_at: Timestamp) -> Result<Secret, ArnError> {
    let version = SecretVersion { id: CURRENT_VERSION.to_owned(), created_at: Some(created_at), key_ids: Vec::new() };
    Ok(Secret {
        arn: Arn::parse(arn)?,
        name: name.to_owned(),
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
    })
}

fn function() -> Result<Function, ArnError> {
    Ok(Function {
        arn: Arn::parse(FUNCTION)?,
        configuration: Known::Value(Some(FunctionConfiguration {
            role: Some(Arn::parse(ROLE)?),
            runtime: Some("python3.13".to_owned()),
            timeout_seconds: Some(30),
            state: Some("Active".to_owned()),
            last_update_status: Some("Successful".to_owned()),
            endpoint_variables: BTreeMap::from([(
                "SECRETS_MANAGER_ENDPOINT".to_owned(),
                "https://secretsmanager.eu-west-1.amazonaws.com".to_owned(),
            )]),
            ..FunctionConfiguration::default()
        })),
        policies: BTreeMap::from([(
            String::new(),
            Known::Value(Some(document(&json!({
                "Version": "2012-10-17",
                "Id": "default",
                "Statement": [{
                    "Sid": "SecretsManager",
                    "Effect": "Allow",
                    "Principal": {"Service": "secretsmanager.amazonaws.com"},
                    "Action": "lambda:InvokeFunction",
                    "Resource": FUNCTION,
                    "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT}},
                }],
            })))),
        )]),
        reserved_concurrency: Known::Value(None),
        urls: Known::Value(Vec::new()),
        tags: Known::Value(BTreeMap::new()),
    })
}

fn role() -> Result<Role, ArnError> {
    let permissions = document(&json!({
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
                "Resource": SECRET,
            },
            {"Sid": "RandomPassword", "Effect": "Allow", "Action": "secretsmanager:GetRandomPassword", "Resource": "*"},
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": KEY,
                "Condition": {"StringEquals": {"kms:EncryptionContext:SecretARN": SECRET}},
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/rotate-db:*"),
            },
        ],
    }));
    Ok(Role {
        arn: Arn::parse(ROLE)?,
        id: "AROAEXAMPLEROTATEDB01".to_owned(),
        trust: document(&json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
        })),
        permissions: Permissions { inline: vec![NamedDocument::new("rotate", permissions)], ..Permissions::default() },
        tags: BTreeMap::new(),
    })
}

fn key() -> Result<Key, ArnError> {
    let policy = document(&json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
            "Action": "kms:*",
            "Resource": "*",
        }],
    }));
    Ok(Key {
        arn: Arn::parse(KEY)?,
        metadata: Known::Value(Some(KeyMetadata {
            state: "Enabled".to_owned(),
            aws_managed: false,
            spec: Some("SYMMETRIC_DEFAULT".to_owned()),
            usage: Some("ENCRYPT_DECRYPT".to_owned()),
            valid_to: None,
            deletion_at: None,
        })),
        policies: Known::Value(vec![NamedDocument::new("default", policy)]),
        grants: Known::Value(Vec::new()),
    })
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
