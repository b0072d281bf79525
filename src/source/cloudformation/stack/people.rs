//! Users and groups that the stack makes: who of them may change a function, its role or its secret is asked as of roles. `mod.rs` asks here.

use super::functions;
use super::identities::{GROUP, USER, missing, names, permissions, unknown_document, whom};
use super::properties::Properties;
use super::resources::Stack;
use crate::inventory::{Group, Identities, NamedDocument, User};
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::value::Value;
use crate::source::overlay::Whom;

/// Adds them to the identities of the account.
pub(super) fn add(stack: &Stack<'_>, identities: &mut Identities) -> Result<(), TemplateError> {
    for it in stack.of_kind("AWS::IAM::Group") {
        let (arn, name) = (it.arn("Arn")?, it.reference()?.written().into_owned());
        identities.groups.insert(name.clone(), Group { arn, name, permissions: permissions(stack, it, &GROUP)? });
    }
    for it in stack.of_kind("AWS::IAM::User") {
        let user = user(stack, it)?;
        identities.users.insert(user.arn.clone(), user);
    }
    Ok(())
}

fn user(stack: &Stack<'_>, it: Properties<'_>) -> Result<User, TemplateError> {
    let mut permissions = permissions(stack, it, &USER)?;
    let (mut groups, mut open) = (Vec::new(), Vec::new());
    let mut joins = |group: Whom| match group {
        Whom::Named(name) if groups.contains(&name) => {}
        Whom::Named(name) => groups.push(name),
        Whom::Any(missing) => open.push(missing),
    };
    let listed = it.list("Groups")?;
    for group in listed.value().into_iter().flatten() {
        match group {
            Value::Text(text) => joins(whom(stack, &GROUP, text)?),
            Value::Unknown(missing) => joins(Whom::Any(missing.to_string())),
            _ => {}
        }
    }
    if listed.gap().is_some() {
        joins(Whom::Any(missing(&listed, it.id)));
    }
    let name = it.reference()?;
    for addition in stack.naming("AWS::IAM::UserToGroupAddition", "Users", &name.written())? {
        if names(addition, "Users", &name)?
            && let Some(group) = addition.text("GroupName")?
        {
            joins(whom(stack, &GROUP, &group)?);
        }
    }
    for group in open {
        permissions.inline.push(NamedDocument::new("of a group", unknown_document(&format!("what group {group} may do"), false)));
    }
    Ok(User {
        arn: it.arn("Arn")?,
        id: format!("⟦{}.Id⟧", it.id),
        permissions,
        groups,
        tags: functions::tags(it)?.value().cloned().unwrap_or_default(),
    })
}
