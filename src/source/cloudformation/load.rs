//! Reads a template with everything that it takes in: the stacks that it nests, from the files that it names. `mod.rs` asks here.

use super::beside::{self, Beside};
use super::document::{Content, Entry, Node, TemplateError, read};
use super::evaluate::Evaluator;
use super::given::Given;
use super::include::include;
use super::loops::unroll;
use super::reading::Reading;
use super::sam;
use super::stacks::Stacks;
use super::template::{Resource, Template, is_open};
use super::value::Value;
use super::world::World;

/// Stacks lie no deeper in each other.
const DEEPEST: usize = 16;

/// No more stacks than these are read for one template. A stack has at most 500 resources, and one operation works on at most 2,500 in nested stacks
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const MOST_STACKS: usize = 500;

/// No more bytes than these are read for one template.
const MOST_BYTES: usize = 32 << 20;

/// No more resources than these are looked at in all the stacks of one template.
const MOST_RESOURCES: usize = 10_000;

/// No more bytes than these are made by loops.
const MOST_MADE: usize = 64 << 20;

/// Reads a template, and the stacks that it nests.
pub(super) fn load(text: &str, given: Given, files: &dyn Beside) -> Result<Stacks, TemplateError> {
    let mut loading = Loading { stacks: Stacks::default(), files, resources: 0, left: MOST_BYTES, may_make: MOST_MADE };
    let root = loading.add(text, given, None)?;
    loading.nested(root, &[])?;
    Ok(loading.stacks)
}

/// The sections of a template that lists of loops may hang on.
fn sections(document: &Node) -> Result<Template, TemplateError> {
    let Content::Map(entries) = &document.content else { return Template::of(document) };
    let kept = ["Transform", "Parameters", "Mappings", "Conditions"];
    let mut entries: Vec<Entry> = entries.iter().filter(|entry| kept.contains(&entry.key.as_str())).cloned().collect();
    let nothing = Node { at: document.at, content: Content::Map(Vec::new()) };
    entries.extend(document.get("Resources").map(|_| Entry { at: document.at, key: "Resources".to_owned(), node: nothing }));
    Template::of(&Node { at: document.at, content: Content::Map(entries) })
}

/// The items of a list over which a loop goes, if all of them are known.
fn items(evaluator: &Evaluator<'_>, list: &Node) -> Result<Option<Vec<String>>, TemplateError> {
    let Value::List(items) = evaluator.value(list)? else { return Ok(None) };
    let literal = |item: &Value| match item {
        Value::Text(text) => text.as_literal().map(str::to_owned),
        _ => None,
    };
    Ok(items.iter().map(literal).collect())
}

/// Where the template of a nested stack is.
enum Place {
    /// In a file beside the template.
    File(String),
    /// Where it is not read from.
    Elsewhere(Option<Node>),
}

/// Where the template of the stack is that this resource nests, if it does. SAM's applications name one as `Location`
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-application.html>).
fn place(resource: &Resource) -> Option<Place> {
    let property = |name: &str| resource.properties.as_ref().and_then(|properties| properties.get(name));
    let url = match resource.kind.as_str() {
        "AWS::CloudFormation::Stack" => property("TemplateURL"),
        // An application of a repository is no template at all.
        "AWS::Serverless::Application" => Some(property("Location").filter(|location| location.text().is_some())?),
        _ => return None,
    };
    // What a macro may change is not read.
    let fixed = resource.properties.iter().flat_map(Node::entries).all(|entry| !is_open(&entry.key));
    let local = resource.asset.as_deref().or(url.and_then(Node::text)).filter(|text| fixed && beside::is_local(text));
    Some(local.map_or_else(|| Place::Elsewhere(url.cloned()), |path| Place::File(path.to_owned())))
}

struct Loading<'f> {
    stacks: Stacks,
    files: &'f dyn Beside,
    /// So many resources were found.
    resources: usize,
    /// So many bytes may still be read.
    left: usize,
    /// So many may still be made by loops.
    may_make: usize,
}

impl Loading<'_> {
    /// Adds a stack with this template, once all that it takes in stands in it.
    fn add(&mut self, text: &str, given: Given, parent: Option<(usize, String)>) -> Result<usize, TemplateError> {
        let file = given.file.clone();
        let found_in = |error: TemplateError| error.found_in(&file);
        let mut document = read(text).map_err(found_in)?;
        include(&mut document, &file, self.files, &mut self.left).map_err(found_in)?;
        let index = self.stacks.add(sections(&document).map_err(found_in)?, given, parent);
        let world = World::default();
        let evaluator = Evaluator::new(&self.stacks, &world).in_stack(index);
        let extended = self.stacks.member(index).template.is_extended();
        unroll(&mut document, extended, &|list| items(&evaluator, list), &mut self.may_make).map_err(found_in)?;
        let mut template = Template::of(&document).map_err(found_in)?;
        sam::expand(&mut template);
        self.resources += template.resources.len();
        if self.resources > MOST_RESOURCES {
            return Err(found_in(TemplateError::at(document.at, format!("more than {MOST_RESOURCES} resources"))));
        }
        self.stacks.read(index, template);
        Ok(index)
    }

    /// Reads the stacks that this one nests. `within` are the files of those that it lies in.
    fn nested(&mut self, outer: usize, within: &[String]) -> Result<(), TemplateError> {
        let member = self.stacks.member(outer);
        let within = [within, std::slice::from_ref(&member.given.file)].concat();
        let nested: Vec<(String, Resource, Place)> =
            member.template.resources.iter().filter_map(|(id, resource)| Some((id.clone(), resource.clone(), place(resource)?))).collect();
        for (id, resource, place) in nested {
            match place {
                Place::File(path) => {
                    let index = self.read(outer, &id, &resource, &path, &within).map_err(|error| self.in_file_of(outer, error))?;
                    self.nested(index, &within)?;
                }
                Place::Elsewhere(url) => {
                    let what = self.written(outer, url.as_ref());
                    self.stacks.leave_unread(outer, &id, what);
                }
            }
        }
        Ok(())
    }

    fn in_file_of(&self, index: usize, error: TemplateError) -> TemplateError {
        error.found_in(&self.stacks.member(index).given.file)
    }

    /// Reads the template of one nested stack.
    fn read(&mut self, outer: usize, id: &str, resource: &Resource, path: &str, within: &[String]) -> Result<usize, TemplateError> {
        let wrong = |problem: String| TemplateError::at(resource.at, format!("{id}: {problem}"));
        let parent = &self.stacks.member(outer).given;
        let found = beside::find(self.files, &parent.file, path).map_err(|why| wrong(format!("its template cannot be read: {why}")))?;
        if within.contains(&found.name) {
            return Err(wrong(format!("{0} nests itself: {1} → {0}", found.name, within.join(" → "))));
        }
        if within.len() >= DEEPEST {
            return Err(wrong(format!("stacks lie more than {DEEPEST} deep in each other")));
        }
        let Some(left) = self.left.checked_sub(found.text.len()).filter(|_| self.stacks.all().len() < MOST_STACKS) else {
            return Err(wrong(format!("more than {MOST_STACKS} nested stacks, or {MOST_BYTES} bytes of them")));
        };
        let given = Given {
            exports: parent.exports.clone(),
            account: parent.account.clone(),
            region: parent.region.clone(),
            scope: format!("{}.", parent.scoped(id)),
            file: found.name,
            ..Given::default()
        };
        let file = given.file.clone();
        self.left = left;
        let index = self.add(&found.text, given, Some((outer, id.to_owned())))?;
        if let Some(unknown) = unknown_parameter(resource, &self.stacks.member(index).template) {
            return Err(wrong(format!("it gives a parameter {unknown}, which {file} does not have")));
        }
        Ok(index)
    }

    /// What is written as a URL, for people.
    fn written(&self, outer: usize, url: Option<&Node>) -> String {
        let (Some(url), world) = (url, World::default()) else { return "without a TemplateURL".to_owned() };
        match Evaluator::new(&self.stacks, &world).in_stack(outer).value(url) {
            Ok(Value::Text(text)) => text.written().replace(['⟦', '?', '⟧'], ""),
            _ => "a TemplateURL that is not known".to_owned(),
        }
    }
}

/// A parameter that a stack is given and does not have, which CloudFormation refuses.
fn unknown_parameter(resource: &Resource, template: &Template) -> Option<String> {
    if template.hiding().next().is_some() {
        return None;
    }
    let given = resource.properties.as_ref()?.get("Parameters")?;
    // A call, a macro or a loop tells no names.
    given
        .entries()
        .iter()
        .map(|entry| &entry.key)
        .find(|name| !name.starts_with("Fn::") && !template.parameters.contains_key(*name))
        .cloned()
}
