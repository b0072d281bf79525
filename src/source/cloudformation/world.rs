//! What is assumed where a condition hangs on something that nobody knows: each way it can come out is a world of its own, and the template is read once
//! in each.

use std::collections::BTreeMap;
use std::fmt;

use crate::policy::Text;

/// A comparison of two texts, of which the first is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Comparison {
    /// What is not known.
    pub(crate) unknown: Text,
    /// What it is compared with.
    pub(crate) with: Text,
}

/// Whether a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That hangs on this comparison, among others maybe.
    Open(Comparison),
}

impl Holds {
    pub(super) fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// How comparisons come out that nobody can decide.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct World {
    equal: BTreeMap<Comparison, bool>,
}

impl World {
    /// How this comparison comes out here, if it is assumed.
    pub(crate) fn equal(&self, comparison: &Comparison) -> Option<bool> {
        self.equal.get(comparison).copied()
    }

    /// The text that `unknown` is assumed to be.
    pub(crate) fn value_of(&self, unknown: &Text) -> Option<&Text> {
        self.equal.iter().find(|(comparison, equal)| **equal && comparison.unknown == *unknown).map(|(comparison, _)| &comparison.with)
    }

    /// Whether `unknown` is assumed to be something else than `text`.
    pub(crate) fn excludes(&self, unknown: &Text, text: &str) -> bool {
        self.equal.iter().any(|(comparison, equal)| !equal && comparison.unknown == *unknown && comparison.with.as_literal() == Some(text))
    }

    pub(super) fn with(&self, comparison: &Comparison, equal: bool) -> Self {
        let mut further = self.clone();
        further.equal.insert(comparison.clone(), equal);
        further
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (Comparison { unknown, with }, equal)) in self.equal.iter().enumerate() {
            let (and, is) = (if index > 0 { ", " } else { "" }, if *equal { "is" } else { "is not" });
            let what = unknown.written();
            write!(f, "{and}{} {is} {}", what.trim_matches(['⟦', '?', '⟧']), with.written())?;
        }
        Ok(())
    }
}
