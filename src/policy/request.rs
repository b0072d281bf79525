//! One closed question: who asks for which action on what, with which context. `access` and `rotation` build requests; the matchers read them.

use super::context::Context;
use super::text::Text;

/// Who makes a request. ARNs and accounts are texts because a template's roles do not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An IAM user; the root user when `arn` is `arn:…:iam::ACCOUNT:root`.
    User {
        /// `arn:aws:iam::111122223333:user/path/Name`.
        arn: Text,
        /// Twelve digits.
        account: Text,
        /// `AIDA…`, if known. A policy that names such an id matches only when it equals this one.
        unique_id: Option<Text>,
    },
    /// A session of a role.
    Session {
        /// `arn:aws:sts::111122223333:assumed-role/Name/SESSION`, without the role's path.
        arn: Text,
        /// `arn:aws:iam::111122223333:role/path/Name`, the role behind the session.
        role_arn: Text,
        /// Twelve digits.
        account: Text,
        /// The role's `AROA…`, if known.
        unique_id: Option<Text>,
    },
    /// The role itself: some session of it, nobody says which.
    Role {
        /// `arn:aws:iam::111122223333:role/path/Name`.
        arn: Text,
        /// Twelve digits.
        account: Text,
        /// `AROA…`, if known.
        unique_id: Option<Text>,
    },
    /// An AWS service that calls with its own identity, by its service principal (`secretsmanager.amazonaws.com`).
    Service(Text),
    /// A request without a signature.
    Anonymous,
}

impl Principal {
    /// The account that the principal belongs to; services and anonymous callers have none.
    pub fn account(&self) -> Option<&Text> {
        match self {
            Self::User { account, .. } | Self::Session { account, .. } | Self::Role { account, .. } => Some(account),
            Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// The user's, session's or role's own ARN.
    pub fn arn(&self) -> Option<&Text> {
        match self {
            Self::User { arn, .. } | Self::Session { arn, .. } | Self::Role { arn, .. } => Some(arn),
            Self::Service(_) | Self::Anonymous => None,
        }
    }

    /// Whether this is the root user of its account.
    pub fn is_root(&self) -> bool {
        matches!(self, Self::User { arn, .. } if arn.as_literal().is_some_and(|arn| arn.starts_with("arn:") && arn.ends_with(":root")))
    }
}

/// One question to the policies. Everything that the answer depends on is in it and in the [`PolicySet`](super::PolicySet).
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// `service:action` in lower case; [`Request::new`] sees to that.
    pub action: Box<str>,
    /// The ARN of what is asked for, `*` if the action has none.
    pub resource: Text,
    /// The account that owns the resource. `None`: nobody knows, so both the rule for one account and the rule for two are asked.
    pub resource_account: Option<Text>,
    /// The action knows no resource-level permissions: only `Resource: "*"` covers it.
    pub wildcard_only: bool,
    /// Its condition keys.
    pub context: Context,
}

impl Request {
    /// A request for `action` (any letter case) on a resource of `resource_account`.
    pub fn new(principal: Principal, action: &str, resource: Text, resource_account: Option<Text>, context: Context) -> Self {
        Self { principal, action: action.to_lowercase().into(), resource, resource_account, wildcard_only: false, context }
    }

    /// The same request for an action that has no resource-level permissions.
    #[must_use]
    pub fn wildcard_only(mut self) -> Self {
        self.wildcard_only = true;
        self
    }
}
