//! Turns the requests of a rule into questions about one rotation: every word becomes the callers, targets and values that it stands for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fields::{Focus, View};
use super::imagined::{another_function, another_secret};
use super::policies::{function_policies, trust_policy};
use super::rule::{Given, Request};
use super::scene::{Scene, one};
use super::targets::targets;
use super::words::{Asker, Object, Stand};
use crate::access::{Caller, Matter, Question, Scope, Target, Way};
use crate::arn::Arn;
use crate::inventory::{Grant, Known, Secret};
use crate::policy::{Entry, Part, Policy, PrincipalKind, Statement, Symbol, Text};
use crate::rotation::{KeyInUse, assume_role};

const SECRETS_MANAGER: &str = "secretsmanager.amazonaws.com";
const LAMBDA: &str = "lambda.amazonaws.com";
/// Services that people wire to functions. Those that the function's policy names are added.
const OTHER_SERVICES: [&str; 4] = ["apigateway.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"];

/// The questions that `request` stands for. Somebody who does not exist (the grantee of no grant, the role of a function that is gone) asks nothing;
/// somebody who could not be read is a gap.
pub(super) fn questions(scene: &Scene<'_>, request: &Request) -> Vec<Known<Question>> {
    questions_about(scene, request, &targets(scene, request.object))
}

/// The same about these targets.
pub(super) fn questions_about(scene: &Scene<'_>, request: &Request, targets: &[Known<Target>]) -> Vec<Known<Question>> {
    let mut contexts = contexts(scene, &request.context);
    if matches!(request.asker, Asker::AnotherAccount | Asker::UntrustedAccount) {
        contexts = in_every_role(scene, &contexts);
    }
    let mut questions = Vec::new();
    for caller in callers(scene, request.asker, request.object) {
        for target in targets {
            for action in &request.actions {
                let pair = caller.clone().and_then(|caller| target.clone().map(|target| (caller, target)));
                questions.extend(
                    contexts
                        .iter()
                        .map(|context| pair.clone().and_then(|(caller, target)| question(scene, request, action, caller, target, context))),
                );
            }
        }
    }
    questions
}

/// What everybody is asked for by `request`.
pub(super) fn matters(scene: &Scene<'_>, request: &Request) -> Vec<Known<Matter>> {
    let contexts = contexts(scene, &request.context);
    let mut matters = Vec::new();
    for target in targets(scene, request.object) {
        for action in &request.actions {
            matters.extend(contexts.iter().map(|context| {
                let matter = target.clone().map(|target| Matter::new(Arc::clone(action), target));
                matter.map(|matter| context.iter().fold(matter, |matter, (key, entry)| matter.with(key, entry.clone())))
            }));
        }
    }
    matters
}

/// The same for every role that the outsider may have made for its name.
fn in_every_role(scene: &Scene<'_>, contexts: &[BTreeMap<Arc<str>, Entry>]) -> Vec<BTreeMap<Arc<str>, Entry>> {
    let roles = scene.foreigner.map_or(&[][..], |foreigner| &foreigner.roles);
    let named = roles.iter().flat_map(|role| {
        contexts.iter().map(move |context| {
            let mut context = context.clone();
            context.insert("aws:PrincipalArn".into(), Entry::Single(Text::parse(role)));
            context
        })
    });
    contexts.iter().cloned().chain(named).collect()
}

fn question(
    scene: &Scene<'_>,
    request: &Request,
    action: &Arc<str>,
    caller: Caller,
    target: Target,
    context: &BTreeMap<Arc<str>, Entry>,
) -> Known<Question> {
    let rotation = scene.view.rotation;
    let new = |caller, target| Question::new(caller, Arc::clone(action), target);
    let question = match (request.asker, &target) {
        (Asker::SecretsManagerForExecutionRole, _) if request.object == Object::MasterKey => rotation.master_key_question(action),
        (Asker::SecretsManagerForExecutionRole, _) => {
            rotation.key_question(action, &rotation.secret.arn).map(|question| Question { target, ..question })
        }
        (Asker::LambdaAsExecutionRole, _) => Known::Value(by_lambda(new(caller, target))),
        (Asker::ExecutionRoleAtEndpoint, _) => Known::Value(new(caller, target).within(Scope::Endpoint)),
        (Asker::ExternalRole, Target::Key(_)) => match rotation.external_key_question(action) {
            Some(question) => question.map(|question| Question { target, ..question }),
            None => Known::Value(new(caller, target)),
        },
        (Asker::Lambda, Target::Role(arn)) if &**action == "sts:AssumeRole" => Known::Value(assume_role(arn)),
        (Asker::Grantees, _) => Known::Value(by_grantee(scene, new(caller, target))),
        _ if action.starts_with("kms:") => Known::Value(directly(new(caller, target), context)),
        // Whom another secret's policy lets in is that secret's fault.
        _ if request.object.is_other_secrets() => Known::Value(new(caller, target).within(Scope::OwnPermissions)),
        // What the endpoint on the way denies is the endpoint's fault.
        (Asker::ExecutionRole, _) => Known::Value(new(caller, target).within(Scope::BesideEndpoint)),
        _ => Known::Value(new(caller, target)),
    };
    question.map(|question| context.iter().fold(question, |question, (key, entry)| question.with(key, entry.clone())))
}

/// What Lambda does as the execution role it does from elsewhere, and without saying for which function
/// (<https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html>).
fn by_lambda(question: Question) -> Question {
    let caller = match question.caller {
        Caller::Function { role, function, .. } => Caller::Function { role, function, way: Way::Unknown },
        other => other,
    };
    Question { caller, ..question }.with("lambda:SourceFunctionArn", Entry::Absent)
}

/// The function's code on each of these ways.
fn on_ways<'w>(scene: &Scene<'_>, ways: impl IntoIterator<Item = &'w Way>) -> Vec<Known<Caller>> {
    let caller = scene.view.rotation.function_caller();
    let on = |way: &Way| {
        caller.clone().map(|caller| match caller {
            Some(Caller::Function { role, function, .. }) => Some(Caller::Function { role, function, way: way.clone() }),
            other => other,
        })
    };
    ways.into_iter().flat_map(|way| one(on(way))).collect()
}

/// A role that calls KMS itself says what it likes in the encryption context, and which keys it gives is known.
fn directly(question: Question, context: &BTreeMap<Arc<str>, Entry>) -> Question {
    let Caller::Function { role, .. } = &question.caller else { return question };
    let account = role.account().to_owned();
    let keys: Vec<Text> = context.keys().filter_map(|key| key.strip_prefix("kms:EncryptionContext:")).map(Text::literal).collect();
    question
        .with("kms:CallerAccount", Entry::single(account))
        .with("kms:EncryptionAlgorithm", Entry::single("SYMMETRIC_DEFAULT"))
        .with("kms:EncryptionContextKeys", if keys.is_empty() { Entry::Absent } else { Entry::Multi(keys) })
}

/// What a secret's value is encrypted under has the two keys of Secrets Manager in its encryption context, and so none that a grant may ask for beside.
fn by_grantee(scene: &Scene<'_>, question: Question) -> Question {
    let Caller::Grantee { grant } = &question.caller else { return question };
    let id = Arc::clone(grant);
    let mut question = question
        .with("kms:EncryptionContextKeys", Entry::Multi(vec![Text::literal("SecretARN"), Text::literal("SecretVersionId")]))
        .with("kms:EncryptionContext:SecretVersionId", new_version());
    for grant in grants(scene).value().into_iter().flat_map(|grants| grants.iter()).filter(|grant| grant.id == *id) {
        let constraints = [&grant.encryption_context_subset, &grant.encryption_context_equals].into_iter().flatten();
        for key in constraints.flat_map(BTreeMap::keys) {
            if !["secretarn", "secretversionid"].contains(&key.to_ascii_lowercase().as_str()) {
                question = question.with(&format!("kms:EncryptionContext:{key}"), Entry::Absent);
            }
        }
    }
    question
}

fn callers(scene: &Scene<'_>, asker: Asker, object: Object) -> Vec<Known<Caller>> {
    let rotation = scene.view.rotation;
    let service = |name: &str, source: Option<Arn>| Known::Value(Caller::Service { name: name.into(), source });
    match asker {
        Asker::ExecutionRole => on_ways(scene, rotation.ways()),
        Asker::ExecutionRoleAtEndpoint => match scene.view.focus {
            Focus::Way(way) => on_ways(scene, [way]),
            Focus::Whole | Focus::Reason(..) | Focus::Principals(_) => Vec::new(),
        },
        Asker::LambdaAsExecutionRole => one(rotation.function_caller()),
        Asker::SecretsManagerForExecutionRole => one(rotation.forwarded_caller()),
        Asker::SecretsManager => vec![service(SECRETS_MANAGER, Some(rotation.secret.arn.clone()))],
        Asker::SecretsManagerForAnotherSecret => {
            another_secret(&rotation.secret.arn).ok().map(|arn| service(SECRETS_MANAGER, Some(arn))).into_iter().collect()
        }
        Asker::SecretsManagerForAnotherAccount | Asker::SecretsManagerForUntrustedAccount => {
            scene.foreigner.map(|foreigner| service(SECRETS_MANAGER, Some(foreigner.secret.clone()))).into_iter().collect()
        }
        Asker::ExternalRole => {
            rotation.external_role().map(|arn| Known::Value(Caller::Principal { arn: arn.clone() })).into_iter().collect()
        }
        Asker::Lambda => vec![service(LAMBDA, None)],
        Asker::AnotherService => other_services(scene, object).iter().map(|name| service(name, None)).collect(),
        Asker::AnotherAccount | Asker::UntrustedAccount => {
            scene.foreigner.map(|foreigner| Known::Value(Caller::Outsider { account: foreigner.account.clone() })).into_iter().collect()
        }
        // The evaluator asks them all at once.
        Asker::OtherPrincipals | Asker::PrincipalsLetIn | Asker::PrincipalsWhoGain | Asker::PrincipalsWhoGainNothing => Vec::new(),
        Asker::Grantees => match grants(scene) {
            Known::Value(grants) => grants.iter().map(|grant| Known::Value(Caller::Grantee { grant: grant.id.as_str().into() })).collect(),
            Known::Unreadable(gap) => vec![Known::Unreadable(gap)],
        },
    }
}

/// The service principals that may call the function or take on its role if a policy lets them, but those that have to: Secrets Manager and, of the role, Lambda.
fn other_services(scene: &Scene<'_>, object: Object) -> BTreeSet<String> {
    let has_to = if object == Object::Role { LAMBDA } else { SECRETS_MANAGER };
    let policies = function_policies(&scene.view).filter_map(|document| document.policy().ok());
    let trust = trust_policy(&scene.view).and_then(|document| document.policy().ok());
    let entries = policies.chain(trust).flat_map(Policy::statements).flat_map(Statement::principals);
    let named = entries.filter(|entry| entry.kind() == PrincipalKind::Service).map(|entry| entry.written().to_owned());
    OTHER_SERVICES.into_iter().map(str::to_owned).chain(named).filter(|name| name != has_to).collect()
}

fn grants<'a>(scene: &Scene<'a>) -> Known<&'a [Grant]> {
    match &scene.view.rotation.key {
        Known::Unreadable(gap) => Known::Unreadable(gap.clone()),
        Known::Value(KeyInUse::AwsManaged) => Known::Value(&[]),
        Known::Value(KeyInUse::Customer(key)) => key.grants.as_ref().map(Vec::as_slice),
    }
}

fn new_version() -> Entry {
    Entry::Single(Text::from_parts([Part::Symbol(Symbol::fresh("ClientRequestToken"))]))
}

/// Every combination of the values that the words under `with` stand for.
fn contexts(scene: &Scene<'_>, given: &BTreeMap<Arc<str>, Given>) -> Vec<BTreeMap<Arc<str>, Entry>> {
    let mut contexts = vec![BTreeMap::new()];
    for (key, given) in given {
        let entries = entries(scene, given);
        contexts = entries
            .iter()
            .flat_map(|entry| {
                contexts.iter().map(|context| {
                    let mut context = context.clone();
                    context.insert(Arc::clone(key), entry.clone());
                    context
                })
            })
            .collect();
    }
    contexts
}

fn entries(scene: &Scene<'_>, given: &Given) -> Vec<Entry> {
    let secret = scene.view.rotation.secret;
    match given {
        Given::Literal(text) => vec![Entry::single(text.as_str())],
        Given::Stand(Stand::ThisSecret) => vec![Entry::single(&secret.arn)],
        Given::Stand(Stand::NewVersion) => vec![new_version()],
        Given::Stand(Stand::AnotherFunction) => {
            let made_up = another_function(&secret.arn, scene.view.rotation.function_arn).ok();
            made_up.map(|arn| Entry::single(&arn)).into_iter().collect()
        }
        Given::Stand(Stand::ForeignSecret) => scene.foreigner.map(|foreigner| Entry::single(&foreigner.secret)).into_iter().collect(),
        Given::Stand(Stand::AnotherSecret) => {
            let made_up = another_secret(&secret.arn).ok();
            let key = secret.key.value().and_then(Option::as_ref);
            let function = scene.view.rotation.function_arn;
            let unqualified = function.map(|arn| arn.split_qualifier().0);
            let under_the_same_key = key.into_iter().flat_map(|key| scene.others.under(key, unqualified.as_ref()));
            let is_master = |other: &Secret| function.is_some_and(|function| scene.others.is_master(function, &other.arn));
            let under_the_same_key = under_the_same_key.filter(|other| !is_a_copy(&scene.view, other) && !is_master(other));
            let under_the_same_key = under_the_same_key.map(|other| other.arn.clone());
            made_up.into_iter().chain(under_the_same_key).take(MOST_SECRETS).map(|arn| Entry::single(&arn)).collect()
        }
    }
}

/// Whether the other is this secret, or one is a replica of the other.
fn is_a_copy(view: &View<'_>, other: &Secret) -> bool {
    let this = &view.rotation.secret.arn;
    other.arn.account() == this.account() && other.arn.resource() == this.resource()
}

/// Of the secrets under one key, this many are tried.
const MOST_SECRETS: usize = 64;
