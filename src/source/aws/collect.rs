//! One collection: who asks; then identities beside the secrets of every region; then what the secrets point to, and the networks of their functions.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::gap;
use super::functions::functions;
use super::identities::identities;
use super::keys::{full_name, further_keys, keys};
use super::lanes::in_lanes;
use super::network::networks;
use super::options::Options;
use super::secrets::{Asked, Listed, about, list};
use super::session::Session;
use crate::arn::Arn;
use crate::inventory::{Account, Api, Function, Inventory, Key, Known, Network, Secret};
use crate::source::error::SourceError;
use crate::source::progress::Progress;

/// Reads the account that the credentials belong to. A call that fails is a gap of the inventory and stops nothing.
///
/// # Errors
/// Only when nobody can be asked: no credentials or region, credentials that AWS refuses, no answer at all.
pub async fn collect(options: &Options, progress: &dyn Progress) -> Result<Inventory, SourceError> {
    let session = Session::open(options).await?;
    progress.step("account", 1, Some(1));
    let iam = session.iam();
    let identities = async {
        let identities = identities(&iam, &session.account).await;
        progress.step("identities", 1, Some(1));
        identities
    };
    let (identities, regional) = tokio::join!(Box::pin(identities), Box::pin(regional(&session, options, progress)));
    let mut inventory = Inventory::empty(options.as_of);
    inventory.accounts.insert(session.account, Account { regions: regional.regions, identities, organization: None });
    inventory.secrets = regional.secrets;
    inventory.functions = regional.functions;
    inventory.keys = regional.keys;
    inventory.networks = regional.networks;
    inventory.partial = options.exchange.stopped();
    Ok(inventory)
}

/// What the regions hold.
struct Held {
    regions: BTreeMap<String, Known<()>>,
    secrets: BTreeMap<Arn, Secret>,
    functions: BTreeMap<Arn, Function>,
    keys: BTreeMap<Arn, Key>,
    networks: BTreeMap<String, Network>,
}

async fn regional(session: &Session, options: &Options, progress: &dyn Progress) -> Held {
    let mut regions = BTreeMap::new();
    let mut listed: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
    for (region, (secrets, outcome)) in lists(session, progress).await {
        regions.insert(region.clone(), outcome);
        listed.insert(region, secrets);
    }
    let all = || listed.values().flatten();
    let named = all().filter_map(Listed::function).chain(options.functions.iter().cloned());
    let key_names: BTreeSet<Arn> = all().filter_map(|it| full_name(it.kms_key_id()?, &it.arn)).collect();
    let step = |what: &'static str| move |done, total| progress.step(what, done, Some(total));
    let functions_and_networks = async {
        let functions = functions(session, named, step("functions")).await;
        let networks = networks(session, &functions, all().filter_map(Listed::of_stack), step("networks")).await;
        (functions, networks)
    };
    let (mut asked, (functions, networks), keys) = tokio::join!(
        Box::pin(ask_about(session, &listed, step("secrets"))),
        Box::pin(functions_and_networks),
        Box::pin(keys(session, key_names, step("keys"))),
    );
    let of_versions = asked.iter().flat_map(|(secret, asked)| asked.keys_of_versions(secret));
    let keys = Box::pin(further_keys(session, keys, of_versions, step("keys"))).await;
    let secrets = listed.into_values().flatten().map(|it| {
        let missing = || Asked::nothing(&gap(Api::GetSecretPolicy, it.arn.as_str(), "not asked"));
        let asked = asked.remove(&it.arn).unwrap_or_else(missing);
        let key = keys.meant(it.kms_key_id(), &it.arn);
        (it.arn.clone(), it.secret(asked, key))
    });
    Held { regions, secrets: secrets.collect(), functions, keys: keys.keys, networks }
}

/// The secrets of each region, by region.
async fn lists(session: &Session, progress: &dyn Progress) -> Vec<(String, (Vec<Listed>, Known<()>))> {
    let lanes = session.regions.iter().map(|region| (region.clone(), vec![()])).collect();
    let list_one = |region: &str, ()| {
        let (region, account, regional) = (region.to_owned(), session.account.clone(), session.region(region));
        async move {
            let Some(regional) = regional else {
                let missing = gap(Api::ListSecrets, &format!("{account}/{region}"), "this is not the name of a region");
                return (region, (Vec::new(), Known::Unreadable(missing)));
            };
            let answer = list(&regional, &account, &region).await;
            (region, answer)
        }
    };
    in_lanes(lanes, |done, total| progress.step("regions", done, Some(total)), list_one).await
}

/// What is asked about each secret, by its ARN; in the region that listed it.
async fn ask_about(session: &Session, listed: &BTreeMap<String, Vec<Listed>>, tick: impl Fn(usize, usize)) -> BTreeMap<Arn, Asked> {
    let arns = |secrets: &Vec<Listed>| secrets.iter().map(|it| it.arn.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let lanes = listed.iter().map(|(region, secrets)| (region.clone(), arns(secrets))).collect();
    let ask_one = |region: &str, arn: Arn| {
        let regional = session.region(region);
        async move {
            let asked = match regional {
                Some(regional) => Box::pin(about(&regional, &arn)).await,
                None => Asked::nothing(&gap(Api::GetSecretPolicy, arn.as_str(), "its region cannot be asked")),
            };
            (arn, asked)
        }
    };
    in_lanes(lanes, tick, ask_one).await.into_iter().collect()
}
