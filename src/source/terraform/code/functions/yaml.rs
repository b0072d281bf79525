//! `yamldecode` (<https://developer.hashicorp.com/terraform/language/functions/yamldecode>). What YAML's versions read in different ways is as Terraform reads it, or open.

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value as Json};

/// Values lie no deeper in each other.
const MOST_DEPTH: usize = 100;

/// A collection that is not at its end.
enum Open {
    List(Vec<Json>),
    Map(Map<String, Json>, Option<String>),
}

/// The value that a document holds; `None` where Terraform refuses it, or where it holds what is not read here: directives, tags, aliases, tabs before
/// a line, and numbers in unusual forms.
pub(super) fn decoded(text: &str) -> Option<Json> {
    let has_tab = text.lines().any(|line| line.trim_start_matches(' ').starts_with('\t'));
    if has_tab || text.starts_with('%') {
        return None;
    }
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for next in Parser::new_from_str(text) {
        let done = match next.ok()?.0 {
            Event::Scalar(text, ScalarStyle::Plain, 0, None) => plain(&text)?,
            Event::Scalar(text, _, 0, None) => Json::String(text.into_owned()),
            Event::SequenceStart(_, 0, None) if open.len() < MOST_DEPTH => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(_, 0, None) if open.len() < MOST_DEPTH => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(items) => Json::Array(items),
                Open::Map(fields, _) => Json::Object(fields),
            },
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
            Event::DocumentStart(..) if root.is_none() => continue,
            _ => return None,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(_, key @ None)) => match done {
                Json::String(name) if name != "<<" => *key = Some(name),
                _ => return None,
            },
            Some(Open::Map(fields, key)) => {
                if fields.insert(key.take()?, done).is_some() {
                    return None;
                }
            }
        }
    }
    root
}

/// What stands there without quotes.
fn plain(text: &str) -> Option<Json> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Json::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Json::Bool(false),
        _ if is_decimal => Json::from(text.parse::<i64>().ok()?),
        _ if is_date(text) => Json::String(format!("{text}T00:00:00Z")),
        // No number and no time holds another character than these, and none begins with a letter.
        _ if text.starts_with(|first: char| first.is_ascii_alphabetic()) => Json::String(text.to_owned()),
        _ if text.contains(|other: char| !other.is_ascii_digit() && !"+-.:_eExXoObBtTzZaAfFinNcCdD ".contains(other)) => {
            Json::String(text.to_owned())
        }
        _ => return None,
    })
}

/// Whether it is a day, of which Terraform makes a time.
fn is_date(text: &str) -> bool {
    text.len() == "2012-10-17".len() && text.parse::<jiff::civil::Date>().is_ok()
}
