//! Plain text against pieces with stars between them, in time that grows with the text alone. The fast path of `pattern.rs`.

use smol_str::SmolStr;

use super::cells::{Cell, Slot, WORK_LIMIT};
use super::truth::Truth;

/// What stands between two stars.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Plain(SmolStr),
    /// With `?` as `None`.
    Holes(Box<[Option<char>]>),
}

impl Piece {
    /// The piece of these characters, with `?` as `None`.
    pub(super) fn new(holes: Vec<Option<char>>) -> Self {
        holes.iter().copied().collect::<Option<String>>().map_or_else(|| Self::Holes(holes.into()), |text| Self::Plain(text.into()))
    }

    /// Appends its places.
    pub(super) fn push_slots<'a>(&'a self, slots: &mut Vec<Slot<'a>>) {
        match self {
            Self::Plain(text) => slots.extend(text.chars().map(|c| Slot::Cell(Cell::Char(c)))),
            Self::Holes(holes) => {
                slots.extend(holes.iter().map(|hole| hole.map_or(Slot::One { crosses: true }, |c| Slot::Cell(Cell::Char(c)))));
            }
        }
    }

    /// What is left of `text` behind this piece at its beginning.
    fn strip_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Plain(wanted) => text.strip_prefix(&**wanted),
            Self::Holes(holes) => {
                let mut chars = text.chars();
                holes.iter().all(|hole| chars.next().is_some_and(|c| hole.is_none_or(|wanted| wanted == c))).then_some(chars.as_str())
            }
        }
    }

    /// What is left of `text` before this piece at its end.
    fn strip_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Plain(wanted) => text.strip_suffix(&**wanted),
            Self::Holes(holes) => {
                let mut chars = text.chars();
                holes
                    .iter()
                    .rev()
                    .all(|hole| chars.next_back().is_some_and(|c| hole.is_none_or(|wanted| wanted == c)))
                    .then_some(chars.as_str())
            }
        }
    }

    /// What is left of `text` behind the first place where this piece stands.
    fn skip_to<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Plain(wanted) => text.find(&**wanted).map(|at| &text[at + wanted.len()..]),
            Self::Holes(_) => text.char_indices().find_map(|(at, _)| self.strip_start(&text[at..])),
        }
    }

    /// How many steps a search for it takes per character of the text.
    fn cost(&self) -> usize {
        match self {
            Self::Plain(_) => 1,
            Self::Holes(holes) => holes.len(),
        }
    }
}

/// Pieces with a star between each two. Taking each at the first place where it fits never misses a match, so there is no going back.
pub(super) fn glob(pieces: &[Piece], text: &str) -> Truth {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|piece| piece.strip_start(text) == Some("")).into();
    };
    let Some(rest) = first.strip_start(text) else { return Truth::False };
    let Some(mut rest) = last.strip_end(rest) else { return Truth::False };
    let dearest = middle.iter().map(Piece::cost).max().unwrap_or(1);
    if dearest.saturating_mul(rest.len()) > WORK_LIMIT {
        return Truth::Unknown;
    }
    for piece in middle {
        match piece.skip_to(rest) {
            Some(behind) => rest = behind,
            None => return Truth::False,
        }
    }
    Truth::True
}
