//! The clock, which nothing below this room reads: what day it is for waivers, and the moment at which an account or a template counts as read.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// The day by which waivers go, in UTC like everything that is dated here.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// This moment, to the second: nobody reads more of it in a report.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    // It fails at the end of time alone.
    now.round(Unit::Second).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_moment_has_no_fraction_of_a_second() {
        assert_eq!(super::now().subsec_nanosecond(), 0);
    }
}
