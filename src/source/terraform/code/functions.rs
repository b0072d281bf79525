//! Terraform's functions that policies and identities are made with (<https://developer.hashicorp.com/terraform/language/functions>).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::made::Made;
use crate::policy::Text;

/// What a function gives; `place` is the module in which it is called.
pub(super) fn call(name: &str, arguments: Vec<Made>, place: &str) -> Made {
    let mut arguments = arguments.into_iter();
    let made = match name {
        "jsonencode" => match arguments.next().map(|value| value.policy(&format!("jsonencode in {place}"))) {
            Some(Ok(json)) => Some(Made::Text(Text::parse(&json.to_string()))),
            Some(Err(what)) => return Made::Open(what),
            None => None,
        },
        "tolist" | "toset" | "tomap" | "tostring" | "sort" | "distinct" | "sensitive" | "nonsensitive" => arguments.next(),
        "concat" | "flatten" | "setunion" => lists(arguments, name == "flatten"),
        "compact" => match arguments.next() {
            Some(Made::List(items)) => Some(Made::List(items.into_iter().filter(|item| !is_empty(item)).collect())),
            _ => None,
        },
        "merge" => maps(arguments),
        "try" => arguments.find(Made::is_whole),
        "coalesce" => arguments.find(|value| !is_empty(value)).filter(Made::is_whole),
        "one" => match arguments.next() {
            Some(Made::List(items)) if items.len() == 1 => items.into_iter().next(),
            _ => None,
        },
        "format" => formatted(&arguments.collect::<Vec<_>>()),
        "join" => joined(arguments.next(), arguments.next()),
        _ => None,
    };
    made.unwrap_or_else(|| Made::Open(format!("what {name} gives")))
}

fn lists(arguments: impl Iterator<Item = Made>, flatten: bool) -> Option<Made> {
    let mut all = Vec::new();
    for argument in arguments {
        let Made::List(items) = argument else { return None };
        for item in items {
            match item {
                Made::List(inner) if flatten => all.extend(inner),
                item => all.push(item),
            }
        }
    }
    Some(Made::List(all))
}

fn maps(arguments: impl Iterator<Item = Made>) -> Option<Made> {
    let mut all = BTreeMap::new();
    for argument in arguments {
        match argument {
            Made::Map(fields) => all.extend(fields),
            Made::Plain(Json::Null) => {}
            _ => return None,
        }
    }
    Some(Made::Map(all))
}

fn joined(between: Option<Made>, items: Option<Made>) -> Option<Made> {
    let (between, Some(Made::List(items))) = (between?.text().ok()?, items) else { return None };
    let mut parts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            parts.extend(between.parts());
        }
        parts.extend(item.text().ok()?.parts());
    }
    Some(Made::Text(Text::from_parts(parts)))
}

fn is_empty(value: &Made) -> bool {
    matches!(value, Made::Plain(Json::Null)) || matches!(value, Made::Text(text) if text.as_literal() == Some(""))
}

/// What `format` gives for `%s` and `%d`.
fn formatted(arguments: &[Made]) -> Option<Made> {
    let (pattern, values) = arguments.split_first()?;
    let pattern = pattern.text().ok()?;
    let pattern = pattern.as_literal()?.replace("%d", "%s");
    let mut pieces = pattern.split("%s");
    let mut parts = Text::literal(pieces.next()?).parts();
    let mut values = values.iter();
    for piece in pieces {
        parts.extend(values.next()?.text().ok()?.parts());
        parts.extend(Text::literal(piece).parts());
    }
    let is_simple = values.next().is_none() && !pattern.replace("%s", "").contains('%');
    is_simple.then(|| Made::Text(Text::from_parts(parts)))
}
