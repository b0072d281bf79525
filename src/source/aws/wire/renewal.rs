//! The credentials of a wire, renewed through their chain when they are about to expire and when AWS says that they have. The SDK's own identity cache knows
//! only the time of expiry that came with them: what AWS answers does not empty it.

use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::sync::Mutex;

/// How long before their end credentials are renewed.
const BEFORE_THE_END: Duration = Duration::from_mins(1);

/// Credentials that are refused again sooner than any session ends are refused for another reason
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>: no session is shorter than 900 seconds).
const SHORTEST_SESSION: Duration = Duration::from_mins(15);

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
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Credentials>,
    /// When the chain was asked the last time because AWS had refused what it gave.
    refused_at: Option<Instant>,
}

impl Renewing {
    pub(super) fn new(chain: SharedCredentialsProvider) -> Self {
        Self { chain, state: Mutex::default() }
    }

    /// AWS says that the credentials of `signer` have expired. True when there are others now, so that the call is worth being made again. The chain is
    /// asked once, however many calls hear of it.
    pub(super) async fn renewed(&self, signer: &Signer) -> bool {
        let mut state = self.state.lock().await;
        if state.current.as_ref().is_some_and(|current| Signer::with(current) != *signer) {
            return true;
        }
        if state.refused_at.is_some_and(|at| at.elapsed() < SHORTEST_SESSION) {
            return false;
        }
        state.refused_at = Some(Instant::now());
        match self.ask().await {
            Ok(new) if Signer::with(&new) != *signer => {
                state.current = Some(new);
                true
            }
            _ => false,
        }
    }

    async fn current(&self) -> Provided {
        let current = &mut self.state.lock().await.current;
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
