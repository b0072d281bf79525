//! Functions that read and write JSON and YAML, and those that take ARNs apart
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/functions/arn_parse>).

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{texts, yaml};
use crate::policy::Text;
use crate::source::terraform::code::made::Made;

/// The members of what `arn_parse` gives, and the arguments of `arn_build`, behind `arn`.
const PARTS: [&str; 5] = ["partition", "service", "region", "account_id", "resource"];

/// What `jsonencode` gives; what of it is open is called after `owner`.
pub(super) fn encoded(value: &Made, owner: &str) -> Result<Made, String> {
    // Terraform writes these characters as escapes, which stand nowhere but in texts.
    let escaped = |json: String| {
        ['<', '>', '&', '\u{2028}', '\u{2029}'].iter().fold(json, |json, c| json.replace(*c, &format!("\\u{:04x}", u32::from(*c))))
    };
    value.policy(owner).map(|json| Made::Text(Text::parse(&escaped(json.to_string()))))
}

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("jsondecode", [Made::Text(text)]) => serde_json::from_str(&text.written()).ok().map(|json| read(&json)),
        ("yamldecode", [text]) => yaml::decoded(text.certain()?).map(|json| read(&json)),
        ("provider::aws::arn_parse", [arn]) => {
            let Made::List(pieces) = texts::split(&Made::literal(":"), arn)? else { return None };
            let pieces: Vec<Text> = pieces.iter().map(|piece| piece.text().ok()).collect::<Option<_>>()?;
            let (before, resource) = pieces.split_at_checked(PARTS.len())?;
            let resource: Vec<String> = resource.iter().map(|piece| piece.written().into_owned()).collect();
            let parts = before.iter().skip(1).cloned().chain([Text::parse(&resource.join(":"))]);
            let is_arn = before.first()?.as_literal() == Some("arn") && !resource.is_empty();
            is_arn.then(|| Made::Map(PARTS.iter().map(|&name| name.to_owned()).zip(parts.map(Made::Text)).collect::<BTreeMap<_, _>>()))
        }
        ("provider::aws::arn_build", parts) if parts.len() == PARTS.len() => {
            let parts = [&[Made::literal("arn")], parts].concat();
            texts::call("join", &[Made::literal(":"), Made::List(parts)])
        }
        _ => None,
    }
}

/// A value as it is read, with the symbols that stand in its texts.
fn read(json: &Json) -> Made {
    match json {
        Json::String(text) => Made::Text(Text::parse(text)),
        Json::Array(items) => Made::List(items.iter().map(read).collect()),
        Json::Object(fields) => Made::Map(fields.iter().map(|(key, value)| (key.clone(), read(value))).collect()),
        Json::Number(number) => Made::number(&number.to_string()),
        plain => Made::Plain(plain.clone()),
    }
}
