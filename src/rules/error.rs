//! Why a rule file was refused, and where: shown with the file's own lines and a caret. The loader makes these, `cli` prints them.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use thiserror::Error;

use super::expression::ExpressionError;

/// A rule file was refused. `Display` is one line with file, line and column; as a [`Diagnostic`] it shows the place.
#[derive(Debug, Clone)]
pub struct LoadError(Box<Refusal>);

#[derive(Debug, Clone)]
struct Refusal {
    source: NamedSource<String>,
    problem: Problem,
    place: Option<Range<usize>>,
    help: Option<String>,
}

/// What is wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Problem {
    /// Not YAML, or not the YAML of a rule.
    #[error("{0}")]
    Yaml(String),
    /// A key that rule files do not have.
    #[error("there is no key `{0}`")]
    UnknownKey(String),
    /// A word that is not in the vocabulary of its place.
    #[error("`{0}` is not one of the words for this place")]
    UnknownWord(String),
    /// A key that must be there is not.
    #[error("the key `{0}` is missing")]
    MissingKey(&'static str),
    /// More text than a rule file may have.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// An expression or a message template.
    #[error("in `{key}`: {fault}\n  {expression}\n  {caret}")]
    Expression {
        /// `when`, `expect` or `message`.
        key: &'static str,
        /// What is wrong.
        fault: String,
        /// The line of the expression where it is wrong.
        expression: String,
        /// The caret under it.
        caret: String,
    },
    /// The id does not fit the file's name.
    #[error("the id `{id}` differs from the file's name")]
    FileName {
        /// The id.
        id: String,
    },
    /// The id is not kebab-case.
    #[error("the id `{0}` is not kebab-case")]
    BadId(String),
    /// The category does not fit the file's folder.
    #[error("the category `{0}` differs from the file's folder")]
    Folder(&'static str),
    /// Two rules with one id.
    #[error("there is a rule `{0}` already")]
    Duplicate(String),
    /// Something that is not `service:Action`.
    #[error("`{0}` is not an IAM action")]
    BadAction(String),
    /// A request that other principals cannot be asked.
    #[error("other principals cannot be asked {0}")]
    NotOfOthers(&'static str),
    /// No `require`, `forbid`, `together` or `expect`.
    #[error("the rule asserts nothing")]
    AssertsNothing,
    /// An outcome that no test has.
    #[error("no test expects `{0}`, which this rule can say")]
    Untested(&'static str),
    /// A test of the file does not hold.
    #[error("the test \"{name}\" does not hold: {detail}")]
    TestFails {
        /// The test.
        name: String,
        /// What came instead.
        detail: String,
    },
}

impl LoadError {
    /// `problem` in the file at `path`, whose text is `text`; `place` is a range of bytes in it.
    pub(super) fn new(path: &str, text: &str, problem: Problem, place: Option<Range<usize>>) -> Self {
        let source = NamedSource::new(path, text.to_owned()).with_language("yaml");
        Self(Box::new(Refusal { source, problem, place, help: None }))
    }

    /// The same with a way out.
    pub(super) fn with_help(mut self, help: impl Into<Option<String>>) -> Self {
        self.0.help = help.into();
        self
    }

    /// What is wrong, as data.
    #[cfg(test)]
    pub(super) fn problem(&self) -> &Problem {
        &self.0.problem
    }

    /// Line and column, both from 1, if the fault has a place.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.0.source.inner().get(..self.0.place.as_ref()?.start)?;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
        Some((before.matches('\n').count() + 1, column + 1))
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.source.name())?;
        if let Some((line, column)) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.0.problem)
    }
}

impl std::error::Error for LoadError {}

impl Diagnostic for LoadError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.0.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new(Some("here".to_owned()), place.start, place.len()))))
    }
}

/// The fault of an expression, with the line it is in and a caret under the place.
pub(super) fn expression_problem(key: &'static str, source: &str, error: &ExpressionError) -> Problem {
    let start = error.span().start.min(source.len());
    let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = source[line_start..].lines().next().unwrap_or_default();
    let width = source[start..error.span().end.clamp(start, source.len())].lines().next().unwrap_or_default().chars().count().max(1);
    // Of a long line only the neighbourhood of the fault is shown.
    let before: Vec<char> = source[line_start..start].chars().collect();
    let skipped = before.len().saturating_sub(60);
    let expression: String = line.chars().skip(skipped).take(120).collect();
    let caret = format!("{}{}", " ".repeat(before.len() - skipped), "^".repeat(width.min(60)));
    Problem::Expression { key, fault: error.to_string(), expression, caret }
}

/// "did you mean `x`?", where one of the known words is near.
pub(super) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if wrong.len() > 128 {
        return None;
    }
    let allowed = (wrong.len() / 3).clamp(1, 4);
    let near = known.into_iter().map(|word| (strsim::osa_distance(wrong, word), word)).filter(|(distance, _)| *distance <= allowed);
    near.min().map(|(_, word)| format!("did you mean `{word}`?"))
}
