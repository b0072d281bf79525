//! What the words of a rule are about: one rotation, who else has a part in it, and what is beside it. `requests`, `targets` and `principals` look.

use super::fields::View;
use super::foreign::Foreigner;
use super::others::Others;
use crate::inventory::Known;

/// One rotation, and the outsider who has a part in the requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) view: View<'a>,
    pub(super) foreigner: Option<&'a Foreigner>,
    /// The secrets of the inventory, sorted.
    pub(super) others: &'a Others<'a>,
}

/// None, one, or a gap.
pub(super) fn one<T>(known: Known<Option<T>>) -> Vec<Known<T>> {
    match known {
        Known::Value(value) => value.into_iter().map(Known::Value).collect(),
        Known::Unreadable(gap) => vec![Known::Unreadable(gap)],
    }
}
