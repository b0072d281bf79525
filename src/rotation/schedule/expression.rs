//! A schedule as a secret has it: how far apart rotations lie at most, when the next window opens and closes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::cron::{Cron, LEAST_HOURS};
use super::error::ScheduleError;
use crate::inventory::RotationConfiguration;

/// The longest expression that the API takes
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html>).
const MOST_CHARACTERS: usize = 256;
/// The longest time between two rotations, in days: of a rate, and of `AutomaticallyAfterDays`.
const MOST_DAYS: u32 = 999;
const MOST_AFTER_DAYS: u32 = 1_000;
const DAY: u32 = 24;

/// When a secret rotates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// Every so many hours.
    Hours(u32),
    /// Every so many days, from midnight on.
    Days(u32),
    /// On certain hours of certain days.
    Cron(Cron),
}

impl Schedule {
    /// The schedule of a secret; `None` where it has none. The days alone count where no expression is given: AWS computes them from the expression. Whoever asks for a schedule gives one of the two
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html>).
    pub fn of(rotation: &RotationConfiguration) -> Option<Result<Self, ScheduleError>> {
        match (&rotation.schedule, rotation.after_days) {
            (Some(_), Some(_)) if rotation.is_asked_for => Some(Err(ScheduleError::Twice)),
            (Some(expression), _) => Some(Self::parse(expression)),
            (None, Some(days)) => Some(match u32::try_from(days) {
                Ok(days @ 1..=MOST_AFTER_DAYS) => Ok(Self::Days(days)),
                Ok(days @ 1..) => Err(ScheduleError::TooSeldom(days, MOST_AFTER_DAYS)),
                _ => Err(ScheduleError::Number(days.to_string())),
            }),
            (None, None) => None,
        }
    }

    /// What Secrets Manager answers to the schedule and the window that a template or plan asks for, if it refuses them; whatever a secret has already, it has taken.
    pub fn refusal(rotation: &RotationConfiguration) -> Option<String> {
        if !rotation.is_asked_for || rotation.rules_gap.is_some() {
            return None;
        }
        match Self::of(rotation)? {
            Err(fault) => Some(format!("Secrets Manager does not take its schedule: {fault}")),
            Ok(schedule) => {
                let fault = schedule.window(rotation.window.as_deref()).err()?;
                Some(format!("Secrets Manager does not take its rotation window: {fault}"))
            }
        }
    }

    /// Parses `rate(…)` or `cron(…)`.
    pub fn parse(expression: &str) -> Result<Self, ScheduleError> {
        if expression.len() > MOST_CHARACTERS {
            return Err(ScheduleError::TooLong);
        }
        let inner = expression.trim().strip_suffix(')').and_then(|text| text.split_once('('));
        match inner {
            Some(("rate", inner)) => rate(inner),
            Some(("cron", inner)) => Cron::parse(inner).map(Self::Cron),
            _ => Err(ScheduleError::Form),
        }
    }

    /// The largest number of hours from the opening of one window to that of the next.
    pub fn most_hours(&self) -> u32 {
        match self {
            Self::Hours(hours) => *hours,
            Self::Days(days) => days * DAY,
            Self::Cron(cron) => cron.most_hours(),
        }
    }

    /// How many hours the window stays open that opens last in a day: as given, or until the end of the UTC day for a schedule in days and one hour for one in hours.
    pub fn window(&self, given: Option<&str>) -> Result<u32, ScheduleError> {
        let Some(text) = given else { return Ok(self.default_window()) };
        let bad = || ScheduleError::Window(text.to_owned());
        let digits = text.strip_suffix('h').filter(|digits| (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        let window: u32 = digits.and_then(|digits| digits.parse().ok()).filter(|hours| *hours > 0).ok_or_else(bad)?;
        let (from, every) = match self {
            Self::Hours(hours) => (None, Some(*hours)),
            Self::Days(_) => (Some(0), None),
            Self::Cron(cron) => (cron.hours().next_back(), cron.least_hours()),
        };
        match (from, every) {
            (_, Some(every)) if window > every => Err(ScheduleError::Overlaps { window, every }),
            (Some(from), _) if from + window > DAY => Err(ScheduleError::NextDay { from, window }),
            _ => Ok(window),
        }
    }

    fn default_window(&self) -> u32 {
        match self {
            Self::Hours(_) => 1,
            Self::Days(_) => DAY,
            Self::Cron(cron) => match cron.least_hours() {
                Some(_) => 1,
                None => DAY - cron.hours().next().unwrap_or_default(),
            },
        }
    }

    /// When the window after this rotation opens.
    pub fn next_after(&self, rotated: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Hours(hours) => rotated.checked_add(SignedDuration::from_hours((*hours).into())).ok(),
            Self::Days(days) => {
                let midnight = TimeZone::UTC.to_timestamp(TimeZone::UTC.to_datetime(rotated).date().at(0, 0, 0, 0)).ok()?;
                midnight.checked_add(SignedDuration::from_hours((days * DAY).into())).ok()
            }
            Self::Cron(cron) => cron.next_after(rotated),
        }
    }

    /// When that window closes: by then the secret has rotated again. A window that Secrets Manager would not take counts as the default one.
    pub fn due_after(&self, rotated: Timestamp, window: Option<&str>) -> Option<Timestamp> {
        let window = self.window(window).unwrap_or_else(|_| self.default_window());
        self.next_after(rotated)?.checked_add(SignedDuration::from_hours(window.into())).ok()
    }
}

fn rate(inner: &str) -> Result<Schedule, ScheduleError> {
    let words: Vec<&str> = inner.split_whitespace().collect();
    let [value, unit] = words[..] else { return Err(ScheduleError::Form) };
    let number = value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse::<u32>().ok()).flatten();
    let number = number.filter(|number| *number > 0).ok_or_else(|| ScheduleError::Number(value.to_owned()))?;
    match unit {
        "hour" | "hours" if number < LEAST_HOURS => Err(ScheduleError::TooOften(number)),
        "hour" | "hours" if number > MOST_DAYS * DAY => Err(ScheduleError::TooSeldom(number / DAY, MOST_DAYS)),
        "hour" | "hours" => Ok(Schedule::Hours(number)),
        "day" | "days" if number > MOST_DAYS => Err(ScheduleError::TooSeldom(number, MOST_DAYS)),
        "day" | "days" => Ok(Schedule::Days(number)),
        other => Err(ScheduleError::Unit(other.to_owned())),
    }
}
