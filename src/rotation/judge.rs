//! Decides whether a rotation will work: every call of it is asked, and everything that it needs is looked at.

use std::collections::BTreeSet;

use super::calls::Call;
use super::chain::{Rotation, RotationKind};
use super::keys::KeyInUse;
use super::master::Master;
use super::schedule::Schedule;
use super::verdict::{JudgedCall, Judgement, Step, Verdict};
use crate::access::{Access, Caller, Question, Way};
use crate::arn::Arn;
use crate::inventory::{Key, KeyMetadata, Known};
use crate::network::{Reach, Reason, Verdict as Reached};
use crate::policy::Decision;

/// Something that a rotation needs, beside being allowed: that a function exists, that a key is enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// It is not so, and the rotation fails there.
    Broken(Step, String),
    /// Nobody can tell.
    Unknown(String),
}

/// A request with what its answer says of it beside what reports show.
struct Asked {
    call: JudgedCall,
    /// What is asked for, in words.
    subject: String,
    /// What an undecided answer hangs on.
    open: Vec<String>,
}

/// Judges one rotation; with `turned_on_by`, a role or user by its own ARN, also whether they may turn it on ([`Rotation::turn_on`]).
pub fn judge(rotation: &Rotation<'_>, access: &Access<'_>, turned_on_by: Option<&Arn>) -> Judgement {
    judge_after(turned_on_by.map_or_else(Vec::new, |who| rotation.turn_on(who)), rotation, access)
}

/// Judges a rotation that is not on yet: the secret names the function `before` until `turned_on_by` turns it on.
pub fn judge_proposed(rotation: &Rotation<'_>, access: &Access<'_>, turned_on_by: Option<&Arn>, before: Option<&Arn>) -> Judgement {
    judge_after(turned_on_by.map_or_else(Vec::new, |who| rotation.turn_on_first(who, before)), rotation, access)
}

fn judge_after(turn_on: Vec<Call>, rotation: &Rotation<'_>, access: &Access<'_>) -> Judgement {
    let ways = rotation.ways();
    let calls = turn_on.into_iter().chain(rotation.calls()).chain(rotation.external_calls());
    let asked: Vec<Asked> = calls.map(|call| ask_each_way(&call, ways, access)).collect();
    let verdict = match (&rotation.kind, &rotation.secret.rotation.external_role) {
        (RotationKind::Lambda, _) => verdict(&conditions(rotation, &asked), &asked),
        (RotationKind::External(_), Some(role)) => external(rotation, role, &asked),
        _ => not_judged(&asked),
    };
    let mut calls: Vec<JudgedCall> = asked.into_iter().map(|asked| asked.call).collect();
    // A large report keeps a million of them, and what they were made of took more room.
    calls.shrink_to_fit();
    Judgement {
        secret: rotation.secret.arn.clone(),
        kind: rotation.kind.clone(),
        function: rotation.function_arn.cloned(),
        role: rotation.role_arn.value().copied().flatten().cloned(),
        key: rotation.key_arn().cloned(),
        verdict,
        calls,
        connections: rotation.connections.clone(),
    }
}

/// The request that a rotation fails with, as it is asked on the way on which it is denied; `None` where it does not fail with one. The judgement is that of [`judge`] with nobody who turns it on.
pub fn denied_request(rotation: &Rotation<'_>, judgement: &Judgement, access: &Access<'_>) -> Option<Question> {
    let Verdict::Fails { call: Some(place), .. } = judgement.verdict else { return None };
    let call = rotation.calls().into_iter().chain(rotation.external_calls()).nth(place)?;
    // The first of them, as in the judgement.
    let denied = on_each_way(&call, rotation.ways()).into_iter().find(|call| ask(call, access).call.decision.is_denied())?;
    denied.question.value().cloned()
}

/// A call of the function's code on every way that it may go; any other call as it is.
fn on_each_way(call: &Call, ways: &[Way]) -> Vec<Call> {
    let on = |way: &Way| {
        let question = call.question.clone().map(|question| match question.caller {
            Caller::Function { role, function, .. } => {
                Question { caller: Caller::Function { role, function, way: way.clone() }, ..question }
            }
            caller => Question { caller, ..question },
        });
        Call { question, ..call.clone() }
    };
    let by_code = matches!(&call.question, Known::Value(Question { caller: Caller::Function { .. }, .. }));
    match ways {
        [_, _, ..] if by_code => ways.iter().map(on).collect(),
        _ => vec![call.clone()],
    }
}

/// Asks a call on every way that it may go: Lambda chooses, so the worst answer counts.
fn ask_each_way(call: &Call, ways: &[Way], access: &Access<'_>) -> Asked {
    let badness = |decision: Decision| match decision {
        Decision::ExplicitDeny | Decision::ImplicitDeny => 2,
        Decision::Undecided => 1,
        Decision::Allowed => 0,
    };
    if ways.len() < 2 {
        return ask(call, access);
    }
    // Of equal answers the first stays, so that the same is told in every run.
    let mut asked: Vec<Asked> = on_each_way(call, ways).iter().map(|call| ask(call, access)).collect();
    asked.sort_by_key(|asked| std::cmp::Reverse(badness(asked.call.decision)));
    asked.into_iter().next().unwrap_or_else(|| ask(call, access))
}

fn ask(call: &Call, access: &Access<'_>) -> Asked {
    let judged = |actor: String, resource: String, decision, because: String| JudgedCall {
        step: call.step,
        actor: actor.into(),
        action: call.action.into(),
        resource: resource.into(),
        decision,
        because: because.into(),
        optional: call.optional,
    };
    match &call.question {
        Known::Value(question) => {
            let answer = access.tell(question);
            let call = judged(answer.actor(), answer.resource(), answer.decision(), answer.because());
            Asked { call, subject: answer.subject(), open: answer.open_points() }
        }
        Known::Unreadable(gap) => {
            let actor = match call.action.split(':').next() {
                Some("iam") => "whoever turns rotation on",
                Some("sts") => "lambda.amazonaws.com",
                Some("kms") => "Secrets Manager on behalf of the execution role",
                _ => "the execution role",
            };
            let call = judged(actor.to_owned(), "unknown".to_owned(), Decision::Undecided, format!("hangs on {gap}"));
            Asked { call, subject: "unknown".to_owned(), open: vec![gap.to_string()] }
        }
    }
}

/// That AWS lets Secrets Manager do its part is not yet a rotation: what the partner does is not seen.
fn external(rotation: &Rotation<'_>, arn: &Arn, asked: &[Asked]) -> Verdict {
    let mut found = Vec::new();
    if matches!(rotation.role, Known::Value(None)) {
        found.push(Condition::Broken(Step::Start, format!("the role {} does not exist", arn.name())));
    }
    found.extend(schedule(rotation));
    key(rotation, &mut found);
    match verdict(&found, asked) {
        Verdict::Rotates => Verdict::NotJudged,
        other => other,
    }
}

/// What is not followed beyond the turning on can only be known to fail there.
fn not_judged(asked: &[Asked]) -> Verdict {
    match verdict(&[], asked) {
        fails @ Verdict::Fails { .. } => fails,
        Verdict::Rotates | Verdict::Undecided { .. } | Verdict::NotJudged => Verdict::NotJudged,
    }
}

/// The first step that fails for certain, whatever is not known before it; else what is not known; else it rotates.
fn verdict(conditions: &[Condition], asked: &[Asked]) -> Verdict {
    let broken = conditions.iter().filter_map(|condition| match condition {
        Condition::Broken(step, because) => Some((*step, because.clone(), None)),
        Condition::Unknown(_) => None,
    });
    let binding = || asked.iter().enumerate().filter(|(_, asked)| !asked.call.optional);
    let denied = binding().filter(|(_, asked)| asked.call.decision.is_denied()).map(|(place, Asked { call, subject, .. })| {
        let on = if &*call.resource == "*" { String::new() } else { format!(" on {subject}") };
        (call.step, format!("{} may not call {}{on}: {}", call.actor, call.action, call.because), Some(place))
    });
    // What does not exist comes before what is not allowed in the same step.
    if let Some((step, because, call)) = broken.chain(denied).min_by_key(|(step, ..)| *step) {
        return Verdict::Fails { step, because, call };
    }
    let mut needs: Vec<String> = Vec::new();
    for condition in conditions {
        if let Condition::Unknown(need) = condition {
            needs.push(need.clone());
        }
    }
    let known: BTreeSet<String> = needs.iter().cloned().collect();
    let mut open: Vec<(&str, Vec<&str>)> = Vec::new();
    for (_, Asked { call, open: points, .. }) in binding() {
        for point in points.iter().filter(|point| !known.contains(*point)) {
            match open.iter_mut().find(|(known, _)| known == point) {
                Some((_, calls)) if calls.contains(&&*call.action) => {}
                Some((_, calls)) => calls.push(&call.action),
                None => open.push((point, vec![&*call.action])),
            }
        }
    }
    needs.extend(open.iter().map(|(point, calls)| format!("{point} (decides {})", calls.join(", "))));
    if needs.is_empty() { Verdict::Rotates } else { Verdict::Undecided { needs } }
}

fn conditions(rotation: &Rotation<'_>, asked: &[Asked]) -> Vec<Condition> {
    let mut found = Vec::new();
    secret(rotation, &mut found);
    function(rotation, &mut found);
    place(rotation, &mut found);
    network(rotation, &mut found);
    role(rotation, &mut found);
    key(rotation, &mut found);
    let of_master = rotation.master.iter().flat_map(Master::faults);
    found.extend(of_master.map(|fault| Condition::Broken(Step::SetSecret, fault)));
    if let Known::Unreadable(gap) = rotation.from_aws_template()
        && asked.iter().any(|asked| asked.call.optional && asked.call.decision != Decision::Allowed)
    {
        found.push(Condition::Unknown(gap.to_string()));
    }
    found.dedup();
    found
}

/// Whether the function gets to Secrets Manager, which its first call goes to, and to what the secret opens, where the new credentials are set.
fn network(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    let Some(connections) = &rotation.connections else { return };
    let target = connections.target_name.as_deref().unwrap_or("its target");
    for (step, to, reach) in
        [(Step::CreateSecret, "Secrets Manager", &connections.secrets_manager), (Step::SetSecret, target, &connections.target)]
    {
        match reach.verdict {
            Reached::Blocked => found.push(Condition::Broken(step, blocked(to, reach))),
            Reached::Undecided => {
                let open = |reason: &Reason| Condition::Unknown(format!("the path to {to}: {}", reason.detail));
                found.extend(reach.reasons.iter().map(open));
            }
            Reached::Reachable | Reached::NotJudged => {}
        }
    }
}

/// How many subnets are named.
const FEW: usize = 3;

/// From where there is no path, and what has to be mended.
fn blocked(to: &str, reach: &Reach) -> String {
    let details: Vec<&str> = reach.faults().iter().map(|reason| reason.detail.as_str()).collect();
    let details = details.join("; ");
    let subnets: Vec<&str> = reach.blocked_subnets().map(|path| path.subnet.as_str()).collect();
    let from = match subnets.len() {
        0 => String::new(),
        count if count > FEW => format!(" from {} and {} more subnets", subnets[..FEW].join(", "), count - FEW),
        _ => format!(" from {}", subnets.join(", ")),
    };
    let now_and_then =
        if subnets.len() < reach.subnets.len() { "; Lambda runs the function in any of its subnets, so it fails now and then" } else { "" };
    format!("no path{from} to {to}: {details}{now_and_then}")
}

/// Where the function lies: in which account and region.
fn place(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    let Some(arn) = rotation.function_arn else { return };
    let secret = &rotation.secret.arn;
    if arn.region() != secret.region() {
        found.push(Condition::Unknown(format!("whether a function in {} can rotate a secret in {}", arn.region(), secret.region())));
    }
    if arn.account() != secret.account() {
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
        let need = "whether the function's code passes the RotationToken to PutSecretValue, which a rotation across accounts needs";
        found.push(Condition::Unknown(need.to_owned()));
    }
}

fn secret(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    found.extend(schedule(rotation));
    found.extend(rotation.secret.rotation.open.as_ref().map(|gap| Condition::Unknown(gap.to_string())));
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

/// A schedule that a template or plan asks for and Secrets Manager does not take: rotation is not turned on at all.
fn schedule(rotation: &Rotation<'_>) -> Option<Condition> {
    Schedule::refusal(&rotation.secret.rotation).map(|because| Condition::Broken(Step::TurnOn, because))
}

fn function(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    let Some(arn) = rotation.function_arn else { return };
    match &rotation.configuration {
        Known::Unreadable(gap) => found.push(Condition::Unknown(gap.to_string())),
        Known::Value(None) => found.push(Condition::Broken(Step::Invoke, format!("the function {} does not exist", arn.name()))),
        Known::Value(Some(configuration)) => {
            found.extend(state(configuration.state.as_deref()));
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

/// A secret's key lies in the secret's region, and is a symmetric key for encryption
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>).
fn key(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    if let Some(former) = rotation.former_key {
        usable(former, "is what the current version is still encrypted under, and", found);
    }
    let secret = &rotation.secret.arn;
    let mut broken = |because: String| found.push(Condition::Broken(Step::CreateSecret, because));
    let named = rotation.secret.key.value().and_then(Option::as_ref);
    if let Some(arn) = named.filter(|arn| arn.region() != secret.region()) {
        return broken(format!("{} lies in {}, the secret in {}", called(arn), arn.region(), secret.region()));
    }
    let key = match &rotation.key {
        Known::Unreadable(gap) => return found.push(Condition::Unknown(gap.to_string())),
        Known::Value(KeyInUse::AwsManaged) => return managed_key(rotation, found),
        Known::Value(KeyInUse::Customer(key)) => key,
    };
    let Some(metadata) = usable(key, "", found) else { return };
    let unfit = |fact: &Option<String>, fit: &str| fact.as_deref().filter(|fact| *fact != fit).map(str::to_owned);
    if let Some(kind) = unfit(&metadata.spec, "SYMMETRIC_DEFAULT").or_else(|| unfit(&metadata.usage, "ENCRYPT_DECRYPT")) {
        let because = format!("{} cannot encrypt secrets: it is a key of kind {kind}", called(&key.arn));
        found.push(Condition::Broken(Step::CreateSecret, because));
    }
}

/// What is known of a key that exists. One that does not or is in no state to be used breaks the rotation; `role` says what it is needed for, if that is not plain.
fn usable<'k>(key: &'k Key, role: &str, found: &mut Vec<Condition>) -> Option<&'k KeyMetadata> {
    let named = format!("{} {role}", called(&key.arn));
    let mut broken = |because: String| found.push(Condition::Broken(Step::CreateSecret, because));
    match &key.metadata {
        Known::Unreadable(gap) => {
            found.push(Condition::Unknown(gap.to_string()));
            None
        }
        Known::Value(None) => {
            broken(format!("{} does not exist", named.trim_end()));
            None
        }
        Known::Value(Some(metadata)) => {
            if !metadata.is_usable() {
                broken(format!("{} is not usable: its state is {}", named.trim_end(), metadata.state));
            }
            Some(metadata)
        }
    }
}

/// AWS managed keys serve the principals of their own account alone.
fn managed_key(rotation: &Rotation<'_>, found: &mut Vec<Condition>) {
    let key_account = rotation.secret.key.value().and_then(Option::as_ref).map_or_else(|| rotation.secret.arn.account(), Arn::account);
    let role = rotation.role_arn.value().copied().flatten();
    if let Some(role) = role.filter(|role| role.account() != key_account) {
        let because = format!(
            "the secret is encrypted under the AWS managed key of account {key_account}, which the execution role {} of account {} cannot use; \
             a rotation across accounts needs a customer managed key",
            role.name(),
            role.account()
        );
        found.push(Condition::Broken(Step::CreateSecret, because));
    }
}

/// A key or an alias in words.
fn called(arn: &Arn) -> String {
    match arn.resource().strip_prefix("alias/") {
        Some(alias) => format!("the alias {alias}"),
        None => format!("the key {}", arn.name()),
    }
}
