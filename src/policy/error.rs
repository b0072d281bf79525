//! Why a text is not a policy, and where. The reader of JSON and the parser of policies make these; a malformed policy carries one.

use std::fmt;

use thiserror::Error;

/// A place in a policy's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A text is no policy: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{at}: {problem}")]
pub struct PolicyError {
    at: Position,
    problem: Problem,
}

impl PolicyError {
    pub(super) fn new(at: Position, problem: Problem) -> Self {
        Self { at, problem }
    }

    /// Where in the text.
    pub fn position(&self) -> Position {
        self.at
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not JSON at all.
    #[error("this is not JSON: {0}")]
    Json(&'static str),
    /// More than one of the limits at the top of `parse.rs` allows.
    #[error("the policy holds {what} than the {limit} that are read")]
    TooLarge {
        /// What there is too much of: "more text", "more statements", …
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Objects and arrays inside each other.
    #[error("it is nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// One object has the same key twice.
    #[error("{key:?} stands here twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that the policy language does not know.
    #[error("{element:?} is not an element of a {of}{}", did_you_mean(suggestion.as_deref()))]
    UnknownElement {
        /// The key as written.
        element: String,
        /// "policy", "statement" or "Principal".
        of: &'static str,
        /// The element that was probably meant.
        suggestion: Option<String>,
    },
    /// A condition operator that AWS does not have.
    #[error("{operator:?} is not a condition operator{}", did_you_mean(suggestion.as_deref()))]
    UnknownOperator {
        /// The operator as written.
        operator: String,
        /// The operator that was probably meant.
        suggestion: Option<String>,
    },
    /// An element is of another JSON type than it must be.
    #[error("{element} must be {expected}, not {found}")]
    WrongType {
        /// The element.
        element: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// `Version` is neither of the two that exist.
    #[error("Version {version:?} does not exist; it is \"2012-10-17\" or \"2008-10-17\"")]
    BadVersion {
        /// The version as written.
        version: String,
    },
    /// `Effect` is neither Allow nor Deny.
    #[error("Effect {effect:?} is neither \"Allow\" nor \"Deny\"")]
    BadEffect {
        /// The effect as written.
        effect: String,
    },
    /// An element and its negation in one statement.
    #[error("{0} and Not{0} exclude each other")]
    Both(&'static str),
    /// An element that must be there is not.
    #[error("the {of} has no {element}")]
    Missing {
        /// The element.
        element: &'static str,
        /// "policy" or "statement".
        of: &'static str,
    },
    /// `Principal` as text is anything but `*`.
    #[error("Principal {principal:?} must be \"*\" or an object such as {{\"AWS\": …}}")]
    BadPrincipal {
        /// The principal as written.
        principal: String,
    },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// The name among `known` that `name` resembles most, if one does.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // A long text resembles no name, and measuring it costs its length times that of each name.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    let (likeness, best) = known
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness >= 0.85).then(|| best.to_owned())
}
