//! The order in which CloudFormation makes things: a rotation schedule invokes the function as soon as it is made, so what that needs has to be there before. `secrets` asks
//! here.
//!
//! Also without rotating at once Secrets Manager runs the step `testSecret` (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>).
//! CloudFormation waits for what a resource refers to and for what its `DependsOn` names, and for nothing else
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html>).

use std::collections::{BTreeMap, BTreeSet};

use super::permissions::Names;
use super::properties::Properties;
use super::resources::Stack;
use crate::arn::Arn;
use crate::policy::Text;
use crate::source::cloudformation::document::{Node, TemplateError};
use crate::source::cloudformation::value::Value;

/// The resources, by their logical ids, that the rotation of `schedule` needs and that may be made after it.
pub(super) fn not_awaited<'a>(stack: &Stack<'a>, schedule: Properties<'a>, function: Option<&Arn>) -> Result<Vec<String>, TemplateError> {
    let mut needed = attachments(stack, schedule)?;
    if let Some(function) = function {
        let (function, _) = function.split_qualifier();
        for it in stack.called("AWS::Lambda::Function", function.as_str())? {
            let arn = it.arn("Arn")?;
            if arn == function {
                needed.extend(permissions(stack, &Names { name: it.reference()?, arn })?);
                needed.extend(policies(stack, it)?);
            }
        }
    }
    let awaited = awaited(stack, schedule.id);
    Ok(needed.into_iter().filter(|id| !awaited.contains(id.as_str())).collect())
}

/// What attaches the secret to its database: the secret's value names no host before.
fn attachments(stack: &Stack<'_>, schedule: Properties<'_>) -> Result<Vec<String>, TemplateError> {
    let Some(secret) = schedule.text("SecretId")? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for it in stack.naming("AWS::SecretsManager::SecretTargetAttachment", "SecretId", &secret.written())? {
        if it.text("SecretId")?.as_ref() == Some(&secret) {
            found.push(it.id.to_owned());
        }
    }
    Ok(found)
}

fn permissions(stack: &Stack<'_>, names: &Names) -> Result<Vec<String>, TemplateError> {
    let mut found = Vec::new();
    for it in stack.naming("AWS::Lambda::Permission", "FunctionName", names.arn.as_str())? {
        let is_for_it = it.text("FunctionName")?.is_some_and(|function| names.qualifier(&function).is_some());
        let service = it.text("Principal")?;
        if is_for_it && service.is_some_and(|service| service.literal_prefix().starts_with("secretsmanager.")) {
            found.push(it.id.to_owned());
        }
    }
    for it in stack.naming("AWS::Lambda::ResourcePolicy", "ResourceArn", names.arn.as_str())? {
        if it.text("ResourceArn")?.is_some_and(|function| names.qualifier(&function).is_some()) {
            found.push(it.id.to_owned());
        }
    }
    Ok(found)
}

/// The policies that get to the function's role as resources of their own.
fn policies(stack: &Stack<'_>, function: Properties<'_>) -> Result<Vec<String>, TemplateError> {
    let Some(role) = function.text("Role")? else { return Ok(Vec::new()) };
    let mut name: Option<Text> = None;
    for it in stack.called("AWS::IAM::Role", &role.written())? {
        if it.arn("Arn").is_ok_and(|arn| role.written() == arn.as_str()) {
            name = Some(it.reference()?);
        }
    }
    let Some(name) = name else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (kind, property) in [("AWS::IAM::Policy", "Roles"), ("AWS::IAM::RolePolicy", "RoleName"), ("AWS::IAM::ManagedPolicy", "Roles")] {
        for it in stack.naming(kind, property, &name.written())? {
            let roles = it.list(property)?;
            if roles.value().into_iter().flatten().any(|role| *role == Value::Text(name.clone())) {
                found.push(it.id.to_owned());
            }
        }
    }
    Ok(found)
}

/// The resources that are made before this one, whatever happens.
pub(crate) fn awaited<'a>(stack: &Stack<'a>, id: &'a str) -> BTreeSet<&'a str> {
    let (mut waiting, mut awaited) = (vec![id], BTreeSet::new());
    while let Some(id) = waiting.pop() {
        let Some(it) = stack.by_id.get(id) else { continue };
        waiting.extend(waits_for(&stack.by_id, *it).into_iter().filter(|id| awaited.insert(*id)));
    }
    awaited
}

/// What CloudFormation makes before this resource because it says so. Before a resource of a nested stack, that is also what the stack itself waits for; and a
/// nested stack is made when all its resources are.
fn waits_for<'a>(by_id: &BTreeMap<&'a str, Properties<'a>>, it: Properties<'a>) -> Vec<&'a str> {
    let member = it.evaluator.member();
    let mut named: Vec<&str> = it.resource.depends_on.iter().map(String::as_str).collect();
    if let Some(properties) = &it.resource.properties {
        references(properties, &mut named);
    }
    let mut found = Vec::new();
    for local in named {
        let id = member.name_of(local);
        found.push(id);
        if member.nested.contains_key(local) {
            let inside = |other: &&str| other.strip_prefix(id).is_some_and(|rest| rest.starts_with('.'));
            found.extend(by_id.range(id..).map(|(other, _)| *other).skip(1).take_while(|other| other.starts_with(id)).filter(inside));
        }
    }
    if let Some((outer, local)) = &member.parent {
        let id = it.evaluator.in_stack(*outer).member().name_of(local);
        found.extend(by_id.get(id).into_iter().flat_map(|outer| waits_for(by_id, *outer)));
    }
    found
}

/// The names that a value refers to.
fn references<'a>(node: &'a Node, found: &mut Vec<&'a str>) {
    let resource = |name: &'a str| name.split('.').next().unwrap_or(name);
    match node.only() {
        Some(("Ref", name)) => found.extend(name.text()),
        Some(("Fn::GetAtt", of)) => found.extend(of.text().or_else(|| of.items().first()?.text()).map(resource)),
        Some(("Fn::Sub", pattern)) => {
            let text = pattern.text().or_else(|| pattern.items().first()?.text()).unwrap_or_default();
            found.extend(text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| resource(name.trim())));
        }
        _ => {}
    }
    node.entries().iter().map(|entry| &entry.node).chain(node.items()).for_each(|inner| references(inner, found));
}
