//! The fields of the rotation function. One that does not exist has none but its name.

use super::make::{boolean, int, known, list, malformed, not_known, option, record, string, text};
use super::row::{Row, View};
use crate::arn::Arn;
use crate::inventory::network::{Peer, Protocol, SecurityGroupRule};
use crate::inventory::{Function, FunctionConfiguration, FunctionUrl, Gap, Known};
use crate::policy::Text;
use crate::rules::expression::{Fact, Field, Record, Type};

const URL: Record =
    Record { name: "function URL", fields: &[Field::required("auth_type", Type::String), Field::optional("qualifier", Type::String)] };

pub(super) const ROWS: &[Row] = &[
    Row::listed(Field::optional("function.name", Type::String), |view| option(view.rotation.function_arn.map(Arn::name), text)),
    Row::listed(Field::optional("function.account", Type::String), |view| option(view.rotation.function_arn.map(Arn::account), text)),
    Row::listed(Field::optional("function.region", Type::String), |view| option(view.rotation.function_arn.map(Arn::region), text)),
    // The version or alias that the secret names.
    Row::listed(Field::optional("function.qualifier", Type::String), |view| {
        option(view.rotation.function_arn.and_then(|arn| arn.split_qualifier().1), text)
    }),
    // What of the function the secret names: latest, version or alias.
    Row::listed(Field::required("function.runs", Type::String), |view| {
        let qualifier = view.rotation.function_arn.and_then(|arn| arn.split_qualifier().1);
        text(match qualifier {
            None | Some("$LATEST") => "latest",
            Some(version) if version.bytes().all(|byte| byte.is_ascii_digit()) => "version",
            Some(_) => "alias",
        })
    }),
    Row::read(Field::required("function.exists", Type::Bool), |view| {
        known(view.rotation.configuration.clone(), |configuration| boolean(configuration.is_some()))
    }),
    Row::read(Field::optional("function.state", Type::String), |view| of_configuration(view, |c| option(c.state.as_deref(), text))),
    Row::read(Field::optional("function.state_reason", Type::String), |view| {
        of_configuration(view, |c| option(c.state_reason_code.as_deref(), text))
    }),
    Row::read(Field::optional("function.last_update_status", Type::String), |view| {
        of_configuration(view, |c| option(c.last_update_status.as_deref(), text))
    }),
    Row::read(Field::optional("function.last_update_reason", Type::String), |view| {
        of_configuration(view, |c| option(c.last_update_reason_code.as_deref(), text))
    }),
    // Why it does not run or could not be updated, in kinds: `artefact`, `addresses`, `other`.
    Row::read(Field::optional("function.fault", Type::String), |view| of_configuration(view, |c| option(fault(c), text))),
    // The security groups that let out everything to everywhere.
    Row::read(Field::required("function.open_egress", Type::List(&Type::String)), open_egress),
    Row::read(Field::optional("function.timeout", Type::Int), |view| {
        of_configuration(view, |c| match &c.timeout_gap {
            Some(gap) => Fact::Unreadable(vec![gap.clone()]),
            None => option(c.timeout_seconds, |seconds| int(seconds.into())),
        })
    }),
    Row::read(Field::optional("function.runtime", Type::String), |view| of_configuration(view, |c| option(c.runtime.as_deref(), text))),
    Row::read(Field::required("function.in_vpc", Type::Bool), |view| {
        known(view.rotation.configuration.clone(), |configuration| boolean(configuration.is_some_and(|c| c.vpc.is_some())))
    }),
    Row::read(Field::optional("function.reserved_concurrency", Type::Int), |view| {
        of_function(view, Fact::Absent, |function| {
            known(function.reserved_concurrency.clone(), |reserved| option(reserved, |reserved| int(reserved.into())))
        })
    }),
    // Of the version or alias that the secret names; nothing else has it.
    Row::read(Field::optional("function.provisioned_concurrency", Type::Int), |view| {
        of_function(view, Fact::Absent, |function| {
            let qualifier = view.rotation.function_arn.and_then(|arn| arn.split_qualifier().1).unwrap_or_default();
            let requested = function.provisioned_concurrency.get(qualifier).cloned().unwrap_or_default();
            known(requested, |requested| option(requested, |requested| int(requested.into())))
        })
    }),
    Row::read(Field::required("function.urls", Type::List(&Type::Record(&URL))), |view| {
        of_function(view, list([]), |function| {
            known(function.urls.as_ref(), |urls| {
                let url = |url: &FunctionUrl| {
                    let is_open = Text::parse(&url.auth_type).has_unknown();
                    let auth_type = if is_open { not_known(view.rotation.function_arn, &url.auth_type) } else { text(&url.auth_type) };
                    record([("auth_type", auth_type), ("qualifier", option(url.qualifier.as_deref(), text))])
                };
                list(urls.iter().map(url))
            })
        })
    }),
    Row::read(Field::required("function.aws_template", Type::Bool), |view| known(view.rotation.from_aws_template(), boolean)),
    Row::read(Field::required("function.malformed_policies", Type::List(&Type::String)), |view| {
        of_function(view, list([]), malformed_policies)
    }),
];

/// The reason codes that say that code, image or key cannot be used, and those that say that there is no address or interface left
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>).
const ARTEFACT: [&str; 9] = [
    "DisabledKMSKey",
    "ImageAccessDenied",
    "ImageDeleted",
    "InvalidImage",
    "InvalidRuntime",
    "InvalidStateKMSKey",
    "InvalidZipFileException",
    "KMSKeyAccessDenied",
    "KMSKeyNotFound",
];
const ADDRESSES: [&str; 2] = ["EniLimitExceeded", "SubnetOutOfIPAddresses"];

/// A function that is being made, or sleeps because nobody called it, is well
/// (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>).
fn fault(it: &FunctionConfiguration) -> Option<&'static str> {
    let reason = it.state_reason_code.as_deref();
    let of_state = match it.state.as_deref() {
        None | Some("Active" | "Pending") => None,
        Some("Inactive") => reason.filter(|code| *code != "Idle"),
        Some(_) => Some(reason.unwrap_or_default()),
    };
    let of_update = || {
        let failed = it.last_update_status.as_deref() == Some("Failed");
        failed.then(|| it.last_update_reason_code.as_deref().unwrap_or_default())
    };
    let code = of_state.or_else(of_update)?;
    Some(match code {
        _ if ARTEFACT.contains(&code) => "artefact",
        _ if ADDRESSES.contains(&code) => "addresses",
        _ => "other",
    })
}

fn open_egress(view: &View<'_>) -> Fact<Gap> {
    let (Some(arn), Known::Value(configuration)) = (view.rotation.function_arn, &view.rotation.configuration) else {
        return known(view.rotation.configuration.clone(), |_| list([]));
    };
    let Some(vpc) = configuration.and_then(|configuration| configuration.vpc.as_ref()) else { return list([]) };
    let place = format!("{}/{}", arn.account(), arn.region());
    let groups = match view.inventory.networks.get(&place) {
        Some(network) => network.security_groups.as_ref(),
        None => Known::Unreadable(Gap::not_collected("ec2:DescribeSecurityGroups", &place)),
    };
    known(groups, |groups| {
        let open = |id: &&String| groups.get(*id).is_some_and(|group| group.egress.iter().any(lets_out_everything));
        list(vpc.security_group_ids.iter().filter(open).map(|id| string(id)))
    })
}

fn lets_out_everything(rule: &SecurityGroupRule) -> bool {
    rule.protocol == Protocol::All && matches!(rule.peer, Peer::Cidr(range) if range.prefix_len() == 0)
}

fn of_configuration(view: &View<'_>, make: impl FnOnce(&FunctionConfiguration) -> Fact<Gap>) -> Fact<Gap> {
    known(view.rotation.configuration.clone(), |configuration| option(configuration, make))
}

fn of_function(view: &View<'_>, without: Fact<Gap>, make: impl FnOnce(&Function) -> Fact<Gap>) -> Fact<Gap> {
    known(view.rotation.function.clone(), |function| function.map_or(without, make))
}

/// A malformed policy is one whatever the policies of other qualifiers are; only without one do unread policies matter.
fn malformed_policies(function: &Function) -> Fact<Gap> {
    let mut found = Vec::new();
    let mut gaps = Vec::new();
    for (qualifier, policy) in &function.policies {
        let name = if qualifier.is_empty() { "function policy".to_owned() } else { format!("policy of {qualifier}") };
        match policy {
            Known::Value(policy) => found.extend(policy.as_ref().and_then(|policy| malformed(&name, policy))),
            Known::Unreadable(gap) => gaps.push(gap.clone()),
        }
    }
    if found.is_empty() && !gaps.is_empty() { Fact::Unreadable(gaps) } else { list(found) }
}
