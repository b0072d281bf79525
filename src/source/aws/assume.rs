//! Taking on the role with which another account is read. `accounts` asks here.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{Result as Provided, future};
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::types;

use super::ask::{ask, gap};
use super::options::Options;
use super::session::Session;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Api, Gap, Known};

/// The ARN of a role in some account, from what a user typed.
///
/// # Errors
/// What is wrong with the text.
pub fn role_arn(text: &str) -> Result<Arn, String> {
    let example = "an example is arn:aws:iam::111122223333:role/rotaudit";
    let arn = Arn::parse(text).map_err(|error| format!("{error}; {example}"))?;
    let is_role = arn.service() == "iam" && arn.resource().strip_prefix("role/").is_some_and(|name| !name.is_empty());
    if !is_role {
        let session = arn.session_role().map(|name| format!("; it is a session of the role {name}")).unwrap_or_default();
        return Err(format!("{text:?} is not the ARN of a role{session}; {example}"));
    }
    AccountId::parse(arn.account()).map_err(|error| format!("{text:?}: {error}"))?;
    Ok(arn)
}

/// The account of `role`, read with that role. It is taken on at once, so that an account that cannot be read is known as such before anything is asked there.
pub(super) async fn assume(base: &Session, role: &Arn, options: &Options) -> Result<Session, Gap> {
    let account = AccountId::parse(role.account()).map_err(|error| gap(Api::AssumeRole, role.as_str(), &error.to_string()))?;
    let (name, external_id) = (options.role_session_name.clone(), options.external_id.clone());
    let role = Role { client: base.sts(), arn: role.as_str().to_owned(), session: name, external_id, first: Mutex::default() };
    let first = role.credentials().await?;
    *role.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
    Ok(base.elsewhere(account, SharedCredentialsProvider::new(role)))
}

/// A role that was taken on: gives the credentials that there are already, once; then new ones, each time it is asked. The wire keeps them as long as they are valid.
#[derive(Debug)]
struct Role {
    client: aws_sdk_sts::Client,
    arn: String,
    session: String,
    external_id: Option<String>,
    first: Mutex<Option<Credentials>>,
}

impl Role {
    /// Asks STS, on the wire of whoever takes the role on.
    async fn credentials(&self) -> Result<Credentials, Gap> {
        let call = self.client.assume_role().role_arn(&self.arn).role_session_name(&self.session).set_external_id(self.external_id.clone());
        match Box::pin(ask(Api::AssumeRole, &self.arn, call.send(), |answer| answer.credentials.and_then(usable))).await {
            Known::Value(credentials) => Ok(credentials),
            Known::Unreadable(gap) => Err(gap),
        }
    }

    async fn next(&self) -> Provided {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(credentials) => Ok(credentials),
            None => self.credentials().await.map_err(|gap| CredentialsError::provider_error(gap.error.to_string())),
        }
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.next())
    }
}

/// What STS gives, as the SDK signs with it; nothing when it says of no time until when.
fn usable(given: types::Credentials) -> Option<Credentials> {
    let until = SystemTime::try_from(given.expiration).ok()?;
    Some(Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), Some(until), "AssumeRole"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_role_is_told_so_with_an_example() {
        assert_eq!(role_arn("arn:aws:iam::111122223333:role/path/auditor").unwrap().name(), "auditor");
        for (text, problem) in [
            ("auditor", "does not begin with"),
            ("arn:aws:iam::111122223333:user/auditor", "is not the ARN of a role"),
            ("arn:aws:iam::111122223333:role/", "is not the ARN of a role"),
            ("arn:aws:sts::111122223333:assumed-role/auditor/me", "a session of the role auditor"),
        ] {
            let error = role_arn(text).unwrap_err();
            assert!(error.contains(problem) && error.contains("arn:aws:iam::111122223333:role/rotaudit"), "{error}");
        }
        assert!(role_arn("arn:aws:iam::1111:role/auditor").unwrap_err().contains("twelve digits"));
    }
}
