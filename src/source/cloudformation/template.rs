//! A template's text as one tree of values, whichever way it is written: JSON, or YAML with its short forms.
//!
//! Short forms become the long ones (`!Ref Db` is `{"Ref": "Db"}`,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>). Aliases are refused, as CloudFormation does not take them
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>), so nothing expands.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};
use thiserror::Error;

/// The most bytes of a template that are read. CloudFormation takes 1 MB
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const BYTES: usize = 4 << 20;

/// The deepest that values lie in each other.
const DEPTH: usize = 100;

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TemplateError {
    /// It is longer than CloudFormation takes.
    #[error("it is longer than {BYTES} bytes")]
    TooLong,
    /// It is not of the form that it should have.
    #[error("line {line}, column {column}: {problem}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
}

impl TemplateError {
    fn at(span: &Span, problem: impl Into<String>) -> Self {
        Self::Malformed { line: span.start.line(), column: span.start.col() + 1, problem: problem.into() }
    }
}

impl From<ScanError> for TemplateError {
    fn from(error: ScanError) -> Self {
        let marker = error.marker();
        Self::Malformed { line: marker.line(), column: marker.col() + 1, problem: error.info() }
    }
}

/// Reads a template. Scalars are texts as they stand there (CloudFormation turns them into what a property needs), except for nothing at all.
pub(crate) fn read(text: &str) -> Result<Value, TemplateError> {
    if text.len() > BYTES {
        return Err(TemplateError::TooLong);
    }
    // YAML reads nearly all JSON, but not tabs and pairs of escapes for one character.
    if text.trim_start().starts_with('{') {
        let malformed =
            |error: serde_json::Error| TemplateError::Malformed { line: error.line(), column: error.column(), problem: error.to_string() };
        return serde_json::from_str(text).map_err(malformed);
    }
    let mut building = Building::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next?;
        building.add(event, &span)?;
    }
    building.root.ok_or(TemplateError::Malformed { line: 1, column: 1, problem: "it is empty".to_owned() })
}

/// A collection that is being read.
struct Open {
    tag: Option<String>,
    kind: Kind,
}

enum Kind {
    List(Vec<Value>),
    /// With the key whose value comes next.
    Map(Map<String, Value>, Option<String>),
}

#[derive(Default)]
struct Building {
    open: Vec<Open>,
    root: Option<Value>,
}

impl Building {
    fn add(&mut self, event: Event<'_>, span: &Span) -> Result<(), TemplateError> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let name = tag.as_deref().and_then(long_form);
                let value = match name.as_deref() {
                    None if style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null") => Value::Null,
                    Some("Fn::GetAtt") => attribute(&text),
                    _ => Value::String(text.into_owned()),
                };
                self.put(wrapped(name, value), span)
            }
            Event::SequenceStart(_, _, tag) => self.start(tag.as_deref(), Kind::List(Vec::new()), span),
            Event::MappingStart(_, _, tag) => self.start(tag.as_deref(), Kind::Map(Map::new(), None), span),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { tag, kind: Kind::List(items) }) => self.put(wrapped(tag, Value::Array(items)), span),
                Some(Open { tag, kind: Kind::Map(fields, _) }) => self.put(wrapped(tag, Value::Object(fields)), span),
                None => Ok(()),
            },
            Event::Alias(_) => Err(TemplateError::at(span, "an alias, which CloudFormation does not take")),
            Event::DocumentStart(..) if self.root.is_some() => Err(TemplateError::at(span, "a second document")),
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: Option<&Tag>, kind: Kind, span: &Span) -> Result<(), TemplateError> {
        if self.open.len() >= DEPTH {
            return Err(TemplateError::at(span, format!("values lie more than {DEPTH} deep in each other")));
        }
        self.open.push(Open { tag: tag.and_then(long_form), kind });
        Ok(())
    }

    fn put(&mut self, value: Value, span: &Span) -> Result<(), TemplateError> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(value),
            Some(Kind::List(items)) => items.push(value),
            Some(Kind::Map(fields, key)) => match (key.take(), value) {
                (Some(key), value) => {
                    if fields.insert(key.clone(), value).is_some() {
                        return Err(TemplateError::at(span, format!("{key:?} stands twice in one mapping")));
                    }
                }
                (None, Value::String(text)) => *key = Some(text),
                (None, _) => return Err(TemplateError::at(span, "the key of a mapping is not a text")),
            },
        }
        Ok(())
    }
}

/// The name of the function that a short form stands for; `None` for YAML's own tags.
fn long_form(tag: &Tag) -> Option<String> {
    if !tag.is_custom() {
        return None;
    }
    let name: Cow<'_, str> = tag.suffix().into();
    Some(match &*name {
        "Ref" | "Condition" => name.into_owned(),
        _ => format!("Fn::{name}"),
    })
}

fn wrapped(name: Option<String>, value: Value) -> Value {
    match name {
        Some(name) => Value::Object([(name, value)].into_iter().collect()),
        None => value,
    }
}

/// The two parts of `!GetAtt Resource.Attribute`.
fn attribute(text: &str) -> Value {
    match text.split_once('.') {
        Some((resource, attribute)) => Value::from(vec![resource, attribute]),
        None => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_forms_and_json_are_the_same_tree() {
        let yaml = "Resources:\n  A:\n    Type: AWS::X::Y # why\n    Properties:\n      One: !Ref Db\n      Two: !GetAtt Db.Endpoint.Port\n      Three: !Sub '${A}-b'\n      \
                    Four: !Join ['', [a, !Ref B]]\n      Five: 012\n      Six:\n      Seven: !If\n        - C\n        - yes\n        - {Ref: AWS::NoValue}\n";
        let expected = json!({"Resources": {"A": {"Type": "AWS::X::Y", "Properties": {
            "One": {"Ref": "Db"}, "Two": {"Fn::GetAtt": ["Db", "Endpoint.Port"]}, "Three": {"Fn::Sub": "${A}-b"},
            "Four": {"Fn::Join": ["", ["a", {"Ref": "B"}]]}, "Five": "012", "Six": null, "Seven": {"Fn::If": ["C", "yes", {"Ref": "AWS::NoValue"}]},
        }}}});
        assert_eq!(read(yaml), Ok(expected.clone()));
        assert_eq!(read(&format!("\n\t{expected:#}")), Ok(expected));
    }

    #[test]
    fn what_is_no_template_says_where() {
        let problem = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(problem(""), "line 1, column 1: it is empty");
        assert!(problem("a: &x [1]\nb: *x\n").starts_with("line 2, column 4: an alias"));
        assert!(problem("a: 1\na: 2\n").contains("stands twice"));
        assert!(problem("a: [\n").starts_with("line "));
        assert!(problem("{\"a\": ").starts_with("line 1"));
        assert!(problem("a: 1\n---\nb: 2\n").contains("second document"));
        assert!(problem(&"- ".repeat(10_000)).contains("deep"));
        assert!(problem(&"[".repeat(10_000)).starts_with("line 1"));
        assert!(problem(&"{".repeat(100_000)).starts_with("line 1"));
        assert_eq!(problem(&" ".repeat(BYTES + 1)), TemplateError::TooLong.to_string());
    }
}
