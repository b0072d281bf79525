//! Lists of condition keys that are carried, or not, together.

use crate::policy::{Context, Entry};

/// Global keys that a request carries only in circumstances that the callers of a rotation are never in. Outsiders may be.
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

/// Carried only by requests that come through a VPC endpoint.
const OF_VPC_ENDPOINTS: [&str; 7] =
    ["aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"];

pub(super) fn no_seldom_carried(context: &mut Context) {
    set(context, &SELDOM_CARRIED, &Entry::Absent);
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
