//! The syntax tree of an expression, before names and types are known. `parse` makes it, `check` and `guards` read it.

use super::error::Span;

/// A part of the source.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: NodeKind,
}

/// A name and where it stands.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Chains of one operator are flat, so that the tree is never deeper than the nesting of the source.
#[derive(Debug)]
pub(super) enum NodeKind {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Node>),
    Path(Vec<Name>),
    /// `size(…)`
    Call {
        name: Name,
        arguments: Vec<Node>,
    },
    /// `….contains(…)`
    Method {
        receiver: Box<Node>,
        name: Name,
        arguments: Vec<Node>,
    },
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// A comparison or `in`.
    Relation {
        left: Box<Node>,
        operator: &'static str,
        right: Box<Node>,
    },
    Sum {
        first: Box<Node>,
        /// `+` or `-`, and what is added or taken away.
        rest: Vec<(char, Node)>,
    },
}
