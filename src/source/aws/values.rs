//! AWS's values in the inventory's types.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::arn::Arn;

/// A time, to the millisecond, which is what AWS tells; JSON carries it as a binary fraction whose further digits are noise.
pub(super) fn time(time: Option<DateTime>) -> Option<Timestamp> {
    Timestamp::from_millisecond(time?.to_millis().ok()?).ok()
}

/// An ARN, if AWS gave one.
pub(super) fn arn(text: Option<String>) -> Option<Arn> {
    Arn::parse(&text?).ok()
}

/// A text that is not empty: several services write an absent text so.
pub(super) fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
