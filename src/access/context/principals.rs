//! The keys of roles and users. `callers.rs` asks here: for those who make calls of their own from wherever they like, and for what every identity carries.

use std::collections::BTreeMap;

use super::keys;
use crate::access::estate::Estate;
use crate::access::strangers::{chosen, organization, path, paths};
use crate::arn::Arn;
use crate::inventory::{Identity, Known, Role, User};
use crate::policy::{Context, Effect, Entry, Statement, Text};

/// What every role and user carries.
pub(super) fn of_identity(context: &mut Context, estate: &Estate<'_>, arn: &Arn) {
    context.set("aws:PrincipalArn", Entry::single(arn));
    context.set("aws:PrincipalAccount", Entry::single(arn.account()));
    let organization = organization(estate, arn.account());
    context.set("aws:PrincipalOrgPaths", paths(&organization, path(estate, arn.account())));
    context.set("aws:PrincipalOrgID", organization);
}

/// The tags of a role or user, as principal tags. Others it has only where that was said before.
pub(super) fn principal_tags(context: &mut Context, tags: &BTreeMap<String, String>) {
    for (key, value) in tags {
        context.set(&format!("aws:PrincipalTag/{key}"), Entry::single(Text::parse(value)));
    }
}

/// A role or user that makes a call of its own. Where from, when, with which client and whether with MFA nobody knows.
pub(super) fn of_principal(context: &mut Context, estate: &Estate<'_>, arn: &Arn) {
    keys::of_any_caller(context);
    context.set("aws:PrincipalIsAWSService", Entry::single("false"));
    match estate.identity(arn) {
        Known::Value(Some(Identity::Role(role))) => of_role(context, estate, role),
        Known::Value(Some(Identity::User(user))) => of_user(context, estate, user),
        Known::Value(None) | Known::Unreadable(_) => of_arn(context, estate, arn),
    }
}

fn of_role(context: &mut Context, estate: &Estate<'_>, role: &Role) {
    of_identity(context, estate, &role.arn);
    keys::of_sessions(context);
    context.set("aws:PrincipalType", Entry::single("AssumedRole"));
    context.set("aws:userid", Entry::Single(chosen(&format!("{}:", role.id), "session")));
    if may_be_tagged(role) {
        context.set_family("aws:PrincipalTag/", Entry::Unknown);
    } else {
        principal_tags(context, &role.tags);
    }
}

fn of_user(context: &mut Context, estate: &Estate<'_>, user: &User) {
    of_identity(context, estate, &user.arn);
    context.set("aws:PrincipalType", Entry::single("User"));
    context.set("aws:userid", Entry::Single(Text::parse(&user.id)));
    context.set("aws:username", Entry::Single(Text::parse(user.arn.name())));
    context.set("aws:SourceIdentity", Entry::Absent);
    principal_tags(context, &user.tags);
}

/// Who was not read, as far as the ARN tells.
fn of_arn(context: &mut Context, estate: &Estate<'_>, arn: &Arn) {
    of_identity(context, estate, arn);
    keys::of_sessions(context);
    context.set_family("aws:PrincipalTag/", Entry::Unknown);
    if arn.session_role().is_some() {
        // The role's path is not known.
        context.set("aws:PrincipalArn", Entry::Unknown);
    }
    if arn.resource().starts_with("user/") {
        context.set("aws:PrincipalType", Entry::single("User"));
        context.set("aws:username", Entry::Single(Text::parse(arn.name())));
    } else {
        context.set("aws:PrincipalType", Entry::single("AssumedRole"));
    }
}

/// Whether a session of the role may have tags that were passed to it, which go before the role's own: only where the trust policy allows `sts:TagSession`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>).
fn may_be_tagged(role: &Role) -> bool {
    role.trust.policy().map_or(true, |policy| policy.statements().any(may_allow_tags))
}

fn may_allow_tags(statement: Statement<'_>) -> bool {
    const TAG_SESSION: &str = "sts:tagsession";
    let may_be = |action: &str| {
        let action = action.to_ascii_lowercase();
        match action.split_once(['*', '?']) {
            Some((begin, _)) => TAG_SESSION.starts_with(begin),
            None => action == TAG_SESSION,
        }
    };
    statement.effect() == Effect::Allow && (statement.is_not_action() || statement.actions().any(may_be))
}
