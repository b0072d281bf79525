//! The values of a policy as patterns: plain ones with `*` and `?`, and the few in which variables or symbols take part. Actions, resources and conditions
//! are matched here, ARNs in `arn_pattern.rs`.
//!
//! Wildcards: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>;
//! variables: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use super::cells::{self, Cell, Slot};
use super::context::{self, Context, Entry};
use super::glob::{Plain, Shape, Wildcards};
use super::text::{Part, Symbol, Text, may_hold_symbols, split_symbols};
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
    Variable { hash: u32, name: Box<str>, default: Option<Box<str>> },
}

/// How the shape of a plain pattern is found.
pub(super) type FindShape = fn(&str, Wildcards) -> Shape;

/// A written pattern, taken apart as far as it needs that.
#[derive(Debug, Clone)]
pub(super) enum Compiled {
    /// It is plain as it is written.
    Written(Shape),
    /// It is plain, but another text than the one written.
    Filled(Filled, Shape),
    /// Symbols or variables take part.
    Open(Box<[Token]>),
}

impl Compiled {
    pub(super) fn new(written: &str, syntax: Syntax, shape: FindShape) -> Self {
        if !is_plain(written, syntax) {
            return Self::from_tokens(tokens(written, syntax), shape);
        }
        Self::Written(if syntax.wildcards { shape(written, Wildcards::WRITTEN) } else { Shape::Exact })
    }

    pub(super) fn from_tokens(tokens: Vec<Token>, shape: FindShape) -> Self {
        match resolve(&tokens, &Context::open()) {
            Resolved::Plain(filled) => {
                let shape = shape(&filled.text, filled.wildcards);
                Self::Filled(filled, shape)
            }
            Resolved::Open | Resolved::Nothing => Self::Open(tokens.into()),
        }
    }
}

/// Whether all of it is plain text and wildcards.
pub(super) fn is_plain(written: &str, syntax: Syntax) -> bool {
    !(may_hold_symbols(written) || syntax.variables && written.contains("${"))
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
    (!name.is_empty())
        .then(|| (Token::Variable { hash: context::hash(name), name: name.into(), default: default.map(Into::into) }, end + 1))
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
            Token::Variable { hash, name, default } => match (context.look_up(*hash, name), default) {
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
    Plain(Filled),
    /// Symbols take part, or values that nobody knows.
    Open,
}

/// A plain pattern that stands nowhere in the policy's text.
#[derive(Debug, Clone)]
pub(super) struct Filled {
    text: Box<str>,
    /// Others than `*` and `?` where these are plain characters, as in the value of a variable.
    wildcards: Wildcards,
}

impl Filled {
    pub(super) fn plain(&self, shape: FindShape) -> Plain<'_> {
        self.with(shape(&self.text, self.wildcards))
    }

    pub(super) fn with(&self, shape: Shape) -> Plain<'_> {
        Plain { text: &self.text, shape, wildcards: self.wildcards }
    }
}

/// Puts the values of variables in their places.
pub(super) fn resolve(tokens: &[Token], context: &Context) -> Resolved {
    let mut literals = Vec::with_capacity(tokens.len());
    let mut open = false;
    for token in tokens {
        literals.push(match token {
            Token::Literal(text) => &**text,
            Token::Any | Token::One => "",
            Token::Symbol(_) => {
                open = true;
                ""
            }
            Token::Variable { hash, name, default } => match (context.look_up(*hash, name), default) {
                (Entry::Single(value), _) => value.as_literal().unwrap_or_else(|| {
                    open = true;
                    ""
                }),
                (Entry::Absent | Entry::Multi(_), Some(default)) => default,
                (Entry::Absent | Entry::Multi(_), None) => return Resolved::Nothing,
                (Entry::Unknown | Entry::OneOf(_), _) => {
                    open = true;
                    ""
                }
            },
        });
    }
    if open { Resolved::Open } else { fill(tokens, &literals).map_or(Resolved::Open, Resolved::Plain) }
}

/// The tokens as text, with these in the places of all but wildcards. `None` if no two characters are free to be the wildcards.
fn fill(tokens: &[Token], literals: &[&str]) -> Option<Filled> {
    let wildcards = Wildcards::beside(&literals.concat())?;
    let (any, one) = wildcards.chars();
    let mut text = String::new();
    for (token, literal) in tokens.iter().zip(literals) {
        match token {
            Token::Any => text.push(any),
            Token::One => text.push(one),
            _ => text.push_str(literal),
        }
    }
    Some(Filled { text: text.into(), wildcards })
}

/// Tokens without two literals side by side.
pub(super) fn merge_literals(tokens: impl IntoIterator<Item = Token>) -> Vec<Token> {
    let mut merged: Vec<Token> = Vec::new();
    for token in tokens {
        match (merged.last_mut(), token) {
            (Some(Token::Literal(last)), Token::Literal(more)) => *last = format!("{last}{more}").into(),
            (_, token) => merged.push(token),
        }
    }
    merged
}

/// The names of the variables among `tokens`.
pub(super) fn variables(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().filter_map(|token| if let Token::Variable { name, .. } = token { Some(&**name) } else { None })
}

/// A value of a policy, ready to be matched.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pattern<'a> {
    Plain(Plain<'a>),
    /// Symbols or variables take part.
    Open(&'a [Token]),
}

impl Pattern<'_> {
    /// Whether it covers any text whatever.
    pub(super) fn is_anything(self) -> bool {
        matches!(self, Self::Plain(plain) if plain.shape == Shape::Anything)
    }

    /// Whether it may turn out to cover any text whatever: nothing in it but stars and text that could be anything.
    pub(super) fn may_be_anything(self) -> bool {
        let open = |token: &Token| match token {
            Token::Any => true,
            Token::Symbol(symbol) => !symbol.is_fresh() && symbol.length().is_none_or(|length| length == 1),
            _ => false,
        };
        matches!(self, Self::Open(tokens) if tokens.iter().all(open))
    }

    /// Against an action in lower case. Symbols in actions have no answer.
    pub(super) fn covers_action(self, action: &str) -> Truth {
        match self {
            Self::Plain(plain) => plain.covers_lower(action),
            Self::Open(_) => Truth::Unknown,
        }
    }

    /// Against a context value; with `fold`, letter case aside.
    pub(super) fn covers(self, text: &Text, fold: bool, context: &Context) -> Truth {
        match (self, text.as_literal()) {
            (Self::Plain(plain), Some(literal)) if fold => equal_folded(plain.text, literal),
            (Self::Plain(plain), Some(literal)) => plain.covers(literal),
            (Self::Plain(plain), None) if plain.shape == Shape::Anything => Truth::True,
            (Self::Plain(plain), None) if fold => {
                let lower = Plain { text: &plain.text.to_lowercase(), ..plain };
                cells::matches(&lower.slots(), &cells::cells(text, fold))
            }
            (Self::Plain(plain), None) => cells::matches(&plain.slots(), &cells::cells(text, fold)),
            (Self::Open(tokens), _) => covers_open(tokens, text, fold, context),
        }
    }
}

fn covers_open(tokens: &[Token], text: &Text, fold: bool, context: &Context) -> Truth {
    match (resolve(tokens, context), text.as_literal()) {
        (Resolved::Nothing, _) => Truth::False,
        (Resolved::Plain(filled), Some(literal)) if fold => equal_folded(&filled.text, literal),
        (Resolved::Plain(filled), Some(literal)) => filled.plain(Shape::of).covers(literal),
        _ => {
            let mut slots = Vec::new();
            let some = push_slots(&mut slots, tokens, context, fold);
            if some { cells::matches(&slots, &cells::cells(text, fold)) } else { Truth::False }
        }
    }
}

/// Letter case aside. No operator that folds has wildcards.
fn equal_folded(wanted: &str, text: &str) -> Truth {
    if wanted.is_ascii() && text.is_ascii() {
        return wanted.eq_ignore_ascii_case(text).into();
    }
    wanted.to_lowercase().chars().eq(text.chars().flat_map(char::to_lowercase)).into()
}
