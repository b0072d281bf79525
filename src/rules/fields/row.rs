//! A row of the table of fields. Every file of this folder has rows; `mod.rs` joins them.

use crate::inventory::{Gap, Inventory};
use crate::rotation::Rotation;
use crate::rules::expression::{Fact, Field};

/// The facts of one rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// The rotation.
    pub(crate) rotation: &'a Rotation<'a>,
    /// The inventory that it is part of.
    pub(crate) inventory: &'a Inventory,
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
