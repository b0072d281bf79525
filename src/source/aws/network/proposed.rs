//! Networks in which functions are to be, by their subnets. `networks` asks here before it reads any.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::vpcs::vpcs_of;
use super::wanted::Wanted;
use crate::inventory::{Gap, Known};
use crate::source::aws::accounts::Accounts;
use crate::source::aws::lanes::in_lanes;
use crate::source::aws::options::ProposedNetworks;
use crate::source::aws::place::Place;

/// Adds to what is wanted, and gives the places whose subnets could not be asked about.
pub(super) async fn add(wanted: &mut BTreeMap<String, Wanted>, proposed: &ProposedNetworks, accounts: &Accounts) -> Vec<(String, Gap)> {
    let mut subnets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if !proposed.subnets.is_empty() {
        let places = accounts.sessions().flat_map(|session| session.regions.iter().map(|region| format!("{}/{region}", session.account)));
        subnets.extend(places.map(|place| (place, proposed.subnets.clone())));
    }
    for (place, attachment) in &proposed.attachments {
        if !place.split_once('/').is_some_and(|(account, _)| accounts.can_ask(account)) {
            continue;
        }
        let wanted = wanted.entry(place.clone()).or_default();
        wanted.groups.extend(attachment.security_group_ids.iter().cloned());
        subnets.entry(place.clone()).or_default().extend(attachment.subnet_ids.iter().cloned());
    }
    let lanes = subnets.into_iter().filter_map(|(place, ids)| Some((place.clone(), vec![(accounts.place(&place)?, ids)]))).collect();
    let look = |name: &str, (place, ids): (Arc<Place>, BTreeSet<String>)| {
        let name = name.to_owned();
        async move { (name, vpcs_of(&place, &ids).await) }
    };
    let mut unread = Vec::new();
    for (place, vpcs) in in_lanes(lanes, |_, _| {}, look).await {
        match vpcs {
            Known::Value(vpcs) if vpcs.is_empty() => {}
            Known::Value(vpcs) => wanted.entry(place).or_default().vpcs.extend(vpcs),
            Known::Unreadable(gap) => unread.push((place, gap)),
        }
    }
    unread
}
