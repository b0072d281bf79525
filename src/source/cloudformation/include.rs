//! `AWS::Include`, done before anything else is read: what the file holds that is named stands where it is named
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>). What is not a file beside the template, and what would stand
//! where something stands already, which is not documented, stays as it is. `load` asks here.

use super::beside::{self, Beside};
use super::document::{Content, Entry, Node, TemplateError, read};
use crate::policy::Position;

/// The macro.
pub(super) const INCLUDE: &str = "AWS::Include";

/// The key of a macro that stands among what it changes.
pub(super) const TRANSFORM: &str = "Fn::Transform";

/// Puts into a template of the file `from` what it includes. `left` is how many bytes may be read.
pub(super) fn include(document: &mut Node, from: &str, files: &dyn Beside, left: &mut usize) -> Result<(), TemplateError> {
    let mut including = Including { from, files, left };
    including.inside(document)?;
    including.of_the_whole(document)
}

struct Including<'a> {
    from: &'a str,
    files: &'a dyn Beside,
    left: &'a mut usize,
}

impl Including<'_> {
    fn inside(&mut self, node: &mut Node) -> Result<(), TemplateError> {
        match &mut node.content {
            Content::Null | Content::Text(_) => Ok(()),
            Content::List(items) => items.iter_mut().try_for_each(|item| self.inside(item)),
            Content::Map(entries) => {
                // What is inside is done before what is around it.
                entries.iter_mut().filter(|entry| entry.key != TRANSFORM).try_for_each(|entry| self.inside(&mut entry.node))?;
                let Some(index) = entries.iter().position(|entry| entry.key == TRANSFORM) else { return Ok(()) };
                let Some(found) = self.found(&entries[index].node, entries[index].at)? else { return Ok(()) };
                put(entries, Some(index), found);
                Ok(())
            }
        }
    }

    /// What the section `Transform` includes: it stands beside the other sections.
    fn of_the_whole(&mut self, document: &mut Node) -> Result<(), TemplateError> {
        let Content::Map(sections) = &mut document.content else { return Ok(()) };
        let Some(index) = sections.iter().position(|section| section.key == "Transform") else { return Ok(()) };
        let (at, macros) = (sections[index].at, sections[index].node.clone());
        let all = if matches!(macros.content, Content::List(_)) { macros.items() } else { std::slice::from_ref(&macros) };
        let mut rest = Vec::new();
        for one in all {
            let done = self.found(one, at)?.is_some_and(|found| put(sections, None, found));
            if !done {
                rest.push(one.clone());
            }
        }
        sections[index].node.content = Content::List(rest);
        Ok(())
    }

    /// What a call of the macro, or a list of calls, includes; `None` where not all of it is in files beside the template.
    fn found(&mut self, call: &Node, at: Position) -> Result<Option<Vec<Entry>>, TemplateError> {
        let calls = if matches!(call.content, Content::List(_)) { call.items() } else { std::slice::from_ref(call) };
        let mut found: Vec<Entry> = Vec::new();
        for call in calls {
            let location = call.get("Parameters").and_then(|it| it.get("Location")).and_then(Node::text);
            let is_include = call.get("Name").and_then(Node::text) == Some(INCLUDE);
            let Some(path) = location.filter(|location| is_include && beside::is_local(location)) else { return Ok(None) };
            for entry in self.read(path, at)? {
                if found.iter().any(|known| known.key == entry.key) {
                    return Ok(None);
                }
                found.push(entry);
            }
        }
        Ok(Some(found))
    }

    fn read(&mut self, path: &str, at: Position) -> Result<Vec<Entry>, TemplateError> {
        let wrong = |problem: String| TemplateError::at(at, format!("{INCLUDE}: {problem}"));
        let file = beside::find(self.files, self.from, path).map_err(|why| wrong(format!("the snippet cannot be read: {why}")))?;
        let Some(left) = self.left.checked_sub(file.text.len()) else { return Err(wrong("more is included than is read".to_owned())) };
        *self.left = left;
        let mut snippet = read(&file.text).map_err(|error| error.found_in(&file.name))?;
        if calls_include(&snippet) {
            return Err(wrong(format!("{} includes others itself, which CloudFormation does not take", file.name)));
        }
        move_to(&mut snippet, at);
        match snippet.content {
            Content::Map(entries) => Ok(entries),
            _ => Err(wrong(format!("{} holds no keys and values", file.name))),
        }
    }
}

/// Puts entries in place of the one at `index`, or at the end, unless one of their keys stands there already.
fn put(entries: &mut Vec<Entry>, index: Option<usize>, found: Vec<Entry>) -> bool {
    let free = found.iter().all(|entry| entries.iter().all(|known| known.key != entry.key));
    if free {
        let (from, to) = index.map_or((entries.len(), entries.len()), |index| (index, index + 1));
        entries.splice(from..to, found);
    }
    free
}

fn calls_include(node: &Node) -> bool {
    let calls = |entry: &Entry| entry.key == TRANSFORM && names_include(&entry.node);
    node.entries().iter().any(|entry| calls(entry) || calls_include(&entry.node)) || node.items().iter().any(calls_include)
}

fn names_include(call: &Node) -> bool {
    call.get("Name").and_then(Node::text) == Some(INCLUDE) || call.items().iter().any(names_include)
}

/// A snippet stands where the template names it: that is the place that whoever reads the template can look at.
fn move_to(node: &mut Node, at: Position) {
    node.at = at;
    match &mut node.content {
        Content::Null | Content::Text(_) => {}
        Content::List(items) => items.iter_mut().for_each(|item| move_to(item, at)),
        Content::Map(entries) => {
            for entry in entries {
                entry.at = at;
                move_to(&mut entry.node, at);
            }
        }
    }
}
