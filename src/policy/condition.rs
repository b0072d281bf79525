//! Whether one condition of a statement holds in a request's context.
//!
//! Keys and values: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>;
//! set operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

use super::context::{Context, Entry};
use super::model::{Condition, Operand};
use super::operand::{Number, Range, parse_date};
use super::operator::{Comparison, Quantifier, Relation};
use super::text::{Part, Symbol, Text};
use super::truth::{Truth, all, any};

/// Whether the condition holds.
pub(super) fn holds(condition: &Condition, context: &Context) -> Truth {
    holds_for(condition, context.look_up(&condition.key), context)
}

fn holds_for(condition: &Condition, entry: &Entry, context: &Context) -> Truth {
    if condition.operator.comparison == Comparison::Null {
        return null(condition, entry);
    }
    match entry {
        Entry::Absent => absent(condition),
        Entry::Single(value) => present(condition, std::slice::from_ref(value), context),
        Entry::Multi(values) if values.is_empty() => absent(condition),
        Entry::Multi(values) => present(condition, values, context),
        // Absent, or anything: what holds for both holds. Several values that could each be anything add nothing to one.
        Entry::Unknown => {
            let anything = Text::from_parts([Part::Symbol(Symbol::unknown("value"))]);
            absent(condition).agree(present(condition, &[anything], context))
        }
        Entry::OneOf(entries) => {
            entries.iter().map(|entry| holds_for(condition, entry, context)).reduce(Truth::agree).unwrap_or(Truth::Unknown)
        }
    }
}

/// `Null` asks for absence with `true` and for presence with `false`; values that are neither ask for nothing that could be.
fn null(condition: &Condition, entry: &Entry) -> Truth {
    let is_absent = absence(entry);
    any(condition.operands.iter().map(|operand| match operand {
        Operand::Null(Some(wanted)) => is_absent.negate_if(!*wanted),
        _ => Truth::False,
    }))
}

fn absence(entry: &Entry) -> Truth {
    match entry {
        Entry::Absent => Truth::True,
        Entry::Single(_) => Truth::False,
        Entry::Multi(values) => values.is_empty().into(),
        Entry::Unknown => Truth::Unknown,
        Entry::OneOf(entries) => entries.iter().map(absence).reduce(Truth::agree).unwrap_or(Truth::Unknown),
    }
}

/// The key is not in the request: `IfExists` and `ForAllValues` are content, `ForAnyValue` is not, and of the others the negated ones are.
fn absent(condition: &Condition) -> Truth {
    let operator = condition.operator;
    let content = operator.if_exists
        || match operator.quantifier {
            Quantifier::All => true,
            Quantifier::Any => false,
            Quantifier::None => operator.negated,
        };
    content.into()
}

fn present(condition: &Condition, values: &[Text], context: &Context) -> Truth {
    let negated = condition.operator.negated;
    let one = |value: &Text| matches_some(condition, value, context).negate_if(negated);
    match condition.operator.quantifier {
        Quantifier::All => all(values.iter().map(one)),
        // AWS asks for a set operator on multivalued keys. Without one: some value must match, or with a negated operator none may.
        Quantifier::None if negated => all(values.iter().map(one)),
        Quantifier::Any | Quantifier::None => any(values.iter().map(one)),
    }
}

/// Whether the request's value matches one of the condition's values.
fn matches_some(condition: &Condition, value: &Text, context: &Context) -> Truth {
    match condition.operator.comparison {
        Comparison::Number(relation) => compare(condition, value, relation, Number::parse, number_of, |a, b| a.compare(*b)),
        Comparison::Date(relation) => compare(condition, value, relation, parse_date, date_of, |a, b| Some(a.cmp(b))),
        Comparison::Ip => in_some_range(condition, value),
        _ => any(condition.operands.iter().map(|wanted| match wanted {
            Operand::Text(pattern) => pattern.matches(value, context),
            Operand::Arn(pattern) => pattern.matches(value, context),
            _ => Truth::False,
        })),
    }
}

fn number_of(operand: &Operand) -> Option<&Number> {
    if let Operand::Number(number) = operand { number.as_ref() } else { None }
}

fn date_of(operand: &Operand) -> Option<&jiff::Timestamp> {
    if let Operand::Date(date) = operand { date.as_ref() } else { None }
}

fn compare<T>(
    condition: &Condition,
    value: &Text,
    relation: Relation,
    parse: impl Fn(&str) -> Option<T>,
    wanted: impl Fn(&Operand) -> Option<&T>,
    order: impl Fn(&T, &T) -> Option<std::cmp::Ordering>,
) -> Truth {
    let mut wanted = condition.operands.iter().filter_map(wanted).peekable();
    if wanted.peek().is_none() {
        return Truth::False;
    }
    let Some(literal) = value.as_literal() else { return Truth::Unknown };
    let Some(found) = parse(literal) else { return Truth::False };
    wanted.any(|wanted| order(&found, wanted).is_some_and(|ordering| relation.holds(ordering))).into()
}

fn in_some_range(condition: &Condition, value: &Text) -> Truth {
    let mut ranges =
        condition.operands.iter().filter_map(|operand| if let Operand::Ip(range) = operand { *range } else { None }).peekable();
    if ranges.peek().is_none() {
        return Truth::False;
    }
    let Some(literal) = value.as_literal() else { return Truth::Unknown };
    let Some(address) = Range::parse(literal) else { return Truth::False };
    let mut touched = false;
    for range in ranges {
        if range.covers(address) {
            return Truth::True;
        }
        touched |= address.covers(range);
    }
    // The request's value may be a range, too: some address of it. Where only part of it is asked for, nobody knows.
    if touched { Truth::Unknown } else { Truth::False }
}
