//! Plans of Terraform against the program, as a user runs it: a correct rotation, and the same with one fault each.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeSet;
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

fn written(name: &str, plan: &Value) -> PathBuf {
    // Two tests may read plans of one name at the same time.
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-{}-{name}-{count}.json", std::process::id()));
    fs::write(&file, plan.to_string()).unwrap();
    file
}

/// The report of a plan with the configuration in this folder.
fn report(name: &str, plan: &Value, folder: &str) -> Value {
    let file = written(name, plan);
    let output = rotaudit(&["scan", "--plan", file.to_str().unwrap(), "--source", folder, "--format", "json"]);
    fs::remove_file(file).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn verdict(report: &Value) -> &str {
    report["rotations"][0]["verdict"].as_str().unwrap()
}

fn rules(report: &Value) -> BTreeSet<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// What will happen to the resource of this address.
fn change<'p>(plan: &'p mut Value, address: &str) -> &'p mut Value {
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    changes.iter_mut().find(|change| change["address"] == address).unwrap_or_else(|| panic!("no {address}"))
}

fn set(plan: &mut Value, address: &str, attribute: &str, value: Value) {
    let change = &mut change(plan, address)["change"];
    change["after_unknown"].as_object_mut().unwrap().remove(attribute);
    change["after"][attribute] = value;
}

fn without(plan: &mut Value, address: &str) {
    plan["resource_changes"].as_array_mut().unwrap().retain(|change| change["address"] != address);
}

/// The expressions of a resource as they are written.
fn written_of<'p>(plan: &'p mut Value, address: &str) -> &'p mut Value {
    let resources = plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap();
    &mut resources.iter_mut().find(|resource| resource["address"] == address).unwrap_or_else(|| panic!("no {address}"))["expressions"]
}

const PERMISSION: &str = "aws_lambda_permission.secrets_manager";
const FUNCTION: &str = "aws_lambda_function.rotate";
const POLICY: &str = "data.aws_iam_policy_document.rotate";
const SECRET: &str = "aws_secretsmanager_secret.db";
const KEY: &str = "aws_kms_key.db";

/// Takes an action out of a statement of the role's policy.
fn forbid(plan: &mut Value, statement: usize, action: &str) {
    let statement = &mut change(plan, POLICY)["change"]["after"]["statement"][statement];
    statement["actions"].as_array_mut().unwrap().retain(|it| it != action);
}

fn add(plan: &mut Value, kind: &str, name: &str, after: &Value, unknown: &Value, expressions: &Value) {
    let address = format!("{kind}.{name}");
    let change = json!({"actions": ["create"], "before": null, "after": after, "after_unknown": unknown});
    let resource = json!({"address": address, "mode": "managed", "type": kind, "name": name, "change": change});
    plan["resource_changes"].as_array_mut().unwrap().push(resource);
    let written = json!({"address": address, "mode": "managed", "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions});
    plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(written);
}

fn open_to_the_world(plan: &mut Value) {
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"});
    set(plan, SECRET, "policy", json!({"Version": "2012-10-17", "Statement": [statement]}).to_string().into());
}

fn of_a_decoy(plan: &mut Value) {
    add(
        plan,
        "aws_iam_role",
        "decoy",
        &json!({"name": "decoy", "assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}),
        &json!({"arn": true, "id": true}),
        &json!({"name": {"constant_value": "decoy"}}),
    );
    written_of(plan, "aws_iam_role_policy.rotate")["role"] = json!({"references": ["aws_iam_role.decoy.id", "aws_iam_role.decoy"]});
}

fn of_another_secret(plan: &mut Value) {
    let expressions = json!({"name": {"constant_value": "prod/other"}});
    add(plan, "aws_secretsmanager_secret", "other", &json!({"name": "prod/other"}), &json!({"arn": true, "id": true}), &expressions);
    written_of(plan, POLICY)["statement"][0]["resources"] =
        json!({"references": ["aws_secretsmanager_secret.other.arn", "aws_secretsmanager_secret.other"]});
}

fn with_a_url(plan: &mut Value) {
    let after = json!({"authorization_type": "NONE", "function_name": "rotate-db"});
    add(plan, "aws_lambda_function_url", "open", &after, &json!({"id": true}), &json!({"authorization_type": {"constant_value": "NONE"}}));
}

/// A fault: how the plan gets it, and how its configuration and the template beside it do, by replacing texts; what the verdict is, and which rules find something.
struct Fault {
    name: &'static str,
    plan: fn(&mut Value),
    configuration: &'static [(&'static str, &'static str)],
    template: &'static [(&'static str, &'static str)],
    verdict: &'static str,
    rules: &'static [&'static str],
}

const PERMISSION_BLOCK: &str = "  Permission:\n    Type: AWS::Lambda::Permission\n    Properties:\n      FunctionName: !Ref Function\n      Action: lambda:InvokeFunction\n      Principal: secretsmanager.amazonaws.com\n      SourceAccount: !Ref AWS::AccountId\n";
const END: &str = "      RotationRules: {AutomaticallyAfterDays: 30}\n";
const DECOY: &str = "      RotationRules: {AutomaticallyAfterDays: 30}\n  Decoy:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: decoy\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}\n";
const OTHER: &str =
    "      RotationRules: {AutomaticallyAfterDays: 30}\n  Other: {Type: 'AWS::SecretsManager::Secret', Properties: {Name: prod/other}}\n";
const OPEN: &str = "      RotationRules: {AutomaticallyAfterDays: 30}\n  Open:\n    Type: AWS::SecretsManager::ResourcePolicy\n    Properties:\n      SecretId: !Ref Secret\n      ResourcePolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*'}]}\n";
const URL: &str = "      RotationRules: {AutomaticallyAfterDays: 30}\n  Url: {Type: 'AWS::Lambda::Url', Properties: {TargetFunctionArn: !GetAtt Function.Arn, AuthType: NONE}}\n  Anybody: {Type: 'AWS::Lambda::Permission', Properties: {FunctionName: !Ref Function, Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: NONE}}\n";

const FAULTS: [Fault; 14] = [
    Fault { name: "none", plan: |_| {}, configuration: &[], template: &[], verdict: "rotates", rules: &[] },
    Fault {
        name: "no-permission",
        plan: |plan| without(plan, PERMISSION),
        configuration: &[],
        template: &[(PERMISSION_BLOCK, ""), ("    DependsOn: [Permission, Policy]\n", "    DependsOn: Policy\n")],
        verdict: "fails",
        rules: &["secrets-manager-cannot-invoke"],
    },
    Fault {
        name: "no-source-account",
        plan: |plan| set(plan, PERMISSION, "source_account", Value::Null),
        configuration: &[],
        template: &[("      SourceAccount: !Ref AWS::AccountId\n", "")],
        verdict: "rotates",
        rules: &["invoke-open-to-other-accounts"],
    },
    Fault {
        name: "no-put",
        plan: |plan| forbid(plan, 0, "secretsmanager:PutSecretValue"),
        configuration: &[],
        template: &[("              - secretsmanager:PutSecretValue\n", "")],
        verdict: "fails",
        rules: &["role-cannot-rotate-secret"],
    },
    Fault {
        name: "wrong-secret",
        plan: of_another_secret,
        configuration: &[("resources = [aws_secretsmanager_secret.db.arn]", "resources = [aws_secretsmanager_secret.other.arn]")],
        template: &[("            Resource: !Ref Secret\n", "            Resource: !Ref Other\n"), (END, OTHER)],
        verdict: "fails",
        rules: &["role-cannot-rotate-secret", "role-names-other-secrets", "role-reads-other-secrets"],
    },
    Fault {
        name: "decoy-role",
        plan: of_a_decoy,
        configuration: &[("role   = aws_iam_role.rotate.id", "role   = aws_iam_role.decoy.id")],
        template: &[("      RoleName: !Ref Role\n", "      RoleName: !Ref Decoy\n"), (END, DECOY)],
        verdict: "fails",
        rules: &["role-cannot-rotate-secret", "role-cannot-use-key", "role-lacks-random-password"],
    },
    Fault {
        name: "no-data-key",
        plan: |plan| forbid(plan, 2, "kms:GenerateDataKey"),
        configuration: &[],
        template: &[("'kms:Decrypt', 'kms:GenerateDataKey'", "'kms:Decrypt'")],
        verdict: "fails",
        rules: &["role-cannot-use-key"],
    },
    Fault {
        name: "key-off",
        plan: |plan| set(plan, KEY, "is_enabled", false.into()),
        configuration: &[],
        template: &[("Enabled: true", "Enabled: false")],
        verdict: "fails",
        rules: &["key-not-usable"],
    },
    Fault {
        name: "no-concurrency",
        plan: |plan| set(plan, FUNCTION, "reserved_concurrent_executions", 0.into()),
        configuration: &[],
        template: &[("      Timeout: 30\n", "      Timeout: 30\n      ReservedConcurrentExecutions: 0\n")],
        verdict: "fails",
        rules: &["function-throttled"],
    },
    Fault {
        name: "short",
        plan: |plan| set(plan, FUNCTION, "timeout", Value::Null),
        configuration: &[],
        template: &[("      Timeout: 30\n", "")],
        verdict: "rotates",
        rules: &["function-timeout-short"],
    },
    Fault {
        name: "old-runtime",
        plan: |plan| set(plan, FUNCTION, "runtime", "python3.8".into()),
        configuration: &[],
        template: &[("python3.13", "python3.8")],
        verdict: "rotates",
        rules: &["function-runtime-deprecated"],
    },
    Fault {
        name: "open-secret",
        plan: open_to_the_world,
        configuration: &[],
        template: &[(END, OPEN)],
        verdict: "rotates",
        rules: &["secret-open-to-other-accounts"],
    },
    Fault {
        name: "open-url",
        plan: with_a_url,
        configuration: &[],
        template: &[(END, URL)],
        verdict: "rotates",
        rules: &["function-url-open", "function-url-present"],
    },
    Fault {
        name: "no-version",
        plan: |plan| without(plan, "aws_secretsmanager_secret_version.db"),
        configuration: &[],
        template: &[("      SecretString: '{}'\n", "")],
        verdict: "fails",
        rules: &["no-current-version"],
    },
];

impl Fault {
    /// The report of the plan with this fault, and of its configuration with it.
    fn report(&self) -> Value {
        // Two tests may want the same one at the same time.
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let mut plan = plan("correct");
        (self.plan)(&mut plan);
        let mut text = fs::read_to_string("tests/plans/correct/main.tf").unwrap();
        for (from, to) in self.configuration {
            assert!(text.contains(from), "{}: the configuration does not hold {from:?}", self.name);
            text = text.replacen(from, to, 1);
        }
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("configuration-{}-{}-{count}", std::process::id(), self.name));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("main.tf"), text).unwrap();
        let report = report(self.name, &plan, folder.to_str().unwrap());
        fs::remove_dir_all(folder).unwrap();
        report
    }
}

#[test]
fn each_fault_of_a_plan_is_found_and_nothing_else_is() {
    let mut wrong = Vec::new();
    for fault in FAULTS {
        let report = fault.report();
        let found = (verdict(&report).to_owned(), rules(&report));
        if found != (fault.verdict.to_owned(), fault.rules.iter().copied().collect()) {
            wrong.push(format!("{}: {found:?}", fault.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Verdict, and rules with the fingerprints of their findings; of what AWS names itself, such as keys, the rule alone, because names are not known yet.
fn outcome(report: &Value) -> (String, BTreeSet<(String, String)>) {
    let finding = |finding: &Value| {
        let resource = finding["resource"].as_str().unwrap();
        let named = if resource.contains(":key/") { String::new() } else { finding["fingerprint"].as_str().unwrap().to_owned() };
        (finding["rule"].as_str().unwrap().to_owned(), named)
    };
    (verdict(report).to_owned(), report["findings"].as_array().unwrap().iter().map(finding).collect())
}

#[test]
fn a_plan_and_a_template_of_the_same_rotation_come_out_alike() {
    let template = fs::read_to_string("tests/plans/correct/template.yaml").unwrap();
    for fault in FAULTS {
        let mut text = template.clone();
        for (from, to) in fault.template {
            assert!(text.contains(from), "{}: the template does not hold {from:?}", fault.name);
            text = text.replacen(from, to, 1);
        }
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pair-{}-{}.yaml", std::process::id(), fault.name));
        fs::write(&file, text).unwrap();
        let place = ["--account", "111122223333", "--region", "eu-west-1", "--format", "json"];
        let output = rotaudit(&[&["scan", "--template", file.to_str().unwrap()], place.as_slice()].concat());
        fs::remove_file(file).unwrap();
        let of_template: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(outcome(&of_template), outcome(&fault.report()), "{}", fault.name);
    }
}

fn with<'r>(rules: [&'r str; 2], another: &'r str) -> BTreeSet<&'r str> {
    rules.into_iter().chain([another]).collect()
}

#[test]
fn a_function_in_a_vpc_of_the_plan_gets_through_what_the_plan_opens_and_nothing_else() {
    let whole = plan("vpc");
    let open = report("vpc", &whole, "tests/plans/vpc");
    let hygiene = ["function-idle-between-rotations", "network-permissions-open-to-code"];
    assert_eq!((verdict(&open), rules(&open)), ("rotates", BTreeSet::from(hygiene)), "{:#}", open["undecided"]);
    let mut closed = whole.clone();
    // Where nobody writes what may go out, nothing may.
    set(&mut closed, "aws_security_group.function", "egress", Value::Null);
    let closed = report("vpc-closed", &closed, "tests/plans/vpc");
    assert_eq!(
        (verdict(&closed), rules(&closed)),
        ("fails", with(hygiene, "security-group-keeps-function-in")),
        "{:#}",
        closed["undecided"]
    );
    let mut apart = whole;
    without(&mut apart, "aws_security_group_rule.endpoint");
    let apart = report("vpc-endpoint", &apart, "tests/plans/vpc");
    assert_eq!((verdict(&apart), rules(&apart)), ("fails", with(hygiene, "endpoint-refuses-function")), "{:#}", apart["undecided"]);
}

#[test]
fn a_module_as_teams_write_it_is_decided_with_its_configuration_and_open_without() {
    let file = "tests/plans/module/plan.json";
    let scan = |more: &[&str]| -> Value {
        let output = rotaudit(&[&["scan", "--plan", file, "--format", "json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let verdicts = |report: &Value| -> Vec<String> {
        report["rotations"].as_array().unwrap().iter().map(|rotation| rotation["verdict"].as_str().unwrap().to_owned()).collect()
    };
    let open = scan(&[]);
    assert_eq!((verdicts(&open), rules(&open)), (vec!["undecided".to_owned(); 2], BTreeSet::new()));
    assert!(open["rotations"].to_string().contains("local.role"), "it says what it hangs on");
    let decided = scan(&["--source", "tests/plans/module"]);
    let expected = [
        "decrypt-outside-encryption-context",
        "invoke-open-to-other-accounts",
        "key-policy-changeable",
        "role-cannot-use-key",
        "role-encrypts-beside-rotation",
        "rotation-before-what-it-needs",
    ];
    assert_eq!((verdicts(&decided), rules(&decided)), (vec!["fails".to_owned(), "rotates".to_owned()], BTreeSet::from(expected)));
    let sarif = rotaudit(&["scan", "--plan", file, "--source", "tests/plans/module", "--format", "sarif"]);
    assert!(String::from_utf8_lossy(&sarif.stdout).contains("tests/plans/module/main.tf"), "findings point into the configuration");
}

#[test]
fn without_its_configuration_a_plan_is_open_where_another_text_would_have_the_same_references() {
    let file = "tests/plans/correct/plan.json";
    let scan = |more: &[&str]| -> Value {
        let output = rotaudit(&[&["scan", "--plan", file, "--format", "json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let open = scan(&[]);
    assert_eq!((verdict(&open), rules(&open)), ("undecided", BTreeSet::new()));
    let because = open["rotations"][0]["needs"].to_string();
    assert!(
        because.contains("statement.0.resources.0, made from aws_secretsmanager_secret.db.arn; --source shows how"),
        "{:#}",
        open["rotations"]
    );
    assert_eq!(verdict(&scan(&["--source", "tests/plans/correct"])), "rotates");
    // What was put together otherwise is found out: no secret has such an ARN, and a role that may use none rotates none.
    for (expression, verdict) in
        [("\"${aws_secretsmanager_secret.db.arn}-*\"", "fails"), ("\"${aws_secretsmanager_secret.db.arn}*\"", "rotates")]
    {
        let text = fs::read_to_string("tests/plans/correct/main.tf").unwrap();
        let text = text.replacen("resources = [aws_secretsmanager_secret.db.arn]", &format!("resources = [{expression}]"), 1);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("otherwise-{}-{verdict}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("main.tf"), text).unwrap();
        assert_eq!(self::verdict(&scan(&["--source", folder.to_str().unwrap()])), verdict, "{expression}");
        fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_configuration_that_the_plan_was_not_made_of_is_not_believed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("newer-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let text = fs::read_to_string("tests/plans/correct/main.tf").unwrap();
    fs::write(
        folder.join("main.tf"),
        text.replace("resources = [aws_secretsmanager_secret.db.arn]", "resources = [aws_secretsmanager_secret.newer.arn]"),
    )
    .unwrap();
    let report = report("newer", &plan("correct"), folder.to_str().unwrap());
    fs::remove_dir_all(folder).unwrap();
    assert_eq!(verdict(&report), "undecided");
    assert!(report["rotations"].to_string().contains("files that the plan was not made of"), "{:#}", report["rotations"]);
}

#[test]
fn what_a_plan_adds_is_told_apart_from_what_was_there() {
    let file = "tests/plans/change/plan.json";
    let scan = |more: &[&str]| -> Value {
        let output = rotaudit(&[&["scan", "--plan", file, "--format", "json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let source = ["--source", "tests/plans/change"];
    let (before, after) = (scan(&[source.as_slice(), &["--before"]].concat()), scan(&source));
    assert_eq!((before["rotations"].as_array().unwrap().len(), rules(&before)), (1, BTreeSet::new()), "{:#}", before["undecided"]);
    let expected = ["invoke-open-to-other-accounts", "role-cannot-rotate-secret"];
    assert_eq!((after["rotations"].as_array().unwrap().len(), rules(&after)), (2, BTreeSet::from(expected)), "{:#}", after["undecided"]);
    // What is there already is in the state as the provider writes it, with an empty text for what is not set.
    assert_eq!((&before["undecided"], &after["undecided"]), (&json!([]), &json!([])));
    let verdicts = |report: &Value| -> Vec<String> {
        report["rotations"].as_array().unwrap().iter().map(|it| it["verdict"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((verdicts(&before), verdicts(&after)), (vec!["rotates".to_owned()], vec!["fails".to_owned(), "rotates".to_owned()]));
}

#[test]
fn an_attribute_that_the_configuration_makes_nothing_of_is_as_if_nobody_wrote_it() {
    let mut plan = plan("vpc");
    let endpoint = "aws_vpc_endpoint.secrets_manager";
    open(&mut plan, endpoint, "policy");
    written_of(&mut plan, endpoint)["policy"] = json!({"references": ["var.settings.policy", "var.settings"]});
    plan["configuration"]["root_module"]["variables"]["settings"] = json!({"default": {"service": "secretsmanager"}});
    let text = fs::read_to_string("tests/plans/vpc/main.tf").unwrap();
    let after = text.find("resource \"aws_vpc_endpoint\" \"secrets_manager\"").unwrap();
    let start = after + text[after..].find("  policy = jsonencode").unwrap();
    let end = start + text[start..].find("\n  })\n").unwrap() + "\n  })\n".len();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nothing-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    for (written, expected) in [("try(var.settings.policy, null)", "rotates"), ("var.settings.policy", "undecided")] {
        let settings = "variable \"settings\" { default = { service = \"secretsmanager\" } }\n";
        let text = [settings, &text[..start], "  policy = ", written, "\n", &text[end..]].concat();
        fs::write(folder.join("main.tf"), text).unwrap();
        let report = report("nothing", &plan, folder.to_str().unwrap());
        assert_eq!(verdict(&report), expected, "{written}: {:#}", report["rotations"]);
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What the rotations of a report do not wait for, by the secret that each finding is about.
fn not_awaited(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "rotation-before-what-it-needs");
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_rotation_that_does_not_wait_for_what_it_needs_may_come_first() {
    let mut plan = plan("vpc");
    let text = fs::read_to_string("tests/plans/vpc/main.tf").unwrap();
    let depends_on = text[text.find("  depends_on").unwrap()..].split_once("  ]\n").unwrap().0;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("order-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("main.tf"), text.replace(&format!("{depends_on}  ]\n"), "")).unwrap();
    let resources = plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap();
    let rotation = resources.iter_mut().find(|resource| resource["type"] == "aws_secretsmanager_secret_rotation").unwrap();
    rotation.as_object_mut().unwrap().remove("depends_on").unwrap();
    let report = report("order", &plan, folder.to_str().unwrap());
    fs::remove_dir_all(folder).unwrap();
    let found = not_awaited(&report).concat();
    for address in [
        "aws_lambda_permission.secrets_manager",
        "aws_iam_role_policy.rotate",
        "aws_secretsmanager_secret_version.db",
        "aws_vpc_endpoint.secrets_manager",
        "aws_security_group_rule.endpoint",
    ] {
        assert!(found.contains(address), "{address}: {found}");
    }
    // In `correct` nobody waits for the permission to write a log, on which nothing hangs.
    assert!(!fs::read_to_string("tests/plans/correct/main.tf").unwrap().contains("    aws_iam_role_policy_attachment.logs"));
}

#[test]
fn a_local_value_on_the_way_hides_what_a_rotation_waits_for() {
    let scan = |more: &[&str]| -> Value {
        let output = rotaudit(&[&["scan", "--plan", "tests/plans/module/plan.json", "--format", "json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let open = scan(&[]);
    let undecided = open["undecided"].as_array().unwrap().iter().find(|check| check["rule"] == "rotation-before-what-it-needs");
    assert!(undecided.unwrap_or(&Value::Null).to_string().contains("local."), "{:#}", open["undecided"]);
    let found = not_awaited(&scan(&["--source", "tests/plans/module"]));
    assert!(
        found.iter().all(|message| message.contains("module.rotate[\"orders\"].aws_lambda_permission.triggers[\"secrets\"]")
            || message.contains("billing")),
        "{found:?}"
    );
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_dynamic_block_on_the_way_hides_what_a_rotation_waits_for() {
    let name = "public/network-by-modules";
    let mut less = plan(name);
    for resource in less["configuration"]["root_module"]["resources"].as_array_mut().unwrap() {
        if resource["address"] == "aws_secretsmanager_secret_rotation.api" {
            let waits = resource["depends_on"].as_array_mut().unwrap();
            waits.retain(|it| !["module.endpoints", "aws_lambda_permission.rotate"].contains(&it.as_str().unwrap()));
        }
    }
    let file = written("dynamic", &less);
    let scan = |more: &[&str]| -> Value {
        let arguments = ["scan", "--plan", file.to_str().unwrap(), "--account", "111122223333", "--format", "json"];
        serde_json::from_slice(&rotaudit(&[&arguments, more].concat()).stdout).unwrap()
    };
    let open = scan(&[]);
    let undecided = open["undecided"].as_array().unwrap().iter().find(|check| check["rule"] == "rotation-before-what-it-needs");
    assert!(
        undecided.unwrap_or(&Value::Null).to_string().contains("a dynamic block vpc_config of aws_lambda_function.rotate"),
        "{undecided:#?}"
    );
    // The files tell what the block refers to: the subnets and the group.
    let told = scan(&["--source", &format!("tests/plans/{name}")]);
    fs::remove_file(&file).unwrap();
    assert!(!told["undecided"].to_string().contains("rotation-before-what-it-needs"), "{:#}", told["undecided"]);
}

/// A snapshot of the account that has what `vpc` makes, but for these resources; what AWS makes up is called by the names of the resources.
fn account_without(addresses: &[&str]) -> PathBuf {
    let mut plan = plan("vpc");
    for address in addresses {
        without(&mut plan, address);
    }
    let file = written("account", &plan);
    let snapshot = file.with_extension("snapshot.json");
    let (from, to) = (file.to_str().unwrap(), snapshot.to_str().unwrap());
    let output = rotaudit(&["snapshot", "--plan", from, "--source", "tests/plans/vpc", "-o", to]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&snapshot)
        .unwrap()
        .replace("⟦aws_secretsmanager_secret.db#6⟧", "AbCdEf")
        .replace("⟦aws_security_group.", "⟦sg-");
    fs::write(&snapshot, text.replace(['⟦', '⟧'], "")).unwrap();
    fs::remove_file(file).unwrap();
    snapshot
}

const ADDED: [&str; 4] = [
    "aws_secretsmanager_secret_rotation.db",
    "aws_lambda_permission.secrets_manager",
    "aws_iam_role_policy.rotate",
    "aws_security_group_rule.endpoint",
];

#[test]
fn a_plan_that_only_turns_rotation_on_is_decided_over_the_account() {
    let account = account_without(&ADDED);
    let hygiene = ["function-idle-between-rotations", "network-permissions-open-to-code"];
    let scan = |plan: &Value, more: &[&str]| -> Value {
        let file = written("addition", plan);
        let output = rotaudit(&[&["scan", "--plan", file.to_str().unwrap(), "--format", "json"], more].concat());
        fs::remove_file(file).unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    };
    let over = ["--over", account.to_str().unwrap()];
    let whole = plan("addition");
    assert_eq!(verdict(&scan(&whole, &[])), "undecided", "nothing is known of the function");
    let laid = scan(&whole, &over);
    assert_eq!((verdict(&laid), rules(&laid)), ("rotates", BTreeSet::from(hygiene)), "{:#}", laid["undecided"]);
    for (address, rule) in [
        (PERMISSION, "secrets-manager-cannot-invoke"),
        ("aws_iam_role_policy.rotate", "role-cannot-rotate-secret"),
        ("aws_security_group_rule.endpoint", "endpoint-refuses-function"),
    ] {
        let mut less = whole.clone();
        without(&mut less, address);
        let laid = scan(&less, &over);
        assert_eq!(verdict(&laid), "fails", "{address}");
        assert!(rules(&laid).contains(rule), "{address}: {:?}", rules(&laid));
    }
    // A policy for a role that nobody knows may be for this one.
    let mut more = whole.clone();
    let denies = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let expressions = json!({"policy": {}, "role": {"references": ["terraform_data.holder.output", "terraform_data.holder"]}});
    add(&mut more, "aws_iam_role_policy", "other", &json!({"policy": denies}), &json!({"role": true, "name": true}), &expressions);
    let laid = scan(&more, &over);
    assert_eq!(verdict(&laid), "undecided");
    assert!(laid["rotations"][0]["needs"].to_string().contains("aws_iam_role_policy.other.role"), "{:#}", laid["rotations"][0]["needs"]);
    fs::remove_file(account).unwrap();
}

#[test]
fn what_a_plan_takes_away_is_not_there_any_more_over_the_account() {
    let account = account_without(&[]);
    let scan = |plan: &Value| -> Value {
        let file = written("removal", plan);
        let output = rotaudit(&["scan", "--plan", file.to_str().unwrap(), "--over", account.to_str().unwrap(), "--format", "json"]);
        fs::remove_file(file).unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    };
    // What the plan has made is there: a plan that changes nothing leaves the account as it was.
    let mut same = plan("addition");
    for change in same["resource_changes"].as_array_mut().unwrap() {
        let change = &mut change["change"];
        change["actions"] = json!(["no-op"]);
        change["before"] = change["after"].clone();
        change["after_unknown"] = json!({});
    }
    let unchanged = scan(&same);
    assert_eq!(verdict(&unchanged), "rotates", "{:#}", unchanged["rotations"]);
    for (address, rule) in [(PERMISSION, "secrets-manager-cannot-invoke"), ("aws_iam_role_policy.rotate", "role-cannot-rotate-secret")] {
        let mut less = same.clone();
        let taken = &mut change(&mut less, address)["change"];
        taken["actions"] = json!(["delete"]);
        taken["after"] = Value::Null;
        let laid = scan(&less);
        assert_eq!(verdict(&laid), "fails", "{address}");
        assert!(rules(&laid).contains(rule), "{address}: {:?}", rules(&laid));
    }
    let mut less = same;
    let taken = &mut change(&mut less, "aws_secretsmanager_secret_rotation.db")["change"];
    taken["actions"] = json!(["delete"]);
    taken["after"] = Value::Null;
    assert_eq!(scan(&less)["rotations"].as_array().unwrap().len(), 0, "the secret is there and does not rotate");
    fs::remove_file(account).unwrap();
}

#[test]
fn a_plan_of_opentofu_is_read_as_one_of_terraform() {
    let text = plan("correct").to_string();
    let tofu = text.replace("registry.terraform.io/", "registry.opentofu.org/");
    assert_ne!(tofu, text);
    let mut tofu: Value = serde_json::from_str(&tofu).unwrap();
    tofu["terraform_version"] = "1.10.6".into();
    // Members that only one of the two writes.
    tofu.as_object_mut().unwrap().remove("applyable");
    tofu.as_object_mut().unwrap().remove("complete");
    let mut reports = [report("terraform", &plan("correct"), "tests/plans/correct"), report("opentofu", &tofu, "tests/plans/correct")];
    for report in &mut reports {
        report["as_of"] = Value::Null;
    }
    assert_eq!(verdict(&reports[0]), "rotates");
    assert_eq!(reports[0], reports[1]);
}

#[test]
fn the_value_of_a_secret_is_in_no_report() {
    let file = written("value", &plan("correct"));
    assert!(fs::read_to_string(&file).unwrap().contains("hunter2"), "the plan does hold it");
    for format in ["table", "json", "sarif", "markdown"] {
        let output = rotaudit(&["scan", "--plan", file.to_str().unwrap(), "--format", format]);
        assert!(!output.stdout.is_empty() && !String::from_utf8_lossy(&output.stdout).contains("hunter2"), "{format}");
    }
    let snapshot = file.with_extension("snapshot.json");
    let output = rotaudit(&["snapshot", "--plan", file.to_str().unwrap(), "-o", snapshot.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!fs::read_to_string(&snapshot).unwrap().contains("hunter2"));
    fs::remove_file(snapshot).unwrap();
    fs::remove_file(file).unwrap();
}

#[test]
fn a_file_that_is_no_plan_is_told_apart() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-{}-saved", std::process::id()));
    fs::write(&file, b"PK\x03\x04").unwrap();
    let output = rotaudit(&["scan", "--plan", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("terraform show -json"));
    fs::remove_file(file).unwrap();
}

/// Makes an attribute one that is known after apply, from something else.
fn open(plan: &mut Value, address: &str, attribute: &str) {
    let values = &mut change(plan, address)["change"];
    values["after"].as_object_mut().unwrap().remove(attribute);
    values["after_unknown"][attribute] = true.into();
    written_of(plan, address)[attribute] = json!({"references": ["terraform_data.choice.output", "terraform_data.choice"]});
}

#[test]
fn what_is_known_of_a_key_a_function_or_a_schedule_only_after_apply_is_neither_a_fault_nor_a_pass() {
    const ROTATION: &str = "aws_secretsmanager_secret_rotation.db";
    let of = |change: &dyn Fn(&mut Value)| {
        let mut plan = plan("correct");
        change(&mut plan);
        let report = report("open", &plan, "tests/plans/correct");
        let undecided: BTreeSet<String> =
            report["undecided"].as_array().unwrap().iter().filter_map(|it| Some(it["rule"].as_str()?.to_owned())).collect();
        (verdict(&report).to_owned(), rules(&report).len(), undecided)
    };
    for attribute in ["customer_master_key_spec", "is_enabled", "key_usage"] {
        let (verdict, findings, undecided) = of(&|plan| open(plan, KEY, attribute));
        assert_eq!((verdict.as_str(), findings), ("undecided", 0), "{attribute}");
        assert!(undecided.contains("key-not-usable"), "{attribute}: {undecided:?}");
    }
    let (verdict, findings, undecided) = of(&|plan| open(plan, FUNCTION, "runtime"));
    assert_eq!((verdict.as_str(), findings), ("rotates", 0));
    assert!(undecided.contains("function-runtime-deprecated"), "{undecided:?}");
    let (verdict, findings, undecided) = of(&|plan| open(plan, ROTATION, "rotation_rules"));
    assert_eq!((verdict.as_str(), findings), ("rotates", 0));
    assert!(undecided.contains("schedule-not-valid") && undecided.contains("rotation-interval-long"), "{undecided:?}");
}
