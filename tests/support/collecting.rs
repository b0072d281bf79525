//! Collects an inventory from the mock, and says what is not as it should be.

#![allow(dead_code, reason = "each test binary uses the part of it that it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeSet;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use rotaudit::inventory::{Inventory, Network};
use rotaudit::source::aws::{Exchange, Options, Rates, collect};
use rotaudit::source::{Progress, SourceError};

use super::mock::{Call, Faults, Mock};
use super::sample::ACCOUNT;

/// Every region of `inventory`, asked of the mock with one try for each call.
pub(crate) fn options(mock: &Mock, inventory: &Inventory) -> Options {
    let regions: BTreeSet<String> = inventory.accounts.values().flat_map(|account| account.regions.keys().cloned()).collect();
    let credentials = Credentials::new(ACCOUNT, "secret", None, None, "test");
    Options {
        regions: regions.into_iter().collect(),
        endpoint_url: Some(mock.endpoint.clone()),
        max_attempts: Some(1),
        // A mock has no rates but those that a test gives it.
        exchange: Exchange::new(Rates::Elsewhere),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        ..Options::new(inventory.as_of)
    }
}

pub(crate) fn run(options: &Options) -> Result<Inventory, SourceError> {
    watched(options, &())
}

pub(crate) fn watched(options: &Options, progress: &dyn Progress) -> Result<Inventory, SourceError> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(collect(options, progress))
}

/// Collects `inventory` from a mock with these faults.
pub(crate) fn collected(inventory: &Inventory, faults: Faults) -> (Result<Inventory, SourceError>, Vec<Call>) {
    let mock = Mock::serve(inventory.clone(), faults);
    let outcome = run(&options(&mock, inventory));
    (outcome, mock.log())
}

/// Says which secret, function, key or list of a network differs, which a dump of two accounts does not.
pub(crate) fn assert_same(found: &Inventory, expected: &Inventory, when: &str) {
    for (id, account) in &expected.accounts {
        assert_eq!(found.accounts.get(id), Some(account), "{when}: {id}");
    }
    for (arn, secret) in &expected.secrets {
        assert_eq!(found.secrets.get(arn), Some(secret), "{when}: {arn}");
    }
    for (arn, function) in &expected.functions {
        assert_eq!(found.functions.get(arn), Some(function), "{when}: {arn}");
    }
    for (arn, key) in &expected.keys {
        assert_eq!(found.keys.get(arn), Some(key), "{when}: {arn}");
    }
    let lists = |network: &Network| serde_json::to_value(network).unwrap().as_object().unwrap().clone();
    for (place, network) in &expected.networks {
        let found = lists(found.networks.get(place).unwrap_or_else(|| panic!("{when}: {place} has no network")));
        for (list, known) in lists(network) {
            assert_eq!(found.get(&list), Some(&known), "{when}: {list} of {place}");
        }
    }
    assert_eq!(found, expected, "{when}: there is something more");
}
