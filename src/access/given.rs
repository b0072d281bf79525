//! Policies that nobody wrote into the inventory: those of strangers, and those that AWS gives to keys. `policies` and `estate` ask here.

use std::sync::LazyLock;

use serde_json::json;

use super::services::via_service;
use crate::arn::Arn;
use crate::policy::{Attached, Document, PolicyKind};

/// Allows everything to everybody.
static OPEN: LazyLock<Document> = LazyLock::new(|| {
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}});
    Document::new(policy.to_string())
});

/// Allows everything to whoever has it.
static ADMINISTRATOR: LazyLock<Document> = LazyLock::new(|| {
    let policy = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    Document::new(policy.to_string())
});

/// What somebody in an account of their own may do there.
pub(super) fn administrator(account: &str) -> Attached {
    Attached::document(PolicyKind::Identity, format!("of an administrator in account {account}"), ADMINISTRATOR.clone())
}

/// A policy of somebody who wants everybody in.
pub(super) fn open_to_all(name: &str) -> Attached {
    Attached::document(PolicyKind::Resource, name, OPEN.clone())
}

/// The default key policy: the account may delegate through IAM
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
pub(super) fn default_key_policy(arn: &Arn) -> Attached {
    let root = format!("arn:{}:iam::{}:root", arn.partition_name(), arn.account());
    let policy =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}});
    Attached::document(PolicyKind::Resource, "(default key policy) of another key", Document::new(policy.to_string()))
}

/// The policy of `aws/secretsmanager`, which nobody can change
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>).
pub(super) fn managed_key_policy(account: &str, region: &str) -> Attached {
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": account, "kms:ViaService": via_service(region)}},
    }});
    Attached::document(PolicyKind::Resource, "of key aws/secretsmanager", Document::new(policy.to_string()))
}
