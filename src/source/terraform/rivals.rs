//! Resources that are the same thing by two addresses, of which the plan takes one away: a resource that was renamed without a `moved` block, or one of two that gave the same thing. Terraform
//! orders only what refers to each other (<https://developer.hashicorp.com/terraform/internals/graph>), and these do not: what the one makes, the other may take away a moment later,
//! or make in vain because it is still there. `mod.rs` looks for them before anything is read.

use std::collections::{BTreeMap, BTreeSet};

use super::value::Value;
use super::world::{Anew, Instance, World};

/// What parts of something else are told apart by: type, what the thing is called, whose part it is where that has a name that people give, and attributes that tell it (`?` for those that may be
/// missing). Types of one name make the same things.
type Part = (&'static str, &'static str, Option<&'static str>, &'static [&'static str]);

const ROLE: Option<&str> = Some("aws_iam_role");
const USER: Option<&str> = Some("aws_iam_user");
const GROUP: Option<&str> = Some("aws_iam_group");
const FUNCTION: Option<&str> = Some("aws_lambda_function");

/// Not here: `aws_network_acl_association` and `aws_main_route_table_association`, which replace what is there and take back nothing but what they made themselves.
const PARTS: [Part; 30] = [
    ("aws_iam_role_policy", "policy of role", ROLE, &["role", "name"]),
    ("aws_iam_user_policy", "policy of user", USER, &["user", "name"]),
    ("aws_iam_group_policy", "policy of group", GROUP, &["group", "name"]),
    ("aws_iam_role_policy_attachment", "attachment to role", ROLE, &["role", "policy_arn"]),
    ("aws_iam_policy_attachment", "attachment to role", ROLE, &["roles", "policy_arn"]),
    ("aws_iam_user_policy_attachment", "attachment to user", USER, &["user", "policy_arn"]),
    ("aws_iam_policy_attachment", "attachment to user", USER, &["users", "policy_arn"]),
    ("aws_iam_group_policy_attachment", "attachment to group", GROUP, &["group", "policy_arn"]),
    ("aws_iam_policy_attachment", "attachment to group", GROUP, &["groups", "policy_arn"]),
    ("aws_secretsmanager_secret_policy", "policy of secret", None, &["secret_arn"]),
    ("aws_secretsmanager_secret_rotation", "rotation", None, &["secret_id"]),
    ("aws_kms_key_policy", "policy of key", None, &["key_id"]),
    ("aws_kms_alias", "alias", None, &["name"]),
    // One without a name is another one each time (https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html).
    ("aws_kms_grant", "grant", None, &["key_id", "name"]),
    ("aws_lambda_permission", "permission", FUNCTION, &["function_name", "statement_id", "?qualifier"]),
    ("aws_lambda_alias", "alias of function", FUNCTION, &["function_name", "name"]),
    ("aws_lambda_function_url", "URL", FUNCTION, &["function_name", "?qualifier"]),
    ("aws_lambda_provisioned_concurrency_config", "concurrency", FUNCTION, &["function_name", "?qualifier"]),
    (
        "aws_route",
        "route",
        None,
        &["route_table_id", "?destination_cidr_block", "?destination_ipv6_cidr_block", "?destination_prefix_list_id"],
    ),
    ("aws_route_table_association", "route table", None, &["?subnet_id", "?gateway_id"]),
    ("aws_network_acl_rule", "rule", None, &["network_acl_id", "?egress", "rule_number"]),
    ("aws_vpc_endpoint_policy", "policy of endpoint", None, &["vpc_endpoint_id"]),
    ("aws_vpc_endpoint_subnet_association", "subnet", None, &["vpc_endpoint_id", "subnet_id"]),
    ("aws_vpc_endpoint_security_group_association", "group", None, &["vpc_endpoint_id", "security_group_id"]),
    ("aws_vpc_endpoint_route_table_association", "table", None, &["vpc_endpoint_id", "route_table_id"]),
    ("aws_vpc_dhcp_options_association", "DHCP options", None, &["vpc_id"]),
    ("aws_internet_gateway_attachment", "gateway", None, &["internet_gateway_id", "vpc_id"]),
    ("aws_security_group_rule", "rule of group", None, GROUP_RULE),
    ("aws_vpc_security_group_ingress_rule", "rule of group", None, GROUP_RULE),
    ("aws_vpc_security_group_egress_rule", "rule of group", None, GROUP_RULE),
];

/// A rule of a security group is read by [`group_rule`].
const GROUP_RULE: &[&str] = &[];

/// Things that have parts: type, and the attribute by which people name them. While one is there, another cannot be made.
const WHOLE: [(&str, &str); 6] = [
    ("aws_iam_role", "name"),
    ("aws_iam_user", "name"),
    ("aws_iam_group", "name"),
    ("aws_iam_policy", "name"),
    ("aws_lambda_function", "function_name"),
    ("aws_secretsmanager_secret", "name"),
];

/// What the plan makes under the name of something that it takes away: address, and that of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Renamed {
    pub(crate) address: String,
    pub(crate) was: String,
}

/// What the plan makes under the name of something that it takes away. It can only come about if the other is gone before.
pub(super) fn renamed(world: &World<'_>) -> Vec<Renamed> {
    let mut renamed = Vec::new();
    for (kind, name) in WHOLE {
        let was: BTreeMap<&str, &Instance> = world.taken_away(kind).filter_map(|it| Some((it.values.at([name])?.text()?, it))).collect();
        if was.is_empty() {
            continue;
        }
        let made = world.of_kind(kind).filter(|it| world.was(it).is_none());
        let same = made.filter_map(|it| Some((it, was.get(it.values.at([name])?.text()?)?)));
        renamed.extend(same.map(|(it, was)| Renamed { address: it.address.clone(), was: was.address.clone() }));
    }
    renamed
}

/// The parts that will be there and that the plan takes away by another address, which is told.
pub(super) fn find(world: &World<'_>) -> BTreeMap<String, String> {
    let mut gone: BTreeMap<(&str, Vec<String>), &Instance> = BTreeMap::new();
    for part in PARTS {
        for it in world.taken_away(part.0).chain(world.replaced(part.0)) {
            gone.extend(keys(it, &part).into_iter().map(|key| ((part.1, key), it)));
        }
    }
    if gone.is_empty() {
        return BTreeMap::new();
    }
    let anew = anew(world);
    let mut rivals = BTreeMap::new();
    for part in PARTS {
        for it in world.of_kind(part.0) {
            for key in keys(it, &part) {
                // What its owner is made anew with is gone before that is, and this made after.
                let owner = part.2.zip(key.first()).is_some_and(|(kind, name)| anew.contains(&(kind, name.clone())));
                let Some(other) =
                    gone.get(&(part.1, key)).filter(|other| !owner && (other.address != it.address || it.anew == Anew::Before))
                else {
                    continue;
                };
                rivals.insert(it.address.clone(), other.address.clone());
            }
        }
    }
    rivals
}

/// The things that are made after others of their name are gone, by type and name.
fn anew(world: &World<'_>) -> BTreeSet<(&'static str, String)> {
    let renamed: BTreeSet<String> = renamed(world).into_iter().map(|renamed| renamed.address).collect();
    let mut anew = BTreeSet::new();
    for (kind, name) in WHOLE {
        let made = world.of_kind(kind).filter(|it| it.anew == Anew::After || renamed.contains(&it.address));
        anew.extend(made.filter_map(|it| Some((kind, it.values.at([name])?.text()?.to_owned()))));
    }
    anew
}

/// What a part is told apart by, for each of those that it is; none where something of it is not known.
fn keys(it: &Instance, (.., attributes): &Part) -> Vec<Vec<String>> {
    if *attributes == GROUP_RULE {
        return group_rule(it);
    }
    let mut keys: Vec<Vec<String>> = vec![Vec::new()];
    for attribute in *attributes {
        let may_be_missing = attribute.strip_prefix('?');
        let texts: Vec<String> = match it.values.at([may_be_missing.unwrap_or(attribute)]) {
            None if may_be_missing.is_some() => vec![String::new()],
            Some(Value::List(items)) => items.iter().filter_map(Value::text).map(short).collect(),
            // What is not set is shown as an empty text, a switch that is off as such.
            Some(Value::Text(text)) if may_be_missing.is_some() && text == "false" => vec![String::new()],
            Some(Value::Text(text)) if may_be_missing.is_some() || !text.is_empty() => vec![short(text)],
            _ => Vec::new(),
        };
        keys = keys.iter().flat_map(|key| texts.iter().map(|text| [key.as_slice(), std::slice::from_ref(text)].concat())).collect();
    }
    // What names nothing is nothing.
    keys.into_iter().filter(|key| key.iter().any(|text| !text.is_empty())).collect()
}

/// Functions and keys are named by name or by ARN.
fn short(text: &str) -> String {
    let behind = |mark: &str| text.rsplit_once(mark).filter(|_| text.starts_with("arn:")).map(|(_, name)| name.to_owned());
    behind(":function:").or_else(|| behind(":key/")).unwrap_or_else(|| text.to_owned())
}

/// The rules that a resource stands for, one for each at the other end.
fn group_rule(it: &Instance) -> Vec<Vec<String>> {
    let text = |name: &str| it.values.at([name]).and_then(Value::text);
    let way = match it.kind.as_str() {
        "aws_vpc_security_group_ingress_rule" => Some("ingress"),
        "aws_vpc_security_group_egress_rule" => Some("egress"),
        _ => text("type"),
    };
    let protocol = text("ip_protocol").or_else(|| text("protocol"));
    let (Some(way), Some(group), Some(protocol)) = (way, text("security_group_id"), protocol) else { return Vec::new() };
    let all = matches!(protocol, "-1" | "all");
    let port = |name: &str| text(name).filter(|_| !all).unwrap_or_default();
    let own = (text("self") == Some("true")).then_some(group);
    let names = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "source_security_group_id"];
    let single = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];
    let peers = names.into_iter().chain(single).filter_map(|name| it.values.at([name])).flat_map(|value| match value {
        Value::Text(text) if !text.is_empty() => vec![text.as_str()],
        value => value.items().iter().filter_map(Value::text).collect(),
    });
    let rule =
        |peer: &str| [way, group, if all { "-1" } else { protocol }, port("from_port"), port("to_port"), peer].map(str::to_owned).to_vec();
    peers.chain(own).map(rule).collect()
}
