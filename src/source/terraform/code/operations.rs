//! Operators (<https://developer.hashicorp.com/terraform/language/expressions/operators>), as far as what they stand between is known. `expression` asks here.

use hcl_edit::expr::{BinaryOperator, UnaryOperator};
use serde_json::Value as Json;

use super::made::Made;
use crate::policy::{Part, Text};

/// What stands for an operation of which the outcome is not known.
const OPEN: &str = "an operation";

/// What an operator makes of two values.
pub(super) fn binary(operator: BinaryOperator, left: &Made, right: &Made) -> Made {
    if let Some(fails) = [left, right].into_iter().find(|it| matches!(it, Made::Fails(_))) {
        return fails.clone();
    }
    let numbers = || Some((left.as_number()?, right.as_number()?));
    let truth = match operator {
        BinaryOperator::Eq => equal(left, right),
        BinaryOperator::NotEq => equal(left, right).map(|equal| !equal),
        // One of the two decides, whatever the other is.
        BinaryOperator::And => match (left.truth(), right.truth()) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (left, right) => left.zip(right).map(|(left, right)| left && right),
        },
        BinaryOperator::Or => match (left.truth(), right.truth()) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (left, right) => left.zip(right).map(|(left, right)| left || right),
        },
        BinaryOperator::Less => numbers().map(|(left, right)| left < right),
        BinaryOperator::LessEq => numbers().map(|(left, right)| left <= right),
        BinaryOperator::Greater => numbers().map(|(left, right)| left > right),
        BinaryOperator::GreaterEq => numbers().map(|(left, right)| left >= right),
        BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Mul | BinaryOperator::Div | BinaryOperator::Mod => {
            if let Some(fails) = [left, right].into_iter().find_map(no_number) {
                return fails;
            }
            return numbers().and_then(|(left, right)| calculated(operator, left, right)).unwrap_or_else(|| Made::Open(OPEN.to_owned()));
        }
    };
    truth.map_or_else(|| Made::Open(OPEN.to_owned()), |truth| Made::Plain(truth.into()))
}

/// What an operator makes of one value.
pub(super) fn unary(operator: UnaryOperator, value: &Made) -> Made {
    let made = match operator {
        UnaryOperator::Not => value.truth().map(|truth| Made::Plain((!truth).into())),
        UnaryOperator::Neg => value.as_number().map(|number| Made::Plain((-number).into())),
    };
    made.unwrap_or_else(|| value.missing_or(OPEN))
}

/// What comes of a text that is no number where one is needed.
pub(super) fn no_number(value: &Made) -> Option<Made> {
    let fails = match value {
        Made::Text(text) => {
            let text = text.as_literal()?;
            text.is_empty() || !text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c))
        }
        Made::Plain(plain) => plain.is_boolean() || plain.is_null(),
        Made::List(_) | Made::Set(_) | Made::Map(_) => true,
        Made::Open(_) | Made::Fails(_) => false,
    };
    fails.then(|| Made::Fails("what is no number".to_owned()))
}

/// Whole numbers alone, which indexes and limits are.
fn calculated(operator: BinaryOperator, left: i64, right: i64) -> Option<Made> {
    let number = match operator {
        BinaryOperator::Plus => left.checked_add(right),
        BinaryOperator::Minus => left.checked_sub(right),
        BinaryOperator::Mul => left.checked_mul(right),
        BinaryOperator::Div if right != 0 && left.checked_rem(right) == Some(0) => left.checked_div(right),
        BinaryOperator::Mod => left.checked_rem(right),
        _ => None,
    };
    number.map(|number| Made::Plain(number.into()))
}

/// Whether two values are equal; `None` where that is not known.
pub(super) fn equal(left: &Made, right: &Made) -> Option<bool> {
    match (left, right) {
        (Made::Plain(Json::Null), other) | (other, Made::Plain(Json::Null)) => match other {
            Made::Plain(plain) => Some(plain.is_null()),
            Made::Text(text) => is_never_null(text).then_some(false),
            Made::List(_) | Made::Set(_) | Made::Map(_) => Some(false),
            Made::Open(_) | Made::Fails(_) => None,
        },
        (Made::Plain(one), Made::Plain(other)) => match (left.as_number(), right.as_number()) {
            (Some(one), Some(other)) => Some(one == other),
            (None, None) if one.is_boolean() && other.is_boolean() => Some(one == other),
            _ => None,
        },
        (Made::Text(one), Made::Text(other)) => same(one, other),
        (Made::List(items), Made::List(others)) => {
            let items = items.iter().zip(others).map(|(one, other)| equal(one, other)).chain([Some(items.len() == others.len())]);
            // A list and a tuple of the same items are different, and which it is is not told here.
            all(items).filter(|equal| !equal)
        }
        (Made::Map(fields), Made::Map(others)) => {
            let same_keys = fields.len() == others.len() && fields.keys().eq(others.keys());
            let fields = fields.values().zip(others.values()).map(|(one, other)| equal(one, other)).filter(|_| same_keys);
            // So are a mapping and an object.
            all(fields.chain([Some(same_keys)])).filter(|equal| !equal)
        }
        // A number and a text may have become the same by conversion, and so may lists and sets.
        _ => None,
    }
}

fn all(items: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let items: Vec<Option<bool>> = items.collect();
    if items.contains(&Some(false)) { Some(false) } else { items.into_iter().collect::<Option<Vec<bool>>>().map(|_| true) }
}

/// Whether a text is surely there: one that is nothing but something unknown may be null.
fn is_never_null(text: &Text) -> bool {
    !matches!(text.parts().as_slice(), [Part::Symbol(symbol)] if !symbol.is_fresh())
}

fn same(one: &Text, other: &Text) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    match (one.as_literal(), other.as_literal()) {
        (Some(_), Some(_)) => Some(false),
        (Some(literal), None) | (None, Some(literal)) => {
            let mixed = if one.as_literal().is_some() { other } else { one };
            let fits = literal.starts_with(mixed.literal_prefix());
            // What AWS makes up is never empty, and no text that anybody has written.
            let fresh = mixed.parts().iter().any(|part| matches!(part, Part::Symbol(symbol) if symbol.is_fresh()));
            (!fits || fresh || (literal.is_empty() && !mixed.literal_prefix().is_empty())).then_some(false)
        }
        (None, None) => {
            let (one, other) = (one.literal_prefix(), other.literal_prefix());
            (!one.starts_with(other) && !other.starts_with(one)).then_some(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_neither_equal_nor_different() {
        let text = |text: &str| Made::Text(Text::parse(text));
        let [yes, no] = [true, false].map(|truth| Made::Plain(truth.into()));
        let null = Made::Plain(Json::Null);
        for (left, right, expected) in [
            (text("a"), text("a"), Some(true)),
            (text("a"), text("b"), Some(false)),
            (text("a-⟦x⟧"), text("a-⟦x⟧"), Some(true)),
            (text("a-⟦x⟧"), text("b-⟦y⟧"), Some(false)),
            (text("a-⟦x⟧"), text("a-⟦?y⟧"), None),
            (text("a-⟦x⟧"), text("a-1"), Some(false)),
            (text("a-⟦?x⟧"), text("a-1"), None),
            (text("a-⟦?x⟧"), text(""), Some(false)),
            (text("⟦?x⟧"), null.clone(), None),
            (text("⟦x⟧"), null.clone(), Some(false)),
            (null.clone(), null.clone(), Some(true)),
            (Made::Open("x".to_owned()), null, None),
            (text("1"), Made::Plain(1.into()), None),
            (Made::List(vec![]), Made::List(vec![yes.clone()]), Some(false)),
        ] {
            assert_eq!(equal(&left, &right), expected, "{left:?} {right:?}");
            assert_eq!(equal(&right, &left), expected, "{right:?} {left:?}");
        }
        let open = Made::Open("x".to_owned());
        assert_eq!(binary(BinaryOperator::And, &open, &no), no);
        assert_eq!(binary(BinaryOperator::Or, &open, &yes), yes);
        assert_eq!(binary(BinaryOperator::And, &open, &yes), Made::Open(OPEN.to_owned()));
        assert_eq!(unary(UnaryOperator::Not, &open), open);
        assert_eq!(binary(BinaryOperator::Div, &Made::Plain(3.into()), &Made::Plain(0.into())), Made::Open(OPEN.to_owned()));
        assert_eq!(binary(BinaryOperator::Mod, &Made::Plain(i64::MIN.into()), &Made::Plain((-1).into())), Made::Open(OPEN.to_owned()));
    }
}
