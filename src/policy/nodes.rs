//! What the parser asks of JSON: this member, a text, a list of texts. Each answer or an error that names the element and the place.

use super::error::{PolicyError, Position, Problem, nearest};
use super::json::{Json, Member, Node};

/// Values of one element or condition.
pub(super) const MAX_VALUES: usize = 16_384;

pub(super) type Parsed<T> = Result<T, PolicyError>;

pub(super) fn find<'a>(members: &'a [Member<'a>], key: &str) -> Option<&'a Member<'a>> {
    members.iter().find(|member| member.key == key)
}

/// The element or its negation, and whether it is the negation.
pub(super) fn either<'a>(members: &'a [Member<'a>], element: &'static str, negation: &str) -> Parsed<Option<(&'a Member<'a>, bool)>> {
    match (find(members, element), find(members, negation)) {
        (Some(_), Some(second)) => Err(PolicyError::new(second.at, Problem::Both(element))),
        (Some(member), None) => Ok(Some((member, false))),
        (None, Some(member)) => Ok(Some((member, true))),
        (None, None) => Ok(None),
    }
}

pub(super) fn known(members: &[Member<'_>], elements: &[&str], of: &'static str) -> Parsed<()> {
    match members.iter().find(|member| !elements.contains(&&*member.key)) {
        None => Ok(()),
        Some(member) => {
            let problem =
                Problem::UnknownElement { element: shown(&member.key), of, suggestion: nearest(&member.key, elements.iter().copied()) };
            Err(PolicyError::new(member.at, problem))
        }
    }
}

pub(super) fn limit(count: usize, limit: usize, what: &'static str, at: Position) -> Parsed<()> {
    if count > limit { Err(PolicyError::new(at, Problem::TooLarge { what, limit })) } else { Ok(()) }
}

pub(super) fn one_or_many<'a>(node: &'a Node<'a>) -> &'a [Node<'a>] {
    if let Json::Array(nodes) = &node.value { nodes } else { std::slice::from_ref(node) }
}

pub(super) fn object<'a>(node: &'a Node<'a>, element: &str) -> Parsed<&'a [Member<'a>]> {
    if let Json::Object(members) = &node.value { Ok(members) } else { Err(wrong_type(node, element, "an object")) }
}

pub(super) fn text_of<'a>(node: &'a Node<'a>, element: &str) -> Parsed<&'a str> {
    if let Json::Text(text) = &node.value { Ok(text) } else { Err(wrong_type(node, element, "text")) }
}

/// A text or an array of texts.
pub(super) fn texts<'a>(node: &'a Node<'a>, element: &str) -> Parsed<&'a [Node<'a>]> {
    let nodes = one_or_many(node);
    limit(nodes.len(), MAX_VALUES, "more values in one element", node.at)?;
    nodes.iter().try_for_each(|node| text_of(node, element).map(drop))?;
    Ok(nodes)
}

/// A text, number or truth value, or an array of such.
pub(super) fn scalars<'a>(node: &'a Node<'a>, element: &str) -> Parsed<&'a [Node<'a>]> {
    let nodes = one_or_many(node);
    limit(nodes.len(), MAX_VALUES, "more values in one condition", node.at)?;
    match nodes.iter().find(|node| !matches!(node.value, Json::Text(_) | Json::Number(_) | Json::Bool(_))) {
        None => Ok(nodes),
        Some(node) => Err(wrong_type(node, element, "text, a number or a truth value")),
    }
}

/// What was written as a scalar.
pub(super) fn written<'a>(node: &'a Node<'a>) -> &'a str {
    match &node.value {
        Json::Text(text) => text,
        Json::Number(number) => number,
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Null | Json::Array(_) | Json::Object(_) => "",
    }
}

fn wrong_type(node: &Node<'_>, element: &str, expected: &'static str) -> PolicyError {
    PolicyError::new(node.at, Problem::WrongType { element: shown(element), expected, found: node.value.kind() })
}

/// Foreign text in an error, not longer than an error should be.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
