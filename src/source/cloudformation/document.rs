//! A template's text as one tree that knows where everything stands, whichever way it is written: JSON, or YAML with its short forms.
//!
//! Short forms become the long ones (`!Ref Db` is `{"Ref": "Db"}`,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>). Aliases are refused, as CloudFormation does not take them
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>), so nothing expands.

use std::borrow::Cow;
use std::collections::BTreeSet;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use thiserror::Error;

use crate::policy::json::{self, Json};
use crate::policy::{PolicyError, Position, without_marks};

/// The most bytes of a template that are read. CloudFormation takes 1 MB
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const BYTES: usize = 4 << 20;

/// The deepest that values lie in each other.
const DEPTH: usize = 100;

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TemplateError {
    /// It is longer than is read.
    #[error("it is longer than {BYTES} bytes, and CloudFormation takes 1 MB")]
    TooLong,
    /// It is not of the form that it should have.
    #[error("{at}: {problem}")]
    Malformed {
        /// The file, where it is not the template that was named.
        file: Option<String>,
        /// Where.
        at: Position,
        /// What is wrong.
        problem: String,
    },
}

impl TemplateError {
    /// What is wrong at a place.
    pub(super) fn at(at: Position, problem: impl Into<String>) -> Self {
        Self::Malformed { file: None, at, problem: problem.into() }
    }

    /// The same, found in this file, unless it is known to be in another.
    #[must_use]
    pub(super) fn found_in(self, name: &str) -> Self {
        match self {
            Self::Malformed { file: None, at, problem } => Self::Malformed { file: Some(name.to_owned()), at, problem },
            other => other,
        }
    }

    /// The file that it is in, if that is told.
    pub(super) fn file(&self) -> Option<&str> {
        match self {
            Self::Malformed { file, .. } => file.as_deref(),
            Self::TooLong => None,
        }
    }
}

impl From<ScanError> for TemplateError {
    fn from(error: ScanError) -> Self {
        let marker = error.marker();
        Self::at(Position { line: marker.line(), column: marker.col() + 1 }, error.info())
    }
}

impl From<PolicyError> for TemplateError {
    fn from(error: PolicyError) -> Self {
        Self::at(error.position(), error.problem().to_string())
    }
}

/// A value of a template, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Where it begins; a short form at its tag's value.
    pub(crate) at: Position,
    /// What stands there.
    pub(crate) content: Content,
}

/// What stands at a place of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing at all.
    Null,
    /// A scalar as it is written. CloudFormation turns scalars into what a property needs, so numbers and truth values are texts too.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order in which it is written; no key twice.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where the key begins.
    pub(crate) at: Position,
    /// The key.
    pub(crate) key: String,
    /// The value.
    pub(crate) node: Node,
}

impl Node {
    /// The value of this key, if this is a mapping that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// The entries of a mapping; of anything else, none.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; of anything else, none.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The only key of a mapping with one key, and its value: what a call of an intrinsic function looks like.
    pub(crate) fn only(&self) -> Option<(&str, &Self)> {
        match self.entries() {
            [entry] => Some((&entry.key, &entry.node)),
            _ => None,
        }
    }

    fn of_json(node: json::Node<'_>) -> Self {
        let content = match node.value {
            Json::Null => Content::Null,
            Json::Bool(value) => Content::Text(value.to_string()),
            Json::Number(text) => Content::Text(text.to_owned()),
            Json::Text(text) => Content::Text(text.into_owned()),
            Json::Array(nodes) => Content::List(nodes.into_iter().map(Self::of_json).collect()),
            Json::Object(members) => {
                let entry =
                    |member: json::Member<'_>| Entry { at: member.at, key: member.key.into_owned(), node: Self::of_json(member.node) };
                Content::Map(members.into_iter().map(entry).collect())
            }
        };
        Self { at: node.at, content }
    }
}

/// Reads a template.
pub(crate) fn read(text: &str) -> Result<Node, TemplateError> {
    if text.len() > BYTES {
        return Err(TemplateError::TooLong);
    }
    let text = &*without_marks(text);
    // YAML reads nearly all JSON, but not tabs and pairs of escapes for one character.
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        return Ok(Node::of_json(json::read(text, DEPTH)?));
    }
    let mut building = Building::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next?;
        building.add(event, at(&span))?;
    }
    building.root.ok_or_else(|| TemplateError::at(Position { line: 1, column: 1 }, "it is empty"))
}

fn at(span: &Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}

/// A collection that is being read.
struct Open {
    at: Position,
    tag: Option<String>,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        keys: BTreeSet<String>,
        /// The key whose value comes next.
        key: Option<(Position, String)>,
    },
}

#[derive(Default)]
struct Building {
    open: Vec<Open>,
    root: Option<Node>,
}

impl Building {
    fn add(&mut self, event: Event<'_>, at: Position) -> Result<(), TemplateError> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let name = tag.as_deref().and_then(long_form);
                let content = match name.as_deref() {
                    None if style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null") => Content::Null,
                    Some("Fn::GetAtt") => attribute(&text, at),
                    _ => Content::Text(text.into_owned()),
                };
                self.put(wrapped(name, Node { at, content }))
            }
            Event::SequenceStart(_, _, tag) => self.start(tag.as_deref(), Kind::List(Vec::new()), at),
            Event::MappingStart(_, _, tag) => {
                self.start(tag.as_deref(), Kind::Map { entries: Vec::new(), keys: BTreeSet::new(), key: None }, at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { at, tag, kind: Kind::List(items) }) => self.put(wrapped(tag, Node { at, content: Content::List(items) })),
                Some(Open { at, tag, kind: Kind::Map { entries, .. } }) => {
                    self.put(wrapped(tag, Node { at, content: Content::Map(entries) }))
                }
                None => Ok(()),
            },
            Event::Alias(_) => Err(TemplateError::at(at, "an alias, which CloudFormation does not take")),
            Event::DocumentStart(..) if self.root.is_some() => Err(TemplateError::at(at, "a second document")),
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: Option<&Tag>, kind: Kind, at: Position) -> Result<(), TemplateError> {
        if self.open.len() >= DEPTH {
            return Err(TemplateError::at(at, format!("values lie more than {DEPTH} deep in each other")));
        }
        self.open.push(Open { at, tag: tag.and_then(long_form), kind });
        Ok(())
    }

    fn put(&mut self, node: Node) -> Result<(), TemplateError> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map { entries, keys, key }) => match (key.take(), node) {
                (Some((at, key)), node) => {
                    if !keys.insert(key.clone()) {
                        return Err(TemplateError::at(at, format!("{key:?} stands twice in one mapping")));
                    }
                    entries.push(Entry { at, key, node });
                }
                (None, Node { at, content: Content::Text(text) }) => *key = Some((at, text)),
                (None, Node { at, .. }) => return Err(TemplateError::at(at, "the key of a mapping is not a text")),
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
        // A mark without a name says that this is what it looks like.
        "" | "!" => return None,
        "Ref" | "Condition" => name.into_owned(),
        _ => format!("Fn::{name}"),
    })
}

fn wrapped(name: Option<String>, node: Node) -> Node {
    match name {
        Some(key) => Node { at: node.at, content: Content::Map(vec![Entry { at: node.at, key, node }]) },
        None => node,
    }
}

/// The two parts of `!GetAtt Resource.Attribute`.
fn attribute(text: &str, at: Position) -> Content {
    let part = |text: &str| Node { at, content: Content::Text(text.to_owned()) };
    match text.split_once('.') {
        Some((resource, attribute)) => Content::List(vec![part(resource), part(attribute)]),
        None => Content::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree without its places, as JSON.
    fn shape(node: &Node) -> serde_json::Value {
        match &node.content {
            Content::Null => serde_json::Value::Null,
            Content::Text(text) => text.as_str().into(),
            Content::List(items) => items.iter().map(shape).collect(),
            Content::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), shape(&entry.node))).collect(),
        }
    }

    #[test]
    fn short_forms_and_json_are_the_same_tree() {
        let yaml = "Resources:\n  A:\n    Type: AWS::X::Y # why\n    Properties:\n      One: !Ref Db\n      Two: !GetAtt Db.Endpoint.Port\n      Three: !Sub '${A}-b'\n      \
                    Four: !Join ['', [a, !Ref B]]\n      Five: 012\n      Six:\n      Seven: !If\n        - C\n        - yes\n        - {Ref: AWS::NoValue}\n";
        let expected = serde_json::json!({"Resources": {"A": {"Type": "AWS::X::Y", "Properties": {
            "One": {"Ref": "Db"}, "Two": {"Fn::GetAtt": ["Db", "Endpoint.Port"]}, "Three": {"Fn::Sub": "${A}-b"},
            "Four": {"Fn::Join": ["", ["a", {"Ref": "B"}]]}, "Five": "012", "Six": null, "Seven": {"Fn::If": ["C", "yes", {"Ref": "AWS::NoValue"}]},
        }}}});
        assert_eq!(shape(&read(yaml).unwrap()), expected);
        assert_eq!(shape(&read(&format!("\n\t{expected:#}")).unwrap()), expected);
        assert_eq!(shape(&read("{\"a\": [1, true, \"\\ud83d\\ude00\"]}").unwrap()), serde_json::json!({"a": ["1", "true", "😀"]}));
    }

    #[test]
    fn everything_knows_where_it_stands() {
        for text in ["Resources:\n  Db:\n    Type: X\n", "{\n \"Resources\": {\n  \"Db\": {\"Type\": \"X\"}}}"] {
            let tree = read(text).unwrap();
            let db = &tree.get("Resources").unwrap().entries()[0];
            assert_eq!((db.key.as_str(), db.at.line), ("Db", if text.starts_with('{') { 3 } else { 2 }));
            assert_eq!(db.at.column, 3);
            assert_eq!(db.node.get("Type").and_then(Node::text), Some("X"));
        }
    }

    #[test]
    fn what_is_no_template_says_where() {
        let problem = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(problem(""), "line 1, column 1: it is empty");
        assert!(problem("a: &x [1]\nb: *x\n").starts_with("line 2, column 4: an alias"));
        assert!(problem("a: 1\na: 2\n").contains("stands twice"));
        assert!(problem("a: [\n").starts_with("line "));
        assert!(problem("{\"a\": ").starts_with("line 1"));
        assert!(problem("{\"a\": 1, \"a\": 2}").starts_with("line 1, column 10"));
        assert!(problem("a: 1\n---\nb: 2\n").contains("second document"));
        assert!(problem(&"- ".repeat(10_000)).contains("deep"));
        assert!(problem(&"[".repeat(10_000)).starts_with("line 1"));
        assert!(problem(&"{".repeat(100_000)).starts_with("line 1"));
        assert!(problem(&"{\"a\":".repeat(100_000)).starts_with("line 1"));
        assert_eq!(problem(&" ".repeat(BYTES + 1)), TemplateError::TooLong.to_string());
    }
}
