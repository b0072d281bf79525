//! Puts the reason of an answer into words.

use std::sync::Arc;

use super::answer::Answer;
use crate::policy::{Decision, Effect, Element, HangsOn, Hinge, Miss, PolicyKind, Statement, Step, Trace};

/// The most values of an element that are written out.
const MOST_VALUES: usize = 3;

impl Answer {
    /// Why, in words: the deciding statement, or the nearest one and the element in which it misses.
    pub fn because(&self) -> String {
        because(self, &self.trace())
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
        Decision::Undecided => undecided(answer, trace),
    }
}

fn allowed(answer: &Answer, trace: &Trace) -> String {
    match trace.deciding().first() {
        Some(step) => format!("allowed by {step}"),
        None => match &answer.grants.note {
            Some(note) => note.clone(),
            // The root user of an account, and calls that need no permission.
            None => "allowed".to_owned(),
        },
    }
}

/// A statement that denies, and the conditions under which it does.
fn denied_by(answer: &Answer, step: &Step) -> String {
    let attached = answer.policies.iter().find(|attached| attached.label == step.label);
    let statement = attached.and_then(|attached| attached.policy()?.statements().get(step.index));
    let conditions: Vec<String> = statement
        .map(Statement::conditions)
        .unwrap_or_default()
        .iter()
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
    let (what, step) = if !evaluation.scps.is_true() {
        ("a level of the service control policies does not allow it", of_kind(PolicyKind::Scp))
    } else if !evaluation.endpoint.is_true() {
        ("the policy of the VPC endpoint does not allow it", of_kind(PolicyKind::Endpoint))
    } else if evaluation.identity.is_true() && !evaluation.boundary.is_true() {
        ("the permissions boundary does not allow it", of_kind(PolicyKind::Boundary))
    } else if evaluation.identity.is_true() {
        (
            "the identity policies allow it, but the resource's policy neither names the principal nor leaves it to its account",
            of_kind(PolicyKind::Resource),
        )
    } else if answer.policies.identity.is_empty() && answer.policies.resource.is_empty() {
        ("there is no policy that could allow it", None)
    } else {
        ("no policy allows it", nearest.first().copied())
    };
    let nearest = step.map(|step| format!("nearest is {}", near(step)));
    let parts: Vec<String> = [Some(what.to_owned()), nearest, answer.grants.note.clone()].into_iter().flatten().collect();
    parts.join("; ")
}

fn undecided(answer: &Answer, trace: &Trace) -> String {
    let mut reasons: Vec<String> = trace.hinges().iter().map(|hinge| hangs(answer, hinge)).collect();
    reasons.extend(answer.grants.gap.iter().map(ToString::to_string));
    reasons.extend(answer.open_point.map(str::to_owned));
    if reasons.is_empty() {
        // The bare `*` under a boundary, and a grant under one.
        reasons.push("whether an implicit denial of the permissions boundary stops it is not documented".to_owned());
    }
    reasons.dedup();
    format!("hangs on {}", reasons.join("; "))
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
fn near(step: &Step) -> String {
    let misses: Vec<String> = step.misses.iter().map(miss).collect();
    format!("{step}, where {}", misses.join(" and "))
}

fn miss(miss: &Miss) -> String {
    let unsure = if miss.truth.is_unknown() { " (not known)" } else { "" };
    match &miss.element {
        Element::Principal { negated, wanted, found } => format!("{}Principal is {}, not {found}{unsure}", not(*negated), list(wanted)),
        Element::Action { negated, wanted, .. } => format!("{}Action is {}{unsure}", not(*negated), list(wanted)),
        Element::Resource { negated, wanted, found, .. } => {
            let hint = wanted.iter().find_map(|wanted| suffix_hint(wanted, found)).unwrap_or_default();
            format!("{}Resource is {}, not {found}{hint}{unsure}", not(*negated), list(wanted))
        }
        Element::Condition { operator, key, wanted, found, .. } => {
            format!("{operator} {key} wants {}, and it is {found}{unsure}", list(wanted))
        }
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
