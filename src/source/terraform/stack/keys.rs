//! KMS keys, their policies, grants and aliases.

use std::collections::{BTreeMap, BTreeSet};

use super::documents;
use super::resources::Stack;
use super::thing::{Thing, gap_of};
use crate::arn::{Arn, Partition};
use crate::inventory::{Gap, Grant, Key, KeyMetadata, Known, NamedDocument};
use crate::policy::{Document, Text};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

/// The types that are keys.
pub(super) const KEYS: [&str; 3] = ["aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key"];

/// The keys that the plan makes.
pub(super) fn keys(stack: &Stack<'_>) -> BTreeMap<Arn, Key> {
    let mut keys = BTreeMap::new();
    for it in KEYS.into_iter().flat_map(|kind| stack.of_kind(kind)) {
        let Some(arn) = it.arn() else { continue };
        let enabled = ["is_enabled", "enabled"].into_iter().all(|name| it.value(name).and_then(Value::text) != Some("false"));
        let metadata = KeyMetadata {
            state: it
                .value("key_state")
                .and_then(Value::text)
                .filter(|_| enabled)
                .unwrap_or(if enabled { "Enabled" } else { "Disabled" })
                .to_owned(),
            aws_managed: false,
            spec: Some(
                it.text("customer_master_key_spec").filter(|spec| !spec.contains('⟦')).unwrap_or_else(|| "SYMMETRIC_DEFAULT".to_owned()),
            ),
            usage: Some(it.text("key_usage").filter(|usage| !usage.contains('⟦')).unwrap_or_else(|| "ENCRYPT_DECRYPT".to_owned())),
            valid_to: None,
            deletion_at: None,
        };
        let key = Key {
            metadata: open(it).map_or(Known::Value(Some(metadata)), Known::Unreadable),
            policies: policy(stack, it, &arn).map(|document| vec![NamedDocument::new("default", document)]),
            grants: grants(stack, it, &arn),
            arn: arn.clone(),
        };
        keys.insert(arn, key);
    }
    keys
}

/// Why it is not known whether a key is on and what it can be used for. What nobody writes is AWS's own choice.
fn open(it: Thing<'_>) -> Option<Gap> {
    let names = ["is_enabled", "enabled", "customer_master_key_spec", "key_usage"];
    let is_open = |name: &&str| it.value(name) == Some(&Value::Unknown);
    // A key that is made without material waits for somebody to import it
    // (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/kms_external_key).
    let waits = is_open(&"key_state") && !it.is_set("key_material_base64");
    let name = names.into_iter().find(|name| is_open(name) && it.is_written(name)).or_else(|| waits.then_some("key_state"))?;
    Some(it.unknown(name))
}

/// The policy of a key: its own, one that another resource gives to it, or the one that KMS gives to new keys
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
fn policy(stack: &Stack<'_>, it: Thing<'_>, arn: &Arn) -> Known<Document> {
    let by_default = || {
        let root = format!("arn:{}:iam::{}:root", arn.partition_name(), arn.account());
        let statement = serde_json::json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
        Document::new(serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
    };
    if let Some(other) = of_key(stack, "aws_kms_key_policy", arn).into_iter().find(|other| is(other, "key_id", it, arn)) {
        let policy = documents::of(other, "policy").map(|document| document.unwrap_or_else(by_default));
        return other.contested().map_or(policy, Known::Unreadable);
    }
    // One for a key that is not known may be for this one.
    if let Some(gap) = of_key(stack, "aws_kms_key_policy", arn).into_iter().find_map(unknown_key) {
        return Known::Unreadable(gap);
    }
    // Where nobody writes one, Terraform learns the policy from KMS. One that another resource gave is that of new keys again, once that resource is gone
    // (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/kms/key_policy.go>).
    let mut names = ["arn", "key_id"].into_iter().filter_map(|name| it.value(name)?.text());
    let mut is_given_up = || names.any(|name| !stack.given_up("aws_kms_key_policy", "key_id", name).is_empty());
    let is_left_alone = !it.is_written("policy") || (it.value("policy").is_some() && it.was("policy") == it.value("policy"));
    let is_learned = !it.is_written("policy") && it.value("policy") == Some(&Value::Unknown);
    if is_learned || (is_left_alone && is_given_up()) {
        return Known::Value(by_default());
    }
    documents::of(it, "policy").map(|document| document.unwrap_or_else(by_default))
}

/// The resources of one type that may belong to this key.
fn of_key<'a>(stack: &Stack<'a>, kind: &'static str, arn: &Arn) -> Vec<Thing<'a>> {
    stack.naming(kind, "key_id", Want::arn(Kind::Key), arn.as_str())
}

/// Whether an attribute of another resource names this key.
fn is(other: &Thing<'_>, attribute: &str, it: Thing<'_>, arn: &Arn) -> bool {
    let Some(text) = other.naming(attribute, Want::arn(Kind::Key)) else { return false };
    let written = text.written();
    *written == *arn.as_str() || *written == *arn.name() || it.text("key_id").is_some_and(|id| id == *written)
}

/// Why it is not known which key a resource is about, where it is not.
fn unknown_key(other: Thing<'_>) -> Option<Gap> {
    other.naming("key_id", Want::arn(Kind::Key)).filter(Text::has_unknown).map(|_| other.unknown("key_id"))
}

fn grants(stack: &Stack<'_>, it: Thing<'_>, arn: &Arn) -> Known<Vec<Grant>> {
    let mut grants = Vec::new();
    for other in of_key(stack, "aws_kms_grant", arn) {
        if is(&other, "key_id", it, arn) {
            match grant(other) {
                Known::Value(grant) => grants.push(grant),
                Known::Unreadable(gap) => return Known::Unreadable(gap),
            }
        } else if let Some(gap) = unknown_key(other) {
            return Known::Unreadable(gap);
        }
    }
    Known::Value(grants)
}

pub(super) fn grant(it: Thing<'_>) -> Known<Grant> {
    if let Some(gap) = it.contested() {
        return Known::Unreadable(gap);
    }
    if ["operations", "constraints"].into_iter().any(|path| it.value(path) == Some(&Value::Unknown)) {
        return Known::Unreadable(it.unknown("operations"));
    }
    let pairs = |name: &str| {
        // A set of blocks, of which each may have one of both.
        let blocks = it.count("constraints").unwrap_or_default();
        let paths: Vec<String> = (0..blocks).map(|index| format!("constraints.{index}.{name}")).collect();
        let path = paths.into_iter().find(|path| matches!(it.value(path), Some(Value::Map(pairs)) if !pairs.is_empty()))?;
        let Some(Value::Map(pairs)) = it.value(&path) else { return None };
        let value = |key: &String| Some((key.clone(), it.naming(&format!("{path}.{key}"), Want::arn(Kind::Text))?.written().into_owned()));
        Some(pairs.keys().filter_map(value).collect::<BTreeMap<_, _>>())
    };
    Known::Value(Grant {
        id: it.text("grant_id").unwrap_or_else(|| it.address().to_owned()),
        name: it.text("name"),
        grantee: it.naming("grantee_principal", Want::arn(Kind::Role)).map(|text| text.written().into_owned()),
        issuing_account: Some(it.resolver.account_of(it.instance)),
        operations: it.list("operations", Want::text()).into_iter().collect::<BTreeSet<_>>(),
        encryption_context_subset: pairs("encryption_context_subset"),
        encryption_context_equals: pairs("encryption_context_equals"),
        ..Grant::default()
    })
}

/// The key that a secret names: by ARN, by id, or by an alias.
pub(super) fn named(stack: &Stack<'_>, it: Thing<'_>, text: &Text) -> Known<Option<Arn>> {
    let written = text.written();
    for key in KEYS.into_iter().flat_map(|kind| stack.called(kind, &written)) {
        if let Some(arn) = key.arn()
            && (*written == *arn.as_str() || *written == *arn.name() || key.text("key_id").is_some_and(|id| id == *written))
        {
            return Known::Value(Some(arn));
        }
    }
    if let Some(alias) = written.strip_prefix("alias/").or_else(|| Some(written.split_once(":alias/")?.1)) {
        return of_alias(stack, &written, alias);
    }
    if text.has_unknown() && !written.starts_with("arn:") {
        return Known::Unreadable(gap_of(it.address(), &written));
    }
    let region = it.resolver.region_of(it.instance);
    let account = it.resolver.account_of(it.instance);
    let arn =
        Arn::parse(&written).or_else(|_| Arn::build(Partition::of_region(&region), "kms", &region, &account, &format!("key/{written}")));
    arn.map_or_else(|error| Known::Unreadable(Gap::new("plan", it.address(), &error.to_string())), |arn| Known::Value(Some(arn)))
}

fn of_alias(stack: &Stack<'_>, written: &str, alias: &str) -> Known<Option<Arn>> {
    if alias == "aws/secretsmanager" {
        return Known::Value(None);
    }
    let is_it = |it: &Thing<'_>| it.text("name").is_some_and(|name| name.strip_prefix("alias/") == Some(alias));
    for it in stack.of_kind("aws_kms_alias").filter(is_it) {
        if let Some(gap) = it.contested() {
            return Known::Unreadable(gap);
        }
        // An alias never leads to another one.
        if let Some(target) = it.naming("target_key_id", Want::arn(Kind::Key)).filter(|target| !target.written().contains("alias/")) {
            return named(stack, it, &target);
        }
    }
    for it in stack.data("aws_kms_alias").filter(is_it) {
        if let Some(arn) = it.text("target_key_arn").and_then(|text| Arn::parse(&text).ok()) {
            return Known::Value(Some(arn));
        }
    }
    Known::Unreadable(Gap::not_collected("kms:DescribeKey", written))
}
