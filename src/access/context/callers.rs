//! The keys that follow from who asks, beside what `bases.rs` knows already: the code of a function, Secrets Manager on its behalf, a service with its own identity.

use super::principals::of_principal;
use super::{keys, network, others};
use crate::access::estate::Estate;
use crate::access::question::{Caller, Question};
use crate::access::services::{service_principal, via_service};
use crate::access::strangers::{organization, path, paths};
use crate::arn::Arn;
use crate::policy::{Context, Entry, Text};

pub(super) fn of_caller(context: &mut Context, estate: &Estate<'_>, question: &Question) {
    match &question.caller {
        Caller::Function { way, .. } => {
            network::of_way(context, estate, &question.action, way);
            of_versions(context, &question.action);
        }
        Caller::Forwarded { .. } => {
            context.set("kms:ViaService", Entry::Single(via_service(question.target.region())));
        }
        Caller::Service { name, source } => {
            of_service(context, estate, &service_principal(name, question.target.partition()), source.as_ref());
        }
        Caller::Principal { arn } => {
            of_principal(context, estate, arn);
            of_versions(context, &question.action);
            // Asking KMS, it says what it likes; of itself it says its account alone.
            context.set_family("kms:", Entry::Unknown);
            context.set("kms:CallerAccount", Entry::single(arn.account()));
            context.set("kms:ViaService", Entry::Absent);
        }
        Caller::Outsider { account } => others::of_outsider(context, estate, account.as_str(), &question.target),
        Caller::Grantee { grant } => others::of_grantee(context, estate, &question.target, grant),
    }
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

/// A service that calls with its own identity, and whom it serves.
fn of_service(context: &mut Context, estate: &Estate<'_>, name: &Text, source: Option<&Arn>) {
    context.set("aws:PrincipalServiceName", Entry::Single(name.clone()));
    let Some(source) = source else {
        keys::set(context, &["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"], &Entry::Unknown);
        return;
    };
    context.set("aws:SourceArn", Entry::single(source));
    context.set("aws:SourceAccount", Entry::single(source.account()));
    // Whether Secrets Manager sends the organization is not documented; an account outside of one cannot have it sent.
    let organization = match organization(estate, source.account()) {
        Entry::Single(id) => Entry::OneOf(vec![Entry::Absent, Entry::Single(id)]),
        other => other,
    };
    context.set("aws:SourceOrgPaths", paths(&organization, path(estate, source.account())));
    context.set("aws:SourceOrgID", organization);
}
