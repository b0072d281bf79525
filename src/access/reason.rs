//! Puts the reason of an answer into words.

use std::sync::Arc;

use super::answer::Answer;
use super::question::{Caller, Target};
use crate::policy::{Decision, Effect, Element, HangsOn, Hinge, Miss, PolicyKind, Principal, Statement, Step, Trace, evaluate};

/// The most values of an element that are written out.
const MOST_VALUES: usize = 3;

impl Answer {
    /// Why, in words: the deciding statement, or the nearest one and the element in which it misses.
    pub fn because(&self) -> String {
        let decided = matches!(self.decision, Decision::Allowed | Decision::ExplicitDeny);
        because(self, &if decided { self.outline() } else { self.trace() })
    }

    /// What an undecided answer hangs on, point by point and in words; empty for a decided one.
    pub fn open_points(&self) -> Vec<String> {
        if self.decision == Decision::Undecided { open_points(self, &self.trace()) } else { Vec::new() }
    }
}

fn because(answer: &Answer, trace: &Trace) -> String {
    match answer.decision {
        Decision::Allowed => allowed(answer, trace),
        Decision::ExplicitDeny => match trace.steps.iter().find(|step| step.effect == Effect::Deny && step.matched.is_true()) {
            Some(step) => denied_by(answer, step),
            None => "denied".to_owned(),
        },
        Decision::ImplicitDeny => denied(answer, trace),
        Decision::Undecided => format!("hangs on {}", open_points(answer, trace).join("; ")),
    }
}

fn allowed(answer: &Answer, trace: &Trace) -> String {
    let by_grant = answer.grants.allows.is_true() && evaluate(&answer.request, &answer.policies).decision() != Decision::Allowed;
    let deciding = trace.deciding();
    // That outsiders may do at home what they like goes without saying; what lets them in here does not.
    let lets_in = |step: &&&Step| matches!(answer.question.caller, Caller::Outsider { .. }) && step.label.kind == PolicyKind::Resource;
    match (&answer.grants.note, deciding.iter().find(lets_in).or(deciding.first())) {
        (Some(note), _) if by_grant => note.clone(),
        (_, Some(step)) => format!("allowed by {step}"),
        // The root user of an account, and calls that need no permission.
        _ => "allowed".to_owned(),
    }
}

/// A statement that denies, and the conditions under which it does.
fn denied_by(answer: &Answer, step: &Step) -> String {
    let attached = answer.policies.iter().find(|attached| attached.label == step.label);
    let statement = attached.and_then(|attached| attached.policy()?.statements().nth(step.index));
    let conditions: Vec<String> = statement
        .into_iter()
        .flat_map(Statement::conditions)
        .map(|condition| {
            let wanted: Vec<Arc<str>> = condition.values().map(Arc::from).collect();
            format!(
                "{} {} {}, and it is {}",
                condition.operator(),
                condition.key(),
                list(&wanted),
                answer.request.context.get(condition.key())
            )
        })
        .collect();
    if conditions.is_empty() { format!("denied by {step}") } else { format!("denied by {step}, under {}", conditions.join(" and ")) }
}

/// The part that does not allow, and the nearest statement to it.
fn denied(answer: &Answer, trace: &Trace) -> String {
    let evaluation = &trace.evaluation;
    let nearest = trace.nearest();
    let of_kind = |kind: PolicyKind| nearest.iter().find(|step| step.label.kind == kind).copied();
    let owner = answer.request.resource_account.as_ref();
    let across = answer.request.principal.account().is_some_and(|own| owner.is_some_and(|owner| own.equals(owner).is_false()));
    let (what, step) = if evaluation.scps.is_false() {
        ("a level of the service control policies does not allow it", of_kind(PolicyKind::Scp))
    } else if evaluation.endpoint.is_false() {
        ("the policy of the VPC endpoint does not allow it", of_kind(PolicyKind::Endpoint))
    } else if evaluation.boundary.is_false() && !evaluation.identity.is_false() {
        ("the permissions boundary does not allow it", of_kind(PolicyKind::Boundary))
    } else if evaluation.identity.is_true() && across {
        ("the identity policies allow it, but in another account the resource's policy must allow it too", of_kind(PolicyKind::Resource))
    } else if evaluation.identity.is_true() {
        (
            "the identity policies allow it, but the resource's policy neither names the principal nor leaves it to its account",
            of_kind(PolicyKind::Resource),
        )
    } else if across && evaluation.resource.in_any_way().is_true() {
        ("the resource's policy allows it, but in another account the identity policies must allow it too", of_kind(PolicyKind::Identity))
    } else if evaluation.resource.account.is_true() && answer.action().starts_with("kms:") {
        ("the key policy leaves it to the account, and no identity policy allows it", of_kind(PolicyKind::Identity))
    } else if answer.policies.identity.is_empty() && answer.policies.resource.is_empty() {
        ("there is no policy that could allow it", None)
    } else {
        ("no policy allows it", nearest.first().copied())
    };
    let nearest = step.map(|step| format!("nearest is {}", near(answer, step)));
    let parts: Vec<String> = [Some(what.to_owned()), nearest, answer.grants.note.clone()].into_iter().flatten().collect();
    parts.join("; ")
}

fn open_points(answer: &Answer, trace: &Trace) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    let hinges = trace.hinges().iter().map(|hinge| hangs(answer, hinge)).collect::<Vec<_>>();
    let grants = answer.grants_in_doubt().and_then(|grants| grants.gap.as_ref().map(ToString::to_string).or_else(|| grants.note.clone()));
    for reason in hinges.into_iter().chain(grants).chain(answer.open_point.clone()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() {
        // A grant under a boundary.
        reasons
            .push("whether an implicit denial of the permissions boundary stops what a grant allows, which is not documented".to_owned());
    }
    reasons
}

fn hangs(answer: &Answer, hinge: &Hinge) -> String {
    match (&hinge.on, &hinge.label) {
        (HangsOn::Policy, Some(label)) => match answer.gaps.get(label) {
            Some(gap) => gap.to_string(),
            None => format!("the {label}, which is malformed"),
        },
        (on, Some(label)) => format!("{on} ({label}, statement {})", hinge.index.unwrap_or_default()),
        (on, None) => on.to_string(),
    }
}

/// A statement and the elements in which it misses.
fn near(answer: &Answer, step: &Step) -> String {
    let misses: Vec<String> = step.misses.iter().map(|it| miss(answer, it)).collect();
    format!("{step}, where {}", misses.join(" and "))
}

/// One element, with who asks and what for by their short names.
fn miss(answer: &Answer, miss: &Miss) -> String {
    let unsure = if miss.truth.is_unknown() { " (not known)" } else { "" };
    match &miss.element {
        Element::Principal { negated, wanted, .. } => {
            format!("{}Principal is {}, not {}{unsure}", not(*negated), list(wanted), principal(answer))
        }
        Element::Action { negated, wanted, .. } => format!("{}Action is {}{unsure}", not(*negated), list(wanted)),
        Element::Resource { negated, wanted, found, .. } => {
            let hint = wanted.iter().find_map(|wanted| suffix_hint(wanted, found)).unwrap_or_default();
            let otherwise = match &answer.question.target {
                Target::Nothing { .. } => "and only * covers a call that names no resource".to_owned(),
                // Where only some other part differs, the name alone would not tell.
                target if target.arn().is_some_and(|arn| wanted.iter().any(|wanted| wanted.contains(arn.name()))) => format!("not {found}"),
                _ => format!("not {}", answer.subject()),
            };
            format!("{}Resource is {}, {otherwise}{hint}{unsure}", not(*negated), list(wanted))
        }
        Element::Condition { operator, key, wanted, found, .. } => {
            format!("{operator} {key} wants {}, and it is {found}{unsure}", list(wanted))
        }
    }
}

/// Who asks, as a policy would have to name it, in short.
fn principal(answer: &Answer) -> String {
    match &answer.request.principal {
        Principal::User { arn, account, .. } | Principal::Role { arn, account, .. } | Principal::Session { role_arn: arn, account, .. } => {
            let written = arn.written();
            let resource = written.rsplit(':').next().unwrap_or(&written);
            format!("{} of account {account}", resource.replacen('/', " ", 1))
        }
        Principal::Service(name) => name.to_string(),
        Principal::Anonymous => "nobody in particular".to_owned(),
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "Not" } else { "" }
}

fn list(values: &[Arc<str>]) -> String {
    let shown: Vec<&str> = values.iter().take(MOST_VALUES).map(|value| &**value).collect();
    match values.len().saturating_sub(MOST_VALUES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Says so when the wanted ARN differs from the secret's only in the six random characters at its end
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen>).
fn suffix_hint(wanted: &str, found: &str) -> Option<&'static str> {
    let (base, _) = found.rsplit_once('-').filter(|(base, suffix)| base.contains(":secretsmanager:") && suffix.len() == 6)?;
    if wanted == base {
        return Some(" (it lacks the six random characters of the secret's ARN)");
    }
    let (wanted_base, suffix) = wanted.rsplit_once('-')?;
    let other = wanted_base == base && suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    other.then_some(" (another secret of the same name: one that was deleted and made again has another suffix)")
}
