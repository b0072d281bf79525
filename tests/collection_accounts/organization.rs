//! A whole organization: which accounts are found and chosen, what reaches them, what that costs, and what becomes of it when whoever asks may not see it.

use std::collections::{BTreeMap, BTreeSet};

use rotaudit::inventory::{Api, ControlPolicies, Gap, Inventory, Known, WhoAsks};
use rotaudit::source::SourceError;
use rotaudit::source::aws::{Accounts, Options};

use super::collecting::{assert_same, options, run};
use super::mock::{Fault, Faults, Mock};
use super::sample::ACCOUNT;
use super::world::{CLOSED, FUNCTIONS, KEYS, NETWORK, id, unread, world};

/// All of the organization but for these filters, each `+` or `-` and what it selects.
fn organization(mock: &Mock, filters: &[&str]) -> Options {
    let of = |sign: char| filters.iter().filter_map(|filter| filter.strip_prefix(sign)).map(|text| text.parse().unwrap()).collect();
    let accounts = Accounts::Organization { role_name: "audit/rotaudit".to_owned(), include: of('+'), exclude: of('-') };
    Options { accounts, all_regions: true, ..options(mock, &world()) }
}

fn with_faults(faults: Faults) -> Result<Inventory, SourceError> {
    run(&organization(&Mock::serve(world(), faults), &[]))
}

/// The accounts of an inventory, by what they are for; those that could not be read in capitals.
fn accounts(inventory: &Inventory) -> String {
    let name = |id: &str| match id {
        ACCOUNT => 'a',
        FUNCTIONS => 'f',
        KEYS => 'k',
        NETWORK => 'n',
        _ => 'c',
    };
    let shown = |(id, account): (&rotaudit::arn::AccountId, &rotaudit::inventory::Account)| {
        let name = name(id.as_str());
        if account.identities.gap().is_some() { name.to_ascii_uppercase() } else { name }
    };
    let mut names: Vec<char> = inventory.accounts.iter().map(shown).collect();
    names.sort_unstable_by_key(char::to_ascii_lowercase);
    names.into_iter().collect()
}

/// What is expected of all accounts: of a closed one nobody can say which regions it has.
fn expected() -> Inventory {
    let mut expected = world();
    let closed = expected.accounts.get_mut(CLOSED).unwrap();
    let gap = closed.identities.gap().unwrap().clone();
    assert_eq!(*gap.call, *Api::ListAccountsForParent.spec().name);
    closed.regions.clear();
    expected
}

fn without_regions_of_closed(mut found: Inventory) -> Inventory {
    let regions = std::mem::take(&mut found.accounts.get_mut(CLOSED).unwrap().regions);
    assert!(regions.len() > 30 && regions.values().all(|region| region.gap().is_some()), "every region that may be there");
    found
}

#[test]
fn every_active_account_is_read_with_its_place_and_its_control_policies() {
    for page in [1, 2, 20] {
        let found = without_regions_of_closed(with_faults(Faults::paged(page)).unwrap());
        assert_same(&found, &expected(), &format!("{page} on a page"));
    }
}

#[test]
fn the_accounts_are_chosen_by_unit_id_and_tag() {
    for (filters, chosen) in [
        (&[][..], "aCfkn"),
        (&["+ou:workloads"], "Cfk"),
        (&["+ou:ou-ab12-workloads", "-ou:prod"], "Ck"),
        (&["+ou:workloads/prod", "+999988887777"], "fn"),
        (&["+ou:Root", "-ou:workloads"], "an"),
        (&["-121212121212", "-tag:unit=network"], "afk"),
        (&["+tag:unit=prod"], "f"),
        (&["+tag:unit=prod", "+tag:unit=network", "-444455556666"], "n"),
        (&["+111122223333"], "a"),
    ] {
        let mock = Mock::serve(world(), Faults::default());
        let found = run(&organization(&mock, filters)).unwrap();
        assert_eq!(accounts(&found), chosen, "{filters:?}");
        let by_tag = filters.iter().any(|filter| filter.contains("tag:"));
        assert_eq!(mock.log().iter().any(|call| call.name == "organizations:ListTagsForResource"), by_tag, "{filters:?}");
        assert!(mock.log().iter().all(|call| !call.subject.contains(&format!("{ACCOUNT}:role"))), "our own account needs no role");
    }
}

#[test]
fn tags_are_asked_of_those_alone_of_which_they_decide_and_without_them_an_account_is_a_gap() {
    let mock = Mock::serve(world(), Faults::one("organizations:ListTagsForResource", Fault::Deny));
    let found = run(&organization(&mock, &["+ou:network", "+tag:unit=prod", "-111122223333", "-121212121212"])).unwrap();
    assert_eq!(accounts(&found), "FKn");
    let asked: BTreeSet<String> =
        mock.log().into_iter().filter(|call| call.name == "organizations:ListTagsForResource").map(|call| call.subject).collect();
    assert_eq!(asked, [FUNCTIONS, KEYS].map(str::to_owned).into());
    let gap = found.accounts[&id(KEYS)].identities.gap().unwrap().clone();
    assert_eq!((&*gap.call, &*gap.resource), ("organizations:ListTagsForResource", KEYS));
    assert!(found.gaps().contains(&gap));
}

#[test]
fn a_filter_that_selects_nothing_there_is_told_so() {
    let mock = Mock::serve(world(), Faults::default());
    let told = |filters: &[&str]| run(&organization(&mock, filters)).unwrap_err().to_string();
    assert!(told(&["+ou:workload"]).contains("did you mean Root/workloads?"), "{}", told(&["+ou:workload"]));
    assert!(told(&["-222233334444"]).contains("has no account 222233334444"));
    assert!(told(&["+ou:prod", "-ou:prod"]).contains("leave none of the 5 accounts"));
}

#[test]
fn whoever_may_not_see_the_organization_is_told_the_call_and_who_may() {
    for api in [Api::DescribeOrganization, Api::ListRoots, Api::ListOrganizationalUnits, Api::ListAccountsForParent] {
        for fault in [Fault::Deny, Fault::Html(200), Fault::Text("{}".to_owned())] {
            let error = with_faults(Faults::one(api.spec().name, fault.clone())).unwrap_err();
            assert!(matches!(error, SourceError::Organization { .. }), "{api:?} {fault:?}: {error}");
            let text = error.to_string();
            assert!(text.contains(api.spec().name) && text.contains("management account") && text.contains("--assume-role"), "{text}");
        }
    }
    let mut member = world();
    let ours = member.accounts.get_mut(ACCOUNT).unwrap();
    let Some(Known::Value(membership)) = &mut ours.organization else { panic!("it is known") };
    membership.management = false;
    let error = run(&organization(&Mock::serve(member.clone(), Faults::default()), &[])).unwrap_err();
    assert!(error.to_string().contains("organizations:ListRoots"), "{error}");
    member.accounts.get_mut(ACCOUNT).unwrap().organization = None;
    let error = run(&organization(&Mock::serve(member, Faults::default()), &[])).unwrap_err();
    assert!(matches!(&error, SourceError::NoOrganization { account } if account == ACCOUNT), "{error}");
}

#[test]
fn control_policies_that_are_denied_are_unreadable_and_the_rest_is_as_it_is() {
    for api in [Api::ListControlPolicies, Api::ListTargetsForPolicy, Api::DescribeControlPolicy] {
        let found = without_regions_of_closed(with_faults(Faults::one(api.spec().name, Fault::Deny)).unwrap());
        let mut same = found.clone();
        let mut wanted = expected();
        for (account, it) in &mut same.accounts {
            let ControlPolicies { service, resource } = it.control_policies.take().unwrap();
            for known in [service, resource] {
                assert_eq!(known.gap().map(|gap| &*gap.call), Some(api.spec().name), "{api:?} {account}");
            }
        }
        wanted.accounts.values_mut().for_each(|account| account.control_policies = None);
        assert_same(&same, &wanted, api.spec().name);
        assert!(found.gaps().iter().any(|gap| *gap.call == *api.spec().name));
    }
}

#[test]
fn an_organization_costs_two_lists_for_each_unit_and_two_calls_for_each_policy() {
    let mock = Mock::serve(world(), Faults::default());
    run(&organization(&mock, &[])).unwrap();
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for call in mock.log().into_iter().filter(|call| call.name.starts_with("organizations:")) {
        assert_eq!((call.account.as_str(), call.region.as_str()), (ACCOUNT, "us-east-1"));
        *counted.entry(call.name).or_default() += 1;
    }
    let expected = [
        ("organizations:DescribeOrganization", 1),
        ("organizations:DescribePolicy", 4),
        ("organizations:ListAccountsForParent", 4),
        ("organizations:ListOrganizationalUnitsForParent", 4),
        ("organizations:ListPolicies", 2),
        ("organizations:ListRoots", 1),
        // What the fourth is attached to is known.
        ("organizations:ListTargetsForPolicy", 3),
    ];
    assert_eq!(counted, expected.map(|(name, times)| (name.to_owned(), times)).into());
}

#[test]
fn every_call_that_finds_accounts_and_regions_is_made() {
    let mock = Mock::serve(world(), Faults::default());
    run(&organization(&mock, &["-tag:unit=network"])).unwrap();
    let made: BTreeSet<String> = mock.log().into_iter().map(|call| call.name).collect();
    let elsewhere = |api: &Api| api.spec().asked_by == WhoAsks::EachAccount && *api != Api::DescribeRegions;
    let missing: Vec<Api> = Api::ALL.into_iter().filter(|api| !elsewhere(api) && !made.contains(api.spec().name)).collect();
    assert_eq!(missing, []);
    assert!(made.iter().all(|name| Api::named(name).is_some()), "{made:?}");
}

#[test]
fn an_account_of_the_organization_without_the_role_is_a_gap_that_names_the_role() {
    let mut served = world();
    let role = format!("arn:aws:iam::{KEYS}:role/audit/rotaudit");
    unread(&mut served, KEYS, &Gap::new("sts:AssumeRole", &role, "AccessDenied: no"));
    let found = run(&organization(&Mock::serve(served, Faults::default()), &["-121212121212"])).unwrap();
    assert_eq!(accounts(&found), "afKn");
    let account = &found.accounts[&id(KEYS)];
    assert_eq!(account.identities.gap(), Some(&Gap::new("sts:AssumeRole", &role, "AccessDenied: no")));
    assert!(account.organization.is_some() && account.control_policies.is_some(), "where it stands is known all the same");
}
