//! KMS keys and their aliases.

use std::collections::BTreeMap;

use super::properties::gap_of;
use super::resources::Stack;
use crate::arn::Arn;
use crate::inventory::{Gap, Key, KeyMetadata, Known, NamedDocument};
use crate::policy::Text;
use crate::source::cloudformation::document::TemplateError;

/// The keys that the stack makes.
pub(super) fn keys(stack: &Stack<'_>) -> Result<BTreeMap<Arn, Key>, TemplateError> {
    let mut keys = BTreeMap::new();
    for it in stack.of_kind("AWS::KMS::Key").chain(stack.of_kind("AWS::KMS::ReplicaKey")) {
        let text = |name: &str| Ok::<_, TemplateError>(it.text(name)?.map(|text| text.written().into_owned()));
        let mut open = None;
        for name in ["Enabled", "KeySpec", "KeyUsage"] {
            if let Some(unknown) = it.text(name)?.filter(Text::has_unknown) {
                open = Some(gap_of(it.id, &unknown.written()));
            }
        }
        let enabled = text("Enabled")?.is_none_or(|enabled| enabled != "false");
        let metadata = KeyMetadata {
            state: if enabled { "Enabled" } else { "Disabled" }.to_owned(),
            aws_managed: false,
            spec: Some(text("KeySpec")?.unwrap_or_else(|| "SYMMETRIC_DEFAULT".to_owned())),
            usage: Some(text("KeyUsage")?.unwrap_or_else(|| "ENCRYPT_DECRYPT".to_owned())),
            valid_to: None,
            deletion_at: None,
        };
        let arn = it.arn("Arn")?;
        // Without a policy KMS gives the account, and so its IAM policies, all rights
        // (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
        let by_default = || {
            let root = format!("arn:{}:iam::{}:root", arn.partition_name(), stack.account);
            let statement = serde_json::json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
            crate::policy::Document::new(serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
        };
        let policies = it.document("KeyPolicy")?.map(|document| vec![NamedDocument::new("default", document.unwrap_or_else(by_default))]);
        let key = Key {
            arn: arn.clone(),
            metadata: open.map_or(Known::Value(Some(metadata)), Known::Unreadable),
            policies,
            grants: Known::Value(Vec::new()),
        };
        keys.insert(arn, key);
    }
    Ok(keys)
}

/// The key that a text names: by ARN, by id, or by an alias of the stack.
pub(super) fn named(stack: &Stack<'_>, id: &str, text: &Text) -> Result<Known<Option<Arn>>, TemplateError> {
    let (keys, replicas) = (stack.called("AWS::KMS::Key", &text.written())?, stack.called("AWS::KMS::ReplicaKey", &text.written())?);
    for key in keys.into_iter().chain(replicas) {
        let arn = key.arn("Arn")?;
        if key.reference()? == *text || text.written() == arn.as_str() {
            return Ok(Known::Value(Some(arn)));
        }
    }
    let written = text.written();
    if let Some(alias) = written.strip_prefix("alias/").or_else(|| Some(written.split_once(":alias/")?.1)) {
        if alias == "aws/secretsmanager" {
            return Ok(Known::Value(None));
        }
        for it in stack.of_kind("AWS::KMS::Alias") {
            if it.text("AliasName")?.is_some_and(|name| name.written().strip_prefix("alias/") == Some(alias))
                && let Some(target) = it.text("TargetKeyId")?
                && target != *text
            {
                return named(stack, it.id, &target);
            }
        }
        return Ok(Known::Unreadable(Gap::not_collected("kms:DescribeKey", &written)));
    }
    if text.has_unknown() && !written.starts_with("arn:") {
        return Ok(Known::Unreadable(gap_of(id, &written)));
    }
    let partition = crate::arn::Partition::of_region(stack.region);
    let arn =
        Arn::parse(&written).or_else(|_| Arn::build(partition, "kms", stack.region, stack.account.as_str(), &format!("key/{written}")));
    Ok(arn.map_or_else(|error| Known::Unreadable(Gap::new("template", id, &error.to_string())), |arn| Known::Value(Some(arn))))
}
