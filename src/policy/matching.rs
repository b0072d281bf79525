//! Whether the elements of one statement match a request. Evaluation and explanation both ask here, so that they cannot disagree.

use super::arn_pattern::covers_resource;
use super::condition;
use super::model::Statement;
use super::naming::{Naming, naming};
use super::request::Request;
use super::set::PolicyKind;
use super::truth::{Truth, all, any};
use super::value::Value;

/// A request together with what matching needs to know beside it.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) request: &'a Request,
    /// Who asks has a permissions boundary.
    pub(super) bounded: bool,
}

impl Question<'_> {
    /// Action or `NotAction`.
    pub(super) fn action(self, statement: Statement<'_>) -> Truth {
        let action = &*self.request.action;
        let patterns = statement.action_values().filter(|value| value.may_cover(action.len())).filter_map(Value::pattern);
        any(patterns.map(|pattern| pattern.covers_action(action))).negate_if(statement.is_not_action())
    }

    /// Resource or `NotResource`. Trust policies have neither: they are about their role. Elsewhere AWS stores no such statement.
    pub(super) fn resource(self, statement: Statement<'_>, kind: PolicyKind) -> Truth {
        if !statement.has_resource() {
            return if kind == PolicyKind::Resource { Truth::True } else { Truth::Unknown };
        }
        let request = self.request;
        let length = request.resource.as_literal().map(str::len);
        let patterns = statement.resource_values().filter(|value| length.is_none_or(|length| value.may_cover(length)));
        let covered = any(patterns.filter_map(Value::pattern).map(|pattern| {
            if pattern.is_anything() {
                Truth::True
            } else if request.wildcard_only {
                if pattern.may_be_anything() { Truth::Unknown } else { Truth::False }
            } else {
                covers_resource(pattern, &request.resource, &request.context)
            }
        }));
        covered.negate_if(statement.is_not_resource())
    }

    /// Principal or `NotPrincipal`, in a policy of a kind that has one. Of a statement without one AWS stores none; what it would mean is anybody's guess.
    pub(super) fn principal(self, statement: Statement<'_>) -> Naming {
        if statement.has_principal() { naming(statement, &self.request.principal, self.bounded) } else { Naming::each(Truth::Unknown) }
    }

    /// All conditions.
    pub(super) fn conditions(self, statement: Statement<'_>) -> Truth {
        all(statement.conditions().map(|condition| condition::holds(condition, &self.request.context)))
    }

    /// Everything but the principal, cheapest first.
    pub(super) fn but_principal(self, statement: Statement<'_>, kind: PolicyKind) -> Truth {
        let action = self.action(statement);
        if action.is_false() {
            return Truth::False;
        }
        let covered = action.and(self.resource(statement, kind));
        if covered.is_false() { Truth::False } else { covered.and(self.conditions(statement)) }
    }
}
