//! Roles, users, groups and managed policies of an account, as `GetAccountAuthorizationDetails` tells them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known::{Gap, Known};
use super::named::NamedDocument;
use crate::arn::Arn;
use crate::policy::Document;

/// An IAM role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// ARN, with its path.
    pub arn: Arn,
    /// Unique id (`AROA…`); a role that is deleted and made again has another.
    pub id: String,
    /// Trust policy.
    pub trust: Document,
    /// Identity policies and boundary.
    #[serde(default)]
    pub permissions: Permissions,
    /// Tags, by key; they are the session's principal tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// An IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// ARN, with its path.
    pub arn: Arn,
    /// Unique id (`AIDA…`).
    pub id: String,
    /// Identity policies and boundary.
    #[serde(default)]
    pub permissions: Permissions,
    /// The names of the groups it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Tags, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// ARN, with its path.
    pub arn: Arn,
    /// Name, by which users refer to it.
    pub name: String,
    /// Identity policies.
    #[serde(default)]
    pub permissions: Permissions,
}

/// The policies that are attached to an identity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// Inline policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inline: Vec<NamedDocument>,
    /// Managed policies, by ARN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<Arn>,
    /// The managed policy that is its permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Arn>,
}

/// The identities of one account: read together, by one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// Roles, by ARN.
    #[serde(default)]
    pub roles: BTreeMap<Arn, Role>,
    /// Users, by ARN.
    #[serde(default)]
    pub users: BTreeMap<Arn, User>,
    /// Groups, by name.
    #[serde(default)]
    pub groups: BTreeMap<String, Group>,
    /// The version in force of each managed policy that AWS tells of: the account's own, and those of AWS that it uses; by ARN.
    #[serde(default)]
    pub policies: BTreeMap<Arn, Document>,
}

/// A role or a user: who can sign requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity<'a> {
    /// A role, in some session of it.
    Role(&'a Role),
    /// A user.
    User(&'a User),
}

impl<'a> Identity<'a> {
    /// ARN, with its path.
    pub fn arn(self) -> &'a Arn {
        match self {
            Self::Role(role) => &role.arn,
            Self::User(user) => &user.arn,
        }
    }

    /// Unique id.
    pub fn id(self) -> &'a str {
        match self {
            Self::Role(role) => &role.id,
            Self::User(user) => &user.id,
        }
    }

    /// Its own policies and boundary; a user's groups have more.
    pub fn permissions(self) -> &'a Permissions {
        match self {
            Self::Role(role) => &role.permissions,
            Self::User(user) => &user.permissions,
        }
    }

    /// The names of the groups it belongs to; a role belongs to none.
    pub fn groups(self) -> &'a [String] {
        match self {
            Self::Role(_) => &[],
            Self::User(user) => &user.groups,
        }
    }
}

impl Identities {
    /// The role or user of this ARN, or the role of which it names a session. Names of roles are unique within an account, whatever their paths
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
    pub fn identity(&self, arn: &Arn) -> Option<Identity<'_>> {
        match arn.session_role() {
            Some(name) => self.roles.values().find(|role| role.arn.name() == name).map(Identity::Role),
            None => self.roles.get(arn).map(Identity::Role).or_else(|| self.users.get(arn).map(Identity::User)),
        }
    }
}

/// An account: what is read once for all of its regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The regions that were read, and whether their list of secrets was.
    pub regions: BTreeMap<String, Known<()>>,
    /// Roles, users, groups and managed policies.
    pub identities: Known<Identities>,
    /// Why it is not known which regions are enabled, where all of them were to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled_regions: Option<Gap>,
    /// Its place in an organization; absent when that was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Known<OrganizationMembership>>,
    /// The control policies that reach it; absent when nobody asked for them. Then they are taken as allowing everything, and the report says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_policies: Option<ControlPolicies>,
}

impl Account {
    /// An account of which these things were read, and nothing else was asked.
    pub fn new(regions: BTreeMap<String, Known<()>>, identities: Known<Identities>) -> Self {
        Self { regions, identities, enabled_regions: None, organization: None, control_policies: None }
    }

    /// Whether control policies can reach it: they do not reach an account in no organization, nor a management account
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>,
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>).
    pub fn is_under_control_policies(&self) -> bool {
        match &self.organization {
            Some(Known::Value(membership)) => membership.id.is_some() && !membership.management,
            Some(Known::Unreadable(_)) | None => true,
        }
    }

    /// What was not read of it.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        let policies = self.control_policies.iter().flat_map(|policies| [policies.service.gap(), policies.resource.gap()]);
        let organization = self.organization.as_ref().and_then(Known::gap);
        let once = [self.identities.gap(), self.enabled_regions.as_ref(), organization];
        self.regions.values().map(Known::gap).chain(once).chain(policies).flatten()
    }
}

/// An account's place in an AWS organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationMembership {
    /// Organization id (`o-…`); `None` when the account belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether this is the management account, which control policies do not bind.
    #[serde(default)]
    pub management: bool,
    /// Where it stands, as `aws:PrincipalOrgPaths` has it (`o-…/r-…/ou-…/`), where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// One list of policies per level, from the root over the organizational units to the account. No level at all when policies of that type are not switched on.
pub type Levels = Vec<Vec<NamedDocument>>;

/// The control policies that reach an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControlPolicies {
    /// Service control policies.
    pub service: Known<Levels>,
    /// Resource control policies.
    pub resource: Known<Levels>,
}
