//! What the macro `AWS::Serverless-2016-10-31` makes of a template, as far as rotations hang on it: functions, the roles that it generates for them, their
//! versions, aliases and URLs (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>).
//! AWS's rotation applications are in `applications`; other resources of the macro stay as they are.

mod applications;
mod connectors;
mod events;
pub(super) mod nodes;
mod policies;
mod url;

use std::collections::BTreeMap;

pub(super) use self::applications::{Parameters, deployed, key_statements, superuser_policy};
use self::nodes::{KIND, call, is_call, list, map, reference, text};
pub(super) use self::policies::trust;
use super::document::{Content, Entry, Node};
use super::template::{Resource, SERVERLESS, Template, is_open};
use crate::policy::Position;

/// The properties that a function has as Lambda has them.
const SAME: [&str; 14] = [
    "FunctionName",
    "Runtime",
    "Timeout",
    "Environment",
    "VpcConfig",
    "KmsKeyArn",
    "ReservedConcurrentExecutions",
    "Layers",
    "Handler",
    "PackageType",
    "Architectures",
    "RecursiveLoop",
    "MemorySize",
    "LoggingConfig",
];

/// Puts in place of the macro's functions what it makes of them.
pub(super) fn expand(template: &mut Template) {
    if !template.transforms.iter().any(|name| name == SERVERLESS) {
        return;
    }
    let globals = template.globals.as_ref().and_then(|globals| globals.get("Function")).cloned();
    let connected = connectors::made(template);
    template.resources.extend(connected);
    let ids: Vec<String> = template.resources.iter().filter(|(_, it)| it.kind == KIND).map(|(id, _)| id.clone()).collect();
    for id in ids {
        let Some(resource) = template.resources.remove(&id) else { continue };
        let globals = globals.as_ref().map(|globals| taken(globals, &resource.ignores));
        let properties = merged(globals.as_ref(), resource.properties.as_ref(), resource.at);
        template.resources.extend(made(&id, &resource, &properties));
    }
}

/// What a function takes from `Globals`, of which it may ignore properties.
fn taken(globals: &Node, ignores: &[String]) -> Node {
    let ignored = |entry: &Entry| ignores.iter().any(|name| *name == entry.key || name == "*");
    let entries = globals.entries().iter().filter(|entry| !ignored(entry)).cloned().collect();
    if is_call(globals) { globals.clone() } else { Node { at: globals.at, content: Content::Map(entries) } }
}

/// The function's own properties over those of all functions: mappings are put together, lists follow each other, anything else is replaced
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>).
fn merged(globals: Option<&Node>, own: Option<&Node>, at: Position) -> Node {
    let empty = || Node { at, content: Content::Map(Vec::new()) };
    let (Some(globals), Some(own)) = (globals, own) else { return own.or(globals).cloned().unwrap_or_else(empty) };
    let content = match (&globals.content, &own.content) {
        (Content::Map(all), Content::Map(entries)) if !is_call(globals) && !is_call(own) => {
            let mut entries: Vec<Entry> = entries.clone();
            for entry in all {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => known.node = merged(Some(&entry.node), Some(&known.node), at),
                    None => entries.push(entry.clone()),
                }
            }
            Content::Map(entries)
        }
        (Content::List(all), Content::List(items)) => Content::List(all.iter().chain(items).cloned().collect()),
        _ => own.content.clone(),
    };
    Node { at: own.at, content }
}

/// The resources that one function becomes.
fn made(id: &str, resource: &Resource, properties: &Node) -> BTreeMap<String, Resource> {
    let at = resource.at;
    let like = |kind: &str, properties: Vec<(String, Node)>| Resource {
        at,
        kind: kind.to_owned(),
        properties: Some(map(at, properties)),
        condition: resource.condition.clone(),
        depends_on: resource.depends_on.clone(),
        construct: resource.construct.clone(),
        asset: None,
        retained: resource.retained,
        outlives: resource.outlives,
        ignores: Vec::new(),
        connectors: None,
    };
    let mut made = BTreeMap::new();
    let mut function: Vec<(String, Node)> =
        SAME.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(name)?.clone()))).collect();
    // An image brings its own runtime; one that `Globals` has is for the others.
    if properties.get("PackageType").and_then(Node::text) == Some("Image") {
        function.retain(|(name, _)| name != "Runtime");
    }
    if let Some(target) = properties.get("DeadLetterQueue").and_then(|queue| queue.get("TargetArn")) {
        function.push(("DeadLetterConfig".to_owned(), call(at, "TargetArn", target.clone())));
    }
    function.push(("Tags".to_owned(), tags(at, properties)));
    // What macros and loops make is not known for the role either.
    let open = || properties.entries().iter().filter(|entry| is_open(&entry.key)).map(|entry| (entry.key.clone(), entry.node.clone()));
    function.extend(open());
    if let Some(role) = properties.get("Role") {
        function.push(("Role".to_owned(), role.clone()));
    } else {
        let role = format!("{id}Role");
        function.push(("Role".to_owned(), call(at, "Fn::GetAtt", list(at, vec![text(at, &role), text(at, "Arn")]))));
        let mut fields = policies::role(at, id, properties);
        fields.extend(open());
        fields.push(("Tags".to_owned(), tags(at, properties)));
        made.insert(role, like("AWS::IAM::Role", fields));
    }
    if let Some(alias) = properties.get("AutoPublishAlias") {
        let fields = [("FunctionName", reference(at, id)), ("Name", alias.clone())];
        let fields: Vec<_> = fields.map(|(key, node)| (key.to_owned(), node)).into();
        // A template may name it as SAM does in its own, or as the macro makes it.
        if let Some(name) = alias.text() {
            made.insert(format!("{id}Alias{name}"), like("AWS::Lambda::Alias", fields.clone()));
        }
        made.insert(format!("{id}.Alias"), like("AWS::Lambda::Alias", fields));
        made.insert(format!("{id}.Version"), like("AWS::Lambda::Version", vec![("FunctionName".to_owned(), reference(at, id))]));
    }
    let named = |kind: &str, fields: Vec<(&str, Node)>| like(kind, fields.into_iter().map(|(key, node)| (key.to_owned(), node)).collect());
    for (suffix, kind, fields) in [url::made(at, id, properties), events::permissions(at, id, properties)].into_iter().flatten() {
        made.insert(format!("{id}{suffix}"), named(kind, fields));
    }
    made.insert(id.to_owned(), like("AWS::Lambda::Function", function));
    made
}

/// Tags of the macro are a mapping, those of Lambda and IAM a list; the macro adds one of its own.
fn tags(at: Position, properties: &Node) -> Node {
    let tag = |key: &str, value: Node| {
        let fields = [("Key", text(at, key)), ("Value", value)];
        map(at, fields.map(|(key, node)| (key.to_owned(), node)))
    };
    let own = tag("lambda:createdBy", text(at, "SAM"));
    match properties.get("Tags") {
        Some(tags) if is_call(tags) => tags.clone(),
        tags => {
            let entries = tags.map(Node::entries).unwrap_or_default();
            list(at, std::iter::once(own).chain(entries.iter().map(|entry| tag(&entry.key, entry.node.clone()))).collect())
        }
    }
}
