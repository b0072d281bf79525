//! Tags of what exists that a template does not write: conditions may ask for them. `kept` and its like ask here.

use std::collections::BTreeMap;

use super::additions::Additions;
use super::earlier::{Earlier, Fate};
use crate::inventory::Inventory;
use crate::policy::Symbol;

type Tags = BTreeMap<String, String>;

/// Puts beside the tags that the template gives to `what` those that it has now, unless the update takes them away. What the earlier version `wrote` of them is asked. Whose
/// tag it is that may go, its value is not known. AWS's own tags stay.
pub(super) fn keep(was: &Tags, now: &mut Tags, earlier: Earlier<'_>, what: &str, wrote: impl Fn(&Inventory) -> Option<&Tags>) {
    for (key, value) in was {
        if now.contains_key(key) {
            continue;
        }
        let of_version = |inventory: &Inventory, _: &Additions| Some(wrote(inventory).is_some_and(|tags| tags.contains_key(key)));
        let fate = if key.starts_with("aws:") { Fate::Stays } else { Fate::of(earlier, of_version) };
        let value = match fate {
            Fate::Stays => value.clone(),
            Fate::Goes => continue,
            Fate::Open => Symbol::unknown(&format!("{what} has the tag {key} now, and the template does not write it")).to_string(),
        };
        now.insert(key.clone(), value);
    }
}
