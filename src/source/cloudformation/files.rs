//! What is told beside a template, in files: values of parameters in the forms that tools of AWS take, and exports of other stacks. `cli` reads the files.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use crate::inventory::{StackResource, StackResources};
use crate::policy::without_marks;

/// A file that tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum FileError {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// It is not TOML.
    #[error("it is not TOML: {0}")]
    Toml(String),
    /// It is something else.
    #[error("it holds no {0}")]
    Nothing(&'static str),
}

/// The values of parameters in a file: a list of `ParameterKey` and `ParameterValue`, a list of `NAME=VALUE`, a mapping under `Parameters`
/// (<https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/index.html>), or a `samconfig.toml`
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html>).
pub(crate) fn parameters(name: &str, text: &str) -> Result<BTreeMap<String, String>, FileError> {
    if is_toml(name) {
        return samconfig(text);
    }
    let found = match json(text)? {
        Value::Array(items) => items.iter().filter_map(item).collect(),
        Value::Object(fields) => {
            let fields = fields.get("Parameters").and_then(Value::as_object).unwrap_or(&fields);
            fields.iter().filter_map(|(key, value)| Some((key.clone(), scalar(value)?))).collect()
        }
        _ => BTreeMap::new(),
    };
    if found.is_empty() { Err(FileError::Nothing("parameters")) } else { Ok(found) }
}

/// What other stacks export, by name: what `aws cloudformation list-exports` shows, or a mapping.
pub(crate) fn exports(text: &str) -> Result<BTreeMap<String, String>, FileError> {
    let found: BTreeMap<String, String> = match json(text)? {
        Value::Object(fields) => match fields.get("Exports") {
            Some(Value::Array(items)) => items.iter().filter_map(|item| Some((scalar(&item["Name"])?, scalar(&item["Value"])?))).collect(),
            _ => fields.iter().filter_map(|(key, value)| Some((key.clone(), scalar(value)?))).collect(),
        },
        _ => BTreeMap::new(),
    };
    if found.is_empty() { Err(FileError::Nothing("exports")) } else { Ok(found) }
}

/// What stacks hold: what `aws cloudformation list-stack-resources` shows, or `describe-stack-resources`, which names the stack of each. By the stack's name where it is told,
/// then by logical id.
pub(crate) fn stack_resources(text: &str) -> Result<BTreeMap<Option<String>, StackResources>, FileError> {
    let shown = json(text)?;
    let items = ["StackResourceSummaries", "StackResources"].into_iter().find_map(|name| shown.get(name)?.as_array());
    let items = items.ok_or(FileError::Nothing("StackResourceSummaries"))?;
    let mut found: BTreeMap<Option<String>, StackResources> = BTreeMap::new();
    for item in items {
        let text = |name: &str| item[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        // What is deleted is still shown, and so is what could not be made, without an id.
        let is_gone = text("ResourceStatus").is_some_and(|status| status == "DELETE_COMPLETE");
        let stack = found.entry(text("StackName")).or_default();
        if let (Some(logical), Some(kind), Some(id), false) =
            (text("LogicalResourceId"), text("ResourceType"), text("PhysicalResourceId"), is_gone)
        {
            stack.insert(logical, StackResource { kind, id });
        }
    }
    Ok(found)
}

fn json(text: &str) -> Result<Value, FileError> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(&without_marks(text)).map_err(|error| FileError::Json(error.to_string()))
}

fn item(item: &Value) -> Option<(String, String)> {
    match item {
        Value::String(pair) => pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())),
        other => Some((scalar(&other["ParameterKey"])?, scalar(&other["ParameterValue"])?)),
    }
}

/// A value as CloudFormation takes it; a list with commas.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(items) => Some(items.iter().filter_map(scalar).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Object(_) => None,
    }
}

/// The name of the stack in a `samconfig.toml`: of the environment `default`, for `sam deploy`.
pub(crate) fn stack_name(name: &str, text: &str) -> Option<String> {
    let table: toml::Table = if is_toml(name) { text.parse().ok()? } else { return None };
    let named = |command: &str| table.get("default")?.get(command)?.get("parameters")?.get("stack_name")?.as_str();
    named("deploy").or_else(|| named("global")).map(|name| without_marks(name).into_owned())
}

fn is_toml(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// `parameter_overrides` of the environment `default`: one text of `NAME=VALUE`, or a list of these.
fn samconfig(text: &str) -> Result<BTreeMap<String, String>, FileError> {
    let table: toml::Table = without_marks(text).parse().map_err(|error: toml::de::Error| FileError::Toml(error.message().to_owned()))?;
    let parameters = |command: &str| table.get("default")?.get(command)?.get("parameters")?.get("parameter_overrides");
    let pairs: Vec<String> = match parameters("deploy").or_else(|| parameters("global")) {
        Some(toml::Value::String(text)) => words(text),
        Some(toml::Value::Array(items)) => items.iter().filter_map(toml::Value::as_str).flat_map(words).collect(),
        Some(toml::Value::Table(fields)) => fields.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect(),
        _ if stack_name("samconfig.toml", text).is_some() => Vec::new(),
        _ => return Err(FileError::Nothing("parameter_overrides of the environment default")),
    };
    Ok(pairs.iter().filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The words of a text as a shell cuts them: quotes hold together and fall away.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in text.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, text: &str) -> Vec<(String, String)> {
        parameters(name, text).unwrap().into_iter().collect()
    }

    #[test]
    fn every_form_of_a_file_of_parameters_tells_the_same() {
        let expected = vec![("Ids".to_owned(), "a,b".to_owned()), ("Stage".to_owned(), "prod x".to_owned())];
        let list = r#"[{"ParameterKey": "Stage", "ParameterValue": "prod x"}, {"ParameterKey": "Ids", "ParameterValue": "a,b"}]"#;
        for (name, text) in [
            ("p.json", list),
            ("p.json", r#"["Stage=prod x", "Ids=a,b"]"#),
            ("p.json", r#"{"Parameters": {"Stage": "prod x", "Ids": ["a", "b"]}}"#),
            ("p.json", r#"{"Stage": "prod x", "Ids": "a,b"}"#),
            ("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = \"Stage=\\\"prod x\\\" Ids='a,b'\""),
            ("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = [\"Stage='prod x'\", \"Ids=a,b\"]"),
        ] {
            assert_eq!(told(name, text), expected, "{text}");
        }
    }

    #[test]
    fn a_samconfig_tells_the_name_of_the_stack_with_or_without_parameters() {
        let deploy = "[default.global.parameters]\nstack_name = \"all\"\n[default.deploy.parameters]\nstack_name = \"shop\"";
        assert_eq!((stack_name("s.toml", deploy).as_deref(), told("s.toml", deploy)), (Some("shop"), Vec::new()));
        assert_eq!(stack_name("s.toml", "[default.global.parameters]\nstack_name = \"all\"").as_deref(), Some("all"));
        assert_eq!((stack_name("s.json", deploy), stack_name("s.toml", "[prod.deploy.parameters]\nstack_name = \"x\"")), (None, None));
    }

    #[test]
    fn the_list_of_a_stack_tells_what_is_there_and_of_which_stack() {
        let shown = r#"{"StackResources": [
            {"StackName": "a", "LogicalResourceId": "Key", "ResourceType": "AWS::KMS::Key", "PhysicalResourceId": "k-1", "ResourceStatus": "UPDATE_COMPLETE"},
            {"StackName": "a", "LogicalResourceId": "Old", "ResourceType": "AWS::KMS::Key", "PhysicalResourceId": "k-0", "ResourceStatus": "DELETE_COMPLETE"},
            {"StackName": "b", "LogicalResourceId": "New", "ResourceType": "AWS::KMS::Key", "ResourceStatus": "CREATE_IN_PROGRESS"}]}"#;
        let told = stack_resources(shown).unwrap();
        let lines: Vec<String> = told
            .iter()
            .map(|(stack, all)| format!("{stack:?} {:?}", all.iter().map(|(id, it)| (id.as_str(), it.id.as_str())).collect::<Vec<_>>()))
            .collect();
        assert_eq!(lines, [r#"Some("a") [("Key", "k-1")]"#, r#"Some("b") []"#]);
        assert!(stack_resources("[]").is_err() && stack_resources("{}").is_err());
    }

    #[test]
    fn a_file_that_tells_nothing_is_an_error_and_no_empty_answer() {
        for (name, text) in [("p.json", "{}"), ("p.json", "3"), ("p.json", "{"), ("s.toml", "x = 1"), ("s.toml", "=")] {
            assert!(parameters(name, text).is_err(), "{text}");
        }
        assert!(exports("[]").is_err());
    }

    #[test]
    fn exports_are_read_as_the_command_line_of_aws_shows_them() {
        let shown = exports(r#"{"Exports": [{"ExportingStackId": "s", "Name": "Key", "Value": "k-1"}]}"#).unwrap();
        assert_eq!((shown.len(), shown["Key"].as_str()), (1, "k-1"));
        assert_eq!(exports(r#"{"Key": "k-1"}"#).unwrap(), shown);
    }
}
