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
        // What fails is left out; of what is not known it is not known whether it fails.
        "try" => arguments.find(|value| !matches!(value, Made::Fails(_))).filter(Made::is_whole),
        "lookup" => looked_up(&arguments.collect::<Vec<_>>()),
        "element" => match (arguments.next(), arguments.next()) {
            (Some(Made::List(items)), Some(Made::Plain(index))) if !items.is_empty() => {
                index.as_u64().and_then(|index| items.get(usize::try_from(index).ok()? % items.len()).cloned())
            }
            _ => None,
        },
        "values" => match arguments.next() {
            Some(Made::Map(fields)) => Some(Made::List(fields.into_values().collect())),
            _ => None,
        },
        "keys" => match arguments.next() {
            Some(Made::Map(fields)) => Some(Made::List(fields.keys().map(|key| Made::literal(key)).collect())),
            _ => None,
        },
        "replace" => replaced(arguments.next(), arguments.next(), arguments.next()),
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

fn looked_up(arguments: &[Made]) -> Option<Made> {
    let (Made::Map(fields), key, default) = (arguments.first()?, arguments.get(1)?.text().ok()?, arguments.get(2)) else { return None };
    fields.get(key.as_literal()?).or(default).cloned()
}

/// A text with what takes the place of a part of it, which may be a symbol. In a text that holds symbols nobody knows where the part is, and a part between slashes is a regular expression.
fn replaced(text: Option<Made>, part: Option<Made>, by: Option<Made>) -> Option<Made> {
    let (text, part, by) = (text?.text().ok()?, part?.text().ok()?, by?.text().ok()?);
    let (text, part) = (text.as_literal()?, part.as_literal()?);
    if part.is_empty() || (part.len() > 1 && part.starts_with('/') && part.ends_with('/')) {
        return None;
    }
    let mut parts = Vec::new();
    for (index, piece) in text.split(part).enumerate() {
        if index > 0 {
            parts.extend(by.parts());
        }
        parts.extend(Text::literal(piece).parts());
    }
    Some(Made::Text(Text::from_parts(parts)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, arguments: &[Made]) -> Made {
        call(name, arguments.to_vec(), "the root module")
    }

    #[test]
    fn try_goes_on_where_terraform_fails_and_not_where_something_is_not_known() {
        let (fails, open, whole) = (Made::Fails("no 0".to_owned()), Made::Open("a condition".to_owned()), Made::literal("whole"));
        assert_eq!(made("try", &[fails.clone(), whole.clone()]), whole);
        assert_eq!(made("try", &[whole.clone(), open.clone()]), whole);
        assert_eq!(made("try", &[open, whole]), Made::Open("what try gives".to_owned()));
        assert_eq!(made("try", &[fails]), Made::Open("what try gives".to_owned()));
    }

    #[test]
    fn items_are_found_by_key_and_by_number() {
        let map = Made::Map(BTreeMap::from([("a".to_owned(), Made::literal("1")), ("b".to_owned(), Made::literal("2"))]));
        let open = |name: &str| Made::Open(format!("what {name} gives"));
        for (name, arguments, expected) in [
            ("lookup", vec![map.clone(), Made::literal("b")], Made::literal("2")),
            ("lookup", vec![map.clone(), Made::literal("c"), Made::literal("3")], Made::literal("3")),
            ("lookup", vec![map.clone(), Made::literal("c")], open("lookup")),
            ("lookup", vec![Made::Open("x".to_owned()), Made::literal("c"), Made::literal("3")], open("lookup")),
            ("element", vec![made("values", std::slice::from_ref(&map)), Made::Plain(3.into())], Made::literal("2")),
            ("element", vec![made("keys", &[map]), Made::Plain(0.into())], Made::literal("a")),
            ("element", vec![Made::List(Vec::new()), Made::Plain(0.into())], open("element")),
        ] {
            assert_eq!(made(name, &arguments), expected, "{name} {arguments:?}");
        }
    }

    #[test]
    fn a_part_is_replaced_in_a_text_that_is_known_alone() {
        let symbol = Made::Text(Text::parse("⟦aws_secretsmanager_secret.db⟧"));
        let [text, part] = ["arn:X:X", "X"].map(Made::literal);
        assert_eq!(
            made("replace", &[text.clone(), part.clone(), symbol.clone()]),
            Made::Text(Text::parse("arn:⟦aws_secretsmanager_secret.db⟧:⟦aws_secretsmanager_secret.db⟧"))
        );
        for (text, part) in [(symbol, part.clone()), (text.clone(), Made::literal("/X/")), (text, Made::literal(""))] {
            assert_eq!(made("replace", &[text, part.clone(), part]), Made::Open("what replace gives".to_owned()));
        }
    }
}
