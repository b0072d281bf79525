//! Cron expressions of Secrets Manager: which hours of which days, and how far apart they lie. Called by `expression`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::error::ScheduleError;
use super::month::{Days, Set, elements, values};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// After so many years the days of the week fall on the same days again, as long as no century comes between.
const CYCLE: i16 = 28;
/// From one leap year to the next.
const LEAP: i16 = 4;
/// Bits 1 to 12.
const EVERY_MONTH: Set = 0x1ffe;
/// Over such a century the rarest day, a fifth Sunday of February, is so many years away.
const RAREST: i16 = 40;
/// A year from which two cycles fit before the next century without a leap day.
const START: i16 = 2000;

/// The least number of hours between two rotations.
pub(super) const LEAST_HOURS: u32 = 4;

/// When rotation windows open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// Never none.
    hours: Set,
    /// Bit 1 is January.
    months: Set,
    days: Days,
}

impl Cron {
    /// What stands between the parentheses.
    pub(super) fn parse(text: &str) -> Result<Self, ScheduleError> {
        let text = text.to_ascii_uppercase();
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
            return Err(ScheduleError::Fields(fields.len()));
        };
        if minutes != "0" {
            return Err(ScheduleError::Minutes(minutes.to_owned()));
        }
        if year != "*" {
            return Err(ScheduleError::Year(year.to_owned()));
        }
        let list = |text: &str, field, least, most, names: &[&str]| {
            text.split(',').try_fold(0, |set, part| Ok(set | values(part, field, least, most, names)?))
        };
        let days = match (day_of_month, day_of_week) {
            ("?", "?") => return Err(ScheduleError::Days),
            (of_month, "?") => Days::of_month(of_month)?,
            ("?", of_week) => Days::of_week(of_week)?,
            _ => return Err(ScheduleError::Days),
        };
        let cron = Self { hours: list(hours, "hours", 0, 23, &[])?, months: list(month, "month", 1, 12, &MONTHS)?, days };
        match cron.least_hours() {
            Some(hours) if hours < LEAST_HOURS => Err(ScheduleError::TooOften(hours)),
            _ if cron.openings(START, CYCLE).next().is_none() => Err(ScheduleError::Never),
            _ => Ok(cron),
        }
    }

    /// The hours of a day in which windows open, earliest first; never none.
    pub(super) fn hours(&self) -> impl DoubleEndedIterator<Item = u32> + use<> {
        elements(self.hours)
    }

    /// The least number of hours between two openings of one day; `None` where there is but one.
    pub(super) fn least_hours(&self) -> Option<u32> {
        self.hours().zip(self.hours().skip(1)).map(|(one, next)| next - one).min()
    }

    /// The dates from the beginning of this year on, for so many years and one more.
    fn openings(&self, from: i16, years: i16) -> impl Iterator<Item = Date> {
        let months = (from..=from.saturating_add(years)).flat_map(|year| (1..=12).map(move |month: i8| (year, month)));
        let wanted = months.filter(|(_, month)| self.months & (1 << month) != 0);
        wanted.flat_map(|(year, month)| {
            elements(self.days.in_month(year, month)).filter_map(move |day| Date::new(year, month, i8::try_from(day).ok()?).ok())
        })
    }

    /// The largest number of hours from one opening to the next.
    pub(super) fn most_hours(&self) -> u32 {
        let (first, last) = (self.hours().next().unwrap_or_default(), self.hours().next_back().unwrap_or_default());
        let in_a_day = self.hours().zip(self.hours().skip(1)).map(|(one, next)| next - one).max().unwrap_or_default();
        let mut before: Option<Date> = None;
        let mut most = in_a_day;
        // What opens once in a cycle is seen twice in two. Numbers of days, and days of every week, show all that they have within two leap years.
        let is_regular = self.days.are_numbers() || self.months == EVERY_MONTH && self.days.are_of_every_week();
        for date in self.openings(START, if is_regular { 2 * LEAP } else { 2 * CYCLE }) {
            if let Some(days) = before.and_then(|before| u32::try_from(date.duration_since(before).as_hours() / 24).ok()) {
                most = most.max((days * 24 + first).saturating_sub(last));
            }
            before = Some(date);
        }
        most
    }

    /// The first opening after this moment.
    pub(super) fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let now: DateTime = TimeZone::UTC.to_datetime(moment);
        let opens = |date: Date| self.hours().filter_map(move |hour| Some(date.at(i8::try_from(hour).ok()?, 0, 0, 0)));
        let next = self.openings(now.year(), RAREST).filter(|date| *date >= now.date()).flat_map(opens).find(|opening| *opening > now)?;
        TimeZone::UTC.to_timestamp(next).ok()
    }
}
