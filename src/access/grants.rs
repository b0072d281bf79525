//! KMS grants: the third way, beside key policy and identity policies, in which a request to a key is allowed. Grants only
//! allow; denials elsewhere still rule. Source: <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>.

use std::collections::BTreeMap;

use serde_json::json;

use super::question::{Caller, Question, Target};
use crate::arn::Arn;
use crate::inventory::{Gap, Grant, Inventory, Known};
use crate::policy::{Attached, Context, Document, Entry, PolicyKind, Text, Truth};

/// Whether some grant allows the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GrantAnswer {
    /// Whether one allows it.
    pub(super) allows: Truth,
    /// The grant that does or may, or the nearest one and why it does not.
    pub(super) note: Option<String>,
    /// The call that did not list them.
    pub(super) gap: Option<Gap>,
    /// The grant that allows it.
    grant: Option<Grant>,
}

impl GrantAnswer {
    const NONE: Self = Self { allows: Truth::False, note: None, gap: None, grant: None };

    /// The grant that allows the question, as a policy of the key that says the same.
    pub(super) fn as_policy(&self) -> Option<Attached> {
        let grant = self.grant.as_ref()?;
        let principal = match (&grant.grantee_service, &grant.grantee) {
            (Some(service), _) => json!({"Service": service}),
            (None, Some(grantee)) if Arn::parse(grantee).is_err() && grantee.contains('.') => json!({"Service": grantee}),
            (None, grantee) => json!({"AWS": grantee}),
        };
        let operations: Vec<String> = grant.operations.iter().map(|operation| format!("kms:{operation}")).collect();
        let pairs = grant.encryption_context_equals.iter().chain(&grant.encryption_context_subset).flatten();
        let context: BTreeMap<String, &String> = pairs.map(|(key, value)| (format!("kms:EncryptionContext:{key}"), value)).collect();
        let mut statement = json!({"Sid": name(grant), "Effect": "Allow", "Principal": principal, "Action": operations, "Resource": "*"});
        if !context.is_empty() {
            statement["Condition"] = json!({"StringEquals": context});
        }
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        Some(Attached::document(PolicyKind::Resource, format!("grant {}", name(grant)), Document::new(policy.to_string())))
    }
}

/// Looks through the grants of the key that `question` is about.
pub(super) fn ask(inventory: &Inventory, question: &Question, context: &Context) -> GrantAnswer {
    let Target::Key(arn) = &question.target else { return GrantAnswer::NONE };
    let grants = match inventory.key(arn).and_then(|key| key.grants.as_ref()) {
        Known::Value(grants) => grants,
        Known::Unreadable(gap) => return GrantAnswer { allows: Truth::Unknown, gap: Some(gap), ..GrantAnswer::NONE },
    };
    let mut answer = GrantAnswer::NONE;
    for grant in grants.iter().filter(|grant| is_grantee(inventory, grant, &question.caller)) {
        let (allows, misses) = allows(grant, question, context);
        if answer.note.is_none() || allows > answer.allows {
            answer.allows = answer.allows.max(allows);
            answer.grant = allows.is_true().then(|| grant.clone());
            answer.note = Some(match misses {
                None => format!("grant {} allows it", name(grant)),
                Some(misses) => format!("grant {} {misses}", name(grant)),
            });
        }
    }
    answer
}

fn name(grant: &Grant) -> &str {
    grant.name.as_deref().unwrap_or(&grant.id)
}

fn is_grantee(inventory: &Inventory, grant: &Grant, caller: &Caller) -> bool {
    match caller {
        Caller::Function { role, .. } | Caller::Forwarded { role, .. } => {
            let id = inventory.role(role).value().copied().flatten().map(|role| role.id.as_str());
            grant.grantee.as_deref().is_some_and(|grantee| grantee == role.as_str() || Some(grantee) == id)
        }
        Caller::Grantee { grant: id } => grant.id == **id,
        Caller::Service { name, .. } => grant.grantee_service.as_deref() == Some(name) || grant.grantee.as_deref() == Some(name),
        Caller::Outsider { .. } => false,
    }
}

/// Whether `grant` allows the question, and what it misses.
fn allows(grant: &Grant, question: &Question, context: &Context) -> (Truth, Option<String>) {
    let operation = question.action.split(':').nth(1).unwrap_or_default();
    if !grant.operations.iter().any(|allowed| allowed == operation) {
        return (Truth::False, Some(format!("does not list the operation {operation}")));
    }
    if grant.source_arn.is_some() && !matches!(question.caller, Caller::Service { .. }) {
        return (Truth::False, Some("is constrained to calls of a service for one resource".to_owned()));
    }
    if let Some(pairs) = &grant.encryption_context_equals {
        let truth = holds_all(pairs, context).and(holds_no_more(pairs, context));
        let text = "wants exactly one encryption context (EncryptionContextEquals); Secrets Manager also sends SecretVersionId, which changes with each version";
        return (truth, (!truth.is_true()).then(|| text.to_owned()));
    }
    if let Some(pairs) = &grant.encryption_context_subset {
        let truth = holds_all(pairs, context);
        let wanted: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        return (truth, (!truth.is_true()).then(|| format!("wants the encryption context {}", wanted.join(", "))));
    }
    (Truth::True, None)
}

/// Whether the request's encryption context holds each pair. Keys are compared without, values with regard to case
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html>).
fn holds_all(pairs: &BTreeMap<String, String>, context: &Context) -> Truth {
    let truths = pairs.iter().map(|(key, value)| equals(context.get(&format!("kms:EncryptionContext:{key}")), value));
    truths.fold(Truth::True, Truth::and)
}

fn holds_no_more(pairs: &BTreeMap<String, String>, context: &Context) -> Truth {
    match context.get("kms:EncryptionContextKeys") {
        Entry::Multi(keys) => {
            let listed = |key: &Text| pairs.keys().any(|pair| key.as_literal().is_some_and(|key| key.eq_ignore_ascii_case(pair)));
            Truth::from(keys.iter().all(listed))
        }
        Entry::Absent => Truth::True,
        _ => Truth::Unknown,
    }
}

fn equals(entry: &Entry, value: &str) -> Truth {
    match entry {
        Entry::Single(text) => match text.as_literal() {
            Some(literal) => Truth::from(literal == value),
            None if text.has_unknown() => Truth::Unknown,
            None => Truth::False,
        },
        Entry::Absent | Entry::Multi(_) => Truth::False,
        Entry::Unknown => Truth::Unknown,
        Entry::OneOf(entries) => {
            let mut truths = entries.iter().map(|entry| equals(entry, value));
            let first = truths.next().unwrap_or(Truth::Unknown);
            truths.fold(first, |sum, truth| if sum == truth { sum } else { Truth::Unknown })
        }
    }
}
