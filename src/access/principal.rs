//! Turns a question into a request of the policy engine: the principal, the resource and its owner, the context.

use super::estate::Estate;
use super::question::{Caller, Question, Target};
use super::services::service_principal;
use crate::arn::Arn;
use crate::inventory::{Identity, Inventory, Known};
use crate::policy::{Context, Entry, Part, Principal, Request, Symbol, Text};

/// The request of `question`, of which nobody has found out what it carries.
pub(super) fn bare_request(inventory: &Estate<'_>, question: &Question) -> Request {
    let owner = Text::literal(question.target.account());
    let principal = principal(inventory, question);
    let request = Request::new(principal, &question.action, resource(&question.target), Some(owner), Context::open());
    if matches!(question.target, Target::Nothing { .. }) { request.wildcard_only() } else { request }
}

fn resource(target: &Target) -> Text {
    match target {
        Target::Nothing { .. } => Text::literal("*"),
        // Nobody asked for the id of the AWS managed key; no policy can name it but by `*`.
        Target::ManagedKey { account, region } => {
            let prefix = format!("arn:{}:kms:{region}:{account}:key/", target.partition());
            Text::from_parts([Part::Literal(prefix.into()), Part::Symbol(Symbol::unknown("aws-secretsmanager"))])
        }
        _ => target.arn().map_or_else(|| Text::literal(""), Text::from),
    }
}

fn principal(inventory: &Estate<'_>, question: &Question) -> Principal {
    match &question.caller {
        Caller::Function { role, function, .. } | Caller::Forwarded { role, function } => {
            let id = match inventory.role(role) {
                Known::Value(Some(role)) => Some(Text::parse(&role.id)),
                _ => None,
            };
            Principal::Session {
                arn: inventory.session_arn(role, function, || Text::parse(&session_arn(role, function))),
                role_arn: Text::from(role),
                account: Text::literal(role.account()),
                unique_id: id,
            }
        }
        Caller::Service { name, .. } => Principal::Service(service_principal(name, question.target.partition())),
        Caller::Principal { arn } => match inventory.identity(arn) {
            Known::Value(Some(Identity::Role(role))) => Principal::Role {
                arn: Text::from(&role.arn),
                account: Text::literal(role.arn.account()),
                unique_id: Some(Text::parse(&role.id)),
            },
            Known::Value(Some(Identity::User(user))) => Principal::User {
                arn: Text::from(&user.arn),
                account: Text::literal(user.arn.account()),
                unique_id: Some(Text::parse(&user.id)),
            },
            Known::Value(None) | Known::Unreadable(_) => of_arn(arn),
        },
        Caller::Outsider { account } => {
            let partition = question.target.partition();
            if let Some(arn) = named(question) {
                return of_arn(&arn);
            }
            Principal::Session {
                arn: Text::literal(format!("arn:{partition}:sts::{account}:assumed-role/outsider/session")),
                role_arn: Text::literal(format!("arn:{partition}:iam::{account}:role/outsider")),
                account: Text::literal(account.as_str()),
                unique_id: None,
            }
        }
        Caller::Grantee { grant } => grantee(inventory, &question.target, grant),
    }
}

/// The role or user that an outsider goes by, where the question says it.
fn named(question: &Question) -> Option<Arn> {
    match question.context.get("aws:PrincipalArn") {
        Some(Entry::Single(text)) => Arn::parse(&text.written()).ok(),
        _ => None,
    }
}

/// The ARN of the session in which Lambda runs the function: it is named after the function.
pub(super) fn session_arn(role: &Arn, function: &Arn) -> String {
    format!("arn:{}:sts::{}:assumed-role/{}/{}", role.partition_name(), role.account(), role.name(), function.split_qualifier().0.name())
}

/// Whoever the grant names, so that denials that name them count.
fn grantee(inventory: &Inventory, target: &Target, id: &str) -> Principal {
    let grants = target.arn().map(|arn| inventory.key(arn).and_then(|key| key.grants.as_ref()));
    let grant = grants.as_ref().and_then(Known::value).and_then(|grants| grants.iter().find(|grant| grant.id == id));
    let Some(grant) = grant else { return Principal::Anonymous };
    if let Some(service) = &grant.grantee_service {
        return Principal::Service(Text::literal(service.as_str()));
    }
    match grant.grantee.as_deref().map(|grantee| (grantee, Arn::parse(grantee))) {
        Some((_, Ok(arn))) => of_arn(&arn),
        Some((service, Err(_))) if service.contains(".amazonaws.com") => Principal::Service(Text::literal(service)),
        _ => Principal::Anonymous,
    }
}

/// Whoever has this ARN, as far as the ARN alone tells.
fn of_arn(arn: &Arn) -> Principal {
    let (own, account) = (Text::from(arn), Text::literal(arn.account()));
    match arn.session_role() {
        // A session of a role whose path its ARN does not tell; without one it is right for most.
        Some(role) => Principal::Session {
            role_arn: Text::parse(&format!("arn:{}:iam::{}:role/{role}", arn.partition_name(), arn.account())),
            account,
            arn: own,
            unique_id: None,
        },
        None if arn.resource().starts_with("role/") => Principal::Role { arn: own, account, unique_id: None },
        None => Principal::User { arn: own, account, unique_id: None },
    }
}
