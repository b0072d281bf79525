//! Who asks, and the clients of each region. Tells apart why nobody can be asked: no credentials, expired or refused ones, no
//! region, a region that does not exist, no network.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::ProvideCredentials;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;

use super::ask::{root, told};
use super::direct::{Client, Environment, Service};
use super::options::Options;
use super::place::Place;
use super::regions;
use super::wire::{Again, Labels, Wire};
use crate::arn::{AccountId, Arn};
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

/// Credentials that AWS accepts, and the regions to read with them.
pub(super) struct Session {
    pub(super) account: AccountId,
    pub(super) regions: Vec<String>,
    config: SdkConfig,
    wire: Wire,
    clients: Mutex<BTreeMap<String, Arc<Regional>>>,
    places: Mutex<BTreeMap<String, Arc<Place>>>,
}

impl Session {
    /// Finds out who asks (`GetCallerIdentity`) and where.
    pub(super) async fn open(options: &Options) -> Result<Self, SourceError> {
        if let Some(name) = options.regions.iter().find(|name| !regions::is_well_formed(name)) {
            return Err(SourceError::UnknownRegion { name: name.clone(), similar: regions::similar(name) });
        }
        let wire = Wire::new(options.exchange.clone());
        let config = wire.under(configuration(options).await);
        let Some(home) = config.region().map(ToString::to_string) else {
            // A profile that does not exist has no region either, and that is what its user must hear.
            without_credentials(&config, options).await?;
            return Err(SourceError::NoRegion);
        };
        // Whoever is offline hears so within seconds.
        let retries = RetryConfig::standard().with_max_attempts(options.max_attempts.clamp(1, 3));
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
        let mut regions = match (options.all_regions, options.regions.is_empty()) {
            (true, _) => regions::of(caller.partition()).map(str::to_owned).collect(),
            (false, true) => Vec::new(),
            (false, false) => options.regions.clone(),
        };
        if regions.is_empty() {
            // The region of the chain, which is also all that is known of a partition without known regions.
            regions.push(home);
        }
        regions.sort_unstable();
        regions.dedup();
        Ok(Self { account, regions, config, wire, clients: Mutex::default(), places: Mutex::default() })
    }

    /// The clients of a region; `None` for what cannot be a region's name and must not become part of a host name.
    pub(super) fn region(&self, name: &str) -> Option<Arc<Regional>> {
        if !regions::is_well_formed(name) {
            return None;
        }
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let regional = clients.entry(name.to_owned()).or_insert_with(|| {
            let config = self.config.to_builder().region(Region::new(name.to_owned())).build();
            Arc::new(Regional {
                secrets: client!(aws_sdk_secretsmanager, self.wire, &config),
                secrets_direct: Client::new(
                    Service::SecretsManager,
                    &Environment { config: &config, wire: &self.wire, account: &self.account, region: name },
                ),
                lambda: client!(aws_sdk_lambda, self.wire, &config),
                kms: client!(aws_sdk_kms, self.wire, &config),
            })
        });
        Some(Arc::clone(regional))
    }

    /// The clients that tell the networks of a region; `None` as in `region`.
    pub(super) fn place(&self, name: &str) -> Option<Arc<Place>> {
        if !regions::is_well_formed(name) {
            return None;
        }
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let environment = Environment { config: &self.config, wire: &self.wire, account: &self.account, region: name };
        Some(Arc::clone(places.entry(name.to_owned()).or_insert_with(|| Arc::new(Place::new(&environment)))))
    }

    /// The client of IAM, which has no regions.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        client!(aws_sdk_iam, self.wire, &self.config)
    }
}

/// The SDK as we use it. Times: a connection is there in 5 s or not at all; a call with all its retries ends within 3 minutes.
async fn configuration(options: &Options) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(options.answer_time)
        .operation_timeout(Duration::from_mins(3));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(options.max_attempts.max(1)))
        .timeout_config(timeouts.build());
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
