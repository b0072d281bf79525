//! The credentials of a wire, renewed through their chain when they are about to expire and when AWS says that they have. The SDK's own identity cache knows
//! only the time of expiry that came with them: what AWS answers does not empty it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::sync::Mutex;

/// How long before their end credentials are renewed.
const BEFORE_THE_END: Duration = Duration::from_mins(1);

/// How long the chain may take.
const CHAIN_TIME: Duration = Duration::from_mins(1);

/// What tells credentials from others, as a request carries it: access key id and session token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signer {
    key: String,
    token: Option<String>,
}

impl Signer {
    /// Who signed a request (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-signing-elements.html>).
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        let (_, rest) = request.headers().get("authorization")?.split_once("Credential=")?;
        let (key, _) = rest.split_once('/')?;
        Some(Self { key: key.to_owned(), token: request.headers().get("x-amz-security-token").map(str::to_owned) })
    }

    fn with(credentials: &Credentials) -> Self {
        Self { key: credentials.access_key_id().to_owned(), token: credentials.session_token().map(str::to_owned) }
    }
}

/// Credentials of a chain, kept until they are no use any more.
#[derive(Debug)]
pub(super) struct Renewing {
    chain: SharedCredentialsProvider,
    current: Mutex<Option<Credentials>>,
    /// Whether AWS has accepted the current ones: those that never were accepted are not renewed for being refused.
    proven: AtomicBool,
}

impl Renewing {
    pub(super) fn new(chain: SharedCredentialsProvider) -> Self {
        Self { chain, current: Mutex::new(None), proven: AtomicBool::new(false) }
    }

    /// AWS has accepted a request.
    pub(super) fn accepted(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// AWS says that the credentials of `signer` have expired. True when there are others now, so that the call is worth being made again. The chain is
    /// asked once for each set of credentials, however many calls hear that they have expired.
    pub(super) async fn renewed(&self, signer: &Signer) -> bool {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|current| Signer::with(current) != *signer) {
            return true;
        }
        if !self.proven.swap(false, Ordering::Relaxed) {
            return false;
        }
        match self.ask().await {
            Ok(new) if Signer::with(&new) != *signer => {
                *current = Some(new);
                true
            }
            _ => false,
        }
    }

    async fn current(&self) -> Provided {
        let mut current = self.current.lock().await;
        let lasts = |credentials: &Credentials, time| credentials.expiry().is_none_or(|end| end > SystemTime::now() + time);
        if let Some(credentials) = current.as_ref().filter(|credentials| lasts(credentials, BEFORE_THE_END)) {
            return Ok(credentials.clone());
        }
        match self.ask().await {
            Ok(new) => Ok(current.insert(new).clone()),
            // What has not ended yet is better than nothing.
            Err(error) => current.clone().filter(|credentials| lasts(credentials, Duration::ZERO)).ok_or(error),
        }
    }

    async fn ask(&self) -> Provided {
        let asked = tokio::time::timeout(CHAIN_TIME, self.chain.provide_credentials()).await;
        asked.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(CHAIN_TIME)))
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
