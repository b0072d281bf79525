//! Joins a secret with its function, role and key: the chain that every question about a rotation is asked of.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::keys::{KeyInUse, key_of};
use super::master::Master;
use super::paths::Connections;
use super::targets::{Targets, opens_a_database};
use crate::access::Target;
use crate::arn::Arn;
use crate::inventory::{Function, FunctionConfiguration, Inventory, Key, Known, Role, Secret};
use crate::network::Paths;

/// How a secret rotates, and so whether it is judged here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RotationKind {
    /// Through a Lambda function.
    Lambda,
    /// By the AWS service that owns the secret, such as `rds`; not judged.
    Managed(String),
    /// A managed external secret, through a role; judged as far as AWS goes, and not at the partner.
    External(String),
    /// A replica: it follows the primary in this region; not judged.
    Replica(String),
    /// The secret is scheduled for deletion, and nobody reads, rotates or changes it until somebody restores it; not judged
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html>).
    Deleted,
    /// A function is set but rotation is switched off.
    Cancelled,
    /// No rotation was ever set up, or none is left; only rules look at such a secret.
    Off,
}

/// A secret and what its rotation hangs on, as far as each link could be read.
#[derive(Debug, Clone)]
pub struct Rotation<'a> {
    /// The secret.
    pub secret: &'a Secret,
    /// How it rotates.
    pub kind: RotationKind,
    /// The function as the secret names it, qualified or not.
    pub function_arn: Option<&'a Arn>,
    /// That function; `None` when the secret names none.
    pub function: Known<Option<&'a Function>>,
    /// Its configuration; `None` when the function does not exist.
    pub configuration: Known<Option<&'a FunctionConfiguration>>,
    /// The execution role's ARN, or that of the role of a managed external secret; `None` when there is none.
    pub role_arn: Known<Option<&'a Arn>>,
    /// That role; `None` when it does not exist.
    pub role: Known<Option<&'a Role>>,
    /// The key.
    pub key: Known<KeyInUse<'a>>,
    /// The key that the secret had before, where the current version still hangs on it alone and it was read.
    pub former_key: Option<&'a Key>,
    /// The master secret with which the function logs in, where people told of one.
    pub master: Option<Master<'a>>,
    /// How the function gets to what it connects to; `None` where there is no function to follow.
    pub connections: Option<Arc<Connections>>,
}

impl<'a> Rotation<'a> {
    /// The ARN of the customer managed key, where there is one.
    pub fn key_arn(&self) -> Option<&'a Arn> {
        match self.key {
            Known::Value(KeyInUse::Customer(key)) => Some(&key.arn),
            _ => None,
        }
    }

    /// Whether the rotation goes through a Lambda function and is on.
    pub fn is_lambda(&self) -> bool {
        self.kind == RotationKind::Lambda
    }

    fn of(inventory: &'a Inventory, links: &mut Links<'a>, secret: &'a Secret) -> Option<Self> {
        Some(Self::join(inventory, Some(links), secret, kind(secret)?))
    }

    fn join(inventory: &'a Inventory, links: Option<&mut Links<'a>>, secret: &'a Secret, kind: RotationKind) -> Self {
        let function_arn = secret.rotation.function.as_ref();
        let function = match function_arn {
            Some(arn) => inventory.function(arn).map(Some),
            None => Known::Value(None),
        };
        let configuration = function.clone().and_then(|function| match function {
            Some(function) => function.configuration_of(function_arn.and_then(|arn| arn.split_qualifier().1)),
            None => Known::Value(None),
        });
        let role_arn = match kind {
            RotationKind::External(_) => Known::Value(secret.rotation.external_role.as_ref()),
            _ => configuration.clone().map(|configuration| configuration.and_then(|configuration| configuration.role.as_ref())),
        };
        let role = role_arn.clone().and_then(|arn| match arn {
            Some(arn) => inventory.role(arn),
            None => Known::Value(None),
        });
        let key = key_of(inventory, secret);
        let master = Master::of(inventory, secret);
        let connections = match (&kind, function_arn, &configuration, links) {
            (RotationKind::Lambda | RotationKind::Cancelled, Some(arn), Known::Value(Some(configuration)), Some(links)) => {
                let tags = function.value().copied().flatten().and_then(|function| function.tags.value());
                Some(links.connections(secret, arn, configuration, tags))
            }
            _ => None,
        };
        let mut rotation =
            Self { secret, kind, function_arn, function, configuration, role_arn, role, key, former_key: None, master, connections };
        rotation.former_key = match rotation.key_of_current_version() {
            Known::Value(Target::Key(arn)) if rotation.key_arn() != Some(&arn) => inventory.key(&arn).value().copied(),
            _ => None,
        };
        rotation
    }
}

/// How functions get to what they connect to. Where nobody told what its secrets open, that is the same for all secrets of a function, and kept once.
struct Links<'a> {
    paths: Paths<'a>,
    targets: Targets<'a>,
    /// By function as the secret names it and the region of the secret.
    known: BTreeMap<(&'a Arn, &'a str), Arc<Connections>>,
}

impl<'a> Links<'a> {
    fn connections(
        &mut self,
        secret: &'a Secret,
        function: &'a Arn,
        configuration: &FunctionConfiguration,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Arc<Connections> {
        let target = self.targets.of(secret);
        let new = || Arc::new(Connections::of(&self.paths, &target, secret, function, configuration, tags));
        match target {
            Known::Value(None) => Arc::clone(self.known.entry((function, secret.arn.region())).or_insert_with(new)),
            _ => new(),
        }
    }
}

fn kind(secret: &Secret) -> Option<RotationKind> {
    let rotation = &secret.rotation;
    if !rotation.enabled && rotation.function.is_none() {
        return None;
    }
    Some(if secret.deleted_at.is_some() {
        RotationKind::Deleted
    } else if let Some(service) = &secret.owning_service {
        RotationKind::Managed(service.clone())
    } else if secret.is_replica() {
        RotationKind::Replica(secret.primary_region.clone().unwrap_or_default())
    } else if let Some(kind) = &secret.external_type {
        RotationKind::External(kind.clone())
    } else if rotation.enabled {
        RotationKind::Lambda
    } else {
        RotationKind::Cancelled
    })
}

/// Every secret that rotates, or has a rotation function, joined with what it hangs on; in the order of the secrets' ARNs.
pub fn rotations(inventory: &Inventory) -> Vec<Rotation<'_>> {
    let mut links = Links { paths: Paths::new(inventory), targets: Targets::new(inventory), known: BTreeMap::new() };
    inventory.secrets.values().filter_map(|secret| Rotation::of(inventory, &mut links, secret)).collect()
}

/// The secrets that do not rotate although RDS's own tags, or people, say which database they open; in the order of their ARNs. Of all others nobody knows
/// whether there is anything to rotate.
pub fn resting(inventory: &Inventory) -> Vec<Rotation<'_>> {
    let rests = |secret: &&Secret| {
        let is_own = secret.owning_service.is_none() && secret.external_type.is_none() && !secret.is_replica();
        is_own && kind(secret).is_none() && opens_a_database(secret)
    };
    inventory.secrets.values().filter(rests).map(|secret| Rotation::join(inventory, None, secret, RotationKind::Off)).collect()
}
