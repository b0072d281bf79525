//! Asks: gathers what applies to a question and lets the policy engine decide. Everything that this room offers goes through here.

use super::answer::Answer;
use super::grants::{self, GrantAnswer};
use super::policies::{self, Gathered};
use super::principal;
use super::question::{Caller, Question, Target};
use crate::arn::Arn;
use crate::inventory::Inventory;
use crate::policy::{Decision, PolicySet, Request, Truth, evaluate};

/// Answers questions about one inventory.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    inventory: &'a Inventory,
}

impl<'a> Access<'a> {
    /// Over this inventory.
    pub fn new(inventory: &'a Inventory) -> Self {
        Self { inventory }
    }

    /// How AWS decides the question, whatever the values of the keys that no audit can know: allowed only if it is allowed under all of them.
    pub fn ask(&self, question: &Question) -> Answer {
        let Gathered { set, gaps } = policies::gather(self.inventory, question);
        let request = principal::request(self.inventory, question);
        let grants = grants::ask(self.inventory, question, &request.context);
        let (decision, open_point) = self.decide(question, &request, &set, &grants);
        Answer { decision, question: question.clone(), request, policies: set, gaps, grants, open_point }
    }

    /// The same question with other values of some context keys.
    pub(super) fn ask_again(&self, answer: &Answer, request: Request) -> Answer {
        let grants = grants::ask(self.inventory, &answer.question, &request.context);
        let (decision, open_point) = self.decide(&answer.question, &request, &answer.policies, &grants);
        Answer { decision, request, grants, open_point, ..answer.clone() }
    }

    /// The decision, and the point on which AWS's documentation leaves it open.
    fn decide(&self, question: &Question, request: &Request, set: &PolicySet, grants: &GrantAnswer) -> (Decision, Option<&'static str>) {
        let evaluation = evaluate(request, set);
        match (&question.caller, &question.target) {
            // A grantee has, for this question, nothing but the grant.
            (Caller::Grantee { .. }, _) => (grant_alone(evaluation.deny, grants.allows), None),
            // The policy of the AWS managed key admits every principal of its account that comes through Secrets Manager. What may still stop it is a Deny
            // or a service control policy.
            (_, Target::ManagedKey { .. }) if evaluation.resource.anyone.is_true() => {
                let same_account = request.principal.account().and_then(|account| account.as_literal()) == Some(question.target.account());
                if same_account { (grant_alone(evaluation.deny, evaluation.scps), None) } else { (evaluation.decision(), None) }
            }
            (_, Target::Function(arn)) => self.decide_qualified(arn, request, set, evaluation.decision()),
            _ => (evaluation.with_grant(grants.allows), None),
        }
    }

    /// A qualified function has a policy of its own. Whether Lambda then also looks at the function's policy is documented only for permissions that were
    /// added with `AddPermission` (it does not: <https://docs.aws.amazon.com/lambda/latest/dg/versioning-aliases.html>); a policy written as a document can
    /// name `function:*`, and what that does is open.
    fn decide_qualified(&self, arn: &Arn, request: &Request, set: &PolicySet, decision: Decision) -> (Decision, Option<&'static str>) {
        let (unqualified, qualifier) = arn.split_qualifier();
        if qualifier.is_none() {
            return (decision, None);
        }
        let function_level = policies::function_level(self.inventory, &unqualified);
        let mut both = set.clone();
        both.resource.extend(function_level);
        let with_function_level = evaluate(request, &both).decision();
        if with_function_level.is_denied() == decision.is_denied() || decision == Decision::Undecided {
            (decision, None)
        } else {
            (
                Decision::Undecided,
                Some("whether Lambda consults the function's own policy when a version or alias is called is not documented"),
            )
        }
    }
}

/// The decision where one source alone can allow.
fn grant_alone(deny: Truth, allows: Truth) -> Decision {
    match (deny, allows) {
        (Truth::True, _) => Decision::ExplicitDeny,
        (_, Truth::False) => Decision::ImplicitDeny,
        (Truth::False, Truth::True) => Decision::Allowed,
        _ => Decision::Undecided,
    }
}
