//! The expression language of rule files (`when`, `expect`) and their message templates, checked against a schema when a rule is loaded and
//! evaluated against facts when it runs. Called by the loader and the runner of the rules room.
//!
//! The language is a subset of CEL (<https://github.com/google/cel-spec/blob/master/doc/langdef.md>): `&& || !`, `== != < <= > >=`, `in`, `+` and
//! `-` of timestamps and durations, `has(a.b)`, `list.exists(x, …)`, `list.all(x, …)`, `size(…)`, `startsWith`, `endsWith`, `contains`,
//! literals (`true`, `12`, `"text"`, `["a", "b"]`, `duration("24h")`, `timestamp("2025-01-31T00:00:00Z")`) and the fields of the schema. Unlike
//! CEL, everything has a type before it runs, comparisons do not chain, texts have no order, and an optional field has to be guarded by a
//! `has(…)` in the same conjunction (or `!has(…) || …`). Neither a source nor facts can make it panic, overflow the stack or run long.

mod check;
mod condition;
mod error;
mod evaluate;
mod facts;
mod guards;
mod lex;
mod limits;
mod literals;
mod names;
mod parse;
mod schema;
mod syntax;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use condition::Condition;
pub(crate) use error::ExpressionError;
#[cfg(test)]
pub(crate) use error::Fault;
pub(crate) use facts::{Fact, Facts, Outcome, Value};
#[cfg(test)]
pub(crate) use limits::MAX_SOURCE;
#[cfg(test)]
pub(crate) use schema::Presence;
pub(crate) use schema::{Field, Record, Schema, Type};
pub(crate) use template::Template;

/// A checked expression.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    source: Arc<str>,
    /// The paths that the references of `condition` count in.
    paths: Arc<[Arc<str>]>,
    /// INVARIANT: the outermost level is a `Condition::All`, so that every expression has at least one term.
    condition: Condition,
}

impl Expression {
    /// Parses and checks an expression of at most [`MAX_SOURCE`] bytes.
    pub(crate) fn parse(source: &str, schema: &Schema) -> Result<Self, ExpressionError> {
        let (condition, paths) = check::check(&parse::parse(source)?, schema)?;
        Ok(Self { source: source.into(), paths: paths.into(), condition })
    }

    /// The answer for these facts. An undecided one names every gap that it hangs on; what a known fact decides alone is decided.
    pub(crate) fn evaluate<F: Facts>(&self, facts: &F) -> Outcome<F::Gap> {
        evaluate::evaluate(&self.condition, &self.paths, facts)
    }

    /// The paths of the schema's table that it reads, sorted.
    pub(crate) fn fields(&self) -> BTreeSet<&str> {
        let mut places = BTreeSet::new();
        self.condition.collect_paths(&mut places);
        places.into_iter().filter_map(|place| self.paths.get(place)).map(|path| &**path).collect()
    }

    /// How many terms all its `&&` have, those inside negations, `||`, `exists` and `all` included. An expression without `&&` is one term.
    pub(crate) fn terms(&self) -> usize {
        self.term_spans().len()
    }

    /// The source of a term: what a report on a term that no test needs shows.
    pub(crate) fn term_source(&self, index: usize) -> Option<&str> {
        let span = *self.term_spans().get(index)?;
        self.source.get(span.start..span.end)
    }

    /// The expression without one of its terms (of `terms()`); without its only term it is always true. Guards are not checked again: where a
    /// guard was the term, an absent field makes the rest undecided. An index beyond the terms takes nothing away.
    pub(crate) fn without_term(&self, index: usize) -> Self {
        let mut rest = self.clone();
        rest.condition.remove_term(index);
        rest
    }

    fn term_spans(&self) -> Vec<error::Span> {
        let mut spans = Vec::new();
        self.condition.collect_terms(&mut spans);
        spans
    }
}
