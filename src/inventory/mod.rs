//! What exists: secrets, rotation functions, identities and keys, as far as they could be read. A source fills it, every
//! other room reads it; nothing here asks AWS.

mod calls;
pub mod clean;
mod function;
mod identity;
mod key;
mod known;
mod late;
pub mod merge;
mod named;
pub mod network;
mod origin;
mod secret;
mod share;
pub mod snapshot;
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use calls::{Api, CallSpec, NEVER, RateGroup, WhoAsks, organization_policy_json, policy_json};
pub use function::{
    ENDPOINT_VARIABLES, Function, FunctionConfiguration, FunctionDetails, FunctionUrl, PASSWORD_VARIABLES, Variables, VpcAttachment,
    function_named,
};
pub use identity::{Account, ControlPolicies, Group, Identities, Identity, Levels, OrganizationMembership, Permissions, Role, User};
pub use key::{Grant, Key, KeyMetadata};
pub use known::{Gap, Known};
pub use late::{LatePart, NetworkPart};
pub use named::NamedDocument;
pub use network::Network;
pub use origin::Origin;
pub use secret::{RotationConfiguration, Secret, SecretVersion};
pub use stack::{StackResource, StackResources};

use crate::arn::{AccountId, Arn};
use crate::policy::Document;

/// How many random characters an ARN of a secret ends with
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html>).
const RANDOM_CHARACTERS: usize = 6;

/// All that was read of one or more accounts, at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// When it was read. Rules that ask how old something is compare with this, or with [`read_at`](Self::read_at).
    pub as_of: Timestamp,
    /// Why reading ended before everything was asked, if it did: the calls that were left are gaps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// The accounts that were read.
    pub accounts: BTreeMap<AccountId, Account>,
    /// All secrets, rotating or not, by ARN.
    pub secrets: BTreeMap<Arn, Secret>,
    /// The rotation functions of these secrets, by unqualified ARN.
    pub functions: BTreeMap<Arn, Function>,
    /// The keys of these secrets, by ARN.
    pub keys: BTreeMap<Arn, Key>,
    /// What aliases of keys mean that no secret has to name, as somebody asked for them or a template names them, by the alias' ARN; one that is not there means itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<Arn, Known<Arn>>,
    /// The networks of the functions that are attached to a VPC, by place (`111122223333/eu-west-1`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub networks: BTreeMap<String, Network>,
    /// When places (`111122223333/eu-west-1`) were read of which that was not at [`as_of`](Self::as_of): those of older snapshots beside newer ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub read_at: BTreeMap<String, Timestamp>,
    /// What snapshots that were put together say differently, and which of them counts; one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// What the source takes for granted beside what an audit does; one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assumptions: Vec<String>,
    /// Accounts that are not read and yet no strangers, as people told; absent when nobody told whom they trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_accounts: Option<BTreeSet<AccountId>>,
    /// Where the resources are written that a template will make, by ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<Arn, Origin>,
    /// The roles that a template or plan makes: which other secrets their account has, that does not tell.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub planned_roles: BTreeSet<Arn>,
    /// What stacks of CloudFormation hold that a template is laid over, by place and name (`111122223333/eu-west-1/shop`); no other stack is asked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stacks: BTreeMap<String, Known<StackResources>>,
}

impl Inventory {
    /// An inventory that holds nothing, read at `as_of`.
    pub fn empty(as_of: Timestamp) -> Self {
        Self {
            as_of,
            partial: None,
            accounts: BTreeMap::new(),
            secrets: BTreeMap::new(),
            functions: BTreeMap::new(),
            keys: BTreeMap::new(),
            aliases: BTreeMap::new(),
            networks: BTreeMap::new(),
            read_at: BTreeMap::new(),
            conflicts: Vec::new(),
            assumptions: Vec::new(),
            trusted_accounts: None,
            origins: BTreeMap::new(),
            planned_roles: BTreeSet::new(),
            stacks: BTreeMap::new(),
        }
    }

    /// When the place of this resource was read.
    pub fn read_at(&self, arn: &Arn) -> Timestamp {
        if self.read_at.is_empty() {
            return self.as_of;
        }
        self.read_at.get(&format!("{}/{}", arn.account(), arn.region())).copied().unwrap_or(self.as_of)
    }

    /// The function behind an ARN, qualified or not.
    pub fn function(&self, arn: &Arn) -> Known<&Function> {
        let (unqualified, _) = arn.split_qualifier();
        match self.functions.get(&unqualified) {
            Some(function) => Known::Value(function),
            None => Known::Unreadable(Gap::not_collected("lambda:GetFunctionConfiguration", arn.as_str())),
        }
    }

    /// The master secret that people told for this one, if it was read.
    pub fn master_of(&self, secret: &Secret) -> Option<&Secret> {
        let named = secret.master.as_deref()?;
        let of_name = || {
            let beginning = format!(
                "arn:{}:secretsmanager:{}:{}:secret:{named}-",
                secret.arn.partition_name(),
                secret.arn.region(),
                secret.arn.account()
            );
            self.secret_named(&beginning).filter(|found| found.name == named)
        };
        match self.secrets.get(named) {
            Some(found) => Some(found),
            None if named.starts_with("arn:") => self.secret_named(&format!("{named}-")),
            None => of_name(),
        }
    }

    /// The secret whose ARN is this beginning and the random characters.
    fn secret_named(&self, beginning: &str) -> Option<&Secret> {
        let from = self.secrets.range::<str, _>((Bound::Included(beginning), Bound::Unbounded));
        let begins = from.map(|(_, secret)| secret).take_while(|secret| secret.arn.as_str().starts_with(beginning));
        begins.into_iter().find(|secret| secret.arn.as_str().len() == beginning.len() + RANDOM_CHARACTERS)
    }

    /// The key of that ARN.
    pub fn key(&self, arn: &Arn) -> Known<&Key> {
        match self.keys.get(arn) {
            Some(key) => Known::Value(key),
            None => Known::Unreadable(Gap::not_collected("kms:DescribeKey", arn.as_str())),
        }
    }

    /// The identities of the account that an ARN belongs to.
    pub fn identities(&self, account: &str) -> Known<&Identities> {
        match self.accounts.get(account) {
            Some(account) => account.identities.as_ref(),
            None => Known::Unreadable(Gap::not_collected("iam:GetAccountAuthorizationDetails", account)),
        }
    }

    /// The role of that ARN; `None` when its account was read and has no such role.
    pub fn role(&self, arn: &Arn) -> Known<Option<&Role>> {
        self.identities(arn.account()).map(|identities| identities.roles.get(arn))
    }

    /// The role or user of that ARN, or the role of which it names a session; `None` when its account was read and has neither.
    pub fn identity(&self, arn: &Arn) -> Known<Option<Identity<'_>>> {
        self.identities(arn.account()).map(|identities| identities.identity(arn))
    }

    /// The document of a managed policy that is attached to an identity of `account`.
    pub fn managed_policy(&self, account: &str, arn: &Arn) -> Known<&Document> {
        self.identities(account).and_then(|identities| match identities.policies.get(arn) {
            Some(document) => Known::Value(document),
            None => Known::Unreadable(Gap::not_collected("iam:GetAccountAuthorizationDetails", arn.as_str())),
        })
    }

    /// A VPC endpoint of the network at `place`.
    pub fn endpoint(&self, place: &str, id: &str) -> Known<&network::VpcEndpoint> {
        let unread = || Known::Unreadable(Gap::not_collected("ec2:DescribeVpcEndpoints", id));
        match self.networks.get(place) {
            Some(network) => network.endpoints.as_ref().and_then(|endpoints| endpoints.get(id).map_or_else(unread, Known::Value)),
            None => unread(),
        }
    }

    /// Every call that did not answer, and every pointer into nothing: what the coverage lists.
    pub fn gaps(&self) -> BTreeSet<Gap> {
        let mut gaps = BTreeSet::new();
        for account in self.accounts.values() {
            gaps.extend(account.gaps().cloned());
        }
        for secret in self.secrets.values() {
            gaps.extend(secret.key.gap().cloned());
            gaps.extend(secret.versions.gap().cloned());
            gaps.extend(secret.policies.gap().cloned());
            gaps.extend(secret.policies_listed.as_ref().and_then(Known::gap).cloned());
            gaps.extend(secret.rotation.function.as_ref().and_then(|arn| self.function(arn).gap().cloned()));
            gaps.extend(secret.key.value().and_then(Option::as_ref).and_then(|arn| self.key(arn).gap().cloned()));
        }
        for function in self.functions.values() {
            gaps.extend(function.configuration.gap().cloned());
            gaps.extend(function.qualified.values().filter_map(Known::gap).cloned());
            gaps.extend(function.policies.values().filter_map(Known::gap).cloned());
            gaps.extend(function.reserved_concurrency.gap().cloned());
            gaps.extend(function.provisioned_concurrency.values().filter_map(Known::gap).cloned());
            gaps.extend(function.urls.gap().cloned());
            gaps.extend(function.tags.gap().cloned());
            let role = function.configuration.value().and_then(Option::as_ref).and_then(|c| c.role.as_ref());
            gaps.extend(role.and_then(|arn| self.role(arn).gap().cloned()));
        }
        for key in self.keys.values() {
            gaps.extend(key.metadata.gap().cloned());
            gaps.extend(key.policies.gap().cloned());
            gaps.extend(key.grants.gap().cloned());
        }
        gaps.extend(self.networks.values().flat_map(Network::gaps).cloned());
        gaps.extend(self.aliases.values().filter_map(Known::gap).cloned());
        gaps.extend(self.stacks.values().filter_map(Known::gap).cloned());
        gaps
    }
}
