//! The fields of a secret's schedule: what Secrets Manager would say to it, how far apart rotations lie, and until when the next one is due.

use jiff::{SignedDuration, Timestamp};

use super::make::{int, option, text, time};
use super::row::Row;
use crate::inventory::{RotationConfiguration, Secret};
use crate::rotation::Schedule;
use crate::rules::expression::{Field, Type};

pub(super) const ROWS: &[Row] = &[
    Row::listed(Field::optional("secret.schedule", Type::String), |view| option(view.rotation.secret.rotation.schedule.as_deref(), text)),
    // What is wrong with the schedule, by AWS's documentation.
    Row::listed(Field::optional("secret.schedule_fault", Type::String), |view| {
        let fault = Schedule::of(&view.rotation.secret.rotation).and_then(Result::err);
        option(fault, |fault| text(&fault.to_string()))
    }),
    Row::listed(Field::optional("secret.window", Type::String), |view| option(view.rotation.secret.rotation.window.as_deref(), text)),
    // What is wrong with the length of the window.
    Row::listed(Field::optional("secret.window_fault", Type::String), |view| {
        let rotation = &view.rotation.secret.rotation;
        let fault = schedule(view.rotation.secret).and_then(|schedule| schedule.window(rotation.window.as_deref()).err());
        option(fault, |fault| text(&fault.to_string()))
    }),
    // The most days between two rotations, rounded up.
    Row::listed(Field::optional("secret.interval_days", Type::Int), |view| {
        option(schedule(view.rotation.secret), |schedule| int(schedule.most_hours().div_ceil(24).into()))
    }),
    // When the next rotation is due: as AWS says, or else when the window closes that comes after the last one. Of a rotation that has never ended well AWS says it.
    Row::listed(Field::optional("secret.due", Type::Timestamp), |view| {
        let secret = view.rotation.secret;
        option(secret.rotation.next_rotation.or_else(|| due_after_last(secret)), time)
    }),
    // When, after the last rotation that ended well, a second one has come due without either of them ending well.
    Row::listed(Field::optional("secret.due_twice", Type::Timestamp), |view| {
        let secret = view.rotation.secret;
        let second = schedule(secret)
            .zip(due_after_last(secret))
            .and_then(|(schedule, due)| due.checked_add(SignedDuration::from_hours(schedule.most_hours().into())).ok());
        option(second, time)
    }),
];

/// The schedule, where it is one.
fn schedule(secret: &Secret) -> Option<Schedule> {
    let rotation = &secret.rotation;
    let days = || Schedule::of(&RotationConfiguration { schedule: None, ..rotation.clone() })?.ok();
    // AWS computes the days from an expression; they count where it is not understood.
    Schedule::of(rotation)?.ok().or_else(days)
}

fn due_after_last(secret: &Secret) -> Option<Timestamp> {
    let rotation = &secret.rotation;
    schedule(secret)?.due_after(rotation.last_rotated?, rotation.window.as_deref())
}
