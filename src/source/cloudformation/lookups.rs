//! The intrinsic functions that look something up: in a mapping, in what other stacks export, in a region. `evaluate` calls them.

use super::document::{Content, Node, TemplateError};
use super::functions::{not_extended, text};
use super::reading::Reading;
use super::template::is_open;
use super::value::{Missing, Value};
use crate::policy::Text;

pub(super) fn find_in_map(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    // With the language extensions a fourth argument holds the default.
    let (keys, default) = match argument.items() {
        [map, first, second] => ([map, first, second], None),
        [_, _, _, options] if !evaluator.template().is_extended() => {
            return Err(not_extended("DefaultValue of Fn::FindInMap", options.at));
        }
        [map, first, second, options] => ([map, first, second], options.get("DefaultValue")),
        _ => return Err(TemplateError::at(argument.at, "Fn::FindInMap takes a mapping and two keys")),
    };
    let mut texts = Vec::new();
    for key in keys {
        texts.push(text(evaluator, key, "Fn::FindInMap")?);
    }
    // Mappings of two stacks may have one name.
    let missing = || {
        let of = texts.iter().map(|key| Missing::of(key).to_string()).collect::<Vec<_>>().join(", ");
        Value::Unknown(Missing::From("FindInMap".to_owned(), Box::new(Missing::Text(evaluator.given().scoped(&of)))))
    };
    let [Some(map), Some(first), Some(second)] = [0, 1, 2].map(|index| texts.get(index).and_then(Text::as_literal)) else {
        return Ok(missing());
    };
    let map = evaluator.template().mappings.get(map);
    let may_be_made =
        || map.is_none_or(|map| map.entries().iter().any(|entry| is_open(&entry.key))) && evaluator.template().hiding().next().is_some();
    let found = map.and_then(|map| map.get(first)).and_then(|map| map.get(second));
    match found {
        Some(node) => evaluator.value(node),
        None if may_be_made() => Ok(missing()),
        None => match default {
            Some(node) => evaluator.value(node),
            None => Err(TemplateError::at(argument.at, format!("the mapping {} has no {first} / {second}", texts[0]))),
        },
    }
}

/// The zones of a region. Which an account has, and in which order, only it is told; so each is a symbol, equal to the same one of the same region
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html>).
pub(super) fn zones(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    // Nothing at all is taken for the empty text, which means the region that the template is for.
    let told = if matches!(argument.content, Content::Null) { Text::literal("") } else { text(evaluator, argument, "Fn::GetAZs")? };
    let own = || evaluator.reference("AWS::Region", argument.at);
    let region = if told.as_literal() == Some("") { own()? } else { Value::Text(told) };
    let Value::Text(region) = region else { return Err(TemplateError::at(argument.at, "Fn::GetAZs takes a region")) };
    Ok(Value::Unknown(Missing::Zones(region.to_string())))
}

pub(super) fn import(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    let name = text(evaluator, argument, "Fn::ImportValue")?;
    let value = name.as_literal().and_then(|name| evaluator.given().exports.get(name));
    Ok(value.map_or_else(|| Missing::Import(name.to_string()).into(), |value| Value::Text(Text::parse(value))))
}
