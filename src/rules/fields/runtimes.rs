//! When Lambda's runtimes are deprecated: they get no security updates any more, and some time later functions that use them can be neither made nor
//! updated. Called by `details`.
//!
//! Dates of <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html> as of September 2026. AWS moves dates that lie ahead; a runtime that is not
//! here has no date.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// Identifier, and year, month and day of its deprecation.
const RUNTIMES: [(&str, i16, i8, i8); 51] = [
    ("dotnet10", 2028, 11, 14),
    ("dotnet5.0", 2022, 5, 10),
    ("dotnet6", 2024, 12, 20),
    ("dotnet7", 2024, 5, 14),
    ("dotnet8", 2026, 11, 10),
    ("dotnet9", 2026, 11, 10),
    ("dotnetcore1.0", 2019, 6, 27),
    ("dotnetcore2.0", 2019, 5, 30),
    ("dotnetcore2.1", 2022, 1, 5),
    ("dotnetcore3.1", 2023, 4, 3),
    ("go1.x", 2024, 1, 8),
    ("java11", 2027, 6, 30),
    ("java11.al2023", 2029, 6, 30),
    ("java17", 2027, 6, 30),
    ("java17.al2023", 2029, 6, 30),
    ("java21", 2029, 6, 30),
    ("java25", 2029, 6, 30),
    ("java8", 2024, 1, 8),
    ("java8.al2", 2027, 6, 30),
    ("java8.al2023", 2029, 6, 30),
    ("nodejs", 2016, 10, 31),
    ("nodejs10.x", 2021, 7, 30),
    ("nodejs12.x", 2023, 3, 31),
    ("nodejs14.x", 2023, 12, 4),
    ("nodejs16.x", 2024, 6, 12),
    ("nodejs18.x", 2025, 9, 1),
    ("nodejs20.x", 2026, 4, 30),
    ("nodejs22.x", 2027, 4, 30),
    ("nodejs24.x", 2028, 4, 30),
    ("nodejs4.3", 2020, 3, 5),
    ("nodejs4.3-edge", 2020, 3, 5),
    ("nodejs6.10", 2019, 8, 12),
    ("nodejs8.10", 2020, 3, 6),
    ("provided", 2024, 1, 8),
    ("provided.al2023", 2029, 6, 30),
    ("python2.7", 2021, 7, 15),
    ("python3.10", 2026, 10, 31),
    ("python3.11", 2027, 6, 30),
    ("python3.12", 2028, 10, 31),
    ("python3.13", 2029, 6, 30),
    ("python3.14", 2029, 6, 30),
    ("python3.6", 2022, 7, 18),
    ("python3.7", 2023, 12, 4),
    ("python3.8", 2024, 10, 14),
    ("python3.9", 2025, 12, 15),
    ("ruby2.5", 2021, 7, 30),
    ("ruby2.7", 2023, 12, 7),
    ("ruby3.2", 2026, 3, 31),
    ("ruby3.3", 2027, 3, 31),
    ("ruby3.4", 2028, 3, 31),
    ("ruby4.0", 2029, 3, 31),
];

/// The end of the support of a runtime, if the table knows it.
pub(super) fn deprecated(runtime: &str) -> Option<Timestamp> {
    let (_, year, month, day) = RUNTIMES.iter().find(|(name, ..)| *name == runtime)?;
    TimeZone::UTC.to_timestamp(date(*year, *month, *day).at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_holds_dates() {
        assert!(RUNTIMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(RUNTIMES.iter().all(|(name, ..)| deprecated(name).is_some()));
        assert_eq!(deprecated("python3.9").unwrap().to_string(), "2025-12-15T00:00:00Z");
        assert_eq!(deprecated("cobol85"), None);
    }
}
