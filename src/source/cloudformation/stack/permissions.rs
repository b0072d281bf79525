//! The policies of functions, made of `AWS::Lambda::Permission` as `AddPermission` writes them
//! (<https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>), and of `AWS::Lambda::ResourcePolicy`, which is a whole one
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-resourcepolicy.html>).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::properties::{Properties, gap_of};
use super::resources::Stack;
use crate::arn::{Arn, Partition};
use crate::inventory::{Gap, Known, function_named};
use crate::policy::{Document, Text};
use crate::source::cloudformation::document::TemplateError;
use crate::source::overlay::FunctionPolicy;

/// The policies of a function, by qualifier (empty: none).
pub(super) type Policies = BTreeMap<String, Known<Option<Document>>>;

/// How texts name a function.
pub(super) struct Names {
    pub(super) name: Text,
    pub(super) arn: Arn,
}

impl Names {
    /// The qualifier with which `text` names this function; `None` where it names another.
    pub(super) fn qualifier(&self, text: &Text) -> Option<String> {
        let written = text.written();
        let (name, arn) = (self.name.written(), self.arn.as_str());
        let partial = format!("{}:function:{name}", self.arn.account());
        [&*name, arn, &partial].into_iter().find_map(|own| match written.strip_prefix(own)? {
            "" => Some(String::new()),
            rest => rest.strip_prefix(':').map(str::to_owned),
        })
    }
}

/// The policies that the stack gives to this function. A permission for a function that is not known may be for this one.
pub(super) fn policies(stack: &Stack<'_>, names: &Names) -> Result<Policies, TemplateError> {
    let mut statements: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    let mut open = None;
    for permission in stack.naming("AWS::Lambda::Permission", "FunctionName", names.arn.as_str())? {
        let Some(function) = permission.text("FunctionName")? else { continue };
        match names.qualifier(&function) {
            Some(qualifier) => {
                let resource = if qualifier.is_empty() { names.arn.to_string() } else { format!("{}:{qualifier}", names.arn) };
                statements.entry(qualifier).or_default().push(statement(&permission, &resource)?);
            }
            None if function.has_unknown() => open = Some(gap_of(permission.id, &function.written())),
            None => {}
        }
    }
    let mut policies = Policies::from([(String::new(), Known::Value(None))]);
    for (qualifier, statements) in statements {
        let document = Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
        policies.insert(qualifier, Known::Value(Some(document)));
    }
    for it in stack.naming("AWS::Lambda::ResourcePolicy", "ResourceArn", names.arn.as_str())? {
        let Some(function) = it.text("ResourceArn")? else { continue };
        match names.qualifier(&function) {
            Some(qualifier) => {
                let whole = match policies.get(&qualifier) {
                    // One takes the place of the other, or is added to it, as they are made.
                    Some(Known::Value(Some(_)) | Known::Unreadable(_)) => Known::Unreadable(Gap::new(
                        "template",
                        it.id,
                        "the template writes a whole policy and single permissions or another policy for the same function, and what is left of them hangs on the order",
                    )),
                    _ => it.document("PolicyDocument")?,
                };
                policies.insert(qualifier, whole);
            }
            None if function.has_unknown() => open = Some(gap_of(it.id, &function.written())),
            None => {}
        }
    }
    if let Some(gap) = open {
        for policy in policies.values_mut() {
            *policy = Known::Unreadable(gap.clone());
        }
    }
    Ok(policies)
}

/// The statements for functions that the stack does not make, each with the function and the qualifier.
pub(super) fn elsewhere(stack: &Stack<'_>) -> Result<Vec<(Arn, String, Json)>, TemplateError> {
    let mut statements = Vec::new();
    for permission in stack.of_kind("AWS::Lambda::Permission") {
        if let Some((function, qualifier, arn)) = not_made(stack, permission.text("FunctionName")?)? {
            statements.push((function, qualifier, statement(&permission, arn.as_str())?));
        }
    }
    Ok(statements)
}

/// The whole policies for functions that the stack does not make, likewise.
pub(super) fn whole_elsewhere(stack: &Stack<'_>) -> Result<Vec<FunctionPolicy>, TemplateError> {
    let mut policies = Vec::new();
    for it in stack.of_kind("AWS::Lambda::ResourcePolicy") {
        if let Some((function, qualifier, _)) = not_made(stack, it.text("ResourceArn")?)? {
            policies.push((function, qualifier, it.document("PolicyDocument")?));
        }
    }
    Ok(policies)
}

/// The function that a text names, its qualifier, and both in one ARN, unless the stack makes it or nobody knows which it is.
fn not_made(stack: &Stack<'_>, function: Option<Text>) -> Result<Option<(Arn, String, Arn)>, TemplateError> {
    let Some(function) = function else { return Ok(None) };
    for it in stack.called("AWS::Lambda::Function", &function.written())? {
        if (Names { name: it.reference()?, arn: it.arn("Arn")? }).qualifier(&function).is_some() {
            return Ok(None);
        }
    }
    let beside = Arn::build(Partition::of_region(stack.region), "lambda", stack.region, stack.account.as_str(), "function:any").ok();
    let named = beside.as_ref().and_then(|beside| function_named(function.as_literal()?, beside));
    Ok(named.map(|arn| {
        let (unqualified, qualifier) = arn.split_qualifier();
        (unqualified, qualifier.unwrap_or_default().to_owned(), arn.clone())
    }))
}

/// The functions of the stack and their qualifiers whose whole policy it writes.
pub(super) fn whole_own(stack: &Stack<'_>) -> Result<BTreeSet<(Arn, String)>, TemplateError> {
    let mut whole = BTreeSet::new();
    for it in stack.of_kind("AWS::Lambda::ResourcePolicy") {
        let Some(named) = it.text("ResourceArn")? else { continue };
        for function in stack.of_kind("AWS::Lambda::Function") {
            let names = Names { name: function.reference()?, arn: function.arn("Arn")? };
            whole.extend(names.qualifier(&named).map(|qualifier| (names.arn, qualifier)));
        }
    }
    Ok(whole)
}

fn statement(permission: &Properties<'_>, resource: &str) -> Result<Json, TemplateError> {
    let text = |name: &str| Ok::<_, TemplateError>(permission.text(name)?.map(|text| text.written().into_owned()));
    let principal = text("Principal")?.unwrap_or_default();
    let principal = match &*principal {
        "*" => json!("*"),
        service if service.contains(".amazonaws.com") || service.ends_with(".amazon.com") => json!({"Service": service}),
        account if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            json!({"AWS": format!("arn:{}:iam::{account}:root", resource.split(':').nth(1).unwrap_or("aws"))})
        }
        other => json!({"AWS": other}),
    };
    let mut conditions = Map::new();
    let mut condition = |operator: &str, key: &str, value: Option<String>| {
        if let Some(value) = value
            && let Json::Object(keys) = conditions.entry(operator).or_insert_with(|| json!({}))
        {
            keys.insert(key.to_owned(), Json::String(value));
        }
    };
    condition("ArnLike", "AWS:SourceArn", text("SourceArn")?);
    condition("StringEquals", "AWS:SourceAccount", text("SourceAccount")?);
    condition("StringEquals", "aws:PrincipalOrgID", text("PrincipalOrgID")?);
    condition("StringEquals", "lambda:EventSourceToken", text("EventSourceToken")?);
    condition("StringEquals", "lambda:FunctionUrlAuthType", text("FunctionUrlAuthType")?);
    condition("Bool", "lambda:InvokedViaFunctionUrl", text("InvokedViaFunctionUrl")?);
    let mut statement = json!({
        "Sid": permission.id, "Effect": "Allow", "Principal": principal,
        "Action": text("Action")?.unwrap_or_default(), "Resource": resource,
    });
    if let (false, Json::Object(fields)) = (conditions.is_empty(), &mut statement) {
        fields.insert("Condition".to_owned(), Json::Object(conditions));
    }
    Ok(statement)
}
