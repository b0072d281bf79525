//! `--every` and `--window`, held to what Secrets Manager takes
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html>). A thin check: which hours a cron expression means is not reckoned.

use crate::cli::error::CliError;
use crate::gate::ProposedSchedule;

/// The most days between rotations, and the fewest hours.
const DAYS: std::ops::RangeInclusive<u32> = 1..=999;
const FEWEST_HOURS: u32 = 4;
/// How long a window in a schedule of days may be: it ends with the UTC day.
const HOURS_OF_A_DAY: u32 = 24;

/// How often.
enum Every {
    Days(u32),
    Hours(u32),
    /// A cron expression, with the hour at which its windows open where it names one.
    Cron(String, Option<u32>),
}

/// What the two arguments say; `None` where neither is given.
pub(super) fn proposed(every: Option<&str>, window: Option<&str>) -> Result<Option<ProposedSchedule>, CliError> {
    let Some(text) = every else {
        return match window {
            Some(_) => Err(CliError::Usage("--window is part of a schedule: give --every too".to_owned())),
            None => Ok(None),
        };
    };
    let every = self::every(text).map_err(|problem| {
        CliError::Usage(format!("--every: {text:?} {problem}\nGive 30d, 12h, \"rate(30 days)\" or \"cron(0 3 1 * ? *)\" (UTC)."))
    })?;
    let window = window.map(|text| fits(text, &every).map_err(|problem| CliError::Usage(format!("--window: {text:?} {problem}"))));
    let (after_days, expression) = match every {
        Every::Days(days) => (Some(i64::from(days)), format!("rate({days} {})", if days == 1 { "day" } else { "days" })),
        Every::Hours(hours) => (None, format!("rate({hours} hours)")),
        Every::Cron(expression, _) => (None, expression),
    };
    Ok(Some(ProposedSchedule { after_days, expression: Some(expression), window: window.transpose()? }))
}

fn every(text: &str) -> Result<Every, String> {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(fields) = inside("cron") {
        return cron(text, fields);
    }
    let (number, unit) = match inside("rate") {
        Some(rate) => rate.split_once(' ').ok_or("is no rate: a number and a unit")?,
        None => text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len())),
    };
    let number: u32 = number.parse().map_err(|_| "does not begin with a whole number")?;
    match unit.trim() {
        "d" | "day" | "days" if DAYS.contains(&number) => Ok(Every::Days(number)),
        "d" | "day" | "days" => Err(format!("is not between {} and {} days", DAYS.start(), DAYS.end())),
        "h" | "hour" | "hours" if number >= FEWEST_HOURS => Ok(Every::Hours(number)),
        "h" | "hour" | "hours" => Err(format!("is more often than every {FEWEST_HOURS} hours")),
        other => Err(format!("has the unit {other:?}, and days or hours are what there is")),
    }
}

/// Windows open on the hour, and no schedule is longer than a year: minutes are 0 and the year is *.
fn cron(whole: &str, fields: &str) -> Result<Every, String> {
    let fields: Vec<&str> = fields.split(' ').collect();
    let [minutes, hours, day, _month, weekday, year] = fields[..] else {
        return Err(format!("has {} fields and not six: minutes hours day-of-month month day-of-week year", fields.len()));
    };
    if minutes != "0" {
        return Err("does not begin on the hour: its minutes have to be 0".to_owned());
    }
    if year != "*" {
        return Err("names a year, which has to be *".to_owned());
    }
    if (day == "?") == (weekday == "?") {
        return Err("has to have ? in one of day-of-month and day-of-week, and in one alone".to_owned());
    }
    let hour = hours.parse().ok();
    if hour.is_some_and(|hour: u32| hour >= HOURS_OF_A_DAY) {
        return Err("names an hour that no day has".to_owned());
    }
    Ok(Every::Cron(whole.to_owned(), hour))
}

/// The window, if it ends before the UTC day and before the next one.
fn fits(text: &str, every: &Every) -> Result<String, String> {
    let hours: u32 = text.strip_suffix('h').and_then(|hours| hours.parse().ok()).ok_or("is no number of hours such as 3h")?;
    let most = match every {
        Every::Days(_) => HOURS_OF_A_DAY,
        Every::Hours(between) => HOURS_OF_A_DAY.min(*between),
        Every::Cron(_, hour) => HOURS_OF_A_DAY - hour.unwrap_or(0),
    };
    match hours {
        0 => Err("is no time at all".to_owned()),
        _ if hours > most => Err(format!("goes on into the next window or the next UTC day; here it may be at most {most}h")),
        _ => Ok(format!("{hours}h")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_secrets_manager_takes_is_taken() {
        for (every, window, days, expression) in [
            ("30d", None, Some(30), "rate(30 days)"),
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
    fn what_it_does_not_take_is_told_with_a_way_out() {
        for (every, window, told) in [
            ("0d", None, "between 1 and 999 days"),
            ("1000d", None, "between 1 and 999 days"),
            ("3h", None, "every 4 hours"),
            ("30", None, "days or hours"),
            ("monthly", None, "whole number"),
            ("rate(30days)", None, "a number and a unit"),
            ("99999999999d", None, "whole number"),
            ("cron(0 3 * * *)", None, "5 fields"),
            ("cron(30 3 1 * ? *)", None, "minutes have to be 0"),
            ("cron(0 3 1 * ? 2027)", None, "has to be *"),
            ("cron(0 3 1 * SUN *)", None, "in one alone"),
            ("cron(0 25 1 * ? *)", None, "no day has"),
            ("30d", Some("3"), "such as 3h"),
            ("30d", Some("0h"), "no time at all"),
            ("30d", Some("25h"), "at most 24h"),
            ("6h", Some("7h"), "at most 6h"),
            ("cron(0 22 1 * ? *)", Some("3h"), "at most 2h"),
        ] {
            let error = proposed(Some(every), window).unwrap_err().to_string();
            assert!(error.contains(told), "{every} {window:?}: {error}");
        }
        assert!(proposed(None, Some("3h")).unwrap_err().to_string().contains("--every"));
    }
}
