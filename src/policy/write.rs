//! Writes the rows of a policy while `parse.rs` reads it.

use std::borrow::Cow;
use std::sync::Arc;

use super::block::{Aside, Block};
use super::json::{Json, Member, Node};
use super::pattern::Compiled;
use super::rows::{Meaning, Row, Span, Special, StatementRow, ValueRow};

/// A policy that is being read.
pub(super) struct Writer {
    text: Arc<str>,
    rows: Vec<Row>,
    aside: Aside,
}

impl Writer {
    /// Of the document with this text.
    pub(super) fn new(text: Arc<str>) -> Self {
        Self { text, rows: Vec::new(), aside: Aside::default() }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Puts the head of a statement before its rows, of which the first is the one of this number.
    pub(super) fn head(&mut self, first: usize, head: StatementRow) {
        let rows = position(self.rows.len() - first);
        self.rows.insert(first, Row::Statement(StatementRow { rows, ..head }));
    }

    /// The policy, read to its end.
    pub(super) fn finish(self) -> Block {
        let Aside { unescaped, special } = &self.aside;
        let aside = (!unescaped.is_empty() || !special.is_empty()).then(|| Box::new(self.aside));
        Block { text: self.text, rows: self.rows.into(), aside }
    }

    /// The row of a pattern.
    pub(super) fn pattern(&mut self, node: &Node<'_>, compiled: Compiled) {
        match compiled {
            Compiled::Written(shape) => self.value(node, Meaning::Written(shape)),
            Compiled::Filled(filled, shape) => self.special(node, Special::Filled(filled, shape)),
            Compiled::Open(tokens) => self.special(node, Special::Tokens(tokens)),
        }
    }

    /// The row of a value of which the text alone does not say what it means.
    pub(super) fn special(&mut self, node: &Node<'_>, special: Special) {
        self.value(node, Meaning::Special(position(self.aside.special.len())));
        self.aside.special.push(special);
    }

    fn value(&mut self, node: &Node<'_>, meaning: Meaning) {
        let written = self.span(node);
        self.rows.push(Row::Value(ValueRow { written, meaning }));
    }

    /// Where the scalar of a node stands. Of a text, what stands between the quotation marks.
    pub(super) fn span(&mut self, node: &Node<'_>) -> Span {
        match &node.value {
            Json::Text(text) => self.text_span(node.offset, text, matches!(text, Cow::Owned(_))),
            Json::Number(number) => span(node.offset, number.len()),
            Json::Bool(value) => span(node.offset, if *value { 4 } else { 5 }),
            Json::Null | Json::Array(_) | Json::Object(_) => span(node.offset, 0),
        }
    }

    /// Where the key of a member stands.
    pub(super) fn key_span(&mut self, member: &Member<'_>) -> Span {
        self.text_span(member.offset, &member.key, matches!(member.key, Cow::Owned(_)))
    }

    fn text_span(&mut self, offset: usize, text: &str, has_escapes: bool) -> Span {
        if !has_escapes {
            return span(offset + 1, text.len());
        }
        let from = self.text.len() + self.aside.unescaped.len();
        self.aside.unescaped.push_str(text);
        span(from, text.len())
    }
}

fn span(from: usize, length: usize) -> Span {
    Span { from: position(from), end: position(from + length) }
}

/// INVARIANT: a document is too small for places that do not fit.
fn position(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
