//! What can be wrong with the text of an expression or a message template, and where. Every other file of this folder makes these errors; the
//! loader of rule files shows them with a caret under `span()`.

use std::ops::Range;

use thiserror::Error;

/// A range of bytes in the source; both ends lie on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first byte.
    pub(crate) start: usize,
    /// The byte after the last one.
    pub(crate) end: usize,
}

impl Span {
    /// From the start of `self` to the end of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

/// Why an expression or a template was refused. `Display` is the message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}")]
pub(crate) struct ExpressionError {
    span: Span,
    fault: Fault,
    help: Option<String>,
}

impl ExpressionError {
    pub(super) fn new(span: Span, fault: Fault) -> Self {
        Self { span, fault, help: None }
    }

    pub(super) fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// The bytes of the source that the caret belongs under; empty at the end of the source when something is missing there.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.start..self.span.end
    }

    /// What is wrong, as data.
    #[cfg(test)]
    pub(crate) fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The way out, for example "did you mean `secret.kms_key`?".
    pub(crate) fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// The kinds of fault. Types are named as people read them (`list of string`).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Fault {
    /// More source than [`super::limits::MAX_SOURCE`] bytes.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// Nothing but white space.
    #[error("empty: an expression is wanted")]
    Empty,
    /// Parentheses, lists, calls and negations inside each other beyond [`super::limits::MAX_NESTING`].
    #[error("nested deeper than {0} levels")]
    TooDeep(usize),
    /// `exists` and `all` inside each other beyond [`super::limits::MAX_MACROS`].
    #[error("`exists` and `all` may be nested {0} deep at most")]
    MacrosTooDeep(usize),
    /// A character that no token begins with.
    #[error("`{}` is not part of this language", .0.escape_debug())]
    UnknownCharacter(char),
    /// A string without its closing quote on the same line.
    #[error("the string is not closed")]
    UnclosedString,
    /// A backslash before something else than `\ " ' n r t`.
    #[error("unknown escape in a string")]
    UnknownEscape,
    /// A number beyond 64 bits, or letters glued to a number.
    #[error("not a whole number of 64 bits")]
    BadInt,
    /// The grammar wanted something else here.
    #[error("{wanted} is wanted here, not {found}")]
    Unexpected {
        /// What is there.
        found: String,
        /// What could be there.
        wanted: &'static str,
    },
    /// `a < b < c`.
    #[error("comparisons cannot be chained")]
    Chained,
    /// A dot after something that has no fields or further functions.
    #[error("nothing can follow the result of a function")]
    NothingFollows,
    /// No field of that name.
    #[error("there is no field `{0}`")]
    UnknownField(String),
    /// The beginning of the names of fields, not a field.
    #[error("`{0}` is not a field but the beginning of several")]
    Group(String),
    /// No function of that name.
    #[error("there is no function `{0}`")]
    UnknownFunction(String),
    /// The wrong number of arguments.
    #[error("`{name}` takes {wanted}")]
    Arguments {
        /// The function.
        name: String,
        /// What it takes, in words.
        wanted: &'static str,
    },
    /// A value of another type than the place takes.
    #[error("{wanted} is wanted here, not {found}")]
    Mismatch {
        /// The type or types that would do.
        wanted: String,
        /// The type that is there.
        found: String,
    },
    /// `==`, `<` or `in` between different types.
    #[error("{left} cannot be compared with {right}")]
    Incomparable {
        /// The type on the left.
        left: String,
        /// The type on the right.
        right: String,
    },
    /// `<` and its like on a type without an order.
    #[error("{0} has no order")]
    Unordered(String),
    /// `+` or `-` between types that have no sum.
    #[error("no sum: {left} {sign} {right}")]
    NoSum {
        /// The type on the left.
        left: String,
        /// `+` or `-`.
        sign: char,
        /// The type on the right.
        right: String,
    },
    /// A list literal with fields in it, with mixed types, or empty.
    #[error("a list holds one or more literals of one type")]
    BadList,
    /// The variable of `exists` or `all` is already the name of something.
    #[error("`{0}` is already the name of something else")]
    NameTaken(String),
    /// An optional field that may be absent here.
    #[error("`{0}` may be absent here")]
    Unguarded(String),
    /// Not a duration such as `24h` or `1h30m`.
    #[error("not a duration: {0:?}")]
    BadDuration(String),
    /// Not a point in time such as `2025-01-31T00:00:00Z`.
    #[error("not a timestamp: {0:?}")]
    BadTimestamp(String),
    /// A `{` or `}` of a template without its partner.
    #[error("`{0}` without its partner")]
    LoneBrace(char),
    /// Something else than a dotted path between the braces of a template.
    #[error("only the path of a field can stand between braces")]
    NotAPath,
}
