//! The version of a template that is deployed now: what it wrote of a thing that exists, and so what becomes of that when the version that comes next does not write it. `kept`
//! and its like ask here, `cli` hands it in.

use std::collections::BTreeSet;

use super::additions::Additions;
use crate::arn::Arn;
use crate::inventory::Inventory;

/// What an update takes away when a template does not write it any more: all but what is retained
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>).
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// What was made.
    pub(crate) inventory: Inventory,
    /// What was added to what was not made.
    pub(crate) additions: Additions,
    /// What stays of it where something else takes its place.
    pub(crate) outlive: BTreeSet<Arn>,
    /// Whether something else may be retained too.
    pub(crate) open: bool,
}

/// What the earlier version wrote, in one way in which its conditions come out.
#[derive(Debug)]
pub(crate) struct Version {
    /// What it made.
    pub(crate) inventory: Inventory,
    /// What it added to what it did not make.
    pub(crate) additions: Additions,
    /// What of that an update takes away, where that is not all.
    pub(crate) taken: Option<Taken>,
}

/// The earlier version, in each way in which its conditions come out; empty where nobody gives it.
pub(crate) type Earlier<'a> = &'a [Version];

/// What becomes of something that the template does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is somebody else's, or is retained.
    Stays,
    /// The update takes it away.
    Goes,
    /// Nobody knows which.
    Open,
}

impl Fate {
    /// By whether each way of the earlier version wrote it; `None` where that is not known.
    pub(super) fn of(earlier: Earlier<'_>, wrote: impl Fn(&Inventory, &Additions) -> Option<bool>) -> Self {
        let of = |version: &Version| match (wrote(&version.inventory, &version.additions), &version.taken) {
            (None, _) => Self::Open,
            (Some(false), _) => Self::Stays,
            (Some(true), None) => Self::Goes,
            (Some(true), Some(taken)) => match wrote(&taken.inventory, &taken.additions) {
                Some(true) if !taken.open => Self::Goes,
                Some(false) => Self::Stays,
                _ => Self::Open,
            },
        };
        Self::all(earlier, of)
    }

    /// The same of a thing that the template does not make, by its ARN.
    pub(super) fn of_thing(earlier: Earlier<'_>, arn: &Arn) -> Self {
        let made = |inventory: &Inventory| inventory.origins.contains_key(arn);
        Self::all(earlier, |version| {
            let stays = |taken: &Taken| !made(&taken.inventory) || taken.outlive.contains(arn);
            if !made(&version.inventory) || version.taken.as_ref().is_some_and(stays) {
                Self::Stays
            } else if version.taken.as_ref().is_some_and(|taken| taken.open) {
                Self::Open
            } else {
                Self::Goes
            }
        })
    }

    fn all(earlier: Earlier<'_>, of: impl Fn(&Version) -> Self) -> Self {
        let mut fates = earlier.iter().map(of);
        match fates.next() {
            Some(first) if fates.all(|fate| fate == first) => first,
            _ => Self::Open,
        }
    }
}
