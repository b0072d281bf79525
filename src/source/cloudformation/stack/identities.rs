//! Roles, managed policies, and the several ways in which a policy gets to a role, a user or a group.

use std::collections::BTreeMap;

use super::functions;
use super::properties::{Properties, document, gap};
use super::resources::Stack;
use super::unread;
use crate::arn::{Arn, Partition};
use crate::inventory::{Function, Identities, Known, NamedDocument, Permissions, Role};
use crate::policy::{Document, Position, Symbol, Text};
use crate::source::bare;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::managed;
use crate::source::cloudformation::value::{Missing, Value};
use crate::source::overlay::Additions;

/// The roles and policies that the stack makes, and the roles with which its functions run.
pub(super) fn identities(stack: &Stack<'_>, functions: &BTreeMap<Arn, Function>) -> Result<Identities, TemplateError> {
    let mut identities = Identities::default();
    for it in stack.of_kind("AWS::IAM::Role") {
        let role = role(stack, it)?;
        identities.roles.insert(role.arn.clone(), role);
    }
    for it in stack.of_kind("AWS::IAM::ManagedPolicy") {
        let arn = Arn::parse(&it.reference()?.written()).map_err(|error| it.wrong(&error.to_string()))?;
        identities.policies.insert(arn, policy(it)?);
    }
    let roles = functions.values().filter_map(|function| function.configuration.value()?.as_ref()?.role.as_ref());
    for role in roles.filter(|role| role.account() == stack.account.as_str() && role.resource().starts_with("role/")) {
        identities.roles.entry(role.clone()).or_insert_with(|| elsewhere(role));
    }
    Ok(identities)
}

/// Adds what AWS's own managed policies say that somebody has.
pub(super) fn of_aws(identities: &mut Identities) {
    let all = identities.roles.values().map(|role| &role.permissions);
    let all = all.chain(identities.users.values().map(|user| &user.permissions));
    let all = all.chain(identities.groups.values().map(|group| &group.permissions));
    let named: Vec<Arn> = all.flat_map(|permissions| permissions.attached.iter().chain(&permissions.boundary)).cloned().collect();
    identities.policies.extend(managed::documents(named.iter()));
}

/// A role that a function has and the stack does not make: it may allow and deny anything.
fn elsewhere(arn: &Arn) -> Role {
    let what = format!("what role {} may do, which the template does not make (--over reads it)", arn.name());
    Role {
        arn: arn.clone(),
        id: format!("⟦?id of {}⟧", arn.name()),
        trust: unknown_document(&what, true),
        permissions: Permissions {
            inline: vec![NamedDocument::new("not in the template", unknown_document(&what, false))],
            ..Permissions::default()
        },
        tags: BTreeMap::new(),
    }
}

/// What policies are given to: the property by which lists name it, and the resource that gives one policy to one of them.
pub(super) struct Holder {
    many: &'static str,
    policy: &'static str,
    one: &'static str,
}

const ROLE: Holder = Holder { many: "Roles", policy: "AWS::IAM::RolePolicy", one: "RoleName" };
pub(super) const USER: Holder = Holder { many: "Users", policy: "AWS::IAM::UserPolicy", one: "UserName" };
pub(super) const GROUP: Holder = Holder { many: "Groups", policy: "AWS::IAM::GroupPolicy", one: "GroupName" };

/// Whether a property, a text or a list of them, names what is called `name`. A list that is not known may.
pub(super) fn names(other: Properties<'_>, property: &str, name: &Text) -> Result<bool, TemplateError> {
    let all = other.list(property)?;
    let same = |it: &Value| matches!(it, Value::Text(text) if text == name || text.has_unknown()) || matches!(it, Value::Unknown(_));
    Ok(all.value().is_none_or(|all| all.iter().any(same)))
}

/// The policies of a role, user or group, in whichever way they get to it.
pub(super) fn permissions(stack: &Stack<'_>, it: Properties<'_>, holder: &Holder) -> Result<Permissions, TemplateError> {
    let name = it.reference()?;
    let boundary = it.text("PermissionsBoundary")?;
    let mut permissions = Permissions {
        inline: inline(it)?,
        attached: attached(stack, it)?,
        boundary: boundary.map(|text| named_or_unknown(stack, &text)).transpose()?,
    };
    for (kind, property) in [("AWS::IAM::Policy", holder.many), (holder.policy, holder.one)] {
        for it in stack.naming(kind, property, &name.written())? {
            if names(it, property, &name)? {
                permissions.inline.push(named(it)?);
            }
        }
    }
    for it in stack.naming("AWS::IAM::ManagedPolicy", holder.many, &name.written())? {
        if names(it, holder.many, &name)? {
            permissions.attached.extend(Arn::parse(&it.reference()?.written()).ok());
        }
    }
    Ok(permissions)
}

fn role(stack: &Stack<'_>, it: Properties<'_>) -> Result<Role, TemplateError> {
    let name = it.reference()?;
    let mut permissions = permissions(stack, it, &ROLE)?;
    let arn = it.arn("Arn")?;
    if let Some(gap) = unread::may_change(stack, |text| *text == name || text.written() == arn.as_str())? {
        permissions.inline.push(NamedDocument::new(&format!("of {}", gap.resource), unknown_document(&gap.error, false)));
    }
    Ok(Role {
        arn,
        id: format!("⟦{}.Id⟧", it.id),
        trust: known_or_not(&it.document("AssumeRolePolicyDocument")?, it.id, true),
        permissions,
        tags: functions::tags(it)?.value().cloned().unwrap_or_default(),
    })
}

/// The names of roles that a resource names and the stack does not make, and what is missing where it is not known which they are.
fn others(stack: &Stack<'_>, it: Properties<'_>, property: &str) -> Result<(Vec<String>, Option<String>), TemplateError> {
    let is_own = |text: &Text| {
        let called = stack.called("AWS::IAM::Role", &text.written())?;
        called.into_iter().map(|role| role.reference()).find(|name| name.as_ref().map_or(true, |name| name == text)).transpose()
    };
    let roles = it.list(property)?;
    let (mut named, mut open) = (Vec::new(), roles.gap().map(|_| missing(&roles, it.id)));
    for role in roles.value().into_iter().flatten() {
        match role {
            Value::Text(text) if is_own(text)?.is_some() => {}
            Value::Text(text) if !text.has_unknown() => named.push(text.written().into_owned()),
            Value::Text(text) => open = Some(Missing::of(text).to_string()),
            Value::Unknown(missing) => open = Some(missing.to_string()),
            _ => {}
        }
    }
    Ok((named, open))
}

/// The policies that the stack gives to roles that it does not make.
pub(super) fn given_elsewhere(stack: &Stack<'_>) -> Result<Additions, TemplateError> {
    let mut additions = Additions::default();
    let mut any = |it: Properties<'_>, open: Option<String>| {
        additions.of_any_role.extend(open.map(|what| NamedDocument::new(it.id, unknown_document(&what, false))));
    };
    for (kind, property) in [("AWS::IAM::Policy", "Roles"), ("AWS::IAM::RolePolicy", "RoleName")] {
        for it in stack.of_kind(kind) {
            let (roles, open) = others(stack, it, property)?;
            any(it, open);
            for role in roles {
                additions.policies.push((role, named(it)?));
            }
        }
    }
    for it in stack.of_kind("AWS::IAM::ManagedPolicy") {
        let arn = Arn::parse(&it.reference()?.written()).map_err(|error| it.wrong(&error.to_string()))?;
        let (roles, open) = others(stack, it, "Roles")?;
        any(it, open);
        additions.attached.extend(roles.into_iter().map(|role| (role, arn.clone())));
    }
    Ok(additions)
}

fn inline(it: Properties<'_>) -> Result<Vec<NamedDocument>, TemplateError> {
    let policies = it.list("Policies")?;
    let Some(items) = policies.value() else {
        return Ok(vec![NamedDocument::new("Policies", unknown_document(&missing(&policies, it.id), false))]);
    };
    let one = |(index, item): (usize, &Value)| {
        let name = match item.get("PolicyName") {
            Some(Value::Text(text)) => text.written().into_owned(),
            _ => format!("policy {}", index + 1),
        };
        let read = match item {
            Value::Unknown(missing) => Known::Unreadable(gap(it.id, missing)),
            item => item.get("PolicyDocument").map_or(Known::Value(None), |value| document(it.id, value).map(Some)),
        };
        NamedDocument::new(&name, known_or_not(&read, it.id, false))
    };
    Ok(items.iter().enumerate().map(one).collect())
}

fn named(it: Properties<'_>) -> Result<NamedDocument, TemplateError> {
    let name = it.text("PolicyName")?.map_or_else(|| it.id.to_owned(), |text| text.written().into_owned());
    Ok(NamedDocument::new(&name, policy(it)?))
}

fn policy(it: Properties<'_>) -> Result<Document, TemplateError> {
    Ok(known_or_not(&it.document("PolicyDocument")?, it.id, false))
}

/// A document, or one of which nothing is known.
fn known_or_not(read: &Known<Option<Document>>, id: &str, principal: bool) -> Document {
    let what = missing(read, id);
    read.value().cloned().flatten().unwrap_or_else(|| unknown_document(&what, principal))
}

/// What would have to be known of a policy of this resource.
fn missing<T>(read: &Known<T>, id: &str) -> String {
    read.gap().map_or_else(|| format!("a policy of {id}"), |gap| gap.error.trim_end_matches(" is not known").to_owned())
}

/// A policy of which nothing is known: it may allow or deny anything, so that whatever hangs on it stays undecided and names `what` would have to be known.
pub(super) fn unknown_document(what: &str, principal: bool) -> Document {
    bare::policy(&Symbol::unknown(what).to_string(), principal)
}

fn attached(stack: &Stack<'_>, it: Properties<'_>) -> Result<Vec<Arn>, TemplateError> {
    let items = match it.list("ManagedPolicyArns")? {
        Known::Value(items) => items,
        Known::Unreadable(_) => vec![Value::Unknown(Missing::Function("ManagedPolicyArns".to_owned()))],
    };
    let arn = |item: &Value| match item {
        Value::Text(text) => Some(named_or_unknown(stack, text)),
        Value::Unknown(missing) => Some(named_or_unknown(stack, &missing.text())),
        _ => None,
    };
    items.iter().filter_map(arn).collect()
}

/// The policy that a text names. One that it does not name by an ARN has an ARN that no inventory holds.
fn named_or_unknown(stack: &Stack<'_>, text: &Text) -> Result<Arn, TemplateError> {
    let partition = Partition::of_region(stack.region);
    let otherwise = || Arn::build(partition, "iam", "", stack.account.as_str(), &format!("policy/{}", text.written()));
    Arn::parse(&text.written())
        .or_else(|_| otherwise())
        .map_err(|error| TemplateError::at(Position { line: 1, column: 1 }, error.to_string()))
}
