//! Decides whether a rotation will work: every call of it is asked, and everything that it needs is looked at.

use super::calls::Call;
use super::chain::{KeyInUse, Rotation};
use super::verdict::{JudgedCall, Judgement, Step, Verdict};
use crate::access::Access;
use crate::inventory::Known;
use crate::policy::Decision;

/// Something that a rotation needs, beside being allowed: that a function exists, that a key is enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// It is not so, and the rotation fails there.
    Broken(Step, String),
    /// Nobody can tell.
    Unknown(String),
}

/// Judges one rotation.
pub fn judge(rotation: &Rotation<'_>, access: &Access<'_>) -> Judgement {
    let calls: Vec<JudgedCall> = rotation.calls().iter().map(|call| judge_call(call, access)).collect();
    let verdict = if rotation.is_lambda() { verdict(&conditions(rotation), &calls) } else { Verdict::NotJudged };
    Judgement {
        secret: rotation.secret.arn.clone(),
        kind: rotation.kind.clone(),
        function: rotation.function_arn.cloned(),
        role: rotation.role_arn.value().copied().flatten().cloned(),
        key: rotation.key_arn().cloned(),
        verdict,
        calls,
    }
}

fn judge_call(call: &Call, access: &Access<'_>) -> JudgedCall {
    let (actor, resource, decision, because) = match &call.question {
        Known::Value(question) => {
            let answer = access.ask(question);
            (answer.actor(), answer.resource(), answer.decision, answer.because())
        }
        Known::Unreadable(gap) => ("execution role".to_owned(), "unknown".to_owned(), Decision::Undecided, format!("{gap}")),
    };
    JudgedCall { step: call.step, actor, action: call.action.to_owned(), resource, decision, because, optional: call.optional }
}

/// The first step that fails for certain, whatever is not known before it; else what is not known; else it rotates.
fn verdict(conditions: &[Condition], calls: &[JudgedCall]) -> Verdict {
    let broken = conditions.iter().filter_map(|condition| match condition {
        Condition::Broken(step, because) => Some((*step, because.clone())),
        Condition::Unknown(_) => None,
    });
    let binding = || calls.iter().filter(|call| !call.optional);
    let denied = binding()
        .filter(|call| matches!(call.decision, Decision::ExplicitDeny | Decision::ImplicitDeny))
        .map(|call| (call.step, format!("{} may not {} on {}: {}", call.actor, call.action, call.resource, call.because)));
    // What does not exist comes before what is not allowed in the same step.
    if let Some((step, because)) = broken.chain(denied).min_by_key(|(step, _)| *step) {
        return Verdict::Fails { step, because };
    }
    let unknown = conditions.iter().filter_map(|condition| match condition {
        Condition::Unknown(needs) => Some(needs.clone()),
        Condition::Broken(..) => None,
    });
    let undecided = binding().filter(|call| call.decision == Decision::Undecided).map(|call| call.because.clone());
    let mut needs: Vec<String> = Vec::new();
    for need in unknown.chain(undecided) {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    if needs.is_empty() { Verdict::Rotates } else { Verdict::Undecided { needs } }
}

fn conditions(rotation: &Rotation<'_>) -> Vec<Condition> {
    let mut found = Vec::new();
    secret(rotation, &mut found);
    function(rotation, &mut found);
    role(rotation, &mut found);
    key(rotation, &mut found);
    found
}

fn secret(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    if rotation.secret.deleted_at.is_some() {
        found.push(Condition::Broken(Step::Invoke, "the secret is scheduled for deletion".to_owned()));
    }
    if rotation.function_arn.is_none() {
        found.push(Condition::Broken(Step::Invoke, "rotation is on, but the secret names no rotation function".to_owned()));
    }
    if rotation.secret.version_with("AWSCURRENT").is_none() {
        found.push(Condition::Broken(
            Step::CreateSecret,
            "the secret has no version labelled AWSCURRENT, so there is nothing to rotate from".to_owned(),
        ));
    }
}

fn function(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    let Some(arn) = rotation.function_arn else { return };
    match &rotation.configuration {
        Known::Unreadable(gap) => found.push(Condition::Unknown(gap.to_string())),
        Known::Value(None) => found.push(Condition::Broken(Step::Invoke, format!("the function {} does not exist", arn.name()))),
        Known::Value(Some(configuration)) => {
            found.extend(state(configuration.state.as_deref()));
            if configuration.vpc.is_some() {
                found.push(Condition::Unknown("the network path of a function in a VPC, which this version does not follow".to_owned()));
            }
        }
    }
    match rotation.function.value().copied().flatten().map(|function| &function.reserved_concurrency) {
        Some(Known::Value(Some(0))) => {
            found.push(Condition::Broken(
                Step::Invoke,
                "the function's reserved concurrency is 0, so every invocation is throttled".to_owned(),
            ));
        }
        Some(Known::Unreadable(gap)) => found.push(Condition::Unknown(gap.to_string())),
        _ => {}
    }
}

/// Function states (<https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>). An inactive function wakes up when it is invoked.
fn state(state: Option<&str>) -> Option<Condition> {
    match state {
        None | Some("Active") => None,
        Some(state @ ("Pending" | "Inactive")) => Some(Condition::Unknown(format!("the function to become active: its state is {state}"))),
        Some(state) => Some(Condition::Broken(Step::Invoke, format!("the function's state is {state}"))),
    }
}

fn role(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    match (&rotation.role_arn, &rotation.role) {
        (Known::Value(Some(arn)), Known::Value(None)) => {
            found.push(Condition::Broken(Step::Start, format!("the execution role {} does not exist", arn.name())));
        }
        (Known::Value(Some(_)), Known::Unreadable(gap)) => found.push(Condition::Unknown(gap.to_string())),
        _ => {}
    }
}

fn key(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    let key = match &rotation.key {
        Known::Unreadable(gap) => return found.push(Condition::Unknown(gap.to_string())),
        Known::Value(KeyInUse::AwsManaged) => return,
        Known::Value(KeyInUse::Customer(key)) => key,
    };
    match &key.metadata {
        Known::Unreadable(gap) => found.push(Condition::Unknown(gap.to_string())),
        Known::Value(None) => found.push(Condition::Broken(Step::CreateSecret, format!("the key {} does not exist", key.arn.name()))),
        Known::Value(Some(metadata)) if metadata.state != "Enabled" => {
            found.push(Condition::Broken(
                Step::CreateSecret,
                format!("the key {} is not usable: its state is {}", key.arn.name(), metadata.state),
            ));
        }
        Known::Value(Some(_)) => {}
    }
}
