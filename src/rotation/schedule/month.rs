//! The days of a month that a cron expression names. Called by `cron`.

use jiff::civil::Date;

use super::error::ScheduleError;

/// A set of small numbers, one bit each.
pub(super) type Set = u32;

/// The names of the days of a week, Sunday first as in cron expressions.
const WEEK: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const SATURDAY: u32 = 7;

/// Days by number or by day of the week, whichever was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Days {
    /// By number: bit 1 is the first.
    of_month: Set,
    /// The last day of the month.
    last: bool,
    /// Each such day of the week: bit 1 is Sunday.
    of_week: Set,
    /// The first, second … fifth such day of the month.
    nth: [Set; 5],
    /// The last such day of the month.
    last_of_week: Set,
}

impl Days {
    /// The field day-of-month.
    pub(super) fn of_month(text: &str) -> Result<Self, ScheduleError> {
        let mut days = Self::default();
        for part in text.split(',') {
            match part {
                "L" => days.last = true,
                // AWS's page tells of `SUNL` beside this field.
                _ if part.len() == 4 && part.ends_with('L') => days.add_of_week(part, "day-of-month")?,
                _ => days.of_month |= values(part, "day-of-month", 1, 31, &[])?,
            }
        }
        Ok(days)
    }

    /// The field day-of-week.
    pub(super) fn of_week(text: &str) -> Result<Self, ScheduleError> {
        let mut days = Self::default();
        text.split(',').try_for_each(|part| days.add_of_week(part, "day-of-week"))?;
        Ok(days)
    }

    fn add_of_week(&mut self, part: &str, field: &'static str) -> Result<(), ScheduleError> {
        let day = |name: &str| values(name, field, 1, SATURDAY, &WEEK);
        let bad = || ScheduleError::Field { field, value: part.to_owned() };
        if part == "L" {
            self.of_week |= 1 << SATURDAY;
        } else if let Some(name) = part.strip_suffix('L') {
            self.last_of_week |= day(name).map_err(|_| bad())?;
        } else if let Some((name, number)) = part.split_once('#') {
            let which = number.parse::<usize>().ok().and_then(|number| self.nth.get_mut(number.checked_sub(1)?)).ok_or_else(bad)?;
            *which |= day(name).map_err(|_| bad())?;
        } else {
            self.of_week |= day(part)?;
        }
        Ok(())
    }

    /// Whether no day of a week is among them.
    pub(super) fn are_numbers(&self) -> bool {
        self.of_week == 0 && self.are_of_every_week()
    }

    /// Whether no day of a week is among them that depends on where in the month it falls.
    pub(super) fn are_of_every_week(&self) -> bool {
        self.last_of_week == 0 && self.nth == [0; 5]
    }

    /// Those of this month, bit 1 being the first; none in a month that the calendar does not have.
    pub(super) fn in_month(&self, year: i16, month: i8) -> Set {
        let Ok(first) = Date::new(year, month, 1) else { return 0 };
        let length = u32::try_from(first.days_in_month()).unwrap_or_default();
        let weekday_of_first = u32::try_from(first.weekday().to_sunday_one_offset()).unwrap_or_default();
        let mut days = self.of_month;
        if self.last {
            days |= 1 << length;
        }
        let looked_at = if self.are_numbers() { 0 } else { length };
        for day in 1..=looked_at {
            let weekday = 1 << ((weekday_of_first + day - 2) % 7 + 1);
            let nth = self.nth.get(usize::try_from((day - 1) / 7).unwrap_or_default()).copied().unwrap_or_default();
            let last = if day + 7 > length { self.last_of_week } else { 0 };
            if (self.of_week | nth | last) & weekday != 0 {
                days |= 1 << day;
            }
        }
        days & (u32::MAX >> (31 - length))
    }
}

/// The elements of a set, smallest first.
pub(super) fn elements(set: Set) -> impl DoubleEndedIterator<Item = u32> {
    (0..32).filter(move |element| set & (1 << element) != 0)
}

/// What a part of a list names: a value, a range, everything, each with or without a step. `names` are the names of the values from the least on. A range
/// may go over the end, as FRI-MON does.
pub(super) fn values(part: &str, field: &'static str, least: u32, most: u32, names: &[&str]) -> Result<Set, ScheduleError> {
    let bad = || ScheduleError::Field { field, value: part.to_owned() };
    let value = |text: &str| {
        let named = names.iter().position(|name| *name == text).and_then(|at| u32::try_from(at).ok()).map(|at| at + least);
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = || text.parse::<u32>().ok().filter(|number| is_number && (least..=most).contains(number));
        named.or_else(number).ok_or_else(bad)
    };
    let (base, step) = match part.split_once('/') {
        Some((base, step)) => (base, Some(step.parse::<usize>().ok().filter(|step| *step > 0).ok_or_else(bad)?)),
        None => (part, None),
    };
    let (from, to) = match (base.split_once('-'), base, step) {
        (Some((from, to)), _, _) => (value(from)?, value(to)?),
        // Nothing before a slash is the least value, as in `/8`.
        (None, "*", _) | (None, "", Some(_)) => (least, most),
        (None, single, Some(_)) => (value(single)?, most),
        (None, single, None) => (value(single)?, value(single)?),
    };
    let range: Vec<u32> = if from <= to { (from..=to).collect() } else { (from..=most).chain(least..=to).collect() };
    Ok(range.into_iter().step_by(step.unwrap_or(1)).fold(0, |set, value| set | 1 << value))
}
