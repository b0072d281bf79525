//! A rule, checked and ready to run. The loader makes it, the runner evaluates it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{Expression, Template};
use super::fields;
use super::file::{Expected, TestFile};
use super::words::{Asker, Destination, Object, Stand};
use crate::finding::{About, RuleInfo, Severity};
use crate::network::Code;

/// A rule that was loaded.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// All that is told about it.
    pub(crate) info: RuleInfo,
    /// How bad its findings are as its author wrote it, whatever a configuration makes of that.
    pub(crate) written: Severity,
    /// Where it applies; `None` for everywhere.
    pub(crate) when: Option<Expression>,
    /// What it asserts.
    pub(crate) assertions: Assertions,
    /// What is wrong, when it is.
    pub(crate) message: Template,
    /// Its tests.
    pub(crate) tests: Vec<TestFile>,
}

/// What a rule asserts.
#[derive(Debug, Clone)]
pub(crate) struct Assertions {
    /// Where one is allowed, nothing else counts.
    pub(crate) unless: Vec<Request>,
    /// Each must be allowed.
    pub(crate) require: Vec<Request>,
    /// None may be allowed.
    pub(crate) forbid: Vec<Request>,
    /// Not all may be allowed.
    pub(crate) together: Vec<Request>,
    /// Must be true.
    pub(crate) expect: Option<Expression>,
    /// Must not be so on the way.
    pub(crate) path: Option<PathAssertion>,
}

/// What must not be so on the way.
#[derive(Debug, Clone)]
pub(crate) struct PathAssertion {
    /// Where it leads.
    pub(crate) to: Destination,
    /// These must not block it.
    pub(crate) blocked_by: BTreeSet<Code>,
    /// These must not be remarked of it.
    pub(crate) remarks: BTreeSet<Code>,
}

/// One or more requests, in the vocabulary of rule files.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Who asks.
    pub(crate) asker: Asker,
    /// For which actions.
    pub(crate) actions: Vec<Arc<str>>,
    /// On what.
    pub(crate) object: Object,
    /// With which further context keys.
    pub(crate) context: BTreeMap<Arc<str>, Given>,
}

/// The value of a context key under `with`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    /// Something of the rotation.
    Stand(Stand),
    /// Exactly this.
    Literal(String),
}

impl Assertions {
    /// Every request that the rule asserts something of.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &Request> {
        self.require.iter().chain(&self.forbid).chain(&self.together)
    }

    /// Whether it asserts anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.expect.is_none() && self.path.is_none() && self.requests().next().is_none()
    }
}

impl Request {
    /// Whether somebody in a foreign account has a part in it, so that the account and the name of their secret have to be chosen.
    pub(crate) fn is_foreign(&self) -> bool {
        self.is_untrusted()
            || matches!(self.asker, Asker::SecretsManagerForAnotherAccount | Asker::AnotherAccount)
            || matches!(self.object, Object::ForeignSecret | Object::ForeignKey)
            || self.context.values().any(|given| *given == Given::Stand(Stand::ForeignSecret))
    }
}

impl Request {
    /// Whether somebody asks for the secret itself who has nothing but what its policies give them.
    pub(crate) fn is_by_strangers_for_the_secret(&self) -> bool {
        self.object == Object::Secret && matches!(self.asker, Asker::AnotherAccount | Asker::UntrustedAccount | Asker::AnotherService)
    }

    /// Whether it is about the outsiders whom policies name, and not about any.
    pub(crate) fn is_untrusted(&self) -> bool {
        matches!(self.asker, Asker::UntrustedAccount | Asker::SecretsManagerForUntrustedAccount)
    }
}

impl Rule {
    /// The outcomes that the rule can have, each of which must have a test. A rule that hangs on nothing but what `ListSecrets` tells is never
    /// undecided.
    pub(crate) fn outcomes(&self) -> Vec<Expected> {
        let mut outcomes = vec![Expected::Pass, Expected::Finding];
        let hangs_on_a_call = self.assertions.requests().next().is_some()
            || matches!(self.info.about, About::Role | About::Key | About::Master)
            || self.assertions.path.is_some()
            || self.when.iter().chain(&self.assertions.expect).any(|expression| fields::may_be_unreadable(&expression.fields()));
        if hangs_on_a_call {
            outcomes.push(Expected::Undecided);
        }
        outcomes
    }

    /// Whether it asks everybody beside the rotation.
    pub(crate) fn asks_others(&self) -> bool {
        self.assertions.requests().any(|request| request.asker.is_others())
    }

    /// Whether it asks about secrets that the function does not rotate, so that what it says of one thing may hang on every secret.
    pub(crate) fn asks_about_others(&self) -> bool {
        self.assertions.requests().chain(&self.assertions.unless).any(|request| request.object.is_other_secrets())
    }

    /// Whether the rule chooses by itself which kinds of rotation it is about. The others are about those through Lambda functions.
    pub(crate) fn chooses_the_kind(&self) -> bool {
        self.when.as_ref().is_some_and(|when| when.fields().contains("rotation.kind"))
    }
}
