//! The careful matcher: patterns and texts as rows of cells, three-valued. Used when a symbol, a variable or a segment-bound wildcard takes part;
//! plain text against a plain pattern never comes here (see `pattern.rs`).

use super::text::{Part, Symbol, Text};
use super::truth::Truth;

/// More steps than this are not taken: the answer is unknown. Real policies need a few thousand.
pub(super) const WORK_LIMIT: usize = 1 << 24;

/// One place in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Char(char),
    /// One character of a symbol whose length is known.
    Fixed(&'a Symbol, usize),
    /// A symbol of any length.
    Open(&'a Symbol),
}

/// One place in a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Slot<'a> {
    Cell(Cell<'a>),
    /// `*`; over colons only if `crosses`.
    Any {
        crosses: bool,
    },
    /// `?`; a colon only if `crosses`.
    One {
        crosses: bool,
    },
    /// A variable whose value nobody knows: any text, or nothing that matches.
    Blank,
}

impl Text {
    /// Whether both will be the same text.
    pub fn equals(&self, other: &Self) -> Truth {
        match (self.as_literal(), other.as_literal()) {
            (Some(left), Some(right)) => (left == right).into(),
            _ if self == other => Truth::True,
            _ => {
                let slots: Vec<_> = cells(self, false).into_iter().map(Slot::Cell).collect();
                matches(&slots, &cells(other, false))
            }
        }
    }
}

/// The cells of a text, in lower case if letter case does not count.
pub(super) fn cells(text: &Text, fold: bool) -> Vec<Cell<'_>> {
    let mut row = Vec::new();
    match (text.as_literal(), text.mixed()) {
        (Some(literal), _) => push_str(&mut row, literal, fold),
        (None, parts) => parts.unwrap_or_default().iter().for_each(|part| match part {
            Part::Literal(literal) => push_str(&mut row, literal, fold),
            Part::Symbol(symbol) => push_symbol(&mut row, symbol),
        }),
    }
    row
}

/// Appends the characters of a literal.
pub(super) fn push_str(row: &mut Vec<Cell<'_>>, literal: &str, fold: bool) {
    if fold {
        row.extend(literal.chars().flat_map(char::to_lowercase).map(Cell::Char));
    } else {
        row.extend(literal.chars().map(Cell::Char));
    }
}

/// Appends a symbol, character by character if its length is known.
pub(super) fn push_symbol<'a>(row: &mut Vec<Cell<'a>>, symbol: &'a Symbol) {
    match symbol.length() {
        Some(length) => row.extend((0..length).map(|index| Cell::Fixed(symbol, index))),
        None => row.push(Cell::Open(symbol)),
    }
}

/// Whether a cell could be text of any length.
pub(super) fn is_boundless(cell: Cell<'_>) -> bool {
    matches!(cell, Cell::Open(symbol) if !symbol.is_fresh())
}

/// Whether the pattern covers the text from end to end. Time: the product of what is left of both where they are not plainly the same or different at their ends, at most
/// [`WORK_LIMIT`].
pub(super) fn matches(pattern: &[Slot<'_>], text: &[Cell<'_>]) -> Truth {
    let (mut pattern, mut text) = (pattern, text);
    while let ([slot, pattern_rest @ ..], [cell, text_rest @ ..]) = (pattern, text) {
        match face_to_face(*slot, *cell) {
            Some(true) => (pattern, text) = (pattern_rest, text_rest),
            Some(false) => return Truth::False,
            None => break,
        }
    }
    while let ([pattern_rest @ .., slot], [text_rest @ .., cell]) = (pattern, text) {
        match face_to_face(*slot, *cell) {
            Some(true) => (pattern, text) = (pattern_rest, text_rest),
            Some(false) => return Truth::False,
            None => break,
        }
    }
    between(pattern, text)
}

/// Whether a slot and a cell that can only stand for each other (both are the first, or both are the last, and neither takes in more or less than one place) do so; `None` where
/// that is open.
fn face_to_face(slot: Slot<'_>, cell: Cell<'_>) -> Option<bool> {
    let Slot::Cell(wanted) = slot else { return None };
    let made_up = matches!(cell, Cell::Open(_)) && may_be_made_up(wanted);
    if is_boundless(wanted) || is_boundless(cell) || made_up {
        return None;
    }
    let anyhow = Before { both: Truth::True, slot_only: Truth::True, cell_only: Truth::True };
    if same(wanted, cell) { Some(true) } else { different(wanted, cell, anyhow).is_false().then_some(false) }
}

fn between(pattern: &[Slot<'_>], text: &[Cell<'_>]) -> Truth {
    if pattern.len().saturating_mul(text.len()) > WORK_LIMIT {
        return Truth::Unknown;
    }
    // `row[j]`: how sure the pattern up to the current slot covers the first j cells.
    let mut row = Vec::with_capacity(text.len() + 1);
    row.push(Truth::True);
    for (at, cell) in text.iter().enumerate() {
        row.push(if is_boundless(*cell) { row[at].and(Truth::Unknown) } else { Truth::False });
    }
    let mut next = vec![Truth::False; text.len() + 1];
    let mut inside = vec![Inside::default(); text.len()];
    for slot in pattern {
        next[0] = match slot {
            Slot::Any { .. } => row[0],
            Slot::Blank => row[0].and(Truth::Unknown),
            Slot::Cell(cell) if is_boundless(*cell) => row[0].and(Truth::Unknown),
            _ => Truth::False,
        };
        for (at, cell) in text.iter().enumerate() {
            next[at + 1] = step(*slot, *cell, Before { both: row[at], slot_only: row[at + 1], cell_only: next[at] });
            if matches!(cell, Cell::Open(symbol) if symbol.is_fresh()) && inside[at].step(*slot, row[at]) {
                next[at + 1] = next[at + 1].or(Truth::Unknown);
            }
        }
        std::mem::swap(&mut row, &mut next);
    }
    row[text.len()]
}

/// Whether the pattern up to the current slot may have covered the beginning of a fresh symbol. Nobody knows what AWS will make up, so `stack-*` may cover it; written out in full no pattern does.
#[derive(Debug, Clone, Copy, Default)]
struct Inside {
    /// With characters alone.
    written: bool,
    /// With a wildcard among them.
    wild: bool,
}

impl Inside {
    /// Takes one more slot; `before`: how sure the match was before the symbol. Whether the symbol may end with this slot.
    fn step(&mut self, slot: Slot<'_>, before: Truth) -> bool {
        let begun = self.written || !before.is_false();
        let (next, ends) = match slot {
            Slot::Any { .. } | Slot::One { .. } => (Self { written: false, wild: self.wild || begun }, self.wild || self.written),
            Slot::Cell(cell) if !may_be_made_up(cell) => (Self::default(), false),
            Slot::Cell(_) | Slot::Blank => (Self { written: begun, wild: self.wild }, self.wild),
        };
        *self = next;
        ends
    }
}

/// Whether this may be part of what AWS makes up. CloudFormation makes names of letters, digits and hyphens
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>), and ids consist of these as well.
fn may_be_made_up(cell: Cell<'_>) -> bool {
    match cell {
        Cell::Char(character) => character.is_ascii_alphanumeric() || character == '-',
        Cell::Fixed(symbol, _) | Cell::Open(symbol) => !symbol.is_fresh(),
    }
}

/// How sure the match was one place earlier: before both slot and cell, after the cell but before the slot, after the slot but before the cell.
#[derive(Clone, Copy)]
struct Before {
    both: Truth,
    slot_only: Truth,
    cell_only: Truth,
}

impl Before {
    fn some(self) -> Truth {
        self.both.or(self.slot_only).or(self.cell_only)
    }
}

fn step(slot: Slot<'_>, cell: Cell<'_>, before: Before) -> Truth {
    let perhaps = |truth: Truth| truth.and(Truth::Unknown);
    // A symbol that could be anything may take in whatever the pattern says, or be empty.
    let swallowed = if is_boundless(cell) { perhaps(before.some()) } else { Truth::False };
    let sure = match slot {
        Slot::Any { crosses } if crosses || cell != Cell::Char(':') => before.slot_only.or(before.cell_only),
        Slot::Any { .. } => before.slot_only,
        Slot::Blank => perhaps(before.some()),
        Slot::One { crosses } => match cell {
            Cell::Char(':') if !crosses => Truth::False,
            Cell::Char(_) | Cell::Fixed(..) => before.both,
            Cell::Open(_) => perhaps(before.both.or(before.slot_only)),
        },
        Slot::Cell(wanted) if same(wanted, cell) => {
            before.both.or(if is_boundless(wanted) { perhaps(before.some()) } else { Truth::False })
        }
        Slot::Cell(wanted) => different(wanted, cell, before),
    };
    sure.or(swallowed)
}

fn same(wanted: Cell<'_>, cell: Cell<'_>) -> bool {
    wanted == cell
}

/// How sure two cells that are not the same one may still stand for the same text.
fn different(wanted: Cell<'_>, cell: Cell<'_>, before: Before) -> Truth {
    let perhaps = |truth: Truth| truth.and(Truth::Unknown);
    match (wanted, cell) {
        (Cell::Open(symbol), _) if !symbol.is_fresh() => perhaps(before.some()),
        // A fresh symbol against part of an unknown one: it may be that text, which goes on behind this cell.
        (Cell::Open(_), Cell::Fixed(symbol, _)) if !symbol.is_fresh() => perhaps(before.both.or(before.cell_only)),
        (Cell::Fixed(symbol, _), Cell::Open(_)) if !symbol.is_fresh() => perhaps(before.both.or(before.slot_only)),
        (Cell::Fixed(symbol, _), Cell::Char(_) | Cell::Fixed(..)) if !symbol.is_fresh() => perhaps(before.both),
        (Cell::Char(_) | Cell::Fixed(..), Cell::Fixed(symbol, _)) if !symbol.is_fresh() => perhaps(before.both),
        _ => Truth::False,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(left: &str, right: &str) -> Truth {
        Text::parse(left).equals(&Text::parse(right))
    }

    #[test]
    fn a_fresh_symbol_equals_only_itself() {
        assert_eq!(equal("db-⟦Db#6⟧", "db-⟦Db#6⟧"), Truth::True);
        assert_eq!(equal("db-⟦Db#6⟧", "db-⟦Other#6⟧"), Truth::False);
        assert_eq!(equal("db-⟦Db#6⟧", "db-AbCdEf"), Truth::False);
        assert_eq!(equal("⟦Db⟧", "⟦Other⟧"), Truth::False);
    }

    #[test]
    fn an_unknown_symbol_may_equal_anything() {
        assert_eq!(equal("⟦?Account⟧", "111122223333"), Truth::Unknown);
        assert_eq!(equal("⟦?Account⟧", "⟦?Account⟧"), Truth::True);
        assert_eq!(equal("x⟦?Account⟧", "y111122223333"), Truth::False);
        assert_eq!(equal("⟦?A#12⟧", "1111"), Truth::False);
        assert_eq!(equal("⟦?A⟧⟦?B⟧", ""), Truth::Unknown);
        assert_eq!(equal("⟦?A⟧", "⟦Fresh⟧"), Truth::Unknown);
    }

    #[test]
    fn a_pattern_may_cover_what_aws_makes_up_but_no_text_written_in_full_does() {
        let covers = |pattern: &str, text: &str| {
            let slot = |character| match character {
                '*' => Slot::Any { crosses: true },
                '?' => Slot::One { crosses: true },
                other => Slot::Cell(Cell::Char(other)),
            };
            let slots: Vec<_> = pattern.chars().map(slot).collect();
            matches(&slots, &cells(&Text::parse(text), false))
        };
        for pattern in ["role/stack-*", "role/*-Role-*", "role/*-x", "role/st*ck", "role/stack-????"] {
            assert_eq!(covers(pattern, "role/⟦Role⟧"), Truth::Unknown, "{pattern}");
        }
        assert_eq!(covers("secret:Token-*", "secret:⟦Token⟧-⟦Token#6⟧"), Truth::Unknown);
        assert_eq!(covers("secret:Token-????????????-??????", "secret:⟦Token⟧-⟦Token#6⟧"), Truth::Unknown);
        assert_eq!(covers("role/*", "role/⟦Role⟧"), Truth::True);
        // In full, with a character that is in no such name, or around what is known to be different.
        for pattern in ["role/stack-Role", "role/team/*", "role/stack_*", "roles/*"] {
            assert_eq!(covers(pattern, "role/⟦Role⟧"), Truth::False, "{pattern}");
        }
        assert_eq!(covers("secret:Token-??????", "secret:⟦Token⟧-⟦Token#6⟧"), Truth::False);
        assert_eq!(covers("secret:db-Ab*", "secret:db-⟦Token#6⟧"), Truth::False);
        let of_a_stack = [Part::Symbol(Symbol::unknown("Stack")), Part::Literal("-".into())];
        let of_a_stack = Text::from_parts(of_a_stack);
        let mut slots: Vec<_> = cells(&of_a_stack, false).into_iter().map(Slot::Cell).collect();
        assert_eq!(matches(&slots, &cells(&Text::parse("⟦Role⟧"), false)), Truth::False);
        slots.push(Slot::Any { crosses: true });
        assert_eq!(matches(&slots, &cells(&Text::parse("⟦Role⟧"), false)), Truth::Unknown);
    }

    #[test]
    fn a_star_that_does_not_cross_stops_at_a_colon() {
        let text = Text::literal("a:b");
        let cells = cells(&text, false);
        assert_eq!(matches(&[Slot::Any { crosses: false }], &cells), Truth::False);
        assert_eq!(matches(&[Slot::Any { crosses: true }], &cells), Truth::True);
    }

    #[test]
    fn what_is_the_same_at_the_ends_is_not_gone_through_again() {
        let texts = ["", "a", "ab", "a:b", "⟦F#2⟧", "a⟦F#2⟧b", "⟦F⟧", "a⟦F⟧", "⟦?U#2⟧b", "⟦?U⟧", "a⟦?U⟧b", "⟦F⟧⟦?U⟧", "⟦?U⟧⟦F#2⟧a"]
            .map(Text::parse);
        let wild = [Slot::Any { crosses: true }, Slot::Any { crosses: false }, Slot::One { crosses: false }, Slot::Blank];
        let mut rows: Vec<Vec<Slot<'_>>> = texts.iter().map(|text| cells(text, false).into_iter().map(Slot::Cell).collect()).collect();
        for at in 0..rows.len() {
            let (plain, other) = (rows[at].clone(), rows[(at + 5) % texts.len()].clone());
            rows.extend(wild.map(|slot| [&plain[..], &[slot], &other[..]].concat()));
        }
        for pattern in &rows {
            for text in &texts {
                let text = cells(text, false);
                assert_eq!(matches(pattern, &text), between(pattern, &text), "{pattern:?} {text:?}");
            }
        }
    }

    #[test]
    fn what_would_take_too_long_is_unknown() {
        let text = Text::literal("a".repeat(5000));
        let pattern = vec![Slot::One { crosses: true }; 5000];
        assert_eq!(matches(&pattern, &cells(&text, false)), Truth::Unknown);
    }
}
