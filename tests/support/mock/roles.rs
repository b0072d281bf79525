//! Taking on a role as STS answers it. An account that the inventory could not be read with its role for is refused with the same error.

use rotaudit::arn::Arn;
use rotaudit::inventory::Api;

use super::scope::{Failure, Scope};
use super::wire::Asked;
use super::xml::{element, texts};

/// What the access key ids of sessions begin with.
const KEY: &str = "ASIA";

/// The external id that the role of this name wants.
pub(crate) const WANTS_EXTERNAL_ID: (&str, &str) = ("guarded", "the-agreed-id");

/// The account of a session's access key id.
pub(super) fn account_of(key: &str) -> Option<&str> {
    key.strip_prefix(KEY)
}

/// The token that belongs to it.
pub(super) fn token(account: &str) -> String {
    format!("session-token-of-{account}")
}

pub(super) fn assumed(scope: &Scope<'_>, asked: &Asked) -> Result<String, Failure> {
    let role = asked.field("RoleArn").and_then(|arn| Arn::parse(arn).ok());
    let role = role.ok_or_else(|| Failure::new(400, "ValidationError", "this is no role"))?;
    let denied = || {
        Failure::new(
            403,
            "AccessDenied",
            &format!("account {} is not authorized to perform: sts:AssumeRole on resource: {role}", scope.account),
        )
    };
    let account = scope.inventory.accounts.get(role.account()).ok_or_else(denied)?;
    if let Some(gap) = account.identities.gap().filter(|gap| *gap.call == *Api::AssumeRole.spec().name) {
        return Err(Failure { status: 403, ..Failure::of(gap) });
    }
    if role.name() == WANTS_EXTERNAL_ID.0 && asked.field("ExternalId") != Some(WANTS_EXTERNAL_ID.1) {
        return Err(denied());
    }
    let session = asked.field("RoleSessionName").unwrap_or_default();
    let arn = format!("arn:aws:sts::{}:assumed-role/{}/{session}", role.account(), role.name());
    let credentials = texts(&[
        ("AccessKeyId", &format!("{KEY}{}", role.account())),
        ("SecretAccessKey", "secret"),
        ("SessionToken", &token(role.account())),
        ("Expiration", "2099-01-01T00:00:00Z"),
    ]);
    let user = texts(&[("AssumedRoleId", &format!("AROA:{session}")), ("Arn", &arn)]);
    Ok(element("Credentials", &credentials) + &element("AssumedRoleUser", &user))
}
