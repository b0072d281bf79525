//! `Fn::ForEach`, written out before anything else is read: in resources, conditions and outputs, and in whatever these hold
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>). A loop over a list that is not known stays
//! as it is. `load` asks here.

use std::collections::BTreeSet;

use super::document::{Content, Entry, Node, TemplateError};
use crate::policy::Position;

/// What the key of a loop begins with; the loop's name follows.
pub(super) const LOOP: &str = "Fn::ForEach::";

/// The sections in which loops may stand.
const SECTIONS: [&str; 3] = ["Resources", "Conditions", "Outputs"];

/// The items of a list, if all of them are known.
pub(super) type Items<'a> = dyn Fn(&Node) -> Result<Option<Vec<String>>, TemplateError> + 'a;

/// Writes out the loops of a template. `left` is how many bytes they may make; `extended`, whether the template says that it is written with the language extensions.
pub(super) fn unroll(document: &mut Node, extended: bool, items: &Items<'_>, left: &mut usize) -> Result<(), TemplateError> {
    let Content::Map(sections) = &mut document.content else { return Ok(()) };
    let mut unrolling = Unrolling { extended, items, left };
    for section in sections.iter_mut().filter(|section| SECTIONS.contains(&section.key.as_str())) {
        unrolling.inside(&mut section.node)?;
    }
    Ok(())
}

struct Unrolling<'a> {
    extended: bool,
    items: &'a Items<'a>,
    left: &'a mut usize,
}

impl Unrolling<'_> {
    fn inside(&mut self, node: &mut Node) -> Result<(), TemplateError> {
        match &mut node.content {
            Content::Null | Content::Text(_) => Ok(()),
            Content::List(items) => items.iter_mut().try_for_each(|item| self.inside(item)),
            Content::Map(entries) if entries.iter().any(|entry| entry.key.starts_with(LOOP)) => {
                let mut made = Vec::new();
                for entry in std::mem::take(entries) {
                    self.entry(entry, &mut made)?;
                }
                let mut keys = BTreeSet::new();
                if let Some(twice) = made.iter().find(|entry| !keys.insert(&entry.key)) {
                    return Err(TemplateError::at(twice.at, format!("{:?} stands twice in one mapping", twice.key)));
                }
                *entries = made;
                Ok(())
            }
            Content::Map(entries) => entries.iter_mut().try_for_each(|entry| self.inside(&mut entry.node)),
        }
    }

    /// An entry, or what its loop makes.
    fn entry(&mut self, mut entry: Entry, made: &mut Vec<Entry>) -> Result<(), TemplateError> {
        if !entry.key.starts_with(LOOP) {
            self.inside(&mut entry.node)?;
            made.push(entry);
            return Ok(());
        }
        let wrong = |problem: &str| TemplateError::at(entry.at, format!("{}: {problem}", entry.key));
        if !self.extended {
            return Err(wrong("a loop needs `Transform: AWS::LanguageExtensions`"));
        }
        let [identifier, collection, body] = entry.node.items() else {
            return Err(wrong("a loop takes an identifier, a list and a mapping"));
        };
        let identifier = identifier.text().filter(|text| !text.is_empty()).ok_or_else(|| wrong("the identifier is not a text"))?;
        let Content::Map(body) = &body.content else { return Err(wrong("what a loop makes is not a mapping")) };
        let Some(values) = (self.items)(collection)? else {
            made.push(entry);
            return Ok(());
        };
        for value in values {
            let mut turn = Turn { patterns: patterns(identifier, &value), identifier, value: &value, left: self.left };
            let turned = body.iter().map(|entry| turn.entry(entry)).collect::<Result<Vec<_>, _>>()?;
            for entry in turned {
                self.entry(entry, made)?;
            }
        }
        Ok(())
    }
}

/// What stands for the value, and what takes its place. Between `&{` and `}` nothing but letters and digits are left of it.
fn patterns(identifier: &str, value: &str) -> [(String, String); 2] {
    let plain = value.chars().filter(char::is_ascii_alphanumeric).collect();
    [(format!("${{{identifier}}}"), value.to_owned()), (format!("&{{{identifier}}}"), plain)]
}

/// One turn of a loop.
struct Turn<'a> {
    identifier: &'a str,
    value: &'a str,
    patterns: [(String, String); 2],
    left: &'a mut usize,
}

impl Turn<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<Entry, TemplateError> {
        Ok(Entry { at: entry.at, key: self.text(&entry.key, entry.at)?, node: self.node(&entry.node)? })
    }

    fn node(&mut self, node: &Node) -> Result<Node, TemplateError> {
        let content = match &node.content {
            Content::Null => Content::Null,
            Content::Text(text) => Content::Text(self.text(text, node.at)?),
            Content::List(items) => Content::List(items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?),
            Content::Map(entries) => match node.only() {
                Some(("Ref", name)) if name.text() == Some(self.identifier) => {
                    self.spend(self.value.len(), node.at)?;
                    Content::Text(self.value.to_owned())
                }
                _ => Content::Map(entries.iter().map(|entry| self.entry(entry)).collect::<Result<_, _>>()?),
            },
        };
        Ok(Node { at: node.at, content })
    }

    fn text(&mut self, text: &str, at: Position) -> Result<String, TemplateError> {
        let more: usize =
            self.patterns.iter().map(|(pattern, value)| text.matches(pattern.as_str()).count().saturating_mul(value.len())).sum();
        self.spend(text.len().saturating_add(more), at)?;
        Ok(self.patterns.iter().fold(text.to_owned(), |text, (pattern, value)| text.replace(pattern.as_str(), value)))
    }

    /// Counts what is made, with what it takes to hold it.
    fn spend(&mut self, bytes: usize, at: Position) -> Result<(), TemplateError> {
        match self.left.checked_sub(bytes.saturating_add(NODE)) {
            Some(left) => *self.left = left,
            None => return Err(TemplateError::at(at, "loops make more than is read of a template")),
        }
        Ok(())
    }
}

/// About as many bytes hold a value, beside its text.
const NODE: usize = 64;
