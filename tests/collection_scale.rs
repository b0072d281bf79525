//! An organization of fifty accounts in two regions, with five thousand rotations, collected from a mock that enforces AWS's rates, throttles five calls of a
//! hundred, fails one of a hundred, refuses three accounts and has keys whose policies lock the auditor out.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/generate.rs"]
mod generate;
#[path = "support/mock.rs"]
mod mock;
#[path = "support/networks.rs"]
mod networks;
#[path = "support/sample.rs"]
mod sample;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use collecting::{options, run};
use generate::Shape;
use mock::{Call, Fault, Faults, Mock};
use rotaudit::arn::Arn;
use rotaudit::audit::audit;
use rotaudit::inventory::network::BlockPublicAccess;
use rotaudit::inventory::{Gap, Inventory, Known, OrganizationMembership};
use rotaudit::report;
use rotaudit::rules::RuleSet;
use rotaudit::source::aws::{Accounts, Exchange, Options, Rates};

const SHAPE: Shape = Shape { secrets: 8_400, functions: 500, roles: 1_000, accounts: 50, seed: 11 };
/// So many accounts cannot be read.
const REFUSED: usize = 3;

fn role(account: &str) -> Arn {
    Arn::parse(&format!("arn:aws:iam::{account}:role/rotaudit")).unwrap()
}

/// The organization, as the mock serves it, and the accounts that it refuses.
fn organization() -> (Inventory, BTreeSet<String>) {
    let mut inventory = generate::inventory(SHAPE).unwrap();
    let refused: BTreeSet<String> = inventory.accounts.keys().rev().take(REFUSED).map(ToString::to_string).collect();
    for (id, account) in inventory.accounts.iter_mut().filter(|(id, _)| refused.contains(id.as_str())) {
        let says = format!("AccessDenied: User is not authorized to perform: sts:AssumeRole on {id}");
        let gap = Gap::new("sts:AssumeRole", role(id.as_str()).as_str(), &says);
        account.identities = Known::Unreadable(gap.clone());
        account.regions.values_mut().for_each(|region| *region = Known::Unreadable(gap.clone()));
    }
    for network in inventory.networks.values_mut() {
        network.block_public_access = Known::Value(BlockPublicAccess { mode: "off".to_owned(), ..BlockPublicAccess::default() });
    }
    (inventory, refused)
}

/// What can be read of it: nothing that only a refused account tells.
fn readable(served: &Inventory, refused: &BTreeSet<String>) -> Inventory {
    let mut inventory = served.clone();
    inventory.secrets.retain(|secret, _| !refused.contains(secret.account()));
    inventory.networks.retain(|place, _| !refused.iter().any(|account| place.starts_with(account)));
    let named =
        |of: fn(&rotaudit::inventory::Secret) -> Option<Arn>| -> BTreeSet<Arn> { inventory.secrets.values().filter_map(of).collect() };
    let functions = named(|secret| Some(secret.rotation.function.as_ref()?.split_qualifier().0));
    let keys = named(|secret| secret.key.value()?.clone());
    inventory.functions.retain(|arn, _| functions.contains(arn));
    inventory.keys.retain(|arn, _| keys.contains(arn));
    inventory
}

fn reported(inventory: &Inventory) -> String {
    let mut out = Vec::new();
    report::json(&audit(inventory, &RuleSet::builtin().unwrap()), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The fewest calls that tell what `inventory` holds, networks excepted: every list in pages as long as AWS allows, everything else once.
fn fewest(inventory: &Inventory, refused: &BTreeSet<String>) -> usize {
    let mut listed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (id, account) in inventory.accounts.iter().filter(|(id, _)| !refused.contains(id.as_str())) {
        listed.extend(account.regions.keys().map(|region| ((id.as_str(), region.as_str()), 0)));
    }
    for secret in inventory.secrets.keys() {
        *listed.entry((secret.account(), secret.region())).or_default() += 1;
    }
    let lists: usize = listed.values().map(|secrets| secrets.div_ceil(100).max(1)).sum();
    // Versions and the names of the policies of each secret, and each policy.
    let policies = |it: &Known<Vec<_>>| it.value().map_or(1, Vec::len);
    let secrets: usize = inventory.secrets.values().map(|secret| 2 + policies(&secret.policies)).sum();
    // Configuration, policy, concurrency, tags, URLs.
    let functions = 5 * inventory.functions.len();
    // Metadata, two policies by name, grants.
    let keys = 4 * inventory.keys.len();
    let accounts = inventory.accounts.len() + inventory.accounts.len() - refused.len() + 1;
    lists + secrets + functions + keys + accounts
}

fn is_of_networks(call: &Call) -> bool {
    ["ec2:", "rds:", "route53:", "route53resolver:", "cloudformation:"].iter().any(|service| call.name.starts_with(service))
}

#[test]
fn a_large_organization_is_read_whole_politely_and_with_hardly_a_call_too_many() {
    let (served, refused) = organization();
    let expected = readable(&served, &refused);
    let rotating = served.secrets.values().filter(|secret| secret.rotation.enabled).count();
    assert!(rotating >= 5_000, "{rotating}");
    let throttled_or_failing = [vec![Fault::Throttle(usize::MAX); 5], vec![Fault::Html(503)]].concat();
    let rules = vec![("*".to_owned(), Fault::Some(3, 6, throttled_or_failing))];
    let mock = Mock::serve(served.clone(), Faults { rules, page: 1_000, rates: true, ..Faults::default() });
    let exchange = Exchange::new(Rates::Documented);
    let roles = served.accounts.keys().map(|account| role(account.as_str())).collect();
    let options = Options {
        accounts: Accounts::Roles { roles, own: false },
        max_attempts: 12,
        exchange: exchange.clone(),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new("999999999999", "secret", None, None, "test"))),
        ..options(&mock, &served)
    };
    let found = run(&options).unwrap();

    // What differs is what three refused accounts and the locked keys leave undecided, and nothing else.
    let gaps = (found.gaps(), expected.gaps());
    let more: Vec<&Gap> = gaps.0.symmetric_difference(&gaps.1).take(5).collect();
    assert_eq!(more, Vec::<&Gap>::new(), "{} and {} gaps", gaps.0.len(), gaps.1.len());
    let (told, true_report) = (reported(&found), reported(&expected));
    let differing = told.lines().zip(true_report.lines()).find(|(told, truth)| told != truth);
    assert_eq!(differing, None, "{} and {} lines", told.lines().count(), true_report.lines().count());
    assert_eq!(told, true_report);
    assert!(told.matches("\"kms:GetKeyPolicy\"").count() > 0, "some keys are locked");
    assert_eq!(
        audit(&found, &RuleSet::builtin().unwrap()).coverage.iter().filter(|entry| &*entry.gap.call == "sts:AssumeRole").count(),
        REFUSED
    );

    // Each call once, but for those that were throttled or failed, and no more of them than the facts need.
    let log = mock.log();
    let asked: BTreeSet<(&String, &String, &String, &String)> =
        log.iter().map(|call| (&call.name, &call.account, &call.region, &call.subject)).collect();
    let total = exchange.numbers().total();
    let of_networks: BTreeSet<_> =
        log.iter().filter(|call| is_of_networks(call)).map(|call| (&call.name, &call.account, &call.region, &call.subject)).collect();
    let bound = fewest(&expected, &refused);
    let made = asked.len() - of_networks.len();
    assert!(made * 100 <= bound * 105, "{made} calls, where {bound} are enough");
    assert!(of_networks.len() <= 45 * expected.networks.len(), "{} calls for {} networks", of_networks.len(), expected.networks.len());

    // The rates are kept: beside the six of a hundred that fail whatever happens, hardly any is throttled for coming too fast.
    assert_eq!(
        total.throttles,
        log.len() as u64 - total.answers - total.failures.saturating_sub(total.throttles).min(total.failures),
        "{total:?}"
    );
    assert!(mock.throttles() * 50 <= log.len(), "{} of {}", mock.throttles(), log.len());
}
