//! The values of a policy's elements as matchers and other rooms read them: actions, resources and condition values, and the entries of `Principal`.

use super::block::Block;
use super::glob::{Plain, Shape, Wildcards};
use super::pattern::{Pattern, variables};
use super::rows::{Meaning, Names, PrincipalKind, PrincipalRow, Row, Span, Special, ValueRow};

/// Those of some rows.
pub(super) fn values<'a>(block: &'a Block, rows: &'a [Row]) -> impl Iterator<Item = Value<'a>> {
    rows.iter().filter_map(move |row| if let Row::Value(row) = row { Some(Value { block, row }) } else { None })
}

/// A value of `Action`, `Resource` or a condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    block: &'a Block,
    row: &'a ValueRow,
}

impl<'a> Value<'a> {
    pub(super) fn written(self) -> &'a str {
        self.block.text(self.row.written)
    }

    /// Whether it may cover a text of so many bytes. Tells most values apart without looking at their text.
    pub(super) fn may_cover(self, length: usize) -> bool {
        let Span { from, end } = self.row.written;
        match self.row.meaning {
            Meaning::Written(Shape::Exact) => (end - from) as usize == length,
            Meaning::Written(Shape::Glob { literal } | Shape::Components { literal, .. }) => usize::from(literal) <= length,
            Meaning::Written(_) | Meaning::Special(_) => true,
        }
    }

    /// The pattern that it is; a number, date or range is none.
    pub(super) fn pattern(self) -> Option<Pattern<'a>> {
        match self.row.meaning {
            // Its text is not looked at: a line of memory less for the most frequent value of all.
            Meaning::Written(Shape::Anything) => {
                Some(Pattern::Plain(Plain { text: "*", shape: Shape::Anything, wildcards: Wildcards::WRITTEN }))
            }
            Meaning::Written(shape) => Some(Pattern::Plain(Plain { text: self.written(), shape, wildcards: Wildcards::WRITTEN })),
            Meaning::Special(_) => match self.special()? {
                Special::Filled(filled, shape) => Some(Pattern::Plain(filled.with(*shape))),
                Special::Tokens(tokens) => Some(Pattern::Open(tokens)),
                Special::Number(_) | Special::Date(_) | Special::Ip(_) => None,
            },
        }
    }

    pub(super) fn special(self) -> Option<&'a Special> {
        if let Meaning::Special(number) = self.row.meaning { self.block.special(number) } else { None }
    }

    /// The names of the variables in it.
    pub(super) fn variables(self) -> impl Iterator<Item = &'a str> {
        let tokens: &[_] = if let Some(Special::Tokens(tokens)) = self.special() { tokens } else { &[] };
        variables(tokens)
    }
}

/// One entry of a `Principal` or `NotPrincipal` element.
#[derive(Debug, Clone, Copy)]
pub struct PrincipalEntry<'a> {
    pub(super) block: &'a Block,
    pub(super) row: &'a PrincipalRow,
}

impl<'a> PrincipalEntry<'a> {
    /// The key it stands under.
    pub fn kind(self) -> PrincipalKind {
        self.row.kind
    }

    /// The value as written.
    pub fn written(self) -> &'a str {
        self.block.text(self.row.written)
    }

    /// Whether it names everyone: `*`, bare or under `AWS`.
    pub fn is_everyone(self) -> bool {
        self.row.names == Names::Everyone
    }

    /// The account it delegates to, if it is an account's root ARN or number.
    pub fn delegates_to(self) -> Option<&'a str> {
        if self.row.names != Names::Account {
            return None;
        }
        let written = self.written();
        let Some(arn) = written.strip_suffix(":root") else { return Some(written) };
        Some(arn.bytes().rposition(|byte| byte == b':').map_or(arn, |colon| &arn[colon + 1..]))
    }

    pub(super) fn names(self) -> Names {
        self.row.names
    }

    /// Whether symbols stand in it.
    pub(super) fn is_open(self) -> bool {
        self.row.open
    }
}
