//! Credentials that expire in the middle of a collection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use rotaudit::inventory::Inventory;
use rotaudit::source::aws::Options;

use super::collecting::{assert_same, options, run};
use super::mock::{Fault, Faults, Mock};
use super::sample::{ACCOUNT, sample};

/// Gives one session token after the other, and the last one for ever.
#[derive(Debug, Clone)]
struct Chain {
    tokens: &'static [&'static str],
    asked: Arc<AtomicUsize>,
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let token = self.tokens[asked.min(self.tokens.len() - 1)];
        future::ProvideCredentials::ready(Ok(Credentials::new(ACCOUNT, "secret", Some(token.to_owned()), None, "test")))
    }
}

/// Collects with credentials of a chain of these tokens; gives also how often the chain was asked, and how many calls were repeated.
fn collect(tokens: &'static [&'static str], faults: Faults) -> (Inventory, usize, u64) {
    let mock = Mock::serve(sample(), faults);
    let chain = Chain { tokens, asked: Arc::default() };
    let credentials = Some(SharedCredentialsProvider::new(chain.clone()));
    let options = Options { credentials, max_attempts: Some(4), ..options(&mock, &sample()) };
    let found = run(&options).unwrap();
    (found, chain.asked.load(Ordering::SeqCst), options.exchange.numbers().total().retries)
}

#[test]
fn credentials_that_expire_in_the_middle_are_renewed_once_and_nothing_is_lost() {
    // Each operation answers once with the old token, and not again.
    let (found, asked, repeated) = collect(&["old", "new"], Faults::one("*", Fault::Expired(1, "old")));
    assert_same(&found, &sample(), "renewed");
    assert_eq!(asked, 2, "the chain is asked once for all calls that hear of it");
    assert!(repeated > 0);
}

#[test]
fn credentials_that_cannot_be_renewed_are_gaps_and_the_chain_is_not_asked_for_each_of_them() {
    let (found, asked, repeated) = collect(&["old"], Faults::one("*", Fault::Expired(0, "old")));
    assert_eq!((asked, repeated), (2, 0));
    assert!(found.gaps().iter().all(|gap| gap.error.contains("Expired")), "{:?}", found.gaps());
    assert!(found.secrets.is_empty() && !found.gaps().is_empty());
}

#[test]
fn what_is_refused_with_new_credentials_too_is_a_gap() {
    let rules = vec![("kms:GetKeyPolicy".to_owned(), Fault::Error("ExpiredTokenException")), ("*".to_owned(), Fault::Expired(1, "old"))];
    let (found, asked, _) = collect(&["old", "new", "newer", "newest"], Faults { rules, ..Faults::default() });
    assert_eq!(asked, 2, "the chain is not asked again for what new credentials did not mend");
    assert!(found.gaps().iter().any(|gap| gap.call.as_ref() == "kms:GetKeyPolicy" && gap.error.contains("ExpiredToken")));
    assert_eq!(found.secrets.len(), sample().secrets.len());
}
