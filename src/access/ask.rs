//! Asks: gathers what applies to a question and lets the policy engine decide. Everything that this room offers goes through here.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;

use super::answer::Answer;
use super::context;
use super::estate::Estate;
use super::grants::{self, GrantAnswer};
use super::policies::{self, Gathered};
use super::principal;
use super::question::{Caller, Question, Scope, Target};
use crate::arn::Arn;
use crate::inventory::{Inventory, Secret};
use crate::policy::{Body, Decision, Document, PolicySet, Request, Truth, evaluate, may_allow};

/// AWS documents that a resource policy lifts an implicit denial by a boundary for principals that it names, and for `*` with a condition on aws:PrincipalArn
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>).
const BARE_STAR: &str =
    "whether a resource policy that names everybody by * lifts the implicit denial of a permissions boundary, which is not documented";

/// Answers questions about one inventory.
#[derive(Debug)]
pub struct Access<'a> {
    inventory: Estate<'a>,
    asked: AtomicUsize,
    looked: AtomicUsize,
}

impl<'a> Access<'a> {
    /// Over this inventory.
    pub fn new(inventory: &'a Inventory) -> Self {
        Self { inventory: Estate::new(inventory), asked: AtomicUsize::new(0), looked: AtomicUsize::new(0) }
    }

    /// How much was done so far: questions for which policies were gathered, decisions, and what rules looked through. The measure of how the work grows with the inventory.
    pub fn work(&self) -> usize {
        self.asked() + self.looked.load(Ordering::Relaxed)
    }

    /// How many questions were decided so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Adds what somebody looked through to find out what to ask.
    pub fn count(&self, things: usize) {
        self.looked.fetch_add(things, Ordering::Relaxed);
    }

    pub(super) fn gather(&self, question: &Question) -> Gathered {
        self.count(1);
        policies::gather(&self.inventory, question)
    }

    /// How AWS decides the question, whatever the values of the keys that no audit can know: allowed only if it is allowed under all of them.
    pub fn ask(&self, question: &Question) -> Answer {
        self.answer(question, principal::bare_request(&self.inventory, question), self.gather(question))
    }

    /// The answer of these policies to a request of which nobody has found out what it carries.
    pub(super) fn answer(&self, question: &Question, request: Request, gathered: Gathered) -> Answer {
        let request = Request { context: context::context(&self.inventory, question), ..request };
        let grants = grants::ask(&self.inventory, question, &request.context);
        self.settled(question, request, gathered, grants)
    }

    /// The answer with its decision, where all that it hangs on is known.
    pub(super) fn settled(&self, question: &Question, request: Request, gathered: Gathered, grants: GrantAnswer) -> Answer {
        let Gathered { set, gaps, opening } = gathered;
        self.settle(Answer {
            decision: Decision::Undecided,
            question: question.clone(),
            request,
            policies: set,
            gaps,
            opening,
            grants,
            open_point: None,
        })
    }

    /// As [`ask`](Self::ask) says, or nothing where no value of any condition key would allow the question. This is told without finding out what the request carries, which is
    /// most of the work of deciding it.
    pub(super) fn ask_unless_denied(&self, question: &Question) -> Option<Answer> {
        let gathered = self.gather(question);
        let request = principal::bare_request(&self.inventory, question);
        (!self.is_denied(question, &request, &gathered)).then(|| self.answer(question, request, gathered))
    }

    /// What [`ask`](Self::ask) decides, for those who need no more of a decided answer: most questions are decided whatever the request carries, and then nobody finds out what
    /// that is. Which way a denial came about is not told.
    pub fn ask_in_short(&self, question: &Question) -> Result<Decision, Box<Answer>> {
        let gathered = self.gather(question);
        let request = principal::bare_request(&self.inventory, question);
        match self.decide_bare(question, &request, &gathered) {
            Decision::Undecided => Err(Box::new(self.answer(question, request, gathered))),
            decision => Ok(decision),
        }
    }

    /// The same of [`witness`](Self::witness).
    pub fn witness_in_short(&self, question: &Question) -> Result<Decision, Box<Answer>> {
        if self.is_closed_to(question) {
            return Ok(Decision::ImplicitDeny);
        }
        self.ask_in_short(question).map_err(|answer| Box::new(self.possibly(*answer)))
    }

    /// The decision where it is the same whatever the request carries under its condition keys, of which `request` knows none.
    fn decide_bare(&self, question: &Question, request: &Request, gathered: &Gathered) -> Decision {
        if gathered.opening.is_some() || self.has_other_means(question) {
            return Decision::Undecided;
        }
        if question.scope != Scope::Endpoint && !may_allow(request, &gathered.set) {
            return Decision::ImplicitDeny;
        }
        self.decide(question, request, &gathered.set, &GrantAnswer::NONE).0
    }

    /// Whether no value of any condition key would allow the question.
    pub(super) fn surely_denied(&self, question: &Question) -> bool {
        self.is_denied(question, &principal::bare_request(&self.inventory, question), &self.gather(question))
    }

    /// Whether this is a secret that surely has no policies, which lets in nobody by itself. Nearly all secrets are such, so it is worth telling before anything else.
    pub fn lets_nobody_in(&self, target: &Target) -> bool {
        let is_bare = |secret: &Secret| {
            secret.policies.value().is_some_and(Vec::is_empty)
                && secret.policies_listed.as_ref().is_none_or(|listed| listed.gap().is_none())
        };
        matches!(target, Target::Secret(arn) if self.inventory.secrets.get(arn).is_some_and(is_bare))
    }

    /// Whether somebody from elsewhere, who has no policies that would do, asks for such a secret.
    fn is_closed_to(&self, question: &Question) -> bool {
        let from_elsewhere = match &question.caller {
            Caller::Outsider { account } => account.as_str() != question.target.account(),
            Caller::Service { .. } => true,
            _ => false,
        };
        from_elsewhere && self.lets_nobody_in(&question.target)
    }

    /// Whether something may allow the question beside what was gathered for it.
    pub(super) fn has_other_means(&self, question: &Question) -> bool {
        match (&question.caller, &question.target) {
            (Caller::Grantee { .. }, _) => true,
            (_, Target::Key(arn)) => {
                self.inventory.key(arn).value().and_then(|key| key.grants.value()).is_none_or(|grants| !grants.is_empty())
            }
            // A version or alias may be allowed by the policy of the function itself.
            (_, Target::Function(arn)) => arn.split_qualifier().1.is_some(),
            _ => false,
        }
    }

    fn is_denied(&self, question: &Question, request: &Request, gathered: &Gathered) -> bool {
        let others_may = question.scope == Scope::Endpoint || gathered.opening.is_some() || self.has_other_means(question);
        !others_may && !may_allow(request, &gathered.set)
    }

    /// The policies that have a say in the question, as far as they were read.
    pub fn documents(&self, question: &Question) -> Vec<Document> {
        let gathered = self.gather(question);
        let bodies = gathered.set.iter().map(|attached| &attached.body);
        bodies.filter_map(|body| if let Body::Document(document) = body { Some(document.clone()) } else { None }).collect()
    }

    /// The same question with other values of some context keys.
    pub(super) fn ask_again(&self, answer: &Answer, request: Request) -> Answer {
        let grants = grants::ask(&self.inventory, &answer.question, &request.context);
        self.settle(Answer { request, grants, ..answer.clone() })
    }

    /// With its decision, and among its policies the one that may open what the others do not, where that matters.
    fn settle(&self, mut answer: Answer) -> Answer {
        if let Some(opening) = &answer.opening {
            answer.policies.resource.retain(|attached| attached.label != opening.label);
        }
        let decide = |answer: &Answer| self.decide(&answer.question, &answer.request, &answer.policies, &answer.grants);
        (answer.decision, answer.open_point) = decide(&answer);
        if let Some(opening) = &answer.opening
            && answer.decision == Decision::ImplicitDeny
        {
            answer.policies.resource.push(opening.clone());
            (answer.decision, answer.open_point) = decide(&answer);
        }
        answer
    }

    /// What it is asked over.
    pub(super) fn inventory(&self) -> &'a Inventory {
        self.inventory.all()
    }

    pub(super) fn estate(&self) -> &Estate<'a> {
        &self.inventory
    }

    /// When the inventory was read: no request is made before.
    pub(super) fn now(&self) -> Timestamp {
        self.inventory.as_of
    }

    /// The decision, and what it is open on beside keys and policies of the set.
    fn decide(&self, question: &Question, request: &Request, set: &PolicySet, grants: &GrantAnswer) -> (Decision, Option<String>) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let evaluation = evaluate(request, set);
        match question.scope {
            Scope::OwnPermissions if !evaluation.identity.is_true() => return (grant_alone(evaluation.deny, evaluation.identity), None),
            Scope::Endpoint => return (grant_alone(evaluation.deny, evaluation.endpoint), None),
            Scope::Everything | Scope::OwnPermissions | Scope::BesideEndpoint => {}
        }
        match (&question.caller, &question.target) {
            // A grantee has, for this question, nothing but the grant.
            (Caller::Grantee { .. }, _) => (grant_alone(evaluation.deny, grants.allows.and(evaluation.scps)), None),
            (_, Target::Function(arn)) => self.decide_qualified(arn, request, set, evaluation.decision()),
            // The policy of the AWS managed key names everybody by `*`, and serves roles with a boundary.
            (_, Target::ManagedKey { .. }) => (evaluation.decision(), None),
            _ if evaluation.leans_on_bare_star() => (Decision::Undecided, Some(BARE_STAR.to_owned())),
            _ => (evaluation.with_grant(grants.allows), None),
        }
    }

    /// A qualified function has a policy of its own. Whether Lambda then also looks at the function's policy is documented only for permissions that were
    /// added with `AddPermission` (it does not: <https://docs.aws.amazon.com/lambda/latest/dg/versioning-aliases.html>); a policy written as a document can
    /// name `function:*`, and what that does is open.
    fn decide_qualified(&self, arn: &Arn, request: &Request, set: &PolicySet, decision: Decision) -> (Decision, Option<String>) {
        let (unqualified, qualifier) = arn.split_qualifier();
        if qualifier.is_none() {
            return (decision, None);
        }
        let function_level = policies::function_level(&self.inventory, &unqualified);
        let mut both = set.clone();
        both.resource.extend(function_level.set.resource);
        let with_function_level = evaluate(request, &both).decision();
        if with_function_level == decision || (with_function_level.is_denied() && decision.is_denied()) || decision == Decision::Undecided {
            return (decision, None);
        }
        let unread = function_level.gaps.into_values().next().map(|gap| format!(" ({gap})")).unwrap_or_default();
        let point = "whether Lambda consults the function's own policy when a version or alias is called, which is not documented";
        (Decision::Undecided, Some(format!("{point}{unread}")))
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
