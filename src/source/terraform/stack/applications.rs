//! AWS's rotation applications that a plan deploys: their parameters, and what is made of them
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/serverlessapplicationrepository_cloudformation_stack>).

use std::collections::BTreeMap;

use super::functions::{around, vpc_of};
use super::resources::Stack;
use super::thing::Thing;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Function, Known};
use crate::policy::{Document, Text};
use crate::source::cloudformation::{Application, Deploying};
use crate::source::overlay::with_statement;
use crate::source::planned::statements;
use crate::source::terraform::code::Made;
use crate::source::terraform::identity;
use crate::source::terraform::kinds::APPLICATION;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

/// What AWS's rotation applications make, by the address of what deploys them.
pub(super) fn all(stack: &Stack<'_>) -> BTreeMap<String, Application> {
    stack.of_kind(APPLICATION).filter_map(|it| Some((it.address().to_owned(), application(it)?))).collect()
}

/// What is made by one; `None` where it is somebody else's, or nobody knows which it is, or which parameters it has.
pub(super) fn application(it: Thing<'_>) -> Option<Application> {
    let named = it.naming("application_id", Want::text())?;
    let (name, region) = (identity::written(it.address()), it.resolver.region_of(it.instance));
    Application::of(Deploying {
        name: &name,
        application: named.as_literal()?,
        version: it.value("semantic_version").and_then(Value::text),
        parameters: parameters(it)?,
        account: AccountId::parse(&it.resolver.account_of(it.instance)).ok()?,
        region: &region,
    })
}

/// The values of the parameters. As soon as one of them is not known, the provider marks all of them so, and only the configuration tells which there are.
fn parameters(it: Thing<'_>) -> Option<BTreeMap<String, Text>> {
    let value = |name: &str| it.naming(&format!("parameters.{name}"), Want::text());
    let names: Vec<String> = match it.value("parameters") {
        None => Vec::new(),
        Some(Value::Map(fields)) => fields.keys().cloned().collect(),
        Some(_) if !it.is_written("parameters") => Vec::new(),
        Some(_) => match it.made("parameters")? {
            Made::Map(fields) => fields.into_keys().collect(),
            _ => return None,
        },
    };
    // What stands between dots are steps, and no parameter has any.
    Some(names.into_iter().filter(|name| !name.contains('.')).filter_map(|name| Some((name.clone(), value(&name)?))).collect())
}

/// The functions that applications make, with what the plan's own resources say of them.
pub(super) fn functions(stack: &Stack<'_>) -> Vec<(Arn, Function)> {
    stack.resolver.applications().values().map(|it| (it.function.arn.clone(), function(stack, &it.function))).collect()
}

fn function(stack: &Stack<'_>, made: &Function) -> Function {
    let mut function = made.clone();
    if let Known::Value(Some(configuration)) = &mut function.configuration
        && let Some(vpc) = &mut configuration.vpc
    {
        vpc.vpc_id = vpc_of(stack, &vpc.subnet_ids).unwrap_or_default();
    }
    let said = around(stack, &function.arn, &function.configuration);
    for (qualifier, policy) in said.policies {
        let own = function.policies.remove(&qualifier);
        function.policies.insert(qualifier, both(own, policy));
    }
    Function { qualified: said.qualified, provisioned_concurrency: said.provisioned_concurrency, urls: said.urls, ..function }
}

/// The policy that a function has with what another adds to it.
fn both(own: Option<Known<Option<Document>>>, added: Known<Option<Document>>) -> Known<Option<Document>> {
    match (own, added) {
        (_, Known::Unreadable(gap)) | (Some(Known::Unreadable(gap)), _) => Known::Unreadable(gap),
        (Some(Known::Value(Some(own))), Known::Value(Some(added))) => {
            Known::Value(Some(statements(&added).iter().fold(own, |own, statement| with_statement(Some(&own), statement))))
        }
        (Some(own), Known::Value(None)) => own,
        (_, added) => added,
    }
}
