//! Which accounts of an organization are wanted: by unit, by id, by tag.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::tree::{Member, Organization};
use crate::arn::AccountId;
use crate::inventory::{Api, Gap, Known};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::lanes::in_lanes;
use crate::source::aws::listing::{Paging, all};
use crate::source::aws::selector::Selector;
use crate::source::aws::session::Session;
use crate::source::error::SourceError;

/// The tags of an account.
type Tags = BTreeMap<String, String>;

impl Organization {
    /// Whether a user means the unit of this id by `named`: its id, its name, or a path of names that ends with it.
    fn is_named(&self, id: &str, named: &str) -> bool {
        let path = self.units.get(id).map_or("", String::as_str);
        id == named || path == named || path.strip_suffix(named).is_some_and(|above| above.ends_with('/'))
    }

    /// Whether an account stands in what a user calls `unit`, or below it.
    fn is_in(&self, member: &Member, unit: &str) -> bool {
        member.line.iter().any(|id| self.is_named(id, unit))
    }
}

/// An error when a selector names what the organization does not have.
pub(crate) fn check(organization: &Organization, selectors: &[&Selector]) -> Result<(), SourceError> {
    for selector in selectors {
        match selector {
            Selector::Unit(unit) if !organization.units.keys().any(|id| organization.is_named(id, unit)) => {
                let last = |path: &str| path.chars().rev().take_while(|it| *it != '/').take(100).collect::<String>();
                let similar = organization.units.values().find(|path| strsim::damerau_levenshtein(&last(path), &last(unit)) <= 3).cloned();
                return Err(SourceError::UnknownUnit { name: unit.clone(), organization: organization.id.clone(), similar });
            }
            Selector::Account(account) if !organization.members.contains_key(account) => {
                return Err(SourceError::UnknownMember { account: account.to_string(), organization: organization.id.clone() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The wanted accounts; with a gap for those of which nobody can say whether they are, because their tags were not told.
pub(crate) async fn selected(
    session: &Session,
    organization: &Organization,
    include: &[Selector],
    exclude: &[Selector],
) -> BTreeMap<AccountId, Option<Gap>> {
    let by_tag = include.iter().chain(exclude).any(|selector| matches!(selector, Selector::Tag { .. }));
    let decided = |account: &AccountId, member: &Member, tags: &Known<Tags>| -> Known<bool> {
        let is_any = |selectors: &[Selector]| {
            let mut unknown = None;
            for selector in selectors {
                let hit = match selector {
                    Selector::Unit(unit) => organization.is_in(member, unit),
                    Selector::Account(wanted) => wanted == account,
                    Selector::Tag { key, value } => match tags {
                        Known::Value(tags) => tags.get(key) == Some(value),
                        Known::Unreadable(gap) => {
                            unknown = Some(gap.clone());
                            false
                        }
                    },
                };
                if hit {
                    return Known::Value(true);
                }
            }
            unknown.map_or(Known::Value(false), Known::Unreadable)
        };
        match (is_any(exclude), if include.is_empty() { Known::Value(true) } else { is_any(include) }) {
            (Known::Value(true), _) | (_, Known::Value(false)) => Known::Value(false),
            (Known::Unreadable(gap), _) | (_, Known::Unreadable(gap)) => Known::Unreadable(gap),
            (Known::Value(false), Known::Value(true)) => Known::Value(true),
        }
    };
    // Tags are asked of those alone of which they decide.
    let unasked =
        if by_tag { Known::Unreadable(Gap::not_collected(Api::ListAccountTags.spec().name, &organization.id)) } else { Known::default() };
    let mut wanted = BTreeMap::new();
    let mut open = BTreeSet::new();
    for (account, member) in &organization.members {
        match decided(account, member, &unasked) {
            Known::Value(true) => {
                wanted.insert(account.clone(), None);
            }
            Known::Value(false) => {}
            Known::Unreadable(_) => {
                open.insert(account.clone());
            }
        }
    }
    for (account, tags) in tags_of(session, open).await {
        let Some(member) = organization.members.get(&account) else { continue };
        match decided(&account, member, &tags) {
            Known::Value(true) => {
                wanted.insert(account, None);
            }
            Known::Value(false) => {}
            Known::Unreadable(gap) => {
                wanted.insert(account, Some(gap));
            }
        }
    }
    wanted
}

async fn tags_of(session: &Session, accounts: BTreeSet<AccountId>) -> Vec<(AccountId, Known<Tags>)> {
    let client = Arc::new(session.organizations());
    let one = |_: &str, account: AccountId| {
        let client = Arc::clone(&client);
        async move {
            let request = Request::json(json!({"ResourceId": account.as_str()}));
            let paging = Paging { list: "Tags", item: "item", token: "NextToken", next: "NextToken" };
            let tags = all(&client, Api::ListAccountTags, account.as_str(), request, paging, tag).await;
            (account, tags.map(|tags| tags.into_iter().collect()))
        }
    };
    in_lanes(BTreeMap::from([(String::new(), accounts.into_iter().collect())]), |_, _| {}, one).await
}

fn tag(it: &Element) -> Result<(String, String), Malformed> {
    Ok((it.owned("Key")?, it.text("Value").unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization() -> Organization {
        let units = [
            ("r-1", "Root"),
            ("ou-1", "Root/Workloads"),
            ("ou-2", "Root/Workloads/Prod"),
            ("ou-3", "Root/Sandbox"),
            ("ou-4", "Root/Sandbox/Prod"),
            ("ou-5", "Root/Sandbox/Empty"),
        ];
        let member = |line: &[&str]| Member { state: "ACTIVE".to_owned(), line: line.iter().map(|id| (*id).to_owned()).collect() };
        let members =
            [("111111111111", &["r-1", "ou-1", "ou-2"][..]), ("222222222222", &["r-1", "ou-3", "ou-4"]), ("333333333333", &["r-1"])];
        Organization {
            id: "o-1".to_owned(),
            management: "333333333333".to_owned(),
            policy_types: BTreeSet::new(),
            units: units.into_iter().map(|(id, name)| (id.to_owned(), name.to_owned())).collect(),
            members: members.into_iter().map(|(id, line)| (AccountId::parse(id).unwrap(), member(line))).collect(),
        }
    }

    #[test]
    fn a_unit_is_known_by_id_name_or_path_and_holds_what_is_below_it() {
        let organization = organization();
        let within = |unit: &str| {
            organization
                .members
                .iter()
                .filter(|(_, member)| organization.is_in(member, unit))
                .map(|(id, _)| &id.as_str()[..1])
                .collect::<String>()
        };
        for (unit, accounts) in [
            ("r-1", "123"),
            ("Root", "123"),
            ("ou-1", "1"),
            ("Workloads", "1"),
            ("Prod", "12"),
            ("Workloads/Prod", "1"),
            ("Root/Sandbox/Prod", "2"),
            ("orkloads", ""),
            ("Workloads/", ""),
        ] {
            assert_eq!(within(unit), accounts, "{unit}");
        }
        let checked = |text: &str| check(&organization, &[&text.parse().unwrap()]).map_err(|error| error.to_string());
        for known in ["ou:Empty", "ou:Sandbox/Empty/", "ou:ou-5", "ou:Sandbox/Prod", "111111111111"] {
            assert_eq!(checked(known), Ok(()), "{known}");
        }
        assert!(checked("ou:Sandbx").unwrap_err().contains("did you mean Root/Sandbox?"));
        assert!(checked("444444444444").unwrap_err().contains("444444444444"));
    }
}
