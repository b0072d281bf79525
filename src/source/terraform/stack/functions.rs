//! Functions: configuration, aliases, policies, concurrency and URLs.

use std::collections::{BTreeMap, BTreeSet};

use super::permissions::{self, FUNCTION, Policies, function_of, qualifier};
use super::resources::Stack;
use super::thing::{Thing, gap_of};
use crate::arn::Arn;
use crate::inventory::{
    ENDPOINT_VARIABLES, Function, FunctionConfiguration, FunctionDetails, FunctionUrl, Known, PASSWORD_VARIABLES, Variables, VpcAttachment,
};
use crate::source::bare;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

/// The time limit and the memory of a function that names none (<https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>).
const TIMEOUT_SECONDS: i32 = 3;
const MEMORY_MB: i32 = 128;

/// The functions that the plan makes.
pub(super) fn functions(stack: &Stack<'_>) -> BTreeMap<Arn, Function> {
    let made = stack.of_kind("aws_lambda_function").filter_map(|it| {
        let arn = it.arn()?;
        Some((arn.clone(), function(stack, it, arn)))
    });
    made.collect()
}

fn function(stack: &Stack<'_>, it: Thing<'_>, arn: Arn) -> Function {
    let configuration = configuration(stack, it).map(Some);
    let said = around(stack, &arn, &configuration);
    let Around { mut policies, mut qualified, .. } = said;
    let version =
        it.naming("qualified_arn", Want::arn(Kind::Function)).filter(|_| it.value("publish").and_then(Value::text) == Some("true"));
    let version = version.and_then(|text| qualifier(&text, &arn)).filter(|version| !version.is_empty());
    if let Some(version) = version {
        policies.entry(version.clone()).or_insert(Known::Value(None));
        qualified.insert(version, configuration.clone());
    }
    Function {
        configuration,
        qualified,
        policies,
        // -1 is how the provider says that none is reserved.
        reserved_concurrency: known_number(it, "reserved_concurrent_executions").map(|reserved| reserved.filter(|reserved| *reserved >= 0)),
        provisioned_concurrency: said.provisioned_concurrency,
        urls: said.urls,
        tags: it.tags(),
        arn,
    }
}

/// What resources of their own say of a function.
pub(super) struct Around {
    pub(super) policies: Policies,
    pub(super) qualified: BTreeMap<String, Known<Option<FunctionConfiguration>>>,
    pub(super) provisioned_concurrency: BTreeMap<String, Known<Option<i32>>>,
    pub(super) urls: Known<Vec<FunctionUrl>>,
}

/// What is said of the function of this ARN, which has this configuration.
pub(super) fn around(stack: &Stack<'_>, arn: &Arn, configuration: &Known<Option<FunctionConfiguration>>) -> Around {
    let mut policies = permissions::policies(stack, arn);
    // What aliases there will be. Each has a policy of its own, which is empty unless a permission names it.
    let own = |other: &Thing<'_>| function_of(*other, "function_name").is_some_and(|name| qualifier(&name, arn).is_some());
    let others = |kind| stack.naming(kind, "function_name", FUNCTION, arn.as_str()).into_iter().filter(own);
    let mut qualified = BTreeMap::new();
    for (alias, name) in others("aws_lambda_alias").filter_map(|alias| Some((alias, alias.text("name")?))) {
        let policy = policies.entry(name.clone()).or_insert(Known::Value(None));
        match alias.contested() {
            Some(gap) => {
                *policy = Known::Unreadable(gap.clone());
                qualified.insert(name, Known::Unreadable(gap));
            }
            None => drop(qualified.insert(name, configuration.clone())),
        }
    }
    let mut provisioned_concurrency = BTreeMap::new();
    for other in others("aws_lambda_provisioned_concurrency_config") {
        if let Some(qualifier) = other.text("qualifier") {
            let number = known_number(other, "provisioned_concurrent_executions");
            provisioned_concurrency.insert(qualifier, other.contested().map_or(number, Known::Unreadable));
        }
    }
    let url =
        |url: Thing<'_>| FunctionUrl { qualifier: url.text("qualifier"), auth_type: url.text("authorization_type").unwrap_or_default() };
    let contested = others("aws_lambda_function_url").find_map(|it| it.contested());
    let urls = contested.map_or_else(|| Known::Value(others("aws_lambda_function_url").map(url).collect()), Known::Unreadable);
    Around { policies, qualified, provisioned_concurrency, urls }
}

fn known_number(it: Thing<'_>, path: &str) -> Known<Option<i32>> {
    match it.value(path) {
        Some(Value::Unknown) => Known::Unreadable(it.unknown(path)),
        _ => Known::Value(it.number(path)),
    }
}

fn configuration(stack: &Stack<'_>, it: Thing<'_>) -> Known<FunctionConfiguration> {
    let role = match it.naming("role", Want::arn(Kind::Role)) {
        Some(role) => match Arn::parse(&role.written()) {
            Ok(arn) => Some(arn),
            Err(_) => return Known::Unreadable(gap_of(it.address(), &role.written())),
        },
        None => None,
    };
    if it.value("vpc_config") == Some(&Value::Unknown) {
        return Known::Unreadable(it.unknown("vpc_config"));
    }
    let (mut endpoint_variables, mut details) = (variables(it, &ENDPOINT_VARIABLES), details(it));
    if let Some(written) = bare::unknown_endpoint(&endpoint_variables) {
        details.variables = Known::Unreadable(gap_of(it.address(), written));
        endpoint_variables.clear();
    }
    Known::Value(FunctionConfiguration {
        role,
        runtime: it.text("runtime"),
        timeout_seconds: match it.value("timeout") {
            None => Some(TIMEOUT_SECONDS),
            Some(_) => it.number("timeout"),
        },
        timeout_gap: (it.value("timeout") == Some(&Value::Unknown)).then(|| it.unknown("timeout")),
        state: Some("Active".to_owned()),
        last_update_status: Some("Successful".to_owned()),
        environment_key: it.naming("kms_key_arn", Want::arn(Kind::Key)).and_then(|text| Arn::parse(&text.written()).ok()),
        vpc: vpc(stack, it),
        details: Some(details),
        endpoint_variables,
        ..FunctionConfiguration::default()
    })
}

/// The values of these environment variables; the values of all others are looked at by nobody.
fn variables(it: Thing<'_>, names: &[&str]) -> BTreeMap<String, String> {
    let value = |name: &&str| Some(((*name).to_owned(), it.text(&format!("environment.0.variables.{name}"))?));
    match it.value("environment.0.variables") {
        Some(Value::Map(_)) => names.iter().filter_map(value).collect(),
        _ => BTreeMap::new(),
    }
}

fn details(it: Thing<'_>) -> FunctionDetails {
    let names = match it.value("environment.0.variables") {
        Some(Value::Unknown) => Known::Unreadable(it.unknown("environment.0.variables")),
        Some(Value::Map(variables)) => Known::Value(variables.keys().cloned().collect()),
        _ => Known::Value(BTreeSet::new()),
    };
    FunctionDetails {
        package_type: Some(it.text("package_type").unwrap_or_else(|| "Zip".to_owned())),
        memory_mb: Some(it.number("memory_size").unwrap_or(MEMORY_MB)),
        architectures: it.list("architectures", Want::text()).into_iter().collect(),
        layers: it.list("layers", Want::arn(Kind::Any)),
        dead_letter_target: it.naming("dead_letter_config.0.target_arn", Want::arn(Kind::Any)).map(|text| text.written().into_owned()),
        log_group: it.text("logging_config.0.log_group"),
        log_format: Some(it.text("logging_config.0.log_format").unwrap_or_else(|| "Text".to_owned())),
        log_level: it.text("logging_config.0.application_log_level"),
        variables: names.map(|names| Variables { names, password_settings: variables(it, &PASSWORD_VARIABLES) }),
        ..FunctionDetails::default()
    }
}

fn vpc(stack: &Stack<'_>, it: Thing<'_>) -> Option<VpcAttachment> {
    let subnet_ids = it.list("vpc_config.0.subnet_ids", Want::id(Kind::Subnet));
    let attached = !subnet_ids.is_empty();
    let vpc_id = it.value("vpc_config.0.vpc_id").and_then(Value::text).map(str::to_owned);
    attached.then(|| VpcAttachment {
        vpc_id: vpc_id.or_else(|| vpc_of(stack, &subnet_ids)).unwrap_or_default(),
        subnet_ids,
        security_group_ids: it.list("vpc_config.0.security_group_ids", Want::id(Kind::SecurityGroup)),
        ipv6_allowed: it.value("vpc_config.0.ipv6_allowed_for_dual_stack").and_then(Value::text) == Some("true"),
    })
}

/// The VPC of the first of these subnets, where the plan makes that.
pub(super) fn vpc_of(stack: &Stack<'_>, subnets: &[String]) -> Option<String> {
    let first = subnets.first()?;
    let subnet = stack.of_kind("aws_subnet").find(|it| it.naming("id", Want::id(Kind::Subnet)).is_some_and(|id| id.written() == *first));
    subnet.and_then(|it| it.naming("vpc_id", Want::id(Kind::Vpc))).map(|text| text.written().into_owned())
}
