//! Plain text against a plain pattern, in time that grows with the text alone. Nearly every match ends here; `cells.rs` takes what is not plain.

use super::cells::{Cell, Slot, WORK_LIMIT};
use super::truth::Truth;

/// How a plain pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// It covers no text.
    Nothing,
    /// It covers any text.
    Anything,
    /// It covers itself.
    Exact,
    /// Wildcards stand in it, the first behind `literal` bytes (0 if that is too large a number).
    Glob { literal: u16 },
    /// The same, and it is taken one by one of the six components of an ARN. `colons`: of the first five, how many stand before the first wildcard; `ends`: a
    /// star ends one of the first five components.
    Components { literal: u16, colons: u8, ends: bool },
}

impl Shape {
    /// The shape of a text that is one piece to its matcher, not six.
    pub(super) fn of(text: &str, wildcards: Wildcards) -> Self {
        match text.bytes().position(|byte| wildcards.has(byte)) {
            None => Self::Exact,
            Some(0) if text.bytes().all(|byte| byte == wildcards.any) => Self::Anything,
            Some(first) => Self::Glob { literal: u16::try_from(first).unwrap_or(0) },
        }
    }
}

/// The two characters of ASCII that stand for any text and for any one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wildcards {
    any: u8,
    one: u8,
}

impl Wildcards {
    /// Those of the policy language.
    pub(super) const WRITTEN: Self = Self { any: b'*', one: b'?' };

    /// Two that do not stand in `text`, if there are.
    pub(super) fn beside(text: &str) -> Option<Self> {
        let mut free = b"*?".iter().copied().chain(0..b' ').filter(|byte| !text.as_bytes().contains(byte));
        Some(Self { any: free.next()?, one: free.next()? })
    }

    /// As text: any, and one.
    pub(super) fn chars(self) -> (char, char) {
        (self.any.into(), self.one.into())
    }

    /// Whether `byte` is one of them.
    pub(super) fn has(self, byte: u8) -> bool {
        byte == self.any || byte == self.one
    }
}

/// A pattern without variables and symbols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain<'a> {
    pub(super) text: &'a str,
    pub(super) shape: Shape,
    pub(super) wildcards: Wildcards,
}

impl<'a> Plain<'a> {
    /// Whether it covers `text` from end to end, stars crossing whatever they meet.
    pub(super) fn covers(self, text: &str) -> Truth {
        if self.shape == Shape::Exact { (self.text == text).into() } else { self.covers_by_wildcards::<false>(text) }
    }

    /// The same for a text in lower case, the letter case of a pattern in ASCII aside.
    pub(super) fn covers_lower(self, text: &str) -> Truth {
        if self.shape == Shape::Exact { self.text.eq_ignore_ascii_case(text).into() } else { self.covers_by_wildcards::<true>(text) }
    }

    fn covers_by_wildcards<const FOLD: bool>(self, text: &str) -> Truth {
        match self.shape {
            Shape::Nothing | Shape::Exact => Truth::False,
            Shape::Anything => Truth::True,
            Shape::Glob { literal } | Shape::Components { literal, .. } => match self.behind::<FOLD>(literal, text) {
                Some((pattern, rest)) => Self { text: pattern, ..self }.glob::<FOLD>(rest),
                None => Truth::False,
            },
        }
    }

    /// What is left of pattern and text behind the bytes before the first wildcard, if these are the same: most patterns that do not cover a text end here.
    fn behind<'t, const FOLD: bool>(self, literal: u16, text: &'t str) -> Option<(&'a str, &'t str)> {
        let (wanted, pattern) = self.text.split_at_checked(literal.into())?;
        let (found, rest) = text.split_at_checked(literal.into())?;
        let same = if FOLD { wanted.eq_ignore_ascii_case(found) } else { wanted == found };
        same.then_some((pattern, rest))
    }

    /// Component by component of an ARN, of which `text` must have all six.
    pub(super) fn covers_components(self, text: &str) -> Truth {
        let Shape::Components { literal, colons, .. } = self.shape else { return self.covers(text) };
        let Some((mut pattern, mut text)) = self.behind::<false>(literal, text) else { return Truth::False };
        let mut covered = Truth::True;
        for _ in colons..5 {
            let (Some((wanted, more)), Some((component, rest))) = (cut(pattern), cut(text)) else { return Truth::False };
            covered = covered.and(Self { text: wanted, ..self }.component(component));
            if covered.is_false() {
                return covered;
            }
            (pattern, text) = (more, rest);
        }
        covered.and(Self { text: pattern, ..self }.component(text))
    }

    fn component(self, text: &str) -> Truth {
        // Nearly every component is the same or a star.
        if self.text == text { Truth::True } else { self.glob::<false>(text) }
    }

    /// The same pattern for the careful matcher.
    pub(super) fn slots(self) -> Vec<Slot<'a>> {
        let any = Slot::Any { crosses: true };
        let (any_char, one_char) = self.wildcards.chars();
        let mut slots = Vec::with_capacity(self.text.len());
        for c in self.text.chars() {
            match c {
                _ if self.shape == Shape::Exact => slots.push(Slot::Cell(Cell::Char(c))),
                c if c == any_char => slots.extend((slots.last() != Some(&any)).then_some(any)),
                c if c == one_char => slots.push(Slot::One { crosses: true }),
                c => slots.push(Slot::Cell(Cell::Char(c))),
            }
        }
        slots
    }

    /// Taking each piece between two stars at the first place where it fits never misses a match, so there is no going back.
    fn glob<const FOLD: bool>(self, text: &str) -> Truth {
        let Some((behind, rest)) = self.strip_start::<FOLD>(self.text, text) else { return Truth::False };
        if behind.is_empty() {
            return rest.is_empty().into();
        }
        // A star comes next.
        let Some((middle, rest)) = self.strip_end::<FOLD>(&behind[1..], rest) else { return Truth::False };
        if middle.is_empty() {
            return Truth::True;
        }
        let pieces = middle.split(char::from(self.wildcards.any));
        if middle.len().saturating_mul(rest.len()) > WORK_LIMIT {
            let dearest = pieces.clone().map(|piece| self.cost(piece)).max().unwrap_or(1);
            if dearest.saturating_mul(rest.len()) > WORK_LIMIT {
                return Truth::Unknown;
            }
        }
        let found = pieces.filter(|piece| !piece.is_empty()).try_fold(rest, |rest, piece| self.skip_to::<FOLD>(piece, rest));
        found.is_some().into()
    }

    /// What is left of pattern and text when the pattern up to its first star has covered the beginning of the text.
    fn strip_start<'p, 't, const FOLD: bool>(self, pattern: &'p str, text: &'t str) -> Option<(&'p str, &'t str)> {
        let mut at = 0;
        for (place, &wanted) in pattern.as_bytes().iter().enumerate() {
            if wanted == self.wildcards.any {
                return Some((&pattern[place..], &text[at..]));
            }
            let found = *text.as_bytes().get(at)?;
            if wanted == self.wildcards.one {
                at += text[at..].chars().next()?.len_utf8();
            } else if found == folded::<FOLD>(wanted) {
                at += 1;
            } else {
                return None;
            }
        }
        Some(("", &text[at..]))
    }

    /// What is left of pattern and text, up to its last star or nothing, when the pattern behind that star has covered the end of the text.
    fn strip_end<'p, 't, const FOLD: bool>(self, pattern: &'p str, text: &'t str) -> Option<(&'p str, &'t str)> {
        let mut end = text.len();
        for (place, &wanted) in pattern.as_bytes().iter().enumerate().rev() {
            if wanted == self.wildcards.any {
                return Some((&pattern[..place], &text[..end]));
            }
            let found = *text.as_bytes()[..end].last()?;
            if wanted == self.wildcards.one {
                end -= text[..end].chars().next_back()?.len_utf8();
            } else if found == folded::<FOLD>(wanted) {
                end -= 1;
            } else {
                return None;
            }
        }
        Some(("", &text[..end]))
    }

    /// What is left of `text` behind the first place where the piece stands.
    fn skip_to<'t, const FOLD: bool>(self, piece: &str, text: &'t str) -> Option<&'t str> {
        if piece.bytes().any(|byte| byte == self.wildcards.one) {
            return text.char_indices().find_map(|(at, _)| Some(self.strip_start::<FOLD>(piece, &text[at..])?.1));
        }
        let at = if FOLD { text.find(&piece.to_ascii_lowercase()) } else { text.find(piece) };
        at.map(|at| &text[at + piece.len()..])
    }

    /// How many steps a search for a piece takes per character of the text.
    fn cost(self, piece: &str) -> usize {
        if piece.bytes().any(|byte| byte == self.wildcards.one) { piece.chars().count() } else { 1 }
    }
}

fn folded<const FOLD: bool>(byte: u8) -> u8 {
    if FOLD { byte.to_ascii_lowercase() } else { byte }
}

/// What stands before and behind the first colon.
pub(super) fn cut(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    Some((&text[..colon], &text[colon + 1..]))
}
