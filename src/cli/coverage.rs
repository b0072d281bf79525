//! What a live collection could not read, as a table on stderr when it ends: what the report tells of each resource, in a line for each call. `collecting` prints it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::inventory::Gap;
use crate::report::terminal_safe;
use crate::source::aws::Numbers;

/// The most error codes that a line names.
const CODES: usize = 3;

/// Prints the table, if there is anything in it. When stderr is gone nobody looks.
pub(super) fn print(gaps: &BTreeSet<Gap>, numbers: &Numbers) {
    let _ = io::stderr().write_all(table(gaps, numbers).as_bytes());
}

/// A line for each call with gaps, sorted; nothing when all was read.
fn table(gaps: &BTreeSet<Gap>, numbers: &Numbers) -> String {
    let mut by_call: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for gap in gaps {
        by_call.entry(&*gap.call).or_default().push(code(&gap.error));
    }
    if by_call.is_empty() {
        return String::new();
    }
    let first = by_call.keys().map(|call| call.len()).max().unwrap_or(0).max("not read".len());
    let mut text = format!("{:first$} {:>9} {:>9}  because\n", "not read", "answers", "gaps");
    for (call, codes) in by_call {
        let answers = numbers.calls.get(call).map_or(0, |counts| counts.answers + counts.stored);
        let gaps = codes.len();
        let codes: BTreeSet<_> = codes.into_iter().collect();
        let more = if codes.len() > CODES { ", …" } else { "" };
        let named: Vec<_> = codes.into_iter().take(CODES).map(|code| terminal_safe(code, 100)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:first$} {answers:>9} {gaps:>9}  {}{more}", terminal_safe(call, 100), named.join(", "));
    }
    text
}

/// The code at the start of an error, or all of one that has none.
fn code(error: &str) -> &str {
    error.split_once(':').map(|(code, _)| code).filter(|code| !code.contains(' ')).unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::aws::Counts;

    #[test]
    fn each_call_has_a_line_with_its_answers_its_gaps_and_why() {
        let gap = |call: &str, resource: &str, error: &str| Gap::new(call, resource, error);
        let gaps = BTreeSet::from([
            gap("kms:GetKeyPolicy", "a", "AccessDeniedException: not you"),
            gap("kms:GetKeyPolicy", "b", "AccessDeniedException: nor you"),
            gap("kms:GetKeyPolicy", "c", "no answer in time"),
            gap("sts:AssumeRole", "d", "AccessDenied"),
        ]);
        let counts = Counts { answers: 40, stored: 2, ..Counts::default() };
        let numbers = Numbers { calls: BTreeMap::from([("kms:GetKeyPolicy", counts)]), ..Numbers::default() };
        assert_eq!(
            table(&gaps, &numbers),
            "not read           answers      gaps  because\n\
             kms:GetKeyPolicy        42         3  AccessDeniedException, no answer in time\n\
             sts:AssumeRole           0         1  AccessDenied\n"
        );
        assert_eq!(table(&BTreeSet::new(), &numbers), "");
    }

    #[test]
    fn a_hostile_error_stays_on_its_line() {
        let gaps = (0..9).map(|number| Gap::new("kms:GetKeyPolicy", "a", &format!("\u{1b}[2J\n{number}"))).collect();
        let text = table(&gaps, &Numbers::default());
        assert!(text.lines().count() == 2 && !text.contains('\u{1b}') && text.trim_end().ends_with('…'), "{text}");
    }
}
