//! Makes nodes of a template, for what a macro writes. The followers of macros take them.

use crate::policy::Position;
use crate::source::cloudformation::document::{Content, Entry, Node};

/// A function of the macro.
pub(super) const KIND: &str = "AWS::Serverless::Function";

pub(crate) fn text(at: Position, text: &str) -> Node {
    Node { at, content: Content::Text(text.to_owned()) }
}

pub(crate) fn list(at: Position, items: Vec<Node>) -> Node {
    Node { at, content: Content::List(items) }
}

pub(crate) fn map(at: Position, fields: impl IntoIterator<Item = (String, Node)>) -> Node {
    let entry = |(key, node): (String, Node)| Entry { at, key, node };
    Node { at, content: Content::Map(fields.into_iter().map(entry).collect()) }
}

/// A call of an intrinsic function with one argument.
pub(crate) fn call(at: Position, function: &str, argument: Node) -> Node {
    map(at, [(function.to_owned(), argument)])
}

pub(crate) fn reference(at: Position, name: &str) -> Node {
    call(at, "Ref", text(at, name))
}

pub(crate) fn sub(at: Position, pattern: &str) -> Node {
    call(at, "Fn::Sub", text(at, pattern))
}

/// A policy with statements, each of actions, a resource and at most one condition.
pub(crate) fn policy(at: Position, statements: Vec<Node>) -> Node {
    map(at, [("Version".to_owned(), text(at, "2012-10-17")), ("Statement".to_owned(), list(at, statements))])
}

/// A statement that allows `actions` on `resource`.
pub(crate) fn allow(at: Position, actions: &[&str], resource: Node, condition: Option<Node>) -> Node {
    let actions = list(at, actions.iter().map(|action| text(at, action)).collect());
    let fields = [("Effect", text(at, "Allow")), ("Action", actions), ("Resource", resource)];
    let fields = fields.into_iter().chain(condition.map(|condition| ("Condition", condition)));
    map(at, fields.map(|(key, node)| (key.to_owned(), node)))
}

/// Whether this calls an intrinsic function.
pub(crate) fn is_call(node: &Node) -> bool {
    node.only().is_some_and(|(name, _)| name == "Ref" || name.starts_with("Fn::"))
}

/// What is invoked: the alias that the macro publishes, if the function has one; else the function itself.
pub(super) fn invoked(at: Position, id: &str, properties: &Node) -> Node {
    if properties.get("AutoPublishAlias").is_some() { reference(at, &format!("{id}.Alias")) } else { reference(at, id) }
}

/// A resource that the macro makes beside a function: what its logical id ends with, its type and its properties.
pub(super) type Beside = (String, &'static str, Vec<(&'static str, Node)>);

/// A value that is known once the resource is there, by what it is called.
pub(crate) fn attribute(at: Position, id: &str, name: &str) -> Node {
    call(at, "Fn::GetAtt", list(at, vec![text(at, id), text(at, name)]))
}

/// A mapping of these fields.
pub(crate) fn fields<const N: usize>(at: Position, fields: [(&str, Node); N]) -> Node {
    map(at, fields.map(|(key, node)| (key.to_owned(), node)))
}
