//! What the policies of a request look at: which actions and resources their statements cover, which statements may match it whatever it carries, and how they read the keys that tell one principal from another.
//! `access` asks here, so that principals between which no statement can tell the difference are decided once.

use super::condition;
use super::decide::relevant;
use super::matching::Question;
use super::model::{Policy, Statement};
use super::request::Request;
use super::set::{Attached, PolicyKind, PolicySet};
use super::truth::Truth;
use super::value::Value;

/// Whether `Action` or `NotAction` of a statement covers `action` (`service:Action`, in any letter case).
pub fn covers_action(statement: Statement<'_>, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let patterns = statement.action_values().filter(|value| value.may_cover(action.len())).filter_map(Value::pattern);
    let covered = patterns.fold(Truth::False, |covered, pattern| covered.or(pattern.covers_action(&action)));
    !covered.negate_if(statement.is_not_action()).is_false()
}

/// Whether `Resource` or `NotResource` of a statement of an identity policy may cover what the request is about.
pub fn may_cover_resource(statement: Statement<'_>, request: &Request) -> bool {
    !Question { request, bounded: false }.resource(statement, PolicyKind::Identity).is_false()
}

/// Whether a statement that covers `action` reads such keys at all. Where none does, [`marks`] finds nothing to tell of anybody.
pub fn reads(action: &str, policies: &PolicySet, is_meant: impl Fn(&str) -> bool) -> bool {
    let statements = policies.iter().filter_map(Attached::policy).flat_map(Policy::statements);
    statements.filter(|statement| statement.keys().any(&is_meant)).any(|statement| covers_action(statement, action))
}

/// Whether any policy that could be read looks at what a request carries under its condition keys.
pub fn looks_at_context(policies: &PolicySet) -> bool {
    let statements = policies.iter().filter_map(Attached::policy).flat_map(Policy::statements);
    statements.into_iter().any(|statement| statement.keys().next().is_some())
}

/// How the statements that may match the request read these keys of it. Two requests that differ in nothing but these keys have the same answer if they are read
/// alike. `None` when a statement cannot read them, because their value is not known.
///
/// The context of the request holds the keys in question; every other key of it is unknown.
pub fn marks(request: &Request, policies: &PolicySet, is_meant: impl Fn(&str) -> bool) -> Option<Vec<Truth>> {
    let question = Question { request, bounded: policies.boundary.is_some() };
    let mut marks = Vec::new();
    for attached in policies.iter() {
        let kind: PolicyKind = attached.label.kind;
        for statement in attached.policy().into_iter().flat_map(Policy::statements) {
            if !statement.keys().any(&is_meant) || !relevant(question, statement, kind) {
                continue;
            }
            if statement.resource_variables().any(&is_meant) {
                marks.push(question.resource(statement, kind));
            }
            let looking = statement.conditions().filter(|it| is_meant(it.key()) || it.variables().any(&is_meant));
            marks.extend(looking.map(|condition| condition::holds(condition, &request.context)));
        }
    }
    marks.iter().all(|mark| !mark.is_unknown()).then_some(marks)
}
