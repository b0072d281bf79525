//! Patterns with `*`, `?` and policy variables, compiled once and matched often. Actions, resources, condition values and ARN components use them.
//!
//! Wildcards: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>;
//! variables: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use smol_str::SmolStr;

use super::cells::{self, Cell, Slot};
use super::context::{Context, Entry, Key};
use super::glob::{Piece, glob};
use super::text::{Part, Symbol, Text, split_symbols};
use super::truth::Truth;

/// What is special in a written pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Syntax {
    /// `*` and `?` are wildcards.
    pub(super) wildcards: bool,
    /// `${…}` is a variable.
    pub(super) variables: bool,
}

/// One piece of a written pattern.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Literal(Box<str>),
    Any,
    One,
    Symbol(Symbol),
    Variable { key: Key, name: Box<str>, default: Option<Box<str>> },
}

impl Token {
    /// Whether matching it needs the request's context or three values.
    fn is_open(&self) -> bool {
        matches!(self, Self::Symbol(_) | Self::Variable { .. })
    }
}

/// Takes a written pattern apart.
pub(super) fn tokens(written: &str, syntax: Syntax) -> Vec<Token> {
    let mut tokens = Vec::new();
    for part in split_symbols(written) {
        match part {
            Part::Literal(text) => push_literal(&mut tokens, &text, syntax),
            Part::Symbol(symbol) => tokens.push(Token::Symbol(symbol)),
        }
    }
    tokens
}

fn push_literal(tokens: &mut Vec<Token>, text: &str, syntax: Syntax) {
    let mut literal = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let variable = (syntax.variables && rest.starts_with("${")).then(|| read_variable(rest)).flatten();
        if let Some((token, length)) = variable {
            match token {
                Token::Literal(character) => literal.push_str(&character),
                token => {
                    flush(tokens, &mut literal);
                    tokens.push(token);
                }
            }
            rest = &rest[length..];
            continue;
        }
        match next {
            '*' | '?' if syntax.wildcards => {
                flush(tokens, &mut literal);
                if next == '?' {
                    tokens.push(Token::One);
                } else if tokens.last() != Some(&Token::Any) {
                    tokens.push(Token::Any);
                }
            }
            _ => literal.push(next),
        }
        rest = &rest[next.len_utf8()..];
    }
    flush(tokens, &mut literal);
}

fn flush(tokens: &mut Vec<Token>, literal: &mut String) {
    if !literal.is_empty() {
        tokens.push(Token::Literal(std::mem::take(literal).into()));
    }
}

/// The variable that `text` begins with, and its length: `${key}`, `${key, 'default'}`, or `${*}`, `${?}`, `${$}` for the characters themselves.
fn read_variable(text: &str) -> Option<(Token, usize)> {
    let end = text.find('}')?;
    let inner = &text[2..end];
    if matches!(inner, "*" | "?" | "$") {
        return Some((Token::Literal(inner.into()), end + 1));
    }
    let (name, default) = match inner.split_once(',') {
        Some((name, default)) => (name, Some(default.trim().strip_prefix('\'')?.strip_suffix('\'')?)),
        None => (inner, None),
    };
    let name = name.trim();
    (!name.is_empty()).then(|| (Token::Variable { key: Key::new(name), name: name.into(), default: default.map(Into::into) }, end + 1))
}

/// Appends what the tokens ask for under this context; `false` when a variable has no value, and so nothing matches.
pub(super) fn push_slots<'a>(slots: &mut Vec<Slot<'a>>, tokens: &'a [Token], context: &'a Context, fold: bool) -> bool {
    let mut row: Vec<Cell<'a>> = Vec::new();
    for token in tokens {
        match token {
            Token::Literal(text) => cells::push_str(&mut row, text, fold),
            Token::Any => slots.push(Slot::Any { crosses: true }),
            Token::One => slots.push(Slot::One { crosses: true }),
            Token::Symbol(symbol) => cells::push_symbol(&mut row, symbol),
            // Only single-valued keys have a value here, and wildcards inside a value are plain characters.
            Token::Variable { key, default, .. } => match (context.look_up(key), default) {
                (Entry::Single(value), _) => row.extend(cells::cells(value, fold)),
                (Entry::Unknown | Entry::OneOf(_), _) => slots.push(Slot::Blank),
                (Entry::Absent | Entry::Multi(_), Some(default)) => cells::push_str(&mut row, default, fold),
                (Entry::Absent | Entry::Multi(_), None) => return false,
            },
        }
        slots.extend(row.drain(..).map(Slot::Cell));
    }
    true
}

/// What tokens with variables ask for under one context.
pub(super) enum Resolved {
    /// A variable has no value: nothing matches.
    Nothing,
    /// Every variable has a plain value; there are no symbols.
    Plain(Vec<Token>),
    /// Symbols take part, or values that nobody knows.
    Open,
}

/// Puts the values of variables in their places.
pub(super) fn resolve(tokens: &[Token], context: &Context) -> Resolved {
    let mut open = false;
    for token in tokens {
        match token {
            Token::Symbol(_) => open = true,
            Token::Variable { key, default, .. } => match context.look_up(key) {
                Entry::Single(value) => open |= value.as_literal().is_none(),
                Entry::Absent | Entry::Multi(_) if default.is_none() => return Resolved::Nothing,
                Entry::Absent | Entry::Multi(_) => {}
                Entry::Unknown | Entry::OneOf(_) => open = true,
            },
            Token::Literal(_) | Token::Any | Token::One => {}
        }
    }
    if open {
        return Resolved::Open;
    }
    let plain = tokens.iter().map(|token| match token {
        Token::Variable { key, default, .. } => {
            let value = if let Entry::Single(value) = context.look_up(key) { value.as_literal() } else { default.as_deref() };
            Token::Literal(value.unwrap_or_default().into())
        }
        token => token.clone(),
    });
    Resolved::Plain(merge_literals(plain))
}

/// Tokens without empty literals and without two literals side by side.
pub(super) fn merge_literals(tokens: impl IntoIterator<Item = Token>) -> Vec<Token> {
    let mut merged: Vec<Token> = Vec::new();
    for token in tokens {
        match (merged.last_mut(), token) {
            (_, Token::Literal(text)) if text.is_empty() => {}
            (Some(Token::Literal(last)), Token::Literal(more)) => *last = format!("{last}{more}").into(),
            (_, token) => merged.push(token),
        }
    }
    merged
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    shape: Shape,
    fold: bool,
}

#[derive(Debug, Clone)]
enum Shape {
    Anything,
    Exact(SmolStr),
    Prefix(SmolStr),
    Glob(Box<[Piece]>),
    Open(Box<[Token]>),
}

impl Pattern {
    pub(super) fn new(written: &str, syntax: Syntax, fold: bool) -> Self {
        Self::from_tokens(tokens(written, syntax), fold)
    }

    pub(super) fn from_tokens(tokens: Vec<Token>, fold: bool) -> Self {
        let shape = match tokens.as_slice() {
            [] => Shape::Exact("".into()),
            [Token::Any] => Shape::Anything,
            [Token::Literal(text)] => Shape::Exact(lower_if(fold, text)),
            [Token::Literal(text), Token::Any] => Shape::Prefix(lower_if(fold, text)),
            some if some.iter().any(Token::is_open) => Shape::Open(tokens.into()),
            _ => Shape::Glob(tokens.split(|token| *token == Token::Any).map(|piece| piece_of(piece, fold)).collect()),
        };
        Self { shape, fold }
    }

    /// Whether it covers any text whatever.
    pub(super) fn is_anything(&self) -> bool {
        matches!(self.shape, Shape::Anything)
    }

    /// The names of its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let tokens: &[Token] = if let Shape::Open(tokens) = &self.shape { tokens } else { &[] };
        variables(tokens)
    }

    pub(super) fn matches(&self, text: &Text, context: &Context) -> Truth {
        match (&self.shape, text.as_literal()) {
            (Shape::Anything, _) => Truth::True,
            (Shape::Open(tokens), _) => self.matches_open(tokens, text, context),
            (_, Some(literal)) => self.matches_str(literal),
            (_, None) => {
                let slots = self.closed_slots();
                cells::matches(&slots, &cells::cells(text, self.fold))
            }
        }
    }

    fn matches_open(&self, tokens: &[Token], text: &Text, context: &Context) -> Truth {
        match resolve(tokens, context) {
            Resolved::Nothing => return Truth::False,
            Resolved::Plain(tokens) if text.as_literal().is_some() => return Self::from_tokens(tokens, self.fold).matches(text, context),
            Resolved::Plain(_) | Resolved::Open => {}
        }
        let mut slots = Vec::new();
        if !push_slots(&mut slots, tokens, context, self.fold) {
            return Truth::False;
        }
        cells::matches(&slots, &cells::cells(text, self.fold))
    }

    /// Against plain text. A pattern with variables or symbols has no answer here and says `Unknown`.
    pub(super) fn matches_str(&self, text: &str) -> Truth {
        if self.fold && !matches!(self.shape, Shape::Anything) {
            return self.matches_folded(text);
        }
        match &self.shape {
            Shape::Anything => Truth::True,
            Shape::Exact(wanted) => (**wanted == *text).into(),
            Shape::Prefix(prefix) => text.starts_with(&**prefix).into(),
            Shape::Glob(pieces) => glob(pieces, text),
            Shape::Open(_) => Truth::Unknown,
        }
    }

    fn matches_folded(&self, text: &str) -> Truth {
        match &self.shape {
            Shape::Exact(wanted) if wanted.is_ascii() && text.is_ascii() => wanted.eq_ignore_ascii_case(text).into(),
            Shape::Exact(wanted) => wanted.chars().eq(text.chars().flat_map(char::to_lowercase)).into(),
            Shape::Prefix(prefix) => text.to_lowercase().starts_with(&**prefix).into(),
            Shape::Glob(pieces) => glob(pieces, &text.to_lowercase()),
            Shape::Anything => Truth::True,
            Shape::Open(_) => Truth::Unknown,
        }
    }

    /// The slots of a shape without variables and symbols.
    pub(super) fn closed_slots(&self) -> Vec<Slot<'_>> {
        let mut slots = Vec::new();
        match &self.shape {
            Shape::Anything => slots.push(Slot::Any { crosses: true }),
            Shape::Exact(text) => slots.extend(text.chars().map(|c| Slot::Cell(Cell::Char(c)))),
            Shape::Prefix(text) => {
                slots.extend(text.chars().map(|c| Slot::Cell(Cell::Char(c))));
                slots.push(Slot::Any { crosses: true });
            }
            Shape::Glob(pieces) => {
                for (at, piece) in pieces.iter().enumerate() {
                    if at > 0 {
                        slots.push(Slot::Any { crosses: true });
                    }
                    piece.push_slots(&mut slots);
                }
            }
            Shape::Open(_) => slots.push(Slot::Blank),
        }
        slots
    }
}

/// The names of the variables among `tokens`.
pub(super) fn variables(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| if let Token::Variable { name, .. } = token { Some(&**name) } else { None })
}

fn lower_if(fold: bool, text: &str) -> SmolStr {
    if fold { text.to_lowercase().into() } else { text.into() }
}

/// The characters and holes between two stars.
fn piece_of(tokens: &[Token], fold: bool) -> Piece {
    let mut holes = Vec::new();
    for token in tokens {
        match token {
            Token::Literal(literal) => holes.extend(lower_if(fold, literal).chars().map(Some)),
            _ => holes.push(None),
        }
    }
    Piece::new(holes)
}
