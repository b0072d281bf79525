//! Schedules as AWS's page writes them, what it forbids, and what nobody would write.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::inventory::RotationConfiguration;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An expression, the most hours between two windows, the default window, and when the window after 2026-11-05T12:00 opens.
const DOCUMENTED: [(&str, u32, u32, &str); 21] = [
    ("rate(4 hours)", 4, 1, "2026-11-05T16:00:00Z"),
    ("rate(1 day)", 24, 24, "2026-11-06T00:00:00Z"),
    ("rate(10 days)", 240, 24, "2026-11-15T00:00:00Z"),
    ("cron(0 /8 * * ? *)", 8, 1, "2026-11-05T16:00:00Z"),
    ("cron(0 8/8 * * ? *)", 16, 1, "2026-11-05T16:00:00Z"),
    ("cron(0 2/10 * * ? *)", 10, 1, "2026-11-05T22:00:00Z"),
    ("cron(0 4/12 * * ? *)", 12, 1, "2026-11-05T16:00:00Z"),
    ("cron(0 10 * * ? *)", 24, 14, "2026-11-06T10:00:00Z"),
    ("cron(0 18 ? * SAT *)", 168, 6, "2026-11-07T18:00:00Z"),
    ("cron(0 8 1 * ? *)", 31 * 24, 16, "2026-12-01T08:00:00Z"),
    // From the first Sunday of July to that of October is 98 days at most.
    ("cron(0 1 ? 1/3 SUN#1 *)", 98 * 24, 23, "2027-01-03T01:00:00Z"),
    ("cron(0 17 L * ? *)", 31 * 24, 7, "2026-11-30T17:00:00Z"),
    ("cron(0 8 ? * MON-FRI *)", 72, 16, "2026-11-06T08:00:00Z"),
    ("cron(0 16 1,15 * ? *)", 17 * 24, 8, "2026-11-15T16:00:00Z"),
    ("cron(0 0 ? * SUN#1 *)", 35 * 24, 24, "2026-12-06T00:00:00Z"),
    // January and December, in which the first Mondays are 47 or 48 weeks apart.
    ("cron(0 0 ? 1/11 2#1 *)", 336 * 24, 24, "2026-12-07T00:00:00Z"),
    ("cron(0 0 ? * SUNL *)", 35 * 24, 24, "2026-11-29T00:00:00Z"),
    ("cron(0 0 1/2 * ? *)", 48, 24, "2026-11-07T00:00:00Z"),
    ("cron(0 0 1 JAN,APR,JUL,OCT ? *)", 92 * 24, 24, "2027-01-01T00:00:00Z"),
    // Once in 28 years.
    ("cron(0 0 ? 2 SUN#5 *)", 10_227 * 24, 24, "2032-02-29T00:00:00Z"),
    ("cron(0 0 29 2 ? *)", (4 * 365 + 1) * 24, 24, "2028-02-29T00:00:00Z"),
];

#[test]
fn what_aws_writes_is_understood() {
    for (expression, most, window, next) in DOCUMENTED {
        let schedule = Schedule::parse(expression).unwrap();
        assert_eq!(schedule.most_hours(), most, "{expression}");
        assert_eq!(schedule.window(None), Ok(window), "{expression}");
        assert_eq!(schedule.next_after(time("2026-11-05T12:00:00Z")), Some(time(next)), "{expression}");
    }
}

#[test]
fn what_aws_forbids_is_said() {
    for (expression, fault) in [
        ("rate(3 hours)", "4 hours is the least"),
        ("rate(1000 days)", "999 days is the most"),
        ("rate(30 minutes)", "in hours or days, not `minutes`"),
        ("rate(0 days)", "`0` is not a whole number"),
        ("rate(-1 days)", "`-1` is not a whole number"),
        ("rate(99999999999 days)", "is not a whole number"),
        ("rate(10 days", "neither rate"),
        ("every 10 days", "neither rate"),
        ("cron(30 8 1 * ? *)", "minutes must be 0"),
        ("cron(0 8 1 * ? 2027)", "year must be *"),
        ("cron(0 8 1 * MON *)", "must be ?"),
        ("cron(0 8 ? * ? *)", "must be ?"),
        ("cron(0 8 * * * *)", "must be ?"),
        ("cron(0 8 1 * ?)", "this one has 5"),
        ("cron(0 24 1 * ? *)", "`24` is not a value of the field hours"),
        ("cron(0 8 32 * ? *)", "field day-of-month"),
        ("cron(0 8 1 13 ? *)", "field month"),
        ("cron(0 8 ? * MON#6 *)", "`MON#6` is not a value of the field day-of-week"),
        ("cron(0 8 ? * 0 *)", "field day-of-week"),
        ("cron(0 /2 * * ? *)", "every 2 hours"),
        ("cron(0 8 30 2 ? *)", "no day is ever like that"),
    ] {
        let error = Schedule::parse(expression).unwrap_err().to_string();
        assert!(error.contains(fault), "{expression}: {error}");
    }
}

#[test]
fn a_window_ends_before_the_next_one_and_before_midnight() {
    let window = |expression: &str, given: &str| Schedule::parse(expression).unwrap().window(Some(given));
    assert_eq!(window("rate(10 days)", "3h"), Ok(3));
    assert_eq!(window("rate(10 days)", "24h"), Ok(24));
    assert_eq!(window("rate(10 days)", "25h"), Err(ScheduleError::NextDay { from: 0, window: 25 }));
    assert_eq!(window("rate(4 hours)", "4h"), Ok(4));
    assert_eq!(window("rate(4 hours)", "5h"), Err(ScheduleError::Overlaps { window: 5, every: 4 }));
    assert_eq!(window("cron(0 16 1 * ? *)", "8h"), Ok(8));
    assert_eq!(window("cron(0 16 1 * ? *)", "9h"), Err(ScheduleError::NextDay { from: 16, window: 9 }));
    assert_eq!(window("cron(0 8/8 * * ? *)", "9h"), Err(ScheduleError::Overlaps { window: 9, every: 8 }));
    for nonsense in ["", "h", "0h", "3", "+3h", "3H", "003h", "３h", "99999999999999h"] {
        assert!(window("rate(10 days)", nonsense).is_err(), "{nonsense:?}");
    }
}

#[test]
fn a_secret_that_rotated_in_a_window_is_due_when_the_next_one_closes() {
    let due = |expression: &str, rotated: &str, window| Schedule::parse(expression).unwrap().due_after(time(rotated), window);
    assert_eq!(due("rate(10 days)", "2026-11-05T13:07:00Z", None), Some(time("2026-11-16T00:00:00Z")));
    assert_eq!(due("cron(0 8 1 * ? *)", "2026-10-01T08:40:00Z", Some("2h")), Some(time("2026-11-01T10:00:00Z")));
    assert_eq!(due("rate(4 hours)", "2026-11-05T13:07:00Z", None), Some(time("2026-11-05T18:07:00Z")));
    assert_eq!(due("rate(999 days)", "9999-12-30T00:00:00Z", None), None);
    assert_eq!(due("cron(0 8 1 * ? *)", "9999-12-30T00:00:00Z", None), None);
}

#[test]
fn days_count_where_no_expression_is_given() {
    let of = |schedule: Option<&str>, after_days| {
        Schedule::of(&RotationConfiguration { schedule: schedule.map(str::to_owned), after_days, ..RotationConfiguration::default() })
    };
    assert_eq!(of(None, None), None);
    assert_eq!(of(None, Some(1_000)), Some(Ok(Schedule::Days(1_000))));
    assert_eq!(of(Some("rate(4 hours)"), Some(1)), Some(Ok(Schedule::Hours(4))));
    for nonsense in [i64::MIN, -1, 0, 1_001, i64::MAX] {
        assert!(of(None, Some(nonsense)).unwrap().is_err(), "{nonsense}");
    }
}

#[test]
fn nonsense_is_an_error_and_nothing_worse() {
    let long = format!("cron(0 {} * * ? *)", "1,".repeat(1_000));
    for nonsense in [
        "",
        "()",
        "cron()",
        "rate()",
        "rate(",
        ")",
        "cron(0 8 1 * ? *",
        "cron(\u{0} 8 1 * ? *)",
        "rate(١ day)",
        "cron(0 8-  * * ? *)",
        "cron(0 */0 * * ? *)",
        "cron(0 8 L-3 * ? *)",
        "cron(0 8 15W * ? *)",
        "cron(0 8 ? * #1 *)",
        "cron(0 8 ? * ## *)",
        "cron(0 8 ? * L#L *)",
        "cron(0 8 ,, * ? *)",
        "cron(0 8 é * ? *)",
        "cron(0 8 1/99999999999999999999 * ? *)",
        "rate(4 hours))",
        "cron(0 8 LLLL * ? *)",
        "cron(0 8 \u{1F600}L * ? *)",
        &long,
    ] {
        assert!(Schedule::parse(nonsense).is_err(), "{nonsense}");
    }
}

/// A field of a cron expression, more often right than wrong.
fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    let number = move || (least..=most).prop_map(|number| number.to_string());
    prop_oneof![
        4 => number(),
        2 => (number(), number()).prop_map(|(one, other)| format!("{one},{other}")),
        2 => (number(), number()).prop_map(|(from, to)| format!("{from}-{to}")),
        2 => (number(), 1..40_u32).prop_map(|(from, step)| format!("{from}/{step}")),
        2 => Just("*".to_owned()),
        1 => "[0-9A-Z#?*/,-]{0,6}",
    ]
}

fn expression() -> impl Strategy<Value = String> {
    let week = prop_oneof![3 => field(1, 7), 1 => "(SUN|MON|SAT)(L|#[1-5])?", 1 => Just("L".to_owned())];
    let days = prop_oneof![
        field(1, 31).prop_map(|days| (days, "?".to_owned())),
        week.prop_map(|days| ("?".to_owned(), days)),
        Just(("L".to_owned(), "?".to_owned())),
    ];
    prop_oneof![
        6 => (field(0, 23), field(1, 12), days).prop_map(|(hours, months, (of_month, of_week))| format!("cron(0 {hours} {of_month} {months} {of_week} *)")),
        1 => (0..1_100_u32, "hours?|days?|weeks").prop_map(|(value, unit)| format!("rate({value} {unit})")),
        1 => "[0-9A-Za-z()#?*/, -]{0,60}",
        1 => any::<String>(),
    ]
}

proptest! {
    #[test]
    fn the_next_window_opens_within_the_largest_distance_and_nothing_makes_it_panic(text in expression(), from in 0..3_000_000_000_i64) {
        if let Ok(schedule) = Schedule::parse(&text) {
            let moment = Timestamp::from_second(from).unwrap();
            let next = schedule.next_after(moment).unwrap();
            let hours = next.duration_since(moment).as_hours();
            prop_assert!(hours >= 0 && hours <= schedule.most_hours().into(), "{text}: {hours} of {}", schedule.most_hours());
            let after = schedule.next_after(next).unwrap();
            prop_assert!(next < after, "{text}");
            prop_assert!((1..=24).contains(&schedule.window(None).unwrap()), "{text}");
            prop_assert!(schedule.due_after(moment, Some(&text)).unwrap() > next, "{text}");
        }
    }
}
