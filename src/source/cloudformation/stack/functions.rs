//! Functions: configuration, policies, concurrency and URLs.

use std::collections::BTreeMap;

use super::permissions::{self, Names};
use super::properties::{Properties, gap, gap_of};
use super::resources::Stack;
use super::unread;
use crate::arn::Arn;
use crate::inventory::{
    ENDPOINT_VARIABLES, Function, FunctionConfiguration, FunctionDetails, FunctionUrl, Known, PASSWORD_VARIABLES, Variables, VpcAttachment,
};
use crate::policy::Text;
use crate::source::bare;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::value::Value;

/// The time limit of a function whose template names none (<https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>).
const TIMEOUT_SECONDS: i32 = 3;

/// The functions that the stack makes.
pub(super) fn functions(stack: &Stack<'_>) -> Result<BTreeMap<Arn, Function>, TemplateError> {
    let mut functions = BTreeMap::new();
    for it in stack.of_kind("AWS::Lambda::Function") {
        let arn = it.arn("Arn")?;
        functions.insert(arn.clone(), function(stack, it, arn)?);
    }
    Ok(functions)
}

fn function(stack: &Stack<'_>, it: Properties<'_>, arn: Arn) -> Result<Function, TemplateError> {
    let names = Names { name: it.reference()?, arn };
    let mut urls = Vec::new();
    for url in stack.naming("AWS::Lambda::Url", "TargetFunctionArn", names.arn.as_str())? {
        let Some(qualifier) = url.text("TargetFunctionArn")?.and_then(|target| names.qualifier(&target)) else { continue };
        let qualifier = url.text("Qualifier")?.map(|text| text.written().into_owned()).or(Some(qualifier)).filter(|text| !text.is_empty());
        let auth_type = url.text("AuthType")?.map(|text| text.written().into_owned()).unwrap_or_default();
        urls.push(FunctionUrl { qualifier, auth_type });
    }
    let reserved = match it.text("ReservedConcurrentExecutions")? {
        None => Known::Value(None),
        Some(text) => match text.as_literal().and_then(|text| text.parse().ok()) {
            Some(number) => Known::Value(Some(number)),
            None => Known::Unreadable(gap_of(it.id, &text.written())),
        },
    };
    let configuration = configuration(it)?.map(Some);
    let mut policies = permissions::policies(stack, &names)?;
    // A version is published from what the template says, and an alias names one.
    let (mut qualified, mut provisioned_concurrency) = (BTreeMap::new(), BTreeMap::new());
    let versions = stack.naming("AWS::Lambda::Version", "FunctionName", names.arn.as_str())?;
    let aliases = stack.naming("AWS::Lambda::Alias", "FunctionName", names.arn.as_str())?;
    for other in versions.into_iter().chain(aliases) {
        let Some(qualifier) = names.qualifier(&other.reference()?).filter(|qualifier| !qualifier.is_empty()) else { continue };
        policies.entry(qualifier.clone()).or_insert(Known::Value(None));
        provisioned_concurrency.insert(qualifier.clone(), Known::Value(None));
        qualified.insert(qualifier, configuration.clone());
    }
    let mut urls = Known::Value(urls);
    if let Some(gap) = unread::may_change(stack, |text| names.qualifier(text).is_some())? {
        for policy in policies.values_mut() {
            *policy = Known::Unreadable(gap.clone());
        }
        urls = Known::Unreadable(gap);
    }
    Ok(Function {
        policies,
        configuration,
        qualified,
        reserved_concurrency: reserved,
        provisioned_concurrency,
        urls,
        tags: tags(it)?,
        arn: names.arn,
    })
}

fn configuration(it: Properties<'_>) -> Result<Known<FunctionConfiguration>, TemplateError> {
    let written = |name: &str| Ok::<_, TemplateError>(it.text(name)?.map(|text| text.written().into_owned()));
    let role = match it.text("Role")? {
        Some(role) => match Arn::parse(&role.written()) {
            Ok(arn) => Some(arn),
            Err(_) => return Ok(Known::Unreadable(gap_of(it.id, &role.written()))),
        },
        None => None,
    };
    let (timeout, timeout_gap) = match it.text("Timeout")? {
        None => (Some(TIMEOUT_SECONDS), None),
        Some(text) => match text.as_literal().and_then(|text| text.parse().ok()) {
            Some(seconds) => (Some(seconds), None),
            None => (None, Some(gap_of(it.id, &text.written()))),
        },
    };
    let environment = it.value("Environment")?;
    // Of an environment that is not known at all, the variables are not either.
    let variables = environment.as_ref().and_then(|it| if matches!(it, Value::Map(_)) { it.get("Variables") } else { Some(it) });
    let variable = |name: &&str| match variables?.get(name)? {
        Value::Text(text) => Some(((*name).to_owned(), text.written().into_owned())),
        _ => None,
    };
    let mut endpoint_variables: BTreeMap<_, _> = ENDPOINT_VARIABLES.iter().filter_map(variable).collect();
    let mut details = details(it, variables)?;
    if let Some(written) = bare::unknown_endpoint(&endpoint_variables) {
        details.variables = Known::Unreadable(gap_of(it.id, written));
        endpoint_variables.clear();
    }
    Ok(Known::Value(FunctionConfiguration {
        role,
        runtime: written("Runtime")?,
        timeout_seconds: timeout,
        timeout_gap,
        state: Some("Active".to_owned()),
        last_update_status: Some("Successful".to_owned()),
        environment_key: it.text("KmsKeyArn")?.and_then(|text| Arn::parse(&text.written()).ok()),
        vpc: vpc(it)?,
        details: Some(details),
        endpoint_variables,
        ..FunctionConfiguration::default()
    }))
}

/// What a function is made of, as far as the template says it.
fn details(it: Properties<'_>, variables: Option<&Value>) -> Result<FunctionDetails, TemplateError> {
    let literal = |value: Option<&Value>| value.and_then(text).map(|text| text.written().into_owned());
    let (logging, dead_letter) = (it.value("LoggingConfig")?, it.value("DeadLetterConfig")?);
    let of_logging = |name: &str| literal(logging.as_ref().and_then(|logging| logging.get(name)));
    let texts = |name: &str| {
        Ok::<_, TemplateError>(it.list(name)?.value().into_iter().flatten().filter_map(|it| literal(Some(it))).collect::<Vec<_>>())
    };
    let variables = match variables {
        None => Known::Value(Variables::default()),
        Some(Value::Map(all)) => Known::Value(Variables {
            names: all.keys().cloned().collect(),
            password_settings: PASSWORD_VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), literal(all.get(*name))?))).collect(),
        }),
        Some(Value::Unknown(missing)) => Known::Unreadable(gap(it.id, missing)),
        Some(_) => Known::Unreadable(gap_of(it.id, "Environment")),
    };
    Ok(FunctionDetails {
        package_type: Some(it.text("PackageType")?.map_or_else(|| "Zip".to_owned(), |text| text.written().into_owned())),
        memory_mb: it.text("MemorySize")?.and_then(|text| text.as_literal()?.parse().ok()),
        architectures: texts("Architectures")?.into_iter().collect(),
        layers: texts("Layers")?,
        dead_letter_target: literal(dead_letter.as_ref().and_then(|config| config.get("TargetArn"))),
        log_group: of_logging("LogGroup"),
        log_format: of_logging("LogFormat"),
        log_level: of_logging("ApplicationLogLevel"),
        variables,
        ..FunctionDetails::default()
    })
}

fn vpc(it: Properties<'_>) -> Result<Option<VpcAttachment>, TemplateError> {
    let Some(vpc) = it.value("VpcConfig")? else { return Ok(None) };
    let ids = |name: &str| match vpc.get(name) {
        Some(Value::List(items)) => items.iter().filter_map(text).map(|text| text.written().trim().to_owned()).collect(),
        // One text stands for a list of one, or for a list of which nobody knows how long it is.
        one => one.and_then(text).map(|text| text.written().into_owned()).into_iter().collect(),
    };
    let (subnet_ids, security_group_ids): (Vec<String>, Vec<String>) = (ids("SubnetIds"), ids("SecurityGroupIds"));
    let ipv6_allowed = vpc.get("Ipv6AllowedForDualStack").and_then(text).is_some_and(|text| text.as_literal() == Some("true"));
    // Which VPC the subnets are in, the network tells.
    Ok((!subnet_ids.is_empty()).then(|| VpcAttachment { vpc_id: String::new(), subnet_ids, security_group_ids, ipv6_allowed }))
}

fn text(value: &Value) -> Option<Text> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Unknown(missing) => Some(missing.text()),
        _ => None,
    }
}

/// The tags of a resource that writes them as a list of `Key` and `Value`.
pub(super) fn tags(it: Properties<'_>) -> Result<Known<BTreeMap<String, String>>, TemplateError> {
    Ok(it.list("Tags")?.map(|items| {
        let pair = |item: &Value| Some((text(item.get("Key")?)?.written().into_owned(), text(item.get("Value")?)?.written().into_owned()));
        items.iter().filter_map(pair).collect()
    }))
}
