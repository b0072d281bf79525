//! Secrets: what `ListSecrets`, `ListSecretVersionIds`, `ListResourcePolicies` and `GetResourcePolicy` tell of them; never a value.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known::{Gap, Known};
use super::late::LatePart;
use super::named::NamedDocument;
use super::network::DeclaredTarget;
use crate::arn::Arn;

/// A secret, rotating or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Full ARN, with the six random characters at its end.
    pub arn: Arn,
    /// Name without the random suffix.
    pub name: String,
    /// What its owner wrote about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tags, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The key as the secret names it: a key id, key ARN, alias name or alias ARN. Absent means `aws/secretsmanager`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// The key that `kms_key_id` resolves to; `None` is the account's AWS managed key `aws/secretsmanager`.
    pub key: Known<Option<Arn>>,
    /// How it rotates.
    #[serde(default)]
    pub rotation: RotationConfiguration,
    /// The AWS service that manages the secret (and rotates it by itself), such as `rds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owning_service: Option<String>,
    /// The region of the primary, for a secret that is replicated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_region: Option<String>,
    /// When its deletion was scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The type of a managed external secret, which rotates through a role and without a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_type: Option<String>,
    /// Staging labels by version id. A version without labels is deprecated and not listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<String, BTreeSet<String>>,
    /// The versions that hold a value. A version that has labels and is not here is empty (inferred: an `AWSPENDING` version is
    /// created before its value is put; <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>).
    pub versions: Known<Vec<SecretVersion>>,
    /// Its resource policies by name: `default` is the one that people write, the others are Secrets Manager's own
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListResourcePolicies.html>).
    pub policies: Known<Vec<NamedDocument>>,
    /// Whether these are all: unreadable when their names could not be listed, so that only the default one was asked for, and absent where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies_listed: Option<Known<()>>,
    /// What its rotation connects to, if people told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<DeclaredTarget>,
    /// The secret with which its rotation logs in, for a rotation with alternating users, if people told, or the template or plan that writes the value: a name in the same account and region, or an ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
}

impl Secret {
    /// The version that carries the staging label `stage`.
    pub fn version_with(&self, stage: &str) -> Option<&str> {
        self.stages.iter().find(|(_, labels)| labels.contains(stage)).map(|(id, _)| id.as_str())
    }

    /// Whether this is a replica: its primary lives in another region.
    pub fn is_replica(&self) -> bool {
        self.primary_region.as_deref().is_some_and(|region| region != self.arn.region())
    }
}

/// A version of a secret that holds a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretVersion {
    /// Version id: the client request token of the call that made it.
    pub id: String,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The keys that it is encrypted under, any of which decrypts it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_ids: Vec<String>,
}

/// How a secret rotates, as `ListSecrets` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotationConfiguration {
    /// Whether rotation is on.
    pub enabled: bool,
    /// The rotation function as it is stored, qualified or not. It stays when rotation is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Arn>,
    /// The role through which a managed external secret rotates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_role: Option<Arn>,
    /// Days between rotations, where the schedule is given or computed so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_days: Option<i64>,
    /// The schedule, as `rate(…)` or `cron(…)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Length of the rotation window, such as `3h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Why days, schedule and window are not known: a template's parameter, or what a plan makes later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_gap: Option<Gap>,
    /// Whether a template or plan sets days, schedule and window anew: then Secrets Manager has not taken them yet, and days beside an expression are none that AWS computed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_asked_for: bool,
    /// The last time that a rotation ended well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_rotated: Option<Timestamp>,
    /// When the next is due; in the past when rotations fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<Timestamp>,
    /// What a template or plan that turns it on does not wait for although the rotation needs it, by logical ids or addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_awaited: Vec<String>,
    /// Why it is not known what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_hidden: Option<Gap>,
    /// Why it cannot be told how it comes out, whatever the rest says: a plan that turns it on and off in no order, or of which nobody knows where it makes what belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Gap>,
    /// What a template does not give to the function that it has AWS make, although the rotation needs it, by the names of properties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_given: Vec<String>,
    /// What of the network a template that turns it on does not wait for, whether the rotation needs it or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<LatePart>,
}
