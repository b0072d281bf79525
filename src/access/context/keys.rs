//! Lists of condition keys that are carried, or not, together.

use crate::policy::{Context, Entry};

/// Global keys that a request carries only in circumstances that the callers of a rotation are never in. Outsiders may be, and whoever turns one on in some.
const SELDOM_CARRIED: [&str; 17] = [
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:Referer",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:username",
];

/// What whoever makes a call of their own may carry of these.
const OF_ANY_CALLER: [&str; 2] = ["aws:MultiFactorAuthAge", "aws:Referer"];

/// What a session of a role carries of where it was made: on an instance, in a function, from a chat, with an identity provider
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html>).
const OF_SESSIONS: [&str; 11] = [
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:FederatedProvider",
    "ec2:RoleDelivery",
    "ec2:SourceInstanceARN",
    "glue:CredentialIssuingService",
    "glue:RoleAssumedBy",
    "identitystore:UserId",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceARN",
];

/// What the identity provider said of whom it let take on the role
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>).
const FAMILIES_OF_SESSIONS: [&str; 5] =
    ["accounts.google.com:", "cognito-identity.amazonaws.com:", "graph.facebook.com:", "saml:", "www.amazon.com:"];

/// Carried only by requests that come through a VPC endpoint.
const OF_VPC_ENDPOINTS: [&str; 7] =
    ["aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"];

pub(super) fn no_seldom_carried(context: &mut Context) {
    set(context, &SELDOM_CARRIED, &Entry::Absent);
}

/// For a role or user that makes a call of its own, from wherever it likes.
pub(super) fn of_any_caller(context: &mut Context) {
    no_seldom_carried(context);
    set(context, &OF_ANY_CALLER, &Entry::Unknown);
}

/// For a session that nobody knows how it was made.
pub(super) fn of_sessions(context: &mut Context) {
    set(context, &OF_SESSIONS, &Entry::Unknown);
    for family in FAMILIES_OF_SESSIONS {
        context.set_family(family, Entry::Unknown);
    }
}

pub(super) fn of_vpc_endpoints(context: &mut Context, entry: &Entry) {
    set(context, &OF_VPC_ENDPOINTS, entry);
}

/// Sets all of `keys` alike.
pub(super) fn set(context: &mut Context, keys: &[&str], entry: &Entry) {
    for key in keys {
        context.set(key, entry.clone());
    }
}
