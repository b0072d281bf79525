//! Policies and statements that may be there or not, and whether two statements are the same. `kept` makes them of what exists beside a template.

use serde_json::Value as Json;

use crate::policy::{Document, Symbol};
use crate::source::bare;

/// Whether part of a name is not known.
pub(super) fn is_open(name: &str) -> bool {
    name.contains('⟦')
}

/// Whether what is written, of which parts are not known, may be this.
pub(super) fn may_be(written: &Json, found: &Json) -> bool {
    match (written, found) {
        (Json::String(written), Json::String(found)) => may_be_text(written, found),
        (Json::Array(written), Json::Array(found)) => {
            written.len() == found.len() && written.iter().all(|one| found.iter().any(|other| may_be(one, other)))
        }
        (Json::Object(written), Json::Object(found)) => {
            written.len() == found.len() && written.iter().all(|(key, one)| found.get(key).is_some_and(|other| may_be(one, other)))
        }
        (written, found) => written == found || is_open(&written.to_string()),
    }
}

/// The same of a text: what is known of it stands in the other one, in this order.
fn may_be_text(written: &str, found: &str) -> bool {
    let mut parts = written.split('⟦').enumerate().map(|(at, part)| match part.split_once('⟧') {
        Some((_, after)) if at > 0 => after,
        _ => part,
    });
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        (rest, last) = (after, Some(part));
    }
    last.map_or(rest.is_empty(), |last| found.ends_with(last))
}

/// The statements of a policy; `None` of one that is none.
pub(super) fn statements(document: &Document) -> Option<Vec<Json>> {
    document.policy().ok()?;
    let parsed: Json = serde_json::from_str(document.text()).ok()?;
    match parsed.get("Statement")? {
        Json::Array(statements) => Some(statements.clone()),
        one => Some(vec![one.clone()]),
    }
}

/// What a statement says, however it is written: without its id, lists of one as that one, in any order, and names of keys and actions in lower case.
pub(super) fn content(statement: &Json) -> Json {
    fn plain(value: &Json, lower: bool) -> Json {
        match value {
            Json::Array(items) if items.len() == 1 => plain(&items[0], lower),
            Json::Array(items) => {
                let mut items: Vec<Json> = items.iter().map(|item| plain(item, lower)).collect();
                items.sort_by_key(Json::to_string);
                Json::Array(items)
            }
            Json::Object(members) => members.iter().map(|(key, value)| (key.to_lowercase(), plain(value, lower))).collect(),
            Json::String(text) if lower => Json::String(text.to_lowercase()),
            other => other.clone(),
        }
    }
    let Json::Object(members) = statement else { return statement.clone() };
    let kept = members.iter().filter(|(key, _)| *key != "Sid");
    kept.map(|(key, value)| (key.clone(), plain(value, key == "Action" || key == "NotAction"))).collect()
}

/// A policy that may be there: each of its statements hangs on `why`.
pub(crate) fn maybe(document: &Document, why: &str, principal: bool) -> Document {
    let Some(statements) = statements(document) else { return unknown(why, principal) };
    let statements: Vec<Json> = statements.iter().map(|statement| maybe_statement(statement, why)).collect();
    Document::new(serde_json::json!({"Version": version(document), "Statement": statements}).to_string())
}

/// A boundary that may be there.
pub(super) fn maybe_within(document: &Document, why: &str) -> Document {
    let Some(statements) = statements(document) else { return unknown(why, false) };
    let denies = |statement: &Json| statement["Effect"] == "Deny";
    let of_boundary = statements.iter().map(|it| if denies(it) { maybe_statement(it, why) } else { it.clone() });
    let otherwise = maybe_statement(&serde_json::json!({"Effect": "Allow", "Action": "*", "Resource": "*"}), why);
    let statements: Vec<Json> = of_boundary.chain([otherwise]).collect();
    Document::new(serde_json::json!({"Version": version(document), "Statement": statements}).to_string())
}

/// Variables mean nothing in a policy of the older version, so it stays of that version.
fn version(document: &Document) -> Json {
    let parsed: Json = serde_json::from_str(document.text()).unwrap_or_default();
    parsed.get("Version").cloned().unwrap_or_else(|| "2008-10-17".into())
}

pub(super) fn unknown(why: &str, principal: bool) -> Document {
    bare::policy(&Symbol::unknown(why).to_string(), principal)
}

/// A key that every request carries, with one value
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport>).
const CARRIED: &str = "aws:SecureTransport";

/// A statement that is there if something is so that nobody knows: one condition more, on a value that is not known.
pub(crate) fn maybe_statement(statement: &Json, why: &str) -> Json {
    let mut statement = statement.clone();
    let Json::Object(members) = &mut statement else { return statement };
    let conditions = members.entry("Condition").or_insert_with(|| serde_json::json!({}));
    if let Json::Object(conditions) = conditions {
        // Each operator stands once in a statement, whatever its letter case.
        let operators = ["StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringEqualsIfExists", "StringLikeIfExists"];
        let is_free = |operator: &&str| !conditions.keys().any(|known| known.eq_ignore_ascii_case(operator));
        let free = operators.into_iter().find(is_free);
        let symbol = Symbol::unknown(why).to_string();
        if let Some(operator) = free {
            conditions.insert(operator.to_owned(), serde_json::json!({CARRIED: symbol}));
        } else {
            // All are in use: then it may be about anything.
            members.remove("NotAction");
            members.insert("Action".to_owned(), symbol.into());
            members.remove("Condition");
        }
    }
    statement
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_with_a_name_that_aws_makes_up_may_be_any_that_has_the_rest() {
        for (written, found, may) in [
            ("arn:a:db-⟦Db#6⟧", "arn:a:db-AbCdEf", true),
            ("arn:a:db-⟦Db#6⟧", "arn:a:other-AbCdEf", false),
            ("⟦Role⟧/x", "stack-Role-1/x", true),
            ("⟦Role⟧/x", "stack-Role-1/y", false),
            ("a", "a", true),
            ("a", "ab", false),
        ] {
            assert_eq!(may_be_text(written, found), may, "{written} {found}");
        }
    }

    #[test]
    fn a_statement_says_the_same_however_it_is_written() {
        let one = json!({"Sid": "a", "Effect": "Allow", "Action": ["s3:getobject"], "Resource": ["x", "y"], "Condition": {"StringEquals": {"AWS:SourceAccount": ["1"]}}});
        let other = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["y", "x"], "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}});
        assert_eq!(content(&one), content(&other));
        let different = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["Y", "x"], "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}});
        assert_ne!(content(&one), content(&different));
    }

    #[test]
    fn a_statement_that_may_be_there_hangs_on_one_condition_more_whatever_it_has() {
        let full: Vec<&str> = vec!["stringequals", "StringLike", "StringEqualsIgnoreCase", "StringEqualsIfExists", "StringLikeIfExists"];
        let conditions: serde_json::Map<String, Json> =
            full.iter().map(|name| ((*name).to_owned(), json!({"aws:username": "x"}))).collect();
        for number in 0..=full.len() {
            let some: serde_json::Map<String, Json> = conditions.clone().into_iter().take(number).collect();
            let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": some});
            let document = maybe(&Document::new(json!({"Version": "2012-10-17", "Statement": statement}).to_string()), "why", false);
            assert!(document.policy().is_ok() && document.text().contains("⟦?why⟧"), "{}", document.text());
        }
        assert!(maybe(&Document::new("no policy"), "why", true).text().contains("⟦?why⟧"));
    }
}
