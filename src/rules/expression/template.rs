//! Message templates: `"{role.name} can decrypt anything under {key.name}"`. The loader of rule files parses them, the runner renders one for
//! each finding.

use std::sync::Arc;

use jiff::SignedDuration;

use super::error::{ExpressionError, Fault, Span};
use super::facts::{Fact, Facts, Value};
use super::limits::MAX_SOURCE;
use super::schema::{Schema, Type};

/// Of longer lists the rest is only counted.
const MAX_LISTED: usize = 5;

/// A text with the paths of fields between braces; `{{` and `}}` stand for the braces themselves.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Field {
        /// What the facts are asked for.
        path: Arc<str>,
        /// The names inside records that lead on from there.
        names: Vec<Arc<str>>,
    },
}

impl Template {
    /// Parses a template of at most [`MAX_SOURCE`] bytes. Fields need no guard, but records and lists of records cannot be shown.
    pub(crate) fn parse(source: &str, schema: &Schema) -> Result<Self, ExpressionError> {
        if source.len() > MAX_SOURCE {
            return Err(ExpressionError::new(Span { start: 0, end: source.len() }, Fault::TooLong(MAX_SOURCE)));
        }
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut at = 0;
        while let Some(brace) = source[at..].find(['{', '}']).map(|offset| at + offset) {
            text.push_str(&source[at..brace]);
            let sign = if source[brace..].starts_with('{') { '{' } else { '}' };
            let lone = ExpressionError::new(Span { start: brace, end: brace + 1 }, Fault::LoneBrace(sign))
                .with_help(format!("a brace in the text is written `{sign}{sign}`"));
            if source[brace + 1..].starts_with(sign) {
                text.push(sign);
                at = brace + 2;
                continue;
            }
            let Some(length) = source[brace + 1..].find(['{', '}']).filter(|_| sign == '{') else { return Err(lone) };
            let span = Span { start: brace + 1, end: brace + 1 + length };
            if !source[span.end..].starts_with('}') {
                return Err(lone);
            }
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            pieces.push(field(&source[span.start..span.end], span, schema)?);
            at = span.end + 1;
        }
        text.push_str(&source[at..]);
        pieces.push(Piece::Text(text));
        Ok(Self { pieces })
    }

    /// The text for these facts. What is absent is "none", what is unreadable "unknown"; a list shows its first elements and counts the rest.
    /// Texts from the facts come out as they are: who prints the message has to neutralise it.
    pub(crate) fn render(&self, facts: &impl Facts) -> String {
        let render = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Field { path, names } => shown(facts.field(path).follow(names)),
        };
        self.pieces.iter().map(render).collect()
    }

    /// The paths of the schema's table that it reads, in order of their appearance.
    #[cfg(test)]
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Field { path, .. } => Some(&**path),
        })
    }
}

/// The field between two braces.
fn field(path: &str, span: Span, schema: &Schema) -> Result<Piece, ExpressionError> {
    if !path.starts_with(|c: char| c.is_ascii_alphabetic()) || !path.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        return Err(ExpressionError::new(span, Fault::NotAPath));
    }
    let names: Vec<&str> = path.split('.').collect();
    let Some(resolved) = schema.resolve(&names) else {
        let (fault, help) = schema.unknown(path);
        return Err(ExpressionError::new(span, fault).with_help(help));
    };
    match resolved.of {
        Type::Record(_) | Type::List(Type::Record(_) | Type::List(_)) => {
            let fault = Fault::Mismatch { wanted: "a text, a number, a time or a list of them".to_owned(), found: resolved.of.to_string() };
            Err(ExpressionError::new(span, fault))
        }
        _ => Ok(Piece::Field {
            path: names[..resolved.root].join(".").into(),
            names: names[resolved.root..].iter().map(|name| (*name).into()).collect(),
        }),
    }
}

fn shown<G>(fact: Option<&Fact<G>>) -> String {
    match fact {
        None | Some(Fact::Absent) => "none".to_owned(),
        Some(Fact::Unreadable(_)) => "unknown".to_owned(),
        Some(Fact::Value(Value::List(values))) if values.is_empty() => "none".to_owned(),
        Some(Fact::Value(Value::List(values))) => {
            let listed = values.iter().take(MAX_LISTED).map(scalar).collect::<Vec<_>>().join(", ");
            match values.len().saturating_sub(MAX_LISTED) {
                0 => listed,
                more => format!("{listed} and {more} more"),
            }
        }
        Some(Fact::Value(value)) => scalar(value),
    }
}

/// A value that is no list. Lists of lists and records are refused by `parse`; facts that bring them nevertheless are not read.
fn scalar<G>(value: &Value<G>) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::String(text) => text.to_string(),
        Value::Timestamp(time) => time.to_string(),
        Value::Duration(span) => duration(*span),
        Value::List(_) | Value::Record(_) => "unknown".to_owned(),
    }
}

/// Whole days as days, everything else in hours, minutes and seconds.
fn duration(span: SignedDuration) -> String {
    const DAY: i64 = 24 * 3600;
    match (span.as_secs() / DAY, span.as_secs() % DAY, span.subsec_nanos()) {
        (1, 0, 0) => "1 day".to_owned(),
        (days, 0, 0) if days != 0 => format!("{days} days"),
        _ => format!("{span:#}"),
    }
}
