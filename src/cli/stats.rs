//! What `--stats` prints: the numbers of a collection as a table on stderr. `live` prints it when the collection ends.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::source::aws::{Busiest, Counts, Numbers};

/// The columns after the call's name.
const COLUMNS: [&str; 8] = ["answers", "attempts", "retries", "throttles", "failures", "stored", "kB", "seconds"];

/// Prints the numbers. When stderr is gone nobody looks.
pub(super) fn print(numbers: &Numbers) {
    let _ = io::stderr().write_all((table(numbers) + &time(numbers)).as_bytes());
}

/// How long it took, and how long it must take at the allowed rates.
fn time(numbers: &Numbers) -> String {
    let took = numbers.time.as_secs_f64();
    // Less than a second says nothing: it is over before a rate counts.
    match numbers.busiest.as_ref().filter(|busiest| busiest.least.as_secs() > 0) {
        None => format!("{took:.1} s from the first request to the last answer\n"),
        Some(Busiest { account, region, group, requests, least }) => {
            let least = least.as_secs_f64();
            let place = if region.is_empty() { account.clone() } else { format!("{account}/{region}") };
            let what = format!("{requests} requests of {group} in {place}");
            format!(
                "{took:.1} s from the first request to the last answer: {:.2} times the {least:.1} s that {what} take at their rate\n",
                took / least
            )
        }
    }
}

/// A line for each call, sorted, and one for all together.
fn table(numbers: &Numbers) -> String {
    let rows = numbers.calls.iter().map(|(name, counts)| (*name, cells(counts)));
    let rows: Vec<_> = rows.chain([("total", cells(&numbers.total()))]).collect();
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("call".len());
    let mut text = format!("{:first$}", "call");
    for column in COLUMNS {
        // Writing to a string does not fail.
        let _ = write!(text, " {column:>9}");
    }
    text.push('\n');
    for (name, cells) in rows {
        let _ = write!(text, "{name:first$}");
        for cell in cells {
            let _ = write!(text, " {cell:>9}");
        }
        text.push('\n');
    }
    text
}

fn cells(counts: &Counts) -> [String; 8] {
    let Counts { answers, attempts, retries, throttles, failures, stored, bytes, time } = counts;
    let numbers = [answers, attempts, retries, throttles, failures, stored].map(u64::to_string);
    let [answers, attempts, retries, throttles, failures, stored] = numbers;
    let kilobytes = format!("{}.{}", bytes / 1000, bytes % 1000 / 100);
    [answers, attempts, retries, throttles, failures, stored, kilobytes, format!("{:.1}", time.as_secs_f64())]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_time_is_compared_with_what_the_rates_allow_when_there_is_something_to_compare() {
        let busiest = |region: &str, least| Busiest {
            account: "111122223333".to_owned(),
            region: region.to_owned(),
            group: "lambda",
            requests: 153,
            least: Duration::from_millis(least),
        };
        let of = |busiest| time(&Numbers { time: Duration::from_millis(12_500), busiest, ..Numbers::default() });
        assert_eq!(
            of(Some(busiest("eu-west-1", 10_000))),
            "12.5 s from the first request to the last answer: 1.25 times the 10.0 s that 153 requests of lambda in 111122223333/eu-west-1 take at their rate\n"
        );
        assert!(of(Some(busiest("", 10_000))).ends_with("of lambda in 111122223333 take at their rate\n"));
        assert_eq!(of(Some(busiest("", 900))), "12.5 s from the first request to the last answer\n");
        assert_eq!(of(None), "12.5 s from the first request to the last answer\n");
    }

    #[test]
    fn the_table_has_a_line_for_each_call_in_order_and_one_for_all() {
        let counts = Counts {
            answers: 3,
            attempts: 5,
            retries: 2,
            throttles: 2,
            bytes: 12_345,
            time: Duration::from_millis(1_250),
            ..Counts::default()
        };
        let numbers = Numbers { calls: BTreeMap::from([("lambda:GetPolicy", counts), ("kms:ListGrants", counts)]), ..Numbers::default() };
        assert_eq!(
            table(&numbers),
            "call               answers  attempts   retries throttles  failures    stored        kB   seconds\n\
             kms:ListGrants           3         5         2         2         0         0      12.3       1.2\n\
             lambda:GetPolicy         3         5         2         2         0         0      12.3       1.2\n\
             total                    6        10         4         4         0         0      24.6       2.5\n"
        );
    }
}
