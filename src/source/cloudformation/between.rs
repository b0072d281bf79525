//! What goes from one stack to another: the values that a stack gives to the parameters of one that it nests, and the outputs that come back. The evaluator asks
//! here.

use super::document::{Node, TemplateError};
use super::evaluate::Evaluator;
use super::reading::Reading;
use super::template::is_open;
use super::value::{Missing, Value};
use super::world::Holds;
use crate::policy::Position;

impl Evaluator<'_> {
    /// How a parameter is known among those of all stacks.
    pub(super) fn parameter_name(&self, name: &str) -> String {
        if self.member().parent.is_some() { self.given().scoped(name) } else { name.to_owned() }
    }

    pub(super) fn not_given(&self, name: &str) -> TemplateError {
        let (outer, id) = self.member().parent.as_ref().map_or((0, ""), |(outer, id)| (*outer, id.as_str()));
        let outer = self.stacks.member(outer);
        let at = outer.template.resources.get(id).map_or(Position { line: 1, column: 1 }, |it| it.at);
        let problem = format!("{id}: it gives no value for the parameter {name} of {}, which has no default", self.given().file);
        TemplateError::at(at, problem).found_in(&outer.given.file)
    }

    /// The value that this stack gives to a parameter of one that it nests; `None` where it gives none.
    pub(super) fn given_to(&self, id: &str, name: &str) -> Result<Option<Value>, TemplateError> {
        let Some(resource) = self.template().resources.get(id) else { return Ok(None) };
        let (properties, at) = (resource.properties.as_ref(), resource.at);
        let plain = |node: &Node| {
            node.only().is_none_or(|(key, _)| !key.starts_with("Fn::")) && !node.entries().iter().any(|entry| is_open(&entry.key))
        };
        let all = properties.and_then(|it| it.get("Parameters"));
        let (value, at) = match all.filter(|all| plain(all)) {
            Some(all) => match all.get(name) {
                Some(node) => (self.value(node)?, node.at),
                None => return Ok(None),
            },
            None => match self.written(properties, "Parameters")? {
                None => return Ok(None),
                Some(whole) => (whole.get(name).cloned().unwrap_or(Value::Nothing), at),
            },
        };
        match value {
            Value::Nothing | Value::Null => Ok(None),
            Value::List(_) | Value::Map(_) => {
                // "Nested stacks" of the page of AWS::CloudFormation::Stack: a list is given as a text with commas.
                let problem = format!("{id}: the parameter {name} of a nested stack is given as a text; join a list with commas");
                Err(TemplateError::at(at, problem).found_in(&self.given().file))
            }
            value => Ok(Some(value)),
        }
    }

    /// An output of a stack that this one nests.
    pub(super) fn output(&self, id: &str, index: usize, name: &str, at: Position) -> Result<Value, TemplateError> {
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
}
