//! Evaluates values of a template: intrinsic functions and conditions
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>). What is not known becomes a symbol that says what is
//! missing; what CloudFormation would refuse is an error that names the place.

use std::borrow::Cow;
use std::rc::Rc;

use super::document::{Content, Entry, Node, TemplateError};
use super::functions;
use super::given::Given;
use super::identity;
use super::include::TRANSFORM;
use super::lookups;
use super::pieces::{pieces, trimmed};
use super::reading::Reading;
use super::stacks::{Member, Nested, Stacks};
use super::template::{Parameter, Template, is_open, open_as};
use super::under_way::UnderWay;
use super::value::{Missing, Value};
use super::world::{Holds, World};
use crate::policy::{Position, Text};

/// The pseudo parameters that name a place, and one that names nothing.
const PLACES: [&str; 6] = ["AWS::AccountId", "AWS::Region", "AWS::StackName", "AWS::StackId", "AWS::Partition", "AWS::URLSuffix"];

/// Evaluates the values of a template, and of the stacks that it nests, in one world.
#[derive(Clone)]
pub(crate) struct Evaluator<'a> {
    pub(super) stacks: &'a Stacks,
    /// The stack in which names are looked up.
    here: usize,
    pub(super) world: &'a World,
    /// Shared by the evaluators of all stacks, because a circle may lead through several.
    pub(super) under_way: Rc<UnderWay>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator of the root of `stacks` in `world`.
    pub(crate) fn new(stacks: &'a Stacks, world: &'a World) -> Self {
        Self { stacks, here: 0, world, under_way: Rc::default() }
    }

    /// The same for another of the stacks.
    pub(crate) fn in_stack(&self, index: usize) -> Self {
        Self { here: index, ..self.clone() }
    }

    /// The stack in which names are looked up.
    pub(crate) fn member(&self) -> &'a Member {
        self.stacks.member(self.here)
    }

    /// The name of the outermost stack, if it is told, and the logical ids of the stacks in which this one lies.
    pub(crate) fn stack_path(&self) -> (Option<String>, Vec<String>) {
        let (mut member, mut within) = (self.member(), Vec::new());
        while let Some((outer, id)) = &member.parent {
            within.push(id.clone());
            member = self.stacks.member(*outer);
        }
        within.reverse();
        (member.given.stack.clone(), within)
    }

    /// The stack of this index.
    pub(crate) fn outer(&self, index: usize) -> &'a Member {
        self.stacks.member(index)
    }

    /// Does `what`, unless it is being done already: then the template refers to itself in a circle.
    pub(super) fn within<T>(&self, name: &str, at: Position, what: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        self.under_way.within(name, at, what).map_err(|error| error.found_in(&self.given().file))
    }

    fn call(&self, name: &str, argument: &Node, at: Position) -> Result<Value, TemplateError> {
        match name {
            "Ref" => self.reference(&self.name(argument, name)?, argument.at),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::If" => {
                let [condition, yes, no] = functions::arguments(argument, name)?;
                let condition_name = name_in(condition, name)?;
                match self.condition(condition_name, condition.at)? {
                    Holds::Yes => self.value(yes),
                    Holds::No => self.value(no),
                    Holds::Open(_) => Ok(Value::Unknown(Missing::Condition(self.given().scoped(condition_name)))),
                }
            }
            "Fn::Join" => functions::join(self, argument),
            "Fn::Split" => functions::split(self, argument),
            "Fn::Select" => functions::select(self, argument),
            "Fn::Sub" => functions::sub(self, argument),
            "Fn::FindInMap" => lookups::find_in_map(self, argument),
            "Fn::ImportValue" => lookups::import(self, argument),
            "Fn::Cidr" => functions::cidr(self, argument),
            "Fn::Length" | "Fn::ToJsonString" if !self.template().is_extended() => Err(functions::not_extended(name, at)),
            "Fn::Length" => functions::length(self, argument),
            "Fn::ToJsonString" => {
                Ok(self.value(argument)?.json().map_or_else(|_| Missing::here(self.given(), name, at).into(), Value::Text))
            }
            "Fn::GetAZs" => lookups::zones(self, argument),
            "Fn::Base64" => functions::base64(self, argument),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                Err(TemplateError::at(at, format!("{name} stands in Conditions and in Rules, not in a value")))
            }
            _ => Ok(Value::Unknown(Missing::here(self.given(), name, at))),
        }
    }

    /// A name. With the language extensions it may be made by functions.
    fn name<'n>(&self, node: &'n Node, function: &str) -> Result<Cow<'n, str>, TemplateError> {
        if node.text().is_none() && self.template().is_extended() {
            return match self.value(node)? {
                Value::Text(text) if text.as_literal().is_some() => Ok(Cow::Owned(text.written().into_owned())),
                _ => Err(TemplateError::at(node.at, format!("{function} takes a name here, and this one is not known"))),
            };
        }
        name_in(node, function).map(Cow::Borrowed)
    }

    /// What a macro or a loop makes that stands among other keys.
    fn made_by(&self, entry: &Entry) -> Value {
        let what = if entry.key == TRANSFORM { format!("the macro {}", open_as(entry)) } else { open_as(entry) };
        Value::Unknown(Missing::here(self.given(), &what, entry.at))
    }

    /// A property among these, evaluated. Macros may change all of them, and loops may make those that are not written.
    pub(crate) fn written(&self, properties: Option<&Node>, name: &str) -> Result<Option<Value>, TemplateError> {
        let open = properties.into_iter().flat_map(Node::entries).find(|entry| is_open(&entry.key));
        match (properties.and_then(|all| all.get(name)), open) {
            (Some(_), Some(open)) if open.key == TRANSFORM => Ok(Some(self.made_by(open))),
            (Some(node), _) => self.value(node).map(Some),
            (None, open) => Ok(open.map(|open| self.made_by(open))),
        }
    }

    /// What is not written may be what a macro or a loop makes, or SAM beside functions and their events; else it is wrong.
    fn nothing_named(&self, name: &str, attribute: &str, at: Position) -> Result<Value, TemplateError> {
        if self.template().hiding().next().is_some() || self.template().may_be_generated(name) {
            return Ok(Missing::Attribute { resource: self.given().scoped(name), attribute: attribute.to_owned() }.into());
        }
        let known = self.template().parameters.keys().chain(self.template().resources.keys());
        // Logical ids are short; what is longer is no misspelling of one.
        let alike = known.filter(|known| known.len() <= 255 && name.len() <= 255);
        let nearest = alike.map(|known| (strsim::osa_distance(known, name), known)).min().filter(|(distance, _)| *distance <= 3);
        let hint = nearest.map(|(_, known)| format!("; did you mean {known:?}?")).unwrap_or_default();
        Err(TemplateError::at(at, format!("{name:?} is neither a parameter nor a resource of this template{hint}")))
    }

    /// The value of a parameter.
    fn parameter(&self, name: &str, parameter: &Parameter, at: Position) -> Result<Value, TemplateError> {
        let missing = Missing::Parameter(self.parameter_name(name));
        let given = match &self.member().parent {
            None => {
                let given = self.given();
                let text = given.texts.get(name).cloned().map(Value::Text);
                text.or_else(|| given.parameters.get(name).map(|text| Value::from(text.as_str())))
            }
            Some((outer, id)) => {
                let outer = self.in_stack(*outer);
                self.within(&format!("parameter {}", self.given().scoped(name)), at, || outer.given_to(id, name))?
            }
        };
        let default = || parameter.default.as_deref().map(Value::from);
        Ok(match given.or_else(default) {
            Some(_) if parameter.is_looked_up() => missing.into(),
            Some(Value::Text(text)) if parameter.is_list() => match pieces(&text, ",") {
                Some(items) => Value::List(items.iter().map(|item| Value::Text(trimmed(item))).collect()),
                None => Value::Unknown(Missing::Items(Missing::of(&text).to_string())),
            },
            Some(Value::Unknown(missing)) if !parameter.is_list() => missing.into(),
            Some(value) => value,
            None if self.member().parent.is_some() => return Err(self.not_given(name)),
            None if parameter.is_list() => Value::Unknown(missing),
            None => {
                let unknown = missing.text();
                let assumed = self.world.value_of(&unknown).cloned();
                Value::Text(assumed.or_else(|| self.only_allowed(&unknown)).unwrap_or(unknown))
            }
        })
    }

    fn attribute(&self, argument: &Node) -> Result<Value, TemplateError> {
        if let Some(text) = argument.text() {
            let (resource, attribute) =
                text.split_once('.').ok_or_else(|| TemplateError::at(argument.at, "Fn::GetAtt takes a resource and an attribute"))?;
            return self.attribute_of(resource, attribute, argument.at);
        }
        let [resource, attribute] = functions::arguments(argument, "Fn::GetAtt")?;
        let resource = &*self.name(resource, "Fn::GetAtt")?;
        match self.value(attribute)? {
            Value::Text(text) => match text.as_literal() {
                Some(attribute) => self.attribute_of(resource, attribute, argument.at),
                None => Ok(Missing::Attribute { resource: self.given().scoped(resource), attribute: text.to_string() }.into()),
            },
            _ => Err(TemplateError::at(argument.at, "Fn::GetAtt takes the name of an attribute")),
        }
    }
}

impl Evaluator<'_> {
    fn evaluated(&self, node: &Node) -> Result<Value, TemplateError> {
        match &node.content {
            Content::Null => Ok(Value::Null),
            Content::Text(text) => Ok(Value::Text(functions::without_dynamic_references(Text::literal(text.as_str())))),
            Content::List(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?;
                Ok(Value::List(items.into_iter().filter(|item| *item != Value::Nothing).collect()))
            }
            Content::Map(entries) if entries.iter().any(|entry| is_open(&entry.key)) => {
                let open = entries.iter().find(|entry| is_open(&entry.key));
                Ok(open.map_or(Value::Null, |open| self.made_by(open)))
            }
            Content::Map(entries) => match node.only() {
                Some((name, argument)) if name == "Ref" || name.starts_with("Fn::") => {
                    let value = self.call(name, argument, node.at)?;
                    Ok(match value {
                        Value::Text(text) => Value::Text(functions::without_dynamic_references(text)),
                        other => other,
                    })
                }
                _ => {
                    let field = |entry: &Entry| Ok((entry.key.clone(), self.value(&entry.node)?));
                    Ok(Value::Map(entries.iter().map(field).collect::<Result<_, TemplateError>>()?))
                }
            },
        }
    }

    /// What a pseudo parameter about the place gives. A nested stack has a name that CloudFormation makes up.
    fn pseudo(&self, place: &'static str) -> Value {
        let given = self.given();
        match given.place(place) {
            Some(text) => Value::from(text.as_str()),
            None if place.starts_with("AWS::Stack") && !given.scope.is_empty() => {
                Missing::Attribute { resource: given.scope.trim_end_matches('.').to_owned(), attribute: place.to_owned() }.into()
            }
            None => Missing::Place(place).into(),
        }
    }
}

impl Reading for Evaluator<'_> {
    fn template(&self) -> &Template {
        &self.member().template
    }

    fn given(&self) -> &Given {
        &self.member().given
    }

    fn value(&self, node: &Node) -> Result<Value, TemplateError> {
        let evaluated = || {
            let value = self.evaluated(node)?;
            self.under_way.made(&value, node.at)?;
            Ok(value)
        };
        self.under_way.deeper(node.at, evaluated).map_err(|error| error.found_in(&self.given().file))
    }

    fn reference(&self, name: &str, at: Position) -> Result<Value, TemplateError> {
        if name == "AWS::NoValue" {
            return Ok(Value::Nothing);
        }
        if name == "AWS::NotificationARNs" {
            return Ok(Value::Unknown(Missing::Place("AWS::NotificationARNs")));
        }
        if let Some(place) = PLACES.into_iter().find(|place| *place == name) {
            return Ok(self.pseudo(place));
        }
        if let Some(parameter) = self.template().parameters.get(name) {
            return self.parameter(name, parameter, at);
        }
        if self.template().resources.contains_key(name) {
            return identity::reference(self, name, at);
        }
        self.nothing_named(name, "Ref", at)
    }

    fn attribute_of(&self, resource: &str, attribute: &str, at: Position) -> Result<Value, TemplateError> {
        if let (Some(Nested::Read(index)), Some(name)) = (self.member().nested.get(resource), attribute.strip_prefix("Outputs.")) {
            return self.output(resource, *index, name, at);
        }
        // SAM's own names for the version and the alias that it publishes.
        if matches!(attribute, "Alias" | "Version") && self.template().resources.contains_key(&format!("{resource}.{attribute}")) {
            return identity::reference(self, &format!("{resource}.{attribute}"), at);
        }
        if self.template().resources.contains_key(resource) {
            identity::attribute(self, resource, attribute, at)
        } else {
            self.nothing_named(resource, attribute, at)
        }
    }

    fn property(&self, resource: &str, name: &str, at: Position) -> Result<Option<Value>, TemplateError> {
        let properties = self.template().resources.get(resource).and_then(|it| it.properties.as_ref());
        self.within(&self.given().scoped(resource), at, || self.written(properties, name))
    }
}

/// A name that must be written as it is.
pub(super) fn name_in<'n>(node: &'n Node, function: &str) -> Result<&'n str, TemplateError> {
    node.text().ok_or_else(|| TemplateError::at(node.at, format!("{function} takes a name here")))
}
