//! The policy documents around one rotation, for those who read what they mention: which services, which accounts, which secrets by name. What they
//! decide is not asked here but of `access`.

use super::fields::View;
use crate::arn::Arn;
use crate::inventory::{Known, NamedDocument};
use crate::policy::{Document, Effect, Policy, Statement};

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

/// Whether a policy of the execution role names this secret in full: by its ARN, or by its name and six question marks for the random characters.
pub(super) fn role_names(view: &View<'_>, secret: &Arn) -> bool {
    let arn = secret.as_str();
    let any_suffix = arn.len().checked_sub(6).and_then(|end| arn.get(..end)).map(|start| format!("{start}??????"));
    role_documents(view)
        .iter()
        .filter_map(|document| document.policy().ok())
        .flat_map(Policy::statements)
        .filter(|statement| statement.effect() == Effect::Allow && !statement.is_not_resource())
        .flat_map(Statement::resources)
        .any(|resource| resource == arn || Some(resource) == any_suffix.as_deref())
}
