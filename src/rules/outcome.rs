//! What a rule says of one rotation, and how the parts of a rule make one outcome. `evaluate` makes them of decisions and facts, `traffic` of paths; the runner merges them.

use std::collections::BTreeSet;

use super::proof::{Mode, Open, Proof, open};
use crate::access::Question;
use crate::inventory::Known;

/// What a rule says of one rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is as it should be, or the rule does not apply.
    Passes,
    /// It is not, and this proves it.
    Finding(Vec<Proof>),
    /// Nobody can tell.
    Undecided(Open),
}

/// The finding that this question proves. One that could not be asked has no answer, and so proves nothing.
pub(super) fn proved(mode: Mode, question: Known<Question>) -> Outcome {
    match question {
        Known::Value(question) => Outcome::Finding(vec![Proof::Asked(mode, question)]),
        Known::Unreadable(gap) => Outcome::Undecided(open(BTreeSet::from([gap]))),
    }
}

/// Every finding of the parts; without one, all that they hang on; without that, a pass.
pub(super) fn all(parts: impl IntoIterator<Item = Outcome>) -> Outcome {
    let mut proofs: Option<Vec<Proof>> = None;
    let mut undecided: Option<Open> = None;
    for part in parts {
        match part {
            Outcome::Passes => {}
            Outcome::Finding(further) => proofs.get_or_insert_default().extend(further),
            Outcome::Undecided(open) => undecided = Some(undecided.unwrap_or_default().and(open)),
        }
    }
    match (proofs, undecided) {
        (Some(proofs), _) => Outcome::Finding(proofs),
        (None, Some(open)) => Outcome::Undecided(open),
        (None, None) => Outcome::Passes,
    }
}
