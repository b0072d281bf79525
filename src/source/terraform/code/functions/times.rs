//! Functions of times that are written down (<https://developer.hashicorp.com/terraform/language/functions/formatdate>). What the clock says stays open.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, Weekday};

use crate::source::terraform::code::made::Made;

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("formatdate", [pattern, time]) => formatted(pattern.certain()?, &Moment::parse(time.certain()?)?).map(|text| Made::literal(&text)),
        ("timeadd", [time, by]) => {
            let time = Moment::parse(time.certain()?)?;
            let sum = time.local.checked_add(duration(by.certain()?)?).ok()?;
            let zone = if time.offset == 0 { "Z".to_owned() } else { time.zone(":") };
            Some(Made::literal(&format!("{}{zone}", sum.strftime("%Y-%m-%dT%H:%M:%S"))))
        }
        ("timecmp", [one, other]) => {
            let (one, other) = (Moment::parse(one.certain()?)?.in_utc()?, Moment::parse(other.certain()?)?.in_utc()?);
            Some(Made::Plain((one.cmp(&other) as i8).into()))
        }
        _ => None,
    }
}

/// A time of RFC 3339, in whole seconds.
struct Moment {
    local: DateTime,
    /// Minutes by which it is before UTC.
    offset: i64,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let (time, zone) = text.split_at_checked("2018-01-02T23:12:01".len())?;
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        let is_formed = separators.iter().all(|(at, separator)| time.as_bytes()[*at] == *separator);
        let part = |at: usize| i8::try_from(digits(time.get(at..at + 2)?)?).ok();
        let date = Date::new(i16::try_from(digits(time.get(..4)?)?).ok()?, part(5)?, part(8)?).ok()?;
        let time = Time::new(part(11)?, part(14)?, part(17)?, 0).ok()?;
        let offset = match zone.as_bytes() {
            b"Z" => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let (hours, minutes) = (digits(zone.get(1..3)?)?, digits(zone.get(4..6)?)?);
                let offset = (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?;
                if *sign == b'-' { -offset } else { offset }
            }
            _ => return None,
        };
        is_formed.then(|| Self { local: date.to_datetime(time), offset })
    }

    fn in_utc(&self) -> Option<DateTime> {
        self.local.checked_sub(SignedDuration::from_mins(self.offset)).ok()
    }

    /// Its offset, with this between hours and minutes.
    fn zone(&self, between: &str) -> String {
        let (sign, offset) = (if self.offset < 0 { '-' } else { '+' }, self.offset.abs());
        format!("{sign}{:02}{between}{:02}", offset / 60, offset % 60)
    }
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What `formatdate` gives: letters stand for parts of the time, and what stands between quotes for itself.
fn formatted(pattern: &str, time: &Moment) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (inside, after) = quoted.split_once('\'')?;
            // Two in a row stand for one, within quotes as well.
            text.push_str(inside);
            if after.starts_with('\'') || inside.is_empty() {
                text.push('\'');
            }
            rest = after;
            continue;
        }
        let end = rest.find(|other: char| other != first).unwrap_or(rest.len());
        let (letters, after) = rest.split_at(end);
        if first.is_ascii_alphabetic() {
            text.push_str(&field(letters, time)?);
        } else {
            text.push_str(letters);
        }
        rest = after;
    }
    Some(text)
}

/// What a run of one letter stands for.
fn field(letters: &str, time: &Moment) -> Option<String> {
    let (local, month) = (time.local, MONTHS.get(usize::try_from(time.local.month()).ok()?.checked_sub(1)?)?);
    let twelve = (local.hour() + 11) % 12 + 1;
    Some(match letters {
        "YYYY" => format!("{:04}", local.year()),
        "YY" => format!("{:02}", local.year() % 100),
        "MMMM" => (*month).to_owned(),
        "MMM" => month.get(..3)?.to_owned(),
        "MM" => format!("{:02}", local.month()),
        "M" => local.month().to_string(),
        "DD" => format!("{:02}", local.day()),
        "D" => local.day().to_string(),
        "EEEE" => weekday(local).to_owned(),
        "EEE" => weekday(local).get(..3)?.to_owned(),
        "hh" => format!("{:02}", local.hour()),
        "h" => local.hour().to_string(),
        "HH" => format!("{twelve:02}"),
        "H" => twelve.to_string(),
        "AA" => if local.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if local.hour() < 12 { "am" } else { "pm" }.to_owned(),
        "mm" => format!("{:02}", local.minute()),
        "m" => local.minute().to_string(),
        "ss" => format!("{:02}", local.second()),
        "s" => local.second().to_string(),
        "Z" if time.offset == 0 => "Z".to_owned(),
        "ZZZ" if time.offset == 0 => "UTC".to_owned(),
        "Z" | "ZZZZZ" => time.zone(":"),
        "ZZZ" | "ZZZZ" => time.zone(""),
        _ => return None,
    })
}

fn weekday(day: DateTime) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// A duration of whole hours, minutes and seconds, such as `-1h30m`. Others are left open.
fn duration(text: &str) -> Option<SignedDuration> {
    let (is_before, mut rest) = text.strip_prefix('-').map_or((false, text.strip_prefix('+').unwrap_or(text)), |rest| (true, rest));
    let mut seconds = if rest.is_empty() { None } else { Some(0_i64) };
    while !rest.is_empty() {
        let (number, unit) = rest.split_at(rest.find(|other: char| !other.is_ascii_digit())?);
        let size = [('h', 3600), ('m', 60), ('s', 1)].into_iter().find(|(letter, _)| unit.starts_with(*letter))?;
        rest = &unit[1..];
        seconds = seconds?.checked_add(number.parse::<i64>().ok()?.checked_mul(size.1)?);
    }
    seconds.map(|seconds| SignedDuration::from_secs(if is_before { -seconds } else { seconds }))
}
