//! Runs a checked condition against facts, in Kleene logic and within a fixed number of steps. Called by `Expression::evaluate`.

use std::cell::{Cell, OnceCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::condition::{Comparison, Condition, Literal, Operand, Quantifier, Reference, Root, TextTest};
use super::facts::{Fact, Facts, Outcome, Value};
use super::limits::MAX_MACROS;

/// Far more than any rule needs (two nested loops over some thousand elements), and done in about a second.
const MAX_STEPS: u64 = 10_000_000;

/// The answer of `condition`, whose references count in `paths`.
pub(super) fn evaluate<F: Facts>(condition: &Condition, paths: &[Arc<str>], facts: &F) -> Outcome<F::Gap> {
    let evaluation = Evaluation { facts, paths, known: paths.iter().map(|_| OnceCell::new()).collect(), steps: Cell::new(0) };
    evaluation.condition(condition, [None; MAX_MACROS])
}

struct Evaluation<'f, F: Facts> {
    facts: &'f F,
    paths: &'f [Arc<str>],
    /// What was asked already, in the order of `paths`.
    known: Vec<OnceCell<Fact<F::Gap>>>,
    steps: Cell<u64>,
}

/// A value that is there, wherever it comes from.
enum Seen<'v, G> {
    Bool(bool),
    Int(i64),
    Text(&'v str),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    Values(&'v [Value<G>]),
    Literals(&'v [Literal]),
    Record(&'v BTreeMap<Arc<str>, Fact<G>>),
}

// Derived, these would ask the same of `G`.
impl<G> Clone for Seen<'_, G> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<G> Copy for Seen<'_, G> {}

/// What a reference leads to.
enum Found<'v, G> {
    Here(Seen<'v, G>),
    Absent,
    Unreadable(&'v [G]),
}

/// The variables of the `exists` and `all` around this place, outermost first.
type Scope<'v, G> = [Option<Seen<'v, G>>; MAX_MACROS];

/// A value, or the gaps that hide it.
type Operated<'v, G> = Result<Seen<'v, G>, BTreeSet<G>>;

impl<F: Facts> Evaluation<'_, F> {
    /// Counts steps; false when they are used up.
    fn step(&self, cost: usize) -> bool {
        let steps = self.steps.get().saturating_add(cost as u64);
        self.steps.set(steps);
        steps <= MAX_STEPS
    }

    fn condition<'v>(&'v self, condition: &'v Condition, scope: Scope<'v, F::Gap>) -> Outcome<F::Gap> {
        if !self.step(1) {
            return Outcome::without_reason();
        }
        match condition {
            Condition::Literal(literal) => (*literal).into(),
            Condition::Field(reference) => match self.find(reference, scope) {
                Found::Here(Seen::Bool(holds)) => holds.into(),
                Found::Here(_) | Found::Absent => Outcome::without_reason(),
                Found::Unreadable(gaps) => Outcome::Undecided(gaps.iter().cloned().collect()),
            },
            Condition::Has(reference) => match self.find(reference, scope) {
                Found::Here(_) => Outcome::True,
                Found::Absent => Outcome::False,
                Found::Unreadable(gaps) => Outcome::Undecided(gaps.iter().cloned().collect()),
            },
            Condition::Not(inner) => self.condition(inner, scope).negated(),
            Condition::All(terms) => Outcome::all(terms.iter().map(|(_, term)| self.condition(term, scope))),
            Condition::Any(parts) => Outcome::any(parts.iter().map(|part| self.condition(part, scope))),
            Condition::Same(left, right) => match (self.condition(left, scope), self.condition(right, scope)) {
                (Outcome::Undecided(mut gaps), Outcome::Undecided(more)) => {
                    gaps.extend(more);
                    Outcome::Undecided(gaps)
                }
                (undecided @ Outcome::Undecided(_), _) | (_, undecided @ Outcome::Undecided(_)) => undecided,
                (left, right) => (left == right).into(),
            },
            Condition::Compare(left, comparison, right) => self.both(left, right, scope, |left, right| {
                let order = order(left, right)?;
                Some(match comparison {
                    Comparison::Equal => order == Ordering::Equal,
                    Comparison::Less => order == Ordering::Less,
                    Comparison::Greater => order == Ordering::Greater,
                })
            }),
            Condition::In(item, list) => self.both(item, list, scope, |item, list| {
                // Each element costs its steps, also behind the one that is found, so that the order of a list never changes the answer. One of
                // another type contradicts the schema: then the answer is not "no".
                elements(list)?.try_fold(false, |found, element| {
                    if !self.step(cost_of(element)) {
                        return None;
                    }
                    Some(order(item, element)? == Ordering::Equal || found)
                })
            }),
            Condition::Text(text, question, part) => self.both(text, part, scope, |text, part| match (text, part) {
                (Seen::Text(text), Seen::Text(part)) => Some(match question {
                    TextTest::StartsWith => text.starts_with(part),
                    TextTest::EndsWith => text.ends_with(part),
                    TextTest::Contains => text.contains(part),
                }),
                _ => None,
            }),
            Condition::Each(list, quantifier, body) => self.each(list, *quantifier, body, scope),
        }
    }

    fn each<'v>(&'v self, list: &'v Operand, quantifier: Quantifier, body: &'v Condition, scope: Scope<'v, F::Gap>) -> Outcome<F::Gap> {
        let list = match self.operand(list, scope) {
            Ok(list) => list,
            Err(gaps) => return Outcome::Undecided(gaps),
        };
        let (Some(elements), Some(free)) = (elements(list), scope.iter().position(Option::is_none)) else {
            return Outcome::without_reason();
        };
        let answers = elements.map(|element| {
            let mut inner = scope;
            inner[free] = Some(element);
            self.condition(body, inner)
        });
        match quantifier {
            Quantifier::Exists => Outcome::any(answers),
            Quantifier::All => Outcome::all(answers),
        }
    }

    /// Asks `test` of two values. It answers `None` when their types contradict the schema or the steps are used up.
    fn both<'v>(
        &'v self,
        left: &'v Operand,
        right: &'v Operand,
        scope: Scope<'v, F::Gap>,
        test: impl FnOnce(Seen<'v, F::Gap>, Seen<'v, F::Gap>) -> Option<bool>,
    ) -> Outcome<F::Gap> {
        let both = joined(self.operand(left, scope), self.operand(right, scope));
        match both {
            Err(gaps) => Outcome::Undecided(gaps),
            Ok((left, right)) if !self.step(cost_of(left) + cost_of(right)) => Outcome::without_reason(),
            Ok((left, right)) => test(left, right).map_or_else(Outcome::without_reason, Outcome::from),
        }
    }

    fn operand<'v>(&'v self, operand: &'v Operand, scope: Scope<'v, F::Gap>) -> Operated<'v, F::Gap> {
        match operand {
            Operand::Literal(literal) => Ok(literal.into()),
            Operand::Field(reference) => match self.find(reference, scope) {
                Found::Here(seen) => Ok(seen),
                Found::Absent => Err(BTreeSet::new()),
                Found::Unreadable(gaps) => Err(gaps.iter().cloned().collect()),
            },
            Operand::Size(inner) => {
                let size = match self.operand(inner, scope)? {
                    Seen::Text(text) if self.step(text.len()) => text.chars().count(),
                    Seen::Values(list) => list.len(),
                    Seen::Literals(list) => list.len(),
                    _ => return Err(BTreeSet::new()),
                };
                Ok(Seen::Int(i64::try_from(size).unwrap_or(i64::MAX)))
            }
            Operand::Sum(first, rest) => rest.iter().fold(self.operand(first, scope), |sum, (sign, operand)| {
                let (left, right) = joined(sum, self.operand(operand, scope))?;
                added(left, *sign, right).ok_or_else(BTreeSet::new)
            }),
        }
    }

    fn find<'v>(&'v self, reference: &'v Reference, scope: Scope<'v, F::Gap>) -> Found<'v, F::Gap> {
        let fact = match reference.root {
            Root::Field(index) => match (self.known.get(index), self.paths.get(index)) {
                (Some(known), Some(path)) => known.get_or_init(|| self.facts.field(path)).follow(&reference.names),
                _ => None,
            },
            Root::Variable(index) => match (scope.get(index).copied().flatten(), reference.names.split_first()) {
                (Some(element), None) => return Found::Here(element),
                (Some(Seen::Record(fields)), Some((name, rest))) => fields.get(name).and_then(|fact| fact.follow(rest)),
                _ => None,
            },
        };
        match fact {
            Some(Fact::Value(value)) => Found::Here(value.into()),
            Some(Fact::Unreadable(gaps)) => Found::Unreadable(gaps),
            Some(Fact::Absent) | None => Found::Absent,
        }
    }
}

impl<'v, G> From<&'v Value<G>> for Seen<'v, G> {
    fn from(value: &'v Value<G>) -> Self {
        match value {
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Int(int) => Self::Int(*int),
            Value::String(text) => Self::Text(text),
            Value::Timestamp(timestamp) => Self::Timestamp(*timestamp),
            Value::Duration(duration) => Self::Duration(*duration),
            Value::List(values) => Self::Values(values),
            Value::Record(fields) => Self::Record(fields),
        }
    }
}

impl<'v, G> From<&'v Literal> for Seen<'v, G> {
    fn from(literal: &'v Literal) -> Self {
        match literal {
            Literal::Int(int) => Self::Int(*int),
            Literal::Text(text) => Self::Text(text),
            Literal::Timestamp(timestamp) => Self::Timestamp(*timestamp),
            Literal::Duration(duration) => Self::Duration(*duration),
            Literal::List(literals) => Self::Literals(literals),
        }
    }
}

/// Both values, or the gaps of both.
fn joined<'v, G: Ord>(left: Operated<'v, G>, right: Operated<'v, G>) -> Result<(Seen<'v, G>, Seen<'v, G>), BTreeSet<G>> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(mut gaps), Err(more)) => {
            gaps.extend(more);
            Err(gaps)
        }
        (Err(gaps), Ok(_)) | (Ok(_), Err(gaps)) => Err(gaps),
    }
}

/// The elements of a list, not yet looked at; `None` of anything else.
fn elements<'v, G>(list: Seen<'v, G>) -> Option<impl Iterator<Item = Seen<'v, G>> + Clone> {
    let (values, literals): (&'v [Value<G>], &'v [Literal]) = match list {
        Seen::Values(values) => (values, &[]),
        Seen::Literals(literals) => (&[], literals),
        _ => return None,
    };
    Some(values.iter().map(Seen::from).chain(literals.iter().map(Seen::from)))
}

/// Long texts cost more steps than short ones.
fn cost_of<G>(seen: Seen<'_, G>) -> usize {
    match seen {
        Seen::Text(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

/// How two values of one type lie to each other; `None` of different types.
fn order<G>(left: Seen<'_, G>, right: Seen<'_, G>) -> Option<Ordering> {
    match (left, right) {
        (Seen::Bool(left), Seen::Bool(right)) => Some(left.cmp(&right)),
        (Seen::Int(left), Seen::Int(right)) => Some(left.cmp(&right)),
        (Seen::Text(left), Seen::Text(right)) => Some(left.cmp(right)),
        (Seen::Timestamp(left), Seen::Timestamp(right)) => Some(left.cmp(&right)),
        (Seen::Duration(left), Seen::Duration(right)) => Some(left.cmp(&right)),
        _ => None,
    }
}

/// A sum or difference; beyond the ends of time it stays at the end.
fn added<'v, G>(left: Seen<'v, G>, sign: char, right: Seen<'v, G>) -> Option<Seen<'v, G>> {
    match (left, sign, right) {
        (Seen::Timestamp(left), '-', Seen::Timestamp(right)) => Some(Seen::Duration(left.duration_since(right))),
        (Seen::Duration(left), '-', Seen::Duration(right)) => Some(Seen::Duration(left.saturating_sub(right))),
        (Seen::Duration(left), _, Seen::Duration(right)) => Some(Seen::Duration(left.saturating_add(right))),
        (Seen::Timestamp(time), '-', Seen::Duration(span)) => {
            Some(Seen::Timestamp(moved(time, span.checked_neg().unwrap_or(SignedDuration::MAX))))
        }
        (Seen::Timestamp(time), _, Seen::Duration(span)) | (Seen::Duration(span), _, Seen::Timestamp(time)) => {
            Some(Seen::Timestamp(moved(time, span)))
        }
        _ => None,
    }
}

fn moved(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}
