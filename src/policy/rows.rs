//! How a parsed policy lies in memory: one array of rows in the order of the policy, pointing into the document's own text. Deciding waits for memory more
//! than for anything else, so what it reads lies close together and nothing is kept twice. `parse.rs` writes rows, `model.rs` reads them.
//!
//! A statement is its [`StatementRow`], then a row for each action, resource and principal, its conditions, and its `Sid`. A condition is its
//! [`OperatorRow`], its [`KeyRow`] and a row for each value.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::glob::Shape;
use super::operand::{Number, Range};
use super::operator::Operator;
use super::pattern::{Filled, Token};

/// A piece of the policy's text, from its first byte to behind its last. Texts that were written with escapes lie behind the document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: u32,
    pub(super) end: u32,
}

/// One row of a policy.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row {
    Statement(StatementRow),
    Value(ValueRow),
    Principal(PrincipalRow),
    Operator(OperatorRow),
    Key(KeyRow),
    Sid(Span),
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

/// Whether a statement has an element, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// Neither the element nor its negation.
    Absent,
    /// `Principal`, `Action`, `Resource`.
    Named,
    /// `NotPrincipal`, `NotAction`, `NotResource`.
    Excepted,
}

/// The head of a statement: how many rows of each kind follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatementRow {
    /// All of them.
    pub(super) rows: u32,
    pub(super) actions: u16,
    pub(super) resources: u16,
    pub(super) principals: u16,
    pub(super) effect: Effect,
    pub(super) action: Listing,
    pub(super) resource: Listing,
    pub(super) principal: Listing,
    /// The last row is the `Sid`.
    pub(super) sid: bool,
}

/// A value of `Action`, `Resource` or a condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueRow {
    pub(super) written: Span,
    pub(super) meaning: Meaning,
}

/// What matchers read of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// Its text, as written.
    Written(Shape),
    /// The special value of this number.
    Special(u32),
}

/// What a value means whose text alone does not say it.
#[derive(Debug, Clone)]
pub(super) enum Special {
    /// A plain pattern, but another than the one written.
    Filled(Filled, Shape),
    /// Symbols or variables take part.
    Tokens(Box<[Token]>),
    Number(Number),
    Date(Timestamp),
    Ip(Range),
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

/// An entry of `Principal`.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrincipalRow {
    pub(super) written: Span,
    pub(super) kind: PrincipalKind,
    pub(super) names: Names,
    /// Symbols stand in it.
    pub(super) open: bool,
}

/// Whom an entry names
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Everyone,
    /// `arn:aws:iam::111122223333:root` or the twelve digits; both mean the same.
    Account,
    User,
    Role,
    Session,
    /// `AIDA…` or `AROA…`: what is left of an ARN when its user or role was deleted.
    UniqueId,
    Service,
    /// Nobody that this engine knows as a principal.
    Other,
}

/// The operator of a condition. It stands once for several keys, and has a row for each.
#[derive(Debug, Clone, Copy)]
pub(super) struct OperatorRow {
    pub(super) written: Span,
    pub(super) operator: Operator,
    /// How many values follow the key.
    pub(super) values: u16,
}

/// The key of a condition.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyRow {
    pub(super) written: Span,
    /// The hash by which contexts find it.
    pub(super) hash: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_rows_fit_into_a_line_of_the_cache() {
        assert!(3 * size_of::<Row>() <= 64, "{}", size_of::<Row>());
    }
}
