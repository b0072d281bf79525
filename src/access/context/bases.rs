//! What all requests of one kind carry alike, whoever makes them and whatever for: the lower part of their contexts, made once. An audit asks millions of questions, and
//! these are most of the keys of each. `mod.rs` asks here.

use std::sync::{Arc, LazyLock};

use super::principals::{of_identity, principal_tags};
use super::{keys, network};
use crate::access::estate::{Estate, KINDS};
use crate::access::question::{Caller, Question};
use crate::arn::Arn;
use crate::inventory::{Known, Role};
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

static COMMON: LazyLock<Arc<Context>> = LazyLock::new(|| Arc::new(common()));
static SERVICE: LazyLock<Arc<Context>> = LazyLock::new(|| Arc::new(of_service()));
static SESSIONS: LazyLock<[Arc<Context>; KINDS]> = LazyLock::new(|| {
    let private = |context: &mut Context| keys::of_vpc_endpoints(context, &Entry::Unknown);
    [of_code(network::public), of_code(private), forwarded(false), forwarded(true)].map(Arc::new)
});

/// Which of [`SESSIONS`] the session of an execution role has that asks this; nothing where somebody else asks.
fn session(question: &Question) -> Option<usize> {
    match &question.caller {
        Caller::Function { way, .. } if network::is_public(&question.action, way) => Some(0),
        Caller::Function { .. } => Some(1),
        Caller::Forwarded { .. } if matches!(&*question.action, "kms:Decrypt" | "kms:Encrypt" | "kms:GenerateDataKey") => Some(3),
        Caller::Forwarded { .. } => Some(2),
        _ => None,
    }
}

/// The lower part of the context of `question`, that which follows from the role of a session included.
pub(super) fn base(estate: &Estate<'_>, question: &Question) -> Arc<Context> {
    let (kind, role, function) = match (session(question), &question.caller) {
        (Some(kind), Caller::Function { role, function, .. } | Caller::Forwarded { role, function }) => (kind, role, function),
        (_, Caller::Service { .. }) => return Arc::clone(&SERVICE),
        _ => return Arc::clone(&COMMON),
    };
    estate.of_session(role, function, kind, || {
        let mut context = Context::on(&SESSIONS[kind]);
        of_role(&mut context, estate, role, function);
        context.set("kms:CallerAccount", Entry::single(role.account()));
        if matches!(question.caller, Caller::Function { .. }) {
            context.set("lambda:SourceFunctionArn", Entry::single(&function.split_qualifier().0));
        }
        context
    })
}

fn common() -> Context {
    let mut context = Context::closed();
    context.set_family("aws:", Entry::Unknown);
    context.set("aws:TagKeys", Entry::Absent);
    context.set_family("aws:RequestTag/", Entry::Absent);
    context.set_family("aws:PrincipalTag/", Entry::Absent);
    context.set_family("aws:ResourceTag/", Entry::Unknown);
    context.set("aws:SecureTransport", Entry::single("true"));
    context.set("aws:ViaAWSService", Entry::single("false"));
    context
}

/// A session of an execution role, as Lambda makes them: without MFA.
fn of_session() -> Context {
    let mut context = common();
    keys::no_seldom_carried(&mut context);
    context.set("aws:PrincipalIsAWSService", Entry::single("false"));
    context.set("aws:PrincipalType", Entry::single("AssumedRole"));
    context.set("aws:MultiFactorAuthPresent", Entry::single("false"));
    context.set("aws:SourceIdentity", Entry::Absent);
    context
}

/// The code of a function, whose calls travel so.
fn of_code(way: impl FnOnce(&mut Context)) -> Context {
    let mut context = of_session();
    way(&mut context);
    context
}

/// A forwarded call carries no VPC key, whatever the first call had, and names the service on the way.
fn forwarded(key_use: bool) -> Context {
    let mut context = of_session();
    keys::of_vpc_endpoints(&mut context, &Entry::Absent);
    context.set("aws:ViaAWSService", Entry::single("true"));
    context.set("aws:CalledVia", Entry::Multi(vec![Text::literal(SECRETS_MANAGER)]));
    context.set("aws:CalledViaFirst", Entry::single(SECRETS_MANAGER));
    context.set("aws:CalledViaLast", Entry::single(SECRETS_MANAGER));
    context.set("lambda:SourceFunctionArn", Entry::Unknown);
    if key_use {
        keys::set(&mut context, &OF_KEY_USE, &Entry::Unknown);
    } else {
        context.set_family("kms:", Entry::Unknown);
        context.set_family("kms:EncryptionContext:", Entry::Absent);
        context.set_family("kms:RecipientAttestation:", Entry::Absent);
        context.set("kms:GrantIsForAWSResource", Entry::Absent);
    }
    context.set("kms:EncryptionAlgorithm", Entry::single("SYMMETRIC_DEFAULT"));
    context
}

/// A service that calls with its own identity carries none of the keys of principals.
fn of_service() -> Context {
    let mut context = common();
    keys::no_seldom_carried(&mut context);
    keys::set(&mut context, &OF_PRINCIPALS, &Entry::Absent);
    keys::of_vpc_endpoints(&mut context, &Entry::Absent);
    context.set("sts:ExternalId", Entry::Absent);
    context.set("aws:PrincipalIsAWSService", Entry::single("true"));
    context.set("aws:PrincipalServiceNamesList", Entry::Unknown);
    context
}

/// The keys of a session of an execution role: session name = function name, role tags as principal tags.
fn of_role(context: &mut Context, estate: &Estate<'_>, role: &Arn, function: &Arn) {
    of_identity(context, estate, role);
    match estate.role(role) {
        Known::Value(Some(known)) => of_known_role(context, known, function),
        Known::Value(None) => {}
        Known::Unreadable(_) => {
            context.set_family("aws:PrincipalTag/", Entry::Unknown);
        }
    }
}

fn of_known_role(context: &mut Context, role: &Role, function: &Arn) {
    context.set("aws:userid", Entry::Single(Text::parse(&format!("{}:{}", role.id, function.split_qualifier().0.name()))));
    principal_tags(context, &role.tags);
}
