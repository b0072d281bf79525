//! A row of the table of fields. Every file of this folder has rows; `mod.rs` joins them.

use super::functions_of_roles::FunctionsOfRoles;
use crate::access::Way;
use crate::inventory::{Gap, Inventory};
use crate::network::{Reach, Reason};
use crate::rotation::Rotation;
use crate::rules::expression::{Fact, Field};

/// The facts of one rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// The rotation.
    pub(crate) rotation: &'a Rotation<'a>,
    /// The inventory that it is part of.
    pub(crate) inventory: &'a Inventory,
    /// Which functions run with which role there.
    pub(crate) functions: &'a FunctionsOfRoles<'a>,
    /// What of it the rule looks at, where a rotation has several such things.
    pub(crate) focus: Focus<'a>,
}

/// One of several things of a rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Focus<'a> {
    /// The rotation as a whole.
    Whole,
    /// A way of its calls, through an endpoint.
    Way(&'a Way),
    /// Why a path is as it is.
    Reason(&'a Reason, &'a Reach),
    /// The names of other principals, of whom a message tells.
    Principals(&'a [String]),
}

/// One field: its type, whether it can be unreadable, and how it is read.
pub(super) struct Row {
    pub(super) field: Field,
    /// Whether a call may have failed to read it. What `ListSecrets` tells is there or the secret is not.
    pub(super) may_be_unreadable: bool,
    pub(super) get: fn(&View<'_>) -> Fact<Gap>,
}

impl Row {
    /// A field that is there whenever the secret is.
    pub(super) const fn listed(field: Field, get: fn(&View<'_>) -> Fact<Gap>) -> Self {
        Self { field, may_be_unreadable: false, get }
    }

    /// A field that some call reads.
    pub(super) const fn read(field: Field, get: fn(&View<'_>) -> Fact<Gap>) -> Self {
        Self { field, may_be_unreadable: true, get }
    }
}
