//! The networks of rotation functions: their VPCs, the VPCs that these lead to, and the region's databases. `collect` asks here when the functions are known.
//!
//! Of what several accounts share, the owner sees most: it is asked too, where it is one of the accounts that are read.
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
mod proposed;
mod public_access;
mod records;
mod region;
mod round;
mod routing;
mod security;
mod sharing;
mod transit;
mod vpcs;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::accounts::Accounts;
use super::lanes::in_lanes;
use super::options::ProposedNetworks;
use super::place::Place;
use crate::arn::Arn;
use crate::inventory::{Function, Known, Network};

pub(super) use attachments::{STACK_TAG, StackSecret};
use region::{finish, read};
use round::{Networks, Next, Round};
use wanted::Wanted;

/// How often VPCs are read: those of the functions, those behind their routes, and those behind the routes of these.
const ROUNDS: usize = 3;

/// The networks by place (`111122223333/eu-west-1`): of every account and region in which a rotation function is, as far as the account can be asked, and of those
/// that their routes lead to; and those in which functions are to be.
pub(super) async fn networks(
    accounts: &Accounts,
    (functions, proposed): (&BTreeMap<Arn, Function>, &ProposedNetworks),
    secrets: impl IntoIterator<Item = StackSecret>,
    tick: impl Fn(usize, usize),
) -> Networks {
    let mut wanted = Wanted::by_place(functions, accounts);
    let unread = proposed::add(&mut wanted, proposed, accounts).await;
    for secret in secrets {
        if let Some(wanted) = wanted.get_mut(&format!("{}/{}", secret.arn.account(), secret.arn.region())) {
            wanted.secrets.insert(secret);
        }
    }
    let mut networks: Networks = wanted.keys().map(|place| (place.clone(), Network::default())).collect();
    for (place, gap) in unread {
        networks.entry(place).or_default().subnets = Known::Unreadable(gap);
    }
    let round = |wanted: &Wanted| Round { vpcs: wanted.vpcs.clone(), groups: wanted.groups.clone(), ..Round::default() };
    let mut next: Next = wanted.iter().map(|(place, wanted)| (place.clone(), round(wanted))).collect();
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        read_next(accounts, &mut networks, &mut asked, next).await;
        // What others own of it, before what lies behind it.
        next = sharing::owned_elsewhere(&networks, &asked, accounts);
        read_next(accounts, &mut networks, &mut asked, next).await;
        next = peers::further(&networks, &asked, accounts);
    }
    sharing::complete(&mut networks);
    let lanes = networks.into_iter().map(|(place, network)| (place, vec![network])).collect();
    let end = |name: &str, network: Network| {
        let (name, place) = (name.to_owned(), accounts.place(name));
        let vpcs = asked.get(&name).cloned().unwrap_or_default();
        let wanted = wanted.get(&name).cloned();
        async move {
            match place {
                Some(place) => Some((name, Box::pin(finish(&place, network, vpcs, wanted)).await)),
                // Functions whose ARN names no region are gaps already.
                None => None,
            }
        }
    };
    in_lanes(lanes, tick, end).await.into_iter().flatten().collect()
}

/// Reads these VPCs, each place beside the others, into what is known of their places.
async fn read_next(accounts: &Accounts, networks: &mut Networks, asked: &mut BTreeMap<String, BTreeSet<String>>, mut next: Next) {
    next.retain(|_, round| !round.vpcs.is_empty() || !round.transit_gateways.is_empty());
    let mut lanes = BTreeMap::new();
    for (place, mut round) in next {
        asked.entry(place.clone()).or_default().extend(round.vpcs.iter().cloned());
        round.other_accounts =
            accounts.sessions().map(|session| session.account.to_string()).filter(|id| !place.starts_with(id.as_str())).collect();
        lanes.insert(place.clone(), vec![(networks.remove(&place).unwrap_or_default(), round)]);
    }
    let one = |name: &str, (network, round): (Network, Round)| {
        let (name, place): (String, Option<Arc<Place>>) = (name.to_owned(), accounts.place(name));
        async move {
            let network = match place {
                Some(place) => Box::pin(read(&place, network, round)).await,
                None => network,
            };
            (name, network)
        }
    };
    networks.extend(in_lanes(lanes, |_, _| {}, one).await);
}
