//! The policy documents around one rotation, for those who read what they mention: which services, which accounts, which secrets by name. What they
//! decide is not asked here but of `access`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::fields::View;
use crate::arn::Arn;
use crate::inventory::{Known, NamedDocument};
use crate::policy::{Document, Effect, Policy, Statement, covers_action};

/// The policies that decide calls of the function as the secret names it, or may: that of the version or alias, and that of the function itself.
pub(super) fn function_policies<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Document> {
    let qualifier = view.rotation.function_arn.and_then(|arn| arn.split_qualifier().1);
    let function = view.rotation.function.value().copied().flatten();
    let policy = move |qualifier| function?.policy(qualifier)?.value()?.as_ref();
    let own = qualifier.and_then(|_| policy(None));
    policy(qualifier).into_iter().chain(own)
}

/// The policies of the secret and of its key.
pub(super) fn resource_documents<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Document> {
    let secret: &'a Known<Vec<NamedDocument>> = &view.rotation.secret.policies;
    let key = view.rotation.key_arn().and_then(|arn| view.inventory.keys.get(arn)).and_then(|key| key.policies.value());
    secret.value().into_iter().chain(key).flatten().map(|policy| &policy.document)
}

/// Who may take on the role of the rotation.
pub(super) fn trust_policy<'a>(view: &View<'a>) -> Option<&'a Document> {
    view.rotation.role.value().copied().flatten().map(|role| &role.trust)
}

/// The inline and managed policies of the execution role, as far as they were read.
pub(super) fn role_documents<'a>(view: &View<'a>) -> Vec<&'a Document> {
    let Some(role) = view.rotation.role.value().copied().flatten() else { return Vec::new() };
    let inline = role.permissions.inline.iter().map(|policy| &policy.document);
    let identities = view.inventory.accounts.get(role.arn.account()).and_then(|account| account.identities.value());
    let attached = role.permissions.attached.iter().filter_map(|arn| identities?.policies.get(arn));
    inline.chain(attached).collect()
}

/// The resources that policies of the execution role allow something on, as written.
pub(super) fn names_of<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    let documents = role_documents(view).into_iter().filter_map(|document| document.policy().ok());
    let statements = documents.flat_map(Policy::statements);
    let allowing = statements.filter(|statement| statement.effect() == Effect::Allow && !statement.is_not_resource());
    allowing.flat_map(Statement::resources).collect()
}

/// The accounts in which the execution role's own policies may allow one of these actions, as far as the resources that they name tell; `None` where that may be any account.
pub(super) fn reached_accounts<'a>(view: &View<'a>, actions: &[Arc<str>]) -> Option<BTreeSet<&'a str>> {
    let role = view.rotation.role.value().copied().flatten()?;
    let documents = role_documents(view);
    if documents.len() < role.permissions.inline.len() + role.permissions.attached.len() {
        return None;
    }
    let mut accounts = BTreeSet::new();
    for document in documents {
        let allowing = document.policy().ok()?.statements().filter(|statement| statement.effect() == Effect::Allow);
        for statement in allowing.filter(|statement| actions.iter().any(|action| covers_action(*statement, action))) {
            if statement.is_not_resource() || !statement.has_resource() {
                return None;
            }
            for resource in statement.resources() {
                accounts.insert(account_of(resource)?);
            }
        }
    }
    Some(accounts)
}

/// The account of every resource that a pattern covers, if it is one.
fn account_of(pattern: &str) -> Option<&str> {
    let mut parts = pattern.splitn(6, ':');
    let account = parts.nth(4).filter(|_| parts.next().is_some())?;
    let before = pattern.len() - pattern.splitn(6, ':').last().map_or(0, str::len);
    (!pattern[..before].contains(['*', '?', '$', '⟦'])).then_some(account)
}

/// Whether this secret is named in full among these resources: by its ARN, or by its name and six question marks for the random characters.
pub(super) fn names(resources: &BTreeSet<&str>, secret: &Arn) -> bool {
    let arn = secret.as_str();
    let any_suffix = arn.len().checked_sub(6).and_then(|end| arn.get(..end)).map(|start| format!("{start}??????"));
    resources.contains(arn) || any_suffix.is_some_and(|name| resources.contains(name.as_str()))
}
