//! Reads a template with everything that it takes in: the stacks that it nests, from the files that it names. `mod.rs` asks here.

use super::beside::{self, Beside};
use super::document::{Node, TemplateError, read};
use super::evaluate::Evaluator;
use super::given::Given;
use super::reading::Reading;
use super::sam;
use super::stacks::Stacks;
use super::template::{Resource, Template};
use super::value::Value;
use super::world::World;

/// Stacks lie no deeper in each other.
const DEEPEST: usize = 16;

/// No more stacks than these are read for one template. A stack has at most 500 resources, and one operation works on at most 2,500 in nested stacks
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const MOST_STACKS: usize = 500;

/// No more bytes than these are read for one template.
const MOST_BYTES: usize = 32 << 20;

/// Reads a template, and the stacks that it nests.
pub(super) fn load(text: &str, given: Given, files: &dyn Beside) -> Result<Stacks, TemplateError> {
    let template = template(text).map_err(|error| error.found_in(&given.file))?;
    let mut loading = Loading { stacks: Stacks::of(template, given), files, bytes: text.len() };
    loading.nested(0, &[])?;
    Ok(loading.stacks)
}

fn template(text: &str) -> Result<Template, TemplateError> {
    let mut template = Template::of(&read(text)?)?;
    sam::expand(&mut template);
    Ok(template)
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
    let local = resource.asset.as_deref().or(url.and_then(Node::text)).filter(|text| beside::is_local(text));
    Some(local.map_or_else(|| Place::Elsewhere(url.cloned()), |path| Place::File(path.to_owned())))
}

struct Loading<'f> {
    stacks: Stacks,
    files: &'f dyn Beside,
    bytes: usize,
}

impl Loading<'_> {
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
        self.bytes += found.text.len();
        if self.stacks.all().len() >= MOST_STACKS || self.bytes > MOST_BYTES {
            return Err(wrong(format!("more than {MOST_STACKS} nested stacks, or {MOST_BYTES} bytes of them")));
        }
        let given = Given {
            exports: parent.exports.clone(),
            account: parent.account.clone(),
            region: parent.region.clone(),
            scope: format!("{}.", parent.scoped(id)),
            file: found.name,
            ..Given::default()
        };
        let template = template(&found.text).map_err(|error| error.found_in(&given.file))?;
        if let Some(unknown) = unknown_parameter(resource, &template) {
            return Err(wrong(format!("it gives a parameter {unknown}, which {} does not have", given.file)));
        }
        Ok(self.stacks.add(template, given, Some((outer, id.to_owned()))))
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
    // A call tells no names.
    let called = given.only().is_some_and(|(name, _)| name.starts_with("Fn::"));
    given.entries().iter().map(|entry| &entry.key).find(|name| !called && !template.parameters.contains_key(*name)).cloned()
}
