//! Evaluates values of a template: intrinsic functions and conditions
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>). What is not known becomes a symbol that says what is
//! missing; what CloudFormation would refuse is an error that names the place.

use std::cell::RefCell;

use super::document::{Content, Node, TemplateError};
use super::functions;
use super::given::Given;
use super::identity;
use super::reading::Reading;
use super::template::{Parameter, Template};
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

/// Evaluates the values of one template in one world.
pub(crate) struct Evaluator<'a> {
    template: &'a Template,
    given: &'a Given,
    world: &'a World,
    /// Conditions and resources whose value is being found out, to tell circles.
    path: RefCell<Vec<String>>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator of `template` in `world`.
    pub(crate) fn new(template: &'a Template, given: &'a Given, world: &'a World) -> Self {
        Self { template, given, world, path: RefCell::default() }
    }

    /// Does `what`, unless it is being done already: then the template refers to itself in a circle.
    fn within<T>(&self, name: &str, at: Position, what: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        if self.path.borrow().iter().any(|known| known == name) {
            return Err(TemplateError::at(at, format!("{name} hangs on itself")));
        }
        self.path.borrow_mut().push(name.to_owned());
        let result = what();
        self.path.borrow_mut().pop();
        result
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
                    Holds::Open(_) => Ok(Value::Unknown(Missing::Condition(condition_name.to_owned()))),
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
        let known = self.template.parameters.keys().chain(self.template.resources.keys());
        let nearest = known.map(|known| (strsim::osa_distance(known, name), known)).min().filter(|(distance, _)| *distance <= 3);
        let hint = nearest.map(|(_, known)| format!("; did you mean {known:?}?")).unwrap_or_default();
        format!("{name:?} is neither a parameter nor a resource of this template{hint}")
    }

    fn parameter(&self, name: &str, parameter: &Parameter) -> Value {
        let missing = Missing::Parameter(name.to_owned());
        let given = self.given.parameters.get(name).or(parameter.default.as_ref());
        match given {
            Some(_) if parameter.is_looked_up() => missing.into(),
            Some(text) if parameter.is_list() => Value::List(text.split(',').map(|item| Value::from(item.trim())).collect()),
            Some(text) => Value::from(text.as_str()),
            None if parameter.is_list() => Value::Unknown(missing),
            None => {
                let unknown = missing.text();
                Value::Text(self.world.value_of(&unknown).cloned().unwrap_or(unknown))
            }
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
                None => Ok(Missing::Attribute { resource: resource.to_owned(), attribute: text.to_string() }.into()),
            },
            _ => Err(TemplateError::at(argument.at, "Fn::GetAtt takes the name of an attribute")),
        }
    }

    /// Whether the condition of this name holds.
    pub(crate) fn condition(&self, name: &str, at: Position) -> Result<Holds, TemplateError> {
        let Some(node) = self.template.conditions.get(name) else {
            return Err(TemplateError::at(at, format!("there is no condition {name:?}")));
        };
        self.within(&format!("condition {name}"), at, || self.holds(node))
    }

    fn holds(&self, node: &Node) -> Result<Holds, TemplateError> {
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

    /// Whether a parameter is `text`, if the values that it takes tell.
    fn one_of_allowed(&self, unknown: &Text, text: &str) -> Option<bool> {
        let is_it = |name: &String| Missing::Parameter(name.clone()).text() == *unknown;
        let (_, parameter) = self.template.parameters.iter().find(|(name, _)| is_it(name))?;
        let left: Vec<&String> = parameter.allowed.iter().filter(|value| !self.world.excludes(unknown, value)).collect();
        match left.as_slice() {
            [] => None,
            [only] => Some(*only == text),
            several if several.iter().any(|value| *value == text) => None,
            _ => Some(false),
        }
    }
}

impl Reading for Evaluator<'_> {
    fn template(&self) -> &Template {
        self.template
    }

    fn given(&self) -> &Given {
        self.given
    }

    fn value(&self, node: &Node) -> Result<Value, TemplateError> {
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
                    let field = |entry: &super::document::Entry| Ok((entry.key.clone(), self.value(&entry.node)?));
                    Ok(Value::Map(entries.iter().map(field).collect::<Result<_, TemplateError>>()?))
                }
            },
        }
    }

    fn reference(&self, name: &str, at: Position) -> Result<Value, TemplateError> {
        if name == "AWS::NoValue" {
            return Ok(Value::Nothing);
        }
        if name == "AWS::NotificationARNs" {
            return Ok(Value::Unknown(Missing::Place("AWS::NotificationARNs")));
        }
        if let Some(place) = PLACES.into_iter().find(|place| *place == name) {
            return Ok(self.given.place(place).map_or_else(|| Missing::Place(place).into(), |text| Value::from(text.as_str())));
        }
        if let Some(parameter) = self.template.parameters.get(name) {
            return Ok(self.parameter(name, parameter));
        }
        if self.template.resources.contains_key(name) {
            return identity::reference(self, name, at);
        }
        Err(TemplateError::at(at, self.nothing_named(name)))
    }

    fn attribute_of(&self, resource: &str, attribute: &str, at: Position) -> Result<Value, TemplateError> {
        // SAM's own names for the version and the alias that it publishes.
        if matches!(attribute, "Alias" | "Version") && self.template.resources.contains_key(&format!("{resource}.{attribute}")) {
            return identity::reference(self, &format!("{resource}.{attribute}"), at);
        }
        if self.template.resources.contains_key(resource) {
            identity::attribute(self, resource, attribute, at)
        } else {
            Err(TemplateError::at(at, self.nothing_named(resource)))
        }
    }

    fn property(&self, resource: &str, name: &str, at: Position) -> Result<Option<Value>, TemplateError> {
        let node = self.template.resources.get(resource).and_then(|it| it.properties.as_ref()).and_then(|it| it.get(name));
        node.map(|node| self.within(resource, at, || self.value(node))).transpose()
    }
}

/// A name that must be written as it is.
fn name_in<'n>(node: &'n Node, function: &str) -> Result<&'n str, TemplateError> {
    node.text().ok_or_else(|| TemplateError::at(node.at, format!("{function} takes a name here")))
}
