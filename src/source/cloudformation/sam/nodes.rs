//! Makes nodes of a template, for what a macro writes.

use crate::policy::Position;
use crate::source::cloudformation::document::{Content, Entry, Node};

pub(super) fn text(at: Position, text: &str) -> Node {
    Node { at, content: Content::Text(text.to_owned()) }
}

pub(super) fn list(at: Position, items: Vec<Node>) -> Node {
    Node { at, content: Content::List(items) }
}

pub(super) fn map(at: Position, fields: impl IntoIterator<Item = (String, Node)>) -> Node {
    let entry = |(key, node): (String, Node)| Entry { at, key, node };
    Node { at, content: Content::Map(fields.into_iter().map(entry).collect()) }
}

/// A call of an intrinsic function with one argument.
pub(super) fn call(at: Position, function: &str, argument: Node) -> Node {
    map(at, [(function.to_owned(), argument)])
}

pub(super) fn reference(at: Position, name: &str) -> Node {
    call(at, "Ref", text(at, name))
}

pub(super) fn sub(at: Position, pattern: &str) -> Node {
    call(at, "Fn::Sub", text(at, pattern))
}

/// A policy with statements, each of actions, a resource and at most one condition.
pub(super) fn policy(at: Position, statements: Vec<Node>) -> Node {
    map(at, [("Version".to_owned(), text(at, "2012-10-17")), ("Statement".to_owned(), list(at, statements))])
}

/// A statement that allows `actions` on `resource`.
pub(super) fn allow(at: Position, actions: &[&str], resource: Node, condition: Option<Node>) -> Node {
    let actions = list(at, actions.iter().map(|action| text(at, action)).collect());
    let fields = [("Effect", text(at, "Allow")), ("Action", actions), ("Resource", resource)];
    let fields = fields.into_iter().chain(condition.map(|condition| ("Condition", condition)));
    map(at, fields.map(|(key, node)| (key.to_owned(), node)))
}

/// Whether this calls an intrinsic function.
pub(super) fn is_call(node: &Node) -> bool {
    node.only().is_some_and(|(name, _)| name == "Ref" || name.starts_with("Fn::"))
}

/// What is invoked: the alias that the macro publishes, if the function has one; else the function itself.
pub(super) fn invoked(at: Position, id: &str, properties: &Node) -> Node {
    if properties.get("AutoPublishAlias").is_some() { reference(at, &format!("{id}.Alias")) } else { reference(at, id) }
}

/// A resource that the macro makes beside a function: what its logical id ends with, its type and its properties.
pub(super) type Beside = (String, &'static str, Vec<(&'static str, Node)>);
