//! How the function of a rotation gets to what it connects to: Secrets Manager, and what the secret opens. The chain asks the network here once, and hands
//! the way of the calls on to whoever asks the policies.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::access;
use crate::arn::Arn;
use crate::inventory::network::DeclaredTarget;
use crate::inventory::{FunctionConfiguration, Inventory, Known, Secret};
use crate::network::{EndpointId, Paths, Place, Reach, Target, Way};

/// The tags by which RDS says for which database it made a secret
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html>), in lower case.
const DATABASE_TAGS: [&str; 2] = ["aws:rds:primarydbinstancearn", "aws:rds:primarydbclusterarn"];

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
    /// Those of a function with this configuration, for this secret.
    pub(super) fn of(
        paths: &Paths<'_>,
        inventory: &Inventory,
        secret: &Secret,
        function: &Arn,
        configuration: &FunctionConfiguration,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Self {
        let target = target(inventory, secret);
        let secrets_manager = paths.to_secrets_manager(configuration, function, secret.arn.region());
        Self {
            ways: ways(&secrets_manager),
            auxiliary: tags
                .and_then(called_by_template)
                .and_then(|service| Some((service, paths.to_service(configuration, function, service)?))),
            secrets_manager,
            target: paths.to_target(configuration, function, &target),
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

/// What the secret opens: what people told, or the database that names it, that it names, or that a stack attached it to.
fn target(inventory: &Inventory, secret: &Secret) -> Known<Option<Target>> {
    match &secret.target {
        Some(declared) => Known::Value(Some(told(declared, secret))),
        None => database(inventory, secret),
    }
}

fn told(declared: &DeclaredTarget, secret: &Secret) -> Target {
    let place = match &declared.vpc {
        Some(vpc) => Place::InVpc {
            vpc: vpc.clone(),
            subnets: declared.subnets.clone(),
            security_groups: declared.security_groups.clone(),
            public: false,
        },
        None => Place::Addresses(declared.addresses.clone()),
    };
    let name = declared.host.clone().unwrap_or_else(|| format!("the target of {}", secret.name));
    Target { name, host: declared.host.clone(), port: declared.port, place }
}

/// The databases that RDS's tags name.
fn named_by_tags(secret: &Secret) -> impl Iterator<Item = &str> {
    let is_named = |key: &str| DATABASE_TAGS.contains(&key.to_ascii_lowercase().as_str());
    secret.tags.iter().filter(move |(key, _)| is_named(key)).map(|(_, arn)| arn.as_str())
}

/// Whether RDS's tags, or people, say which database the secret opens.
pub(super) fn opens_a_database(secret: &Secret) -> bool {
    secret.target.is_some() || named_by_tags(secret).next().is_some()
}

fn database(inventory: &Inventory, secret: &Secret) -> Known<Option<Target>> {
    let mut named: Vec<&str> = named_by_tags(secret).collect();
    for attached in inventory.networks.values().filter_map(|network| network.attached_databases.get(secret.arn.as_str())) {
        match attached {
            Known::Value(arn) => named.extend(arn.as_deref()),
            Known::Unreadable(gap) => return Known::Unreadable(gap.clone()),
        }
    }
    let mut databases = inventory.networks.values().filter_map(|network| network.databases.value()).flatten();
    let is_it = |arn: &str, master: Option<&str>| named.contains(&arn) || master == Some(secret.arn.as_str());
    if let Some((arn, database)) = databases.find(|(arn, database)| is_it(arn, database.master_secret.as_deref())) {
        return Known::Value(Some(Target::of(arn, database)));
    }
    let place = |arn: &&str| Arn::parse(arn).ok().map(|arn| format!("{}/{}", arn.account(), arn.region()));
    let unread = |place: String| inventory.networks.get(&place)?.databases.gap();
    let unread = named.iter().filter_map(place).find_map(unread);
    unread.map_or(Known::Value(None), |gap| Known::Unreadable(gap.clone()))
}
