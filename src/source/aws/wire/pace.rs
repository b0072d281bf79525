//! When each call may leave: a bucket for each account, region and group of calls, and a bound on what is under way at once. The calls of a group leave in
//! the order in which they came.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex as Turn, Semaphore, SemaphorePermit};

use super::answer::Outcome;
use super::bucket::Bucket;
use super::label::Label;
use super::numbers::Busiest;
use super::silence::{Enough, Failed, Silence};
use crate::inventory::{Api, RateGroup};

/// How many requests are under way at once; more would need more open files than many systems allow.
const UNDER_WAY: usize = 128;

/// Requests a second of each group where AWS's quotas do not hold.
const ELSEWHERE: u32 = 1000;

/// How fast calls are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rates {
    /// As AWS documents them.
    #[default]
    Documented,
    /// As AWS documents them, and no group faster than this many requests a second.
    Capped(u32),
    /// A thousand requests a second for each group, and slower only after a throttle: for what is not AWS.
    Elsewhere,
}

/// A group's bucket, whose turn it is, and for how long its service has answered nothing.
#[derive(Debug)]
struct Gate {
    turn: Turn<()>,
    bucket: Mutex<Bucket>,
    silence: Arc<Mutex<Silence>>,
}

/// By account, region and name of the group.
type Gates = BTreeMap<(String, String, &'static str), Arc<Gate>>;

/// By account, region and service.
type Silences = BTreeMap<(String, String, &'static str), Arc<Mutex<Silence>>>;

#[derive(Debug)]
pub(super) struct Pace {
    rates: Rates,
    begun: Instant,
    gates: Mutex<Gates>,
    silences: Mutex<Silences>,
    under_way: Semaphore,
    span: Mutex<Span>,
}

/// When the first request was sent, and when the last was heard of.
#[derive(Debug, Default)]
struct Span {
    first: Option<Duration>,
    last: Duration,
}

/// The right to send one request; it ends when the answer is there.
pub(super) struct Leave<'a> {
    gate: Arc<Gate>,
    api: Api,
    sent: Duration,
    _place: Option<SemaphorePermit<'a>>,
}

impl Pace {
    pub(super) fn new(rates: Rates) -> Self {
        Self {
            rates,
            begun: Instant::now(),
            gates: Mutex::default(),
            silences: Mutex::default(),
            under_way: Semaphore::new(UNDER_WAY),
            span: Mutex::default(),
        }
    }

    /// Waits until a request of this account may leave.
    pub(super) async fn leave(&self, account: &str, label: &Label) -> Leave<'_> {
        let gate = self.gate(account, label);
        let turn = gate.turn.lock().await;
        loop {
            let taken = gate.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(self.begun.elapsed());
            match taken {
                Ok(()) => break,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
        drop(turn);
        // Nobody closes it.
        let place = self.under_way.acquire().await.ok();
        Leave { gate, api: label.api, sent: self.begun.elapsed(), _place: place }
    }

    /// Hears what became of the request, which may have been its call's last attempt. Should it have failed, says why another one is not worth it, if so.
    pub(super) fn heard(&self, leave: &Leave<'_>, outcome: Outcome, was_last: bool) -> Option<Enough> {
        let now = self.begun.elapsed();
        self.spans(leave.sent, now);
        let mut bucket = leave.gate.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Throttle => bucket.throttled(leave.sent, now),
            Outcome::Answer => bucket.answered(),
            _ => {}
        }
        drop(bucket);
        let mut silence = leave.gate.silence.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Failure | Outcome::Foreign => silence.goes_on(Failed { api: leave.api, sent: leave.sent, was_last }, now),
            Outcome::Answer | Outcome::Throttle | Outcome::Expired | Outcome::Rejected => {
                silence.broken(leave.api, now);
                None
            }
        }
    }

    fn spans(&self, sent: Duration, heard: Duration) {
        let mut span = self.span.lock().unwrap_or_else(PoisonError::into_inner);
        span.first = Some(span.first.map_or(sent, |first| first.min(sent)));
        span.last = span.last.max(heard);
    }

    /// From the first request to the last answer.
    pub(super) fn time(&self) -> Duration {
        let span = self.span.lock().unwrap_or_else(PoisonError::into_inner);
        span.first.map_or(Duration::ZERO, |first| span.last.saturating_sub(first))
    }

    /// The group of calls that takes longest at the allowed rates.
    pub(super) fn busiest(&self) -> Option<Busiest> {
        let gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |((account, region, group), gate): (&(String, String, &'static str), &Arc<Gate>)| {
            let (requests, least) = gate.bucket.lock().unwrap_or_else(PoisonError::into_inner).least();
            Busiest { account: account.clone(), region: region.clone(), group, requests, least }
        };
        gates.iter().map(of).max_by_key(|busiest| busiest.least)
    }

    fn gate(&self, account: &str, label: &Label) -> Arc<Gate> {
        let documented = label.api.rate();
        let (group, cap) = match self.rates {
            Rates::Documented => (documented, None),
            Rates::Capped(cap) => (documented, Some(cap)),
            Rates::Elsewhere => (RateGroup { per_second: ELSEWHERE, burst: ELSEWHERE, ..documented }, None),
        };
        let region = if group.global { "" } else { &label.region };
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry((account.to_owned(), region.to_owned(), group.name)).or_insert_with(|| {
            let bucket = Bucket::new(&group, cap, self.begun.elapsed());
            Arc::new(Gate { turn: Turn::default(), bucket: Mutex::new(bucket), silence: self.silence(account, region, group.name) })
        });
        Arc::clone(gate)
    }

    /// The silence of the service that a group is of.
    fn silence(&self, account: &str, region: &str, group: &'static str) -> Arc<Mutex<Silence>> {
        let service = group.split_once(':').map_or(group, |(service, _)| service);
        let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(silences.entry((account.to_owned(), region.to_owned(), service)).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(api: Api, region: &str) -> Label {
        Label { api, region: region.into() }
    }

    #[tokio::test]
    async fn a_throttled_account_does_not_slow_another_down() {
        let pace = Pace::new(Rates::Documented);
        let here = label(Api::GetFunctionPolicy, "eu-west-1");
        let leave = pace.leave("111122223333", &here).await;
        assert_eq!(pace.heard(&leave, Outcome::Throttle, false), None);
        let waits = |account: &str, label: &Label| {
            let gate = pace.gate(account, label);
            gate.bucket.lock().unwrap().take(pace.begun.elapsed()).is_err()
        };
        assert!(waits("111122223333", &here));
        assert!(!waits("444455556666", &here), "another account");
        assert!(!waits("111122223333", &label(Api::GetFunctionPolicy, "us-east-1")), "another region");
        assert!(!waits("111122223333", &label(Api::GetFunctionConfiguration, "eu-west-1")), "another group");
    }

    #[tokio::test]
    async fn the_busiest_group_is_the_one_that_nobody_could_have_asked_faster() {
        let pace = Pace::new(Rates::Capped(100));
        assert_eq!((pace.busiest(), pace.time()), (None, Duration::ZERO));
        let functions = label(Api::GetFunctionConfiguration, "eu-west-1");
        for _ in 0..6 {
            let leave = pace.leave("111122223333", &functions).await;
            assert_eq!(pace.heard(&leave, Outcome::Answer, false), None);
            let leave = pace.leave("111122223333", &label(Api::DescribeKey, "eu-west-1")).await;
            assert_eq!(pace.heard(&leave, Outcome::Answer, false), None);
        }
        let busiest = pace.busiest().unwrap();
        assert_eq!((busiest.account.as_str(), busiest.region.as_str(), busiest.group), ("111122223333", "eu-west-1", "lambda"));
        // Three of them may come at once.
        assert_eq!((busiest.requests, busiest.least), (6, Duration::from_millis(200)));
        assert!(pace.time() >= busiest.least, "{:?}", pace.time());
    }

    #[tokio::test]
    async fn the_groups_of_a_service_are_silent_together_and_another_place_is_not() {
        let pace = Pace::new(Rates::Documented);
        let of = |api, region| Arc::clone(&pace.gate("111122223333", &label(api, region)).silence);
        let policies = of(Api::GetFunctionPolicy, "eu-west-1");
        assert!(Arc::ptr_eq(&policies, &of(Api::GetFunctionConfiguration, "eu-west-1")));
        assert!(!Arc::ptr_eq(&policies, &of(Api::GetFunctionPolicy, "us-east-1")));
        assert!(!Arc::ptr_eq(&policies, &of(Api::GetKeyPolicy, "eu-west-1")));
    }

    #[tokio::test]
    async fn a_service_without_regions_has_one_pace() {
        let pace = Pace::new(Rates::Capped(7));
        let of = |region| pace.gate("111122223333", &label(Api::ListHostedZonesByVpc, region));
        assert!(Arc::ptr_eq(&of("eu-west-1"), &of("us-east-1")));
    }
}
