//! Functions of numbers, of whole ones alone.

use super::collections::fails;
use crate::source::terraform::code::made::Made;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    if let ("parseint", [text, base]) = (name, arguments) {
        return parsed(text.certain()?, u32::try_from(base.as_number()?).ok()?);
    }
    let is_one = matches!(name, "abs" | "ceil" | "floor" | "signum") && arguments.len() == 1;
    let is_of_numbers = is_one || matches!(name, "max" | "min") || (name == "pow" && arguments.len() == 2);
    let numbers = match (name, arguments) {
        ("sum", [list]) => list.items()?,
        _ if is_of_numbers => arguments,
        _ => return None,
    };
    let numbers: Vec<i64> = numbers.iter().map(Made::as_number).collect::<Option<_>>()?;
    let number = match (name, numbers.as_slice()) {
        (_, []) => return Some(fails("no numbers")),
        ("max", all) => all.iter().copied().max(),
        ("min", all) => all.iter().copied().min(),
        ("sum", all) => all.iter().try_fold(0_i64, |sum, number| sum.checked_add(*number)),
        ("abs", [number]) => number.checked_abs(),
        ("signum", [number]) => Some(number.signum()),
        ("ceil" | "floor", [number]) => Some(*number),
        ("pow", [base, power]) => base.checked_pow(u32::try_from(*power).ok()?),
        _ => None,
    };
    number.map(|number| Made::Plain(number.into()))
}

/// A number in a base. From 37 on large letters are digits of their own, which is left open.
fn parsed(text: &str, base: u32) -> Option<Made> {
    if !(2..=36).contains(&base) {
        return None;
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(base)) {
        return Some(fails("what is no number"));
    }
    i64::from_str_radix(text, base).ok().map(|number| Made::Plain(number.into()))
}
