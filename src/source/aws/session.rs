//! Who asks in one account, and the clients of each region. Tells apart why nobody can be asked: no credentials, expired or refused ones, no
//! region, a region that does not exist, no network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;

use super::ask::{root, told};
use super::direct::{Client, Environment, Service};
use super::options::Options;
use super::place::Place;
use super::regions;
use super::retries::{MAX_ATTEMPTS, retries};
use super::wire::{Again, Exchange, Labels, Wire};
use crate::arn::{AccountId, Arn, Partition};
use crate::source::error::SourceError;

/// The codes by which STS says that credentials are too old.
const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

/// A client of the SDK's on the wire of an account.
macro_rules! client {
    ($service:ident, $wire:expr, $config:expr) => {{
        let config =
            $service::config::Builder::from($config).interceptor(Labels).retry_classifier(Again).retry_partition($wire.partition());
        $service::Client::from_conf(config.build())
    }};
}

/// The clients of one region.
#[derive(Debug)]
pub(super) struct Regional {
    pub(super) secrets: aws_sdk_secretsmanager::Client,
    /// For what the crate of Secrets Manager does not have.
    pub(super) secrets_direct: Client,
    pub(super) lambda: aws_sdk_lambda::Client,
    pub(super) kms: aws_sdk_kms::Client,
}

/// The credentials with which one account is read, and the regions to read with them.
pub(super) struct Session {
    pub(super) account: AccountId,
    pub(super) partition: Partition,
    /// The region of the usual chain, where services without regions are asked.
    pub(super) home: String,
    pub(super) regions: Vec<String>,
    /// Under the wire.
    config: SdkConfig,
    wire: Wire,
    exchange: Exchange,
    clients: Mutex<Kept<Regional>>,
    places: Mutex<Kept<Place>>,
}

/// Clients by region, as long as somebody uses them: hundreds of accounts have thousands of regions, most of them empty.
type Kept<T> = BTreeMap<String, Weak<T>>;

/// The clients of a region: those in use, or new ones.
fn kept<T>(kept: &Mutex<Kept<T>>, region: &str, new: impl FnOnce() -> T) -> Arc<T> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(clients) = kept.get(region).and_then(Weak::upgrade) {
        return clients;
    }
    let clients = Arc::new(new());
    kept.insert(region.to_owned(), Arc::downgrade(&clients));
    clients
}

impl Session {
    /// Finds out who asks (`GetCallerIdentity`) and from where; which regions are read is said later.
    pub(super) async fn open(options: &Options) -> Result<Self, SourceError> {
        if let Some(name) = options.regions.iter().find(|name| !regions::is_well_formed(name)) {
            return Err(SourceError::UnknownRegion { name: name.clone(), similar: regions::similar(name) });
        }
        let wire = Wire::new(options.exchange.clone());
        let config = configuration(options).await;
        let retries = retries(&config, options.max_attempts)?;
        let config = wire.under(config.to_builder().retry_config(retries).build());
        let Some(home) = config.region().map(ToString::to_string) else {
            // A profile that does not exist has no region either, and that is what its user must hear.
            without_credentials(&config, options).await?;
            return Err(SourceError::NoRegion);
        };
        // Whoever is offline hears so within seconds.
        let retries = RetryConfig::standard().with_max_attempts(attempts(&config).min(3));
        let sts = client!(aws_sdk_sts, wire, &config.to_builder().retry_config(retries).build());
        let identity = match sts.get_caller_identity().send().await {
            Ok(identity) => identity,
            Err(error) => return Err(refusal(&config, options, &home, &error).await),
        };
        let caller = identity.arn.as_deref().and_then(|arn| Arn::parse(arn).ok());
        let account = identity.account.as_deref().and_then(|account| AccountId::parse(account).ok());
        let (Some(caller), Some(account)) = (caller, account) else {
            return Err(SourceError::Unreachable { region: home, cause: "what answered GetCallerIdentity is not AWS".to_owned() });
        };
        options.exchange.confirm("the account", account.as_str())?;
        wire.belongs_to(&account);
        Ok(Self::new(account, caller.partition(), home, config, wire, options.exchange.clone()))
    }

    fn new(account: AccountId, partition: Partition, home: String, config: SdkConfig, wire: Wire, exchange: Exchange) -> Self {
        Self { account, partition, home, regions: Vec::new(), config, wire, exchange, clients: Mutex::default(), places: Mutex::default() }
    }

    /// The same account with the same credentials.
    pub(super) fn again(&self) -> Self {
        Self::new(self.account.clone(), self.partition, self.home.clone(), self.config.clone(), self.wire.clone(), self.exchange.clone())
    }

    /// Another account, read with these credentials on a wire of its own. Connections are shared.
    pub(super) fn elsewhere(&self, account: AccountId, credentials: SharedCredentialsProvider) -> Self {
        let wire = Wire::new(self.exchange.clone());
        wire.belongs_to(&account);
        let config = wire.under(self.config.to_builder().credentials_provider(credentials).build());
        Self::new(account, self.partition, self.home.clone(), config, wire, self.exchange.clone())
    }

    /// The client that takes on roles of other accounts.
    pub(super) fn sts(&self) -> aws_sdk_sts::Client {
        client!(aws_sdk_sts, self.wire, &self.config)
    }

    /// The clients of a region; `None` for what cannot be a region's name and must not become part of a host name.
    pub(super) fn region(&self, name: &str) -> Option<Arc<Regional>> {
        if !regions::is_well_formed(name) {
            return None;
        }
        Some(kept(&self.clients, name, || {
            let config = self.config.to_builder().region(Region::new(name.to_owned())).build();
            Regional {
                secrets: client!(aws_sdk_secretsmanager, self.wire, &config),
                secrets_direct: Client::new(Service::SecretsManager, &self.environment(name)),
                lambda: client!(aws_sdk_lambda, self.wire, &config),
                kms: client!(aws_sdk_kms, self.wire, &config),
            }
        }))
    }

    /// The clients that tell the networks of a region; `None` as in `region`.
    pub(super) fn place(&self, name: &str) -> Option<Arc<Place>> {
        if !regions::is_well_formed(name) {
            return None;
        }
        Some(kept(&self.places, name, || Place::new(&self.environment(name))))
    }

    /// Who asks in this region, and how.
    fn environment<'a>(&'a self, region: &'a str) -> Environment<'a> {
        Environment { config: &self.config, wire: &self.wire, account: &self.account, region }
    }

    /// The client of Organizations, which has no regions.
    pub(super) fn organizations(&self) -> Client {
        Client::new(Service::Organizations, &self.environment(&self.home))
    }

    /// The client of IAM, which has no regions.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        client!(aws_sdk_iam, self.wire, &self.config)
    }
}

fn attempts(config: &SdkConfig) -> u32 {
    config.retry_config().map_or(MAX_ATTEMPTS, RetryConfig::max_attempts)
}

/// The SDK as we use it. Times: a connection is there in 5 s or not at all; a call with all its retries ends within 3 minutes.
async fn configuration(options: &Options) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(options.answer_time)
        .operation_timeout(Duration::from_mins(3));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        // The SDK's own reading of the user's settings ends the program where it does not understand them: `retries` reads them.
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts.build())
        // It would take a request that waits for its turn on the wire for one whose body nobody reads, and drop it after half a minute, sent or not.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Ok(name) = AppName::new("rotaudit") {
        loader = loader.app_name(name);
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(region) = options.regions.first() {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(credentials) = &options.credentials {
        loader = loader.credentials_provider(credentials.clone());
    }
    loader.load().await
}

/// An error when the credential chain gives nothing.
async fn without_credentials(config: &SdkConfig, options: &Options) -> Result<(), SourceError> {
    let Some(chain) = config.credentials_provider() else {
        return Err(SourceError::NoCredentials { cause: "nothing is configured".to_owned() });
    };
    match chain.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            // The cause is that of the last link of the chain, which is seldom the one that the user thinks of.
            let profile = options.profile.as_ref().map(|name| format!("profile {name:?} gives none; at the end of the chain: "));
            Err(SourceError::NoCredentials { cause: profile.unwrap_or_default() + &root(&error) })
        }
    }
}

/// Why `GetCallerIdentity` failed, to the person at the terminal.
async fn refusal(config: &SdkConfig, options: &Options, region: &str, error: &SdkError<GetCallerIdentityError>) -> SourceError {
    match error.code() {
        Some(code) if EXPIRED.contains(&code) => return SourceError::ExpiredCredentials { answer: told(error) },
        Some(_) => return SourceError::RefusedCredentials { region: region.to_owned(), answer: told(error) },
        None => {}
    }
    if let Err(missing) = without_credentials(config, options).await {
        return missing;
    }
    if config.endpoint_url().is_none() && !regions::is_known(region) && matches!(error, SdkError::DispatchFailure(_)) {
        return SourceError::UnknownRegion { name: region.to_owned(), similar: regions::similar(region) };
    }
    SourceError::Unreachable { region: region.to_owned(), cause: told(error) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_request_may_wait_for_its_turn_longer_than_the_sdk_would_let_its_body() {
        let credentials = SharedCredentialsProvider::new(aws_sdk_sts::config::Credentials::new("key", "secret", None, None, "test"));
        let options =
            Options { regions: vec!["eu-west-1".to_owned()], credentials: Some(credentials), ..Options::new(Timestamp::UNIX_EPOCH) };
        let config = Wire::new(Exchange::default()).under(configuration(&options).await);
        assert!(config.stalled_stream_protection().is_some_and(|protection| !protection.is_enabled()));
    }
}
