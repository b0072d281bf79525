//! Looks for a witness: values of the keys that no audit can know under which a request is allowed. That is what makes an exposure certain, and what a
//! finding shows.

use jiff::{SignedDuration, Timestamp};

use super::answer::Answer;
use super::ask::Access;
use super::question::Question;
use crate::policy::{Decision, Entry, Request, Text};

/// The most combinations of values that are tried; beyond, the answer stays undecided.
const MOST_COMBINATIONS: usize = 512;
/// Stands for any value that no policy names.
const SOME_VALUE: &str = "rotaudit-witness";

impl Access<'_> {
    /// Whether some values of the keys that no audit can know allow the question. The answer then holds these values: it is the witness. Otherwise it is the
    /// answer of [`Access::ask`], but denied where the search has tried every value that there can be.
    pub fn witness(&self, question: &Question) -> Answer {
        let answer = self.ask(question);
        if answer.decision != Decision::Undecided {
            return answer;
        }
        let mut exhaustive = true;
        let mut open: Vec<(String, Vec<Entry>)> = Vec::new();
        for (key, wanted) in answer.open_keys() {
            let (candidates, complete) = candidates(answer.request.context.get(&key), &wanted);
            exhaustive &= complete;
            open.push((key, candidates));
        }
        let combinations = open.iter().try_fold(1_usize, |product, (_, candidates)| product.checked_mul(candidates.len()));
        let Some(combinations) = combinations.filter(|count| *count <= MOST_COMBINATIONS) else { return answer };
        let mut last = None;
        let mut all_denied = true;
        for combination in 0..combinations {
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

/// The values worth trying for a key, and whether there are no others.
fn candidates(entry: &Entry, wanted: &[String]) -> (Vec<Entry>, bool) {
    match entry {
        Entry::OneOf(entries) if !entries.contains(&Entry::Unknown) => (entries.clone(), true),
        _ => {
            let mut values: Vec<Entry> = wanted.iter().flat_map(|value| instances(value)).map(Entry::single).collect();
            values.push(Entry::Absent);
            values.push(Entry::single(SOME_VALUE));
            values.dedup();
            (values, false)
        }
    }
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
    if let Ok(date) = wanted.parse::<Timestamp>() {
        let day = SignedDuration::from_hours(24);
        values.extend([date.checked_sub(day), date.checked_add(day)].into_iter().flatten().map(|date| date.to_string()));
    }
    if let Some((address, _)) = wanted.split_once('/') {
        values.push(address.to_owned());
    }
    values.dedup();
    values.into_iter().map(Text::literal).collect()
}
