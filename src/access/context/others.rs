//! The keys of those who have no part in a rotation: outsiders, who choose what they can choose but never what is ours, and the grantees of grants.

use super::keys;
use crate::access::estate::Estate;
use crate::access::question::Target;
use crate::access::strangers::{another_organization, chosen, made_up, organization, path, paths};
use crate::arn::Arn;
use crate::inventory::Known;
use crate::policy::{Context, Entry, Part, Symbol, Text};

/// Addresses that nobody has, and so outside of every range that a policy lists but the whole internet.
const ADDRESSES_OF_NOBODY: [&str; 2] = ["240.0.0.1", "100::1"];

/// Somebody in an account and organization of their own. They name their roles, users, sessions and tags as they like, come from the internet or through
/// an endpoint of their own, directly or through a service, and say what they like in parameters.
pub(super) fn of_outsider(context: &mut Context, estate: &Estate<'_>, account: &str, target: &Target) {
    let partition = target.partition();
    let identity = |kind: &str| Entry::Single(chosen(&format!("arn:{partition}:iam::{account}:{kind}/"), "name-of-the-outsider"));
    keys::set(
        context,
        &["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:SourceAccount", "aws:SourceArn"],
        &Entry::Absent,
    );
    keys::set(context, &["aws:SourceOrgID", "aws:SourceOrgPaths"], &Entry::Absent);
    context.set("aws:PrincipalArn", Entry::OneOf(vec![identity("role"), identity("user")]));
    context.set("aws:PrincipalAccount", Entry::single(account));
    context.set("aws:PrincipalType", Entry::OneOf(vec![Entry::single("AssumedRole"), Entry::single("User")]));
    context.set("aws:PrincipalIsAWSService", Entry::single("false"));
    context.set("aws:PrincipalOrgID", another_organization());
    context.set("aws:PrincipalOrgPaths", paths(&another_organization(), None));
    context.set_family("aws:PrincipalTag/", Entry::Unknown);
    let id = [Part::Symbol(Symbol::fresh("id-of-the-outsider")), Part::Literal(":".into()), Part::Symbol(Symbol::unknown("session"))];
    context.set("aws:userid", Entry::Single(Text::from_parts([Part::Literal("AROA".into())].into_iter().chain(id))));
    context.set("aws:ViaAWSService", Entry::OneOf(vec![Entry::single("false"), Entry::single("true")]));
    of_their_network(context, account, target);
    context.set_family("kms:", Entry::Unknown);
    context.set("kms:CallerAccount", Entry::single(account));
    context.set_family("secretsmanager:", Entry::Unknown);
    if let Target::Function(arn) = target {
        of_function_url(context, estate, arn);
    }
}

/// Their own network: nobody comes through somebody else's VPC endpoint. Which private addresses it has is theirs to choose.
fn of_their_network(context: &mut Context, account: &str, target: &Target) {
    let theirs = |prefix: &str, id: &str| Entry::OneOf(vec![Entry::Absent, Entry::Single(made_up(prefix, id))]);
    let addresses = ADDRESSES_OF_NOBODY.map(Entry::single).into_iter().chain([Entry::Absent]);
    context.set("aws:SourceIp", Entry::OneOf(addresses.collect()));
    context.set("aws:SourceVpc", theirs("vpc-", "vpc-of-the-outsider"));
    let vpc_arn = format!("arn:{}:ec2:{}:{account}:vpc/vpc-", target.partition(), target.region());
    context.set("aws:SourceVpcArn", theirs(&vpc_arn, "vpc-of-the-outsider"));
    context.set("aws:SourceVpce", theirs("vpce-", "endpoint-of-the-outsider"));
    context.set("aws:VpcSourceIp", Entry::Unknown);
    context.set("aws:VpceAccount", Entry::OneOf(vec![Entry::Absent, Entry::single(account)]));
    context.set("aws:VpceOrgID", another_organization());
    context.set("aws:VpceOrgPaths", paths(&another_organization(), None));
}

/// Only where a function has a URL can it be invoked through one.
fn of_function_url(context: &mut Context, estate: &Estate<'_>, function: &Arn) {
    let has_none = matches!(estate.function(function).and_then(|function| function.urls.as_ref()), Known::Value(urls) if urls.is_empty());
    let entry = if has_none { Entry::Absent } else { Entry::Unknown };
    keys::set(context, &["lambda:InvokedViaFunctionUrl", "lambda:FunctionUrlAuthType"], &entry);
}

/// Whoever a grant names, as far as its ARN tells.
pub(super) fn of_grantee(context: &mut Context, estate: &Estate<'_>, target: &Target, grant: &str) {
    context.set("aws:ViaAWSService", Entry::OneOf(vec![Entry::single("false"), Entry::single("true")]));
    context.set_family("aws:PrincipalTag/", Entry::Unknown);
    context.set_family("kms:", Entry::Unknown);
    let grants = target.arn().map(|arn| estate.key(arn).and_then(|key| key.grants.as_ref()));
    let grant = grants.as_ref().and_then(Known::value).and_then(|grants| grants.iter().find(|found| found.id == grant));
    let Some(grantee) = grant.and_then(|grant| Arn::parse(grant.grantee.as_deref()?).ok()) else { return };
    let organization = organization(estate, grantee.account());
    context.set("aws:PrincipalAccount", Entry::single(grantee.account()));
    context.set("kms:CallerAccount", Entry::single(grantee.account()));
    context.set("aws:PrincipalIsAWSService", Entry::single("false"));
    context.set("aws:PrincipalOrgPaths", paths(&organization, path(estate, grantee.account())));
    context.set("aws:PrincipalOrgID", organization);
    keys::set(
        context,
        &["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:SourceAccount", "aws:SourceArn"],
        &Entry::Absent,
    );
    keys::set(context, &["aws:SourceOrgID", "aws:SourceOrgPaths"], &Entry::Absent);
    if grantee.service() == "iam" && !grantee.resource().starts_with("root") {
        context.set("aws:PrincipalArn", Entry::single(&grantee));
    }
}
