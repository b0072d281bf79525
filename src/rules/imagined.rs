//! The ARNs of things that do not exist, to ask what a policy would say of another secret, function or key. `requests` and `targets` ask.

use crate::arn::{Arn, ArnError};

/// The ARN of a secret beside `secret` that does not exist.
pub(super) fn another_secret(secret: &Arn) -> Result<Arn, ArnError> {
    Arn::build(secret.partition(), "secretsmanager", secret.region(), secret.account(), "secret:another-secret-of-this-account-Ab1Cd2")
}

/// The ARN of a function that does not exist, where the rotation function is.
pub(super) fn another_function(secret: &Arn, function: Option<&Arn>) -> Result<Arn, ArnError> {
    let beside = function.unwrap_or(secret);
    Arn::build(beside.partition(), "lambda", beside.region(), beside.account(), "function:another-function-of-this-account")
}

/// The ARN of a key that does not exist.
pub(super) fn key_in(secret: &Arn, account: &str) -> Result<Arn, ArnError> {
    Arn::build(secret.partition(), "kms", secret.region(), account, "key/00000000-0000-4000-8000-000000000000")
}
