//! The fields of a secret's schedule: what Secrets Manager would say to it, how far apart rotations lie, and until when the next one is due.

use jiff::{SignedDuration, Timestamp};

use super::make::{int, option, text, time};
use super::row::{Row, View};
use crate::inventory::{Gap, RotationConfiguration};
use crate::rotation::Schedule;
use crate::rules::expression::{Fact, Field, Type};

pub(super) const ROWS: &[Row] = &[
    Row::listed(Field::optional("secret.schedule", Type::String), |view| {
        of_rules(view, |rotation| option(rotation.schedule.as_deref(), text))
    }),
    // What is wrong with the schedule, by AWS's documentation.
    Row::listed(Field::optional("secret.schedule_fault", Type::String), |view| {
        of_rules(view, |rotation| option(Schedule::of(rotation).and_then(Result::err), |fault| text(&fault.to_string())))
    }),
    Row::listed(Field::optional("secret.window", Type::String), |view| of_rules(view, |rotation| option(rotation.window.as_deref(), text))),
    // What is wrong with the length of the window.
    Row::listed(Field::optional("secret.window_fault", Type::String), |view| {
        of_rules(view, |rotation| {
            let fault = schedule(rotation).and_then(|schedule| schedule.window(rotation.window.as_deref()).err());
            option(fault, |fault| text(&fault.to_string()))
        })
    }),
    // The most days between two rotations, rounded up.
    Row::listed(Field::optional("secret.interval_days", Type::Int), |view| {
        of_rules(view, |rotation| option(schedule(rotation), |schedule| int(schedule.most_hours().div_ceil(24).into())))
    }),
    // When the next rotation is due: as AWS says, or else when the window closes that comes after the last one. Of a rotation that has never ended well AWS says it.
    Row::listed(Field::optional("secret.due", Type::Timestamp), |view| {
        of_rules(view, |rotation| option(rotation.next_rotation.or_else(|| due_after_last(rotation)), time))
    }),
    // When, after the last rotation that ended well, a second one has come due without either of them ending well.
    Row::listed(Field::optional("secret.due_twice", Type::Timestamp), |view| {
        of_rules(view, |rotation| {
            let second = schedule(rotation)
                .zip(due_after_last(rotation))
                .and_then(|(schedule, due)| due.checked_add(SignedDuration::from_hours(schedule.most_hours().into())).ok());
            option(second, time)
        })
    }),
];

/// A fact of the rotation's rules, where these are known.
fn of_rules(view: &View<'_>, make: impl FnOnce(&RotationConfiguration) -> Fact<Gap>) -> Fact<Gap> {
    let rotation = &view.rotation.secret.rotation;
    rotation.rules_gap.as_ref().map_or_else(|| make(rotation), |gap| Fact::Unreadable(vec![gap.clone()]))
}

/// The schedule, where it is one.
fn schedule(rotation: &RotationConfiguration) -> Option<Schedule> {
    let days = || Schedule::of(&RotationConfiguration { schedule: None, ..rotation.clone() })?.ok();
    // AWS computes the days from an expression; they count where it is not understood.
    Schedule::of(rotation)?.ok().or_else(days)
}

fn due_after_last(rotation: &RotationConfiguration) -> Option<Timestamp> {
    schedule(rotation)?.due_after(rotation.last_rotated?, rotation.window.as_deref())
}
