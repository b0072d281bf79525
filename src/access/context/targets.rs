//! The keys that follow from what is asked for.

use std::collections::BTreeMap;

use super::keys;
use crate::access::question::Target;
use crate::arn::Arn;
use crate::inventory::{Inventory, KeyMetadata, Known};
use crate::policy::{Context, Entry, Text};

pub(super) fn of_target(context: &mut Context, inventory: &Inventory, target: &Target) {
    match target {
        Target::Secret(arn) => {
            let Some(secret) = inventory.secrets.get(arn) else { return };
            of_secret(context, arn, secret.rotation.function.as_ref());
            tags(context, "aws:ResourceTag/", &secret.tags);
            tags(context, "secretsmanager:ResourceTag/", &secret.tags);
            let primary = secret.primary_region.as_deref().unwrap_or_else(|| arn.region());
            context.set("secretsmanager:SecretPrimaryRegion", Entry::single(primary));
            context.set("secretsmanager:resource/Type", secret.external_type.as_deref().map_or(Entry::Absent, Entry::single));
        }
        Target::ImaginedSecret { arn, rotation_function } => {
            of_secret(context, arn, rotation_function.as_ref());
            // Its owner chooses its tags.
            context.set_family("secretsmanager:ResourceTag/", Entry::Unknown);
            context.set("secretsmanager:SecretPrimaryRegion", Entry::single(arn.region()));
        }
        Target::Function(arn) => {
            let function = inventory.function(arn).and_then(|function| function.tags.as_ref());
            if let (Known::Value(known), None) = (function, arn.split_qualifier().1) {
                tags(context, "aws:ResourceTag/", known);
            }
        }
        Target::Key(arn) => {
            let known = inventory.key(arn).and_then(|key| key.metadata.as_ref());
            of_key(context, known.value().copied().and_then(Option::as_ref));
            // https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
            context.set("kms:MultiRegion", Entry::single(if arn.resource().starts_with("key/mrk-") { "true" } else { "false" }));
        }
        Target::ImaginedKey(_) => of_key(context, None),
        Target::ManagedKey { .. } => {
            of_key(context, None);
            context.set("kms:KeySpec", Entry::single("SYMMETRIC_DEFAULT"));
            context.set("kms:KeyUsage", Entry::single("ENCRYPT_DECRYPT"));
            context.set("kms:KeyOrigin", Entry::single("AWS_KMS"));
            context.set("kms:MultiRegion", Entry::single("false"));
        }
        Target::Role(arn) => {
            context.set_family("sts:", Entry::Unknown);
            context.set_family("iam:", Entry::Unknown);
            if let Known::Value(Some(role)) = inventory.role(arn) {
                tags(context, "aws:ResourceTag/", &role.tags);
                tags(context, "iam:ResourceTag/", &role.tags);
            }
        }
        // What a request about it carries of its service's own keys is not modelled.
        Target::Other(arn) => {
            context.set_family(&format!("{}:", arn.service()), Entry::Unknown);
        }
        Target::Nothing { .. } => {
            context.set_family("aws:ResourceTag/", Entry::Absent);
        }
    }
}

fn of_secret(context: &mut Context, arn: &Arn, rotation_function: Option<&Arn>) {
    context.set("secretsmanager:SecretId", Entry::single(arn));
    let function = rotation_function.map_or(Entry::Absent, Entry::single);
    context.set("secretsmanager:resource/AllowRotationLambdaArn", function);
}

/// What of a key's metadata every request to it carries.
fn of_key(context: &mut Context, metadata: Option<&KeyMetadata>) {
    keys::set(context, &["kms:ResourceAliases", "kms:RequestAlias", "kms:KeyOrigin", "kms:MultiRegion"], &Entry::Unknown);
    let told = |fact: Option<&String>| fact.map_or(Entry::Unknown, |fact| Entry::single(fact.as_str()));
    context.set("kms:KeySpec", told(metadata.and_then(|metadata| metadata.spec.as_ref())));
    context.set("kms:KeyUsage", told(metadata.and_then(|metadata| metadata.usage.as_ref())));
}

/// All tags of a resource, so that it has no others.
fn tags(context: &mut Context, family: &str, tags: &BTreeMap<String, String>) {
    context.set_family(family, Entry::Absent);
    for (key, value) in tags {
        context.set(&format!("{family}{key}"), Entry::single(Text::parse(value)));
    }
}
