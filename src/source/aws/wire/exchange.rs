//! What the wires of all accounts of a collection share: connections, pace, numbers, the spool, and the switch that ends the asking. `cli` makes one and
//! hands it to `collect` in its options.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;

use super::numbers::{Counters, Numbers, UnderWay};
use super::pace::{Pace, Rates};
use super::spool::{AskedFor, Spool};
use super::stop::Stop;
use crate::source::error::SourceError;

/// The shared part of the wires of a collection; clones are the same exchange.
#[derive(Clone)]
pub struct Exchange(pub(super) Arc<Shared>);

/// What clones share.
pub(super) struct Shared {
    pub(super) pool: SharedHttpClient,
    pub(super) pace: Pace,
    pub(super) counters: Counters,
    pub(super) stop: Stop,
    pub(super) spool: OnceLock<Spool>,
}

impl Default for Exchange {
    fn default() -> Self {
        Self::new(Rates::default())
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("pace", &self.0.pace).field("stop", &self.0.stop).finish_non_exhaustive()
    }
}

impl Exchange {
    /// An exchange that makes calls at these rates.
    pub fn new(rates: Rates) -> Self {
        let shared =
            Shared { pool: pool(), pace: Pace::new(rates), counters: Counters::default(), stop: Stop::default(), spool: OnceLock::new() };
        Self(Arc::new(shared))
    }

    /// What was counted so far.
    pub fn numbers(&self) -> Numbers {
        Numbers { time: self.0.pace.time(), busiest: self.0.pace.busiest(), ..self.0.counters.numbers() }
    }

    /// What each account is at.
    pub fn under_way(&self) -> Vec<UnderWay> {
        self.0.counters.under_way()
    }

    /// Ends the asking: what is under way and all further calls become gaps. The first reason counts.
    pub fn stop(&self, why: &str) {
        self.0.stop.turn(why);
    }

    /// Why asking has ended before everything was asked, if so.
    pub fn stopped(&self) -> Option<String> {
        self.0.stop.why()
    }

    /// Begins a spool in `path`, or goes on with the one that is there. Gives the time at which the inventory counts as read, and how many answers there
    /// are already.
    pub(crate) fn spool(&self, path: &Path, resume: bool, as_of: Timestamp, asked: AskedFor) -> Result<(Timestamp, usize), SourceError> {
        let resumed = if resume { Spool::resume(path, &asked)? } else { None };
        let (spool, as_of) = match resumed {
            Some(resumed) => resumed,
            None => (Spool::begin(path, as_of, asked)?, as_of),
        };
        let stored = spool.len();
        // An exchange has one spool, for its whole life.
        let _ = self.0.spool.set(spool);
        Ok((as_of, stored))
    }

    /// What a resumed collection finds must be what the first one found, such as whose credentials these are.
    pub(crate) fn confirm(&self, what: &str, value: &str) -> Result<(), SourceError> {
        self.0.spool.get().map_or(Ok(()), |spool| spool.confirm(what, value))
    }

    /// Why the spool holds less than it should, if so.
    pub fn spool_problem(&self) -> Option<String> {
        self.0.spool.get().and_then(Spool::problem)
    }

    /// Removes the spool, when what was collected is in a safe place.
    pub fn remove_spool(&self) -> Result<(), SourceError> {
        self.0.spool.get().map_or(Ok(()), Spool::remove)
    }
}

/// One pool of connections for everybody, made as the SDK makes its own: TLS by rustls, proxies as the environment says.
fn pool() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}
