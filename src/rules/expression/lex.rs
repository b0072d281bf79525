//! Source text to tokens. Called by `parse` only.

use std::fmt;

use super::error::{ExpressionError, Fault, Span};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name(String),
    Int(u64),
    Text(String),
    /// An operator or a bracket, as written.
    Sign(&'static str),
    End,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Int(_) => f.write_str("a number"),
            Self::Text(_) => f.write_str("a string"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// Longer signs come before those that they begin with.
const SIGNS: [&str; 17] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "(", ")", "[", "]", ",", "."];

/// What people write out of habit, and what it is called here.
const HABITS: [(&str, &str); 4] = [("=", "=="), ("&", "&&"), ("|", "||"), ("?", "&&` and `||")];

/// All tokens, the last of which is `End`.
pub(super) fn lex(source: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = source.len() - source[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let (kind, length) = token(&source[at..], at)?;
        let last = kind == TokenKind::End;
        tokens.push(Token { kind, span: Span { start: at, end: at + length } });
        if last {
            return Ok(tokens);
        }
        at += length;
    }
}

/// The token that `rest` begins with, and its length in bytes.
fn token(rest: &str, at: usize) -> Result<(TokenKind, usize), ExpressionError> {
    let Some(first) = rest.chars().next() else { return Ok((TokenKind::End, 0)) };
    let word = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    if first.is_ascii_digit() {
        let number = rest[..word].parse().map_err(|_| ExpressionError::new(Span { start: at, end: at + word }, Fault::BadInt))?;
        return Ok((TokenKind::Int(number), word));
    }
    if word > 0 {
        return Ok((TokenKind::Name(rest[..word].to_owned()), word));
    }
    if first == '"' || first == '\'' {
        return text(rest, at, first);
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((TokenKind::Sign(sign), sign.len()));
    }
    let habit = HABITS.into_iter().find(|(wrong, _)| rest.starts_with(wrong));
    let span = Span { start: at, end: at + first.len_utf8() };
    Err(ExpressionError::new(span, Fault::UnknownCharacter(first)).with_help(habit.map(|(_, right)| format!("write `{right}`"))))
}

/// A string in either kind of quotes.
fn text(rest: &str, at: usize, quote: char) -> Result<(TokenKind, usize), ExpressionError> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((offset, c)) = characters.next() {
        match c {
            _ if c == quote => return Ok((TokenKind::Text(text), offset + 1)),
            '\n' => break,
            '\\' => {
                let (_, escaped) = characters.next().unwrap_or((offset, ' '));
                text.push(match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '\\' | '"' | '\'' => escaped,
                    _ => {
                        let end = rest.len().min(offset + 1 + escaped.len_utf8());
                        return Err(ExpressionError::new(Span { start: at + offset, end: at + end }, Fault::UnknownEscape)
                            .with_help("a backslash is written `\\\\`".to_owned()));
                    }
                });
            }
            _ => text.push(c),
        }
    }
    Err(ExpressionError::new(Span { start: at, end: at + 1 }, Fault::UnclosedString))
}
