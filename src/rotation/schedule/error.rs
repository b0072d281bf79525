//! Why Secrets Manager would not take a schedule or the length of a window. The parser says it, rules show it.

use thiserror::Error;

/// What is wrong with a schedule, by the documentation of Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// It is longer than the API allows.
    #[error("it is longer than 256 characters")]
    TooLong,
    /// Days and an expression at once.
    #[error("it is given twice, in days (AutomaticallyAfterDays) and as an expression (ScheduleExpression), and one of the two is allowed")]
    Twice,
    /// Neither of the two forms.
    #[error("it is neither rate(VALUE UNIT) nor cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)")]
    Form,
    /// A unit other than hours and days.
    #[error("a rate is in hours or days, not `{0}`")]
    Unit(String),
    /// A number that is none, or zero.
    #[error("`{0}` is not a whole number of at least 1")]
    Number(String),
    /// More often than allowed.
    #[error("it rotates every {0} hours, and 4 hours is the least")]
    TooOften(u32),
    /// More seldom than allowed.
    #[error("it rotates every {0} days, and {1} days is the most")]
    TooSeldom(u32, u32),
    /// Another number of fields than six.
    #[error("a cron expression has 6 fields, and this one has {0}")]
    Fields(usize),
    /// A field that is not understood, or holds a value that the field does not have.
    #[error("`{value}` is not a value of the field {field}")]
    Field {
        /// The field's name in AWS's documentation.
        field: &'static str,
        /// What stands there.
        value: String,
    },
    /// Rotation windows start on the hour.
    #[error("the minutes must be 0, not `{0}`")]
    Minutes(String),
    /// Schedules of more than a year are not supported.
    #[error("the year must be *, not `{0}`")]
    Year(String),
    /// Both kinds of days, or none.
    #[error("one of day-of-month and day-of-week must be ?, and the other must not")]
    Days,
    /// There is no such day, as the 30th of February.
    #[error("no day is ever like that")]
    Never,
    /// A window that is not written as a number of hours.
    #[error("the window `{0}` is not a number of hours such as 3h")]
    Window(String),
    /// A window that goes on into the next one.
    #[error("the window of {window} hours is still open when the next one opens, {every} hours after it")]
    Overlaps {
        /// Its length.
        window: u32,
        /// From one opening to the next.
        every: u32,
    },
    /// A window that goes on into the next day.
    #[error("the window opens at {from}:00 and is {window} hours long, so that it goes on into the next UTC day")]
    NextDay {
        /// The hour in which it opens.
        from: u32,
        /// Its length.
        window: u32,
    },
}
