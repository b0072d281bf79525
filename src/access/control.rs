//! Whom and what the control policies of an organization do not reach, as AWS lists it. `policies` asks here.
//!
//! That they reach no management account and no account outside of an organization is told by the account itself
//! ([`Account::is_under_control_policies`](crate::inventory::Account::is_under_control_policies)). Service principals are under no service control policy because
//! nobody asks for one there.

use super::question::{Caller, Question, Target};
use crate::arn::Arn;

/// The services that resource control policies reach, by the prefix of their actions; as of September 2026. Lambda, EC2 and IAM are not among them
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services>).
const UNDER_RESOURCE_CONTROL: [&str; 62] = [
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "autoscaling-plans",
    "budgets",
    "clouddirectory",
    "cloudfront",
    "cloudsearch",
    "cloudtrail-data",
    "codeartifact",
    "codebuild",
    "codecommit",
    "codepipeline",
    "cognito-identity",
    "cognito-idp",
    "comprehend",
    "comprehendmedical",
    "compute-optimizer",
    "cost-optimization-hub",
    "dax",
    "dsql",
    "dynamodb",
    "ecr",
    "ecr-public",
    "events",
    "firehose",
    "fis",
    "fms",
    "gamelift",
    "health",
    "inspector-scan",
    "kendra",
    "kinesisvideo",
    "kms",
    "logs",
    "memorydb",
    "networkmonitor",
    "notifications",
    "opensearch",
    "pca-connector-ad",
    "personalize",
    "polly",
    "pricing",
    "resource-groups",
    "rolesanywhere",
    "s3",
    "secretsmanager",
    "servicediscovery",
    "signin",
    "sqs",
    "sts",
    "support",
    "swf",
    "textract",
    "timestream-influxdb",
    "transcribe",
    "transfer",
    "translate",
    "wafv2",
    "workspaces",
    "xray",
];

/// The actions that they do not reach although their service is under them
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/resource-control-policies.html>).
const BEYOND_RESOURCE_CONTROL: [&str; 1] = ["kms:RetireGrant"];

/// Whether service control policies bind this role or user: all but service-linked roles
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#not-restricted-by-scp>).
pub(super) fn binds_principal(principal: &Arn) -> bool {
    !is_service_linked(principal)
}

/// Whether resource control policies reach this request. They do not reach AWS managed keys, calls by service-linked roles, nor the taking on of such a role
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#actions-not-restricted-by-rcps>).
pub(super) fn reaches_request(question: &Question) -> bool {
    let caller = match &question.caller {
        Caller::Function { role, .. } | Caller::Forwarded { role, .. } | Caller::Principal { arn: role } => Some(role),
        Caller::Service { .. } | Caller::Outsider { .. } | Caller::Grantee { .. } => None,
    };
    let target = match &question.target {
        Target::ManagedKey { .. } => return false,
        Target::Role(role) => Some(role),
        _ => None,
    };
    let is_listed = |list: &[&str], name: &str| list.iter().any(|listed| listed.eq_ignore_ascii_case(name));
    let service = question.action.split(':').next().unwrap_or_default();
    !caller.into_iter().chain(target).any(is_service_linked)
        && is_listed(&UNDER_RESOURCE_CONTROL, service)
        && !is_listed(&BEYOND_RESOURCE_CONTROL, &question.action)
}

/// Whether a role is one that a service made for itself, which its path tells
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>). A session tells the name of its role without the path: the names of such
/// roles begin alike.
pub(super) fn is_service_linked(principal: &Arn) -> bool {
    principal.resource().starts_with("role/aws-service-role/")
        || principal.session_role().is_some_and(|name| name.starts_with("AWSServiceRoleFor"))
}
