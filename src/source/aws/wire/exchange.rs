//! What the wires of all accounts of a collection share: the connections and the numbers. `cli` makes one and hands it to `collect` in its options.

use std::fmt;
use std::sync::Arc;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::line::Wire;
use super::numbers::{Counters, Numbers};

/// The shared part of the wires of a collection; clones are the same exchange.
#[derive(Clone)]
pub struct Exchange(pub(super) Arc<Shared>);

/// What clones share.
pub(super) struct Shared {
    pub(super) pool: SharedHttpClient,
    pub(super) counters: Counters,
}

impl Default for Exchange {
    fn default() -> Self {
        Self(Arc::new(Shared { pool: pool(), counters: Counters::default() }))
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Exchange {
    /// The wire of one account's session.
    pub(in crate::source::aws) fn wire(&self) -> Wire {
        Wire::new(self.clone())
    }

    /// What was counted so far.
    pub fn numbers(&self) -> Numbers {
        self.0.counters.numbers()
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
