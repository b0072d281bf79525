//! Plans over an account that works: what each of them changes of things that it does not make is seen, and what cannot be told is open. Every world here but the first
//! would pass if the plan's resource were not looked at.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

const PLACE: &str = "111122223333/eu-west-1";
const SUBNETS: [&str; 2] = ["aws_subnet.private[0]", "aws_subnet.private[1]"];
const ENDPOINT: &str = "aws_vpc_endpoint.secrets_manager";
const DEFAULT_ACL: &str = "aws_vpc.main.default_network_acl_id";
const DEFAULT_GROUP: &str = "aws_vpc.main.default_security_group_id";

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn file(name: &str, content: &Value) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("over-{}-{name}-{count}.json", std::process::id()));
    fs::write(&file, content.to_string()).unwrap();
    file
}

/// The snapshot of the account that has what the configuration in `tests/plans/vpc` makes; what AWS makes up is called by the names of the resources.
fn account() -> Value {
    let to = file("account", &Value::Null);
    let plan = ["--plan", "tests/plans/vpc/plan.json", "--source", "tests/plans/vpc"];
    let output = rotaudit(&[&["snapshot", "-o", to.to_str().unwrap()], plan.as_slice()].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&to).unwrap().replace("⟦aws_secretsmanager_secret.db#6⟧", "AbCdEf").replace(['⟦', '⟧'], "");
    fs::remove_file(to).unwrap();
    let mut account: Value = serde_json::from_str(&text).unwrap();
    let network = network(&mut account);
    network["network_acls"]["value"]["acl-closed"] = json!({"vpc": "aws_vpc.main", "subnets": [], "rules": []});
    let local = json!({"destination": {"cidr": "10.0.0.0/16"}, "target": "local"});
    network["route_tables"]["value"]["rtb-other"] = json!({"vpc": "aws_vpc.main", "routes": [local]});
    account
}

fn network(account: &mut Value) -> &mut Value {
    &mut account["inventory"]["networks"][PLACE]
}

/// A resource of a plan: its type, what it was, what it will be, and what of that is not known. What is not null is written.
struct Resource {
    kind: &'static str,
    before: Value,
    after: Value,
    unknown: Value,
}

fn made(kind: &'static str, after: Value) -> Resource {
    Resource { kind, before: Value::Null, after, unknown: json!({"id": true}) }
}

fn gone(kind: &'static str, before: Value) -> Resource {
    Resource { kind, before, after: Value::Null, unknown: json!({}) }
}

fn plan(resources: &[Resource]) -> Value {
    let mut changes = Vec::new();
    let mut written = Vec::new();
    for (index, Resource { kind, before, after, unknown }) in resources.iter().enumerate() {
        let address = format!("{kind}.it{index}");
        let name = format!("it{index}");
        let actions = match (before.is_null(), after.is_null()) {
            (true, _) => "create",
            (_, true) => "delete",
            _ if before == after => "no-op",
            _ => "update",
        };
        changes.push(json!({"address": address, "mode": "managed", "type": kind, "name": name,
            "change": {"actions": [actions], "before": before, "after": after, "after_unknown": unknown}}));
        let Some(after) = after.as_object() else { continue };
        // What stays as it is shows what others gave to it, which nobody writes there.
        let is_written = |key: &&String| actions != "no-op" || !["ingress", "egress", "route", "subnet_ids"].contains(&key.as_str());
        let mut expressions: serde_json::Map<String, Value> = after.keys().filter(is_written).map(|key| (key.clone(), json!({}))).collect();
        // What is not known is made of something that nobody follows.
        let open =
            unknown.as_object().into_iter().flatten().filter(|(key, _)| !["id", "route", "egress", "ingress"].contains(&key.as_str()));
        expressions.extend(open.map(|(key, _)| (key.clone(), json!({"references": ["terraform_data.x.output", "terraform_data.x"]}))));
        written.push(json!({"address": address, "mode": "managed", "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions}));
    }
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes, "configuration": {
        "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}, "root_module": {"resources": written}}})
}

/// The report of this plan over this account.
fn over(account: &Value, resources: &[Resource]) -> Value {
    let (plan, account) = (file("plan", &plan(resources)), file("over", account));
    let place = ["--account", "111122223333", "--format", "json"];
    let output = rotaudit(&[&["scan", "--plan", plan.to_str().unwrap(), "--over", account.to_str().unwrap()], place.as_slice()].concat());
    fs::remove_file(plan).unwrap();
    fs::remove_file(account).unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// What the report says of the rotation, with what it says why.
fn outcome(report: &Value) -> (String, String) {
    let rotation = &report["rotations"][0];
    let says = format!("{} {} {} {}", rotation["because"], rotation["needs"], report["findings"], report["undecided"]);
    (rotation["verdict"].as_str().unwrap().to_owned(), says)
}

/// What is changed, over an account that is changed before, with the verdict and what the report names because of it.
struct Case {
    name: &'static str,
    account: fn(&mut Value),
    plan: fn() -> Vec<Resource>,
    verdict: &'static str,
    names: &'static str,
}

fn as_it_is(_: &mut Value) {}

fn in_closed_acl(account: &mut Value) {
    let acls = &mut network(account)["network_acls"]["value"];
    acls[DEFAULT_ACL]["subnets"] = json!([]);
    acls["acl-closed"]["subnets"] = json!(SUBNETS);
}

/// The endpoint has the default security group, which lets the VPC in.
fn endpoint_in_default_group(account: &mut Value) {
    let network = network(account);
    let https = |peer: Value| json!([{"protocol": "tcp", "ports": {"from": 443, "to": 443}, "peer": peer}]);
    network["security_groups"]["value"][DEFAULT_GROUP]["ingress"] = https(json!({"cidr": "10.0.0.0/16"}));
    network["security_groups"]["value"]["aws_security_group.function"]["egress"]
        .as_array_mut()
        .unwrap()
        .push(https(json!({"group": DEFAULT_GROUP}))[0].clone());
    network["endpoints"]["value"][ENDPOINT]["security_groups"] = json!([DEFAULT_GROUP]);
}

const NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

fn closed_endpoint(account: &mut Value) {
    network(account)["endpoints"]["value"][ENDPOINT]["policy"] = NOBODY.into();
}

fn of_both_subnets(kind: &'static str, more: &Value, resource: fn(&'static str, Value) -> Resource) -> Vec<Resource> {
    let one = |subnet: &str| {
        let mut values = more.clone();
        values["subnet_id"] = subnet.into();
        resource(kind, values)
    };
    SUBNETS.into_iter().map(one).collect()
}

const NETWORK: [Case; 26] = [
    Case { name: "nothing", account: as_it_is, plan: Vec::new, verdict: "rotates", names: "" },
    Case {
        name: "subnets are given to an ACL that lets nothing through",
        account: as_it_is,
        plan: || of_both_subnets("aws_network_acl_association", &json!({"network_acl_id": "acl-closed"}), made),
        verdict: "fails",
        names: "acl-closed",
    },
    Case {
        name: "subnets are given to an ACL that nobody has read",
        account: as_it_is,
        plan: || of_both_subnets("aws_network_acl_association", &json!({"network_acl_id": "acl-unread"}), made),
        verdict: "undecided",
        names: "acl-unread",
    },
    Case {
        name: "a new ACL takes the subnets",
        account: as_it_is,
        plan: || vec![made("aws_network_acl", json!({"vpc_id": "aws_vpc.main", "subnet_ids": SUBNETS}))],
        verdict: "fails",
        names: "aws_network_acl.it0",
    },
    Case {
        name: "a new ACL takes subnets that are not known",
        account: as_it_is,
        plan: || {
            vec![Resource {
                unknown: json!({"id": true, "subnet_ids": true}),
                ..made("aws_network_acl", json!({"vpc_id": "aws_vpc.main"}))
            }]
        },
        verdict: "undecided",
        names: "aws_network_acl.it0",
    },
    Case {
        name: "a subnet that is not known is given to an ACL",
        account: as_it_is,
        plan: || {
            let known = made("aws_network_acl_association", json!({"network_acl_id": "acl-closed"}));
            vec![Resource { unknown: json!({"id": true, "subnet_id": true}), ..known }]
        },
        verdict: "undecided",
        names: "aws_network_acl_association.it0",
    },
    Case {
        name: "subnets get back to the default ACL",
        account: in_closed_acl,
        plan: || of_both_subnets("aws_network_acl_association", &json!({"network_acl_id": "acl-closed"}), gone),
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "an ACL that is taken away leaves its subnets to the default one",
        account: in_closed_acl,
        plan: || vec![gone("aws_network_acl", json!({"id": "acl-closed", "vpc_id": "aws_vpc.main", "subnet_ids": SUBNETS}))],
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "a rule of an ACL refuses what leaves",
        account: as_it_is,
        plan: || {
            let rule = json!({"network_acl_id": DEFAULT_ACL, "rule_number": 10, "egress": true, "protocol": "tcp", "rule_action": "deny",
                "cidr_block": "0.0.0.0/0", "from_port": 443, "to_port": 443});
            vec![made("aws_network_acl_rule", rule)]
        },
        verdict: "fails",
        names: DEFAULT_ACL,
    },
    Case {
        name: "the rule by which an ACL lets all in is taken away",
        account: as_it_is,
        plan: || {
            let rule = json!({"network_acl_id": DEFAULT_ACL, "rule_number": 100, "egress": false, "protocol": "-1", "rule_action": "allow",
                "cidr_block": "0.0.0.0/0"});
            vec![gone("aws_network_acl_rule", rule)]
        },
        verdict: "fails",
        names: DEFAULT_ACL,
    },
    Case {
        name: "the default ACL is adopted and loses its rules",
        account: as_it_is,
        plan: || vec![made("aws_default_network_acl", json!({"default_network_acl_id": DEFAULT_ACL, "ingress": [], "egress": []}))],
        verdict: "fails",
        names: DEFAULT_ACL,
    },
    Case {
        name: "subnets are given to another table",
        account: as_it_is,
        plan: || of_both_subnets("aws_route_table_association", &json!({"route_table_id": "rtb-other"}), made),
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "subnets are given to a table that nobody has read",
        account: as_it_is,
        plan: || of_both_subnets("aws_route_table_association", &json!({"route_table_id": "rtb-unread"}), made),
        verdict: "undecided",
        names: "rtb-unread",
    },
    Case {
        name: "a table that nobody has read becomes the main one",
        account: as_it_is,
        plan: || vec![made("aws_main_route_table_association", json!({"vpc_id": "aws_vpc.main", "route_table_id": "rtb-unread"}))],
        verdict: "undecided",
        names: "ec2:DescribeRouteTables on aws_subnet.private[0]",
    },
    Case {
        name: "the default security group is adopted and loses its rules",
        account: endpoint_in_default_group,
        plan: || {
            let known = made("aws_default_security_group", json!({"vpc_id": "aws_vpc.main"}));
            vec![Resource { unknown: json!({"id": true, "ingress": true, "egress": true}), ..known }]
        },
        verdict: "fails",
        names: "endpoint",
    },
    Case {
        name: "the endpoint had the default group as it is",
        account: endpoint_in_default_group,
        plan: Vec::new,
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "the endpoint's policy admits nobody any more",
        account: as_it_is,
        plan: || vec![made("aws_vpc_endpoint_policy", json!({"vpc_endpoint_id": ENDPOINT, "policy": NOBODY}))],
        verdict: "fails",
        names: ENDPOINT,
    },
    Case {
        name: "the endpoint's policy is not known",
        account: as_it_is,
        plan: || {
            let known = made("aws_vpc_endpoint_policy", json!({"vpc_endpoint_id": ENDPOINT}));
            vec![Resource { unknown: json!({"id": true, "policy": true}), ..known }]
        },
        verdict: "undecided",
        names: "aws_vpc_endpoint_policy.it0",
    },
    Case {
        name: "the endpoint's policy is taken away",
        account: closed_endpoint,
        plan: || vec![gone("aws_vpc_endpoint_policy", json!({"id": ENDPOINT, "vpc_endpoint_id": ENDPOINT, "policy": NOBODY}))],
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "the endpoint loses its subnets",
        account: as_it_is,
        plan: || of_both_subnets("aws_vpc_endpoint_subnet_association", &json!({"vpc_endpoint_id": ENDPOINT}), gone),
        verdict: "undecided",
        names: ENDPOINT,
    },
    Case {
        name: "the endpoint loses its security group",
        account: as_it_is,
        plan: || {
            let values = json!({"vpc_endpoint_id": ENDPOINT, "security_group_id": "aws_security_group.endpoint"});
            vec![gone("aws_vpc_endpoint_security_group_association", values)]
        },
        verdict: "fails",
        names: ENDPOINT,
    },
    Case {
        name: "the endpoint does not answer under the service's name any more",
        account: as_it_is,
        plan: || vec![made("aws_vpc_endpoint_private_dns", json!({"vpc_endpoint_id": ENDPOINT, "private_dns_enabled": false}))],
        verdict: "fails",
        names: "",
    },
    Case {
        name: "the VPC gets DHCP options that nobody has read",
        account: as_it_is,
        plan: || vec![made("aws_vpc_dhcp_options_association", json!({"vpc_id": "aws_vpc.main", "dhcp_options_id": "dopt-unread"}))],
        verdict: "undecided",
        names: "dopt-unread",
    },
    Case {
        name: "a private zone answers for Secrets Manager",
        account: as_it_is,
        plan: || {
            let zone = json!({"name": "secretsmanager.eu-west-1.amazonaws.com", "vpc": [{"vpc_id": "aws_vpc.main"}]});
            vec![made("aws_route53_zone", zone)]
        },
        verdict: "undecided",
        names: "aws_route53_zone.it0",
    },
    Case {
        name: "the last rule of a network in the plan is taken away",
        account: as_it_is,
        plan: || {
            let rule = json!({"type": "ingress", "security_group_id": "aws_security_group.endpoint", "protocol": "tcp", "from_port": 443,
                "to_port": 443, "cidr_blocks": ["10.0.0.0/24", "10.0.1.0/24"]});
            vec![gone("aws_security_group_rule", rule)]
        },
        verdict: "fails",
        names: "aws_security_group.endpoint",
    },
    Case {
        name: "a rule is taken away that the state of its group still tells",
        account: as_it_is,
        plan: || {
            let ranges = json!(["10.0.0.0/24", "10.0.1.0/24"]);
            let block = json!({"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ranges});
            let group = json!({"id": "aws_security_group.endpoint", "name": "endpoint", "vpc_id": "aws_vpc.main", "ingress": [block], "egress": []});
            let rule = json!({"type": "ingress", "security_group_id": "aws_security_group.endpoint", "protocol": "tcp", "from_port": 443,
                "to_port": 443, "cidr_blocks": ranges});
            let there = Resource { kind: "aws_security_group", before: group.clone(), after: group, unknown: json!({}) };
            vec![there, gone("aws_security_group_rule", rule)]
        },
        verdict: "fails",
        names: "aws_security_group.endpoint",
    },
];

const ROLE: &str = "arn:aws:iam::111122223333:role/rotate-db";
const MANAGED: &str = "arn:aws:iam::111122223333:policy/rotate";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";
const NOTHING_AT_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// What the role may do stands in a managed policy.
fn in_managed_policy(account: &mut Value) {
    let identities = &mut account["inventory"]["accounts"]["111122223333"]["identities"]["value"];
    let inline = identities["roles"][ROLE]["permissions"]["inline"].take();
    let policy = inline.as_array().unwrap().iter().find(|policy| policy["name"] == "rotate").unwrap();
    identities["policies"][MANAGED] = policy["document"].clone();
    identities["roles"][ROLE]["permissions"]["inline"] = json!([]);
    identities["roles"][ROLE]["permissions"]["attached"].as_array_mut().unwrap().push(MANAGED.into());
}

fn denied_by_secret(account: &mut Value) {
    let policy = json!({"name": "default", "document": NOTHING_AT_ALL});
    account["inventory"]["secrets"][SECRET]["policies"] = json!({"value": [policy]});
}

fn not_known(of: Resource, attribute: &str) -> Resource {
    let mut after = of.after;
    after.as_object_mut().unwrap().remove(attribute);
    Resource { after, unknown: json!({"id": true, attribute: true}), ..of }
}

fn role(before: Value, after: Value) -> Vec<Resource> {
    let values = |more: Value| {
        let mut role = json!({"arn": ROLE, "id": "rotate-db", "name": "rotate-db", "path": "/", "unique_id": "AROA",
            "assume_role_policy": r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#});
        role.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        role
    };
    vec![Resource { kind: "aws_iam_role", before: values(before), after: values(after), unknown: json!({}) }]
}

const RESOURCES: [Case; 24] = [
    Case { name: "the role has its policy in another place", account: in_managed_policy, plan: Vec::new, verdict: "rotates", names: "" },
    Case {
        name: "the role keeps none of its inline policies",
        account: as_it_is,
        plan: || vec![made("aws_iam_role_policies_exclusive", json!({"role_name": "rotate-db", "policy_names": []}))],
        verdict: "fails",
        names: "role-cannot-rotate-secret",
    },
    Case {
        name: "the role keeps the policy that is listed",
        account: as_it_is,
        plan: || vec![made("aws_iam_role_policies_exclusive", json!({"role_name": "rotate-db", "policy_names": ["rotate"]}))],
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "which policies the role keeps is not known",
        account: as_it_is,
        plan: || {
            let list = made("aws_iam_role_policies_exclusive", json!({"role_name": "rotate-db", "policy_names": []}));
            vec![not_known(list, "policy_names")]
        },
        verdict: "undecided",
        names: "aws_iam_role_policies_exclusive.it0.policy_names",
    },
    Case {
        name: "some role keeps none of its inline policies",
        account: as_it_is,
        plan: || {
            let list = made("aws_iam_role_policies_exclusive", json!({"role_name": "", "policy_names": []}));
            vec![not_known(list, "role_name")]
        },
        verdict: "undecided",
        names: "aws_iam_role_policies_exclusive.it0.role_name",
    },
    Case {
        name: "a policy that denies all is given and taken away by the same plan",
        account: as_it_is,
        plan: || {
            vec![
                made("aws_iam_role_policies_exclusive", json!({"role_name": "rotate-db", "policy_names": ["rotate"]})),
                made("aws_iam_role_policy", json!({"role": "rotate-db", "name": "stop", "policy": NOTHING})),
            ]
        },
        verdict: "undecided",
        names: "which the plan gives and takes away",
    },
    Case {
        name: "the role keeps no managed policy",
        account: in_managed_policy,
        plan: || vec![made("aws_iam_role_policy_attachments_exclusive", json!({"role_name": "rotate-db", "policy_arns": []}))],
        verdict: "fails",
        names: "role-cannot-rotate-secret",
    },
    Case {
        name: "the managed policy is given to another role alone",
        account: in_managed_policy,
        plan: || vec![made("aws_iam_policy_attachment", json!({"name": "x", "policy_arn": MANAGED, "roles": ["other"]}))],
        verdict: "fails",
        names: "role-cannot-rotate-secret",
    },
    Case {
        name: "the managed policy is given to this role alone",
        account: in_managed_policy,
        plan: || vec![made("aws_iam_policy_attachment", json!({"name": "x", "policy_arn": MANAGED, "roles": ["rotate-db"]}))],
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "the role itself lists no managed policy any more",
        account: in_managed_policy,
        plan: || role(json!({"managed_policy_arns": [MANAGED]}), json!({"managed_policy_arns": []})),
        verdict: "fails",
        names: "role-cannot-rotate-secret",
    },
    Case {
        name: "the role itself has no inline policy any more, and nobody had told of the one that is there",
        account: as_it_is,
        plan: || role(json!({"inline_policy": [{"name": "x", "policy": NOBODY}]}), json!({"inline_policy": [{"name": "", "policy": ""}]})),
        verdict: "fails",
        names: "role-cannot-rotate-secret",
    },
    Case {
        name: "the key's policy admits nobody any more",
        account: as_it_is,
        plan: || vec![made("aws_kms_key_policy", json!({"key_id": "aws_kms_key.db", "policy": NOTHING_AT_ALL}))],
        verdict: "fails",
        names: "role-cannot-use-key",
    },
    Case {
        name: "some key gets a policy",
        account: as_it_is,
        plan: || vec![not_known(made("aws_kms_key_policy", json!({"key_id": "", "policy": NOTHING_AT_ALL})), "key_id")],
        verdict: "undecided",
        names: "aws_kms_key_policy.it0",
    },
    Case {
        name: "the key's policy is not known",
        account: as_it_is,
        plan: || vec![not_known(made("aws_kms_key_policy", json!({"key_id": "aws_kms_key.db", "policy": ""})), "policy")],
        verdict: "undecided",
        names: "aws_kms_key_policy.it0",
    },
    Case {
        name: "the secret's policy denies all",
        account: as_it_is,
        plan: || vec![made("aws_secretsmanager_secret_policy", json!({"secret_arn": SECRET, "policy": NOTHING_AT_ALL}))],
        verdict: "fails",
        names: "secret",
    },
    Case {
        name: "the secret's policy is not known",
        account: as_it_is,
        plan: || vec![not_known(made("aws_secretsmanager_secret_policy", json!({"secret_arn": SECRET, "policy": ""})), "policy")],
        verdict: "undecided",
        names: "aws_secretsmanager_secret_policy.it0",
    },
    Case {
        name: "some secret gets a policy",
        account: as_it_is,
        plan: || {
            let policy = made("aws_secretsmanager_secret_policy", json!({"secret_arn": "", "policy": NOTHING_AT_ALL}));
            vec![not_known(policy, "secret_arn")]
        },
        verdict: "undecided",
        names: "aws_secretsmanager_secret_policy.it0",
    },
    Case {
        name: "the secret's policy denied all, and is taken away",
        account: denied_by_secret,
        plan: || vec![gone("aws_secretsmanager_secret_policy", json!({"id": SECRET, "secret_arn": SECRET, "policy": NOTHING_AT_ALL}))],
        verdict: "rotates",
        names: "",
    },
    Case {
        name: "the function gets a URL for everybody",
        account: as_it_is,
        plan: || vec![made("aws_lambda_function_url", json!({"function_name": "rotate-db", "authorization_type": "NONE"}))],
        verdict: "rotates",
        names: "function-url-open",
    },
    Case {
        name: "some function gets a URL for everybody",
        account: as_it_is,
        plan: || {
            let url = made("aws_lambda_function_url", json!({"function_name": "", "authorization_type": "NONE"}));
            vec![not_known(url, "function_name")]
        },
        verdict: "rotates",
        names: "function-url",
    },
    Case {
        name: "a control policy comes to the account",
        account: |account| {
            account["inventory"]["accounts"]["111122223333"]["organization"] = json!({"value": {"id": "o-1"}});
            account["inventory"]["accounts"]["111122223333"]["control_policies"] =
                json!({"service": {"value": []}, "resource": {"value": []}});
        },
        plan: || vec![made("aws_organizations_policy_attachment", json!({"policy_id": "p-1", "target_id": "111122223333"}))],
        verdict: "undecided",
        names: "aws_organizations_policy_attachment.it0",
    },
    Case {
        name: "everybody may invoke the function",
        account: as_it_is,
        plan: || {
            let open = json!({"function_name": "rotate-db", "action": "lambda:InvokeFunction", "principal": "*", "statement_id": "all"});
            vec![made("aws_lambda_permission", open)]
        },
        verdict: "rotates",
        names: "invoke-open-to-other-accounts",
    },
    Case {
        name: "everybody may invoke some function",
        account: as_it_is,
        plan: || {
            let open = json!({"function_name": "", "action": "lambda:InvokeFunction", "principal": "*", "statement_id": "all"});
            vec![not_known(made("aws_lambda_permission", open), "function_name")]
        },
        verdict: "rotates",
        names: "aws_lambda_permission.it0",
    },
    Case {
        name: "the permission to invoke is taken away",
        account: as_it_is,
        plan: || {
            let values = json!({"function_name": "rotate-db", "action": "lambda:InvokeFunction", "principal": "secretsmanager.amazonaws.com",
                "statement_id": "SecretsManager", "source_account": "111122223333"});
            vec![gone("aws_lambda_permission", values)]
        },
        verdict: "fails",
        names: "secrets-manager-cannot-invoke",
    },
];

fn assert_cases(cases: &[Case]) {
    let whole = account();
    let mut wrong = Vec::new();
    for case in cases {
        let mut account = whole.clone();
        (case.account)(&mut account);
        let (verdict, says) = outcome(&over(&account, &(case.plan)()));
        if verdict != case.verdict || !says.contains(case.names) {
            wrong.push(format!("{}: {verdict}: {says}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_plan_changes_of_a_network_that_it_does_not_make_is_seen() {
    assert_cases(&NETWORK);
}

#[test]
fn what_a_plan_changes_of_roles_keys_secrets_and_functions_that_it_does_not_make_is_seen() {
    assert_cases(&RESOURCES);
}

#[test]
fn a_policy_for_a_user_who_is_there_counts() {
    let mut account = account();
    let user = "arn:aws:iam::111122223333:user/anna";
    account["inventory"]["accounts"]["111122223333"]["identities"]["value"]["users"][user] = json!({"arn": user, "id": "AIDA"});
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let given = |user: &str| plan(&[made("aws_iam_user_policy", json!({"user": user, "name": "all", "policy": policy}))]);
    let account = file("user", &account);
    let who = |user: &str| {
        let plan = file("who", &given(user));
        let over = ["--plan", plan.to_str().unwrap(), "--over", account.to_str().unwrap(), "--account", "111122223333"];
        let output = rotaudit(&[&["who-can", "secretsmanager:GetSecretValue", SECRET], over.as_slice()].concat());
        fs::remove_file(&plan).unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let (anna, another) = (who("anna"), who("bert"));
    fs::remove_file(&account).unwrap();
    assert!(anna.contains("anna") && !another.contains("anna"), "{anna}\n{another}");
}

#[test]
fn a_template_that_a_plan_deploys_makes_the_report_partial() {
    let account = account();
    let body = r#"{"Resources":{}}"#;
    let stack = || vec![made("aws_cloudformation_stack", json!({"name": "x", "template_body": body}))];
    let partial = |resources: &[Resource]| over(&account, resources)["partial"].clone();
    assert_eq!(partial(&stack()), "what is deployed by aws_cloudformation_stack.it0 is not looked at");
    let values = json!({"id": "x", "name": "x", "template_body": body});
    let unchanged = Resource { before: values.clone(), after: values.clone(), unknown: json!({}), kind: "aws_cloudformation_stack" };
    assert_eq!(partial(&[unchanged]), Value::Null, "what it had made is in the account");
    assert!(partial(&[gone("aws_cloudformation_stack", values)]).is_string());
}
