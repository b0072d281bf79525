//! Users and groups that the stack makes: who of them may change a function, its role or its secret is asked as of roles. `mod.rs` asks here.

use super::functions;
use super::identities::{GROUP, USER, names, permissions, unknown_document};
use super::properties::Properties;
use super::resources::Stack;
use crate::inventory::{Group, Identities, NamedDocument, User};
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::value::Value;

/// Adds them to the identities of the account.
pub(super) fn add(stack: &Stack<'_>, identities: &mut Identities) -> Result<(), TemplateError> {
    for it in stack.of_kind("AWS::IAM::Group") {
        let (arn, name) = (it.arn("Arn")?, it.reference()?.written().into_owned());
        identities.groups.insert(name.clone(), Group { arn, name, permissions: permissions(stack, it, &GROUP)? });
    }
    for it in stack.of_kind("AWS::IAM::User") {
        let user = user(stack, it, identities)?;
        identities.users.insert(user.arn.clone(), user);
    }
    Ok(())
}

fn user(stack: &Stack<'_>, it: Properties<'_>, identities: &Identities) -> Result<User, TemplateError> {
    let mut permissions = permissions(stack, it, &USER)?;
    let (mut groups, mut others) = (Vec::new(), Vec::new());
    let mut joins = |group: &str| if identities.groups.contains_key(group) { &mut groups } else { &mut others }.push(group.to_owned());
    let listed = it.list("Groups")?;
    for group in listed.value().into_iter().flatten() {
        match group {
            Value::Text(text) => joins(&text.written()),
            Value::Unknown(missing) => joins(&missing.to_string()),
            _ => {}
        }
    }
    if let Some(gap) = listed.gap() {
        joins(&gap.error);
    }
    let name = it.reference()?;
    for addition in stack.naming("AWS::IAM::UserToGroupAddition", "Users", &name.written())? {
        if names(addition, "Users", &name)?
            && let Some(group) = addition.text("GroupName")?
        {
            joins(&group.written());
        }
    }
    // What a group may do that the stack does not make, nobody knows here.
    for group in others {
        let what = format!("what group {group} may do, which the template does not make (--over reads it)");
        permissions.inline.push(NamedDocument::new(&format!("of group {group}"), unknown_document(&what, false)));
    }
    Ok(User {
        arn: it.arn("Arn")?,
        id: format!("⟦{}.Id⟧", it.id),
        permissions,
        groups,
        tags: functions::tags(it)?.value().cloned().unwrap_or_default(),
    })
}
