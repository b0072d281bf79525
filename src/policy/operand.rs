//! Numbers, dates, address ranges and truth values in conditions, read from their text. Condition values are read once, context values per match.
//!
//! What is no number (date, range) is no error: AWS stores such policies, and the value then equals nothing.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// An integer or decimal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Whole(i64),
    Decimal(f64),
}

impl Number {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        // `f64` also reads "inf" and "nan", which are no numbers here.
        let begins = text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
        begins.then(|| text.parse().ok()).flatten().filter(|decimal: &f64| decimal.is_finite()).map(Self::Decimal)
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(&right)),
            (left, right) => left.decimal().partial_cmp(&right.decimal()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "only when compared with a decimal, which is no more precise")]
    fn decimal(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Decimal(decimal) => decimal,
        }
    }
}

/// A point in time: ISO 8601 with an offset or `Z`, a day in UTC, or seconds since 1970
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>).
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    match Number::parse(text) {
        Some(Number::Whole(seconds)) => return Timestamp::from_second(seconds).ok(),
        Some(Number::Decimal(seconds)) => {
            let duration = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
            return Timestamp::from_duration(duration).ok();
        }
        None => {}
    }
    text.parse().ok().or_else(|| {
        let day: Date = (text.len() == 10).then(|| text.parse().ok()).flatten()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

/// A range of addresses; one address is a range of one. IPv4 and IPv6 never match each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    v4: bool,
    bits: u128,
    mask: u128,
}

impl Range {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.trim().split_once('/').map_or((text.trim(), None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length: u32 = match prefix {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().filter(|length| *length <= width)?,
            Some(_) => return None,
            None => width,
        };
        let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
        Some(Self { v4: address.is_ipv4(), bits: bits(address) & mask, mask })
    }

    /// Whether every address of `other` lies in this range.
    pub(super) fn covers(self, other: Self) -> bool {
        // INVARIANT: longer prefixes have numerically larger masks, for both widths alike.
        self.v4 == other.v4 && other.mask >= self.mask && other.bits & self.mask == self.bits
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(range: &str, address: &str) -> bool {
        Range::parse(range).unwrap().covers(Range::parse(address).unwrap())
    }

    #[test]
    fn ranges_cover_by_bits_and_family() {
        assert!(covers("0.0.0.0/0", "203.0.113.7"));
        assert!(covers("203.0.113.7/24", "203.0.113.200"));
        assert!(!covers("203.0.113.0/24", "203.0.114.1"));
        assert!(covers("2001:DB8::/32", "2001:db8:1::1"));
        assert!(!covers("::/0", "203.0.113.7"));
        assert!(!covers("0.0.0.0/0", "::1"));
        assert!(!covers("10.0.0.1", "10.0.0.0/8"));
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "a/8", "010.0.0.1"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_instants_however_they_are_written() {
        let new_year = parse_date("2026-01-01T00:00:00Z").unwrap();
        for same in ["2025-12-31T19:00:00-05:00", "1767225600", "2026-01-01", "2026-01-01T00:00Z", "1767225600.0"] {
            assert_eq!(parse_date(same), Some(new_year), "{same}");
        }
        assert_eq!(parse_date("yesterday"), None);
        assert_eq!(parse_date("99999999999999999999"), None);
    }

    #[test]
    fn numbers_compare_by_value() {
        let less = |a: &str, b: &str| Number::parse(a).unwrap().compare(Number::parse(b).unwrap()).unwrap();
        assert_eq!(less("900", "3600"), Ordering::Less);
        assert_eq!(less("10.0", "10"), Ordering::Equal);
        for text in ["", "inf", "nan", "-inf", "1e999", "ten", "-"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
