//! Cuts texts at a delimiter, as far as it is known that no symbol in them hides one. `functions` and lists that are given as texts ask here.

use crate::policy::{Part, Symbol, Text};

/// The pieces between the delimiters; `None` where a symbol may hold one.
pub(super) fn pieces(text: &Text, delimiter: &str) -> Option<Vec<Text>> {
    if delimiter.is_empty() || text.parts().iter().any(|part| matches!(part, Part::Symbol(symbol) if may_hold(symbol, delimiter))) {
        return None;
    }
    let mut pieces: Vec<Vec<Part>> = vec![Vec::new()];
    for part in text.parts() {
        match part {
            Part::Symbol(_) => pieces.last_mut().into_iter().for_each(|piece| piece.push(part.clone())),
            Part::Literal(literal) => {
                for (index, piece) in literal.split(delimiter).enumerate() {
                    if index > 0 {
                        pieces.push(Vec::new());
                    }
                    pieces.last_mut().into_iter().for_each(|last| last.push(Part::Literal(piece.into())));
                }
            }
        }
    }
    Some(pieces.into_iter().map(Text::from_parts).collect())
}

/// Names and ids that AWS makes up hold neither colons, commas nor slashes, and the facts about a place no colon. Whatever else is not known may hold anything.
fn may_hold(symbol: &Symbol, delimiter: &str) -> bool {
    match delimiter {
        ":" => !symbol.is_fresh() && !symbol.id().starts_with("AWS__"),
        "," | "/" => !symbol.is_fresh(),
        _ => true,
    }
}

/// A text without white space around it.
pub(super) fn trimmed(text: &Text) -> Text {
    let mut parts = text.parts();
    if let Some(Part::Literal(first)) = parts.first_mut() {
        *first = first.trim_start().into();
    }
    if let Some(Part::Literal(last)) = parts.last_mut() {
        *last = last.trim_end().into();
    }
    Text::from_parts(parts)
}
