//! Why a request is answered as it is: every statement that had a say and what of it did not match. Findings, `explain` and `simulate --explain` show it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::decide::{Decision, Evaluation, ResourceAllows, by_condition, evaluate, matched};
use super::hangs_on::{HangsOn, hangs_on};
use super::matching::Question;
use super::miss::{Miss, misses};
use super::model::Statement;
use super::naming::Naming;
use super::request::Request;
use super::rows::Effect;
use super::set::{Label, PolicyKind, PolicySet};
use super::truth::Truth;

/// An answer with its reasons.
#[derive(Debug, Clone)]
pub struct Trace {
    /// What each kind of policy says.
    pub evaluation: Evaluation,
    /// Every statement of every policy that could be read, in the order of the set.
    pub steps: Vec<Step>,
    /// The policies that could not be read or are malformed.
    pub unreadable: Vec<Label>,
}

/// One statement against the request.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The policy.
    pub label: Label,
    /// The statement's place in it, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<Arc<str>>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whether it matches the request.
    pub matched: Truth,
    /// The elements that do not match, or of which nobody knows.
    pub misses: Vec<Miss>,
    /// In a resource's policy, how the statement names who asks.
    #[serde(skip)]
    pub naming: Option<ResourceAllows>,
}

/// Something that nobody knows and on which an undecided answer hangs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hinge {
    /// The policy, if it is about one.
    pub label: Option<Label>,
    /// The statement in it.
    pub index: Option<usize>,
    /// Its `Sid`.
    pub sid: Option<Arc<str>>,
    /// What is not known.
    pub on: HangsOn,
}

/// Answers one request and says why.
pub fn explain(request: &Request, policies: &PolicySet) -> Trace {
    traced(request, policies, misses)
}

/// The same without the elements that do not match: finding these is nearly all of the work, and which statement decided is told without them.
pub fn outline(request: &Request, policies: &PolicySet) -> Trace {
    traced(request, policies, |_, _, _, _| Vec::new())
}

type Missing = fn(Question<'_>, Statement<'_>, PolicyKind, Option<Naming>) -> Vec<Miss>;

fn traced(request: &Request, policies: &PolicySet, missing: Missing) -> Trace {
    let question = Question { request, bounded: policies.boundary.is_some() };
    let mut steps = Vec::new();
    let mut unreadable = Vec::new();
    for attached in policies.iter() {
        match attached.policy() {
            Some(policy) => steps.extend(policy.statements().map(|statement| step(question, statement, &attached.label, missing))),
            None => unreadable.push(attached.label.clone()),
        }
    }
    Trace { evaluation: evaluate(request, policies), steps, unreadable }
}

fn step(question: Question<'_>, statement: Statement<'_>, label: &Label, missing: Missing) -> Step {
    let naming = label.kind.has_principals().then(|| question.principal(statement));
    Step {
        label: label.clone(),
        index: statement.index(),
        sid: statement.sid().map(Arc::from),
        effect: statement.effect(),
        matched: matched(question, statement, label.kind),
        misses: missing(question, statement, label.kind, naming),
        naming: naming.filter(|_| label.kind == PolicyKind::Resource).map(|naming| by_condition(statement, naming).into()),
    }
}

impl Trace {
    /// The answer.
    pub fn decision(&self) -> Decision {
        self.evaluation.decision()
    }

    /// The statements that surely denied, or those that surely allowed; none when nothing allows it or it is undecided.
    pub fn deciding(&self) -> Vec<&Step> {
        let decided = |step: &&Step| match self.decision() {
            Decision::ExplicitDeny => step.effect == Effect::Deny && step.matched.is_true(),
            Decision::Allowed => step.effect == Effect::Allow && step.matched.is_true() && self.grants(step),
            Decision::ImplicitDeny | Decision::Undecided => false,
        };
        self.steps.iter().filter(decided).collect()
    }

    /// Whether a statement that allows is one of those that grant: boundaries and outer limits never do, and naming the own account only hands on.
    fn grants(&self, step: &Step) -> bool {
        let Evaluation { identity, boundary, session, resource, sides, .. } = self.evaluation;
        let limits = boundary.and(session);
        let within = sides.same_account == Some(Truth::True);
        match (step.label.kind, step.naming) {
            (PolicyKind::Identity, _) => !within || limits.and(if sides.delegated { resource.account } else { Truth::True }).is_true(),
            (PolicyKind::Resource, Some(naming)) if within => {
                let by_role = naming.role.and(limits);
                let by_account = if sides.delegated { naming.account.and(identity).and(limits) } else { Truth::False };
                naming.direct.or(naming.anyone).or(by_role).or(by_account).is_true()
            }
            (PolicyKind::Resource, _) => true,
            _ => false,
        }
    }

    /// The Allow statements that do not surely match in policies whose permission is missing, nearest first.
    pub fn nearest(&self) -> Vec<&Step> {
        let lacking = |step: &&Step| step.effect == Effect::Allow && !step.matched.is_true() && self.lacks(step.label.kind);
        let mut steps: Vec<&Step> = self.steps.iter().filter(lacking).collect();
        steps.sort_by_key(|step| step.misses.iter().map(Miss::distance).sum::<usize>());
        steps
    }

    /// Whether the policies of a kind together do not surely allow, and that is missed.
    fn lacks(&self, kind: PolicyKind) -> bool {
        let Evaluation { scps, endpoint, identity, boundary, session, resource, granted, sides, .. } = self.evaluation;
        let own_side = if sides.same_account.is_none() { Truth::True } else { granted };
        let truth = match kind {
            PolicyKind::Identity => own_side.or(identity),
            PolicyKind::Boundary => own_side.or(boundary),
            PolicyKind::Session => own_side.or(session),
            PolicyKind::Scp => scps,
            PolicyKind::Endpoint => endpoint,
            PolicyKind::Resource if sides.same_account == Some(Truth::False) => resource.in_any_way(),
            PolicyKind::Resource => granted,
            PolicyKind::Rcp => Truth::True,
        };
        !truth.is_true()
    }

    /// What an undecided answer hangs on, sorted; empty when the answer is decided.
    pub fn hinges(&self) -> Vec<Hinge> {
        if self.decision() != Decision::Undecided {
            return Vec::new();
        }
        let mut hinges = Vec::new();
        for label in &self.unreadable {
            if self.matters(label.kind, Effect::Allow, None) || self.matters(label.kind, Effect::Deny, None) {
                hinges.push(Hinge { label: Some(label.clone()), index: None, sid: None, on: HangsOn::Policy });
            }
        }
        for step in self.steps.iter().filter(|step| step.matched.is_unknown() && self.matters(step.label.kind, step.effect, step.naming)) {
            hinges.extend(step.misses.iter().flat_map(hangs_on).map(|on| Hinge {
                label: Some(step.label.clone()),
                index: Some(step.index),
                sid: step.sid.clone(),
                on,
            }));
        }
        if self.evaluation.sides.same_account == Some(Truth::Unknown) {
            hinges.push(Hinge { label: None, index: None, sid: None, on: HangsOn::ResourceAccount });
        }
        hinges.sort();
        hinges.dedup();
        hinges
    }

    /// Whether the answer would change with what the policies of this kind allow, or any policy denies.
    fn matters(&self, kind: PolicyKind, effect: Effect, naming: Option<ResourceAllows>) -> bool {
        let with = |truth: Truth| {
            let mut changed = self.evaluation;
            let part = match (effect, kind) {
                (Effect::Deny, _) => Some(&mut changed.deny),
                (_, PolicyKind::Identity) => Some(&mut changed.identity),
                (_, PolicyKind::Boundary) => Some(&mut changed.boundary),
                (_, PolicyKind::Session) => Some(&mut changed.session),
                (_, PolicyKind::Scp) => Some(&mut changed.scps),
                (_, PolicyKind::Endpoint) => Some(&mut changed.endpoint),
                (_, PolicyKind::Rcp | PolicyKind::Resource) => None,
            };
            if let Some(part) = part.filter(|part| part.is_unknown()) {
                *part = truth;
            }
            if effect == Effect::Allow && kind == PolicyKind::Resource {
                set_unknown(&mut changed.resource, naming, truth);
            }
            changed.granted = changed.grants();
            changed.decision()
        };
        with(Truth::True) != with(Truth::False)
    }
}

/// Settles what is unknown of the ways in which a statement (or an unreadable policy, which could use any) names who asks.
fn set_unknown(resource: &mut ResourceAllows, naming: Option<ResourceAllows>, truth: Truth) {
    let settle = |part: &mut Truth, named: Option<Truth>| {
        if part.is_unknown() && named != Some(Truth::False) {
            *part = truth;
        }
    };
    settle(&mut resource.direct, naming.map(|naming| naming.direct));
    settle(&mut resource.role, naming.map(|naming| naming.role));
    settle(&mut resource.anyone, naming.map(|naming| naming.anyone));
    settle(&mut resource.account, naming.map(|naming| naming.account));
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, statement {}", self.label, self.index)?;
        self.sid.as_ref().map_or(Ok(()), |sid| write!(f, " ({sid})"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::{Context, Entry};
    use super::super::document::Document;
    use super::super::miss::Element;
    use super::super::request::Principal;
    use super::super::set::Attached;
    use super::super::text::Text;
    use super::*;

    const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";

    fn question(statements: &str, context: Context) -> Trace {
        let document = Document::new(format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#));
        assert_eq!(document.policy().err(), None);
        let arn = "arn:aws:iam::111122223333:role/Rotate";
        let principal = Principal::Role { arn: arn.into(), account: "111122223333".into(), unique_id: None };
        let request = Request::new(principal, "secretsmanager:GetSecretValue", SECRET.into(), Some("111122223333".into()), context);
        let identity = vec![Attached::document(PolicyKind::Identity, "rotate", document)];
        explain(&request, &PolicySet { identity, ..PolicySet::default() })
    }

    #[test]
    fn the_nearest_statement_is_the_one_that_misses_least() {
        let trace = question(
            r#"{"Sid": "Far", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::bucket"},
               {"Sid": "Near", "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
               {"Sid": "Middle", "Effect": "Allow", "Action": "secretsmanager:*", "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-??????"}"#,
            Context::closed(),
        );
        assert_eq!(trace.decision(), Decision::ImplicitDeny);
        let sids: Vec<_> = trace.nearest().iter().filter_map(|step| step.sid.as_deref()).collect();
        assert_eq!(sids, ["Near", "Middle", "Far"]);
        let Element::Condition { key, found, .. } = &trace.nearest()[0].misses[0].element else { panic!("a condition misses") };
        assert_eq!((&**key, found), ("aws:SecureTransport", &Entry::Absent));
    }

    #[test]
    fn the_deciding_statement_is_the_deny_that_matched() {
        let trace = question(
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Sid": "No", "Effect": "Deny", "Action": "secretsmanager:Get*", "Resource": "*"}"#,
            Context::closed(),
        );
        let deciding = trace.deciding();
        assert_eq!(deciding.len(), 1);
        assert_eq!(deciding[0].to_string(), "identity policy rotate, statement 1 (No)");
    }

    #[test]
    fn an_undecided_answer_hangs_on_the_keys_that_could_change_it() {
        let mut context = Context::closed();
        context.set("aws:SourceIp", Entry::Unknown).set("aws:username", Entry::Unknown);
        let trace = question(
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
               {"Sid": "Allowed anyway", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:username": "a*"}}},
               {"Sid": "Home", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
            context,
        );
        assert_eq!(trace.decision(), Decision::Undecided);
        let hinges = trace.hinges();
        assert_eq!(hinges.len(), 1);
        assert_eq!(hinges[0].on, HangsOn::Key("aws:SourceIp".into()));
        assert_eq!(hinges[0].sid.as_deref(), Some("Home"));
    }

    #[test]
    fn a_pattern_over_a_name_that_is_not_made_yet_names_whose_it_is() {
        let mut context = Context::closed();
        context.set("aws:PrincipalArn", Entry::Single(Text::parse("arn:aws:iam::111122223333:role/⟦Role⟧")));
        let trace = question(
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"},
               {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/stack-*"}}}"#,
            context,
        );
        assert_eq!(trace.decision(), Decision::Undecided);
        assert_eq!(trace.hinges().iter().map(|hinge| hinge.on.to_string()).collect::<Vec<_>>(), ["the name that Role will get"]);
    }

    #[test]
    fn a_variable_that_nobody_knows_is_named() {
        let mut context = Context::closed();
        context.set("aws:PrincipalTag/app", Entry::Unknown);
        let resource = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:${aws:PrincipalTag/app}-*";
        let trace = question(&format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "{resource}"}}"#), context);
        assert_eq!(trace.hinges()[0].on, HangsOn::Key("aws:PrincipalTag/app".into()));
    }
}
