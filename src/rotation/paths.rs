//! How the function of a rotation gets to what it connects to: Secrets Manager, and what the secret opens. The chain asks the network here once, and hands
//! the way of the calls on to whoever asks the policies.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::access;
use crate::arn::Arn;
use crate::inventory::{FunctionConfiguration, Known, Secret};
use crate::network::{EndpointId, Paths, Reach, Target, Way};

/// The two destinations of a rotation function.
#[derive(Debug, Clone)]
pub struct Connections {
    /// The API of Secrets Manager.
    pub secrets_manager: Reach,
    /// What the secret opens; not judged where nobody told what that is.
    pub target: Reach,
    /// Its name: an ARN, or what people called it.
    pub target_name: Option<String>,
    /// Another service of AWS that the function calls, if it was made from a template that does, and how it gets there.
    pub auxiliary: Option<(&'static str, Reach)>,
    /// The ways that the function's calls to Secrets Manager may go, each once, never none: one for each endpoint, whichever subnet they come from. A policy has
    /// to allow a call on each of them.
    pub ways: Vec<access::Way>,
}

impl Connections {
    /// Those of a function with this configuration, for this secret, which opens `target`.
    pub(super) fn of(
        paths: &Paths<'_>,
        target: &Known<Option<Target>>,
        secret: &Secret,
        function: &Arn,
        configuration: &FunctionConfiguration,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Self {
        let secrets_manager = paths.to_secrets_manager(configuration, function, secret.arn.region());
        Self {
            ways: ways(&secrets_manager),
            auxiliary: tags
                .and_then(called_by_template)
                .and_then(|service| Some((service, paths.to_service(configuration, function, service)?))),
            secrets_manager,
            target: paths.to_target(configuration, function, target),
            target_name: target.value().and_then(Option::as_ref).map(|target| target.name.clone()),
        }
    }
}

/// AWS's templates that call another service in every rotation, by a part of their application's name, and that service
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>).
const TEMPLATES: [(&str, &str); 3] = [
    ("SecretsManagerActiveDirectory", "ds"),
    ("SecretsManagerElasticache", "elasticache"),
    ("SecretsManagerInfluxDB", "timestream-influxdb"),
];

/// The service that the function calls, as the application says that it was made from.
fn called_by_template(tags: &BTreeMap<String, String>) -> Option<&'static str> {
    let application = tags.get("serverlessrepo:applicationId")?;
    let (_, name) = application.rsplit_once('/')?;
    TEMPLATES.iter().find(|(template, _)| name.starts_with(template)).map(|(_, service)| *service)
}

fn ways(reach: &Reach) -> Vec<access::Way> {
    let mut ways = BTreeSet::new();
    let mut endpoints: BTreeMap<&EndpointId, BTreeSet<IpNet>> = BTreeMap::new();
    for way in reach.ways() {
        match way {
            Way::Outside => drop(ways.insert(access::Way::Outside)),
            Way::Internet => drop(ways.insert(access::Way::Public)),
            Way::Private | Way::Unknown => drop(ways.insert(access::Way::Unknown)),
            Way::Endpoint(way) => {
                way.endpoints.iter().for_each(|endpoint| endpoints.entry(endpoint).or_default().extend(&way.sources));
            }
        }
    }
    ways.extend(endpoints.into_iter().map(|(EndpointId { place, id }, from)| access::Way::Endpoint {
        place: place.as_str().into(),
        id: id.as_str().into(),
        from: from.into_iter().collect(),
    }));
    ways.into_iter().collect()
}
