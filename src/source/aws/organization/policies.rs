//! The service and resource control policies of an organization, and which of them reach an account.
//!
//! Each policy is asked what it is attached to: an organization has far fewer policies than accounts and units that could be asked for theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::tree::Organization;
use crate::arn::AccountId;
use crate::inventory::{Api, ControlPolicies, Gap, Known, Levels, NamedDocument};
use crate::policy::Document;
use crate::source::aws::ask::ask;
use crate::source::aws::direct::{Client, Element, Malformed, Request};
use crate::source::aws::lanes::in_lanes;
use crate::source::aws::listing::{Paging, all};
use crate::source::aws::session::Session;

/// The types as Organizations writes them.
const SERVICE: &str = "SERVICE_CONTROL_POLICY";
const RESOURCE: &str = "RESOURCE_CONTROL_POLICY";

/// The resource control policy that is attached to everything, always, and allows everything
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>).
const EVERYWHERE: &str = "p-RCPFullAWSAccess";

/// The policies of both types.
#[derive(Debug)]
pub(crate) struct Policies {
    service: Known<Attachments>,
    resource: Known<Attachments>,
}

/// The policies of one type that are switched on.
#[derive(Debug, Default)]
struct Attachments {
    /// The documents at every level.
    everywhere: Vec<NamedDocument>,
    /// What is attached to a root, a unit or an account, by its id: sorted by name.
    by_target: BTreeMap<String, BTreeMap<String, Known<Document>>>,
    /// Whether the type is switched on at all.
    on: bool,
}

/// A policy as it is listed: id and name.
type Listed = (String, String);

/// The policies of an organization that are in force.
pub(crate) async fn policies(session: &Session, organization: &Organization) -> Policies {
    let client = Arc::new(session.organizations());
    let (service, resource) =
        tokio::join!(Box::pin(of_type(&client, organization, SERVICE)), Box::pin(of_type(&client, organization, RESOURCE)));
    Policies { service, resource }
}

impl Policies {
    /// What reaches an account.
    pub(crate) fn of(&self, organization: &Organization, account: &AccountId) -> ControlPolicies {
        let line = organization.members.get(account).map(|member| member.line.as_slice()).unwrap_or_default();
        let levels = |known: &Known<Attachments>| known.as_ref().and_then(|attachments| attachments.levels(line, account));
        ControlPolicies { service: levels(&self.service), resource: levels(&self.resource) }
    }
}

impl Attachments {
    /// One list for each level, or the call that did not tell one of their documents.
    fn levels(&self, line: &[String], account: &AccountId) -> Known<Levels> {
        let mut levels = Levels::new();
        let targets = line.iter().map(String::as_str).chain([account.as_str()]).filter(|_| self.on);
        for target in targets {
            let mut level = self.everywhere.clone();
            for (name, document) in self.by_target.get(target).into_iter().flatten() {
                match document {
                    Known::Value(document) => level.push(NamedDocument::new(name, document.clone())),
                    Known::Unreadable(gap) => return Known::Unreadable(gap.clone()),
                }
            }
            levels.push(level);
        }
        Known::Value(levels)
    }
}

async fn of_type(client: &Arc<Client>, organization: &Organization, kind: &'static str) -> Known<Attachments> {
    if !organization.policy_types.contains(kind) {
        return Known::default();
    }
    let request = Request::json(json!({"Filter": kind, "MaxResults": 20}));
    let resource =
        format!("{} of {}", if kind == SERVICE { "service control policies" } else { "resource control policies" }, organization.id);
    let listed = match all(client, Api::ListControlPolicies, &resource, request, paging("Policies"), listed).await {
        Known::Value(listed) => listed.into_iter().collect::<BTreeSet<_>>(),
        Known::Unreadable(gap) => return Known::Unreadable(gap),
    };
    let read = |_: &str, (id, name): Listed| {
        let client = Arc::clone(client);
        async move {
            let targets = async { if id == EVERYWHERE { Known::default() } else { targets(&client, &id).await } };
            let (targets, document) = tokio::join!(targets, document(&client, &id));
            (id, name, targets, document)
        }
    };
    let mut attachments = Attachments { on: true, ..Attachments::default() };
    let lanes = BTreeMap::from([(String::new(), listed.into_iter().collect())]);
    let mut unread: Option<Gap> = None;
    for (id, name, targets, document) in in_lanes(lanes, |_, _| {}, read).await {
        match (targets, document) {
            (Known::Value(_), Known::Value(document)) if id == EVERYWHERE => {
                attachments.everywhere.push(NamedDocument::new(&name, document));
            }
            (_, Known::Unreadable(gap)) if id == EVERYWHERE => unread = unread.into_iter().chain([gap]).min(),
            (Known::Value(targets), document) => {
                for target in targets {
                    attachments.by_target.entry(target).or_default().insert(name.clone(), document.clone());
                }
            }
            // Nobody knows whom it reaches.
            (Known::Unreadable(gap), _) => unread = unread.into_iter().chain([gap]).min(),
        }
    }
    unread.map_or(Known::Value(attachments), Known::Unreadable)
}

fn paging(list: &'static str) -> Paging {
    Paging { list, item: "item", token: "NextToken", next: "NextToken" }
}

fn listed(it: &Element) -> Result<Listed, Malformed> {
    Ok((it.owned("Id")?, it.owned("Name")?))
}

/// The ids of the roots, units and accounts that a policy is attached to
/// (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListTargetsForPolicy.html>).
async fn targets(client: &Client, id: &str) -> Known<Vec<String>> {
    let request = Request::json(json!({"PolicyId": id, "MaxResults": 20}));
    all(client, Api::ListTargetsForPolicy, id, request, paging("Targets"), |it| it.owned("TargetId")).await
}

async fn document(client: &Client, id: &str) -> Known<Document> {
    let call = client.call(Api::DescribeControlPolicy, Request::json(json!({"PolicyId": id})), |answer| {
        let content = answer.needed("Policy")?.raw("Content").map(str::to_owned);
        content.ok_or_else(|| Malformed::new("the policy has no Content"))
    });
    ask(Api::DescribeControlPolicy, id, call, |content| Some(Document::new(content))).await
}
