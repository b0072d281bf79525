//! Whether one condition of a statement holds in a request's context.
//!
//! Keys and values: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>;
//! set operators: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

use super::arn_pattern::covers_arn;
use super::context::{Context, Entry};
use super::model::Condition;
use super::operand::{Number, Range, parse_date};
use super::operator::{Comparison, Quantifier, Relation};
use super::pattern::Pattern;
use super::rows::Special;
use super::text::{Part, Symbol, Text};
use super::truth::{Truth, all, any};
use super::value::Value;

/// Whether the condition holds.
pub(super) fn holds(condition: Condition<'_>, context: &Context) -> Truth {
    holds_for(condition, context.look_up(condition.hash(), condition.key()), context)
}

fn holds_for(condition: Condition<'_>, entry: &Entry, context: &Context) -> Truth {
    if condition.asks().comparison == Comparison::Null {
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
fn null(condition: Condition<'_>, entry: &Entry) -> Truth {
    let is_absent = absence(entry);
    any(condition.values().map(|wanted| match wanted {
        wanted if wanted.eq_ignore_ascii_case("true") => is_absent,
        wanted if wanted.eq_ignore_ascii_case("false") => is_absent.not(),
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
fn absent(condition: Condition<'_>) -> Truth {
    let operator = condition.asks();
    let content = operator.if_exists
        || match operator.quantifier {
            Quantifier::All => true,
            Quantifier::Any => false,
            Quantifier::None => operator.negated,
        };
    content.into()
}

fn present(condition: Condition<'_>, values: &[Text], context: &Context) -> Truth {
    let negated = condition.asks().negated;
    let one = |value: &Text| matches_some(condition, value, context).negate_if(negated);
    match condition.asks().quantifier {
        Quantifier::All => all(values.iter().map(one)),
        // AWS asks for a set operator on multivalued keys. Without one: some value must match, or with a negated operator none may.
        Quantifier::None if negated => all(values.iter().map(one)),
        Quantifier::Any | Quantifier::None => any(values.iter().map(one)),
    }
}

/// Whether the request's value matches one of the condition's values.
fn matches_some(condition: Condition<'_>, value: &Text, context: &Context) -> Truth {
    match condition.asks().comparison {
        Comparison::Number(relation) => compare(condition, value, relation, Number::parse, number_of, |a, b| a.compare(*b)),
        Comparison::Date(relation) => compare(condition, value, relation, parse_date, date_of, |a, b| Some(a.cmp(b))),
        Comparison::Ip => in_some_range(condition, value),
        Comparison::Arn => any(patterns(condition).map(|pattern| covers_arn(pattern, value, context))),
        Comparison::TextFolded | Comparison::Bool => any(patterns(condition).map(|pattern| pattern.covers(value, true, context))),
        _ => {
            let length = value.as_literal().map(str::len);
            let wanted = condition.operands().filter(|wanted| length.is_none_or(|length| wanted.may_cover(length)));
            any(wanted.filter_map(Value::pattern).map(|pattern| pattern.covers(value, false, context)))
        }
    }
}

fn patterns(condition: Condition<'_>) -> impl Iterator<Item = Pattern<'_>> {
    condition.operands().filter_map(Value::pattern)
}

fn number_of(special: &Special) -> Option<&Number> {
    if let Special::Number(number) = special { Some(number) } else { None }
}

fn date_of(special: &Special) -> Option<&jiff::Timestamp> {
    if let Special::Date(date) = special { Some(date) } else { None }
}

fn range_of(special: &Special) -> Option<&Range> {
    if let Special::Ip(range) = special { Some(range) } else { None }
}

fn compare<T>(
    condition: Condition<'_>,
    value: &Text,
    relation: Relation,
    parse: impl Fn(&str) -> Option<T>,
    wanted: impl Fn(&Special) -> Option<&T>,
    order: impl Fn(&T, &T) -> Option<std::cmp::Ordering>,
) -> Truth {
    let mut wanted = condition.operands().filter_map(Value::special).filter_map(wanted).peekable();
    if wanted.peek().is_none() {
        return Truth::False;
    }
    let Some(literal) = value.as_literal() else { return Truth::Unknown };
    let Some(found) = parse(literal) else { return Truth::False };
    wanted.any(|wanted| order(&found, wanted).is_some_and(|ordering| relation.holds(ordering))).into()
}

fn in_some_range(condition: Condition<'_>, value: &Text) -> Truth {
    let mut ranges = condition.operands().filter_map(Value::special).filter_map(range_of).copied().peekable();
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
