//! The checked form of an expression: every name is resolved and every operand has the right type. `check` makes it, `evaluate` reads it, and the
//! façade lists its fields and takes terms out of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::error::Span;

/// Something that is true, false or undecided.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    Literal(bool),
    /// A field or variable of type bool.
    Field(Reference),
    Has(Reference),
    Not(Box<Condition>),
    /// The terms of a `&&` with their places in the source.
    All(Vec<(Span, Condition)>),
    Any(Vec<Condition>),
    /// `==` between two conditions.
    Same(Box<Condition>, Box<Condition>),
    Compare(Operand, Comparison, Operand),
    /// `item in list`
    In(Operand, Operand),
    /// A test of the first text for the second.
    Text(Operand, TextTest, Operand),
    /// `list.exists(x, body)` or `list.all(x, body)`
    Each(Operand, Quantifier, Box<Condition>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    Equal,
    Less,
    Greater,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Quantifier {
    Exists,
    All,
}

/// Something that has a value other than true and false.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Literal(Literal),
    Field(Reference),
    /// The number of elements of a list or of characters of a text.
    Size(Box<Operand>),
    Sum(Box<Operand>, Vec<(char, Operand)>),
}

#[derive(Debug, Clone)]
pub(super) enum Literal {
    Int(i64),
    Text(Arc<str>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    List(Vec<Literal>),
}

/// A field of the facts or of a variable.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) root: Root,
    /// The names inside records that lead on from the root.
    pub(super) names: Vec<Arc<str>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Root {
    /// The place of the path in the expression's list of paths.
    Field(usize),
    /// How many `exists` and `all` lie around the one that binds the variable.
    Variable(usize),
}

impl Condition {
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::All(terms) => terms.iter().map(|(_, term)| term).collect(),
            Self::Any(parts) => parts.iter().collect(),
            Self::Same(left, right) => vec![left, right],
            Self::Not(inner) | Self::Each(_, _, inner) => vec![inner],
            Self::Literal(_) | Self::Field(_) | Self::Has(_) | Self::Compare(..) | Self::In(..) | Self::Text(..) => Vec::new(),
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::All(terms) => terms.iter_mut().map(|(_, term)| term).collect(),
            Self::Any(parts) => parts.iter_mut().collect(),
            Self::Same(left, right) => vec![left, right],
            Self::Not(inner) | Self::Each(_, _, inner) => vec![inner],
            Self::Literal(_) | Self::Field(_) | Self::Has(_) | Self::Compare(..) | Self::In(..) | Self::Text(..) => Vec::new(),
        }
    }

    fn references(&self) -> Vec<&Reference> {
        match self {
            Self::Field(reference) | Self::Has(reference) => vec![reference],
            Self::Compare(left, _, right) | Self::In(left, right) | Self::Text(left, _, right) => {
                left.references().into_iter().chain(right.references()).collect()
            }
            Self::Each(list, _, _) => list.references(),
            Self::Literal(_) | Self::Not(_) | Self::All(_) | Self::Any(_) | Self::Same(..) => Vec::new(),
        }
    }

    /// Adds the places of the paths that it reads.
    pub(super) fn collect_paths(&self, into: &mut BTreeSet<usize>) {
        into.extend(self.references().into_iter().filter_map(|reference| match reference.root {
            Root::Field(path) => Some(path),
            Root::Variable(_) => None,
        }));
        self.parts().into_iter().for_each(|part| part.collect_paths(into));
    }

    /// Adds the places in the source of all terms of all `&&`, outer ones before those inside them.
    pub(super) fn collect_terms(&self, into: &mut Vec<Span>) {
        if let Self::All(terms) = self {
            into.extend(terms.iter().map(|(span, _)| *span));
        }
        self.parts().into_iter().for_each(|part| part.collect_terms(into));
    }

    /// Takes out the term at `index`, in the order of `collect_terms`. What is left of the index tells that it lies further on; `None`: done.
    pub(super) fn remove_term(&mut self, mut index: usize) -> Option<usize> {
        if let Self::All(terms) = self {
            if index < terms.len() {
                terms.remove(index);
                return None;
            }
            index -= terms.len();
        }
        self.parts_mut().into_iter().try_fold(index, |index, part| part.remove_term(index))
    }
}

impl Operand {
    fn references(&self) -> Vec<&Reference> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Field(reference) => vec![reference],
            Self::Size(inner) => inner.references(),
            Self::Sum(first, rest) => {
                first.references().into_iter().chain(rest.iter().flat_map(|(_, operand)| operand.references())).collect()
            }
        }
    }
}
