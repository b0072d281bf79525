//! What every service of the mock works with: who asks where, failures, facts and pages.

use jiff::Timestamp;
use rotaudit::arn::Arn;
use rotaudit::inventory::{Gap, Inventory, Known};
use serde_json::Value;

/// Who asks, where, and what there is.
pub(super) struct Scope<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) page: usize,
}

/// An error as a service says it.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// The failure that led to this gap.
    pub(super) fn of(gap: &Gap) -> Self {
        let (code, message) = gap.error.split_once(": ").unwrap_or((&gap.error, ""));
        Self::new(400, code, message)
    }
}

/// A fact, or the failure that a collector met there.
pub(super) fn fact<T>(known: &Known<T>) -> Result<&T, Failure> {
    match known {
        Known::Value(value) => Ok(value),
        Known::Unreadable(gap) => Err(Failure::of(gap)),
    }
}

impl Scope<'_> {
    /// Whether something is of the region that is asked.
    pub(super) fn is_here(&self, arn: &Arn) -> bool {
        arn.region() == self.region
    }

    /// One page of a list: the items from `token` on, and the token of the next page.
    pub(super) fn page<T>(&self, items: Vec<T>, token: Option<&str>) -> (Vec<T>, Option<String>) {
        let start = token.and_then(|token| token.strip_prefix("page-from-")).and_then(|from| from.parse().ok()).unwrap_or(0);
        let end = start + self.page;
        let next = (items.len() > end).then(|| format!("page-from-{end}"));
        (items.into_iter().skip(start).take(self.page).collect(), next)
    }
}

/// JSON protocols carry times as seconds with a fraction.
pub(super) fn seconds(time: Option<Timestamp>) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of our centuries fit in a double")]
    time.map_or(Value::Null, |time| Value::from(time.as_millisecond() as f64 / 1000.0))
}

/// AWS leaves out what is not set.
pub(super) fn without_nulls(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            *fields = std::mem::take(fields).into_iter().filter(|(_, it)| !it.is_null()).map(|(k, it)| (k, without_nulls(it))).collect();
        }
        Value::Array(items) => *items = std::mem::take(items).into_iter().map(without_nulls).collect(),
        _ => {}
    }
    value
}
