//! What resources are called in sentences and labels.

use crate::arn::Arn;

/// A resource by its kind and the name that people use.
pub(super) fn named(arn: &Arn) -> String {
    let kind = match (arn.service(), arn.resource()) {
        ("secretsmanager", _) => "secret",
        ("lambda", _) => "function",
        ("kms", alias) if alias.starts_with("alias/") => return alias.replacen("alias/", "the alias ", 1),
        ("kms", _) => "key",
        ("iam", policy) if policy.starts_with("policy/") => "policy",
        ("iam", user) if user.starts_with("user/") => "user",
        ("iam", _) => "role",
        _ => return arn.to_string(),
    };
    format!("{kind} {}", arn.name())
}
