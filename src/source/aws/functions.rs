//! Rotation functions: configuration, policies, concurrency, URLs and tags; never code, and of the environment only the names, what decides
//! where the function finds AWS, and how it makes passwords.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{EnvironmentResponse, FunctionUrlConfig, VpcConfigResponse};

use jiff::Timestamp;

use super::accounts::{Accounts, lane};
use super::ask::{ask_optional, gap, pages, whole_or_none};
use super::lanes::in_lanes;
use super::session::{Regional, Session};
use super::values::{arn, text, without_credentials};
use crate::arn::{AccountId, Arn};
use crate::inventory::{
    Api, ENDPOINT_VARIABLES, Function, FunctionConfiguration, FunctionDetails, FunctionUrl, Gap, Known, PASSWORD_VARIABLES, Variables,
    VpcAttachment,
};
use crate::policy::Document;

/// The functions behind these ARNs, each read once in its own region. With each comes the account that names it, if one does.
pub(super) async fn functions<'a>(
    accounts: &Accounts,
    named: impl Iterator<Item = (Arn, Option<&'a AccountId>)>,
    tick: impl Fn(usize, usize),
) -> BTreeMap<Arn, Function> {
    let mut wanted: BTreeMap<Arn, (Option<&AccountId>, BTreeSet<String>)> = BTreeMap::new();
    for (arn, named_by) in named {
        let (function, qualifier) = arn.split_qualifier();
        let (_, qualifiers) = wanted.entry(function).or_insert_with(|| (named_by, [String::new()].into()));
        qualifiers.extend(qualifier.map(str::to_owned));
    }
    let mut lanes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (function, (named_by, qualifiers)) in wanted {
        if let Some(session) = accounts.who_asks(&function, named_by) {
            let place = lane(session, function.region());
            lanes.entry(place).or_default().push((Arc::clone(session), function, qualifiers));
        }
    }
    let read = |_: &str, (session, arn, qualifiers): (Arc<Session>, Arn, BTreeSet<String>)| async move {
        match session.region(arn.region()) {
            Some(regional) => Box::pin(function(&regional, arn, qualifiers)).await,
            None => unreachable_function(arn, qualifiers),
        }
    };
    in_lanes(lanes, tick, read).await.into_iter().map(|function| (function.arn.clone(), function)).collect()
}

async fn function(regional: &Arc<Regional>, arn: Arn, qualifiers: BTreeSet<String>) -> Function {
    let (lambda, name) = (&regional.lambda, arn.as_str());
    let call = lambda.get_function_configuration().function_name(name).send();
    let configuration = ask_optional(Api::GetFunctionConfiguration, name, call, configuration).await;
    if matches!(configuration, Known::Value(None)) {
        // There is no such function: the other calls would only say so again.
        let policies = qualifiers.into_iter().map(|qualifier| (qualifier, Known::Value(None))).collect();
        return empty_function(arn, policies);
    }
    let mut policies = BTreeMap::new();
    let mut qualified = BTreeMap::new();
    let mut provisioned = BTreeMap::new();
    for qualifier in qualifiers.iter().filter(|qualifier| !["", "$LATEST"].contains(&qualifier.as_str())) {
        let call = lambda.get_function_configuration().function_name(name).qualifier(qualifier).send();
        let resource = format!("{name}:{qualifier}");
        qualified.insert(qualifier.clone(), ask_optional(Api::GetFunctionConfiguration, &resource, call, self::configuration).await);
        // Only versions and aliases have it (https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html).
        let call = lambda.get_provisioned_concurrency_config().function_name(name).qualifier(qualifier).send();
        let requested =
            ask_optional(Api::GetProvisionedConcurrency, &resource, call, |answer| answer.requested_provisioned_concurrent_executions);
        provisioned.insert(qualifier.clone(), requested.await);
    }
    for qualifier in qualifiers {
        let asked = Some(qualifier.clone()).filter(|qualifier| !qualifier.is_empty());
        let resource = asked.as_ref().map_or_else(|| name.to_owned(), |qualifier| format!("{name}:{qualifier}"));
        let call = lambda.get_policy().function_name(name).set_qualifier(asked).send();
        let policy = ask_optional(Api::GetFunctionPolicy, &resource, call, |answer| answer.policy.map(Document::new)).await;
        policies.insert(qualifier, policy);
    }
    let call = lambda.get_function_concurrency().function_name(name).send();
    let reserved = ask_optional(Api::GetFunctionConcurrency, name, call, |answer| Some(answer.reserved_concurrent_executions)).await;
    let call = lambda.list_tags().resource(name).send();
    let tags = ask_optional(Api::ListFunctionTags, name, call, |answer| Some(answer.tags.unwrap_or_default())).await;
    let urls = pages(
        Api::ListFunctionUrlConfigs,
        name,
        |marker| lambda.list_function_url_configs().function_name(name).set_marker(marker).send(),
        |answer| (Some(answer.function_url_configs), answer.next_marker),
    );
    Function {
        configuration,
        qualified,
        policies,
        reserved_concurrency: reserved.map(Option::flatten),
        provisioned_concurrency: provisioned,
        urls: whole_or_none(urls.await).map(|urls| urls.iter().map(url).collect()),
        tags: tags.map(|tags| tags.into_iter().flatten().collect()),
        arn,
    }
}

/// A function that does not exist.
fn empty_function(arn: Arn, policies: BTreeMap<String, Known<Option<Document>>>) -> Function {
    Function {
        arn,
        configuration: Known::Value(None),
        qualified: policies.keys().filter(|qualifier| !qualifier.is_empty()).map(|it| (it.clone(), Known::Value(None))).collect(),
        policies,
        reserved_concurrency: Known::default(),
        provisioned_concurrency: BTreeMap::new(),
        urls: Known::default(),
        tags: Known::default(),
    }
}

/// A function whose ARN names no region that can be asked.
fn unreachable_function(arn: Arn, qualifiers: BTreeSet<String>) -> Function {
    let missing: Gap = gap(Api::GetFunctionConfiguration, arn.as_str(), "its ARN names no AWS region");
    let policies = qualifiers.into_iter().map(|qualifier| (qualifier, Known::Unreadable(missing.clone()))).collect();
    Function {
        arn,
        configuration: Known::Unreadable(missing.clone()),
        qualified: BTreeMap::new(),
        policies,
        reserved_concurrency: Known::Unreadable(missing.clone()),
        provisioned_concurrency: BTreeMap::new(),
        urls: Known::Unreadable(missing.clone()),
        tags: Known::Unreadable(missing),
    }
}

/// `None` for an answer that is not about a function.
fn configuration(it: GetFunctionConfigurationOutput) -> Option<FunctionConfiguration> {
    let details = details(&it)?;
    let variables = it.environment.and_then(|environment| environment.variables).unwrap_or_default();
    Some(FunctionConfiguration {
        role: arn(it.role),
        runtime: it.runtime.map(|it| it.as_str().to_owned()),
        timeout_seconds: it.timeout,
        state: it.state.map(|it| it.as_str().to_owned()),
        state_reason_code: it.state_reason_code.map(|it| it.as_str().to_owned()),
        last_update_status: it.last_update_status.map(|it| it.as_str().to_owned()),
        timeout_gap: None,
        last_update_reason_code: it.last_update_status_reason_code.map(|it| it.as_str().to_owned()),
        environment_key: arn(it.kms_key_arn),
        endpoint_variables: variables
            .into_iter()
            .filter(|(name, _)| ENDPOINT_VARIABLES.contains(&name.as_str()))
            .map(|(name, value)| (name, without_credentials(&value)))
            .collect(),
        vpc: it.vpc_config.and_then(vpc),
        details: Some(details),
    })
}

/// What the function is made of and how it is set; `None` for an answer that is not about a function.
fn details(it: &GetFunctionConfigurationOutput) -> Option<FunctionDetails> {
    let function = it.function_arn.as_deref()?;
    let logging = it.logging_config.as_ref();
    let layers = it.layers().iter().filter_map(|layer| layer.arn.clone()).collect();
    Some(FunctionDetails {
        last_modified: it.last_modified.as_deref().and_then(changed),
        package_type: it.package_type.as_ref().map(|it| it.as_str().to_owned()),
        memory_mb: it.memory_size,
        architectures: it.architectures().iter().map(|it| it.as_str().to_owned()).collect(),
        layers,
        runtime_version: it.runtime_version_config.as_ref().and_then(|it| it.runtime_version_arn.clone()),
        signing_job: text(it.signing_job_arn.clone()),
        dead_letter_target: text(it.dead_letter_config.as_ref().and_then(|it| it.target_arn.clone())),
        log_group: text(logging.and_then(|it| it.log_group.clone())),
        log_format: logging.and_then(|it| it.log_format.as_ref()).map(|it| it.as_str().to_owned()),
        log_level: logging.and_then(|it| it.application_log_level.as_ref()).map(|it| it.as_str().to_owned()),
        variables: environment(it.environment.as_ref(), function),
    })
}

/// Lambda writes `+0000` where other services write `Z`.
fn changed(text: &str) -> Option<Timestamp> {
    text.replace("+0000", "Z").parse().ok()
}

/// The names of the variables. Where Lambda could not decrypt them for whoever asks, it says so in their place
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentResponse.html>).
fn environment(it: Option<&EnvironmentResponse>, function: &str) -> Known<Variables> {
    let Some(it) = it else { return Known::default() };
    match (&it.variables, &it.error) {
        (None, Some(error)) => {
            let code = error.error_code().unwrap_or("the environment could not be decrypted");
            Known::Unreadable(gap(Api::GetFunctionConfiguration, function, code))
        }
        (variables, _) => {
            let all = || variables.iter().flatten();
            let is_setting = |name: &str| PASSWORD_VARIABLES.contains(&name);
            Known::Value(Variables {
                names: all().map(|(name, _)| name.clone()).collect(),
                password_settings: all().filter(|(name, _)| is_setting(name)).map(|(name, value)| (name.clone(), value.clone())).collect(),
            })
        }
    }
}

/// Lambda tells an empty attachment of a function that was taken out of its VPC.
fn vpc(it: VpcConfigResponse) -> Option<VpcAttachment> {
    let attachment = VpcAttachment {
        vpc_id: text(it.vpc_id).unwrap_or_default(),
        subnet_ids: it.subnet_ids.unwrap_or_default(),
        security_group_ids: it.security_group_ids.unwrap_or_default(),
        ipv6_allowed: it.ipv6_allowed_for_dual_stack.unwrap_or(false),
    };
    // What a function that has left its VPC may use there says nothing.
    let nowhere = VpcAttachment { ipv6_allowed: attachment.ipv6_allowed, ..VpcAttachment::default() };
    (attachment != nowhere).then_some(attachment)
}

fn url(it: &FunctionUrlConfig) -> FunctionUrl {
    let qualifier = Arn::parse(&it.function_arn).ok().and_then(|arn| arn.split_qualifier().1.map(str::to_owned));
    FunctionUrl { qualifier, auth_type: it.auth_type.as_str().to_owned() }
}
