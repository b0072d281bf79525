//! The answer to a question, and what it rests on. Verdicts and findings show it; `reason.rs` puts it into words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::grants::GrantAnswer;
use super::names::named;
use super::question::{Caller, Question, Target};
use crate::inventory::Gap;
use crate::policy::case::Case;
use crate::policy::{
    Attached, Condition, Decision, Entry, HangsOn, Label, Policy, PolicySet, Request, Statement, Trace, Truth, explain, outline,
};

/// How AWS decides a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    pub(super) question: Question,
    pub(super) request: Request,
    pub(super) policies: PolicySet,
    pub(super) gaps: BTreeMap<Label, Gap>,
    /// A policy that was not read and can only allow.
    pub(super) opening: Option<Attached>,
    pub(super) grants: GrantAnswer,
    pub(super) open_point: Option<String>,
}

impl Answer {
    /// What was asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Who asks, in words.
    pub fn actor(&self) -> String {
        self.question.caller.in_words()
    }

    /// What is asked for, in words: `secret crm/db`, `function rotate-crm-db`, `key 5c0f…`.
    pub fn subject(&self) -> String {
        match &self.question.target {
            Target::ManagedKey { account, region } => format!("the key aws/secretsmanager of account {account} in {region}"),
            Target::Nothing { .. } => "no particular resource".to_owned(),
            target => target.arn().map(named).unwrap_or_default(),
        }
    }

    /// The IAM action.
    pub fn action(&self) -> &str {
        &self.question.action
    }

    /// What is asked for: an ARN, or `*`.
    pub fn resource(&self) -> String {
        self.request.resource.to_string()
    }

    /// The calls that did not answer and on which an undecided answer hangs.
    pub fn missing(&self) -> BTreeSet<Gap> {
        if self.decision != Decision::Undecided {
            return BTreeSet::new();
        }
        let hinges = self.trace().hinges();
        let labels = hinges.iter().filter(|hinge| hinge.on == HangsOn::Policy).filter_map(|hinge| hinge.label.as_ref());
        labels
            .filter_map(|label| self.gaps.get(label).cloned())
            .chain(self.grants_in_doubt().and_then(|grants| grants.gap.clone()))
            .collect()
    }

    /// What else an undecided answer hangs on: context keys, malformed policies, points that AWS leaves open.
    pub fn hinges(&self) -> BTreeSet<String> {
        if self.decision != Decision::Undecided {
            return BTreeSet::new();
        }
        let trace = self.trace();
        let hinges = trace.hinges();
        let keys = hinges.iter().filter_map(|hinge| match &hinge.on {
            HangsOn::Policy => {
                let label = hinge.label.as_ref()?;
                (!self.gaps.contains_key(label)).then(|| format!("{label}, which is malformed"))
            }
            on => Some(on.to_string()),
        });
        let grant = self.grants_in_doubt().filter(|grants| grants.gap.is_none()).and_then(|grants| grants.note.clone());
        keys.chain(grant).chain(self.open_point.clone()).collect()
    }

    /// The grants, where an undecided answer hangs on whether one of them allows.
    pub(super) fn grants_in_doubt(&self) -> Option<&GrantAnswer> {
        let with = |grant: Truth| match self.question.caller {
            Caller::Grantee { .. } => grant.is_true(),
            _ => self.trace().evaluation.with_grant(grant).is_denied(),
        };
        let in_doubt = self.decision == Decision::Undecided && self.grants.allows.is_unknown();
        Some(&self.grants).filter(|_| in_doubt && with(Truth::True) != with(Truth::False))
    }

    /// The closed question, for `rotaudit simulate`. Keys that no audit can know stand under `unknown`; a grant stands among the resource's policies, as the
    /// statement that says the same. Nothing when the question cannot be written so.
    pub fn case(&self) -> serde_json::Value {
        self.closed().case()
    }

    /// The closed question, to be written later.
    pub fn closed(&self) -> Closed {
        Closed { action: Arc::clone(&self.question.action), request: self.request.clone(), policies: self.with_grants() }
    }

    /// The context keys on which the answer hangs, with the values that policies compare them with.
    pub(super) fn open_keys(&self) -> BTreeMap<String, Vec<String>> {
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for hinge in self.trace().hinges() {
            if let HangsOn::Key(key) = &hinge.on {
                keys.entry(key.to_lowercase()).or_default();
            }
        }
        if let Some(grants) = self.grants_in_doubt() {
            for (key, value) in &grants.wants {
                keys.entry(key.to_lowercase()).or_default().push(value.clone());
            }
        }
        for attached in self.policies.iter().filter_map(|attached| attached.policy()) {
            for condition in attached.statements().flat_map(Statement::conditions) {
                if let Some(values) = keys.get_mut(&condition.key().to_lowercase()) {
                    values.extend(condition.values().map(str::to_owned));
                }
            }
        }
        keys
    }

    /// Why, with a grant that allows it among the policies.
    pub(super) fn trace(&self) -> Trace {
        explain(&self.request, &self.with_grants())
    }

    /// The same without what the statements miss, which nobody asks where one of them decides.
    pub(super) fn outline(&self) -> Trace {
        outline(&self.request, &self.with_grants())
    }

    fn with_grants(&self) -> PolicySet {
        let mut policies = self.policies.clone();
        if let Some((resource, identity)) = self.grants.as_policies() {
            policies.resource.push(resource);
            policies.identity.push(identity);
        }
        policies
    }
}

/// A question with all that its answer depends on, and nothing else of the answer.
#[derive(Debug, Clone)]
pub struct Closed {
    action: Arc<str>,
    request: Request,
    policies: PolicySet,
}

impl Closed {
    /// As [`Answer::case`] says it.
    pub fn case(&self) -> serde_json::Value {
        let mut request = self.request.clone();
        for key in self.mentioned_keys() {
            let entry = request.context.get(key).clone();
            request.context.set(key, entry);
        }
        let case = Case::of(&self.action, &without_alternatives(request), &self.policies);
        case.ok().and_then(|case| serde_json::to_value(case).ok()).unwrap_or_default()
    }

    /// Every key that a policy has a condition on.
    fn mentioned_keys(&self) -> BTreeSet<&str> {
        let statements = self.policies.iter().filter_map(Attached::policy).flat_map(Policy::statements);
        statements.flat_map(Statement::conditions).map(Condition::key).collect()
    }
}

/// A decided answer is the same under each alternative, so the first stands for all; what no policy asks for need not be said.
fn without_alternatives(mut request: Request) -> Request {
    let listed: Vec<(String, Entry)> = request.context.iter().map(|(key, entry)| (key.to_owned(), entry.clone())).collect();
    for (key, entry) in listed {
        if let Entry::OneOf(entries) = entry {
            request.context.set(&key, entries.into_iter().next().unwrap_or(Entry::Unknown));
        }
    }
    request
}
