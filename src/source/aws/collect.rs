//! One collection: the accounts; then identities beside the secrets of every region; then what the secrets point to, and the networks of their functions.
//!
//! Every thing is asked about once: with the credentials of the account that owns it where that account is read, otherwise with those of the account that names it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::accounts::{Accounts, lane};
use super::ask::gap;
use super::functions::functions;
use super::identities::identities;
use super::keys::{full_name, further_keys, keys};
use super::lanes::in_lanes;
use super::network::networks;
use super::options::Options;
use super::secrets::{Asked, Listed, about, list};
use super::session::Session;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Api, Function, Identities, Inventory, Key, Known, Network, Secret};
use crate::source::error::SourceError;
use crate::source::progress::Progress;

/// Reads the accounts that the options name. A call that fails is a gap of the inventory and stops nothing.
///
/// # Errors
/// Only when nobody can be asked: no credentials or region, credentials that AWS refuses, no answer at all; or when an organization is to be read and cannot be.
pub async fn collect(options: &Options, progress: &dyn Progress) -> Result<Inventory, SourceError> {
    let accounts = Accounts::open(options, progress).await?;
    let (identities, regional) =
        tokio::join!(Box::pin(all_identities(&accounts, progress)), Box::pin(regional(&accounts, options, progress)));
    let mut inventory = Inventory::empty(options.as_of);
    inventory.accounts = accounts.known;
    for (id, identities) in identities {
        inventory.accounts.entry(id).and_modify(|account| account.identities = identities);
    }
    for ((id, region), outcome) in regional.regions {
        inventory.accounts.entry(id).and_modify(|account| drop(account.regions.insert(region, outcome)));
    }
    inventory.secrets = regional.secrets;
    inventory.functions = regional.functions;
    inventory.keys = regional.keys;
    inventory.aliases = regional.aliases;
    inventory.networks = regional.networks;
    inventory.partial = options.exchange.stopped();
    inventory.share();
    Ok(inventory)
}

/// What the regions hold.
struct Held {
    regions: BTreeMap<(AccountId, String), Known<()>>,
    secrets: BTreeMap<Arn, Secret>,
    functions: BTreeMap<Arn, Function>,
    keys: BTreeMap<Arn, Key>,
    aliases: BTreeMap<Arn, Known<Arn>>,
    networks: BTreeMap<String, Network>,
}

/// The identities of each account.
async fn all_identities(accounts: &Accounts, progress: &dyn Progress) -> Vec<(AccountId, Known<Identities>)> {
    let lanes = accounts.sessions().map(|session| (session.account.to_string(), vec![Arc::clone(session)])).collect();
    let one = |_: &str, session: Arc<Session>| async move {
        let identities = identities(&session.iam(), &session.account).await;
        (session.account.clone(), identities)
    };
    in_lanes(lanes, |done, total| progress.step("identities", done, Some(total)), one).await
}

/// A secret, and who listed it where.
struct Found {
    session: Arc<Session>,
    region: Arc<str>,
    listed: Listed,
}

async fn regional(accounts: &Accounts, options: &Options, progress: &dyn Progress) -> Held {
    let mut regions = BTreeMap::new();
    let mut found: Vec<Found> = Vec::new();
    for (session, region, (secrets, outcome)) in lists(accounts, progress).await {
        regions.insert((session.account.clone(), region.to_string()), outcome);
        found.extend(secrets.into_iter().map(|listed| Found { session: Arc::clone(&session), region: Arc::clone(&region), listed }));
    }
    // Whoever names a thing first is who asks about it, where its owner is not read: the same in every run.
    found.sort_by(|one, other| one.listed.arn.cmp(&other.listed.arn));
    let proposed = |it: &Found| options.proposed.as_ref()?.of(&it.listed.arn, it.listed.name());
    let named = found.iter().filter_map(|it| Some((it.listed.function()?, Some(&it.session.account))));
    let named = named.chain(found.iter().filter_map(|it| Some((proposed(it)?, Some(&it.session.account)))));
    let named = named.chain(options.functions.iter().map(|function| (function.clone(), None)));
    let key_names = found.iter().filter_map(|it| Some((full_name(it.listed.kms_key_id()?, &it.listed.arn)?, &it.session.account)));
    let further = options.keys.iter().filter_map(|key| Some((key.clone(), &accounts.who_asks(key, None)?.account)));
    let key_names = key_names.chain(further);
    let step = |what: &'static str| move |done, total| progress.step(what, done, Some(total));
    let functions_and_networks = async {
        let functions = functions(accounts, named, step("functions")).await;
        let networks = networks(
            accounts,
            (&functions, &options.networks),
            found.iter().filter_map(|it| it.listed.of_stack(proposed(it).is_some())),
            step("networks"),
        )
        .await;
        (functions, networks)
    };
    let (mut asked, (functions, networks), keys) = tokio::join!(
        Box::pin(ask_about(&found, step("secrets"))),
        Box::pin(functions_and_networks),
        Box::pin(keys(accounts, key_names, step("keys"))),
    );
    let named_by = |it: &Found| (it.listed.arn.clone(), it.session.account.clone());
    let namers: BTreeMap<Arn, AccountId> = found.iter().map(named_by).collect();
    let of_versions = asked.iter().filter_map(|(secret, asked)| Some((asked.keys_of_versions(secret), namers.get(secret)?)));
    let of_versions = of_versions.flat_map(|(keys, account)| keys.map(move |key| (key, account)));
    let keys = Box::pin(further_keys(accounts, keys, of_versions, step("keys"))).await;
    let secrets = found.into_iter().map(|Found { listed: it, .. }| {
        let missing = || Asked::nothing(&gap(Api::GetSecretPolicy, it.arn.as_str(), "not asked"));
        let asked = asked.remove(&it.arn).unwrap_or_else(missing);
        let key = keys.meant(it.kms_key_id(), &it.arn);
        (it.arn.clone(), it.secret(asked, key))
    });
    let secrets = secrets.collect();
    let aliases = options.keys.iter().filter_map(|it| Some((it.clone(), keys.meaning(it)?.clone()))).collect();
    Held { regions, secrets, functions, keys: keys.keys, aliases, networks }
}

/// The secrets of each account and region.
async fn lists(accounts: &Accounts, progress: &dyn Progress) -> Vec<(Arc<Session>, Arc<str>, (Vec<Listed>, Known<()>))> {
    let places = accounts.sessions().flat_map(|session| session.regions.iter().map(move |region| (session, region)));
    let lanes = places.map(|(session, region)| (lane(session, region), vec![(Arc::clone(session), Arc::from(region.as_str()))])).collect();
    let list_one = |_: &str, (session, region): (Arc<Session>, Arc<str>)| async move {
        let Some(regional) = session.region(&region) else {
            let missing = gap(Api::ListSecrets, &lane(&session, &region), "this is not the name of a region");
            return (session, region, (Vec::new(), Known::Unreadable(missing)));
        };
        let answer = list(&regional, &session.account, &region).await;
        (session, region, answer)
    };
    in_lanes(lanes, |done, total| progress.step("regions", done, Some(total)), list_one).await
}

/// What is asked about each secret, by its ARN; in the account and region that listed it.
async fn ask_about(found: &[Found], tick: impl Fn(usize, usize)) -> BTreeMap<Arn, Asked> {
    let mut lanes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for it in found.iter().filter(|it| seen.insert(&it.listed.arn)) {
        let item = (Arc::clone(&it.session), Arc::clone(&it.region), it.listed.arn.clone());
        lanes.entry(lane(&it.session, &it.region)).or_default().push(item);
    }
    let ask_one = |_: &str, (session, region, arn): (Arc<Session>, Arc<str>, Arn)| async move {
        let asked = match session.region(&region) {
            Some(regional) => Box::pin(about(&regional, &arn)).await,
            None => Asked::nothing(&gap(Api::GetSecretPolicy, arn.as_str(), "its region cannot be asked")),
        };
        (arn, asked)
    };
    in_lanes(lanes, tick, ask_one).await.into_iter().collect()
}
