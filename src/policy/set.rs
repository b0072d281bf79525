//! The policies that apply to one request, each with a label by which findings name it. `access` collects them.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Document;
use super::model::Policy;

/// What a policy is attached to, and so which part it plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// Attached to a user, group or role, inline or managed.
    Identity,
    /// A permissions boundary.
    Boundary,
    /// Passed when the role was assumed.
    Session,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// Attached to a resource: a secret's or function's policy, a key policy, a trust policy.
    Resource,
    /// The policy of a VPC endpoint that the request travels through.
    Endpoint,
}

impl PolicyKind {
    /// Whether statements of this kind say whom they are about.
    pub fn has_principals(self) -> bool {
        matches!(self, Self::Rcp | Self::Resource | Self::Endpoint)
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
            Self::Resource => "resource policy",
            Self::Endpoint => "VPC endpoint policy",
        })
    }
}

/// Names a policy to a reader.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// The part it plays.
    pub kind: PolicyKind,
    /// Its name, ARN, or that of the resource it is attached to.
    pub name: Arc<str>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// A policy's content, if it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The document; one that is malformed counts as unreadable.
    Document(Document),
    /// There is a policy, but what it says could not be read: it may allow and deny anything.
    Unreadable,
}

/// One policy that applies to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// How to name it.
    pub label: Label,
    /// What it says.
    pub body: Body,
}

impl Attached {
    /// A policy whose text is at hand.
    pub fn document(kind: PolicyKind, name: impl Into<Arc<str>>, document: Document) -> Self {
        Self { label: Label { kind, name: name.into() }, body: Body::Document(document) }
    }

    /// A policy that could not be read.
    pub fn unreadable(kind: PolicyKind, name: impl Into<Arc<str>>) -> Self {
        Self { label: Label { kind, name: name.into() }, body: Body::Unreadable }
    }

    /// The parsed policy; `None` when it could not be read or is malformed.
    pub fn policy(&self) -> Option<&Policy> {
        match &self.body {
            Body::Document(document) => document.policy().ok(),
            Body::Unreadable => None,
        }
    }
}

/// Every policy that has a say in one request. Only effective ones: whether an SCP or RCP applies at all is the caller's to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySet {
    /// All policies attached to the principal, its groups included.
    pub identity: Vec<Attached>,
    /// The principal's permissions boundary, if it has one.
    pub boundary: Option<Vec<Attached>>,
    /// The session policies, if some were passed; together they allow what one of them allows.
    pub session: Option<Vec<Attached>>,
    /// Service control policies, one list per level from the root to the account; every level must allow.
    pub scps: Vec<Vec<Attached>>,
    /// Resource control policies per level. `RCPFullAWSAccess` is always attached, so they only deny.
    pub rcps: Vec<Vec<Attached>>,
    /// What is attached to the resource itself.
    pub resource: Vec<Attached>,
    /// The policy of the VPC endpoint on the way, if the request goes through one.
    pub endpoint: Option<Vec<Attached>>,
}

impl PolicySet {
    /// Every policy in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = &Attached> {
        self.identity
            .iter()
            .chain(self.boundary.iter().flatten())
            .chain(self.session.iter().flatten())
            .chain(self.scps.iter().flatten())
            .chain(self.rcps.iter().flatten())
            .chain(self.resource.iter())
            .chain(self.endpoint.iter().flatten())
    }
}
