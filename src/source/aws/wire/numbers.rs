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
}

impl Numbers {
    /// All calls together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.calls.values().for_each(|counts| total += *counts);
        total
    }
}

/// Counts while a collection runs.
#[derive(Debug, Default)]
pub(super) struct Counters(Mutex<BTreeMap<(String, Api), Counts>>);

impl Counters {
    pub(super) fn add(&self, account: &str, api: Api, counts: Counts) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *all.entry((account.to_owned(), api)).or_default() += counts;
    }

    pub(super) fn numbers(&self) -> Numbers {
        let mut numbers = Numbers::default();
        for ((_, api), counts) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            *numbers.calls.entry(api.spec().name).or_default() += *counts;
        }
        numbers
    }
}
