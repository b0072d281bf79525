//! A parsed policy and its parts, as other rooms and the matchers read them: small handles onto the rows of `rows.rs`, free to copy.

use super::block::Block;
use super::operator::Operator;
use super::rows::{Effect, KeyRow, Listing, OperatorRow, Row, StatementRow};
use super::value::{PrincipalEntry, Value, values};

/// A policy document's content.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) version: Version,
    pub(super) block: Block,
}

impl Policy {
    /// The version of the language; without a `Version` element it is the older one.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The statements in the order of the document.
    pub fn statements(&self) -> Statements<'_> {
        Statements { block: &self.block, rest: &self.block.rows, index: 0 }
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

/// The statements of a policy in a row.
#[derive(Debug, Clone)]
pub struct Statements<'a> {
    block: &'a Block,
    rest: &'a [Row],
    index: usize,
}

impl<'a> Iterator for Statements<'a> {
    type Item = Statement<'a>;

    fn next(&mut self) -> Option<Statement<'a>> {
        let (Row::Statement(head), rest) = self.rest.split_first()? else { return None };
        let (rows, rest) = rest.split_at_checked(head.rows as usize)?;
        let statement = Statement { block: self.block, index: self.index, head, rows };
        self.rest = rest;
        self.index += 1;
        Some(statement)
    }
}

/// One statement of a policy.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    block: &'a Block,
    index: usize,
    head: &'a StatementRow,
    rows: &'a [Row],
}

impl<'a> Statement<'a> {
    /// Its place in the policy, from 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// Its `Sid`, if it has one.
    pub fn sid(self) -> Option<&'a str> {
        match self.rows.last() {
            Some(Row::Sid(written)) if self.head.sid => Some(self.block.text(*written)),
            _ => None,
        }
    }

    /// Allow or Deny.
    pub fn effect(self) -> Effect {
        self.head.effect
    }

    /// The entries of `Principal` or `NotPrincipal`; none when it has neither.
    pub fn principals(self) -> impl Iterator<Item = PrincipalEntry<'a>> {
        let before = usize::from(self.head.actions) + usize::from(self.head.resources);
        self.some_rows(before, self.head.principals).iter().filter_map(move |row| match row {
            Row::Principal(row) => Some(PrincipalEntry { block: self.block, row }),
            _ => None,
        })
    }

    /// Whether it has `Principal` or `NotPrincipal`.
    pub fn has_principal(self) -> bool {
        self.head.principal != Listing::Absent
    }

    /// Whether the principals stand under `NotPrincipal`.
    pub fn is_not_principal(self) -> bool {
        self.head.principal == Listing::Excepted
    }

    /// The values of `Action` or `NotAction`, as written.
    pub fn actions(self) -> impl Iterator<Item = &'a str> {
        self.action_values().map(Value::written)
    }

    pub(super) fn action_values(self) -> impl Iterator<Item = Value<'a>> {
        values(self.block, self.some_rows(0, self.head.actions))
    }

    /// Whether the actions stand under `NotAction`.
    pub fn is_not_action(self) -> bool {
        self.head.action == Listing::Excepted
    }

    /// The values of `Resource` or `NotResource`, as written; none when it has neither (trust policies).
    pub fn resources(self) -> impl Iterator<Item = &'a str> {
        self.resource_values().map(Value::written)
    }

    pub(super) fn resource_values(self) -> impl Iterator<Item = Value<'a>> {
        values(self.block, self.some_rows(self.head.actions.into(), self.head.resources))
    }

    /// Whether it has `Resource` or `NotResource`.
    pub fn has_resource(self) -> bool {
        self.head.resource != Listing::Absent
    }

    /// Whether the resources stand under `NotResource`.
    pub fn is_not_resource(self) -> bool {
        self.head.resource == Listing::Excepted
    }

    /// Its conditions: one per operator and key, in the order of the document.
    pub fn conditions(self) -> Conditions<'a> {
        let before = usize::from(self.head.actions) + usize::from(self.head.resources) + usize::from(self.head.principals);
        Conditions { block: self.block, rest: self.rows.get(before..).unwrap_or_default() }
    }

    /// The names of the variables in its resources.
    pub(super) fn resource_variables(self) -> impl Iterator<Item = &'a str> {
        self.resource_values().flat_map(Value::variables)
    }

    /// Every condition key that it looks at: those of its conditions, and the variables in their values and in its resources.
    pub fn keys(self) -> impl Iterator<Item = &'a str> {
        let conditions = self.conditions().flat_map(|condition| std::iter::once(condition.key()).chain(condition.variables()));
        conditions.chain(self.resource_variables())
    }

    fn some_rows(self, before: usize, count: u16) -> &'a [Row] {
        self.rows.get(before..before + usize::from(count)).unwrap_or_default()
    }
}

/// The conditions of a statement in a row.
#[derive(Debug, Clone)]
pub struct Conditions<'a> {
    block: &'a Block,
    rest: &'a [Row],
}

impl<'a> Iterator for Conditions<'a> {
    type Item = Condition<'a>;

    fn next(&mut self) -> Option<Condition<'a>> {
        let [Row::Operator(operator), Row::Key(key), rest @ ..] = self.rest else { return None };
        let (values, rest) = rest.split_at_checked(operator.values.into())?;
        self.rest = rest;
        Some(Condition { block: self.block, operator, key, values })
    }
}

/// One condition: an operator, a key and the values asked for.
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    block: &'a Block,
    operator: &'a OperatorRow,
    key: &'a KeyRow,
    values: &'a [Row],
}

impl<'a> Condition<'a> {
    /// The operator as written: `StringEqualsIfExists`, `ForAnyValue:StringLike`, …
    pub fn operator(self) -> &'a str {
        self.block.text(self.operator.written)
    }

    /// Whether the operator is a negated one (`StringNotEquals`, `NotIpAddress`, …), which an absent key satisfies.
    pub fn is_negated(self) -> bool {
        self.operator.operator.negated
    }

    /// The key as written.
    pub fn key(self) -> &'a str {
        self.block.text(self.key.written)
    }

    /// The values as written, JSON numbers and truth values as their text.
    pub fn values(self) -> impl Iterator<Item = &'a str> {
        self.operands().map(Value::written)
    }

    /// The operator, taken apart.
    pub(super) fn asks(self) -> Operator {
        self.operator.operator
    }

    /// The hash of the key.
    pub(super) fn hash(self) -> u32 {
        self.key.hash
    }

    pub(super) fn operands(self) -> impl Iterator<Item = Value<'a>> {
        values(self.block, self.values)
    }

    /// The names of the variables in its values.
    pub(super) fn variables(self) -> impl Iterator<Item = &'a str> {
        self.operands().flat_map(Value::variables)
    }
}
