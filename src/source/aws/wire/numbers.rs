//! What a collection costs, counted where the calls leave: by account and row of the table of calls.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::answer::Outcome;
use crate::inventory::Api;

/// The numbers of a call. Every attempt ends as an answer, a throttle or a failure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts that AWS answered definitely: with what was asked, or with a refusal that another attempt would not change.
    pub answers: u64,
    /// Requests that were sent.
    pub attempts: u64,
    /// Those that were sent again.
    pub retries: u64,
    /// Attempts that were answered by "too many requests".
    pub throttles: u64,
    /// Attempts that had no answer of AWS, or one that says nothing about what was asked: connections, 5xx, web pages, credentials.
    pub failures: u64,
    /// Answers that were taken from the spool; nothing was sent.
    pub stored: u64,
    /// Bytes of all bodies that came.
    pub bytes: u64,
    /// The time of all attempts together, without waiting for their turn.
    pub time: Duration,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.answers += more.answers;
        self.attempts += more.attempts;
        self.retries += more.retries;
        self.throttles += more.throttles;
        self.failures += more.failures;
        self.stored += more.stored;
        self.bytes += more.bytes;
        self.time += more.time;
    }
}

impl Counts {
    /// The numbers of one attempt.
    pub(super) fn attempt(outcome: Outcome, again: bool, bytes: u64, time: Duration) -> Self {
        Self {
            attempts: 1,
            retries: u64::from(again),
            answers: u64::from(outcome == Outcome::Answer),
            throttles: u64::from(outcome == Outcome::Throttle),
            failures: u64::from(!matches!(outcome, Outcome::Answer | Outcome::Throttle)),
            bytes,
            time,
            stored: 0,
        }
    }
}

/// The numbers of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// By `service:Operation`; only calls that were made.
    pub calls: BTreeMap<&'static str, Counts>,
    /// From the first request to the last answer.
    pub time: Duration,
    /// What the allowed rates made last longest.
    pub busiest: Option<Busiest>,
}

/// The group of calls that takes longest at the allowed rates: nobody who keeps to them can be faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busiest {
    /// The account.
    pub account: String,
    /// The region; empty where AWS counts all regions together.
    pub region: String,
    /// The group's name.
    pub group: &'static str,
    /// Requests that were sent.
    pub requests: u64,
    /// How long they take at the allowed rate.
    pub least: Duration,
}

impl Numbers {
    /// All calls together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.calls.values().for_each(|counts| total += *counts);
        total
    }
}

/// What one account is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// The account; empty until it is known whose credentials these are.
    pub account: String,
    /// The call that was answered last, as `service:Operation`.
    pub call: &'static str,
    /// That call, however often it was made.
    pub of_call: Counts,
    /// All its calls.
    pub counts: Counts,
}

/// Counts while a collection runs: by account, the last call and the numbers of each.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<BTreeMap<String, OfAccount>>);

#[derive(Debug, Default)]
struct OfAccount {
    last: &'static str,
    calls: BTreeMap<Api, Counts>,
}

impl Counters {
    pub(super) fn add(&self, account: &str, api: Api, counts: Counts) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_account = all.entry(account.to_owned()).or_default();
        of_account.last = api.spec().name;
        *of_account.calls.entry(api).or_default() += counts;
    }

    pub(super) fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::default();
        for (api, counts) in self.0.lock().unwrap_or_else(PoisonError::into_inner).values().flat_map(|it| &it.calls) {
            *numbers.calls.entry(api.spec().name).or_default() += *counts;
        }
        numbers
    }

    pub(super) fn under_way(&self) -> Vec<UnderWay> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |(account, it): (&String, &OfAccount)| {
            let mut counts = Counts::default();
            it.calls.values().for_each(|more| counts += *more);
            let of_call = Api::named(it.last).and_then(|api| it.calls.get(&api)).copied().unwrap_or_default();
            UnderWay { account: account.clone(), call: it.last, of_call, counts }
        };
        all.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attempt_is_an_answer_a_throttle_or_a_failure() {
        let counters = Counters::default();
        let outcomes =
            [Outcome::Answer, Outcome::Throttle, Outcome::Expired, Outcome::Rejected, Outcome::Foreign, Outcome::Failure, Outcome::Answer];
        for (index, outcome) in outcomes.into_iter().enumerate() {
            let account = if index % 2 == 0 { "111122223333" } else { "444455556666" };
            counters.add(account, Api::ListSecrets, Counts::attempt(outcome, index > 4, 10, Duration::from_millis(5)));
        }
        counters.add("111122223333", Api::DescribeKey, Counts { stored: 1, ..Counts::default() });
        let total = counters.numbers().total();
        assert_eq!((total.attempts, total.answers, total.throttles, total.failures, total.retries), (7, 2, 1, 4, 2));
        assert_eq!((total.stored, total.bytes, total.time), (1, 70, Duration::from_millis(35)));
        let one = |it: UnderWay| (it.account, it.call, it.of_call.attempts, it.counts.attempts);
        assert_eq!(
            counters.under_way().into_iter().map(one).collect::<Vec<_>>(),
            [("111122223333".to_owned(), "kms:DescribeKey", 0, 4), ("444455556666".to_owned(), "secretsmanager:ListSecrets", 3, 3)]
        );
    }
}
