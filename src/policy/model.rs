//! A parsed policy: what was written, and beside it what matching needs, compiled once. The parser builds it, matchers and other rooms read it.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::arn_pattern::{ArnPattern, ResourcePattern};
use super::context::Key;
use super::operand::{Number, Range};
use super::operator::Operator;
use super::pattern::Pattern;
use super::text::Text;

/// A policy document's content.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) version: Version,
    pub(super) statements: Box<[Statement]>,
}

impl Policy {
    /// The version of the language; without a `Version` element it is the older one.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The statements in the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// The versions of the policy language
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// `2008-10-17`: `${…}` is plain text.
    V2008,
    /// `2012-10-17`: `${…}` is a policy variable.
    V2012,
}

/// What a statement does to requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Refuses, whatever grants.
    Deny,
}

impl Effect {
    /// Whether this is Deny.
    pub fn denies(self) -> bool {
        self == Self::Deny
    }
}

/// One statement of a policy. What only readers look at lies apart, so that deciding touches as little memory as it can.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(super) effect: Effect,
    pub(super) principals: Option<Principals>,
    pub(super) actions: Actions,
    pub(super) resources: Option<Resources>,
    pub(super) conditions: Box<[Condition]>,
    pub(super) written: Box<StatementText>,
}

/// A statement as it was written, its principals and conditions excepted.
#[derive(Debug, Clone)]
pub(super) struct StatementText {
    pub(super) index: usize,
    pub(super) sid: Option<Arc<str>>,
    pub(super) actions: Box<[Arc<str>]>,
    pub(super) resources: Box<[Arc<str>]>,
}

#[derive(Debug, Clone)]
pub(super) struct Principals {
    pub(super) negated: bool,
    pub(super) listed: Box<[PrincipalEntry]>,
}

#[derive(Debug, Clone)]
pub(super) struct Actions {
    pub(super) negated: bool,
    pub(super) patterns: Box<[Pattern]>,
}

#[derive(Debug, Clone)]
pub(super) struct Resources {
    pub(super) negated: bool,
    pub(super) patterns: Box<[ResourcePattern]>,
}

impl Statement {
    /// Its place in the policy, from 0.
    pub fn index(&self) -> usize {
        self.written.index
    }

    /// Its `Sid`, if it has one.
    pub fn sid(&self) -> Option<&str> {
        self.written.sid.as_deref()
    }

    /// Allow or Deny.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The entries of `Principal` or `NotPrincipal`; empty when it has neither.
    pub fn principals(&self) -> &[PrincipalEntry] {
        self.principals.as_ref().map_or(&[], |principals| &principals.listed)
    }

    /// Whether it has `Principal` or `NotPrincipal`.
    pub fn has_principal(&self) -> bool {
        self.principals.is_some()
    }

    /// Whether the principals stand under `NotPrincipal`.
    pub fn is_not_principal(&self) -> bool {
        self.principals.as_ref().is_some_and(|principals| principals.negated)
    }

    /// The values of `Action` or `NotAction`, as written.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.written.actions.iter().map(|action| &**action)
    }

    /// Whether the actions stand under `NotAction`.
    pub fn is_not_action(&self) -> bool {
        self.actions.negated
    }

    /// The values of `Resource` or `NotResource`, as written; none when it has neither (trust policies).
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        self.written.resources.iter().map(|resource| &**resource)
    }

    /// Whether it has `Resource` or `NotResource`.
    pub fn has_resource(&self) -> bool {
        self.resources.is_some()
    }

    /// Whether the resources stand under `NotResource`.
    pub fn is_not_resource(&self) -> bool {
        self.resources.as_ref().is_some_and(|resources| resources.negated)
    }

    /// Its conditions: one per operator and key, in the order of the document.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The names of the variables in its resources.
    pub(super) fn resource_variables(&self) -> impl Iterator<Item = &str> {
        self.resources.iter().flat_map(|resources| resources.patterns.iter()).flat_map(ResourcePattern::variables)
    }

    /// Every condition key that it looks at: those of its conditions, and the variables in their values and in its resources.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let conditions = self.conditions.iter().flat_map(|condition| std::iter::once(condition.key()).chain(condition.variables()));
        conditions.chain(self.resource_variables())
    }
}

/// Under which key a principal is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// `Principal: "*"`, without a key.
    Everyone,
    /// `AWS`: accounts, users, roles, sessions, ids, or `*`.
    Aws,
    /// `Service`.
    Service,
    /// `Federated`: identity providers.
    Federated,
    /// `CanonicalUser`: S3's way to name an account.
    CanonicalUser,
}

/// One entry of a `Principal` or `NotPrincipal` element.
#[derive(Debug, Clone)]
pub struct PrincipalEntry {
    pub(super) kind: PrincipalKind,
    pub(super) written: Arc<str>,
    pub(super) names: Names,
}

impl PrincipalEntry {
    /// The key it stands under.
    pub fn kind(&self) -> PrincipalKind {
        self.kind
    }

    /// The value as written.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether it names everyone: `*`, bare or under `AWS`.
    pub fn is_everyone(&self) -> bool {
        matches!(self.names, Names::Everyone)
    }

    /// The account it delegates to, if it is an account's root ARN or number.
    pub fn delegates_to(&self) -> Option<&Text> {
        if let Names::Account(account) = &self.names { Some(account) } else { None }
    }
}

/// Whom an entry names
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
#[derive(Debug, Clone)]
pub(super) enum Names {
    Everyone,
    /// `arn:aws:iam::111122223333:root` or the twelve digits; both mean the same.
    Account(Text),
    User(Text),
    Role(Text),
    Session {
        arn: Text,
        /// The ARN up to the session's name.
        role_part: Box<str>,
    },
    /// `AIDA…` or `AROA…`: what is left of an ARN when its user or role was deleted.
    UniqueId(Text),
    Service(Text),
    /// Nobody that this engine knows as a principal.
    Other,
}

/// One condition: an operator, a key and the values asked for.
#[derive(Debug, Clone)]
pub struct Condition {
    pub(super) operator: Operator,
    pub(super) key: Key,
    pub(super) operands: Box<[Operand]>,
    pub(super) written: Box<ConditionText>,
}

/// A condition as it was written.
#[derive(Debug, Clone)]
pub(super) struct ConditionText {
    pub(super) operator: Arc<str>,
    pub(super) key: Arc<str>,
    pub(super) values: Box<[Arc<str>]>,
}

impl Condition {
    /// The operator as written: `StringEqualsIfExists`, `ForAnyValue:StringLike`, …
    pub fn operator(&self) -> &str {
        &self.written.operator
    }

    /// Whether the operator is a negated one (`StringNotEquals`, `NotIpAddress`, …), which an absent key satisfies.
    pub fn is_negated(&self) -> bool {
        self.operator.negated
    }

    /// The key as written.
    pub fn key(&self) -> &str {
        &self.written.key
    }

    /// The names of the variables in its values.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.operands.iter().flat_map(|operand| -> Vec<&str> {
            match operand {
                Operand::Text(pattern) => pattern.variables().collect(),
                Operand::Arn(pattern) => pattern.variables().collect(),
                _ => Vec::new(),
            }
        })
    }

    /// The values as written, JSON numbers and truth values as their text.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.written.values.iter().map(|value| &**value)
    }
}

/// A condition value, ready to be compared.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Text(Pattern),
    Arn(ArnPattern),
    Number(Option<Number>),
    Date(Option<Timestamp>),
    Ip(Option<Range>),
    Null(Option<bool>),
}
