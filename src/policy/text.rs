//! A text that may hold parts nobody knows yet. Sources build it (a template's future ARN), matchers take it apart.
//!
//! Written out, a symbol is `⟦Id⟧` (fresh), `⟦Id#6⟧` (fresh, six characters), `⟦?Id⟧` (unknown) or `⟦?Id#6⟧`. The brackets cannot
//! stand in a policy that AWS has accepted, which ends at U+00FF
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>), so a document of an account never holds a symbol by accident.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::arn::{AccountId, Arn};

const OPEN: char = '⟦';
const CLOSE: char = '⟧';
/// What an id does not hold: the characters of its written form, and the colon, so that a written ARN can be split at its colons.
const RESERVED: [char; 5] = [OPEN, CLOSE, '#', '?', ':'];
/// A symbol is at most this long; longer ones are taken as of no fixed length.
const MAX_SYMBOL_LENGTH: usize = 512;

/// Stands for text that is not known yet: the name that AWS will give to a resource, or a template's parameter. It never holds a colon.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    id: Arc<str>,
    length: Option<usize>,
    fresh: bool,
}

impl Symbol {
    /// Text that AWS will make up: equal only to itself, never to a literal nor to another fresh symbol. Never empty. A pattern with a wildcard may turn out to cover it.
    pub fn fresh(id: &str) -> Self {
        Self { id: clean(id), length: None, fresh: true }
    }

    /// Text that could be anything, also empty.
    pub fn unknown(id: &str) -> Self {
        Self { id: clean(id), length: None, fresh: false }
    }

    /// The same symbol, known to be `length` characters long (the random suffix of a secret has six).
    #[must_use]
    pub fn with_length(mut self, length: usize) -> Self {
        self.length = (1..=MAX_SYMBOL_LENGTH).contains(&length).then_some(length);
        self
    }

    /// What tells this symbol from others.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How many characters it will have, if that is known.
    pub fn length(&self) -> Option<usize> {
        self.length
    }

    /// Whether it is surely different from every literal and every other fresh symbol.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Reads what stands between the brackets.
    fn parse(inner: &str) -> Option<Self> {
        let (name, length) = match inner.split_once('#') {
            Some((name, digits)) => (name, Some(digits.parse::<usize>().ok().filter(|n| (1..=MAX_SYMBOL_LENGTH).contains(n))?)),
            None => (inner, None),
        };
        let (fresh, id) = name.strip_prefix('?').map_or((true, name), |id| (false, id));
        let plain = !id.is_empty() && !id.contains(RESERVED);
        plain.then(|| Self { id: id.into(), length, fresh })
    }
}

/// An id without reserved characters.
fn clean(id: &str) -> Arc<str> {
    if id.is_empty() {
        return "_".into();
    }
    id.replace(RESERVED, "_").into()
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.fresh { "" } else { "?" };
        match self.length {
            Some(length) => write!(f, "{OPEN}{mark}{}#{length}{CLOSE}", self.id),
            None => write!(f, "{OPEN}{mark}{}{CLOSE}", self.id),
        }
    }
}

/// One piece of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Text that is known.
    Literal(SmolStr),
    /// Text that is not known yet.
    Symbol(Symbol),
}

/// Literal parts and symbols in a row. Nearly always one literal; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Repr);

// INVARIANT: `Mixed` holds at least one symbol, no empty literal and no two literals side by side, so that equal texts are equal values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Literal(SmolStr),
    Mixed(Arc<[Part]>),
}

impl Text {
    /// A text that is known in full. Brackets in it are characters like others.
    pub fn literal(text: impl Into<SmolStr>) -> Self {
        Self(Repr::Literal(text.into()))
    }

    /// The parts in a row.
    pub fn from_parts(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut merged: Vec<Part> = Vec::new();
        // Literals that follow each other, until it is known where they end.
        let (mut first, mut more) = (None::<SmolStr>, String::new());
        let end = |first: &mut Option<SmolStr>, more: &mut String| {
            let literal = if more.is_empty() { first.take() } else { Some(SmolStr::from(std::mem::take(more))) };
            *first = None;
            literal.map(Part::Literal)
        };
        for part in parts {
            match part {
                Part::Literal(text) if text.is_empty() => {}
                Part::Literal(text) if first.is_none() => first = Some(text),
                Part::Literal(text) => {
                    if let (true, Some(first)) = (more.is_empty(), &first) {
                        more.push_str(first);
                    }
                    more.push_str(&text);
                }
                symbol @ Part::Symbol(_) => {
                    merged.extend(end(&mut first, &mut more));
                    merged.push(symbol);
                }
            }
        }
        merged.extend(end(&mut first, &mut more));
        match merged.as_slice() {
            [] => Self::literal(""),
            [Part::Literal(text)] => Self(Repr::Literal(text.clone())),
            _ => Self(Repr::Mixed(merged.into())),
        }
    }

    /// Reads a text in which symbols are written out (see the top of this file). What is no well-formed symbol is literal text.
    pub fn parse(text: &str) -> Self {
        if !may_hold_symbols(text) {
            return Self::literal(text);
        }
        Self::from_parts(split_symbols(text))
    }

    /// The text, if all of it is known.
    pub fn as_literal(&self) -> Option<&str> {
        match &self.0 {
            Repr::Literal(text) => Some(text),
            Repr::Mixed(_) => None,
        }
    }

    /// The known text before the first symbol.
    pub fn literal_prefix(&self) -> &str {
        match &self.0 {
            Repr::Literal(text) => text,
            Repr::Mixed(parts) => match parts.first() {
                Some(Part::Literal(text)) => text,
                _ => "",
            },
        }
    }

    /// The parts in order.
    pub fn parts(&self) -> Vec<Part> {
        match &self.0 {
            Repr::Literal(text) => vec![Part::Literal(text.clone())],
            Repr::Mixed(parts) => parts.to_vec(),
        }
    }

    /// The parts in order, without owning them; `None` for a literal.
    pub(super) fn mixed(&self) -> Option<&[Part]> {
        match &self.0 {
            Repr::Literal(_) => None,
            Repr::Mixed(parts) => Some(parts),
        }
    }

    /// Whether some symbol in it could be anything.
    pub fn has_unknown(&self) -> bool {
        self.mixed().is_some_and(|parts| parts.iter().any(|part| matches!(part, Part::Symbol(symbol) if !symbol.is_fresh())))
    }

    /// The text with its symbols written out.
    pub fn written(&self) -> Cow<'_, str> {
        self.as_literal().map_or_else(|| Cow::Owned(self.to_string()), Cow::Borrowed)
    }
}

/// What somebody wrote, without the marks of symbols, also where they are escaped as in JSON: brackets that look like them stand in their place, so that nobody can write a symbol.
/// Characters and lines stay where they are.
pub(crate) fn without_marks(text: &str) -> Cow<'_, str> {
    const MARKS: [(&str, &str); 10] = [
        ("⟦", "〚"),
        ("⟧", "〛"),
        ("\\u27e6", "\\u301a"),
        ("\\u27e7", "\\u301b"),
        ("\\u27E6", "\\u301a"),
        ("\\u27E7", "\\u301b"),
        ("\\U000027e6", "\\U0000301a"),
        ("\\U000027e7", "\\U0000301b"),
        ("\\U000027E6", "\\U0000301a"),
        ("\\U000027E7", "\\U0000301b"),
    ];
    MARKS
        .iter()
        .fold(Cow::Borrowed(text), |text, (mark, other)| if text.contains(mark) { Cow::Owned(text.replace(mark, other)) } else { text })
}

/// Whether symbols may stand in a written text.
pub(super) fn may_hold_symbols(text: &str) -> bool {
    // Nearly every text is ASCII, and those are told fast.
    !text.is_ascii() && text.contains(OPEN)
}

/// Cuts `text` at its well-formed symbols; what is none stays literal.
pub(super) fn split_symbols(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut literal = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find(OPEN).map(|at| at + from) {
        let inside = open + OPEN.len_utf8();
        let close = text[inside..].find([OPEN, CLOSE]).map(|at| at + inside);
        match close.and_then(|close| Some((close, Symbol::parse(&text[inside..close])?))) {
            Some((close, symbol)) if text[close..].starts_with(CLOSE) => {
                parts.push(Part::Literal(text[literal..open].into()));
                parts.push(Part::Symbol(symbol));
                literal = close + CLOSE.len_utf8();
                from = literal;
            }
            _ => from = inside,
        }
    }
    parts.push(Part::Literal(text[literal..].into()));
    parts
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Literal(text) => f.write_str(text),
            Repr::Mixed(parts) => parts.iter().try_for_each(|part| match part {
                Part::Literal(text) => f.write_str(text),
                Part::Symbol(symbol) => write!(f, "{symbol}"),
            }),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({self})")
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::literal(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::literal(text)
    }
}

impl From<&Arn> for Text {
    fn from(arn: &Arn) -> Self {
        // The ARN of something that a template will make holds symbols, written out.
        if may_hold_symbols(arn.as_str()) { Self::parse(arn.as_str()) } else { Self::literal(arn.shared()) }
    }
}

impl From<&AccountId> for Text {
    fn from(id: &AccountId) -> Self {
        Self::literal(id.as_str())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_survive_being_written_out() {
        for symbol in
            [Symbol::fresh("Db"), Symbol::fresh("Db").with_length(6), Symbol::unknown("Stage"), Symbol::unknown("Id").with_length(12)]
        {
            let text = Text::from_parts([Part::Literal("a:".into()), Part::Symbol(symbol), Part::Literal(":b".into())]);
            assert_eq!(Text::parse(&text.to_string()), text);
        }
    }

    #[test]
    fn what_somebody_wrote_is_no_symbol() {
        for written in ["⟦a⟧", "a:⟦?b#6⟧", "\\u27e6a\\u27E7", "\\U000027E6a\\U000027e7"] {
            let text = without_marks(written);
            assert_eq!(text.chars().count(), written.chars().count());
            // As JSON reads it.
            let read = text.replace("\\U0000", "\\u");
            let read: String = serde_json::from_str(&format!("\"{read}\"")).unwrap();
            assert!(!read.contains([OPEN, CLOSE]) && Text::parse(&read).as_literal() == Some(read.as_str()), "{read}");
        }
        assert!(matches!(without_marks("arn:aws:s3:::b"), Cow::Borrowed(_)));
    }

    #[test]
    fn broken_brackets_are_literal_text() {
        for written in ["⟦", "⟦⟧", "a⟦b", "⟦a#x⟧", "⟦a#0⟧", "⟧⟦", "⟦#6⟧", "⟦?⟧"] {
            assert_eq!(Text::parse(written).as_literal(), Some(written));
        }
        assert_eq!(Text::parse("⟦⟦a⟧").to_string(), "⟦⟦a⟧");
        assert_eq!(Text::parse("⟦⟦a⟧").literal_prefix(), "⟦");
    }
}
