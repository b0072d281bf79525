//! `--every` and `--window`: the short forms of a rate, and whatever `rotation` says of the schedule that they make. `gate` reads its arguments here.

use crate::cli::error::CliError;
use crate::gate::ProposedSchedule;
use crate::rotation::Schedule;

/// What `--every` may look like.
const EXAMPLES: &str = "Give 30d, 12h, \"rate(30 days)\" or \"cron(0 3 1 * ? *)\" (UTC).";
/// No window is longer than the UTC day in which it opens.
const HOURS_OF_A_DAY: u32 = 24;

/// What the two arguments say; `None` where neither is given.
pub(super) fn proposed(every: Option<&str>, window: Option<&str>) -> Result<Option<ProposedSchedule>, CliError> {
    let Some(text) = every else {
        return match window {
            Some(_) => Err(CliError::Usage("--window is part of a schedule: give --every too, such as --every 30d --window 3h".to_owned())),
            None => Ok(None),
        };
    };
    let expression = expression(text);
    let schedule = Schedule::parse(&expression).map_err(|problem| {
        CliError::Usage(format!("--every: {text:?} is no schedule that Secrets Manager takes: {problem}\n{EXAMPLES}"))
    })?;
    let window = window.map(|text| checked(text, &schedule)).transpose()?;
    let (after_days, expression) = match schedule {
        Schedule::Days(days) => (Some(i64::from(days)), format!("rate({days} {})", if days == 1 { "day" } else { "days" })),
        Schedule::Hours(hours) => (None, format!("rate({hours} hours)")),
        Schedule::Cron(_) => (None, expression),
    };
    Ok(Some(ProposedSchedule { after_days, expression: Some(expression), window }))
}

/// The expression that a short form stands for; anything else is one itself, right or wrong.
fn expression(text: &str) -> String {
    let text = text.trim();
    let unit = text.find(|letter: char| !letter.is_ascii_digit()).filter(|digits| *digits > 0);
    match unit.map(|at| text.split_at(at)) {
        Some((number, "d" | "D")) => format!("rate({number} days)"),
        Some((number, "h" | "H")) => format!("rate({number} hours)"),
        Some((number, unit)) => format!("rate({number} {unit})"),
        None => text.to_owned(),
    }
}

/// The window as the API takes it, if the schedule has room for it.
fn checked(text: &str, schedule: &Schedule) -> Result<String, CliError> {
    match schedule.window(Some(text)) {
        Ok(hours) => Ok(format!("{hours}h")),
        Err(problem) => {
            let fits = |hours: &u32| schedule.window(Some(&format!("{hours}h"))).is_ok();
            let most = (1..=HOURS_OF_A_DAY).rev().find(fits).map(|hours| format!("; with this schedule, at most {hours}h"));
            let most = most.unwrap_or_default();
            Err(CliError::Usage(format!("--window: {text:?} does not do: {problem}\nGive whole hours, such as 1h{most}.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_secrets_manager_takes_is_taken() {
        for (every, window, days, expression) in [
            ("30d", None, Some(30), "rate(30 days)"),
            ("30 days", None, Some(30), "rate(30 days)"),
            ("rate(1 day)", Some("24h"), Some(1), "rate(1 day)"),
            ("12h", Some("12h"), None, "rate(12 hours)"),
            ("rate(4 hours)", None, None, "rate(4 hours)"),
            ("cron(0 22 1 * ? *)", Some("2h"), None, "cron(0 22 1 * ? *)"),
            ("cron(0 8/8 ? * SUN#1 *)", Some("3h"), None, "cron(0 8/8 ? * SUN#1 *)"),
        ] {
            let schedule = proposed(Some(every), window).unwrap().unwrap();
            assert_eq!((schedule.after_days, schedule.expression.as_deref(), schedule.window.as_deref()), (days, Some(expression), window));
        }
        assert_eq!(proposed(None, None).unwrap(), None);
    }

    #[test]
    fn what_it_does_not_take_is_told_with_the_argument_and_a_way_out() {
        for (every, window, told) in [
            ("0d", None, "`0` is not a whole number of at least 1"),
            ("1000d", None, "999 days is the most"),
            ("3h", None, "4 hours is the least"),
            ("30", None, "neither rate(VALUE UNIT) nor cron("),
            ("30w", None, "in hours or days, not `w`"),
            ("monthly", None, "neither rate(VALUE UNIT) nor cron("),
            ("rate(30days)", None, "neither rate(VALUE UNIT) nor cron("),
            ("99999999999d", None, "is not a whole number"),
            ("cron(0 3 * * *)", None, "this one has 5"),
            ("cron(30 3 1 * ? *)", None, "the minutes must be 0, not `30`"),
            ("cron(0 3 1 * ? 2027)", None, "the year must be *"),
            ("cron(0 3 1 * SUN *)", None, "one of day-of-month and day-of-week must be ?"),
            ("cron(0 25 1 * ? *)", None, "`25` is not a value of the field hours"),
            ("cron(0 /2 * * ? *)", None, "every 2 hours"),
            ("cron(0 3 30 2 ? *)", None, "no day is ever like that"),
            ("30d", Some("3"), "not a number of hours such as 3h"),
            ("30d", Some("0h"), "not a number of hours such as 3h"),
            ("30d", Some("25h"), "at most 24h"),
            ("6h", Some("7h"), "at most 6h"),
            ("cron(0 22 1 * ? *)", Some("3h"), "at most 2h"),
            ("cron(0 8/8 * * ? *)", Some("9h"), "at most 8h"),
        ] {
            let error = proposed(Some(every), window).unwrap_err().to_string();
            let (argument, example) = if window.is_some() { ("--window: ", "such as 1h") } else { ("--every: ", EXAMPLES) };
            assert!(error.starts_with(argument) && error.contains(told) && error.contains(example), "{every} {window:?}: {error}");
        }
        assert!(proposed(None, Some("3h")).unwrap_err().to_string().contains("--every"));
    }
}
