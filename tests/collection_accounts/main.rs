//! The collector over several accounts, against the mock: what lies in different accounts joins into one inventory, each thing is asked about once by whoever owns
//! it, and an account that cannot be read stops nothing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "../support/collecting.rs"]
mod collecting;
mod command;
#[path = "../support/mock.rs"]
mod mock;
#[path = "../support/networks.rs"]
mod networks;
mod organization;
#[path = "../support/sample.rs"]
mod sample;
mod world;

use std::collections::BTreeMap;

use collecting::{assert_same, options, run};
use mock::{Call, Faults, Mock};
use rotaudit::arn::Arn;
use rotaudit::audit::audit;
use rotaudit::inventory::{Api, Gap, Inventory, Known};
use rotaudit::rules::RuleSet;
use rotaudit::source::aws::{Accounts, Options};
use sample::{ACCOUNT, arn};
use world::{FAR_KEY, FUNCTIONS, KEYS, NETWORK, SHARED_KEY, by_roles, id, unread, world};

fn role(account: &str) -> Arn {
    arn(&format!("arn:aws:iam::{account}:role/rotaudit"))
}

/// Ours with its own credentials, the others each with a role.
fn four(mock: &Mock) -> Options {
    let roles = [NETWORK, FUNCTIONS, KEYS].map(role).into();
    Options { accounts: Accounts::Roles { roles, own: true }, ..options(mock, &world()) }
}

fn collected(served: &Inventory, faults: Faults) -> (Inventory, Vec<Call>) {
    let mock = Mock::serve(served.clone(), faults);
    let found = run(&four(&mock)).unwrap();
    (found, mock.log())
}

#[test]
fn what_is_collected_of_four_accounts_is_what_there_is() {
    for page in [1, 100] {
        let (found, _) = collected(&world(), Faults::paged(page));
        assert_same(&found, &by_roles(), &format!("{page} on a page"));
    }
}

#[test]
fn each_thing_is_asked_about_once_by_whoever_owns_it_or_else_names_it() {
    let (_, log) = collected(&world(), Faults::default());
    let mut times: BTreeMap<&Call, usize> = BTreeMap::new();
    for call in &log {
        *times.entry(call).or_default() += 1;
    }
    let twice: Vec<_> = times.into_iter().filter(|(_, times)| *times > 1).collect();
    assert_eq!(twice, []);
    let of = |name: &'static str| log.iter().filter(move |call| call.name == name);
    assert_eq!(of("sts:AssumeRole").count(), 3, "a role is taken on once");
    assert!(of("sts:AssumeRole").all(|call| call.account == ACCOUNT));
    assert_eq!(of("sts:GetCallerIdentity").count(), 1);
    assert_eq!(of("iam:GetAccountAuthorizationDetails").count(), 4);
    for call in &log {
        let Some(thing) = call.subject.split(' ').find_map(|word| Arn::parse(word).ok()) else { continue };
        let owner = thing.account();
        let asks = if [ACCOUNT, FUNCTIONS, KEYS, NETWORK].contains(&owner) && call.name != "sts:AssumeRole" { owner } else { ACCOUNT };
        assert_eq!(call.account, asks, "{call:?}");
    }
    assert!(of("kms:DescribeKey").any(|call| call.account == KEYS && call.subject == SHARED_KEY));
    assert!(of("kms:DescribeKey").any(|call| call.account == ACCOUNT && call.subject == FAR_KEY), "its account is not read");
}

#[test]
fn without_the_owner_of_a_vpc_its_user_tells_what_it_sees() {
    let mock = Mock::serve(world(), Faults::default());
    let found =
        run(&Options { accounts: Accounts::Roles { roles: vec![role(FUNCTIONS)], own: false }, ..options(&mock, &world()) }).unwrap();
    assert_eq!(found.accounts.keys().map(rotaudit::arn::AccountId::as_str).collect::<Vec<&str>>(), [FUNCTIONS], "roles alone are read");
    assert!(found.secrets.keys().all(|secret| secret.account() == FUNCTIONS));
    assert!(found.networks.keys().all(|place| place.starts_with(FUNCTIONS)));
    // Nobody else can tell the routes of the transit gateway, so whoever uses it is asked.
    assert!(mock.log().iter().any(|call| call.name == "ec2:SearchTransitGatewayRoutes" && call.account == FUNCTIONS));
}

#[test]
fn what_one_account_does_not_see_of_an_attachment_another_tells() {
    let mut served = world();
    let attachments =
        |inventory: &mut Inventory, account: &str, change: fn(&mut rotaudit::inventory::network::TransitGatewayAttachment)| {
            let network = inventory.networks.get_mut(&format!("{account}/eu-west-1")).unwrap();
            let Known::Value(attachments) = &mut network.transit_gateway_attachments else { panic!("they are known") };
            change(attachments.get_mut("tgw-attach-shared").unwrap());
        };
    attachments(&mut served, FUNCTIONS, |attachment| attachment.route_table = None);
    attachments(&mut served, NETWORK, |attachment| attachment.subnets.clear());
    let (found, log) = collected(&served, Faults::default());
    assert_same(&found, &by_roles(), "each sees a part");
    let asks: Vec<&str> =
        log.iter().filter(|call| call.name == "ec2:SearchTransitGatewayRoutes").map(|call| call.account.as_str()).collect();
    assert_eq!(asks, [ACCOUNT, ACCOUNT, NETWORK], "two tables of ours, and theirs by its owner");
}

#[test]
fn accounts_whose_roles_are_refused_are_gaps_and_the_rest_is_read() {
    let (mut served, mut expected) = (world(), by_roles());
    for account in [FUNCTIONS, KEYS, NETWORK] {
        let says = format!("AccessDenied: User is not authorized to perform: sts:AssumeRole on {account}");
        let gap = Gap::new("sts:AssumeRole", role(account).as_str(), &says);
        unread(&mut served, account, &gap);
        unread(&mut expected, account, &gap);
        expected.accounts.get_mut(account).unwrap().organization = None;
    }
    expected.secrets.retain(|secret, _| secret.account() == ACCOUNT);
    expected.networks.retain(|place, _| place.starts_with(ACCOUNT));
    let named = |arn: &Arn, of: fn(&rotaudit::inventory::Secret) -> Option<&Arn>| {
        let ours = served.secrets.values().filter(|secret| secret.arn.account() == ACCOUNT);
        ours.filter_map(of).any(|named| named.split_qualifier().0 == *arn)
    };
    expected.functions.retain(|arn, _| named(arn, |secret| secret.rotation.function.as_ref()));
    let of_a_version = |key: &Arn| {
        let ours = served.secrets.values().filter(|secret| secret.arn.account() == ACCOUNT);
        let mut ids = ours.filter_map(|secret| secret.versions.value()).flatten().flat_map(|version| &version.key_ids);
        ids.any(|id| key.as_str() == id || key.as_str().ends_with(&format!(":{ACCOUNT}:key/{id}")))
    };
    expected.keys.retain(|arn, _| named(arn, |secret| secret.key.value()?.as_ref()) || of_a_version(arn));
    let (found, log) = collected(&served, Faults::default());
    assert_same(&found, &expected, "refused");
    assert!(log.iter().all(|call| call.account == ACCOUNT), "whoever names a thing asks about it");
    let report = audit(&found, &RuleSet::builtin().unwrap());
    let refused =
        report.coverage.iter().filter(|entry| &*entry.gap.call == "sts:AssumeRole" && entry.effect == "everything in that account");
    assert_eq!(refused.count(), 3);
}

#[test]
fn a_role_may_want_an_external_id() {
    let mock = Mock::serve(world(), Faults::default());
    let guarded = arn(&format!("arn:aws:iam::{KEYS}:role/guarded"));
    let with = |external_id: Option<&str>| {
        let accounts = Accounts::Roles { roles: vec![guarded.clone()], own: true };
        let options = Options { accounts, external_id: external_id.map(str::to_owned), ..options(&mock, &world()) };
        run(&options).unwrap().accounts[&id(KEYS)].identities.gap().cloned()
    };
    assert_eq!(with(Some("the-agreed-id")), None);
    let gap = with(None).unwrap();
    assert_eq!((&*gap.call, &*gap.resource), ("sts:AssumeRole", guarded.as_str()));
    assert!(gap.error.starts_with("AccessDenied: ") && gap.error.contains("not authorized to perform: sts:AssumeRole"), "{gap}");
}

#[test]
fn the_organization_of_an_account_that_may_not_tell_it_is_a_gap_and_decides_nothing_else() {
    let (found, _) = collected(&world(), Faults::one("organizations:DescribeOrganization", mock::Fault::Deny));
    let mut expected = by_roles();
    for (id, account) in &mut expected.accounts {
        let error = "AccessDeniedException: not authorized to perform organizations:DescribeOrganization";
        account.organization = Some(Known::Unreadable(Gap::new(Api::DescribeOrganization.spec().name, id.as_str(), error)));
    }
    assert_same(&found, &expected, "denied");
}

#[test]
fn where_no_account_can_be_read_there_is_nothing_to_judge() {
    let mut served = world();
    unread(&mut served, KEYS, &Gap::new("sts:AssumeRole", role(KEYS).as_str(), "AccessDenied: no"));
    let mock = Mock::serve(served, Faults::default());
    let error =
        run(&Options { accounts: Accounts::Roles { roles: vec![role(KEYS)], own: false }, ..options(&mock, &world()) }).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("none of 1 accounts") && text.contains(role(KEYS).as_str()) && text.contains("AccessDenied: no"), "{text}");
}
