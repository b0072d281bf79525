//! Conditions: which hold, and what the others hang on (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html>). The
//! evaluator asks here, and whoever wants to know what is made.

use super::document::{Node, TemplateError};
use super::evaluate::{Evaluator, name_in};
use super::functions;
use super::reading::Reading;
use super::template::{Parameter, is_open};
use super::value::{Missing, Value};
use super::world::{Comparison, Holds};
use crate::policy::{Part, Position, Text};

impl<'a> Evaluator<'a> {
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

    /// Whether the condition of this name holds.
    pub(crate) fn condition(&self, name: &str, at: Position) -> Result<Holds, TemplateError> {
        let Some(node) = self.template().conditions.get(name) else {
            return self.no_condition(name, at);
        };
        self.within(&format!("condition {}", self.given().scoped(name)), at, || self.holds(node))
    }

    /// The value that is written where conditions come out as they do here; `None` where nobody knows how one does, or where a function or a macro makes it.
    pub(super) fn chosen<'n>(&self, node: &'n Node) -> Result<Option<&'n Node>, TemplateError> {
        match node.only() {
            Some((function @ "Fn::If", argument)) => {
                let [condition, yes, no] = functions::arguments(argument, function)?;
                match self.condition(name_in(condition, function)?, condition.at)? {
                    Holds::Yes => self.chosen(yes),
                    Holds::No => self.chosen(no),
                    Holds::Open(_) => Ok(None),
                }
            }
            Some((name, _)) if name.starts_with("Fn::") => Ok(None),
            _ => Ok(Some(node).filter(|node| !node.entries().iter().any(|entry| is_open(&entry.key)))),
        }
    }

    /// What is not written may be what a macro or a loop makes; else it is wrong.
    fn no_condition(&self, name: &str, at: Position) -> Result<Holds, TemplateError> {
        if self.template().hiding().next().is_none() {
            return Err(TemplateError::at(at, format!("there is no condition {name:?}")).found_in(&self.given().file));
        }
        let unknown = Missing::Condition(self.given().scoped(name)).text();
        let comparison = Comparison { unknown, with: Text::literal("true") };
        Ok(self.world.equal(&comparison).map_or(Holds::Open(comparison), Holds::of))
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

    /// The parameter of this stack that is known by this name among those of all stacks.
    fn parameter_called(&self, name: &str) -> Option<&'a Parameter> {
        let member = self.member();
        let own = if member.parent.is_some() { name.strip_prefix(&member.given.scope)? } else { name };
        member.template.parameters.get(own)
    }

    /// Whether a parameter is `text`, if the values that it takes tell.
    fn one_of_allowed(&self, unknown: &Text, text: &str) -> Option<bool> {
        match self.left_of_allowed(unknown)?.as_slice() {
            [] => None,
            [only] => Some(*only == text),
            several if several.contains(&text) => None,
            _ => Some(false),
        }
    }

    /// The value of a parameter of which nothing is told but the values that it takes, if one of them is left.
    pub(super) fn only_allowed(&self, unknown: &Text) -> Option<Text> {
        match self.left_of_allowed(unknown)?.as_slice() {
            [only] => Some(Text::literal(*only)),
            _ => None,
        }
    }

    /// The values that a parameter takes, without those that it is assumed not to have. Of one that is looked up they are the names by which it is
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>).
    fn left_of_allowed(&self, unknown: &Text) -> Option<Vec<&'a str>> {
        let parts = unknown.parts();
        let [Part::Symbol(symbol)] = parts.as_slice() else { return None };
        let name = symbol.id().strip_prefix("parameter ")?;
        let of = |index: usize| self.in_stack(index).parameter_called(name);
        let parameter = (0..self.stacks.all().len()).find_map(of).filter(|parameter| !parameter.is_looked_up())?;
        let allowed = parameter.allowed.iter().map(String::as_str);
        Some(allowed.filter(|value| !self.world.excludes(unknown, value)).collect())
    }
}
