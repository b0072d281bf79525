//! Tests of merging: places side by side, the later reading of the same place, facts that only one could read.

use jiff::SignedDuration;

use super::*;
use crate::inventory::{ControlPolicies, Gap, OrganizationMembership, clean};

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn part(name: &str, days: i64, change: impl FnOnce(&mut Inventory)) -> Part {
    let mut inventory = clean::account().unwrap();
    inventory.as_of += SignedDuration::from_hours(24 * days);
    change(&mut inventory);
    Part { name: name.to_owned(), inventory }
}

/// The clean account in another region.
fn elsewhere(inventory: &mut Inventory) {
    let text = crate::inventory::snapshot::to_text(inventory).unwrap().replace(clean::REGION, "us-east-1");
    let identities = std::mem::take(&mut inventory.accounts);
    *inventory = crate::inventory::snapshot::from_text(text.as_bytes()).unwrap();
    for (id, account) in identities {
        inventory.accounts.get_mut(id.as_str()).unwrap().identities = account.identities;
    }
}

fn gap(call: &str) -> Gap {
    Gap::new(call, "x", "AccessDeniedException")
}

#[test]
fn two_regions_of_an_account_stand_side_by_side_each_with_its_own_time() {
    let both = merged(vec![part("b", 3, elsewhere), part("a", 0, |_| {})]).unwrap();
    assert_eq!((both.secrets.len(), both.functions.len(), both.keys.len(), both.accounts.len()), (4, 2, 2, 1));
    assert_eq!(both.accounts[clean::ACCOUNT].regions.len(), 2);
    assert_eq!(both.as_of, part("b", 3, |_| {}).inventory.as_of);
    assert_eq!(both.read_at(&arn(clean::SECRET)), part("a", 0, |_| {}).inventory.as_of);
    assert_eq!(both.read_at.len(), 1, "what was read last needs no time of its own");
    assert_eq!(both.conflicts, Vec::<String>::new());
}

#[test]
fn of_one_place_the_later_reading_counts_as_a_whole_whatever_the_order_of_the_files() {
    let parts = || {
        vec![
            part("new.json", 3, |inventory| drop(inventory.secrets.remove(&arn(clean::OTHER_SECRET)))),
            part("old.json", 0, |inventory| inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap().name = "old".to_owned()),
        ]
    };
    let mut turned = parts();
    turned.reverse();
    let both = merged(parts()).unwrap();
    assert_eq!(both, merged(turned).unwrap());
    assert_eq!(both.secrets.len(), 1, "the other secret is gone since");
    assert_eq!(both.secrets[&arn(clean::SECRET)].name, "prod/db");
    assert!(both.read_at.is_empty());
    let [conflict] = both.conflicts.as_slice() else { panic!("{:?}", both.conflicts) };
    assert!(
        conflict.starts_with("new.json (2026-11-04") && conflict.contains("differ in 111122223333/eu-west-1; the former counts."),
        "{conflict}"
    );
}

#[test]
fn the_same_twice_is_no_conflict() {
    let once = part("a", 0, |_| {}).inventory;
    assert_eq!(merged(vec![part("a", 0, |_| {}), part("b", 0, |_| {})]).unwrap(), once);
    assert_eq!(merged(Vec::new()), None);
}

#[test]
fn a_fact_that_was_read_counts_before_one_that_was_not() {
    let unread = |inventory: &mut Inventory| {
        inventory.keys.values_mut().for_each(|key| key.grants = Known::Unreadable(gap("kms:ListGrants")));
        inventory.accounts.get_mut(clean::ACCOUNT).unwrap().identities = Known::Unreadable(gap("iam:GetAccountAuthorizationDetails"));
    };
    let both = merged(vec![part("new", 1, unread), part("old", 0, |_| {})]).unwrap();
    assert!(both.gaps().is_empty(), "{:?}", both.gaps());
    assert!(both.conflicts[0].contains("beside what it could not read and the other could"), "{:?}", both.conflicts);
}

#[test]
fn versions_are_not_taken_from_before_a_rotation() {
    let unread = |inventory: &mut Inventory| {
        let secret = inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap();
        secret.versions = Known::Unreadable(gap("secretsmanager:ListSecretVersionIds"));
        secret.stages.clear();
    };
    let both = merged(vec![part("old", 0, |_| {}), part("new", 1, unread)]).unwrap();
    assert!(both.secrets[&arn(clean::SECRET)].versions.value().is_none());
}

#[test]
fn a_list_of_secrets_that_was_read_counts_before_a_later_one_that_was_not() {
    let unlisted = |inventory: &mut Inventory| {
        inventory.secrets.clear();
        let regions = &mut inventory.accounts.get_mut(clean::ACCOUNT).unwrap().regions;
        regions.insert(clean::REGION.to_owned(), Known::Unreadable(gap("secretsmanager:ListSecrets")));
    };
    let both = merged(vec![part("old", 0, |_| {}), part("new", 1, unlisted)]).unwrap();
    assert_eq!(both.secrets.len(), 2);
    assert!(both.gaps().is_empty());
    assert_eq!(both.read_at(&arn(clean::SECRET)), part("old", 0, |_| {}).inventory.as_of);
}

#[test]
fn what_a_reading_of_the_whole_organization_told_of_an_account_stays_when_the_account_is_read_alone() {
    let member = |path: Option<&str>| {
        let path = path.map(str::to_owned);
        Some(Known::Value(OrganizationMembership { id: Some("o-ours".to_owned()), management: false, path }))
    };
    let policies = || ControlPolicies { resource: Known::Unreadable(gap("organizations:ListPolicies")), ..ControlPolicies::default() };
    let whole = |inventory: &mut Inventory| {
        let account = inventory.accounts.get_mut(clean::ACCOUNT).unwrap();
        (account.organization, account.control_policies) = (member(Some("o-ours/r-1/")), Some(policies()));
    };
    let alone = |inventory: &mut Inventory| inventory.accounts.get_mut(clean::ACCOUNT).unwrap().organization = member(None);
    let of = |parts: Vec<Part>| {
        let account = merged(parts).unwrap().accounts.remove(clean::ACCOUNT).unwrap();
        (account.organization, account.control_policies)
    };
    assert_eq!(of(vec![part("whole", 0, whole), part("alone", 1, alone)]), (member(Some("o-ours/r-1/")), Some(policies())));
    // One reading tells what the other was denied.
    let told = |inventory: &mut Inventory| {
        whole(inventory);
        inventory.accounts.get_mut(clean::ACCOUNT).unwrap().control_policies = Some(ControlPolicies::default());
    };
    assert_eq!(of(vec![part("told", 0, told), part("denied", 1, whole)]).1, Some(ControlPolicies::default()));
}

#[test]
fn what_is_merged_of_a_part_that_is_partial_is_partial() {
    let broken_off = |inventory: &mut Inventory| inventory.partial = Some("interrupted".to_owned());
    let both = merged(vec![part("a", 0, |_| {}), part("b", 1, broken_off)]).unwrap();
    assert_eq!(both.partial.as_deref(), Some("b: interrupted"));
}

#[test]
fn what_was_merged_before_keeps_the_times_of_its_places() {
    let first = merged(vec![part("a", 0, |_| {}), part("b", 3, elsewhere)]).unwrap();
    let again = merged(vec![Part { name: "ab".to_owned(), inventory: first.clone() }, part("c", 1, |_| {})]).unwrap();
    assert_eq!(again.read_at(&arn(clean::SECRET)), part("c", 1, |_| {}).inventory.as_of);
    assert_eq!(again.as_of, first.as_of);
}

#[test]
fn of_an_alias_the_later_meaning_that_could_be_read_counts() {
    let alias = arn("arn:aws:kms:eu-west-1:111122223333:alias/orders");
    let means = |meaning: Known<Arn>| {
        let alias = alias.clone();
        move |inventory: &mut Inventory| drop(inventory.aliases.insert(alias, meaning))
    };
    let (old, new) = (Known::Value(arn(clean::KEY)), Known::Value(arn(&clean::KEY.replace("0a1b2c3d", "ffffffff"))));
    let of = |first: &Known<Arn>, later: &Known<Arn>| {
        let parts = || vec![part("a", 0, means(first.clone())), part("b", 3, means(later.clone()))];
        let turned = parts().into_iter().rev().collect();
        let both = merged(parts()).unwrap();
        assert_eq!(both, merged(turned).unwrap());
        both.aliases[&alias].clone()
    };
    assert_eq!(of(&old, &new), new);
    assert_eq!(of(&old, &Known::Unreadable(gap("kms:DescribeKey"))), old);
    assert_eq!(of(&Known::Unreadable(gap("kms:DescribeKey")), &new), new);
}
