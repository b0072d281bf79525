//! An AWS organization: its accounts and where they stand, which of them are wanted, and the control policies that reach them. `accounts` asks here.

mod policies;
mod select;
mod tree;

pub(super) use policies::{Policies, policies};
pub(super) use select::{check, selected};
pub(super) use tree::{Organization, membership, organization};
