//! How long a service has had no answer for one account and region, so that what is down for good is not asked eight times for everything: neither a whole service nor a single
//! call of one that answers all others. Holds no clock, as `bucket`. The pace asks here about every attempt that failed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::inventory::Api;

/// So long a service may go without an answer before its calls are not repeated any more: longer than a network takes to come back, or a machine to catch up.
const PATIENCE: Duration = Duration::from_mins(2);

/// So many attempts must have gone without an answer: a call that comes late and fails once says nothing yet.
const ATTEMPTS: u32 = 8;

/// So many calls of one kind must have failed with their last attempt, and for so long, before the kind is given up while other calls of the service are answered.
const GIVEN_UP: u32 = 5;
const PATIENCE_WITH_ONE: Duration = Duration::from_secs(30);

/// So recently another call of the service was answered, if the service is there: in a moment without any network nobody is answered.
const RECENTLY: Duration = Duration::from_secs(15);

/// A mark on an answer: another attempt is not worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enough {
    /// No call of the service has been answered for too long.
    OfService,
    /// This call has not been answered for too long, while others of the service were.
    OfCall,
}

impl Enough {
    /// Why, for the text of a gap.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::OfService => "not asked again, because no call of its service has been answered for two minutes",
            Self::OfCall => "not asked again, because this call has failed for others before, every time that they were asked",
        }
    }
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed {
    pub(super) api: Api,
    /// When it was sent.
    pub(super) sent: Duration,
    /// Whether the call has no attempt left.
    pub(super) was_last: bool,
}

/// The attempts since the last answer. However many fail at once, it is their time that counts: all that is under way fails with one connection to the network.
#[derive(Debug, Default)]
pub(super) struct Silence {
    attempts: u32,
    /// When the first of them was sent.
    since: Option<Duration>,
    /// When the service answered last.
    answered_at: Option<Duration>,
    of_calls: BTreeMap<Api, OfCall>,
}

/// The attempts of one call since its last answer.
#[derive(Debug)]
struct OfCall {
    since: Duration,
    given_up: u32,
}

impl Silence {
    /// Somebody answered this call, whatever they said.
    pub(super) fn broken(&mut self, api: Api, now: Duration) {
        (self.attempts, self.since, self.answered_at) = (0, None, Some(now));
        self.of_calls.remove(&api);
    }

    /// An attempt has failed. `None` while another one is worth it.
    pub(super) fn goes_on(&mut self, failed: Failed, now: Duration) -> Option<Enough> {
        self.attempts = self.attempts.saturating_add(1);
        let since = self.since.map_or(failed.sent, |since| since.min(failed.sent));
        self.since = Some(since);
        let call = self.of_calls.entry(failed.api).or_insert(OfCall { since: failed.sent, given_up: 0 });
        call.since = call.since.min(failed.sent);
        call.given_up = call.given_up.saturating_add(u32::from(failed.was_last));
        let is_there = self.answered_at.is_some_and(|answered| answered > call.since && now.saturating_sub(answered) < RECENTLY);
        if self.attempts >= ATTEMPTS && now.saturating_sub(since) >= PATIENCE {
            Some(Enough::OfService)
        } else if is_there && call.given_up >= GIVEN_UP && now.saturating_sub(call.since) >= PATIENCE_WITH_ONE {
            Some(Enough::OfCall)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Api = Api::ListFunctionUrlConfigs;
    const OTHER: Api = Api::GetFunctionPolicy;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn sent(at: u64) -> Failed {
        Failed { api: CALL, sent: seconds(at), was_last: false }
    }

    fn given_up(at: u64) -> Failed {
        Failed { was_last: true, ..sent(at) }
    }

    #[test]
    fn what_fails_all_at_once_is_repeated_however_much_it_is() {
        let mut silence = Silence::default();
        assert!((0..10_000).all(|_| silence.goes_on(given_up(0), seconds(30)).is_none()));
        assert!((0..10_000).all(|_| silence.goes_on(given_up(31), seconds(119)).is_none()));
    }

    #[test]
    fn after_two_minutes_without_an_answer_nothing_is_repeated_until_there_is_one() {
        let mut silence = Silence::default();
        (0..8).for_each(|_| assert_eq!(silence.goes_on(sent(10), seconds(40)), None));
        assert_eq!(silence.goes_on(sent(100), seconds(130)), Some(Enough::OfService));
        let other = Failed { api: OTHER, ..sent(125) };
        assert_eq!(silence.goes_on(other, seconds(131)), Some(Enough::OfService), "none of the service's calls");
        silence.broken(OTHER, seconds(131));
        assert_eq!(silence.goes_on(sent(131), seconds(131)), None);
    }

    #[test]
    fn a_few_failures_far_apart_are_no_silence() {
        let mut silence = Silence::default();
        assert!((0..7).all(|hour| silence.goes_on(sent(hour * 3600), seconds(hour * 3600 + 1)).is_none()));
    }

    #[test]
    fn a_call_that_nobody_gets_answered_is_given_up_while_the_service_answers_others() {
        let mut silence = Silence::default();
        (0..5).for_each(|_| assert_eq!(silence.goes_on(given_up(0), seconds(9)), None, "so soon it may pass"));
        silence.broken(OTHER, seconds(31));
        assert_eq!(silence.goes_on(sent(31), seconds(32)), Some(Enough::OfCall));
        assert_eq!(silence.goes_on(Failed { api: OTHER, ..sent(31) }, seconds(32)), None, "the others are not");
        silence.broken(CALL, seconds(33));
        assert_eq!(silence.goes_on(sent(33), seconds(70)), None, "it was answered");
    }

    #[test]
    fn calls_that_are_answered_after_all_are_no_reason_to_give_up() {
        let mut silence = Silence::default();
        (0..1000).for_each(|_| assert_eq!(silence.goes_on(sent(0), seconds(9)), None, "none has used its last attempt"));
        silence.broken(OTHER, seconds(40));
        (0..4).for_each(|_| assert_eq!(silence.goes_on(given_up(40), seconds(41)), None));
        assert_eq!(silence.goes_on(given_up(40), seconds(41)), Some(Enough::OfCall), "five have");
    }

    #[test]
    fn a_network_that_is_gone_is_no_fault_of_the_call() {
        let mut silence = Silence::default();
        silence.broken(OTHER, seconds(1));
        (0..64).for_each(|_| assert_eq!(silence.goes_on(given_up(0), seconds(17)), None));
        assert_eq!(silence.goes_on(given_up(18), seconds(45)), None, "the last answer of anybody is long ago");
        silence.broken(OTHER, seconds(46));
        assert_eq!(silence.goes_on(sent(46), seconds(47)), Some(Enough::OfCall));
    }
}
