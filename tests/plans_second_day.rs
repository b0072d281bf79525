//! Plans for what is there already: what AWS takes away along with something else, and what a state still tells of what a plan takes away. The plans are those of `tests/plans/public`
//! with one thing changed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn plan(name: &str) -> Value {
    serde_json::from_slice(&fs::read(format!("tests/plans/public/{name}/plan.json")).unwrap()).unwrap()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("second-day-{}-{name}.json", std::process::id()))
}

fn scan(name: &str, plan: &Value, more: &[&str]) -> Value {
    let file = file(name);
    fs::write(&file, plan.to_string()).unwrap();
    let output = rotaudit(&[&["scan", "--plan", file.to_str().unwrap(), "--format", "json"], more].concat());
    fs::remove_file(file).unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{name}: {}", String::from_utf8_lossy(&output.stderr)))
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

/// Makes a resource anew, with whatever AWS makes up for it.
fn replace(plan: &mut Value, address: &str, made_up: &[&str]) {
    let change = change(plan, address);
    change["actions"] = json!(["delete", "create"]);
    for attribute in made_up {
        change["after"].as_object_mut().unwrap().remove(*attribute);
        change["after_unknown"][attribute] = json!(true);
    }
}

fn take_away(change: &mut Value) {
    change["actions"] = json!(["delete"]);
    change["after"] = Value::Null;
    change["after_unknown"] = json!({});
}

/// Forgets a resource, as if another configuration made it.
fn made_elsewhere(plan: &mut Value, kind: &str) {
    plan["resource_changes"].as_array_mut().unwrap().retain(|change| change["type"] != kind);
    for resources in ["/prior_state/values/root_module/resources", "/configuration/root_module/resources"] {
        plan.pointer_mut(resources).unwrap().as_array_mut().unwrap().retain(|resource| resource["type"] != kind);
    }
}

const PERMISSION: &str = "aws_lambda_permission.rotate";

#[test]
fn a_permission_goes_with_its_function_unless_the_plan_makes_it_again() {
    let gone = plan("function-as-an-image");
    let report = scan("gone", &gone, &[]);
    assert_eq!(verdict(&report), "fails at invoke");
    let told = report["assumptions"].to_string();
    assert!(told.contains(&format!("{PERMISSION} is taken to be gone")) && told.contains("aws_lambda_function.rotate"), "{told}");
    let mut anew = gone;
    replace(&mut anew, PERMISSION, &["id"]);
    let report = scan("anew", &anew, &[]);
    assert_eq!(verdict(&report), "rotates");
    assert!(!report["assumptions"].to_string().contains(PERMISSION), "{}", report["assumptions"]);
}

#[test]
fn what_another_configuration_gave_to_a_function_or_role_goes_with_it_too() {
    let account = file("account");
    let whole = plan("function-as-an-image");
    let before = file("before");
    fs::write(&before, whole.to_string()).unwrap();
    let read = ["snapshot", "--plan", before.to_str().unwrap(), "--before", "-o", account.to_str().unwrap()];
    let output = rotaudit(&read);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let over = ["--over", account.to_str().unwrap()];
    for (kind, made_anew, expected) in [
        ("aws_lambda_permission", "aws_lambda_function.rotate", "fails at invoke"),
        ("aws_iam_role_policy", "aws_iam_role.rotate", "fails at createSecret"),
    ] {
        let mut elsewhere = plan("function-as-an-image");
        made_elsewhere(&mut elsewhere, kind);
        // With nothing made anew, the account has it all.
        let stays = change(&mut elsewhere, "aws_lambda_function.rotate");
        stays["actions"] = json!(["no-op"]);
        stays["after"] = stays["before"].clone();
        stays["after_unknown"] = json!({});
        let rotation = change(&mut elsewhere, "aws_secretsmanager_secret_rotation.db");
        rotation["actions"] = json!(["no-op"]);
        rotation["after"] = rotation["before"].clone();
        rotation["after_unknown"] = json!({});
        let report = scan(kind, &elsewhere, &over);
        assert_eq!(verdict(&report), "rotates", "{kind}: {}", report["rotations"][0]);
        replace(&mut elsewhere, made_anew, &["arn", "id", "unique_id", "inline_policy", "managed_policy_arns"]);
        assert_eq!(verdict(&scan(kind, &elsewhere, &over)), expected, "{kind}");
    }
    fs::remove_file(before).unwrap();
    fs::remove_file(account).unwrap();
}

#[test]
fn policies_of_a_role_go_with_it_unless_the_plan_gives_them_again() {
    let mut anew = plan("stars-on-the-second-day");
    let policy = change(&mut anew, "aws_iam_role_policy.rotate");
    policy["actions"] = json!(["no-op"]);
    policy["before"] = policy["after"].clone();
    replace(&mut anew, "aws_iam_role.rotate", &["arn", "id", "unique_id", "inline_policy", "managed_policy_arns"]);
    assert_eq!(verdict(&scan("role", &anew, &[])), "fails at createSecret");
    // An update writes it into the new role.
    change(&mut anew, "aws_iam_role_policy.rotate")["actions"] = json!(["update"]);
    assert_eq!(verdict(&scan("role", &anew, &[])), "rotates");
}

/// As many functions that are made anew as are asked for, each with its permission, and one policy that two roles have which are made anew as well.
fn all_anew(functions: usize) -> Value {
    let anew = |kind: &str, name: &str, before: Value| {
        let mut after = before.clone();
        after.as_object_mut().unwrap().remove("arn");
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["delete", "create"], "before": before, "after": after, "after_unknown": {"arn": true}}})
    };
    let kept = |kind: &str, name: &str, values: Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["no-op"], "before": values, "after": values, "after_unknown": {}}})
    };
    let mut changes = vec![kept(
        "aws_iam_policy_attachment",
        "both",
        json!({"name": "both", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess", "roles": ["one", "two"]}),
    )];
    for role in ["one", "two"] {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        changes.push(anew("aws_iam_role", role, json!({"name": role, "arn": arn, "assume_role_policy": "{}"})));
    }
    for index in 0..functions {
        let name = format!("f{index}");
        let arn = format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}");
        changes.push(anew(
            "aws_lambda_function",
            &name,
            json!({"function_name": name, "arn": arn, "role": "arn:aws:iam::111122223333:role/one"}),
        ));
        changes.push(kept(
            "aws_lambda_permission",
            &name,
            json!({"function_name": name, "action": "lambda:InvokeFunction", "principal": "secretsmanager.amazonaws.com"}),
        ));
    }
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": changes,
        "configuration": {"provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}, "root_module": {}}})
}

#[test]
fn what_two_owners_share_goes_with_both_and_many_are_counted() {
    let (plan, snapshot) = (file("anew"), file("anew-snapshot"));
    fs::write(&plan, all_anew(30).to_string()).unwrap();
    let output = rotaudit(&["snapshot", "--plan", plan.to_str().unwrap(), "--account", "111122223333", "-o", snapshot.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = fs::read_to_string(&snapshot).unwrap();
    fs::remove_file(plan).unwrap();
    fs::remove_file(snapshot).unwrap();
    assert!(!written.contains("policy/AdministratorAccess"), "both roles are new and have no policy");
    let report = scan("anew-scan", &all_anew(30), &["--account", "111122223333"]);
    let told = report["assumptions"].as_array().unwrap();
    let of_this: Vec<&str> = told.iter().filter_map(Value::as_str).filter(|text| text.contains("taken to be gone")).collect();
    assert_eq!(
        (of_this.len(), of_this.last().copied()),
        (11, Some("22 more resources are taken to be gone after apply for the same reason."))
    );
}

#[test]
fn a_policy_of_a_secret_that_is_taken_away_does_not_count_though_the_state_still_tells_it() {
    let mut plan = plan("stars-on-the-second-day");
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]});
    let secret = change(&mut plan, "aws_secretsmanager_secret.db");
    let arn = secret["before"]["arn"].clone();
    for side in ["before", "after"] {
        secret[side]["policy"] = deny.to_string().into();
    }
    assert_eq!(verdict(&scan("denied", &plan, &[])), "fails at createSecret");
    let mut given = json!({"before": {"id": arn, "secret_arn": arn, "policy": deny.to_string()}});
    take_away(&mut given);
    plan["resource_changes"].as_array_mut().unwrap().push(json!({
        "address": "aws_secretsmanager_secret_policy.db", "mode": "managed", "type": "aws_secretsmanager_secret_policy", "name": "db",
        "provider_name": "registry.terraform.io/hashicorp/aws", "change": given,
    }));
    assert_eq!(verdict(&scan("not-denied", &plan, &[])), "rotates");
}

#[test]
fn a_plan_that_takes_everything_away_says_where() {
    let mut plan = plan("stars-on-the-second-day");
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        take_away(&mut change["change"]);
    }
    let report = scan("destroyed", &plan, &[]);
    assert_eq!((&report["rotations"], &report["findings"]), (&json!([]), &json!([])), "{report:#}");
}

#[test]
fn what_would_decide_an_open_check_of_a_plan_is_named_with_its_option() {
    let notes = |more: &[&str]| {
        let output = rotaudit(&[&["scan", "--plan", "tests/plans/vpc/plan.json"], more].concat());
        String::from_utf8(output.stderr).unwrap()
    };
    let without = notes(&[]);
    assert!(without.contains("--source DIR") && without.contains("--over FILE or --over live"), "{without}");
    let with = notes(&["--source", "tests/plans/module"]);
    assert!(!with.contains("--source DIR"), "{with}");
}

#[test]
fn a_dynamic_rule_that_may_stand_any_number_of_times_may_let_through_anything() {
    let mut plan: Value = serde_json::from_slice(&fs::read("tests/plans/vpc/plan.json").unwrap()).unwrap();
    // So the provider shows a dynamic block of which nobody knows how often it stands.
    let group = change(&mut plan, "aws_security_group.function");
    let unknown = [
        "cidr_blocks",
        "description",
        "from_port",
        "ipv6_cidr_blocks",
        "prefix_list_ids",
        "protocol",
        "security_groups",
        "self",
        "to_port",
    ];
    group["after"]["egress"] = json!([{}]);
    group["after_unknown"]["egress"] = json!([unknown.map(|name| (name, true)).into_iter().collect::<BTreeMap<_, _>>()]);
    let configured = plan.pointer_mut("/configuration/root_module/resources").unwrap().as_array_mut().unwrap();
    let configured = configured.iter_mut().find(|it| it["address"] == "aws_security_group.function").unwrap();
    configured["expressions"].as_object_mut().unwrap().remove("egress");
    let written = fs::read_to_string("tests/plans/vpc/main.tf").unwrap();
    let block = "  egress {\n    from_port       = 443\n    to_port         = 443\n    protocol        = \"tcp\"\n    security_groups = [aws_security_group.endpoint.id]\n  }\n";
    assert!(written.contains(block));
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("second-day-{}-source", std::process::id()));
    fs::create_dir_all(&source).unwrap();
    fs::copy("tests/plans/vpc/head.tf", source.join("head.tf")).unwrap();
    let dynamic = format!(
        "  dynamic \"egress\" {{\n    for_each = split(\",\", aws_vpc.main.arn)\n    {}  }}\n",
        block.replace("  egress {", "content {")
    );
    fs::write(source.join("main.tf"), written.replace(block, &dynamic)).unwrap();
    let report = scan("dynamic", &plan, &["--account", "111122223333", "--source", source.to_str().unwrap()]);
    assert_eq!(verdict(&report), "undecided");
    let told = report["rotations"][0]["needs"].to_string();
    assert!(told.contains("aws_security_group.function⟧ may or may not let out tcp 443"), "{told}");
    fs::remove_dir_all(source).unwrap();
}

fn written<'p>(plan: &'p mut Value, address: &str) -> &'p mut serde_json::Map<String, Value> {
    let resources = plan.pointer_mut("/configuration/root_module/resources").unwrap().as_array_mut().unwrap();
    resources.iter_mut().find(|it| it["address"] == address).unwrap()["expressions"].as_object_mut().unwrap()
}

#[test]
fn a_policy_that_moves_into_its_role_is_gone_until_the_next_plan() {
    let mut moved = plan("stars-on-the-second-day");
    let policy = change(&mut moved, "aws_iam_role_policy.rotate");
    let inline = json!([{"name": policy["before"]["name"], "policy": policy["after"]["policy"]}]);
    policy["before"]["policy"] = policy["after"]["policy"].clone();
    take_away(policy);
    written(&mut moved, "aws_iam_role.rotate").insert("inline_policy".to_owned(), json!([{}]));
    // The state tells the role's policy already, so the provider sees nothing to do.
    let role = change(&mut moved, "aws_iam_role.rotate");
    role["actions"] = json!(["no-op"]);
    role["after"] = role["before"].clone();
    for side in ["before", "after"] {
        role[side]["inline_policy"] = inline.clone();
    }
    role["after_unknown"] = json!({});
    assert_eq!(verdict(&scan("moved-policy", &moved, &[])), "fails at createSecret");
    let role = change(&mut moved, "aws_iam_role.rotate");
    role["actions"] = json!(["update"]);
    role["before"]["inline_policy"] = json!([]);
    assert_eq!(verdict(&scan("given-policy", &moved, &[])), "rotates");
}

#[test]
fn a_policy_that_moves_into_its_secret_is_gone_until_the_next_plan() {
    let mut plan = plan("stars-on-the-second-day");
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]});
    let secret = change(&mut plan, "aws_secretsmanager_secret.db");
    let arn = secret["before"]["arn"].clone();
    for side in ["before", "after"] {
        secret[side]["policy"] = deny.to_string().into();
    }
    written(&mut plan, "aws_secretsmanager_secret.db").insert("policy".to_owned(), json!({"constant_value": deny.to_string()}));
    assert_eq!(verdict(&scan("secret-denied", &plan, &[])), "fails at createSecret");
    let mut given = json!({"before": {"id": arn, "secret_arn": arn, "policy": deny.to_string()}});
    take_away(&mut given);
    plan["resource_changes"].as_array_mut().unwrap().push(json!({
        "address": "aws_secretsmanager_secret_policy.db", "mode": "managed", "type": "aws_secretsmanager_secret_policy", "name": "db",
        "provider_name": "registry.terraform.io/hashicorp/aws", "change": given,
    }));
    assert_eq!(verdict(&scan("secret-moved", &plan, &[])), "rotates");
    let secret = change(&mut plan, "aws_secretsmanager_secret.db");
    secret["actions"] = json!(["update"]);
    secret["before"]["policy"] = "".into();
    assert_eq!(verdict(&scan("secret-given", &plan, &[])), "fails at createSecret");
}

#[test]
fn a_rule_that_moves_into_its_security_group_is_gone_until_the_next_plan() {
    let mut plan: Value = serde_json::from_slice(&fs::read("tests/plans/vpc/plan.json").unwrap()).unwrap();
    let arguments = ["--account", "111122223333", "--source", "tests/plans/vpc"];
    let rule = change(&mut plan, "aws_security_group_rule.endpoint");
    let ranges = rule["after"]["cidr_blocks"].clone();
    rule["before"] = rule["after"].clone();
    rule["before"]["security_group_id"] = "sg-0e1".into();
    take_away(rule);
    let block = json!({"cidr_blocks": ranges, "description": "", "from_port": 443, "ipv6_cidr_blocks": [], "prefix_list_ids": [], "protocol": "tcp", "security_groups": [], "self": false, "to_port": 443});
    let group = change(&mut plan, "aws_security_group.endpoint");
    group["actions"] = json!(["no-op"]);
    for (name, value) in [
        ("id", json!("sg-0e1")),
        ("arn", json!("arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0e1")),
        ("ingress", json!([block])),
        ("egress", json!([])),
    ] {
        group["after"][name] = value;
    }
    group["before"] = group["after"].clone();
    group["after_unknown"] = json!({"vpc_id": true});
    written(&mut plan, "aws_security_group.endpoint").insert("ingress".to_owned(), json!([{}]));
    assert_eq!(verdict(&scan("moved-rule", &plan, &arguments)), "fails at createSecret");
    let group = change(&mut plan, "aws_security_group.endpoint");
    group["actions"] = json!(["update"]);
    group["before"]["ingress"] = json!([]);
    assert_eq!(verdict(&scan("given-rule", &plan, &arguments)), "rotates");
}

#[test]
fn a_value_that_is_only_written_is_one_though_the_plan_does_not_show_it() {
    let address = "aws_secretsmanager_secret_version.db";
    for (write_only, expected) in [(true, "rotates"), (false, "fails at createSecret")] {
        let mut plan: Value = serde_json::from_slice(&fs::read("tests/plans/correct/plan.json").unwrap()).unwrap();
        if write_only {
            let version = change(&mut plan, address);
            let after = version["after"].as_object_mut().unwrap();
            // So the provider shows `secret_string_wo`.
            for (name, value) in [("secret_string", Value::Null), ("secret_string_wo", Value::Null), ("secret_string_wo_version", json!(1))]
            {
                after.insert(name.to_owned(), value);
            }
            version["after_unknown"].as_object_mut().unwrap().remove("secret_string");
            let expressions = written(&mut plan, address);
            expressions.remove("secret_string");
            expressions.insert("secret_string_wo".to_owned(), json!({"references": ["ephemeral.random_password.db.result"]}));
            expressions.insert("secret_string_wo_version".to_owned(), json!({"constant_value": 1}));
        } else {
            made_elsewhere(&mut plan, "aws_secretsmanager_secret_version");
        }
        let report = scan("write-only", &plan, &["--source", "tests/plans/correct", "--account", "111122223333"]);
        assert_eq!(verdict(&report), expected, "{}", report["rotations"][0]["because"]);
    }
}

#[test]
fn the_addresses_of_a_subnet_that_is_there_are_told_by_what_exists() {
    let plan: Value = serde_json::from_slice(&fs::read("tests/plans/moved/plan.json").unwrap()).unwrap();
    let report = scan("addresses", &plan, &[]);
    let open = report["undecided"].as_array().unwrap().iter().find(|check| check["rule"] == "function-subnet-full");
    let told = open.unwrap_or_else(|| panic!("{}", report["undecided"])).to_string();
    assert!(told.contains("how many addresses are free") && told.contains("--over FILE or live"), "{told}");
}
