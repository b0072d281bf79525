//! KMS grants: the third way, beside key policy and identity policies, in which a request to a key is allowed. Grants only
//! allow; denials elsewhere still rule. Source: <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>.

use std::collections::BTreeMap;

use serde_json::json;

use super::principal::session_arn;
use super::question::{Caller, Question, Target};
use crate::arn::Arn;
use crate::inventory::{Gap, Grant, Identity, Inventory, Known};
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
    /// The encryption context that the grant of an undecided answer wants, as condition keys.
    pub(super) wants: BTreeMap<String, String>,
    /// The grant that allows it.
    grant: Option<Grant>,
}

impl GrantAnswer {
    /// No grant has a say.
    pub(super) const NONE: Self = Self { allows: Truth::False, note: None, gap: None, wants: BTreeMap::new(), grant: None };

    /// The grant that allows the question, as a policy that says the same: as one of the key, and as one of the grantee, who needs no other permission in
    /// another account either.
    pub(super) fn as_policies(&self) -> Option<(Attached, Attached)> {
        let grant = self.grant.as_ref()?;
        let principal = match (&grant.grantee_service, &grant.grantee) {
            (Some(service), _) => json!({"Service": service}),
            (None, Some(grantee)) if is_service(grantee) => json!({"Service": grantee}),
            (None, grantee) => json!({"AWS": grantee}),
        };
        let operations: Vec<String> = grant.operations.iter().map(|operation| format!("kms:{operation}")).collect();
        let mut statement = json!({"Sid": name(grant), "Effect": "Allow", "Action": operations, "Resource": "*"});
        let mut context = constraints(grant);
        // https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html: the constraint is that condition.
        context.extend(grant.source_arn.iter().map(|source| ("aws:SourceArn".to_owned(), source.clone())));
        if !context.is_empty() {
            statement["Condition"] = json!({"StringEquals": context});
        }
        let attached = |kind, statement: &serde_json::Value| {
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
            Attached::document(kind, format!("grant {}", name(grant)), Document::new(policy.to_string()))
        };
        let identity = attached(PolicyKind::Identity, &statement);
        statement["Principal"] = principal;
        Some((attached(PolicyKind::Resource, &statement), identity))
    }
}

/// The encryption context that a grant wants, as condition keys.
fn constraints(grant: &Grant) -> BTreeMap<String, String> {
    let pairs = grant.encryption_context_equals.iter().chain(&grant.encryption_context_subset).flatten();
    pairs.map(|(key, value)| (format!("kms:EncryptionContext:{key}"), value.clone())).collect()
}

/// The operations on a symmetric key that a grant can allow; those that rule over the key are none of them
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations>).
const GRANTABLE: [&str; 10] = [
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "RetireGrant",
    "ReEncrypt",
];

fn is_grantable(action: &str) -> bool {
    let Some(("kms", operation)) = action.split_once(':') else { return true };
    GRANTABLE.iter().any(|known| operation.get(..known.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(known)))
}

/// Looks through the grants of the key that `question` is about.
pub(super) fn ask(inventory: &Inventory, question: &Question, context: &Context) -> GrantAnswer {
    let Target::Key(arn) = &question.target else { return GrantAnswer::NONE };
    if !is_grantable(&question.action) {
        return GrantAnswer::NONE;
    }
    let grants = match inventory.key(arn).and_then(|key| key.grants.as_ref()) {
        Known::Value(grants) => grants,
        Known::Unreadable(gap) => return GrantAnswer { allows: Truth::Unknown, gap: Some(gap), ..GrantAnswer::NONE },
    };
    let mut answer = GrantAnswer::NONE;
    for grant in grants {
        let named = is_grantee(inventory, grant, question);
        if named.is_false() {
            continue;
        }
        let (allows, misses) = allows(grant, named, question, context);
        if answer.note.is_none() || allows > answer.allows {
            answer.allows = answer.allows.max(allows);
            answer.grant = allows.is_true().then(|| grant.clone());
            answer.wants = if allows.is_unknown() { constraints(grant) } else { BTreeMap::new() };
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

fn is_service(grantee: &str) -> bool {
    Arn::parse(grantee).is_err() && grantee.contains('.')
}

/// Whether the caller is the one whom the grant names: by the ARN of the role or its session, or by the role's id. A grant to an account names all of its
/// principals; what else they then need is not documented. A grantee that is shown as an id is one that was deleted.
fn is_grantee(inventory: &Inventory, grant: &Grant, question: &Question) -> Truth {
    let Some(grantee) = grant.grantee.as_deref().or(grant.grantee_service.as_deref()) else { return Truth::False };
    let account = |account: &str| if names_account(grantee, account) { Truth::Unknown } else { Truth::False };
    match &question.caller {
        Caller::Function { role, function, .. } | Caller::Forwarded { role, function } => {
            let named = names_identity(inventory, grantee, role) || grantee == session_arn(role, function);
            if named { Truth::True } else { account(role.account()) }
        }
        Caller::Principal { arn } if names_identity(inventory, grantee, arn) => Truth::True,
        Caller::Principal { arn } if names_a_session(grantee, arn) => Truth::Unknown,
        Caller::Principal { arn } => account(arn.account()),
        Caller::Grantee { grant: id } => Truth::from(grant.id == **id && (Arn::parse(grantee).is_ok() || is_service(grantee))),
        Caller::Service { name, .. } => Truth::from(grant.grantee_service.as_deref() == Some(name) || grantee == &**name),
        Caller::Outsider { account: theirs } => account(theirs.as_str()),
    }
}

/// Whether a grantee is this role or user: by its ARN, or by its id.
fn names_identity(inventory: &Inventory, grantee: &str, arn: &Arn) -> bool {
    let id = inventory.identity(arn).value().copied().flatten().map(Identity::id);
    grantee == arn.as_str() || Some(grantee) == id
}

/// Whether a grantee is one session of this role.
fn names_a_session(grantee: &str, role: &Arn) -> bool {
    let of_role = |session: &Arn| session.account() == role.account() && session.session_role() == Some(role.name());
    role.resource().starts_with("role/") && Arn::parse(grantee).is_ok_and(|session| of_role(&session))
}

fn names_account(grantee: &str, account: &str) -> bool {
    grantee == account || Arn::parse(grantee).is_ok_and(|arn| arn.account() == account && arn.resource() == "root")
}

/// Whether `grant` allows the question, and what it misses.
fn allows(grant: &Grant, named: Truth, question: &Question, context: &Context) -> (Truth, Option<String>) {
    let operation = question.action.split(':').nth(1).unwrap_or_default();
    if !grant.operations.iter().any(|allowed| allowed.eq_ignore_ascii_case(operation)) {
        return (Truth::False, Some(format!("does not list the operation {operation}")));
    }
    let retires = operation.eq_ignore_ascii_case("RetireGrant");
    // https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html: of all operations, only this one may be for any resource.
    if let Some(source) = grant.source_arn.as_ref().filter(|_| !retires) {
        match serves(source, &question.caller) {
            Truth::True => {}
            truth => return (truth, Some(format!("is constrained to calls of a service for {source}"))),
        }
    }
    // https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html: these operations have no encryption context.
    let has_context = !retires && !operation.eq_ignore_ascii_case("DescribeKey");
    let (truth, text) = constrained(grant, context);
    if has_context && !truth.is_true() {
        return (truth.and(named), Some(text));
    }
    let text = match &question.caller {
        Caller::Principal { arn } if grant.grantee.as_deref().is_some_and(|grantee| names_a_session(grantee, arn)) => {
            "names one session of the role, and nobody says in which it asks"
        }
        _ => "names the whole account, and what its principals need beside is not documented",
    };
    (named, (!named.is_true()).then(|| text.to_owned()))
}

/// Whether a caller acts for the resource to which a grant is constrained.
fn serves(source: &str, caller: &Caller) -> Truth {
    match caller {
        Caller::Service { source: Some(arn), .. } if arn.as_str() == source => Truth::True,
        Caller::Service { source: Some(_), .. } if !source.contains(['*', '?']) => Truth::False,
        Caller::Service { .. } => Truth::Unknown,
        Caller::Function { .. }
        | Caller::Forwarded { .. }
        | Caller::Principal { .. }
        | Caller::Outsider { .. }
        | Caller::Grantee { .. } => Truth::False,
    }
}

/// Whether the encryption context is as the grant wants it.
fn constrained(grant: &Grant, context: &Context) -> (Truth, String) {
    let equals =
        grant.encryption_context_equals.as_ref().map_or(Truth::True, |pairs| holds_all(pairs, context).and(holds_no_more(pairs, context)));
    if !equals.is_true() {
        let text = "wants exactly one encryption context (EncryptionContextEquals); Secrets Manager also sends SecretVersionId, which changes with each version";
        return (equals, text.to_owned());
    }
    let subset = grant.encryption_context_subset.as_ref();
    let truth = subset.map_or(Truth::True, |pairs| holds_all(pairs, context));
    let wanted: Vec<String> = subset.into_iter().flatten().map(|(key, value)| format!("{key} = {value}")).collect();
    (truth, format!("wants the encryption context {}", wanted.join(", ")))
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
        Entry::Single(text) => text.equals(&Text::literal(value)),
        Entry::Absent | Entry::Multi(_) => Truth::False,
        Entry::Unknown => Truth::Unknown,
        Entry::OneOf(entries) => entries.iter().map(|entry| equals(entry, value)).reduce(Truth::agree).unwrap_or(Truth::Unknown),
    }
}
