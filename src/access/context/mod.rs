//! The condition keys that AWS puts into a request, as far as they follow from who asks and what for. What an audit cannot know
//! (the time, the source address) is unknown, never absent.
//!
//! Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html> (availability of each
//! global key), <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html> (forwarded calls) and
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html> (the encryption context).

mod bases;
mod callers;
mod keys;
mod network;
mod others;
mod principals;
mod targets;

use super::estate::Estate;
use super::question::Question;
use super::strangers::{organization, path, paths};
use crate::arn::Arn;
use crate::policy::{Context, Entry};

/// The context of `question` in this inventory.
pub(super) fn context(estate: &Estate<'_>, question: &Question) -> Context {
    let target = &question.target;
    let mut context = Context::on(&bases::base(estate, question));
    context.set("aws:RequestedRegion", region(target.region()));
    context.set("aws:ResourceAccount", Entry::single(target.account()));
    let owner = organization(estate, target.account());
    context.set("aws:ResourceOrgPaths", paths(&owner, path(estate, target.account())));
    context.set("aws:ResourceOrgID", owner);
    callers::of_caller(&mut context, estate, question);
    targets::of_target(&mut context, estate, target);
    for (key, entry) in &question.context {
        context.set(key, entry.clone());
    }
    context
}

/// What follows from who a role or user is, on top of what `context` holds.
pub(super) fn of_who_asks(context: &mut Context, estate: &Estate<'_>, arn: &Arn) {
    principals::of_principal(context, estate, arn);
}

/// IAM requests go to the partition's one endpoint, whose region depends on the partition.
fn region(region: &str) -> Entry {
    if region.is_empty() { Entry::Unknown } else { Entry::single(region) }
}
