//! The answer to a question, and why: the deciding statement, or the nearest one and where it misses.

use std::collections::{BTreeMap, BTreeSet};

use super::grants::GrantAnswer;
use super::question::{Caller, Question};
use crate::inventory::Gap;
use crate::policy::{Decision, Label, PolicySet, Request};

/// How AWS decides a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    pub(super) question: Question,
    pub(super) request: Request,
    pub(super) policies: PolicySet,
    pub(super) gaps: BTreeMap<Label, Gap>,
    pub(super) grants: GrantAnswer,
    pub(super) open_point: Option<&'static str>,
}

impl Answer {
    /// Who asks, in words.
    pub fn actor(&self) -> String {
        match &self.question.caller {
            Caller::Function { role, .. } => format!("execution role {}", role.name()),
            Caller::Forwarded { role, .. } => format!("Secrets Manager on behalf of execution role {}", role.name()),
            Caller::Service { name, source: Some(source) } => format!("{name} for {}", source.as_str()),
            Caller::Service { name, source: None } => name.to_string(),
            Caller::Outsider { account } => format!("a role in account {account}"),
            Caller::Grantee { grant } => format!("the grantee of grant {grant}"),
        }
    }

    /// What is asked for: an ARN, or `*`.
    pub fn resource(&self) -> String {
        self.request.resource.to_string()
    }

    /// Why, in words.
    pub fn because(&self) -> String {
        self.decision.to_string()
    }

    /// The calls that did not answer and on which an undecided answer hangs.
    pub fn missing(&self) -> BTreeSet<Gap> {
        self.gaps.values().cloned().chain(self.grants.gap.clone()).collect()
    }

    /// The context keys on which the answer hangs, with the values that policies compare them with.
    pub(super) fn open_keys(&self) -> BTreeMap<String, Vec<String>> {
        BTreeMap::new()
    }
}
