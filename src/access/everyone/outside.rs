//! Who may ask beside the roles and users that were read: services and other accounts that the resource's policies let in, and accounts that nobody could read.

use std::collections::BTreeSet;

use super::doors::Doors;
use super::matter::Matter;
use super::party::Party;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Inventory, Known};

/// An account without a meaning: whoever has one may do what it may.
const NOBODYS: &str = "666655554444";

/// Those worth asking.
pub(super) fn parties(inventory: &Inventory, matter: &Matter, doors: &Doors) -> Vec<Party> {
    let partition = matter.target.partition();
    let owner = matter.target.account();
    let is_read = |account: &str| inventory.accounts.get(account).is_some_and(|read| matches!(read.identities, Known::Value(_)));
    let mut parties: Vec<Party> = doors.services.iter().map(|name| Party::Service(name.as_str().into())).collect();
    let is_held = |account: &str| account == owner || inventory.accounts.contains_key(account);
    let all = inventory.accounts.keys().map(AccountId::as_str).filter(|_| doors.open_to_all());
    let let_in = all.chain(doors.accounts.iter().map(String::as_str)).chain([owner]);
    let unread: BTreeSet<&str> = let_in.filter(|account| is_held(account) && !is_read(account)).collect();
    parties.extend(unread.into_iter().filter_map(|account| Party::unread(partition, account)));
    let elsewhere = doors.named.iter().filter_map(|named| Arn::parse(named).ok()).filter(|arn| !is_read(arn.account()));
    parties.extend(elsewhere.filter(|arn| arn.resource() != "root").map(Party::Elsewhere));
    let strangers = doors.accounts.iter().filter(|account| !is_held(account));
    parties.extend(strangers.filter_map(|account| AccountId::parse(account).ok()).map(Party::Account));
    if doors.open_to_all() {
        parties.extend(AccountId::parse(NOBODYS).ok().map(Party::Anybody));
    }
    parties
}
