//! The networks of rotation functions: their VPCs, the VPCs that these lead to, and the region's databases. `collect` asks here when the functions are known.
//!
//! Lists are asked for many VPCs at once, so a hundred functions in one VPC cost the calls of one. A list that cannot be read is a gap of that list, and of
//! those that can only be found through it.

mod attachments;
mod databases;
mod endpoints;
mod gateways;
mod lists;
mod names;
mod peers;
mod public_access;
mod records;
mod region;
mod routing;
mod security;
mod transit;
mod vpcs;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lanes::in_lanes;
use super::place::Place;
use super::session::Session;
use crate::arn::Arn;
use crate::inventory::{Function, Network};

pub(super) use attachments::{STACK_TAG, StackSecret};
use region::{finish, read};
use wanted::Wanted;

/// How often VPCs are read: those of the functions, those behind their routes, and those behind the routes of these.
const ROUNDS: usize = 3;

/// The networks by place (`111122223333/eu-west-1`): of every region in which this account has a rotation function, and of those that their routes lead to.
pub(super) async fn networks(
    session: &Session,
    functions: &BTreeMap<Arn, Function>,
    secrets: impl IntoIterator<Item = StackSecret>,
    tick: impl Fn(usize, usize),
) -> BTreeMap<String, Network> {
    let mut wanted = Wanted::by_region(functions, &session.account);
    for secret in secrets {
        if let Some(wanted) = wanted.get_mut(secret.arn.region()) {
            wanted.secrets.insert(secret);
        }
    }
    let mut networks: BTreeMap<String, Network> = wanted.keys().map(|region| (region.clone(), Network::default())).collect();
    let mut next: BTreeMap<String, BTreeSet<String>> =
        wanted.iter().map(|(region, wanted)| (region.clone(), wanted.vpcs.clone())).collect();
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        next.retain(|_, vpcs| !vpcs.is_empty());
        for (region, network) in round(session, &mut networks, &next, &wanted).await {
            networks.insert(region, network);
        }
        for (region, vpcs) in std::mem::take(&mut next) {
            asked.entry(region).or_default().extend(vpcs);
        }
        for (region, vpc) in networks.iter().flat_map(|(region, network)| peers::further(network, region, &asked, session)) {
            next.entry(region).or_default().insert(vpc);
        }
    }
    let lanes = networks.into_iter().map(|(region, network)| (region, vec![network])).collect();
    let end = |region: &str, network: Network| {
        let place = session.place(region);
        let vpcs = asked.get(region).cloned().unwrap_or_default();
        let wanted = wanted.get(region).cloned();
        async move {
            match place {
                Some(place) => (place.list(), Box::pin(finish(&place, network, vpcs, wanted)).await),
                // Functions whose ARN names no region are gaps already.
                None => (String::new(), network),
            }
        }
    };
    in_lanes(lanes, tick, end).await.into_iter().filter(|(place, _)| !place.is_empty()).collect()
}

/// Reads these VPCs, each region beside the others, into what is known of their regions.
async fn round(
    session: &Session,
    networks: &mut BTreeMap<String, Network>,
    next: &BTreeMap<String, BTreeSet<String>>,
    wanted: &BTreeMap<String, Wanted>,
) -> Vec<(String, Network)> {
    let mut so_far = |region: &String| networks.remove(region).unwrap_or_default();
    let lanes = next.iter().map(|(region, vpcs)| (region.clone(), vec![(so_far(region), vpcs.clone())])).collect();
    let one = |region: &str, (network, vpcs): (Network, BTreeSet<String>)| {
        let (region, place): (String, Option<Arc<Place>>) = (region.to_owned(), session.place(region));
        let groups = wanted.get(&region).map(|wanted| wanted.groups.clone()).unwrap_or_default();
        async move {
            let network = match place {
                Some(place) => Box::pin(read(&place, network, &vpcs, groups)).await,
                None => network,
            };
            (region, network)
        }
    };
    in_lanes(lanes, |_, _| {}, one).await
}
