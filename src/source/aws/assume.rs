//! Taking on the role with which another account is read. `accounts` asks here.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::sts::AssumeRoleProvider;
use aws_sdk_sts::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future;

use super::ask::{gap, root, told};
use super::options::Options;
use super::session::Session;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Api, Gap};

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
    let failed = |error: &str| gap(Api::AssumeRole, role.as_str(), error);
    let account = AccountId::parse(role.account()).map_err(|error| failed(&error.to_string()))?;
    let mut builder =
        AssumeRoleProvider::builder(role.as_str()).session_name(&options.role_session_name).configure(&base.beside_the_wire());
    if let Some(id) = &options.external_id {
        builder = builder.external_id(id);
    }
    let provider = builder.build().await;
    let first = patiently(&provider, base.attempts(), options).await.map_err(|error| failed(&why(&error)))?;
    let credentials = Assumed { first: Mutex::new(Some(first)), provider };
    Ok(base.elsewhere(account, SharedCredentialsProvider::new(credentials)))
}

/// The codes by which STS says that it is asked too often.
const THROTTLED: [&str; 4] = ["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"];

/// The first pause after a refusal that says nothing about the role; each further one is longer by half.
const PAUSE: Duration = Duration::from_millis(500);

/// Takes the role on, again and again while STS does not say whether it may be: the roles of a large organization are taken on all at once, and the provider gives up
/// after a few tries.
async fn patiently(provider: &AssumeRoleProvider, attempts: u32, options: &Options) -> Result<Credentials, CredentialsError> {
    let mut pause = PAUSE;
    for _ in 1..attempts {
        match provider.provide_credentials().await {
            // Whoever has pressed Ctrl-C waits no longer.
            Err(error) if is_passing(&error) && options.exchange.stopped().is_none() => {
                tokio::time::sleep(pause).await;
                pause += pause / 2;
            }
            answer => return answer,
        }
    }
    provider.provide_credentials().await
}

/// Whether the same request may have another answer: it came too fast, or nothing came back that is STS's. That somebody can be asked is known by then.
fn is_passing(error: &(dyn Error + 'static)) -> bool {
    match error.source().and_then(|cause| cause.downcast_ref::<SdkError<AssumeRoleError>>()) {
        Some(SdkError::ServiceError(refused)) => {
            let failed = refused.raw().status().is_server_error();
            refused.err().code().is_none_or(|code| failed || THROTTLED.contains(&code))
        }
        Some(SdkError::ResponseError(_) | SdkError::DispatchFailure(_) | SdkError::TimeoutError(_)) => true,
        _ => false,
    }
}

/// What STS answered, or what became of the call.
fn why(error: &(dyn Error + 'static)) -> String {
    match error.source().and_then(|cause| cause.downcast_ref::<SdkError<AssumeRoleError>>()) {
        Some(refused) => told(refused),
        None => root(error),
    }
}

/// The credentials that there are already, once; then new ones, each time they are asked for. The SDK keeps them as long as they are valid.
#[derive(Debug)]
struct Assumed {
    first: Mutex<Option<Credentials>>,
    provider: AssumeRoleProvider,
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(credentials) => future::ProvideCredentials::ready(Ok(credentials)),
            None => self.provider.provide_credentials(),
        }
    }
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
