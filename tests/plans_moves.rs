//! Plans in which something moves to another address: from a resource of its own into what it belongs to, where the delete of the one takes it from the other, and to a resource of
//! another name, which is made and taken away in no order. `tests/plans/moved` is what Terraform itself plans when all parts of a network move into what they belong to.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn plan(name: &str) -> Value {
    serde_json::from_slice(&fs::read(format!("tests/plans/{name}/plan.json")).unwrap()).unwrap()
}

fn file(content: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("moves-{}-{count}.json", std::process::id()));
    fs::write(&file, content).unwrap();
    file
}

fn scan(plan: &Value, more: &[&str]) -> Value {
    let file = file(&plan.to_string());
    let output = rotaudit(&[&["scan", "--plan", file.to_str().unwrap(), "--format", "json"], more].concat());
    fs::remove_file(file).unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn verdict(report: &Value) -> String {
    let rotation = &report["rotations"][0];
    let step = rotation["step"].as_str().map(|step| format!(" at {step}")).unwrap_or_default();
    format!("{}{step}", rotation["verdict"].as_str().unwrap_or_else(|| panic!("no rotation: {report:#}")))
}

fn change<'p>(plan: &'p mut Value, address: &str) -> &'p mut Value {
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    &mut changes.iter_mut().find(|change| change["address"] == address).unwrap_or_else(|| panic!("no {address}"))["change"]
}

const ROUTE: &str = "aws_route.out";
const IN: &str = "aws_network_acl_rule.in";
const OUT: &str = "aws_network_acl_rule.out";
const OF_SUBNET: &str = "aws_network_acl_association.private";
const POLICY: &str = "aws_vpc_endpoint_policy.secrets_manager";
const IN_SUBNET: &str = "aws_vpc_endpoint_subnet_association.secrets_manager";
const WITH_GROUP: &str = "aws_vpc_endpoint_security_group_association.secrets_manager";

/// The plan in which these parts move, and all others stay resources of their own; with the endpoint, or without one, so that the way leads over the internet.
fn moved(parts: &[&str], endpoint: bool) -> Value {
    let mut plan = plan("moved");
    for it in plan["resource_changes"].as_array_mut().unwrap() {
        let (address, change) = (it["address"].clone(), &mut it["change"]);
        if change["actions"] == json!(["delete"]) && !parts.contains(&address.as_str().unwrap()) {
            change["actions"] = json!(["no-op"]);
            change["after"] = change["before"].clone();
        }
    }
    if !endpoint {
        let is_other = |it: &Value| !it["type"].as_str().unwrap().starts_with("aws_vpc_endpoint");
        plan["resource_changes"].as_array_mut().unwrap().retain(is_other);
        let state = plan.pointer_mut("/prior_state/values/root_module/resources").unwrap();
        state.as_array_mut().unwrap().retain(is_other);
    }
    plan
}

#[test]
fn what_moves_into_a_network_goes_with_the_resource_that_it_was() {
    for (parts, endpoint, expected) in [
        (&[][..], true, "fails at createSecret"),
        // The policy that lets nobody read the value moves, and so nothing but AWS's own is left.
        (&[POLICY], true, "rotates"),
        // Without a group it has the VPC's default one, which lets in nobody else.
        (&[POLICY, WITH_GROUP], true, "fails at createSecret"),
        (&[POLICY, IN_SUBNET], true, "undecided"),
        (&[], false, "rotates"),
        (&[ROUTE], false, "fails at createSecret"),
        (&[IN], false, "fails at createSecret"),
        (&[OUT], false, "fails at createSecret"),
        // In no other, it is in the VPC's default one, which lets everything through.
        (&[IN, OUT, OF_SUBNET], false, "rotates"),
    ] {
        let report = scan(&moved(parts, endpoint), &[]);
        assert_eq!(verdict(&report), expected, "{parts:?}, {endpoint}: {}", report["rotations"][0]["because"]);
    }
}

const TABLE: &str = "aws_route_table.private";
const ACL: &str = "aws_network_acl.private";
const ENDPOINT: &str = "aws_vpc_endpoint.secrets_manager";

/// Lets the plan change what a part moves into: what the state told of it is `before`.
fn updated(plan: &mut Value, address: &str, before: &[(&str, Value)]) {
    let owner = change(plan, address);
    owner["actions"] = json!(["update"]);
    for (name, value) in before {
        owner["before"][name] = value.clone();
    }
}

#[test]
fn what_the_state_does_not_tell_of_the_network_is_given_to_it() {
    // So it is without a refresh.
    let mut route = moved(&[ROUTE], false);
    updated(&mut route, TABLE, &[("route", json!([]))]);
    assert_eq!(verdict(&scan(&route, &[])), "rotates");
    let mut rules = moved(&[IN, OUT], false);
    updated(&mut rules, ACL, &[("ingress", json!([])), ("egress", json!([]))]);
    assert_eq!(verdict(&scan(&rules, &[])), "rotates");
    // The subnet stays in an ACL that lets nothing through.
    let mut subnet = moved(&[IN, OF_SUBNET], false);
    updated(&mut subnet, ACL, &[("subnet_ids", json!([]))]);
    assert_eq!(verdict(&scan(&subnet, &[])), "fails at createSecret");
    let mut endpoint = moved(&[POLICY, IN_SUBNET, WITH_GROUP], true);
    let nothing = [("policy", json!("{}")), ("subnet_ids", json!([])), ("security_group_ids", json!([]))];
    updated(&mut endpoint, ENDPOINT, &nothing);
    let report = scan(&endpoint, &[]);
    assert_eq!(verdict(&report), "fails at createSecret");
    assert!(report["findings"].to_string().contains("endpoint-policy-denies"), "{}", report["findings"]);
}

#[test]
fn an_owner_that_is_changed_otherwise_does_not_get_back_what_it_had() {
    let mut route = moved(&[ROUTE], false);
    let beside = json!({"cidr_block": "192.168.0.0/16", "gateway_id": "igw-1"});
    change(&mut route, TABLE)["after"]["route"].as_array_mut().unwrap().push(beside);
    updated(&mut route, TABLE, &[]);
    assert_eq!(verdict(&scan(&route, &[])), "fails at createSecret");
    // Terraform writes a rule as the configuration does where it sees another difference, and the provider finds it the same.
    let mut rule = moved(&[IN], false);
    let beside = json!({"action": "allow", "cidr_block": "10.0.0.0/8", "from_port": 0, "icmp_code": null, "icmp_type": null,
        "ipv6_cidr_block": "", "protocol": "tcp", "rule_no": 200, "to_port": 65535});
    let same = json!({"action": "allow", "cidr_block": "0.0.0.0/0", "from_port": 0, "icmp_code": null, "icmp_type": null,
        "ipv6_cidr_block": null, "protocol": "tcp", "rule_no": 100, "to_port": 65535});
    change(&mut rule, ACL)["after"]["ingress"] = json!([same, beside]);
    updated(&mut rule, ACL, &[]);
    assert_eq!(verdict(&scan(&rule, &[])), "fails at createSecret");
}

/// The account that has what the plan finds.
fn account(plan: &Value) -> PathBuf {
    let (plan, account) = (file(&plan.to_string()), file(""));
    let output = rotaudit(&["snapshot", "--plan", plan.to_str().unwrap(), "--before", "-o", account.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(plan).unwrap();
    account
}

#[test]
fn what_moves_goes_from_what_exists_too() {
    let account = account(&plan("moved"));
    let over = |plan: &Value| verdict(&scan(plan, &["--over", account.to_str().unwrap()]));
    for (parts, expected) in [(&[][..], "fails at createSecret"), (&[POLICY], "rotates"), (&[POLICY, WITH_GROUP], "fails at createSecret")]
    {
        assert_eq!(over(&moved(parts, true)), expected, "{parts:?}");
    }
    // What the owner is given again stays.
    let mut given = moved(&[POLICY], true);
    updated(&mut given, ENDPOINT, &[("policy", json!("{}"))]);
    assert_eq!(over(&given), "fails at createSecret");
    let mut given = moved(&[POLICY, IN_SUBNET, WITH_GROUP], true);
    updated(&mut given, ENDPOINT, &[("subnet_ids", json!([])), ("security_group_ids", json!([]))]);
    assert_eq!(over(&given), "rotates");
    fs::remove_file(account).unwrap();
}

#[test]
fn what_moves_goes_from_what_exists_without_an_endpoint_too() {
    let account = account(&moved(&[], false));
    let over = |plan: &Value| verdict(&scan(plan, &["--over", account.to_str().unwrap()]));
    assert_eq!(over(&moved(&[], false)), "rotates");
    for part in [ROUTE, IN, OUT] {
        assert_eq!(over(&moved(&[part], false)), "fails at createSecret", "{part}");
    }
    assert_eq!(over(&moved(&[IN, OUT, OF_SUBNET], false)), "rotates");
    let mut given = moved(&[ROUTE, IN, OUT], false);
    updated(&mut given, TABLE, &[("route", json!([]))]);
    updated(&mut given, ACL, &[("ingress", json!([])), ("egress", json!([]))]);
    assert_eq!(over(&given), "rotates");
    fs::remove_file(account).unwrap();
}

/// As many rules, routes and subnets as are asked for, each of which moves into an owner of its own.
fn many(count: usize) -> Value {
    let mut changes = Vec::new();
    let mut written = Vec::new();
    let mut put = |kind: &str, name: &str, values: Value, moves: bool| {
        let (action, after) = if moves { ("delete", Value::Null) } else { ("no-op", values.clone()) };
        changes.push(json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": [action], "before": values, "after": after, "after_unknown": {}}}));
        if !moves {
            let expressions: serde_json::Map<String, Value> =
                values.as_object().unwrap().keys().filter(|key| *key != "id").map(|key| (key.clone(), json!({}))).collect();
            written.push(json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions}));
        }
    };
    put("aws_vpc", "main", json!({"id": "vpc-1", "cidr_block": "10.0.0.0/8"}), false);
    for index in 0..count {
        let name = format!("it{index}");
        let (table, acl, endpoint, subnet) =
            (format!("rtb-{index}"), format!("acl-{index}"), format!("vpce-{index}"), format!("subnet-{index}"));
        let route = json!({"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"});
        put("aws_route_table", &name, json!({"id": table, "vpc_id": "vpc-1", "route": [route]}), false);
        put("aws_route", &name, json!({"route_table_id": table, "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}), true);
        let rule = json!({"rule_no": 7, "protocol": "-1", "action": "allow", "cidr_block": "0.0.0.0/0"});
        put("aws_network_acl", &name, json!({"id": acl, "vpc_id": "vpc-1", "ingress": [rule], "subnet_ids": [subnet]}), false);
        let rule = json!({"network_acl_id": acl, "rule_number": 7, "protocol": "-1", "rule_action": "allow", "cidr_block": "0.0.0.0/0"});
        put("aws_network_acl_rule", &name, rule, true);
        put("aws_network_acl_association", &name, json!({"network_acl_id": acl, "subnet_id": subnet}), true);
        put("aws_vpc_endpoint", &name, json!({"id": endpoint, "vpc_id": "vpc-1", "service_name": "x", "subnet_ids": [subnet]}), false);
        put("aws_vpc_endpoint_subnet_association", &name, json!({"vpc_endpoint_id": endpoint, "subnet_id": subnet}), true);
    }
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes, "configuration": {
        "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}, "root_module": {"resources": written}}})
}

#[test]
fn each_of_many_goes_from_its_own_owner() {
    let (plan, snapshot) = (file(&many(40).to_string()), file(""));
    let read = ["snapshot", "--plan", plan.to_str().unwrap(), "--account", "111122223333", "-o", snapshot.to_str().unwrap()];
    let output = rotaudit(&read);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written: Value = serde_json::from_slice(&fs::read(&snapshot).unwrap()).unwrap();
    fs::remove_file(plan).unwrap();
    fs::remove_file(snapshot).unwrap();
    let network = &written["inventory"]["networks"]["111122223333/eu-west-1"];
    for (list, item, left) in
        [("route_tables", "routes", 1), ("network_acls", "rules", 4), ("network_acls", "subnets", 0), ("endpoints", "subnets", 0)]
    {
        let all = network[list]["value"].as_object().unwrap().iter().filter(|(id, _)| id.contains('-'));
        let counts: Vec<usize> = all.map(|(_, it)| it[item].as_array().map_or(0, Vec::len)).collect();
        assert_eq!(counts, vec![left; 40], "{item} of {list}");
    }
}

const ROLE_POLICY: &str = "aws_iam_role_policy.rotate";
const ATTACHMENT: &str = "aws_iam_role_policy_attachment.network";
const PERMISSION: &str = "aws_lambda_permission.rotate";
const ROTATION: &str = "aws_secretsmanager_secret_rotation.db";
const TABLE_OF_SUBNET: &str = "aws_route_table_association.private";

/// The plan in which a resource has another name and no `moved` block says so: it is made by the one, and taken away by the other.
fn renamed(plan: &mut Value, address: &str) {
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    let old = changes.iter_mut().find(|change| change["address"] == address).unwrap_or_else(|| panic!("no {address}"));
    let mut new = old.clone();
    new["address"] = format!("{}.renamed", old["type"].as_str().unwrap()).into();
    new["name"] = "renamed".into();
    new["change"] = json!({"actions": ["create"], "before": null, "after": old["change"]["before"], "after_unknown": {"id": true}});
    new["change"]["after"].as_object_mut().unwrap().remove("id");
    old["change"] = json!({"actions": ["delete"], "before": old["change"]["before"], "after": null, "after_unknown": {}});
    changes.push(new);
    let written = plan.pointer_mut("/configuration/root_module/resources").unwrap().as_array_mut().unwrap();
    if let Some(block) = written.iter_mut().find(|block| block["address"] == address) {
        block["address"] = format!("{}.renamed", block["type"].as_str().unwrap()).into();
        block["name"] = "renamed".into();
    }
}

#[test]
fn what_is_made_and_taken_away_by_two_names_may_be_there_or_not() {
    for (address, endpoint) in [
        (ROLE_POLICY, false),
        (PERMISSION, false),
        (ROTATION, false),
        (ROUTE, false),
        (TABLE_OF_SUBNET, false),
        (IN, false),
        (IN_SUBNET, true),
        (WITH_GROUP, true),
    ] {
        let mut plan = moved(&[POLICY], endpoint);
        let kind = address.split('.').next().unwrap();
        renamed(&mut plan, address);
        let report = scan(&plan, &[]);
        assert_eq!(verdict(&report), "undecided", "{address}: {}", report["rotations"][0]["because"]);
        let needs = report["rotations"][0]["needs"].to_string();
        assert!(needs.contains(address) && needs.contains(&format!("{kind}.renamed")), "{address}: {needs}");
    }
    // It gives nothing that the rotation needs.
    let mut log = moved(&[POLICY], false);
    renamed(&mut log, ATTACHMENT);
    assert_eq!(verdict(&scan(&log, &[])), "rotates");
    // Whichever comes first, the subnet is in the ACL that the new one names.
    let mut of_subnet = moved(&[POLICY], false);
    renamed(&mut of_subnet, OF_SUBNET);
    assert_eq!(verdict(&scan(&of_subnet, &[])), "rotates");
}

#[test]
fn what_is_the_same_by_one_name_or_another_thing_by_two_is_decided() {
    // A moved block: there is no delete.
    let mut moved_block = moved(&[], false);
    renamed(&mut moved_block, ROLE_POLICY);
    let changes = moved_block["resource_changes"].as_array_mut().unwrap();
    changes.retain(|change| change["address"] != ROLE_POLICY);
    let new = changes.last_mut().unwrap();
    new["previous_address"] = ROLE_POLICY.into();
    new["change"]["actions"] = json!(["no-op"]);
    new["change"]["before"] = new["change"]["after"].clone();
    assert_eq!(verdict(&scan(&moved_block, &[])), "rotates");
    for (address, attribute, other) in [
        (ROLE_POLICY, "name", "before"),
        (PERMISSION, "statement_id", "Before"),
        (ROUTE, "destination_cidr_block", "192.168.0.0/16"),
        (IN, "rule_number", "99"),
    ] {
        let mut plan = moved(&[], false);
        renamed(&mut plan, address);
        change(&mut plan, address)["before"][attribute] = other.into();
        assert_eq!(verdict(&scan(&plan, &[])), "rotates", "{address}");
    }
}

#[test]
fn a_part_that_goes_with_what_another_resource_of_the_same_thing_gave_is_open_too() {
    // Both gave the policy, and one of them is taken away.
    let mut twice = moved(&[], false);
    renamed(&mut twice, ROLE_POLICY);
    let kept = change(&mut twice, "aws_iam_role_policy.renamed");
    kept["actions"] = json!(["no-op"]);
    kept["before"] = kept["after"].clone();
    assert_eq!(verdict(&scan(&twice, &[])), "undecided");
    // One resource that is made anew before it is taken away.
    let mut first = moved(&[], false);
    let policy = change(&mut first, ROLE_POLICY);
    policy["actions"] = json!(["create", "delete"]);
    assert_eq!(verdict(&scan(&first, &[])), "undecided");
    change(&mut first, ROLE_POLICY)["actions"] = json!(["delete", "create"]);
    assert_eq!(verdict(&scan(&first, &[])), "rotates");
}

#[test]
fn a_rule_that_becomes_one_of_another_type_is_the_same_rule() {
    let rule = json!({"security_group_id": "sg-1", "type": "egress", "from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0", "10.0.0.0/8"]});
    let single = json!({"security_group_id": "sg-1", "from_port": 443, "to_port": 443, "ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"});
    let group = json!({"id": "sg-1", "name": "one", "vpc_id": "vpc-1"});
    let plan = json!({"format_version": "1.2", "configuration": {"root_module": {}}, "resource_changes": [
        {"address": "aws_security_group.one", "mode": "managed", "type": "aws_security_group", "name": "one",
            "change": {"actions": ["no-op"], "before": group, "after": group, "after_unknown": {}}},
        {"address": "aws_vpc.one", "mode": "managed", "type": "aws_vpc", "name": "one",
            "change": {"actions": ["no-op"], "before": {"id": "vpc-1"}, "after": {"id": "vpc-1", "cidr_block": "10.0.0.0/8"}, "after_unknown": {}}},
        {"address": "aws_security_group_rule.one", "mode": "managed", "type": "aws_security_group_rule", "name": "one",
            "change": {"actions": ["delete"], "before": rule, "after": null, "after_unknown": {}}},
        {"address": "aws_vpc_security_group_egress_rule.one", "mode": "managed", "type": "aws_vpc_security_group_egress_rule", "name": "one",
            "change": {"actions": ["create"], "before": null, "after": single, "after_unknown": {"id": true}}},
    ]});
    let (plan, snapshot) = (file(&plan.to_string()), file(""));
    let place = ["--account", "111122223333", "--region", "eu-west-1"];
    let output = rotaudit(&[&["snapshot", "--plan", plan.to_str().unwrap(), "-o", snapshot.to_str().unwrap()], place.as_slice()].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written: Value = serde_json::from_slice(&fs::read(&snapshot).unwrap()).unwrap();
    fs::remove_file(plan).unwrap();
    fs::remove_file(snapshot).unwrap();
    let peer = &written["inventory"]["networks"]["111122223333/eu-west-1"]["security_groups"]["value"]["sg-1"]["egress"][0]["peer"];
    let told = peer.to_string();
    assert!(told.contains("⟦?") && told.contains("aws_security_group_rule.one"), "{told}");
}

#[test]
fn a_function_under_the_name_of_one_that_goes_is_made_after_it_and_has_nothing_of_it() {
    let mut plan = moved(&[], false);
    renamed(&mut plan, "aws_lambda_function.rotate");
    let made = change(&mut plan, "aws_lambda_function.renamed");
    made["after"].as_object_mut().unwrap().remove("arn");
    made["after_unknown"]["arn"] = json!(true);
    let report = scan(&plan, &[]);
    assert_eq!(verdict(&report), "fails at invoke");
    let told = report["assumptions"].to_string();
    assert!(told.contains("aws_lambda_function.renamed is taken to be made after aws_lambda_function.rotate is gone"), "{told}");
    renamed(&mut plan, PERMISSION);
    let report = scan(&plan, &[]);
    assert_eq!(verdict(&report), "rotates", "{}", report["rotations"][0]["needs"]);
}
