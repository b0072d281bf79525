//! Asking that is ended in the middle, seen from inside.

use rotaudit::source::Progress;
use rotaudit::source::aws::Exchange;

use super::collecting::{options, watched};
use super::mock::{Faults, Mock};
use super::sample::sample;

/// Ends the asking when a step is done.
struct At<'a>(&'a str, &'a Exchange);

impl Progress for At<'_> {
    fn step(&self, what: &str, _done: usize, _total: Option<usize>) {
        if what == self.0 {
            self.1.stop("interrupted by a test");
        }
    }
}

#[test]
fn what_was_read_before_the_end_stays_and_the_rest_are_gaps() {
    for step in ["accounts", "regions", "functions", "keys"] {
        let mock = Mock::serve(sample(), Faults::default());
        let options = options(&mock, &sample());
        let found = watched(&options, &At(step, &options.exchange)).unwrap();
        assert_eq!(found.partial.as_deref(), Some("interrupted by a test"), "{step}");
        let mut gaps = found.gaps().into_iter().filter(|gap| gap.error.contains("not asked: interrupted by a test"));
        assert!(gaps.next().is_some(), "{step}: {:?}", found.gaps());
        for (arn, secret) in &found.secrets {
            let real = &sample().secrets[arn];
            assert!(secret.policies.gap().is_some() || secret.policies == real.policies, "{step} {arn}");
        }
        let log = mock.log();
        let of_opening = log.iter().all(|call| ["sts", "organizations"].iter().any(|service| call.name.starts_with(service)));
        assert!(step != "accounts" || of_opening, "after the accounts nothing more is asked: {log:?}");
    }
}

#[test]
fn a_collection_that_comes_to_its_end_is_not_partial() {
    let mock = Mock::serve(sample(), Faults::default());
    assert_eq!(watched(&options(&mock, &sample()), &()).unwrap().partial, None);
}
