//! How long a group of calls has had no answer, so that a service that is down for good is not asked eight times for everything. Holds no clock, as `bucket`.

use std::time::Duration;

/// So long a group may go without an answer before its calls are not repeated any more: longer than a network takes to come back, or a machine to catch up.
const PATIENCE: Duration = Duration::from_mins(2);

/// So many attempts must have gone without an answer: a call that comes late and fails once says nothing yet.
const ATTEMPTS: u32 = 8;

/// The attempts since the last answer. However many fail at once, it is their time that counts: all that is under way fails with one connection to the network.
#[derive(Debug, Default)]
pub(super) struct Silence {
    attempts: u32,
    /// When the first of them was sent.
    since: Option<Duration>,
}

impl Silence {
    /// Somebody answered, whatever they said.
    pub(super) fn broken(&mut self) {
        *self = Self::default();
    }

    /// An attempt that was sent at `sent` has failed. True while another one is worth it.
    pub(super) fn goes_on(&mut self, sent: Duration, now: Duration) -> bool {
        self.attempts = self.attempts.saturating_add(1);
        let since = self.since.map_or(sent, |since| since.min(sent));
        self.since = Some(since);
        self.attempts < ATTEMPTS || now.saturating_sub(since) < PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_fails_all_at_once_is_repeated_however_much_it_is() {
        let mut silence = Silence::default();
        assert!((0..10_000).all(|_| silence.goes_on(seconds(0), seconds(30))));
        assert!((0..10_000).all(|_| silence.goes_on(seconds(31), seconds(119))));
    }

    #[test]
    fn after_two_minutes_without_an_answer_nothing_is_repeated_until_there_is_one() {
        let mut silence = Silence::default();
        (0..8).for_each(|_| assert!(silence.goes_on(seconds(10), seconds(40))));
        assert!(!silence.goes_on(seconds(100), seconds(130)));
        silence.broken();
        assert!(silence.goes_on(seconds(131), seconds(131)));
    }

    #[test]
    fn a_few_failures_far_apart_are_no_silence() {
        let mut silence = Silence::default();
        assert!((0..7).all(|hour| silence.goes_on(seconds(hour * 3600), seconds(hour * 3600 + 1))));
    }
}
