//! Looks for a witness: values of the keys that no audit can know under which a request is allowed. That is what makes an exposure certain, and what a
//! finding shows.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};

use super::answer::Answer;
use super::ask::Access;
use super::question::Question;
use crate::policy::{Decision, Entry, Part, Request, Text};

/// The most combinations of values that are tried; beyond, the search is not exhaustive.
const MOST_COMBINATIONS: usize = 512;
/// Stands for any value that no policy names.
const SOME_VALUE: &str = "rotaudit-witness";
/// Stands for any address that no policy names.
const SOME_ADDRESS: &str = "240.0.0.1";
/// Keys with several values at once.
const MULTIVALUED: [&str; 5] =
    ["aws:calledvia", "aws:principalservicenameslist", "aws:tagkeys", "kms:encryptioncontextkeys", "kms:resourcealiases"];
/// Keys that tell the time of the request.
const OF_TIME: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

impl Access<'_> {
    /// Whether some values of the keys that no audit can know allow the question. The answer then holds these values: it is the witness. Otherwise it is the
    /// answer of [`Access::ask`], but denied where the search has tried every value that there can be.
    pub fn witness(&self, question: &Question) -> Answer {
        self.possibly(self.ask(question))
    }

    /// The same, or nothing where no policy may allow the question whatever the values.
    pub fn witness_unless_denied(&self, question: &Question) -> Option<Answer> {
        self.ask_unless_denied(question).map(|answer| self.possibly(answer))
    }

    /// The same, where it was asked already.
    pub(super) fn possibly(&self, answer: Answer) -> Answer {
        if answer.decision != Decision::Undecided {
            return answer;
        }
        let mut exhaustive = true;
        let mut open: Vec<(String, Vec<Entry>)> = Vec::new();
        for (key, wanted) in answer.open_keys() {
            let (candidates, complete) = if OF_TIME.contains(&key.as_str()) {
                times(&key, &wanted, self.now())
            } else {
                candidates(&key, answer.request.context.get(&key), &wanted)
            };
            exhaustive &= complete;
            open.push((key, candidates));
        }
        let combinations = open.iter().fold(1_usize, |product, (_, candidates)| product.saturating_mul(candidates.len()));
        exhaustive &= combinations <= MOST_COMBINATIONS;
        let mut last = None;
        let mut all_denied = true;
        for combination in 0..combinations.min(MOST_COMBINATIONS) {
            let tried = self.ask_again(&answer, with(&answer.request, &open, combination));
            if tried.decision == Decision::Allowed {
                return tried;
            }
            all_denied &= tried.decision.is_denied();
            last = Some(tried);
        }
        match last {
            Some(tried) if exhaustive && all_denied => tried,
            _ => answer,
        }
    }
}

/// The request with the `combination`-th choice among the candidates.
fn with(request: &Request, open: &[(String, Vec<Entry>)], combination: usize) -> Request {
    let mut request = request.clone();
    let mut rest = combination;
    for (key, candidates) in open {
        request.context.set(key, candidates[rest % candidates.len()].clone());
        rest /= candidates.len();
    }
    request
}

/// The values worth trying for a key, never none, and whether there are no others. What is known of the entry stays as it is.
fn candidates(key: &str, entry: &Entry, wanted: &[String]) -> (Vec<Entry>, bool) {
    match entry {
        Entry::Single(text) if text.has_unknown() => (fitting(text, wanted).into_iter().map(Entry::Single).collect(), false),
        Entry::Multi(texts) if texts.iter().any(Text::has_unknown) => {
            (texts.iter().flat_map(|text| fitting(text, wanted)).map(|text| Entry::Multi(vec![text])).collect(), false)
        }
        Entry::Single(text) if text.as_literal().is_some_and(|text| text.contains('/') && is_range(text)) => {
            (addresses_in(text, wanted), false)
        }
        Entry::Absent | Entry::Single(_) | Entry::Multi(_) => (vec![entry.clone()], true),
        Entry::OneOf(entries) if !entries.is_empty() => {
            let all: Vec<(Vec<Entry>, bool)> = entries.iter().map(|entry| candidates(key, entry, wanted)).collect();
            let complete = all.iter().all(|(_, complete)| *complete);
            (all.into_iter().flat_map(|(entries, _)| entries).collect(), complete)
        }
        Entry::OneOf(_) | Entry::Unknown => (anything(key, wanted), false),
    }
}

/// Addresses of a range: its first, and those of the ranges that policies ask for. What lies outside of it is not in the request.
fn addresses_in(text: &Text, wanted: &[String]) -> Vec<Entry> {
    let first = |range: &str| range.split('/').next().unwrap_or_default().to_owned();
    let range: Option<IpNet> = text.as_literal().and_then(|text| text.parse().ok());
    let inside = |address: &String| range.zip(address.parse::<IpAddr>().ok()).is_some_and(|(range, address)| range.contains(&address));
    let mut values = vec![first(&text.written())];
    values.extend(wanted.iter().map(|wanted| first(wanted)).filter(inside));
    values.dedup();
    values.into_iter().map(Entry::single).collect()
}

/// Values of a key that could be anything: absent, one that no policy names, and those that policies ask for.
fn anything(key: &str, wanted: &[String]) -> Vec<Entry> {
    let every = |is: fn(&str) -> bool| !wanted.is_empty() && wanted.iter().all(|value| is(value));
    let mut values = vec![Entry::Absent];
    if every(is_truth) {
        values.extend(["true", "false"].map(Entry::single));
        return values;
    }
    values.push(Entry::single(if every(is_range) { SOME_ADDRESS } else { SOME_VALUE }));
    let instances: Vec<Text> = wanted.iter().flat_map(|value| instances(value)).collect();
    if MULTIVALUED.contains(&key) && instances.len() > 1 {
        values.push(Entry::Multi(instances.clone()));
    }
    values.extend(instances.into_iter().map(Entry::Single));
    values.dedup();
    values
}

/// What a text with unknown parts could be: the values that policies ask for, where they fit, and their ends in the place of an unknown part.
fn fitting(text: &Text, wanted: &[String]) -> Vec<Text> {
    let mut values = vec![with_unknown_as(text, SOME_VALUE)];
    for value in wanted.iter().flat_map(|value| instances(value)) {
        let written = value.written();
        let ends = written.match_indices([':', '/']).map(|(at, _)| &written[at + 1..]);
        values.extend(ends.filter(|end| !end.contains(':')).map(|end| with_unknown_as(text, end)));
        if !text.equals(&value).is_false() {
            values.push(value);
        }
    }
    values.dedup();
    values
}

fn with_unknown_as(text: &Text, value: &str) -> Text {
    Text::from_parts(text.parts().into_iter().map(|part| match part {
        Part::Symbol(symbol) if !symbol.is_fresh() => Part::Literal(value.into()),
        part => part,
    }))
}

/// The times worth trying: now, and about each time that policies ask for, none of them past. Between two of them nothing changes.
fn times(key: &str, wanted: &[String], now: Timestamp) -> (Vec<Entry>, bool) {
    let asked: Option<Vec<Timestamp>> = wanted.iter().map(|value| time(value)).collect();
    let second = SignedDuration::from_secs(1);
    let about = |at: &Timestamp| [at.checked_sub(second).ok(), Some(*at), at.checked_add(second).ok()].into_iter().flatten();
    let mut times = vec![now];
    times.extend(asked.iter().flatten().flat_map(about).filter(|time| *time > now));
    times.sort();
    times.dedup();
    let written = |time: &Timestamp| if key == "aws:epochtime" { time.as_second().to_string() } else { time.to_string() };
    (times.iter().map(|time| Entry::single(written(time))).collect(), asked.is_some())
}

/// A time as policies write it: with a zone, a day, or in seconds since 1970.
fn time(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok()).or_else(seconds)
}

fn is_truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn is_range(text: &str) -> bool {
    text.split('/').next().is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

/// Values that a condition value matches, or that lie beside it.
fn instances(wanted: &str) -> Vec<Text> {
    if wanted.contains("${") {
        return Vec::new();
    }
    let mut values = vec![wanted.replace('*', "").replace('?', "x"), wanted.replace(['*', '?'], "x")];
    if let Ok(number) = wanted.parse::<i64>() {
        values.extend([number.saturating_sub(1).to_string(), number.saturating_add(1).to_string()]);
    }
    if let Some(date) = time(wanted).filter(|_| wanted.contains('-')) {
        let day = SignedDuration::from_hours(24);
        values.extend([date.checked_sub(day), date.checked_add(day)].into_iter().flatten().map(|date| date.to_string()));
    }
    if is_range(wanted) {
        values = vec![wanted.split('/').next().unwrap_or(wanted).to_owned()];
    }
    values.dedup();
    values.into_iter().map(Text::literal).collect()
}
