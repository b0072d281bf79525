//! Things of which a template or plan tells nothing. `cloudformation` and `terraform` fill in what is written.

use std::collections::BTreeMap;

use serde_json::json;

use crate::arn::Arn;
use crate::inventory::{Function, Gap, Known, RotationConfiguration, Secret};
use crate::policy::{Document, Text};

/// A secret of which nothing but its ARN is known to be otherwise than usual.
pub(crate) fn secret(name: String, arn: Arn) -> Secret {
    Secret {
        name,
        arn,
        description: None,
        tags: BTreeMap::new(),
        kms_key_id: None,
        key: Known::Value(None),
        rotation: RotationConfiguration::default(),
        owning_service: None,
        primary_region: None,
        deleted_at: None,
        created_at: None,
        external_type: None,
        stages: BTreeMap::new(),
        versions: Known::Value(Vec::new()),
        policies: Known::Value(Vec::new()),
        policies_listed: Some(Known::Value(())),
        target: None,
        master: None,
    }
}

/// A function that is named and not made: nothing of it is known, but why.
pub(crate) fn function(arn: &Arn, because: &Gap) -> Function {
    Function {
        arn: arn.clone(),
        configuration: Known::Unreadable(because.clone()),
        qualified: BTreeMap::new(),
        policies: BTreeMap::from([(String::new(), Known::Unreadable(because.clone()))]),
        reserved_concurrency: Known::Unreadable(because.clone()),
        provisioned_concurrency: BTreeMap::new(),
        urls: Known::Unreadable(because.clone()),
        tags: Known::Unreadable(because.clone()),
    }
}

/// What is written for the endpoint of a function, if not all of it is known: then nobody knows where the function sends its requests.
pub(crate) fn unknown_endpoint(variables: &BTreeMap<String, String>) -> Option<&str> {
    variables.values().find(|written| Text::parse(written).as_literal().is_none()).map(String::as_str)
}

/// A policy of which nothing is known: it may allow or deny anything, so that whatever hangs on it stays undecided and names the symbol written
/// as `symbol`. One about a `principal` belongs to a resource.
pub(crate) fn policy(symbol: &str, principal: bool) -> Document {
    let statement = |effect: &str| {
        let mut statement = json!({"Effect": effect, "Action": symbol});
        let (key, value) = if principal { ("Principal", "*") } else { ("Resource", symbol) };
        statement[key] = value.into();
        statement
    };
    Document::new(json!({"Version": "2012-10-17", "Statement": [statement("Allow"), statement("Deny")]}).to_string())
}
