//! The order in which Terraform makes things: a rotation invokes the function as soon as it is made, so what that needs has to be there before. `secrets` asks here.
//!
//! The provider calls `RotateSecret`, which rotates at once unless `rotate_immediately` is off, and runs the step `testSecret` even then
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/secretsmanager_secret_rotation>,
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>). Terraform makes everything side by side that does not refer to each other or name
//! it in `depends_on` (<https://developer.hashicorp.com/terraform/language/meta-arguments/depends_on>).

use std::collections::BTreeSet;

use super::identities::{Named, named};
use super::permissions::{FUNCTION, function_of, qualifier};
use super::resources::{Block, Stack, block_of};
use super::thing::Thing;
use super::waiting::awaited;
use super::{documents, network};
use crate::arn::Arn;
use crate::inventory::{Gap, Known};
use crate::policy::Text;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::kinds::APPLICATION;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

/// What gives a role its permissions.
const POLICIES: [(&str, &str); 3] =
    [("aws_iam_role_policy", "role"), ("aws_iam_role_policy_attachment", "role"), ("aws_iam_policy_attachment", "roles")];

/// What opens a security group.
const GROUP_RULES: [&str; 3] = ["aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"];

/// A policy that lets a function write its log, and nothing that a rotation needs.
const LOGS_ONLY: &str = ":policy/service-role/AWSLambdaBasicExecutionRole";

/// The resources, by their addresses, that this rotation needs and that may be made after it; and what hides whether it waits for them.
pub(super) fn not_awaited(stack: &Stack<'_>, rotation: Thing<'_>, function: Option<&Arn>) -> (Vec<String>, Option<Gap>) {
    if !rotation.instance.changes {
        return (Vec::new(), None);
    }
    let mut needed = versions(stack, rotation);
    if let Some(function) = function {
        let function = function.split_qualifier().0;
        needed.extend(of_function(stack, &function));
        needed.extend(key_policies(stack, rotation, &function));
    }
    let (awaited, hidden) = awaited(stack, block_of(rotation.instance));
    let missing = |it: &&Thing<'_>| it.instance.changes && !awaited.contains::<Block>(&block_of(it.instance));
    let mut names: Vec<String> = needed.iter().filter(missing).map(|it| it.address().to_owned()).collect();
    names.sort();
    names.dedup();
    match hidden.into_iter().collect::<Vec<_>>() {
        hidden if hidden.is_empty() || names.is_empty() => (names, None),
        hidden => {
            let says = format!("whether it waits for {} hangs on {}{}", names.join(", "), hidden.join(", "), rotation.resolver.way_out());
            (Vec::new(), Some(Gap::new("plan", rotation.address(), &says)))
        }
    }
}

/// The first value of the secret: without one there is nothing to rotate.
fn versions<'a>(stack: &Stack<'a>, rotation: Thing<'_>) -> Vec<Thing<'a>> {
    let secret = |it: Thing<'_>| it.naming("secret_id", Want::arn(Kind::Secret));
    let own = secret(rotation);
    // A secret that is there already may have a value.
    let is_new = own.as_ref().is_some_and(|own| own.as_literal().is_none());
    let Some(own) = own.filter(|_| is_new) else { return Vec::new() };
    let of_name = stack.naming("aws_secretsmanager_secret_version", "secret_id", Want::arn(Kind::Secret), &own.written());
    of_name.into_iter().filter(|it| secret(*it).as_ref() == Some(&own)).collect()
}

/// What lets the role of this function use the key of the secret, where that is a policy or a grant that names the role: before it is there the key has the policy that AWS gives to
/// every key, which leaves it to the policies of the account
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>).
fn key_policies<'a>(stack: &Stack<'a>, rotation: Thing<'_>, function: &Arn) -> Vec<Thing<'a>> {
    let (secret, key) = (Want::arn(Kind::Secret), Want::arn(Kind::Key));
    let Some(own) = rotation.naming("secret_id", secret) else { return Vec::new() };
    let is_own = |it: &Thing<'_>| it.arn().is_some_and(|arn| arn.as_str() == own.written());
    let secret = stack.called("aws_secretsmanager_secret", &own.written()).into_iter().find(is_own);
    let function = stack.called("aws_lambda_function", function.as_str()).into_iter().find(|it| it.arn().as_ref() == Some(function));
    let role = function.and_then(|it| it.naming("role", Want::arn(Kind::Role)));
    let (Some(key_of_secret), Some(role)) = (secret.and_then(|it| it.naming("kms_key_id", key)), role) else { return Vec::new() };
    let is_the_key = |it: &Thing<'_>| {
        let named = it.naming("key_id", key).map(|text| text.written().into_owned());
        named.is_some_and(|named| named == key_of_secret.written() || key_of_secret.written().ends_with(&format!(":key/{named}")))
    };
    let names_the_role = |it: &Thing<'_>| match documents::of(*it, "policy") {
        Known::Value(Some(document)) => document.text().contains(role.written().as_ref()),
        _ => false,
    };
    let is_for_the_role = |it: &Thing<'_>| it.naming("grantee_principal", Want::arn(Kind::Role)).as_ref() == Some(&role);
    let of_the_key = |kind| stack.naming(kind, "key_id", key, &key_of_secret.written()).into_iter().filter(is_the_key);
    of_the_key("aws_kms_key_policy").filter(names_the_role).chain(of_the_key("aws_kms_grant").filter(is_for_the_role)).collect()
}

fn of_function<'a>(stack: &Stack<'a>, arn: &Arn) -> Vec<Thing<'a>> {
    let mut needed: Vec<Thing<'a>> = Vec::new();
    let is_ours = |it: &Thing<'_>| function_of(*it, "function_name").is_some_and(|name| qualifier(&name, arn).is_some());
    let is_the_service = |it: &Thing<'_>| it.text("principal").is_some_and(|principal| principal.starts_with("secretsmanager."));
    let permissions = stack.naming("aws_lambda_permission", "function_name", FUNCTION, arn.as_str());
    needed.extend(permissions.into_iter().filter(is_ours).filter(is_the_service));
    for (address, application) in stack.resolver.applications().iter().filter(|(_, it)| it.function.arn == *arn) {
        // The permission to invoke and the policies of the role are part of it.
        needed.extend(stack.of_kind(APPLICATION).filter(|it| it.address() == address));
        if let Some(vpc) = application.function.configuration.value().and_then(|it| it.as_ref()?.vpc.clone()) {
            needed.extend(ways_out(stack, &vpc.subnet_ids.into_iter().collect(), vpc.security_group_ids.into_iter().collect()));
        }
    }
    let Some(function) = stack.called("aws_lambda_function", arn.as_str()).into_iter().find(|it| it.arn().as_ref() == Some(arn)) else {
        return needed;
    };
    if let Some(role) = function.naming("role", Want::arn(Kind::Role)).and_then(|text| Arn::parse(&text.written()).ok()) {
        needed.extend(policies(stack, &role));
    }
    let subnets = function.list("vpc_config.0.subnet_ids", Want::id(Kind::Subnet)).into_iter().collect();
    let groups = function.list("vpc_config.0.security_group_ids", Want::id(Kind::SecurityGroup)).into_iter().collect();
    needed.extend(ways_out(stack, &subnets, groups));
    needed
}

fn policies<'a>(stack: &Stack<'a>, role: &Arn) -> Vec<Thing<'a>> {
    let want = Want { kind: Kind::Role, attribute: "name" };
    let mut found = Vec::new();
    for (kind, attribute) in POLICIES {
        let is_for_it = |it: &Thing<'_>| match it.value(attribute) {
            Some(Value::List(_)) => it.list(attribute, want).iter().any(|text| named(&Text::parse(text), role) == Named::This),
            _ => it.naming(attribute, want).is_some_and(|text| named(&text, role) == Named::This),
        };
        let gives_logs = |it: &Thing<'_>| it.value("policy_arn").and_then(Value::text).is_some_and(|arn| arn.ends_with(LOGS_ONLY));
        found.extend(stack.naming(kind, attribute, want, role.as_str()).into_iter().filter(|it| is_for_it(it) && !gives_logs(it)));
    }
    found
}

/// In a VPC: the endpoint of Secrets Manager, and the rules of the security groups on the way there.
fn ways_out<'a>(stack: &Stack<'a>, subnets: &BTreeSet<String>, mut groups: BTreeSet<String>) -> Vec<Thing<'a>> {
    let vpcs = network::vpcs_of(stack, subnets);
    let leads_there = |it: &Thing<'_>| {
        it.value("service_name").and_then(Value::text).is_some_and(|name| name.ends_with(".secretsmanager"))
            && it.naming("vpc_id", Want::id(Kind::Vpc)).is_some_and(|vpc| vpcs.contains(vpc.written().as_ref()))
    };
    let mut found: Vec<Thing<'a>> = stack.of_kind("aws_vpc_endpoint").filter(leads_there).collect();
    for endpoint in &found {
        groups.extend(endpoint.list("security_group_ids", Want::id(Kind::SecurityGroup)));
    }
    let opens = |it: &Thing<'_>| {
        it.naming("security_group_id", Want::id(Kind::SecurityGroup)).is_some_and(|id| groups.contains(id.written().as_ref()))
    };
    found.extend(GROUP_RULES.into_iter().flat_map(|kind| stack.of_kind(kind)).filter(opens));
    found
}
