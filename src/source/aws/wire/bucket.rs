//! The pace of one group of calls: a token bucket whose rate falls when AWS throttles and rises slowly while it answers. Holds no clock, so that its
//! behaviour is a function of the times that it is told.

use std::time::Duration;

use crate::inventory::RateGroup;

/// How long nothing is sent after a throttle: AWS adds tokens every second (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>).
const HOLD: Duration = Duration::from_secs(1);

/// The lowest rate: one request in two seconds.
const LOWEST: f64 = 0.5;

/// The part of the highest rate by which an answer raises the rate: after a throttle, 50 answers make the loss good.
const RISE: f64 = 0.01;

/// A token bucket. Times count from any moment that is the same for all of them.
#[derive(Debug)]
pub(super) struct Bucket {
    highest: f64,
    burst: f64,
    rate: f64,
    tokens: f64,
    filled_at: Duration,
    held_until: Duration,
    slowed_at: Option<Duration>,
    /// How many tokens were taken.
    taken: u64,
}

impl Bucket {
    /// A full bucket; no faster than `cap` requests a second.
    pub(super) fn new(group: &RateGroup, cap: Option<u32>, now: Duration) -> Self {
        let cap = cap.unwrap_or(u32::MAX).max(1);
        let highest = f64::from(group.per_second.min(cap));
        let burst = f64::from(group.burst.min(cap).max(1));
        Self { highest, burst, rate: highest, tokens: burst, filled_at: now, held_until: now, slowed_at: None, taken: 0 }
    }

    /// Takes a token, or says after what time to come again.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let held = self.held_until.saturating_sub(now);
        if !held.is_zero() {
            return Err(held);
        }
        let since = now.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + since * self.rate).min(self.burst);
        self.filled_at = self.filled_at.max(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            self.taken += 1;
            return Ok(());
        }
        // Rounded up, so that the token is there when the time is over.
        Err(Duration::from_secs_f64((1.0 - self.tokens) / self.rate) + Duration::from_millis(1))
    }

    /// A request that was sent at `sent` was throttled. Those that were sent before the last slowing down say nothing new.
    pub(super) fn throttled(&mut self, sent: Duration, now: Duration) {
        if self.slowed_at.is_some_and(|slowed| sent < slowed) {
            return;
        }
        self.rate = (self.rate / 2.0).max(LOWEST.min(self.highest));
        self.tokens = 0.0;
        self.slowed_at = Some(now);
        self.held_until = now + HOLD;
        self.filled_at = self.held_until;
    }

    /// How many tokens were taken, and how long that takes at the highest rate.
    pub(super) fn least(&self) -> (u64, Duration) {
        #[expect(clippy::cast_precision_loss, reason = "no collection makes so many requests")]
        let after_the_first = (self.taken as f64 - self.burst).max(0.0);
        (self.taken, Duration::from_secs_f64(after_the_first / self.highest))
    }

    /// A request was answered.
    pub(super) fn answered(&mut self) {
        self.rate = (self.rate + self.highest * RISE).min(self.highest);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BinaryHeap;

    use std::cmp::Reverse;

    use super::*;
    use crate::inventory::Api;

    /// What a service does that allows `rate` requests a second and `burst` at once.
    struct Enforcer {
        rate: f64,
        burst: f64,
        tokens: f64,
        at: Duration,
    }

    impl Enforcer {
        fn allows(&mut self, now: Duration) -> bool {
            self.tokens = (self.tokens + now.saturating_sub(self.at).as_secs_f64() * self.rate).min(self.burst);
            self.at = now;
            let allowed = self.tokens >= 1.0;
            self.tokens -= f64::from(u8::from(allowed));
            allowed
        }
    }

    /// Makes `calls` calls on a clock of its own, each answered after 50 ms; gives the time that passed and the throttles.
    fn run(bucket: &mut Bucket, service: &mut Enforcer, calls: usize) -> (Duration, usize) {
        let (mut now, mut left, mut throttles) = (Duration::ZERO, calls, 0);
        let mut answers: BinaryHeap<Reverse<(Duration, Duration, bool)>> = BinaryHeap::new();
        while left > 0 {
            while answers.peek().is_some_and(|Reverse((at, _, _))| *at <= now) {
                let Some(Reverse((_, sent, allowed))) = answers.pop() else { break };
                if allowed {
                    bucket.answered();
                    left -= 1;
                } else {
                    bucket.throttled(sent, now);
                    throttles += 1;
                }
            }
            let due = answers.peek().map(|Reverse((at, _, _))| *at);
            if answers.len() >= left {
                now = due.unwrap_or(now);
                continue;
            }
            match bucket.take(now) {
                Ok(()) => answers.push(Reverse((now + Duration::from_millis(50), now, service.allows(now)))),
                Err(wait) => now = due.map_or(now + wait, |due| due.min(now + wait).max(now + Duration::from_micros(1))),
            }
        }
        (now, throttles)
    }

    fn ratio(time: Duration, calls: usize, rate: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let calls = calls as f64;
        time.as_secs_f64() / (calls / rate)
    }

    #[test]
    fn a_service_that_keeps_to_its_documented_rate_never_throttles_and_is_used_to_the_full() {
        for api in [Api::GetFunctionPolicy, Api::GetSecretPolicy, Api::DescribeKey, Api::DescribeVpcs] {
            let group = api.rate();
            let (rate, burst) = (f64::from(group.per_second), f64::from(group.burst));
            let calls = group.per_second as usize * 20;
            let mut service = Enforcer { rate, burst, tokens: burst, at: Duration::ZERO };
            let (time, throttles) = run(&mut Bucket::new(&group, None, Duration::ZERO), &mut service, calls);
            assert_eq!(throttles, 0, "{}", group.name);
            let ratio = ratio(time, calls, rate);
            assert!((0.7..1.1).contains(&ratio), "{}: {ratio}", group.name);
        }
    }

    #[test]
    fn the_least_time_is_that_of_what_does_not_go_at_once() {
        let mut bucket = Bucket::new(&Api::GetFunctionPolicy.rate(), None, Duration::ZERO);
        let taken = (0..2_000).filter(|ms| bucket.take(Duration::from_millis(*ms)).is_ok()).count() as u64;
        assert!((30..=34).contains(&taken), "{taken}");
        let (counted, least) = bucket.least();
        assert_eq!(counted, taken);
        assert!((1_700..2_001).contains(&least.as_millis()), "{least:?}");
        assert_eq!(Bucket::new(&Api::GetFunctionPolicy.rate(), None, Duration::ZERO).least(), (0, Duration::ZERO));
    }

    #[test]
    fn a_service_that_allows_a_third_is_found_out_with_few_throttles() {
        let group = Api::GetSecretPolicy.rate();
        let mut service = Enforcer { rate: 17.0, burst: 17.0, tokens: 17.0, at: Duration::ZERO };
        let (time, throttles) = run(&mut Bucket::new(&group, None, Duration::ZERO), &mut service, 2000);
        assert!(throttles * 10 < 2000, "{throttles}");
        let ratio = ratio(time, 2000, 17.0);
        assert!(ratio < 1.6, "{ratio}");
    }

    #[test]
    fn throttles_of_one_moment_slow_down_once() {
        let mut bucket = Bucket::new(&Api::GetSecretPolicy.rate(), None, Duration::ZERO);
        (0..20).for_each(|_| bucket.throttled(Duration::ZERO, Duration::from_millis(50)));
        assert!((bucket.rate - 25.0).abs() < 1e-9, "{}", bucket.rate);
        assert_eq!(bucket.take(Duration::from_millis(50)), Err(HOLD));
        bucket.throttled(Duration::from_secs(2), Duration::from_secs(3));
        assert!((bucket.rate - 12.5).abs() < 1e-9, "{}", bucket.rate);
        (0..200).for_each(|_| bucket.answered());
        assert!((bucket.rate - 50.0).abs() < 1e-9, "no faster than documented: {}", bucket.rate);
    }

    #[test]
    fn a_cap_holds_for_every_group_and_the_rate_never_comes_to_nothing() {
        let mut bucket = Bucket::new(&Api::DescribeVpcs.rate(), Some(2), Duration::ZERO);
        let taken = (0..1000).filter(|ms| bucket.take(Duration::from_millis(*ms)).is_ok()).count();
        assert!((2..=4).contains(&taken), "{taken}");
        (1..100).for_each(|second| bucket.throttled(Duration::from_secs(second), Duration::from_secs(second)));
        assert!(bucket.take(Duration::from_secs(103)).is_ok(), "{bucket:?}");
        assert!(Bucket::new(&Api::DescribeVpcs.rate(), Some(0), Duration::ZERO).take(Duration::ZERO).is_ok());
    }
}
