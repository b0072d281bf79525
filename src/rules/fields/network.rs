//! The fields of the network: the endpoint URLs that a function uses, the VPC endpoint or the cause that a rule looks at, and the paths as a whole.

use super::make::{boolean, known, list, option, record, string, text};
use super::row::{Focus, Row, View};
use crate::access::Way;
use crate::arn::Arn;
use crate::inventory::{FunctionConfiguration, Gap, Known};
use crate::network::{Endpoint, HostKind, Reach, Reason, Verdict, endpoints};
use crate::rotation::Connections;
use crate::rules::expression::{Fact, Field, Record, Type, Value};

const URL: Record = Record {
    name: "endpoint URL",
    fields: &[
        Field::required("url", Type::String),
        Field::required("kind", Type::String),
        Field::required("plain", Type::Bool),
        Field::optional("variable", Type::String),
    ],
};

pub(super) const ROWS: &[Row] = &[
    // Where the function looks for Secrets Manager. The kind is default, fips, vpc-endpoint, unverified, not-aws or bad.
    Row::read(Field::required("function.endpoints", Type::List(&Type::Record(&URL))), |view| of_endpoints(view, url)),
    Row::read(Field::required("function.endpoint_urls", Type::List(&Type::String)), |view| {
        of_endpoints(view, |endpoint| string(&endpoint.url))
    }),
    // The variable that AWS's templates read.
    Row::read(Field::optional("function.endpoint_variable", Type::String), |view| {
        known(with_environment(view), |configuration| {
            let variables = configuration.map(|configuration| &configuration.endpoint_variables);
            option(variables.and_then(|variables| variables.get("SECRETS_MANAGER_ENDPOINT")).map(String::as_str), text)
        })
    }),
    Row::listed(Field::optional("endpoint.id", Type::String), |view| match view.focus {
        Focus::Way(Way::Endpoint { id, .. }) => text(id),
        _ => Fact::Absent,
    }),
    Row::listed(Field::optional("path.detail", Type::String), |view| of_reason(view, |reason, _| text(&reason.detail))),
    Row::listed(Field::optional("path.code", Type::String), |view| of_reason(view, |reason, _| text(reason.code.as_str()))),
    // From where it is so: any subnet, or some alone.
    Row::listed(Field::optional("path.from", Type::String), |view| of_reason(view, from)),
    // The other service that the template calls from which the function was made.
    Row::listed(Field::optional("template.service", Type::String), |view| {
        let auxiliary = view.rotation.connections.as_deref().and_then(|connections: &Connections| connections.auxiliary.as_ref());
        option(auxiliary.map(|(service, _)| *service), text)
    }),
    // What the function connects to beside Secrets Manager.
    Row::listed(Field::optional("target.name", Type::String), |view| {
        let name = view.rotation.connections.as_deref().and_then(|connections: &Connections| connections.target_name.as_deref());
        option(name, text)
    }),
];

fn of_endpoints(view: &View<'_>, make: fn(&Endpoint) -> Value<Gap>) -> Fact<Gap> {
    let region = view.rotation.function_arn.map_or("", Arn::region);
    known(with_environment(view), |configuration| {
        list(configuration.map(|configuration| endpoints(configuration, region)).unwrap_or_default().iter().map(make))
    })
}

/// The configuration, if the variables that decide an endpoint are known with it.
fn with_environment<'a>(view: &View<'a>) -> Known<Option<&'a FunctionConfiguration>> {
    view.rotation.configuration.clone().and_then(|configuration| match configuration.and_then(FunctionConfiguration::environment_gap) {
        Some(gap) => Known::Unreadable(gap.clone()),
        None => Known::Value(configuration),
    })
}

fn url(endpoint: &Endpoint) -> Value<Gap> {
    let kind = match endpoint.kind {
        HostKind::Default => "default",
        HostKind::Fips => "fips",
        HostKind::VpcEndpoint { .. } => "vpc-endpoint",
        HostKind::Unverified | HostKind::OtherService(_) => "unverified",
        HostKind::NotAws => "not-aws",
        HostKind::Bad => "bad",
    };
    record([
        ("url", text(&endpoint.url)),
        ("kind", text(kind)),
        ("plain", boolean(endpoint.plain)),
        ("variable", option(endpoint.variable, text)),
    ])
}

fn of_reason(view: &View<'_>, make: impl FnOnce(&Reason, &Reach) -> Fact<Gap>) -> Fact<Gap> {
    match view.focus {
        Focus::Reason(reason, reach) => make(reason, reach),
        Focus::Whole | Focus::Way(_) | Focus::Principals(_) => Fact::Absent,
    }
}

fn from(reason: &Reason, reach: &Reach) -> Fact<Gap> {
    let shows = |reasons: &[Reason]| reasons.iter().any(|other| (other.code, &other.component) == (reason.code, &reason.component));
    let from: Vec<&str> =
        reach.subnets.iter().filter(|path| shows(&path.reasons) || shows(&path.remarks)).map(|path| path.subnet.as_str()).collect();
    let everywhere = reach.subnets.iter().all(|path| path.verdict == Verdict::Blocked) || from.len() == reach.subnets.len();
    if reach.subnets.is_empty() {
        text("where it runs")
    } else if everywhere || from.is_empty() {
        text("any of its subnets")
    } else {
        text(&format!("{} alone, so it fails now and then", from.join(", ")))
    }
}
