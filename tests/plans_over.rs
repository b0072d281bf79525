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
            (true, _) => json!(["create"]),
            (_, true) => json!(["delete"]),
            _ if before == after => json!(["no-op"]),
            _ => json!(["update"]),
        };
        changes.push(json!({"address": address, "mode": "managed", "type": kind, "name": name,
            "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown}}));
        let Some(after) = after.as_object() else { continue };
        let mut expressions: serde_json::Map<String, Value> = after.keys().map(|key| (key.clone(), json!({}))).collect();
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
    (rotation["verdict"].as_str().unwrap().to_owned(), format!("{} {} {}", rotation["because"], rotation["needs"], report["findings"]))
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

const NETWORK: [Case; 25] = [
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
