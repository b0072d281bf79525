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
use crate::source::overlay::{Given, HolderKind, Whom};

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

/// What policies are given to: its type, the property by which lists name it, and the resource that gives one policy to one of them.
pub(super) struct Holder {
    kind: HolderKind,
    of_kind: &'static str,
    many: &'static str,
    policy: &'static str,
    one: &'static str,
}

const ROLE: Holder =
    Holder { kind: HolderKind::Role, of_kind: "AWS::IAM::Role", many: "Roles", policy: "AWS::IAM::RolePolicy", one: "RoleName" };
pub(super) const USER: Holder =
    Holder { kind: HolderKind::User, of_kind: "AWS::IAM::User", many: "Users", policy: "AWS::IAM::UserPolicy", one: "UserName" };
pub(super) const GROUP: Holder =
    Holder { kind: HolderKind::Group, of_kind: "AWS::IAM::Group", many: "Groups", policy: "AWS::IAM::GroupPolicy", one: "GroupName" };

/// Whether a property, a text or a list of them, surely names what is called `name`.
pub(super) fn names(other: Properties<'_>, property: &str, name: &Text) -> Result<bool, TemplateError> {
    Ok(other.list(property)?.value().into_iter().flatten().any(|it| matches!(it, Value::Text(text) if text == name)))
}

/// The policies of a role, user or group, in whichever way they surely get to it.
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

/// Whether the stack makes what is called like this.
fn is_own(stack: &Stack<'_>, holder: &Holder, text: &Text) -> Result<bool, TemplateError> {
    for it in stack.called(holder.of_kind, &text.written())? {
        if it.reference()? == *text {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whom a text names.
pub(super) fn whom(stack: &Stack<'_>, holder: &Holder, text: &Text) -> Result<Whom, TemplateError> {
    let is_known = !text.has_unknown() || is_own(stack, holder, text)?;
    Ok(if is_known { Whom::Named(text.written().into_owned()) } else { Whom::Any(Missing::of(text).to_string()) })
}

/// Whom a resource names that the stack does not make.
fn others(stack: &Stack<'_>, it: Properties<'_>, property: &str, holder: &Holder) -> Result<Vec<Whom>, TemplateError> {
    let all = match it.list(property)? {
        Known::Value(all) => all,
        unknown @ Known::Unreadable(_) => return Ok(vec![Whom::Any(missing(&unknown, it.id))]),
    };
    let mut others = Vec::new();
    for one in all {
        match one {
            Value::Text(text) if !is_own(stack, holder, &text)? => others.push(whom(stack, holder, &text)?),
            Value::Unknown(missing) => others.push(Whom::Any(missing.to_string())),
            _ => {}
        }
    }
    others.sort();
    others.dedup();
    Ok(others)
}

/// What the stack gives to roles, users and groups that it does not make
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html>). Whom it means without a name that is known may be any, its own included.
pub(super) fn given_elsewhere(stack: &Stack<'_>) -> Result<Given, TemplateError> {
    let mut given = Given::default();
    for holder in [ROLE, USER, GROUP] {
        for (kind, property) in [("AWS::IAM::Policy", holder.many), (holder.policy, holder.one)] {
            for it in stack.of_kind(kind) {
                for whom in others(stack, it, property, &holder)? {
                    given.to(holder.kind, whom).inline.push(named(it)?);
                }
            }
        }
        for it in stack.of_kind("AWS::IAM::ManagedPolicy") {
            let arn = Arn::parse(&it.reference()?.written()).map_err(|error| it.wrong(&error.to_string()))?;
            for whom in others(stack, it, holder.many, &holder)? {
                given.to(holder.kind, whom).attached.push(arn.clone());
            }
        }
    }
    for it in stack.of_kind("AWS::IAM::UserToGroupAddition") {
        let Some(group) = it.text("GroupName")? else { continue };
        let group = whom(stack, &GROUP, &group)?;
        for whom in others(stack, it, "Users", &USER)? {
            given.to(HolderKind::User, whom).groups.push(group.clone());
        }
    }
    Ok(given)
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
pub(super) fn missing<T>(read: &Known<T>, id: &str) -> String {
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
