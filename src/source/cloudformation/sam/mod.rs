//! What the macro `AWS::Serverless-2016-10-31` makes of a template, as far as rotations hang on it: functions, the roles that it generates for them, their
//! versions, aliases and URLs (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>).
//! Other resources of the macro stay as they are.

mod nodes;
mod policies;

use std::collections::BTreeMap;

use self::nodes::{call, is_call, list, map, reference, text};
use super::document::{Content, Entry, Node};
use super::template::{Resource, SERVERLESS, Template};
use crate::policy::Position;

const KIND: &str = "AWS::Serverless::Function";

/// The properties that a function has as Lambda has them.
const SAME: [&str; 12] = [
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
];

/// Puts in place of the macro's functions what it makes of them.
pub(super) fn expand(template: &mut Template) {
    if !template.transforms.iter().any(|name| name == SERVERLESS) {
        return;
    }
    let globals = template.globals.as_ref().and_then(|globals| globals.get("Function")).cloned();
    let ids: Vec<String> = template.resources.iter().filter(|(_, it)| it.kind == KIND).map(|(id, _)| id.clone()).collect();
    for id in ids {
        let Some(resource) = template.resources.remove(&id) else { continue };
        let properties = merged(globals.as_ref(), resource.properties.as_ref(), resource.at);
        template.resources.extend(made(&id, &resource, &properties));
    }
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
    };
    let mut made = BTreeMap::new();
    let mut function: Vec<(String, Node)> =
        SAME.iter().filter_map(|name| Some(((*name).to_owned(), properties.get(name)?.clone()))).collect();
    function.extend(properties.get("Tags").map(|tags| ("Tags".to_owned(), tag_list(tags))));
    if let Some(role) = properties.get("Role") {
        function.push(("Role".to_owned(), role.clone()));
    } else {
        let role = format!("{id}Role");
        function.push(("Role".to_owned(), call(at, "Fn::GetAtt", list(at, vec![text(at, &role), text(at, "Arn")]))));
        made.insert(role, like("AWS::IAM::Role", policies::role(at, id, properties)));
    }
    if let Some(alias) = properties.get("AutoPublishAlias") {
        let fields = [("FunctionName", reference(at, id)), ("Name", alias.clone())];
        made.insert(format!("{id}.Alias"), like("AWS::Lambda::Alias", fields.map(|(key, node)| (key.to_owned(), node)).into()));
        made.insert(format!("{id}.Version"), like("AWS::Lambda::Version", vec![("FunctionName".to_owned(), reference(at, id))]));
    }
    if let Some(url) = properties.get("FunctionUrlConfig") {
        let fields = [("TargetFunctionArn".to_owned(), reference(at, id))];
        let auth = url.get("AuthType").map(|auth| ("AuthType".to_owned(), auth.clone()));
        made.insert(format!("{id}Url"), like("AWS::Lambda::Url", fields.into_iter().chain(auth).collect()));
        if url.get("AuthType").and_then(Node::text) == Some("NONE") {
            let fields = [
                ("FunctionName", reference(at, id)),
                ("Action", text(at, "lambda:InvokeFunctionUrl")),
                ("Principal", text(at, "*")),
                ("FunctionUrlAuthType", text(at, "NONE")),
            ];
            let fields = fields.map(|(key, node)| (key.to_owned(), node)).into();
            made.insert(format!("{id}UrlPublicPermissions"), like("AWS::Lambda::Permission", fields));
        }
    }
    made.insert(id.to_owned(), like("AWS::Lambda::Function", function));
    made
}

/// Tags of the macro are a mapping, those of Lambda a list.
fn tag_list(tags: &Node) -> Node {
    let tag = |entry: &Entry| {
        let fields = [("Key", text(entry.at, &entry.key)), ("Value", entry.node.clone())];
        map(entry.at, fields.map(|(key, node)| (key.to_owned(), node)))
    };
    if is_call(tags) { tags.clone() } else { list(tags.at, tags.entries().iter().map(tag).collect()) }
}
