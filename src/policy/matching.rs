//! Whether the elements of one statement match a request. Evaluation and explanation both ask here, so that they cannot disagree.

use super::condition;
use super::model::Statement;
use super::naming::{Naming, naming};
use super::request::Request;
use super::set::PolicyKind;
use super::truth::{Truth, all, any};

/// A request together with what matching needs to know beside it.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) request: &'a Request,
    /// Who asks has a permissions boundary.
    pub(super) bounded: bool,
}

impl Question<'_> {
    /// Action or `NotAction`.
    pub(super) fn action(self, statement: &Statement) -> Truth {
        let actions = &statement.actions;
        any(actions.patterns.iter().map(|pattern| pattern.matches_str(&self.request.action))).negate_if(actions.negated)
    }

    /// Resource or `NotResource`. Trust policies have neither: they are about their role. Elsewhere AWS stores no such statement.
    pub(super) fn resource(self, statement: &Statement, kind: PolicyKind) -> Truth {
        let Some(resources) = &statement.resources else {
            return if kind == PolicyKind::Resource { Truth::True } else { Truth::Unknown };
        };
        let request = self.request;
        let covered = any(resources.patterns.iter().map(|pattern| {
            if pattern.is_anything() {
                Truth::True
            } else if request.wildcard_only {
                Truth::False
            } else {
                pattern.matches(&request.resource, &request.context)
            }
        }));
        covered.negate_if(resources.negated)
    }

    /// Principal or `NotPrincipal`, in a policy of a kind that has one.
    pub(super) fn principal(self, statement: &Statement) -> Naming {
        match &statement.principals {
            Some(principals) => naming(principals, &self.request.principal, statement.effect.denies(), self.bounded),
            // AWS stores no such statement; what it would mean is anybody's guess.
            None => Naming::each(Truth::Unknown),
        }
    }

    /// All conditions.
    pub(super) fn conditions(self, statement: &Statement) -> Truth {
        all(statement.conditions.iter().map(|condition| condition::holds(condition, &self.request.context)))
    }

    /// Everything but the principal, cheapest first.
    pub(super) fn but_principal(self, statement: &Statement, kind: PolicyKind) -> Truth {
        let action = self.action(statement);
        if action.is_false() {
            return Truth::False;
        }
        let covered = action.and(self.resource(statement, kind));
        if covered.is_false() { Truth::False } else { covered.and(self.conditions(statement)) }
    }
}
