//! Evaluates values of a template: intrinsic functions and conditions
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>). What is not known becomes a symbol that says what is
//! missing; what CloudFormation would refuse is an error that names the place.

use std::rc::Rc;

use super::document::{Content, Entry, Node, TemplateError};
use super::functions;
use super::given::Given;
use super::identity;
use super::pieces::{pieces, trimmed};
use super::reading::Reading;
use super::stacks::{Member, Nested, Stacks};
use super::template::{Parameter, Template};
use super::under_way::UnderWay;
use super::value::{Missing, Value};
use super::world::{Comparison, World};
use crate::policy::{Position, Text};

/// Whether a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That hangs on this comparison, among others maybe.
    Open(Comparison),
}

impl Holds {
    fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// The pseudo parameters that name a place, and one that names nothing.
const PLACES: [&str; 6] = ["AWS::AccountId", "AWS::Region", "AWS::StackName", "AWS::StackId", "AWS::Partition", "AWS::URLSuffix"];

/// Evaluates the values of a template, and of the stacks that it nests, in one world.
#[derive(Clone)]
pub(crate) struct Evaluator<'a> {
    stacks: &'a Stacks,
    /// The stack in which names are looked up.
    here: usize,
    world: &'a World,
    /// Shared by the evaluators of all stacks, because a circle may lead through several.
    under_way: Rc<UnderWay>,
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

    /// Whether the stack is made: for sure, for sure not, or that hangs on a condition.
    pub(crate) fn is_made(&self) -> Result<Holds, TemplateError> {
        let Some((outer, id)) = &self.member().parent else { return Ok(Holds::Yes) };
        let outer = self.in_stack(*outer);
        match outer.is_made()? {
            Holds::Yes => outer.makes(id),
            otherwise => Ok(otherwise),
        }
    }

    /// Whether the stack makes this resource, once it is made itself.
    pub(crate) fn makes(&self, id: &str) -> Result<Holds, TemplateError> {
        match self.template().resources.get(id).and_then(|it| Some((it.condition.as_ref()?, it.at))) {
            Some((condition, at)) => self.condition(condition, at),
            None => Ok(Holds::Yes),
        }
    }

    /// Does `what`, unless it is being done already: then the template refers to itself in a circle.
    fn within<T>(&self, name: &str, at: Position, what: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        self.under_way.within(name, at, what).map_err(|error| error.found_in(&self.given().file))
    }

    fn call(&self, name: &str, argument: &Node, at: Position) -> Result<Value, TemplateError> {
        match name {
            "Ref" => self.reference(name_in(argument, "Ref")?, argument.at),
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
            "Fn::FindInMap" => functions::find_in_map(self, argument),
            "Fn::ImportValue" => functions::import(self, argument),
            "Fn::Cidr" => functions::cidr(self, argument),
            "Fn::Length" => functions::length(self, argument),
            "Fn::ToJsonString" => Ok(match self.value(argument)?.json() {
                Ok(text) => Value::Text(text),
                Err(missing) => Missing::From("the JSON", Box::new(missing.clone())).into(),
            }),
            "Fn::GetAZs" => Ok(Value::Unknown(Missing::Function("Fn::GetAZs".to_owned()))),
            "Fn::Base64" => Ok(Missing::Function("Fn::Base64".to_owned()).into()),
            "Fn::Transform" => {
                let macro_name = argument.get("Name").and_then(Node::text).unwrap_or("of Fn::Transform");
                Ok(Value::Unknown(Missing::Macro(macro_name.to_owned())))
            }
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                Err(TemplateError::at(at, format!("{name} stands in Conditions and in Rules, not in a value")))
            }
            _ => Ok(Value::Unknown(Missing::Function(name.to_owned()))),
        }
    }

    fn nothing_named(&self, name: &str) -> String {
        let known = self.template().parameters.keys().chain(self.template().resources.keys());
        // Logical ids are short; what is longer is no misspelling of one.
        let alike = known.filter(|known| known.len() <= 255 && name.len() <= 255);
        let nearest = alike.map(|known| (strsim::osa_distance(known, name), known)).min().filter(|(distance, _)| *distance <= 3);
        let hint = nearest.map(|(_, known)| format!("; did you mean {known:?}?")).unwrap_or_default();
        format!("{name:?} is neither a parameter nor a resource of this template{hint}")
    }

    /// The value of a parameter.
    fn parameter(&self, name: &str, parameter: &Parameter, at: Position) -> Result<Value, TemplateError> {
        let missing = Missing::Parameter(self.parameter_name(name));
        let given = match &self.member().parent {
            None => self.given().parameters.get(name).map(|text| Value::from(text.as_str())),
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
                None => Value::Unknown(Missing::Items(text.to_string())),
            },
            Some(Value::Unknown(missing)) if !parameter.is_list() => missing.into(),
            Some(value) => value,
            None if self.member().parent.is_some() => return Err(self.not_given(name)),
            None if parameter.is_list() => Value::Unknown(missing),
            None => {
                let unknown = missing.text();
                Value::Text(self.world.value_of(&unknown).cloned().unwrap_or(unknown))
            }
        })
    }

    /// How a parameter is known among those of all stacks.
    fn parameter_name(&self, name: &str) -> String {
        if self.member().parent.is_some() { self.given().scoped(name) } else { name.to_owned() }
    }

    fn not_given(&self, name: &str) -> TemplateError {
        let (outer, id) = self.member().parent.as_ref().map_or((0, ""), |(outer, id)| (*outer, id.as_str()));
        let outer = self.stacks.member(outer);
        let at = outer.template.resources.get(id).map_or(Position { line: 1, column: 1 }, |it| it.at);
        let problem = format!("{id}: it gives no value for the parameter {name} of {}, which has no default", self.given().file);
        TemplateError::at(at, problem).found_in(&outer.given.file)
    }

    /// The value that this stack gives to a parameter of one that it nests; `None` where it gives none.
    fn given_to(&self, id: &str, name: &str) -> Result<Option<Value>, TemplateError> {
        let properties = self.template().resources.get(id).and_then(|it| it.properties.as_ref());
        let Some(all) = properties.and_then(|it| it.get("Parameters")) else { return Ok(None) };
        let value = match all.get(name) {
            Some(node) => self.value(node)?,
            None if all.only().is_none() => return Ok(None),
            None => match self.value(all)? {
                Value::Unknown(missing) => Value::Unknown(missing),
                known => known.get(name).cloned().unwrap_or(Value::Nothing),
            },
        };
        match value {
            Value::Nothing | Value::Null => Ok(None),
            Value::List(_) | Value::Map(_) => {
                // "Nested stacks" of the page of AWS::CloudFormation::Stack: a list is given as a text with commas.
                let problem = format!("{id}: the parameter {name} of a nested stack is given as a text; join a list with commas");
                Err(TemplateError::at(all.at, problem).found_in(&self.given().file))
            }
            value => Ok(Some(value)),
        }
    }

    /// An output of a stack that this one nests.
    fn output(&self, id: &str, index: usize, name: &str, at: Position) -> Result<Value, TemplateError> {
        let inner = self.in_stack(index);
        let missing = || Missing::Attribute { resource: self.given().scoped(id), attribute: format!("Outputs.{name}") };
        let Some(output) = inner.template().outputs.get(name) else {
            if inner.template().hiding().next().is_some() {
                return Ok(missing().into());
            }
            let problem = format!("{id}: {} has no output {name}", inner.given().file);
            return Err(TemplateError::at(at, problem).found_in(&self.given().file));
        };
        let there = output.condition.as_ref().map(|condition| inner.condition(condition, output.value.at)).transpose()?;
        if there == Some(Holds::No) {
            return Ok(missing().into());
        }
        match self.within(&format!("output {}", inner.given().scoped(name)), at, || inner.value(&output.value))? {
            Value::Unknown(missing) => Ok(missing.into()),
            text @ Value::Text(_) => Ok(text),
            _ => Err(TemplateError::at(output.value.at, format!("the output {name} is not a text")).found_in(&inner.given().file)),
        }
    }

    fn attribute(&self, argument: &Node) -> Result<Value, TemplateError> {
        if let Some(text) = argument.text() {
            let (resource, attribute) =
                text.split_once('.').ok_or_else(|| TemplateError::at(argument.at, "Fn::GetAtt takes a resource and an attribute"))?;
            return self.attribute_of(resource, attribute, argument.at);
        }
        let [resource, attribute] = functions::arguments(argument, "Fn::GetAtt")?;
        let resource = name_in(resource, "Fn::GetAtt")?;
        match self.value(attribute)? {
            Value::Text(text) => match text.as_literal() {
                Some(attribute) => self.attribute_of(resource, attribute, argument.at),
                None => Ok(Missing::Attribute { resource: self.given().scoped(resource), attribute: text.to_string() }.into()),
            },
            _ => Err(TemplateError::at(argument.at, "Fn::GetAtt takes the name of an attribute")),
        }
    }

    /// Whether the condition of this name holds.
    pub(crate) fn condition(&self, name: &str, at: Position) -> Result<Holds, TemplateError> {
        let Some(node) = self.template().conditions.get(name) else {
            return Err(TemplateError::at(at, format!("there is no condition {name:?}")).found_in(&self.given().file));
        };
        self.within(&format!("condition {}", self.given().scoped(name)), at, || self.holds(node))
    }

    fn holds(&self, node: &Node) -> Result<Holds, TemplateError> {
        self.under_way.deeper(node.at, || self.decided(node))
    }

    fn decided(&self, node: &Node) -> Result<Holds, TemplateError> {
        let Some((function, argument)) = node.only() else {
            return Err(TemplateError::at(node.at, "a condition is one of Fn::Equals, Fn::And, Fn::Or, Fn::Not and Condition"));
        };
        match function {
            "Condition" => self.condition(name_in(argument, function)?, argument.at),
            "Fn::Not" => {
                let [of] = functions::arguments(argument, function)?;
                Ok(match self.holds(of)? {
                    Holds::Yes => Holds::No,
                    Holds::No => Holds::Yes,
                    open @ Holds::Open(_) => open,
                })
            }
            "Fn::And" => self.several(argument, Holds::Yes, &Holds::No),
            "Fn::Or" => self.several(argument, Holds::No, &Holds::Yes),
            "Fn::Equals" => {
                let [left, right] = functions::arguments(argument, function)?;
                self.equals(&self.value(left)?, &self.value(right)?, argument.at)
            }
            _ => Err(TemplateError::at(node.at, format!("{function} is no function of a condition"))),
        }
    }

    /// `decisive` if any part comes out so, else what is open, else `otherwise`.
    fn several(&self, argument: &Node, otherwise: Holds, decisive: &Holds) -> Result<Holds, TemplateError> {
        let mut result = otherwise;
        for part in argument.items() {
            let holds = self.holds(part)?;
            if holds == *decisive {
                return Ok(holds);
            }
            if matches!((&result, &holds), (Holds::Yes | Holds::No, Holds::Open(_))) {
                result = holds;
            }
        }
        Ok(result)
    }

    fn equals(&self, left: &Value, right: &Value, at: Position) -> Result<Holds, TemplateError> {
        let (Value::Text(left), Value::Text(right)) = (left, right) else {
            let (Ok(left), Ok(right)) = (left.json(), right.json()) else {
                return Err(TemplateError::at(at, "Fn::Equals compares texts, and the shape of one of these is not known"));
            };
            return Ok(self.compared(left, right));
        };
        Ok(self.compared(left.clone(), right.clone()))
    }

    fn compared(&self, left: Text, right: Text) -> Holds {
        if left == right {
            return Holds::Yes;
        }
        let (unknown, with) = match (left.as_literal(), right.as_literal()) {
            (Some(_), Some(_)) => return Holds::No,
            (Some(_), None) => (right, left),
            (None, Some(_)) => (left, right),
            (None, None) => (left.clone().min(right.clone()), left.max(right)),
        };
        let comparison = Comparison { unknown, with };
        if let Some(equal) = self.world.equal(&comparison) {
            return Holds::of(equal);
        }
        match comparison.with.as_literal().and_then(|text| self.one_of_allowed(&comparison.unknown, text)) {
            Some(equal) => Holds::of(equal),
            None => Holds::Open(comparison),
        }
    }

    /// The parameter of this stack that is not known by this symbol.
    fn parameter_called(&self, unknown: &Text) -> Option<&'a Parameter> {
        let is_it = |name: &String| Missing::Parameter(self.parameter_name(name)).text() == *unknown;
        self.member().template.parameters.iter().find(|(name, _)| is_it(name)).map(|(_, parameter)| parameter)
    }

    /// Whether a parameter is `text`, if the values that it takes tell.
    fn one_of_allowed(&self, unknown: &Text, text: &str) -> Option<bool> {
        let of = |index: usize| self.in_stack(index).parameter_called(unknown);
        let parameter = (0..self.stacks.all().len()).find_map(of)?;
        let left: Vec<&String> = parameter.allowed.iter().filter(|value| !self.world.excludes(unknown, value)).collect();
        match left.as_slice() {
            [] => None,
            [only] => Some(*only == text),
            several if several.iter().any(|value| *value == text) => None,
            _ => Some(false),
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
        self.under_way.deeper(node.at, || self.evaluated(node)).map_err(|error| error.found_in(&self.given().file))
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
        Err(TemplateError::at(at, self.nothing_named(name)))
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
            Err(TemplateError::at(at, self.nothing_named(resource)))
        }
    }

    fn property(&self, resource: &str, name: &str, at: Position) -> Result<Option<Value>, TemplateError> {
        let node = self.template().resources.get(resource).and_then(|it| it.properties.as_ref()).and_then(|it| it.get(name));
        node.map(|node| self.within(&self.given().scoped(resource), at, || self.value(node))).transpose()
    }
}

/// A name that must be written as it is.
fn name_in<'n>(node: &'n Node, function: &str) -> Result<&'n str, TemplateError> {
    node.text().ok_or_else(|| TemplateError::at(node.at, format!("{function} takes a name here")))
}
