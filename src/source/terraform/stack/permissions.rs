//! The policies of functions, made of `aws_lambda_permission` as `AddPermission` writes them
//! (<https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::resources::Stack;
use super::thing::Thing;
use crate::arn::{Arn, Partition};
use crate::inventory::{Gap, Known};
use crate::policy::{Document, Text};
use crate::source::overlay::maybe_statement;
use crate::source::terraform::identity::{self, Kind};
use crate::source::terraform::resolve::Want;

/// The policies of a function, by qualifier (empty: none).
pub(super) type Policies = BTreeMap<String, Known<Option<Document>>>;

/// The qualifier with which `text` names the function of this ARN; `None` where it names another.
pub(super) fn qualifier(text: &Text, arn: &Arn) -> Option<String> {
    let written = text.written();
    let name = arn.name();
    let partial = format!("{}:function:{name}", arn.account());
    [name, arn.as_str(), &partial].into_iter().find_map(|own| match written.strip_prefix(own)? {
        "" => Some(String::new()),
        rest => rest.strip_prefix(':').map(str::to_owned),
    })
}

/// A function, however it is named.
pub(super) const FUNCTION: Want = Want { kind: Kind::Function, attribute: "function_name" };

/// The function that an attribute names.
pub(super) fn function_of(it: Thing<'_>, path: &str) -> Option<Text> {
    it.naming(path, FUNCTION)
}

/// The policies that the plan gives to this function. A permission for a function that is not known may be for this one.
pub(super) fn policies(stack: &Stack<'_>, arn: &Arn) -> Policies {
    let mut statements: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    let mut open: Option<Gap> = None;
    for permission in stack.naming("aws_lambda_permission", "function_name", FUNCTION, arn.as_str()) {
        let Some(function) = function_of(permission, "function_name") else { continue };
        match qualifier(&function, arn) {
            Some(own) => {
                let named = permission.naming("qualifier", Want { kind: Kind::Function, attribute: "version" });
                let qualifier = named.map(|text| text.written().into_owned()).filter(|text| !text.is_empty()).unwrap_or(own);
                let resource = if qualifier.is_empty() { arn.to_string() } else { format!("{arn}:{qualifier}") };
                statements.entry(qualifier).or_default().push(statement(permission, &resource));
            }
            None if function.has_unknown() => open = Some(permission.unknown("function_name")),
            None => {}
        }
    }
    for url in stack.naming("aws_lambda_function_url", "function_name", FUNCTION, arn.as_str()) {
        let own = function_of(url, "function_name").and_then(|function| qualifier(&function, arn));
        if let Some(own) = own.filter(|_| url.text("authorization_type").as_deref() == Some("NONE")) {
            let qualifier = url.text("qualifier").unwrap_or(own);
            let resource = if qualifier.is_empty() { arn.to_string() } else { format!("{arn}:{qualifier}") };
            statements.entry(qualifier).or_default().push(as_far_as_it_stays(url, for_everybody(&resource)));
        }
    }
    let mut policies = Policies::from([(String::new(), Known::Value(None))]);
    for (qualifier, statements) in statements {
        let document = Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
        policies.insert(qualifier, Known::Value(Some(document)));
    }
    if let Some(gap) = open {
        for policy in policies.values_mut() {
            *policy = Known::Unreadable(gap.clone());
        }
    }
    policies
}

/// The statements for functions that the plan does not make: function, qualifier, statement.
pub(super) fn elsewhere(stack: &Stack<'_>, made: &BTreeSet<Arn>) -> Vec<(Arn, String, Json)> {
    let mut statements = Vec::new();
    for permission in stack.of_kind("aws_lambda_permission") {
        let Some(name) = function_of(permission, "function_name").filter(|name| !name.has_unknown()) else { continue };
        let written = name.written();
        let (region, account) = (permission.resolver.region_of(permission.instance), permission.resolver.account_of(permission.instance));
        let by_name = || Arn::build(Partition::of_region(&region), "lambda", &region, &account, &format!("function:{written}"));
        let Ok(arn) = Arn::parse(&written).or_else(|_| by_name()) else { continue };
        let (function, own) = arn.split_qualifier();
        if made.contains(&function) {
            continue;
        }
        let qualifier = permission.text("qualifier").or_else(|| own.map(ToString::to_string)).unwrap_or_default();
        let resource = if qualifier.is_empty() { function.to_string() } else { format!("{function}:{qualifier}") };
        statements.push((function, qualifier, statement(permission, &resource)));
    }
    statements
}

/// The permission that the provider itself adds with a URL that asks for no authentication
/// (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/function_url.go>).
pub(super) fn for_everybody(resource: &str) -> Json {
    json!({
        "Sid": "FunctionURLAllowPublicAccess", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": resource,
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    })
}

fn statement(permission: Thing<'_>, resource: &str) -> Json {
    let text =
        |name: &str| permission.naming(name, Want::arn(Kind::Text)).map(|text| text.written().into_owned()).filter(|text| !text.is_empty());
    let principal = text("principal").unwrap_or_default();
    let principal = match &*principal {
        "*" => json!("*"),
        service if service.contains(".amazonaws.com") => json!({"Service": service}),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({"AWS": format!("arn:{}:iam::{account}:root", resource.split(':').nth(1).unwrap_or("aws"))})
        }
        other => json!({"AWS": other}),
    };
    let mut conditions = Map::new();
    for (operator, key, name) in [
        ("ArnLike", "AWS:SourceArn", "source_arn"),
        ("StringEquals", "AWS:SourceAccount", "source_account"),
        ("StringEquals", "aws:PrincipalOrgID", "principal_org_id"),
        ("StringEquals", "lambda:EventSourceToken", "event_source_token"),
        ("StringEquals", "lambda:FunctionUrlAuthType", "function_url_auth_type"),
        // <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
        ("Bool", "lambda:InvokedViaFunctionUrl", "invoked_via_function_url"),
    ] {
        // A switch that is off adds no condition.
        if let Some(value) = text(name).filter(|value| value != "false")
            && let Json::Object(keys) = conditions.entry(operator).or_insert_with(|| json!({}))
        {
            keys.insert(key.to_owned(), Json::String(value));
        }
    }
    let mut statement = json!({
        "Sid": text("statement_id").filter(|id| !id.contains('⟦')).unwrap_or_else(|| permission.address().to_owned()),
        "Effect": "Allow", "Principal": principal, "Action": text("action").unwrap_or_default(), "Resource": resource,
    });
    if let (false, Json::Object(fields)) = (conditions.is_empty(), &mut statement) {
        fields.insert("Condition".to_owned(), Json::Object(conditions));
    }
    as_far_as_it_stays(permission, statement)
}

/// A statement that a resource gives, which may be there or not where something takes the same away.
fn as_far_as_it_stays(it: Thing<'_>, statement: Json) -> Json {
    match it.contest() {
        Some(why) => maybe_statement(&statement, &identity::written(&why)),
        None => statement,
    }
}
