//! The sections of a template: parameters, mappings, conditions, resources
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>). Values in them are not evaluated yet.

use std::collections::BTreeMap;

use super::document::{Content, Entry, Node, TemplateError};
use super::include::TRANSFORM;
use super::loops::LOOP;
use crate::policy::Position;

/// A template, cut into its sections.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// By name.
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// By name: keys, second keys, values.
    pub(crate) mappings: BTreeMap<String, Node>,
    /// By name.
    pub(crate) conditions: BTreeMap<String, Node>,
    /// By logical id.
    pub(crate) resources: BTreeMap<String, Resource>,
    /// The macros that the whole template goes through: `AWS::Serverless-2016-10-31`.
    pub(crate) transforms: Vec<String>,
    /// What the stack tells others, by name.
    pub(crate) outputs: BTreeMap<String, Output>,
    /// Macros and loops that stand among the sections' entries and were not written out: what they make is not known.
    pub(crate) open: Vec<String>,
    /// What SAM takes as the properties of all functions, and other types.
    pub(crate) globals: Option<Node>,
}

/// A parameter as the template declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its type: `String`, `CommaDelimitedList`, `List<AWS::EC2::Subnet::Id>`, …
    pub(crate) kind: String,
    /// Its value where none is given.
    pub(crate) default: Option<String>,
    /// The only values that it takes; empty: any.
    pub(crate) allowed: Vec<String>,
}

impl Parameter {
    /// Whether its value is a list, written with commas.
    pub(crate) fn is_list(&self) -> bool {
        self.kind == "CommaDelimitedList" || self.kind.starts_with("List<") || self.kind.starts_with("AWS::SSM::Parameter::Value<List<")
    }

    /// Whether what is given is the name of an SSM parameter, and the value is what stands there.
    pub(crate) fn is_looked_up(&self) -> bool {
        self.kind.starts_with("AWS::SSM::Parameter::Value<")
    }
}

/// What a stack tells: the stack that nests it, and where it is exported every other one.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// The value.
    pub(crate) value: Node,
    /// The condition without which it is not there.
    pub(crate) condition: Option<String>,
    /// The name under which other stacks import it.
    pub(crate) export: Option<Node>,
}

/// A resource as it is written.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// Where its logical id stands.
    pub(crate) at: Position,
    /// `AWS::SecretsManager::Secret`
    pub(crate) kind: String,
    /// Its properties.
    pub(crate) properties: Option<Node>,
    /// The condition without which it is not made.
    pub(crate) condition: Option<String>,
    /// What is made before it.
    pub(crate) depends_on: Vec<String>,
    /// Its place in the tree of constructs of a CDK app.
    pub(crate) construct: Option<String>,
    /// The file of a CDK app that stands for what the resource names by its URL.
    pub(crate) asset: Option<String>,
    /// Whether it stays when the template does not write it any more; `None` where the policy that says so is no plain text
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>).
    pub(crate) retained: Option<bool>,
    /// Whether it stays when another one takes its place; unless that is surely so, it is taken to go
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html>).
    pub(crate) outlives: bool,
    /// What SAM does not take from `Globals` for it: the names of properties, or `*`
    /// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>).
    pub(crate) ignores: Vec<String>,
    /// The connectors of SAM that lead from it, by name.
    pub(crate) connectors: Option<Node>,
}

/// The macro of SAM.
pub(crate) const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// What SAM may make for events and for gradual deployments, without being named.
const UNASKED: [&str; 4] = ["ServerlessRestApi", "ServerlessHttpApi", "ServerlessDeploymentApplication", "CodeDeployServiceRole"];

/// The macro of the language extensions.
const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Macros of AWS that change nothing but what is written for them: language extensions, hosted rotation functions, and SAM, which `sam` follows
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-reference.html>).
const HARMLESS: [&str; 3] = [EXTENSIONS, "AWS::SecretsManager-", SERVERLESS];

impl Template {
    /// The macros that may change anything in the template, and what else of it is not known.
    pub(crate) fn hiding(&self) -> impl Iterator<Item = &str> {
        let macros = self.transforms.iter().filter(|name| !HARMLESS.iter().any(|begin| name.starts_with(begin)));
        macros.chain(&self.open).map(String::as_str)
    }

    /// Whether this may be the logical id of something that SAM makes: most begin with the one that they are made for
    /// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>).
    pub(crate) fn may_be_generated(&self, id: &str) -> bool {
        let begins = |of: &str| id.starts_with(of);
        self.transforms.iter().any(|name| name == SERVERLESS)
            && (UNASKED.into_iter().any(begins) || self.resources.keys().any(|made| begins(made)))
    }

    /// Whether it is written with the language extensions
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>).
    pub(crate) fn is_extended(&self) -> bool {
        self.transforms.iter().any(|name| name == EXTENSIONS)
    }

    /// Reads the sections of a document.
    pub(crate) fn of(document: &Node) -> Result<Self, TemplateError> {
        let Some(resources) = document.get("Resources") else {
            return Err(TemplateError::at(document.at, "it has no Resources, so it is no template of CloudFormation"));
        };
        let section = |name: &str| document.get(name).map(Node::entries).unwrap_or_default();
        let written = |name: &str| section(name).iter().filter(|entry| !is_open(&entry.key));
        let nodes = |name: &str| written(name).map(|entry| (entry.key.clone(), entry.node.clone())).collect();
        let sections = ["Mappings", "Conditions", "Resources", "Outputs"];
        let mut open: Vec<String> = sections.into_iter().flat_map(section).filter(|entry| is_open(&entry.key)).map(open_as).collect();
        let mut known = BTreeMap::new();
        for entry in mapping(resources, "Resources")?.iter().filter(|entry| !is_open(&entry.key)) {
            match entry.node.get("Type") {
                None if entry.node.entries().iter().any(|entry| is_open(&entry.key)) => open.push(format!("a macro in {}", entry.key)),
                _ => known.extend([resource(entry)?]),
            }
        }
        Ok(Self {
            parameters: section("Parameters").iter().map(parameter).collect::<Result<_, _>>()?,
            mappings: nodes("Mappings"),
            conditions: nodes("Conditions"),
            resources: known,
            transforms: transforms(document),
            outputs: written("Outputs").filter_map(output).collect(),
            open,
            globals: document.get("Globals").cloned(),
        })
    }
}

/// Whether a key stands for what a macro or a loop makes.
pub(super) fn is_open(key: &str) -> bool {
    key == TRANSFORM || key.starts_with(LOOP)
}

/// A macro or a loop among the entries of a section, for people.
pub(super) fn open_as(entry: &Entry) -> String {
    match entry.node.get("Parameters").and_then(|it| it.get("Location")).and_then(Node::text) {
        Some(location) => format!("{} of {location}", transform(&entry.node).unwrap_or_default()),
        None => transform(&entry.node).filter(|_| entry.key == TRANSFORM).unwrap_or_else(|| entry.key.clone()),
    }
}

/// The macros that a whole document goes through.
pub(super) fn transforms(document: &Node) -> Vec<String> {
    match document.get("Transform") {
        Some(node) if matches!(node.content, Content::List(_)) => node.items().iter().filter_map(transform).collect(),
        Some(node) => transform(node).into_iter().collect(),
        None => Vec::new(),
    }
}

fn output(entry: &Entry) -> Option<(String, Output)> {
    let output = Output {
        value: entry.node.get("Value")?.clone(),
        condition: entry.node.get("Condition").and_then(Node::text).map(str::to_owned),
        export: entry.node.get("Export").and_then(|export| export.get("Name")).cloned(),
    };
    Some((entry.key.clone(), output))
}

/// The name of a macro, written alone or with parameters.
fn transform(node: &Node) -> Option<String> {
    node.text().or_else(|| node.get("Name").and_then(Node::text)).map(str::to_owned)
}

fn mapping<'a>(node: &'a Node, what: &str) -> Result<&'a [Entry], TemplateError> {
    match &node.content {
        Content::Map(entries) => Ok(entries),
        _ => Err(TemplateError::at(node.at, format!("{what} is not a mapping"))),
    }
}

fn parameter(entry: &Entry) -> Result<(String, Parameter), TemplateError> {
    mapping(&entry.node, &entry.key)?;
    let text = |name: &str| entry.node.get(name).and_then(Node::text).map(str::to_owned);
    let allowed = entry.node.get("AllowedValues").map(Node::items).unwrap_or_default();
    let parameter = Parameter {
        kind: text("Type").ok_or_else(|| TemplateError::at(entry.at, format!("parameter {} has no Type", entry.key)))?,
        default: text("Default"),
        allowed: allowed.iter().filter_map(Node::text).map(str::to_owned).collect(),
    };
    Ok((entry.key.clone(), parameter))
}

fn resource(entry: &Entry) -> Result<(String, Resource), TemplateError> {
    mapping(&entry.node, &entry.key)?;
    let text = |name: &str| entry.node.get(name).and_then(Node::text).map(str::to_owned);
    let texts = |name: &str| {
        let node = entry.node.get(name);
        let nodes = node.into_iter().flat_map(|node| if node.text().is_some() { std::slice::from_ref(node) } else { node.items() });
        nodes.filter_map(Node::text).map(str::to_owned).collect()
    };
    let metadata = |name: &str| Some(entry.node.get("Metadata")?.get(name)?.text()?.to_owned());
    let resource = Resource {
        at: entry.at,
        kind: kind(entry)?,
        properties: properties(&entry.node),
        condition: text("Condition"),
        depends_on: texts("DependsOn"),
        construct: metadata("aws:cdk:path"),
        asset: metadata("aws:asset:path"),
        retained: entry.node.get("DeletionPolicy").map_or(Some(false), |policy| Some(policy.text()?.starts_with("Retain"))),
        outlives: text("UpdateReplacePolicy").is_some_and(|policy| policy == "Retain"),
        ignores: texts("IgnoreGlobals"),
        connectors: entry.node.get("Connectors").cloned(),
    };
    Ok((entry.key.clone(), resource))
}

/// The type of a resource. Tools that put templates together have tags of their own for it, which CloudFormation never sees.
fn kind(entry: &Entry) -> Result<String, TemplateError> {
    let error = |problem: String| TemplateError::at(entry.at, problem);
    let Some(kind) = entry.node.get("Type") else { return Err(error(format!("resource {} has no Type", entry.key))) };
    let packaged =
        || format!("the Type of resource {} is no text; give the template as the tool that put it together packages it", entry.key);
    kind.text().map(str::to_owned).ok_or_else(|| error(packaged()))
}

/// The properties of a resource. A macro beside them may change them.
fn properties(resource: &Node) -> Option<Node> {
    let own = resource.get("Properties");
    let Some(around) = resource.entries().iter().find(|entry| entry.key == TRANSFORM) else { return own.cloned() };
    let mut entries = own.map(Node::entries).unwrap_or_default().to_vec();
    entries.push(around.clone());
    Some(Node { at: own.map_or(around.at, |own| own.at), content: Content::Map(entries) })
}
