//! The role or user whom the user names with `--as`: read before anything is asked of AWS, then found in the inventory. `explain` uses it.

use super::error::CliError;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Inventory, Known};

/// How to name one.
const FORMS: &str = "Give arn:aws:iam::ACCOUNT:role/NAME or arn:aws:iam::ACCOUNT:user/NAME, with the path if it has one, or a session of a role as \
                     `aws sts get-caller-identity` shows it: arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.";

/// The ARN of a role, of a user, or of a session of a role.
pub(super) fn parse(text: &str) -> Result<Arn, CliError> {
    let arn = Arn::parse(text).map_err(|error| CliError::Usage(format!("--as: {error}\n{FORMS}")))?;
    let named = |kind: &str| arn.resource().strip_prefix(kind).is_some_and(|_| !arn.name().is_empty());
    let is_identity = arn.service() == "iam" && (named("role/") || named("user/"));
    if !is_identity && arn.session_role().is_none() {
        return Err(CliError::Usage(format!("--as: {text:?} names neither a role nor a user\n{FORMS}")));
    }
    match AccountId::parse(arn.account()) {
        Ok(_) => Ok(arn),
        Err(error) => Err(CliError::Usage(format!("--as: {text:?}: {error}\n{FORMS}"))),
    }
}

/// The ARN by which the inventory has it: a session is one of its role. Who belongs to an account that was not read is left as named, and undecided.
pub(super) fn find(named: &Arn, inventory: &Inventory) -> Result<Arn, CliError> {
    match inventory.identity(named) {
        Known::Value(Some(identity)) => Ok(identity.arn().clone()),
        Known::Value(None) => Err(CliError::Usage(format!(
            "--as: account {} was read, and it has no {}\nGive its full ARN, with the path, as `aws iam get-role` or `aws iam get-user` shows it; if it \
             was made since the account was read, read the account again.",
            named.account(),
            described(named),
        ))),
        Known::Unreadable(gap) if named.session_role().is_some() => Err(CliError::Usage(format!(
            "--as: the path of the {} is not known, because the account's roles were not read ({gap})\nGive the role's own ARN, \
             arn:aws:iam::ACCOUNT:role/PATH/NAME.",
            described(named),
        ))),
        Known::Unreadable(_) => Ok(named.clone()),
    }
}

fn described(named: &Arn) -> String {
    match named.session_role() {
        Some(role) => format!("role {role:?}"),
        None => named.resource().split_once('/').map_or_else(|| named.to_string(), |(kind, name)| format!("{kind} {name:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Gap, clean};

    #[test]
    fn only_roles_users_and_sessions_of_roles_are_named() {
        for good in ["iam::111122223333:role/team/deploy", "iam::111122223333:user/alice", "sts::111122223333:assumed-role/deploy/alice"] {
            assert!(parse(&format!("arn:aws:{good}")).is_ok(), "{good}");
        }
        for bad in [
            "iam::111122223333:root",
            "iam::111122223333:group/ops",
            "iam::111122223333:role/",
            "iam::1111:role/deploy",
            "iam:::role/deploy",
            "sts::111122223333:federated-user/alice",
            "sts::111122223333:assumed-role//alice",
            "s3:::role/deploy",
        ] {
            let error = parse(&format!("arn:aws:{bad}")).unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("assumed-role/NAME/SESSION"), "{error}");
        }
        assert!(parse("deploy").unwrap_err().to_string().contains("is not an ARN"));
    }

    #[test]
    fn a_session_is_its_role_with_the_path() {
        let mut inventory = clean::account().unwrap();
        let session = parse("arn:aws:sts::111122223333:assumed-role/rotate-db/alice").unwrap();
        assert_eq!(find(&session, &inventory).unwrap().as_str(), clean::ROLE);
        for account in inventory.accounts.values_mut() {
            let gap = Gap::new("iam:GetAccountAuthorizationDetails", clean::ACCOUNT, "AccessDenied");
            account.identities = Known::Unreadable(gap);
        }
        let error = find(&session, &inventory).unwrap_err().to_string();
        assert!(error.contains("AccessDenied") && error.contains("role's own ARN"), "{error}");
        let role = parse(clean::ROLE).unwrap();
        assert_eq!(find(&role, &inventory).unwrap(), role);
    }
}
