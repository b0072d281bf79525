//! The two ways in which IAM matches ARNs: the Resource element, and the `Arn…` condition operators.
//!
//! Both look at the six components one by one. In a Resource, a `*` that ends a component may also run over the colons behind it, and an ARN that
//! stops early is taken as if `:*` followed (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>);
//! `ArnLike` stays within components
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>).

use super::cells::{self, Cell, Slot, is_boundless};
use super::context::Context;
use super::glob::{Plain, Shape, Wildcards};
use super::pattern::{Compiled, Pattern, Resolved, Syntax, is_plain, merge_literals, push_slots, resolve, tokens};
use super::text::Text;
use super::truth::{Truth, all};

const COLON: Slot<'_> = Slot::Cell(Cell::Char(':'));

/// What a value of a Resource or `NotResource` element means. In an ARN, variables count only behind the fifth colon.
pub(super) fn of_resource(written: &str, variables: bool) -> Compiled {
    let plain = Syntax { wildcards: true, variables: false };
    let syntax = Syntax { wildcards: true, variables };
    if !written.starts_with("arn:") {
        return Compiled::new(written, syntax, resource_shape);
    }
    match written.match_indices(':').nth(4) {
        None => Compiled::from_tokens(tokens(&format!("{written}:*"), plain), resource_shape),
        Some(_) if is_plain(written, syntax) => Compiled::new(written, plain, resource_shape),
        Some((fifth, _)) => {
            let mut row = tokens(&written[..=fifth], plain);
            row.extend(tokens(&written[fifth + 1..], syntax));
            Compiled::from_tokens(merge_literals(row), resource_shape)
        }
    }
}

/// By components only if a wildcard stands in one of the first five.
fn resource_shape(text: &str, wildcards: Wildcards) -> Shape {
    let whole = Shape::of(text, wildcards);
    match (whole, text.match_indices(':').nth(4)) {
        (Shape::Glob { literal }, Some((fifth, _))) if usize::from(literal) < fifth => {
            let (any, _) = wildcards.chars();
            let ends = text[..fifth].split(':').any(|component| component.ends_with(any));
            Shape::Components { literal, colons: colons(text, literal), ends }
        }
        _ => whole,
    }
}

/// How many of the first five colons stand before the first wildcard.
fn colons(text: &str, literal: u16) -> u8 {
    text.bytes().take(literal.into()).filter(|byte| *byte == b':').take(5).fold(0, |count, _| count + 1)
}

/// Whether a value of a Resource element covers a resource.
pub(super) fn covers_resource(pattern: Pattern<'_>, resource: &Text, context: &Context) -> Truth {
    match (pattern, resource.as_literal()) {
        (Pattern::Plain(plain), Some(literal)) => covers_plain(plain, literal),
        (Pattern::Plain(plain), None) => matches_bounded(plain.slots(), resource),
        (Pattern::Open(tokens), literal) => match (resolve(tokens, context), literal) {
            (Resolved::Nothing, _) => Truth::False,
            (Resolved::Plain(filled), Some(literal)) => covers_plain(filled.plain(resource_shape), literal),
            _ => {
                let mut slots = Vec::new();
                if push_slots(&mut slots, tokens, context, false) { matches_bounded(slots, resource) } else { Truth::False }
            }
        },
    }
}

/// Component by component and then, if a star ends one, with that star crossing. What a pattern does not cover with all its stars crossing it does not cover.
fn covers_plain(plain: Plain<'_>, literal: &str) -> Truth {
    let Shape::Components { ends, .. } = plain.shape else { return plain.covers(literal) };
    let inside = plain.covers_components(literal);
    if inside.is_true() || !ends {
        return inside;
    }
    if plain.covers(literal).is_false() { Truth::False } else { matches_bounded(plain.slots(), &Text::literal(literal)) }
}

fn matches_bounded(mut slots: Vec<Slot<'_>>, resource: &Text) -> Truth {
    bind_to_components(&mut slots);
    cells::matches(&slots, &cells::cells(resource, false))
}

/// Before the fifth colon, `?` is no colon, and `*` crosses colons only at the end of its component.
fn bind_to_components(slots: &mut [Slot<'_>]) {
    let is_arn = slots.starts_with(&['a', 'r', 'n', ':'].map(|c| Slot::Cell(Cell::Char(c))));
    let mut colons = 0;
    for at in 0..slots.len() {
        if slots[at] == COLON {
            colons += 1;
        }
        if !is_arn || colons >= 5 {
            return;
        }
        let ends_component = slots.get(at + 1).is_none_or(|next| *next == COLON);
        match &mut slots[at] {
            Slot::Any { crosses } => *crosses = ends_component,
            Slot::One { crosses } => *crosses = false,
            _ => {}
        }
    }
}

/// What a value of an `Arn…` condition operator means. One of fewer than six components is no ARN.
pub(super) fn of_arn(written: &str, variables: bool) -> Compiled {
    Compiled::new(written, Syntax { wildcards: true, variables }, arn_shape)
}

fn arn_shape(text: &str, wildcards: Wildcards) -> Shape {
    if text.match_indices(':').nth(4).is_none() {
        return Shape::Nothing;
    }
    match Shape::of(text, wildcards) {
        Shape::Glob { literal } => Shape::Components { literal, colons: colons(text, literal), ends: false },
        shape => shape,
    }
}

/// Whether a value of an `Arn…` operator covers a context value.
pub(super) fn covers_arn(pattern: Pattern<'_>, text: &Text, context: &Context) -> Truth {
    match (pattern, text.as_literal()) {
        (Pattern::Plain(plain), _) if plain.shape == Shape::Nothing => Truth::False,
        (Pattern::Plain(plain), Some(literal)) => covers_plain(plain, literal),
        (Pattern::Plain(plain), None) => match_split(&plain.slots(), text),
        (Pattern::Open(tokens), literal) => match (resolve(tokens, context), literal) {
            (Resolved::Nothing, _) => Truth::False,
            (Resolved::Plain(filled), Some(literal)) => {
                covers_arn(Pattern::Plain(filled.plain(arn_shape)), &Text::literal(literal), context)
            }
            _ => {
                let mut slots = Vec::new();
                if push_slots(&mut slots, tokens, context, false) { match_split(&slots, text) } else { Truth::False }
            }
        },
    }
}

/// Component by component. Text that could be anything may hold colons too: then the components prove nothing, and a no needs the whole row to say no.
fn match_split(slots: &[Slot<'_>], text: &Text) -> Truth {
    let row = cells::cells(text, false);
    let patterns: Vec<_> = slots.splitn(6, |slot| *slot == COLON).collect();
    let parts: Vec<_> = row.splitn(6, |cell| *cell == Cell::Char(':')).collect();
    let inside = if patterns.len() == 6 && parts.len() == 6 {
        all(patterns.iter().zip(&parts).map(|(pattern, part)| cells::matches(pattern, part)))
    } else {
        Truth::False
    };
    let boundless = |slot: &Slot<'_>| matches!(slot, Slot::Blank) || matches!(slot, Slot::Cell(cell) if is_boundless(*cell));
    if inside.is_false() && (slots.iter().any(boundless) || row.iter().any(|cell| is_boundless(*cell))) {
        return cells::matches(slots, &row).and(Truth::Unknown);
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(compiled: &Compiled, written: &str, covers: impl FnOnce(Pattern<'_>) -> Truth) -> Truth {
        match compiled {
            Compiled::Written(shape) => covers(Pattern::Plain(Plain { text: written, shape: *shape, wildcards: Wildcards::WRITTEN })),
            Compiled::Filled(filled, shape) => covers(Pattern::Plain(filled.with(*shape))),
            Compiled::Open(tokens) => covers(Pattern::Open(tokens)),
        }
    }

    fn resource(pattern: &str, text: &str) -> Truth {
        with(&of_resource(pattern, true), pattern, |pattern| covers_resource(pattern, &Text::parse(text), &Context::closed()))
    }

    fn arn(pattern: &str, text: &str) -> Truth {
        with(&of_arn(pattern, true), pattern, |pattern| covers_arn(pattern, &Text::parse(text), &Context::closed()))
    }

    #[test]
    fn a_star_that_ends_a_component_of_a_resource_runs_over_colons() {
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf";
        assert_eq!(resource("arn:aws:secretsmanager:us-*:secret:db-AbCdEf", secret), Truth::True);
        assert_eq!(resource("arn:aws:secretsmanager:u*1:secret:db-AbCdEf", secret), Truth::False);
        assert_eq!(resource("arn:aws:secretsmanager", secret), Truth::True);
        assert_eq!(resource("arn:aws:kms", secret), Truth::False);
        assert_eq!(resource("arn:aws:secretsmanager:us-east-1?111122223333:secret:*", secret), Truth::False);
    }

    #[test]
    fn arn_like_stays_within_components() {
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db";
        assert_eq!(arn("arn:aws:secretsmanager:*:secret:*:db", secret), Truth::False);
        assert_eq!(arn("arn:aws:secretsmanager:*:*:secret:d?", secret), Truth::True);
        assert_eq!(arn("arn:aws:*", secret), Truth::False);
    }

    #[test]
    fn a_qualified_function_is_not_covered_by_the_unqualified_arn() {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
        let alias = "arn:aws:lambda:eu-west-1:111122223333:function:rotate:live";
        assert_eq!(resource(function, alias), Truth::False);
        assert_eq!(resource(alias, function), Truth::False);
        assert_eq!(resource("arn:aws:lambda:eu-west-1:111122223333:function:rotate:*", alias), Truth::True);
    }

    #[test]
    fn six_question_marks_cover_the_suffix_of_a_secret_that_does_not_exist_yet() {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-⟦Db#6⟧";
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-??????", secret), Truth::True);
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-?????", secret), Truth::False);
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-*", secret), Truth::True);
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-AbCdEf", secret), Truth::False);
        assert_eq!(resource(secret, secret), Truth::True);
        assert_eq!(arn(secret, secret), Truth::True);
    }

    #[test]
    fn an_unknown_part_leaves_the_answer_open() {
        let key = "arn:aws:kms:eu-west-1:⟦?Account⟧:key/abc";
        assert_eq!(resource("arn:aws:kms:eu-west-1:111122223333:key/abc", key), Truth::Unknown);
        assert_eq!(arn("arn:aws:kms:eu-west-1:111122223333:key/abc", key), Truth::Unknown);
        assert_eq!(arn("arn:aws:kms:eu-west-1:*:key/other", key), Truth::False);
        assert_eq!(arn("arn:aws:kms:*:*:key/*", "⟦?Arn⟧"), Truth::Unknown);
    }
}
