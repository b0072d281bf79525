//! The condition keys that AWS puts into a request, as far as they follow from who asks and what for. What an audit cannot know
//! (the time, the source address) is unknown, never absent.
//!
//! Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html> (availability of each
//! global key), <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html> (forwarded calls) and
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html> (the encryption context).

use std::collections::BTreeMap;

use super::question::{Caller, Question, Target};
use crate::arn::{Arn, Partition};
use crate::inventory::{Inventory, Known, Role};
use crate::policy::{Context, Entry, Part, Symbol, Text};

/// Global keys that a request carries only in circumstances that none of our callers is in.
const NEVER_CARRIED: [&str; 15] = [
    "aws:AssumedRoot",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:Referer",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:TagKeys",
    "aws:username",
];

/// The keys that only principals (not services) carry.
const OF_PRINCIPALS: [&str; 10] = [
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalType",
    "aws:SourceIdentity",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
];

/// An address that nobody has, and so outside of every range that a policy lists but the whole internet.
const ADDRESS_OF_NOBODY: &str = "240.0.0.1";

/// The context of `question` in this inventory.
pub(super) fn context(inventory: &Inventory, question: &Question) -> Context {
    let mut context = Context::closed();
    context.set_family("aws:", Entry::Unknown);
    for key in NEVER_CARRIED {
        context.set(key, Entry::Absent);
    }
    context.set_family("aws:RequestTag/", Entry::Absent);
    context.set_family("aws:PrincipalTag/", Entry::Absent);
    context.set("aws:SecureTransport", Entry::single("true"));
    context.set("aws:RequestedRegion", region(question.target.region()));
    context.set("aws:ResourceAccount", Entry::single(question.target.account()));
    context.set("aws:ResourceOrgID", organization(inventory, question.target.account()));
    let via_service = matches!(question.caller, Caller::Forwarded { .. });
    context.set("aws:ViaAWSService", Entry::single(if via_service { "true" } else { "false" }));
    for key in ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"] {
        context.set(key, Entry::Absent);
    }
    of_caller(&mut context, inventory, question);
    of_target(&mut context, inventory, &question.target);
    for (key, entry) in &question.context {
        context.set(key, entry.clone());
    }
    context
}

fn of_caller(context: &mut Context, inventory: &Inventory, question: &Question) {
    match &question.caller {
        Caller::Function { role, function } => {
            of_role(context, inventory, role, function);
            context.set("lambda:SourceFunctionArn", Entry::single(function.as_str()));
            of_path(context, inventory, function);
        }
        Caller::Forwarded { role, function } => {
            of_role(context, inventory, role, function);
            of_forwarding(context, role, question.target.region());
        }
        Caller::Service { name, source } => of_service(context, inventory, name, source.as_ref()),
        Caller::Outsider { account } => {
            let arn = outsider_role(account.as_str());
            context.set("aws:PrincipalArn", Entry::single(arn.as_str()));
            context.set("aws:PrincipalAccount", Entry::single(account.as_str()));
            context.set("aws:PrincipalType", Entry::single("AssumedRole"));
            context.set("aws:PrincipalIsAWSService", Entry::single("false"));
            context.set("aws:PrincipalOrgID", Entry::OneOf(vec![Entry::Absent, Entry::Single(made_up("o-", "another-organization"))]));
            context.set_family("aws:PrincipalTag/", Entry::Unknown);
            context.set("aws:SourceIp", Entry::single(ADDRESS_OF_NOBODY));
            for key in ["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"] {
                context.set(key, Entry::Absent);
            }
            context.set("kms:CallerAccount", Entry::single(account.as_str()));
            context.set("kms:ViaService", Entry::Unknown);
            context.set_family("kms:EncryptionContext:", Entry::Unknown);
            context.set("kms:EncryptionContextKeys", Entry::Unknown);
        }
        Caller::Grantee { .. } => {
            context.set_family("kms:", Entry::Unknown);
        }
    }
}

/// The role that an outsider uses in their own account.
pub(super) fn outsider_role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/outsider")
}

/// The keys of a session of an execution role, as Lambda makes them: session name = function name, no MFA, role tags as principal tags.
fn of_role(context: &mut Context, inventory: &Inventory, role: &Arn, function: &Arn) {
    context.set("aws:PrincipalArn", Entry::single(role.as_str()));
    context.set("aws:PrincipalAccount", Entry::single(role.account()));
    context.set("aws:PrincipalType", Entry::single("AssumedRole"));
    context.set("aws:PrincipalIsAWSService", Entry::single("false"));
    context.set("aws:PrincipalOrgID", organization(inventory, role.account()));
    context.set("aws:MultiFactorAuthPresent", Entry::single("false"));
    context.set("aws:SourceIdentity", Entry::Absent);
    match inventory.role(role) {
        Known::Value(Some(known)) => of_known_role(context, known, function),
        Known::Value(None) => {}
        Known::Unreadable(_) => {
            context.set_family("aws:PrincipalTag/", Entry::Unknown);
        }
    }
}

fn of_known_role(context: &mut Context, role: &Role, function: &Arn) {
    context.set("aws:userid", Entry::single(format!("{}:{}", role.id, function.name())));
    for (key, value) in &role.tags {
        context.set(&format!("aws:PrincipalTag/{key}"), Entry::single(value.as_str()));
    }
}

/// Where the function's calls come from. A function outside a VPC has a public address that nobody can foretell; for one inside, the path decides.
fn of_path(context: &mut Context, inventory: &Inventory, function: &Arn) {
    let configuration = inventory.function(function).and_then(|function| function.configuration.as_ref());
    let outside = matches!(configuration, Known::Value(Some(configuration)) if configuration.vpc.is_none());
    let entry = if outside { Entry::Absent } else { Entry::Unknown };
    for key in
        ["aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"]
    {
        context.set(key, entry.clone());
    }
}

/// A forwarded call carries no VPC key, whatever the first call had, and names the service on the way.
fn of_forwarding(context: &mut Context, role: &Arn, region: &str) {
    for key in
        ["aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"]
    {
        context.set(key, Entry::Absent);
    }
    context.set("aws:CalledVia", Entry::Multi(vec![Text::literal("secretsmanager.amazonaws.com")]));
    context.set("aws:CalledViaFirst", Entry::single("secretsmanager.amazonaws.com"));
    context.set("aws:CalledViaLast", Entry::single("secretsmanager.amazonaws.com"));
    context.set("lambda:SourceFunctionArn", Entry::Unknown);
    context.set_family("kms:", Entry::Unknown);
    context.set_family("kms:EncryptionContext:", Entry::Absent);
    context.set_family("kms:RecipientAttestation:", Entry::Absent);
    context.set("kms:GrantIsForAWSResource", Entry::Absent);
    context.set("kms:EncryptionAlgorithm", Entry::single("SYMMETRIC_DEFAULT"));
    context.set("kms:CallerAccount", Entry::single(role.account()));
    // The suffix is not documented for the other partitions.
    let via = match Partition::of_region(region) {
        Partition::Aws | Partition::GovCloud => Entry::single(format!("secretsmanager.{region}.amazonaws.com")),
        Partition::China | Partition::Other => Entry::Unknown,
    };
    context.set("kms:ViaService", via);
}

/// A service that calls with its own identity carries none of the keys of principals.
fn of_service(context: &mut Context, inventory: &Inventory, name: &str, source: Option<&Arn>) {
    for key in OF_PRINCIPALS {
        context.set(key, Entry::Absent);
    }
    context.set("aws:PrincipalIsAWSService", Entry::single("true"));
    context.set("aws:PrincipalServiceName", Entry::single(name));
    context.set("aws:PrincipalServiceNamesList", Entry::Unknown);
    match source {
        Some(arn) => {
            context.set("aws:SourceArn", Entry::single(arn.as_str()));
            context.set("aws:SourceAccount", Entry::single(arn.account()));
            // Whether Secrets Manager sends the organization is not documented; an account outside of one cannot have it sent.
            let organization = match organization(inventory, arn.account()) {
                Entry::Absent => Entry::Absent,
                Entry::Single(id) => Entry::OneOf(vec![Entry::Absent, Entry::Single(id)]),
                _ => Entry::Unknown,
            };
            context.set("aws:SourceOrgID", organization.clone());
            context.set("aws:SourceOrgPaths", if organization == Entry::Absent { Entry::Absent } else { Entry::Unknown });
        }
        None => {
            for key in ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"] {
                context.set(key, Entry::Unknown);
            }
        }
    }
}

fn of_target(context: &mut Context, inventory: &Inventory, target: &Target) {
    match target {
        Target::Secret(arn) => {
            let Some(secret) = inventory.secrets.get(arn) else { return };
            of_secret(context, arn, secret.rotation.function.as_ref(), &secret.tags);
            let primary = secret.primary_region.as_deref().unwrap_or_else(|| arn.region());
            context.set("secretsmanager:SecretPrimaryRegion", Entry::single(primary));
            context.set("secretsmanager:resource/Type", secret.external_type.as_deref().map_or(Entry::Absent, Entry::single));
        }
        Target::ImaginedSecret { arn, rotation_function } => {
            of_secret(context, arn, rotation_function.as_ref(), &BTreeMap::new());
            // Its owner chooses its tags.
            context.set_family("aws:ResourceTag/", Entry::Unknown);
            context.set_family("secretsmanager:ResourceTag/", Entry::Unknown);
            context.set("secretsmanager:SecretPrimaryRegion", Entry::single(arn.region()));
        }
        Target::Function(_) => {
            context.set_family("aws:ResourceTag/", Entry::Unknown);
        }
        Target::Key(_) | Target::ImaginedKey(_) | Target::ManagedKey { .. } => {
            context.set_family("aws:ResourceTag/", Entry::Unknown);
            for key in ["kms:ResourceAliases", "kms:RequestAlias", "kms:KeySpec", "kms:KeyUsage", "kms:KeyOrigin", "kms:MultiRegion"] {
                context.set(key, Entry::Unknown);
            }
        }
        Target::Role(_) => {
            context.set_family("aws:ResourceTag/", Entry::Unknown);
            context.set_family("sts:", Entry::Unknown);
            context.set("sts:ExternalId", Entry::Absent);
            context.set_family("iam:", Entry::Unknown);
        }
        Target::Nothing { .. } => {
            context.set_family("aws:ResourceTag/", Entry::Absent);
        }
    }
}

fn of_secret(context: &mut Context, arn: &Arn, rotation_function: Option<&Arn>, tags: &BTreeMap<String, String>) {
    context.set("secretsmanager:SecretId", Entry::single(arn.as_str()));
    let function = rotation_function.map_or(Entry::Absent, |function| Entry::single(function.as_str()));
    context.set("secretsmanager:resource/AllowRotationLambdaArn", function);
    for family in ["aws:ResourceTag/", "secretsmanager:ResourceTag/"] {
        context.set_family(family, Entry::Absent);
        for (key, value) in tags {
            context.set(&format!("{family}{key}"), Entry::single(value.as_str()));
        }
    }
}

/// The organization of an account, as far as it was read.
fn organization(inventory: &Inventory, account: &str) -> Entry {
    match inventory.accounts.get(account).and_then(|account| account.organization.as_ref()) {
        Some(Known::Value(membership)) => membership.id.as_deref().map_or(Entry::Absent, Entry::single),
        Some(Known::Unreadable(_)) | None => Entry::Unknown,
    }
}

/// IAM requests go to the partition's one endpoint, whose region depends on the partition.
fn region(region: &str) -> Entry {
    if region.is_empty() { Entry::Unknown } else { Entry::single(region) }
}

/// `prefix` and a name that nobody else has.
fn made_up(prefix: &str, id: &str) -> Text {
    Text::from_parts([Part::Literal(prefix.into()), Part::Symbol(Symbol::fresh(id))])
}
