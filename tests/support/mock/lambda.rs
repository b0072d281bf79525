//! Lambda as the mock tells it.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use rotaudit::arn::Arn;
use rotaudit::inventory::{Function, FunctionConfiguration, FunctionDetails, Known};
use serde_json::{Value, json};

use super::PLANTED;
use super::scope::{Failure, Scope, fact};
use super::wire::Asked;

/// Method, API version, collection and what follows the name, with the operation that they make
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>).
const OPERATIONS: [(&str, &str, &str, &str, &str); 7] = [
    ("GET", "2015-03-31", "functions", "", "GetFunction"),
    ("GET", "2015-03-31", "functions", "configuration", "GetFunctionConfiguration"),
    ("GET", "2015-03-31", "functions", "policy", "GetPolicy"),
    ("GET", "2019-09-30", "functions", "concurrency", "GetFunctionConcurrency"),
    ("GET", "2019-09-30", "functions", "provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    ("GET", "2021-10-31", "functions", "urls", "ListFunctionUrlConfigs"),
    ("GET", "2017-03-31", "tags", "", "ListTags"),
];

/// The operation of a request; puts the function's name among the fields.
pub(super) fn operation(method: &str, path: &str, fields: &mut BTreeMap<String, String>) -> String {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (version, collection) = (parts.first().copied().unwrap_or_default(), parts.get(1).copied().unwrap_or_default());
    let (name, rest) = (parts.get(2).copied().unwrap_or_default(), parts.get(3).copied().unwrap_or_default());
    fields.insert("FunctionName".to_owned(), percent_decode_str(name).decode_utf8_lossy().into_owned());
    let found = OPERATIONS.into_iter().find(|row| (row.0, row.1, row.2, row.3) == (method, version, collection, rest));
    found.map_or_else(|| format!("{method} {path}"), |row| row.4.to_owned())
}

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Value, Failure> {
    let missing = |what: &str| Failure::new(404, "ResourceNotFoundException", what);
    let arn = asked.field("FunctionName").and_then(|name| Arn::parse(name).ok()).filter(|arn| scope.is_here(arn));
    let function = arn.and_then(|arn| scope.inventory.functions.get(&arn)).ok_or_else(|| missing("Function not found"))?;
    if matches!(function.configuration, Known::Value(None)) {
        return Err(missing("Function not found"));
    }
    match operation {
        "GetFunctionConfiguration" => {
            let known = match asked.field("Qualifier") {
                None => Some(&function.configuration),
                Some(qualifier) => function.qualified.get(qualifier),
            };
            let found = known.map(fact).transpose()?.and_then(Option::as_ref);
            found.map(|it| configuration(function, it)).ok_or_else(|| missing("Function not found"))
        }
        "GetPolicy" => {
            let policy = function.policies.get(asked.field("Qualifier").unwrap_or_default());
            let policy = policy.map(fact).transpose()?.and_then(Option::as_ref);
            let policy = policy.ok_or_else(|| missing("No policy is associated with the given resource."))?;
            Ok(json!({"Policy": policy.text(), "RevisionId": "0"}))
        }
        "GetFunctionConcurrency" => Ok(json!({"ReservedConcurrentExecutions": fact(&function.reserved_concurrency)?})),
        "GetProvisionedConcurrencyConfig" => {
            let known = function.provisioned_concurrency.get(asked.field("Qualifier").unwrap_or_default());
            let requested = known.map(fact).transpose()?.and_then(Option::as_ref);
            let none = || Failure::new(404, "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found");
            Ok(json!({"RequestedProvisionedConcurrentExecutions": requested.ok_or_else(none)?, "Status": "READY"}))
        }
        "ListFunctionUrlConfigs" => {
            let (urls, next) = scope.page(fact(&function.urls)?.iter().collect(), asked.token());
            let of =
                |qualifier: &Option<String>| qualifier.as_ref().map_or(function.arn.to_string(), |it| format!("{}:{it}", function.arn));
            let urls: Vec<Value> = urls
                .into_iter()
                .map(|url| {
                    json!({"FunctionArn": of(&url.qualifier), "FunctionUrl": "https://x.lambda-url.invalid/", "AuthType": url.auth_type,
                           "CreationTime": "", "LastModifiedTime": ""})
                })
                .collect();
            Ok(json!({"FunctionUrlConfigs": urls, "NextMarker": next}))
        }
        "ListTags" => Ok(json!({"Tags": fact(&function.tags)?})),
        other => Err(Failure::new(404, "InvalidAction", other)),
    }
}

fn configuration(function: &Function, it: &FunctionConfiguration) -> Value {
    let vpc = it.vpc.clone().unwrap_or_default();
    let details = it.details.clone().unwrap_or_default();
    let layers: Vec<Value> = details.layers.iter().map(|arn| json!({"Arn": arn, "CodeSize": 1})).collect();
    json!({
        "FunctionName": function.arn.name(),
        "FunctionArn": function.arn,
        "Role": it.role,
        "Runtime": it.runtime,
        "Timeout": it.timeout_seconds,
        "State": it.state,
        "StateReasonCode": it.state_reason_code,
        "LastUpdateStatus": it.last_update_status,
        "LastUpdateStatusReasonCode": it.last_update_reason_code,
        "KMSKeyArn": it.environment_key,
        "Environment": environment(it, &details),
        "LastModified": details.last_modified.map(|time| time.to_string().replace('Z', "+0000")),
        "PackageType": details.package_type,
        "MemorySize": details.memory_mb,
        "Architectures": details.architectures,
        "Layers": layers,
        "RuntimeVersionConfig": {"RuntimeVersionArn": details.runtime_version},
        "SigningJobArn": details.signing_job,
        "DeadLetterConfig": {"TargetArn": details.dead_letter_target},
        "LoggingConfig": {"LogGroup": details.log_group, "LogFormat": details.log_format, "ApplicationLogLevel": details.log_level},
        "Description": PLANTED,
        "StateReason": PLANTED,
        "LastUpdateStatusReason": PLANTED,
        "ImageConfigResponse": {"ImageConfig": {"Command": [PLANTED], "EntryPoint": [PLANTED]}, "Error": {"ErrorCode": "x", "Message": PLANTED}},
        "VpcConfig": {"VpcId": vpc.vpc_id, "SubnetIds": vpc.subnet_ids, "SecurityGroupIds": vpc.security_group_ids,
                      "Ipv6AllowedForDualStack": vpc.ipv6_allowed},
        "CodeSha256": "0",
        "CodeSize": 1,
    })
}

/// Every variable but those whose values the inventory keeps holds a password, and so does the message of an error.
fn environment(it: &FunctionConfiguration, details: &FunctionDetails) -> Value {
    let variables = match &details.variables {
        Known::Value(variables) => variables,
        Known::Unreadable(gap) => return json!({"Error": {"ErrorCode": gap.error, "Message": PLANTED}}),
    };
    let kept = |name: &String| it.endpoint_variables.get(name).or_else(|| variables.password_settings.get(name)).cloned();
    let value = |name: &String| kept(name).unwrap_or_else(|| PLANTED.to_owned());
    let all: BTreeMap<&String, String> =
        variables.names.iter().chain(it.endpoint_variables.keys()).map(|name| (name, value(name))).collect();
    json!({"Variables": all, "Error": {"ErrorCode": "KMSAccessDenied", "Message": PLANTED}})
}
