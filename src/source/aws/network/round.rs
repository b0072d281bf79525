//! What is read at once, and what is known so far: by place, that is an account's region.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::Network;

/// What is to be read next, by place.
pub(super) type Next = BTreeMap<String, Round>;

/// What is known so far, by place.
pub(super) type Networks = BTreeMap<String, Network>;

/// What is read of a region at once.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) vpcs: BTreeSet<String>,
    /// Security groups of functions in these VPCs, which may be of other VPCs.
    pub(super) groups: BTreeSet<String>,
    /// Transit gateways of this account that routes elsewhere lead through.
    pub(super) transit_gateways: BTreeSet<String>,
    /// The other accounts that can be asked: their transit gateways are their own to tell.
    pub(super) other_accounts: BTreeSet<String>,
}
