//! Roles, users, groups and managed policies, by the one call that tells them all.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, Tag, UserDetail,
};
use percent_encoding::percent_decode_str;

use super::ask::{pages, whole};
use super::values::arn;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Api, Group, Identities, Known, NamedDocument, Permissions, Role, User};
use crate::policy::Document;

/// All identities of an account, or none: from a part of them nobody can say that a role does not exist.
pub(super) async fn identities(iam: &aws_sdk_iam::Client, account: &AccountId) -> Known<Identities> {
    let ask = |marker| {
        let wanted = [EntityType::User, EntityType::Role, EntityType::Group, EntityType::LocalManagedPolicy, EntityType::AwsManagedPolicy];
        iam.get_account_authorization_details().set_filter(Some(wanted.into())).max_items(1000).set_marker(marker).send()
    };
    let answers = pages(Api::GetAccountAuthorizationDetails, account.as_str(), ask, |mut page| {
        let marker = page.marker.take().filter(|_| page.is_truncated);
        (Some(vec![page]), marker)
    });
    whole(answers.await).map(|pages| {
        let mut identities = Identities::default();
        for page in pages {
            identities.roles.extend(page.role_detail_list.into_iter().flatten().filter_map(role).map(|it| (it.arn.clone(), it)));
            identities.users.extend(page.user_detail_list.into_iter().flatten().filter_map(user).map(|it| (it.arn.clone(), it)));
            identities.groups.extend(page.group_detail_list.into_iter().flatten().filter_map(group).map(|it| (it.name.clone(), it)));
            identities.policies.extend(page.policies.into_iter().flatten().filter_map(managed));
        }
        identities
    })
}

fn role(it: RoleDetail) -> Option<Role> {
    Some(Role {
        arn: arn(it.arn)?,
        id: it.role_id.unwrap_or_default(),
        trust: document(it.assume_role_policy_document.as_deref().unwrap_or_default()),
        permissions: permissions(it.role_policy_list, it.attached_managed_policies, it.permissions_boundary),
        tags: tags(it.tags),
    })
}

fn user(it: UserDetail) -> Option<User> {
    Some(User {
        arn: arn(it.arn)?,
        id: it.user_id.unwrap_or_default(),
        permissions: permissions(it.user_policy_list, it.attached_managed_policies, it.permissions_boundary),
        groups: it.group_list.unwrap_or_default(),
        tags: tags(it.tags),
    })
}

fn group(it: GroupDetail) -> Option<Group> {
    Some(Group {
        arn: arn(it.arn)?,
        name: it.group_name?,
        permissions: permissions(it.group_policy_list, it.attached_managed_policies, None),
    })
}

/// A managed policy by its ARN: the version that is in force.
fn managed(it: ManagedPolicyDetail) -> Option<(Arn, Document)> {
    let default = it.default_version_id;
    let in_force = it
        .policy_version_list?
        .into_iter()
        .find(|version| version.is_default_version || (default.is_some() && version.version_id == default))?;
    Some((arn(it.arn)?, document(&in_force.document?)))
}

fn permissions(
    inline: Option<Vec<PolicyDetail>>,
    attached: Option<Vec<AttachedPolicy>>,
    boundary: Option<AttachedPermissionsBoundary>,
) -> Permissions {
    let named = |policy: PolicyDetail| {
        let text = policy.policy_document.unwrap_or_default();
        NamedDocument { name: policy.policy_name.unwrap_or_default(), document: document(&text) }
    };
    Permissions {
        inline: inline.into_iter().flatten().map(named).collect(),
        attached: attached.into_iter().flatten().filter_map(|policy| arn(policy.policy_arn)).collect(),
        boundary: boundary.and_then(|boundary| arn(boundary.permissions_boundary_arn)),
    }
}

/// IAM's documents are percent-encoded
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>).
fn document(encoded: &str) -> Document {
    Document::new(percent_decode_str(encoded).decode_utf8_lossy().as_ref())
}

fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect()
}
