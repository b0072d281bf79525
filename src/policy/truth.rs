//! The three-valued answer on which everything in this room rests; every matcher returns one.

use std::fmt;

use serde::Serialize;

/// Kleene truth. `Unknown` means: some value of what nobody could read makes it true, another may make it false.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// Surely not.
    False,
    /// It hangs on something that is not known.
    Unknown,
    /// Surely.
    True,
}

impl Truth {
    /// Both: the smaller of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either: the larger of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The opposite; what is unknown stays unknown.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "`and`, `or` and `not` are read as one family")]
    pub fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }

    /// What two alternatives have in common: their answer when they agree, otherwise `Unknown`.
    #[must_use]
    pub fn agree(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }

    /// Negated when `negated` is set, as an element that begins with `Not` is.
    #[must_use]
    pub fn negate_if(self, negated: bool) -> Self {
        if negated { self.not() } else { self }
    }

    /// Surely so.
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// Surely not so.
    pub fn is_false(self) -> bool {
        self == Self::False
    }

    /// Neither.
    pub fn is_unknown(self) -> bool {
        self == Self::Unknown
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::False => "no",
            Self::Unknown => "unknown",
            Self::True => "yes",
        })
    }
}

/// `or` over many, stopping at the first sure yes.
#[inline]
pub(super) fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut result = Truth::False;
    for truth in truths {
        result = result.or(truth);
        if result.is_true() {
            break;
        }
    }
    result
}

/// `and` over many, stopping at the first sure no.
#[inline]
pub(super) fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut result = Truth::True;
    for truth in truths {
        result = result.and(truth);
        if result.is_false() {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::Truth::{False, True, Unknown};
    use super::*;

    #[test]
    fn unknown_gives_way_only_to_what_decides() {
        assert_eq!(Unknown.and(False), False);
        assert_eq!(Unknown.and(True), Unknown);
        assert_eq!(Unknown.or(True), True);
        assert_eq!(Unknown.or(False), Unknown);
        assert_eq!(Unknown.not(), Unknown);
    }

    #[test]
    fn alternatives_that_disagree_are_unknown() {
        assert_eq!(True.agree(True), True);
        assert_eq!(True.agree(False), Unknown);
        assert_eq!(all([True, Unknown, False]), False);
        assert_eq!(any([False, Unknown]), Unknown);
    }
}
