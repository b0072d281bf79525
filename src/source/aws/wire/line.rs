//! The wire of one account: the HTTP client that its clients use. Each request goes its way in `Line::carry`.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};

use super::answer::{Outcome, code, outcome};
use super::exchange::Exchange;
use super::label::{Label, Repeat};
use super::numbers::Counts;
use super::renewal::{Renewing, Signer};
use super::silence::Enough;
use super::stored::{Key, Stored};
use crate::arn::AccountId;

/// The longest body that is read, in bytes. The longest pages of AWS have a few megabytes.
const BODY: usize = 32 << 20;

/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_mins(1);

/// How long a call may take with all its attempts, waiting for its turn included.
const CALL_TIME: Duration = Duration::from_mins(15);

/// How long a call waits before its second attempt, and at most before a later one. For throttled calls the pace waits longer.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LAST_BACKOFF: Duration = Duration::from_secs(5);

/// The wire of one account's session; clones are the same wire.
#[derive(Debug, Clone)]
pub(crate) struct Wire(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    exchange: Exchange,
    account: OnceLock<AccountId>,
    partition: RetryPartition,
    credentials: OnceLock<Arc<Renewing>>,
}

impl Wire {
    /// A wire of this exchange, of an account that is not known yet.
    pub(crate) fn new(exchange: Exchange) -> Self {
        // The SDK's quota counts failures, whether they come one after the other or all at once, as they do when a network is gone for a moment. When an
        // attempt is not worth it is for the pace to say.
        let partition = RetryPartition::custom("rotaudit").token_bucket(TokenBucket::unlimited()).build();
        Self(Arc::new(Inner { exchange, account: OnceLock::new(), partition, credentials: OnceLock::new() }))
    }

    /// The configuration with which clients use this wire; the credential chain goes on without it.
    pub(crate) fn under(&self, config: SdkConfig) -> SdkConfig {
        let chain = config.credentials_provider();
        let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let retries = retries.with_initial_backoff(FIRST_BACKOFF).with_max_backoff(LAST_BACKOFF);
        let timeouts = config.timeout_config().map_or_else(TimeoutConfig::builder, |timeouts| timeouts.clone().to_builder());
        let mut config = config.into_builder().http_client(self.clone()).retry_config(retries);
        config.set_timeout_config(Some(timeouts.operation_timeout(CALL_TIME).build()));
        if let Some(chain) = chain {
            let credentials = Arc::clone(self.0.credentials.get_or_init(|| Arc::new(Renewing::new(chain))));
            config =
                config.credentials_provider(SharedCredentialsProvider::new(Shared(credentials))).identity_cache(IdentityCache::no_cache());
        }
        config.build()
    }

    /// Tells whose wire this is, as soon as that is known.
    pub(crate) fn belongs_to(&self, account: &AccountId) {
        self.0.account.get_or_init(|| account.clone());
    }

    /// The SDK's bookkeeping of retries: one of the account's own.
    pub(crate) fn partition(&self) -> RetryPartition {
        self.0.partition.clone()
    }

    fn account(&self) -> &str {
        self.0.account.get().map_or("", AccountId::as_str)
    }
}

/// The credentials of a wire, as the SDK wants to have them.
#[derive(Debug)]
struct Shared(Arc<Renewing>);

impl ProvideCredentials for Shared {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.provide_credentials()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.0.exchange.0.pool.http_connector(settings, components);
        SharedHttpConnector::new(Line { wire: self.clone(), connector })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.exchange.0.pool.connector_metadata()
    }
}

/// One connection of the pool, as the clients of an account see it.
#[derive(Debug, Clone)]
struct Line {
    wire: Wire,
    connector: SharedHttpConnector,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(label) = Label::of(&request) else {
            return HttpConnectorFuture::ready(Err(ConnectorError::user("this call is not in the table of calls".into())));
        };
        let line = self.clone();
        let anew = is_anew();
        HttpConnectorFuture::new(async move {
            let exchange = line.wire.0.exchange.clone();
            tokio::select! {
                biased;
                why = exchange.0.stop.turned() => Err(ConnectorError::user(format!("not asked: {why}").into())),
                answer = line.carry(&label, request, anew) => answer,
            }
        })
    }
}

/// What came, body and all.
struct Came {
    response: HttpResponse,
    outcome: Outcome,
    bytes: u64,
}

impl Line {
    /// Gives the stored answer of a request, or sends it when its turn has come.
    async fn carry(self, label: &Label, request: HttpRequest, anew: bool) -> Result<HttpResponse, ConnectorError> {
        let (shared, account) = (&self.wire.0.exchange.0, self.wire.account());
        let key = shared.spool.get().and_then(|_| Key::of(account, label, &request));
        if let Some(stored) = key.as_ref().filter(|_| !anew).and_then(|key| shared.spool.get()?.answer(key)?.response()) {
            shared.counters.add(account, label.api, Counts { stored: 1, ..Counts::default() });
            return Ok(stored);
        }
        let (attempt, signer) = (Attempt::of(&request), Signer::of(&request));
        let leave = shared.pace.leave(account, label).await;
        let begun = Instant::now();
        let came = self.send(request).await;
        let (outcome, bytes) = came.as_ref().map_or((Outcome::Failure, 0), |came| (came.outcome, came.bytes));
        shared.counters.add(account, label.api, Counts::attempt(outcome, attempt.is_repeated(), bytes, begun.elapsed()));
        let enough = shared.pace.heard(&leave, outcome, attempt.is_last());
        drop(leave);
        let mut response = match (came, enough) {
            (Ok(came), _) => came.response,
            (Err(error), None) => return Err(error),
            (Err(error), Some(enough)) => return Err(last(&error, enough)),
        };
        if let Some(enough) = enough {
            response.add_extension(enough);
        }
        match (outcome, self.wire.0.credentials.get(), signer) {
            (Outcome::Answer, ..) => {
                if let (Some(spool), Some(key), Some(answer)) = (shared.spool.get(), key, Stored::of(label.api, &response)) {
                    spool.store(key, answer);
                }
            }
            (Outcome::Expired, Some(credentials), Some(signer)) if credentials.renewed(&signer).await => response.add_extension(Repeat),
            (Outcome::Foreign, ..) if enough.is_none() => response.add_extension(Repeat),
            _ => {}
        }
        Ok(response)
    }

    /// Sends a request and reads the whole answer.
    async fn send(&self, request: HttpRequest) -> Result<Came, ConnectorError> {
        let mut response = self.connector.call(request).await?;
        let body = Limited::new(response.take_body(), BODY).collect();
        let body = match tokio::time::timeout(BODY_TIME, body).await {
            Err(late) => return Err(ConnectorError::timeout(late.into())),
            // The SDK reads the body again, and meets there what went wrong.
            Ok(Err(error)) => {
                *response.body_mut() = broken(error);
                return Ok(Came { response, outcome: Outcome::Failure, bytes: 0 });
            }
            Ok(Ok(body)) => body.to_bytes(),
        };
        let header = |name| response.headers().get(name);
        let status = response.status().as_u16();
        let code = if response.status().is_success() { None } else { code(header("x-amzn-errortype"), &body) };
        let outcome = outcome(status, header("content-type").unwrap_or_default(), code.as_deref(), &body);
        let bytes = body.len() as u64;
        *response.body_mut() = SdkBody::from(body);
        Ok(Came { response, outcome, bytes })
    }
}

tokio::task_local! {
    /// Set while a list is read again from its start: its stored pages are no use any more.
    static ANEW: ();
}

/// Makes calls without looking at stored answers.
pub(crate) async fn anew<T>(calls: impl Future<Output = T>) -> T {
    ANEW.scope((), calls).await
}

fn is_anew() -> bool {
    ANEW.try_with(|()| ()).is_ok()
}

/// Which of a call's attempts a request is, as the SDK numbers them (`ttl=…; attempt=2; max=5`).
#[derive(Debug, Clone, Copy)]
struct Attempt {
    number: u32,
    max: Option<u32>,
}

impl Attempt {
    fn of(request: &HttpRequest) -> Self {
        let told = request.headers().get("amz-sdk-request").unwrap_or_default();
        let number = |name| told.split("; ").find_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        Self { number: number("attempt").unwrap_or(1), max: number("max") }
    }

    fn is_repeated(self) -> bool {
        self.number > 1
    }

    fn is_last(self) -> bool {
        self.max.is_some_and(|max| self.number >= max)
    }
}

/// The same failure as one that the SDK does not repeat.
fn last(error: &ConnectorError, enough: Enough) -> ConnectorError {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let what = if error.is_timeout() { "no answer in time".to_owned() } else { format!("no connection: {cause}") };
    ConnectorError::user(format!("{what}; {}", enough.why()).into())
}

/// A body that is nothing but this error: a limit of no byte, whose error is put in place of its own.
fn broken(error: BoxError) -> SdkBody {
    let mut error = Some(error);
    SdkBody::from_body_1_x(Limited::new(SdkBody::from("x"), 0).map_err(move |limit| error.take().unwrap_or(limit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_broken_body_says_what_broke_it() {
        let error = broken("cut off".into()).collect().await.unwrap_err();
        assert_eq!(error.to_string(), "cut off");
    }

    #[test]
    fn what_is_not_repeated_says_what_became_of_it_and_why_that_is_all() {
        let failure = last(&ConnectorError::timeout("HTTP read timeout".into()), Enough::OfService);
        assert!(failure.is_user() && failure.source().unwrap().to_string().starts_with("no answer in time; not asked again"));
        let failure = last(&ConnectorError::io("connection refused".into()), Enough::OfCall);
        assert!(failure.source().unwrap().to_string().starts_with("no connection: connection refused; not asked again"));
    }

    #[test]
    fn the_first_attempt_is_told_from_a_repetition_and_the_last_from_those_before() {
        let of = |value: &'static str| {
            let mut request = HttpRequest::empty();
            request.headers_mut().insert("amz-sdk-request", value);
            let attempt = Attempt::of(&request);
            (attempt.is_repeated(), attempt.is_last())
        };
        assert_eq!(of("attempt=1; max=5"), (false, false));
        assert_eq!(of("ttl=20261123T040658Z; attempt=2; max=5"), (true, false));
        assert_eq!(of("attempt=10; max=10"), (true, true));
        assert_eq!(of("attempt=1; max=1"), (false, true));
        assert_eq!(of("attempt=1"), (false, false));
        let unnumbered = Attempt::of(&HttpRequest::empty());
        assert!(!unnumbered.is_repeated() && !unnumbered.is_last());
    }
}
