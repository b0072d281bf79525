//! What expressions and templates are evaluated against ([`Facts`], [`Fact`], [`Value`]) and what comes out ([`Outcome`]). The rules room
//! implements [`Facts`] for each thing that a rule is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

/// A value of one of the types of the schema. `G` is the gap: what names a call that was not answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<G> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    String(Arc<str>),
    /// A point in time.
    Timestamp(Timestamp),
    /// A span of time.
    #[cfg_attr(not(test), expect(dead_code, reason = "no field is a span of time yet; the language knows them"))]
    Duration(SignedDuration),
    /// Elements of one type, in an order that does not change between runs.
    List(Vec<Value<G>>),
    /// Named fields; a name that is not in the map is absent.
    Record(BTreeMap<Arc<str>, Fact<G>>),
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact<G> {
    /// It was read and is there.
    Value(Value<G>),
    /// It was read and there is none.
    Absent,
    /// It was not read, because these calls were not answered.
    Unreadable(Vec<G>),
}

impl<G> Fact<G> {
    /// The fact at the end of a path into records. `None`: nothing is there. What cannot be read hides all that lies in it.
    pub(super) fn follow(&self, names: &[Arc<str>]) -> Option<&Self> {
        let Some((name, rest)) = names.split_first() else { return Some(self) };
        match self {
            Self::Value(Value::Record(fields)) => fields.get(name)?.follow(rest),
            Self::Unreadable(_) => Some(self),
            Self::Value(_) | Self::Absent => None,
        }
    }
}

/// The facts about one thing that a rule looks at.
pub(crate) trait Facts {
    /// Names a call that was not answered.
    type Gap: Clone + Ord;

    /// The fact at a path of the schema's table. Asked at most once for each path in one evaluation, and only for those it needs.
    fn field(&self, path: &str) -> Fact<Self::Gap>;
}

/// The answer of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome<G: Ord> {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It hangs on facts that were not read: all the calls that it hangs on. The set is empty when facts contradict the schema (a required
    /// field is absent, a value is of another type) or when the evaluation used up its steps.
    Undecided(BTreeSet<G>),
}

impl<G: Ord> Outcome<G> {
    /// Undecided for a reason that no call can mend.
    pub(super) fn without_reason() -> Self {
        Self::Undecided(BTreeSet::new())
    }

    /// The opposite; undecided stays undecided.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            undecided @ Self::Undecided(_) => undecided,
        }
    }

    /// Kleene's conjunction: one False decides, whatever else is missing; otherwise every gap of every part is named.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut missing: Option<BTreeSet<G>> = None;
        for part in parts {
            match part {
                Self::True => {}
                Self::False => return Self::False,
                Self::Undecided(gaps) => missing.get_or_insert_default().extend(gaps),
            }
        }
        missing.map_or(Self::True, Self::Undecided)
    }

    /// Kleene's disjunction, the mirror image of [`Outcome::all`].
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::negated)).negated()
    }
}

impl<G: Ord> From<bool> for Outcome<G> {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}
