//! Reads scenarios: files that are laid over base topologies, and what is asked about each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rotaudit::inventory::{
    ControlPolicies, FunctionConfiguration, Inventory, Known, NamedDocument, OrganizationMembership, VpcAttachment, clean,
};
use rotaudit::network::{Place, Target};
use rotaudit::policy::Document;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::shorthand::network_of;

pub(crate) const HOME: &str = "111122223333/eu-west-1";

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Its number in the list of scenarios; absent for what is beside the list.
    pub(crate) number: Option<u8>,
    pub(crate) title: String,
    /// The file that it is laid over.
    #[serde(rename = "base")]
    under: Option<String>,
    #[serde(default)]
    networks: Map<String, Value>,
    #[serde(default)]
    function: Value,
    pub(crate) cases: Vec<Case>,
}

/// One question about a scenario, with its own changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    networks: Map<String, Value>,
    #[serde(default)]
    function: Value,
    /// The region of the secret, if it is not the function's.
    pub(crate) secret_region: Option<String>,
    /// The target; Secrets Manager without one.
    pub(crate) to: Option<To>,
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) reasons: Vec<String>,
    #[serde(default)]
    pub(crate) remarks: Vec<String>,
    pub(crate) way: Value,
    /// The calls that are missing.
    #[serde(default)]
    pub(crate) missing: Vec<String>,
    /// The subnets from which it is blocked, where they are not all.
    #[serde(default)]
    pub(crate) blocked_from: Vec<String>,
    /// The policy of the secret, where the case is about what policies make of the way.
    pub(crate) secret_policy: Option<Value>,
    /// The organization of the account, likewise.
    pub(crate) organization: Option<String>,
    /// What policies make of the calls of a rotation that go this way.
    pub(crate) then: Option<Then>,
}

/// What becomes of the function's calls to Secrets Manager.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Then {
    /// The operations that are denied; the others are allowed.
    pub(crate) denied: Vec<String>,
    /// What the reason of each denial names.
    pub(crate) says: String,
}

/// A target: a database of the inventory by its ARN, nothing, or one that is written out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum To {
    Database(String),
    Nothing,
    Addresses { host: Option<String>, port: u16, addresses: Vec<String> },
}

/// The function of a scenario.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FunctionFile {
    subnets: Vec<String>,
    groups: Vec<String>,
    ipv6: bool,
    variables: BTreeMap<String, String>,
    /// Present although it holds nothing, as Lambda answers after a function was taken out of its VPC.
    attached: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Base {
    #[serde(rename = "base")]
    under: Option<String>,
    networks: Map<String, Value>,
    function: Value,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network")
}

/// Every scenario, in the order of the file names.
pub(crate) fn scenarios() -> Vec<(String, Scenario)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let scenario = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file.file_stem().unwrap().to_string_lossy().into_owned(), scenario)
    };
    files.into_iter().map(read).collect()
}

fn base(name: &str) -> (Value, Value) {
    let file = folder().join("base").join(format!("{name}.yaml"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let read: Base = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let (mut networks, mut function) = read.under.as_deref().map_or((json!({}), json!({})), base);
    lay(&mut networks, Value::Object(read.networks));
    lay(&mut function, read.function);
    (networks, function)
}

/// Lays `over` over a value: maps are merged, `null` removes, everything else replaces.
fn lay(under: &mut Value, over: Value) {
    match over {
        Value::Object(over) => {
            if !under.is_object() {
                *under = json!({});
            }
            let map = under.as_object_mut().unwrap();
            for (key, value) in over {
                if value.is_null() {
                    map.remove(&key);
                } else {
                    lay(map.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        Value::Null => {}
        other => *under = other,
    }
}

/// The inventory and the function's configuration of a case.
pub(crate) fn build(scenario: &Scenario, case: &Case) -> (Inventory, FunctionConfiguration) {
    let (mut networks, mut function) = scenario.under.as_deref().map_or((json!({}), json!({})), base);
    lay(&mut networks, Value::Object(scenario.networks.clone()));
    lay(&mut networks, Value::Object(case.networks.clone()));
    lay(&mut function, scenario.function.clone());
    lay(&mut function, case.function.clone());
    let mut inventory = Inventory::empty("2026-01-01T00:00:00Z".parse().unwrap());
    for (place, network) in networks.as_object().unwrap() {
        inventory.networks.insert(place.clone(), network_of(place, network.clone()));
    }
    (inventory, configuration(function))
}

/// The topology of a base file alone.
pub(crate) fn base_alone(name: &str) -> (Inventory, FunctionConfiguration) {
    let (networks, function) = base(name);
    let mut inventory = Inventory::empty("2026-01-01T00:00:00Z".parse().unwrap());
    for (place, network) in networks.as_object().unwrap() {
        inventory.networks.insert(place.clone(), network_of(place, network.clone()));
    }
    (inventory, configuration(function))
}

fn configuration(function: Value) -> FunctionConfiguration {
    let function = if function.is_null() { json!({}) } else { function };
    let read: FunctionFile = serde_json::from_value(function).unwrap();
    let attachment =
        VpcAttachment { vpc_id: String::new(), subnet_ids: read.subnets.clone(), security_group_ids: read.groups, ipv6_allowed: read.ipv6 };
    FunctionConfiguration {
        endpoint_variables: read.variables,
        vpc: (read.attached || !read.subnets.is_empty()).then_some(attachment),
        ..FunctionConfiguration::default()
    }
}

/// The clean account with the network and the function of a case, and its own policies in force.
pub(crate) fn rotation_over(scenario: &Scenario, case: &Case) -> Inventory {
    let (built, configuration) = build(scenario, case);
    let mut inventory = clean::account().unwrap();
    inventory.networks = built.networks;
    for function in inventory.functions.values_mut() {
        let Known::Value(Some(clean)) = &mut function.configuration else { panic!("the function of the clean account is known") };
        clean.vpc.clone_from(&configuration.vpc);
        clean.endpoint_variables.clone_from(&configuration.endpoint_variables);
        function.tags = Known::Value([("SecretsManagerLambda".to_owned(), "Rotation".to_owned())].into());
    }
    if let Some(policy) = &case.secret_policy {
        let secret = inventory.secrets.values_mut().find(|secret| secret.arn.as_str() == clean::SECRET).unwrap();
        secret.policies = Known::Value(vec![NamedDocument::new("default", Document::new(policy.to_string()))]);
    }
    if let Some(id) = &case.organization {
        let allow =
            Document::new(json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).to_string());
        let everything = Known::Value(vec![vec![NamedDocument::new("FullAWSAccess", allow)]]);
        let membership = OrganizationMembership { id: Some(id.clone()), ..OrganizationMembership::default() };
        for account in inventory.accounts.values_mut() {
            account.organization = Some(Known::Value(membership.clone()));
            account.control_policies = Some(ControlPolicies { service: everything.clone(), resource: everything.clone() });
        }
    }
    inventory
}

pub(crate) fn target(inventory: &Inventory, to: &To) -> Option<Target> {
    match to {
        To::Nothing => None,
        To::Database(arn) => {
            let database = inventory.networks.values().find_map(|network| network.databases.value()?.get(arn)).unwrap();
            Some(Target::of(arn, database))
        }
        To::Addresses { host, port, addresses } => Some(Target {
            name: host.clone().unwrap_or_else(|| "the target".to_owned()),
            host: host.clone(),
            port: *port,
            place: Place::Addresses(addresses.iter().map(|net| net.parse().unwrap()).collect()),
        }),
    }
}
