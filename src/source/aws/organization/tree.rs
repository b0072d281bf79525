//! The tree of an organization: root, organizational units, accounts.
//!
//! Two lists are asked of the root and of every unit. Asking for all accounts at once would take a further call for each of them, to learn where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use crate::arn::AccountId;
use crate::inventory::{Api, Gap, Known, OrganizationMembership};
use crate::source::aws::ask::{ask_optional, gap};
use crate::source::aws::direct::{Client, Element, Malformed, Request};
use crate::source::aws::lanes::in_lanes;
use crate::source::aws::listing::{Paging, Read, all};
use crate::source::aws::session::Session;
use crate::source::error::SourceError;

/// How deep units lie in each other at most, with room for a change of the documented five
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>).
const DEPTH: usize = 10;

/// An organization as it was read.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(super) id: String,
    pub(super) management: String,
    /// The types of policies that are switched on, as `ListRoots` writes them.
    pub(super) policy_types: BTreeSet<String>,
    /// The names from the root down to each unit, joined by slashes; by the unit's id.
    pub(super) units: BTreeMap<String, String>,
    pub(crate) members: BTreeMap<AccountId, Member>,
}

/// An account of an organization.
#[derive(Debug)]
pub(crate) struct Member {
    /// `ACTIVE`, or why it cannot be read.
    pub(crate) state: String,
    /// The ids of what it stands in, from the root on.
    pub(super) line: Vec<String>,
}

impl Organization {
    /// What is known of where an account stands.
    pub(crate) fn membership(&self, account: &AccountId) -> OrganizationMembership {
        let path = self.members.get(account).map(|member| format!("{}/{}/", self.id, member.line.join("/")));
        OrganizationMembership { id: Some(self.id.clone()), management: self.management == account.as_str(), path }
    }
}

/// The organization of a session's account, which any of its accounts may ask for; no id when it belongs to none.
pub(crate) async fn membership(session: &Session) -> Known<OrganizationMembership> {
    let known = describe(&session.organizations(), session.account.as_str()).await;
    known.map(|found| match found {
        Some((id, management)) => OrganizationMembership { id: Some(id), management: management == session.account.as_str(), path: None },
        None => OrganizationMembership::default(),
    })
}

/// Id and management account of the caller's organization
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html>).
async fn describe(client: &Client, account: &str) -> Known<Option<(String, String)>> {
    let call = client.call(Api::DescribeOrganization, Request::json(json!({})), |answer| {
        let it = answer.needed("Organization")?;
        Ok((it.owned("Id")?, it.owned("MasterAccountId")?))
    });
    ask_optional(Api::DescribeOrganization, account, call, Some).await
}

/// The whole organization, from its management account or that of a delegated administrator.
pub(crate) async fn organization(session: &Session) -> Result<Organization, SourceError> {
    let client = Arc::new(session.organizations());
    let account = session.account.as_str();
    let Some((id, management)) = told(describe(&client, account).await)? else {
        return Err(SourceError::NoOrganization { account: account.to_owned() });
    };
    let roots = told(list(&client, Api::ListRoots, account, None, "Roots", root).await)?;
    let policy_types = roots.iter().flat_map(|root| root.types.iter().cloned()).collect();
    let mut found = Organization { id, management, policy_types, units: BTreeMap::new(), members: BTreeMap::new() };
    let mut level: Vec<Vec<String>> = Vec::new();
    for root in roots {
        level.push(vec![root.id.clone()]);
        found.units.insert(root.id, root.name);
    }
    for _ in 0..DEPTH {
        level = below(&client, &mut found, level).await?;
        if level.is_empty() {
            return Ok(found);
        }
    }
    let gap = gap(Api::ListOrganizationalUnits, &found.id, "its units lie deeper in each other than AWS allows");
    Err(SourceError::Organization { gap })
}

/// Reads what stands directly in the last of each of these lines; answers with the lines of further units.
async fn below(client: &Arc<Client>, found: &mut Organization, lines: Vec<Vec<String>>) -> Result<Vec<Vec<String>>, SourceError> {
    let one = |_: &str, line: Vec<String>| {
        let client = Arc::clone(client);
        async move {
            let parent = line.last().cloned().unwrap_or_default();
            let (units, accounts) = tokio::join!(
                list(&client, Api::ListOrganizationalUnits, &parent, Some(&parent), "OrganizationalUnits", unit),
                list(&client, Api::ListAccountsForParent, &parent, Some(&parent), "Accounts", member),
            );
            (line, units, accounts)
        }
    };
    let mut further = Vec::new();
    let read = in_lanes(BTreeMap::from([(String::new(), lines)]), |_, _| {}, one).await;
    for (line, units, accounts) in read {
        let above = line.last().and_then(|parent| found.units.get(parent)).cloned().unwrap_or_default();
        for (id, name) in told(units)? {
            // A unit stands in one place; whoever tells another does not lead us in circles.
            if found.units.insert(id.clone(), format!("{above}/{name}")).is_none() {
                further.push(line.iter().cloned().chain([id]).collect());
            }
        }
        for (id, state) in told(accounts)? {
            found.members.insert(id, Member { state, line: line.clone() });
        }
    }
    further.sort_unstable();
    Ok(further)
}

/// What has to be known before any account can be read.
fn told<T>(known: Known<T>) -> Result<T, SourceError> {
    match known {
        Known::Value(value) => Ok(value),
        Known::Unreadable(gap) => Err(SourceError::Organization { gap }),
    }
}

async fn list<T>(client: &Client, api: Api, of: &str, parent: Option<&str>, list: &'static str, read: Read<T>) -> Known<Vec<T>>
where
    T: std::fmt::Debug + Send + Sync + 'static,
{
    let request = match parent {
        Some(parent) => json!({"ParentId": parent, "MaxResults": 20}),
        None => json!({"MaxResults": 20}),
    };
    all(client, api, of, Request::json(request), Paging { list, item: "item", token: "NextToken", next: "NextToken" }, read).await
}

#[derive(Debug)]
struct Root {
    id: String,
    name: String,
    types: Vec<String>,
}

fn root(it: &Element) -> Result<Root, Malformed> {
    let on = it.items("PolicyTypes", "item").filter(|policies| policies.text("Status") == Some("ENABLED"));
    let types = on.map(|policies| policies.owned("Type")).collect::<Result<_, _>>()?;
    Ok(Root { id: it.owned("Id")?, name: it.text("Name").unwrap_or_default().to_owned(), types })
}

fn unit(it: &Element) -> Result<(String, String), Malformed> {
    Ok((it.owned("Id")?, it.text("Name").unwrap_or_default().to_owned()))
}

/// `State` took the place of `Status` in September 2026
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>).
fn member(it: &Element) -> Result<(AccountId, String), Malformed> {
    let id = AccountId::parse(&it.owned("Id")?).map_err(|error| Malformed::new(error.to_string()))?;
    let state = it.text("State").or_else(|| it.text("Status")).ok_or_else(|| Malformed::new(format!("the account {id} has no State")))?;
    Ok((id, state.to_owned()))
}

impl Member {
    /// The gap of an account that is not active, and so cannot be read.
    pub(crate) fn inactive(&self, account: &AccountId) -> Option<Gap> {
        let says = || format!("the account is {}, so nothing of it can be read", self.state);
        (self.state != "ACTIVE").then(|| gap(Api::ListAccountsForParent, account.as_str(), &says()))
    }
}
