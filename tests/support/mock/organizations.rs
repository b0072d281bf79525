//! Organizations as the mock tells it. The tree is made from where the inventory's accounts stand: a unit is called by the end of its id, and an account has one
//! tag, the name of the unit that it stands in. Only the management account may see it.

use std::collections::{BTreeMap, BTreeSet};

use rotaudit::inventory::{Account, Api, Known, Levels, OrganizationMembership};
use serde_json::{Value, json};

use super::scope::{Failure, Scope, fact};
use super::wire::Asked;

const SERVICE: &str = "SERVICE_CONTROL_POLICY";
const RESOURCE: &str = "RESOURCE_CONTROL_POLICY";

/// What every organization has at every level.
const EVERYWHERE: &str = "RCPFullAWSAccess";

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Value, Failure> {
    let none = || Failure::new(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
    let account = scope.inventory.accounts.get(scope.account).ok_or_else(none)?;
    let membership = fact(account.organization.as_ref().ok_or_else(none)?)?;
    let id = membership.id.clone().ok_or_else(none)?;
    if operation == "DescribeOrganization" {
        let management = members(scope).find(|(_, _, it)| it.management).map_or("000000000000", |(id, ..)| id);
        return Ok(json!({"Organization": {"Id": id, "FeatureSet": "ALL", "MasterAccountId": management}}));
    }
    if !membership.management {
        return Err(Failure::new(400, "AccessDeniedException", "You don't have permissions to access this resource."));
    }
    told(scope, operation, asked)
}

fn told(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Value, Failure> {
    let page = |name: &str, items: Vec<Value>| {
        let (items, next) = scope.page(items, asked.token());
        Ok(json!({name: items, "NextToken": next}))
    };
    let id = |field: &str| asked.field(field).unwrap_or_default().to_owned();
    match operation {
        "ListRoots" => {
            let roots: BTreeSet<String> = members(scope).filter_map(|(_, _, it)| line(it).first().cloned()).collect();
            let types: Vec<Value> = [SERVICE, RESOURCE].iter().map(|kind| json!({"Type": kind, "Status": "ENABLED"})).collect();
            page("Roots", roots.into_iter().map(|id| json!({"Id": id, "Name": "Root", "PolicyTypes": types})).collect())
        }
        "ListOrganizationalUnitsForParent" => {
            let parent = id("ParentId");
            let below = |line: Vec<String>| line.iter().position(|id| *id == parent).and_then(|at| line.get(at + 1).cloned());
            let units: BTreeSet<String> = members(scope).filter_map(|(_, _, it)| below(line(it))).collect();
            page("OrganizationalUnits", units.into_iter().map(|id| json!({"Id": id, "Name": name(&id)})).collect())
        }
        "ListAccountsForParent" => {
            let here = members(scope).filter(|(_, _, it)| line(it).last() == Some(&id("ParentId")));
            page("Accounts", here.map(|(id, account, _)| json!({"Id": id, "Name": "n", "State": state(account)})).collect())
        }
        "ListTagsForResource" => {
            let unit = members(scope).find(|(account, ..)| *account == id("ResourceId")).and_then(|(_, _, it)| line(it).pop());
            page("Tags", unit.into_iter().map(|unit| json!({"Key": "unit", "Value": name(&unit)})).collect())
        }
        "ListPolicies" => {
            let kind = id("Filter");
            let mut names: BTreeSet<String> = targets(scope, &kind)?.into_keys().map(|(name, _)| name).collect();
            names.extend((kind == RESOURCE).then(|| EVERYWHERE.to_owned()));
            page("Policies", names.into_iter().map(|name| json!({"Id": format!("p-{name}"), "Name": name, "Type": kind})).collect())
        }
        "ListTargetsForPolicy" => {
            let wanted = id("PolicyId");
            let all = targets(scope, SERVICE)?.into_iter().chain(targets(scope, RESOURCE)?);
            let of_it: BTreeSet<String> =
                all.filter(|((name, _), _)| format!("p-{name}") == wanted).flat_map(|(_, targets)| targets).collect();
            page("Targets", of_it.into_iter().map(|id| json!({"TargetId": id, "Name": "n", "Type": "x"})).collect())
        }
        "DescribePolicy" => {
            let wanted = id("PolicyId");
            let all = targets(scope, SERVICE)?.into_keys().chain(targets(scope, RESOURCE)?.into_keys());
            let missing = || Failure::new(400, "PolicyNotFoundException", "no such policy");
            let (_, content) = all.into_iter().find(|(name, _)| format!("p-{name}") == wanted).ok_or_else(missing)?;
            Ok(json!({"Policy": {"PolicySummary": {"Id": wanted}, "Content": content}}))
        }
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

fn members<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a str, &'a Account, &'a OrganizationMembership)> {
    let all = scope.inventory.accounts.iter();
    all.filter_map(|(id, account)| Some((id.as_str(), account, account.organization.as_ref()?.value()?)))
}

/// The ids from the root to the unit that an account stands in.
fn line(it: &OrganizationMembership) -> Vec<String> {
    let path = it.path.as_deref().unwrap_or_default();
    path.trim_end_matches('/').split('/').skip(1).map(str::to_owned).collect()
}

fn name(unit: &str) -> &str {
    unit.rsplit('-').next().unwrap_or(unit)
}

/// An account that was not read for it says so: "the account is SUSPENDED, …".
fn state(account: &Account) -> String {
    let gap = account.identities.gap().filter(|gap| *gap.call == *Api::ListAccountsForParent.spec().name);
    gap.and_then(|gap| gap.error.strip_prefix("the account is ")?.split(',').next().map(str::to_owned))
        .unwrap_or_else(|| "ACTIVE".to_owned())
}

/// What each policy (name and document) of a type is attached to.
fn targets(scope: &Scope<'_>, kind: &str) -> Result<BTreeMap<(String, String), BTreeSet<String>>, Failure> {
    let mut targets: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (id, account, it) in members(scope) {
        let Some(policies) = &account.control_policies else { continue };
        let levels: &Known<Levels> = if kind == SERVICE { &policies.service } else { &policies.resource };
        let line = line(it).into_iter().chain([id.to_owned()]);
        for (target, level) in line.zip(fact(levels)?) {
            for policy in level {
                targets.entry((policy.name.clone(), policy.document.text().to_owned())).or_default().insert(target.clone());
            }
        }
    }
    Ok(targets)
}
