//! IAM and STS as the mock tells them, in XML.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rotaudit::arn::{AccountId, Arn};
use rotaudit::inventory::{Group, Permissions, Role, User};
use rotaudit::policy::Document;

use super::scope::{Failure, Scope, fact};
use super::wire::Asked;
use super::xml::{element, texts};

/// What IAM leaves as it is when it encodes a document (<https://www.rfc-editor.org/rfc/rfc3986#section-2.3>).
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<String, Failure> {
    match operation {
        "GetCallerIdentity" => {
            let (account, arn) = (scope.account, format!("arn:aws:iam::{}:user/auditor", scope.account));
            Ok(texts(&[("Arn", &arn), ("UserId", "AIDAAUDITOR"), ("Account", account)]))
        }
        "GetAccountAuthorizationDetails" => details(scope, asked),
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

/// A page holds users, groups, roles and policies in turn, so that every kind is cut somewhere.
fn details(scope: &Scope<'_>, asked: &Asked) -> Result<String, Failure> {
    let denied = || Failure::new(403, "AccessDenied", "no such account");
    let account = AccountId::parse(scope.account).ok().and_then(|id| scope.inventory.accounts.get(&id)).ok_or_else(denied)?;
    let identities = fact(&account.identities)?;
    let mut members: Vec<(&str, String)> = Vec::new();
    members.extend(identities.users.values().map(|it| ("UserDetailList", user(it))));
    members.extend(identities.groups.values().map(|it| ("GroupDetailList", group(it))));
    members.extend(identities.roles.values().map(|it| ("RoleDetailList", role(it))));
    members.extend(identities.policies.iter().map(|(arn, document)| ("Policies", managed(arn, document))));
    let (members, next) = scope.page(members, asked.token());
    let mut lists: BTreeMap<&str, String> = BTreeMap::new();
    for (list, fields) in members {
        *lists.entry(list).or_default() += &element("member", &fields);
    }
    let mut result: String = lists.into_iter().map(|(list, members)| element(list, &members)).collect();
    result += &texts(&[("IsTruncated", if next.is_some() { "true" } else { "false" })]);
    result += &next.map(|next| texts(&[("Marker", &next)])).unwrap_or_default();
    Ok(result)
}

fn user(it: &User) -> String {
    let groups: String = it.groups.iter().map(|group| texts(&[("member", group)])).collect();
    texts(&[("Arn", it.arn.as_str()), ("UserId", &it.id), ("UserName", it.arn.name()), ("Path", "/")])
        + &element("GroupList", &groups)
        + &permissions("UserPolicyList", &it.permissions)
        + &tags(&it.tags)
}

fn group(it: &Group) -> String {
    texts(&[("Arn", it.arn.as_str()), ("GroupName", &it.name), ("Path", "/")]) + &permissions("GroupPolicyList", &it.permissions)
}

fn role(it: &Role) -> String {
    texts(&[("Arn", it.arn.as_str()), ("RoleId", &it.id), ("RoleName", it.arn.name()), ("AssumeRolePolicyDocument", &encoded(&it.trust))])
        + &permissions("RolePolicyList", &it.permissions)
        + &tags(&it.tags)
}

/// A managed policy with a version that is not in force beside the one that is.
fn managed(arn: &Arn, document: &Document) -> String {
    let version =
        |id: &str, default: &str, document: &str| member(&[("VersionId", id), ("IsDefaultVersion", default), ("Document", document)]);
    let versions = version("v2", "false", "%7B%22not%22%3A%22in%20force%22%7D") + &version("v1", "true", &encoded(document));
    texts(&[("Arn", arn.as_str()), ("PolicyName", arn.name()), ("DefaultVersionId", "v1")]) + &element("PolicyVersionList", &versions)
}

fn permissions(list: &str, it: &Permissions) -> String {
    let inline = it.inline.iter().map(|policy| member(&[("PolicyName", &policy.name), ("PolicyDocument", &encoded(&policy.document))]));
    let attached = it.attached.iter().map(|arn| member(&[("PolicyName", arn.name()), ("PolicyArn", arn.as_str())]));
    let boundary = it.boundary.as_ref().map(|arn| {
        let fields = texts(&[("PermissionsBoundaryType", "Policy"), ("PermissionsBoundaryArn", arn.as_str())]);
        element("PermissionsBoundary", &fields)
    });
    element(list, &inline.collect::<String>())
        + &element("AttachedManagedPolicies", &attached.collect::<String>())
        + &boundary.unwrap_or_default()
}

fn tags(tags: &BTreeMap<String, String>) -> String {
    element("Tags", &tags.iter().map(|(key, value)| member(&[("Key", key), ("Value", value)])).collect::<String>())
}

fn encoded(document: &Document) -> String {
    utf8_percent_encode(document.text(), &ENCODED).to_string()
}

fn member(fields: &[(&str, &str)]) -> String {
    element("member", &texts(fields))
}
