//! The schedule of a rotation as Secrets Manager restricts it: `rate(…)` and `cron(…)` in UTC, and the window in which it rotates. The fields of rules ask
//! here how long a value may stay and until when a rotation is due
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>).

mod cron;
mod error;
mod expression;
mod month;
#[cfg(test)]
mod tests;

pub use cron::Cron;
pub use error::ScheduleError;
pub use expression::Schedule;
