//! The keys that follow from who asks: the code of a function, Secrets Manager on its behalf, a service with its own identity.

use super::principals::{of_identity, of_principal, principal_tags};
use super::{keys, network, others};
use crate::access::question::{Caller, Question};
use crate::access::services::{service_principal, via_service};
use crate::access::strangers::{organization, path, paths};
use crate::arn::Arn;
use crate::inventory::{Inventory, Known, Role};
use crate::policy::{Context, Entry, Text};

const SECRETS_MANAGER: &str = "secretsmanager.amazonaws.com";

/// The keys that only principals (not services) carry.
const OF_PRINCIPALS: [&str; 7] = [
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalType",
    "aws:SourceIdentity",
];

/// What a request for data under a key carries of KMS's own keys, and nobody knows beforehand. It carries no others but those that are set one by one
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>).
const OF_KEY_USE: [&str; 4] = ["kms:RequestAlias", "kms:ResourceAliases", "kms:KeyOrigin", "kms:MultiRegionKeyType"];

pub(super) fn of_caller(context: &mut Context, inventory: &Inventory, question: &Question) {
    match &question.caller {
        Caller::Function { role, function, way } => {
            of_role(context, inventory, role, function);
            context.set("lambda:SourceFunctionArn", Entry::single(function.split_qualifier().0.as_str()));
            context.set("kms:CallerAccount", Entry::single(role.account()));
            network::of_way(context, inventory, &question.action, way);
            of_versions(context, &question.action);
        }
        Caller::Forwarded { role, function } => {
            of_role(context, inventory, role, function);
            of_forwarding(context, role, question);
        }
        Caller::Service { name, source } => {
            of_service(context, inventory, &service_principal(name, question.target.partition()), source.as_ref());
        }
        Caller::Principal { arn } => {
            of_principal(context, inventory, arn);
            of_versions(context, &question.action);
            // Asking KMS, it says what it likes; of itself it says its account alone.
            context.set_family("kms:", Entry::Unknown);
            context.set("kms:CallerAccount", Entry::single(arn.account()));
            context.set("kms:ViaService", Entry::Absent);
        }
        Caller::Outsider { account } => others::of_outsider(context, inventory, account.as_str(), &question.target),
        Caller::Grantee { grant } => others::of_grantee(context, inventory, &question.target, grant),
    }
}

/// The keys of a session of an execution role, as Lambda makes them: session name = function name, no MFA, role tags as principal tags.
fn of_role(context: &mut Context, inventory: &Inventory, role: &Arn, function: &Arn) {
    keys::no_seldom_carried(context);
    of_identity(context, inventory, role);
    context.set("aws:PrincipalType", Entry::single("AssumedRole"));
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
    context.set("aws:userid", Entry::single(format!("{}:{}", role.id, function.split_qualifier().0.name())));
    principal_tags(context, &role.tags);
}

/// Which version the code asks for is its own affair, unless the question says so.
fn of_versions(context: &mut Context, action: &str) {
    let chosen: &[&str] = match action.split_once(':') {
        Some(("secretsmanager", "GetSecretValue")) => &["secretsmanager:VersionStage", "secretsmanager:VersionId"],
        Some(("secretsmanager", "UpdateSecretVersionStage")) => &["secretsmanager:VersionStage"],
        _ => &[],
    };
    keys::set(context, chosen, &Entry::Unknown);
}

/// A forwarded call carries no VPC key, whatever the first call had, and names the service on the way.
fn of_forwarding(context: &mut Context, role: &Arn, question: &Question) {
    keys::of_vpc_endpoints(context, &Entry::Absent);
    context.set("aws:ViaAWSService", Entry::single("true"));
    context.set("aws:CalledVia", Entry::Multi(vec![Text::literal(SECRETS_MANAGER)]));
    context.set("aws:CalledViaFirst", Entry::single(SECRETS_MANAGER));
    context.set("aws:CalledViaLast", Entry::single(SECRETS_MANAGER));
    context.set("lambda:SourceFunctionArn", Entry::Unknown);
    if matches!(&*question.action, "kms:Decrypt" | "kms:Encrypt" | "kms:GenerateDataKey") {
        keys::set(context, &OF_KEY_USE, &Entry::Unknown);
    } else {
        context.set_family("kms:", Entry::Unknown);
        context.set_family("kms:EncryptionContext:", Entry::Absent);
        context.set_family("kms:RecipientAttestation:", Entry::Absent);
        context.set("kms:GrantIsForAWSResource", Entry::Absent);
    }
    context.set("kms:EncryptionAlgorithm", Entry::single("SYMMETRIC_DEFAULT"));
    context.set("kms:CallerAccount", Entry::single(role.account()));
    context.set("kms:ViaService", Entry::Single(via_service(question.target.region())));
}

/// A service that calls with its own identity carries none of the keys of principals.
fn of_service(context: &mut Context, inventory: &Inventory, name: &Text, source: Option<&Arn>) {
    keys::no_seldom_carried(context);
    keys::set(context, &OF_PRINCIPALS, &Entry::Absent);
    keys::of_vpc_endpoints(context, &Entry::Absent);
    context.set("sts:ExternalId", Entry::Absent);
    context.set("aws:PrincipalIsAWSService", Entry::single("true"));
    context.set("aws:PrincipalServiceName", Entry::Single(name.clone()));
    context.set("aws:PrincipalServiceNamesList", Entry::Unknown);
    let Some(source) = source else {
        keys::set(context, &["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"], &Entry::Unknown);
        return;
    };
    context.set("aws:SourceArn", Entry::single(source.as_str()));
    context.set("aws:SourceAccount", Entry::single(source.account()));
    // Whether Secrets Manager sends the organization is not documented; an account outside of one cannot have it sent.
    let organization = match organization(inventory, source.account()) {
        Entry::Single(id) => Entry::OneOf(vec![Entry::Absent, Entry::Single(id)]),
        other => other,
    };
    context.set("aws:SourceOrgPaths", paths(&organization, path(inventory, source.account())));
    context.set("aws:SourceOrgID", organization);
}
