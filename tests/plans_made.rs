//! What AWS makes of a few parameters of a plan: its rotation applications.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rotaudit::inventory::clean;
use serde_json::{Value, json};
use template::{found, over, scratch};

const APPLICATION: &str = "aws_serverlessapplicationrepository_cloudformation_stack.rotation";
const OF_AWS: &str = "arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManagerRDSPostgreSQLRotationSingleUser";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-anew";

/// The parameters of a correct rotation in the VPC of the account.
fn correct() -> Value {
    json!({
        "endpoint": "https://secretsmanager.eu-west-1.amazonaws.com", "functionName": "rotate-anew", "runtime": "python3.13",
        "vpcSubnetIds": clean::SUBNETS.join(","), "vpcSecurityGroupIds": clean::FUNCTION_GROUP, "kmsKeyArn": clean::KEY,
    })
}

/// A plan that deploys an application and has a secret of the account rotated by its function.
fn plan(application: &str, parameters: &Value) -> Value {
    let kind = "aws_serverlessapplicationrepository_cloudformation_stack";
    let values = json!({"name": "rotation", "application_id": application, "semantic_version": "1.1.618", "parameters": parameters});
    let rotation = json!({"secret_id": clean::SECRET, "rotation_rules": [{"automatically_after_days": 10}], "rotate_immediately": true});
    let resource = |kind: &str, name: &str, expressions: Value| json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "provider_config_key": "aws", "expressions": expressions});
    let created = |kind: &str, name: &str, after: Value, unknown: Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown}})
    };
    let outputs = format!("{APPLICATION}.outputs");
    let function = json!({"references": [format!("{outputs}.RotationLambdaARN"), outputs, APPLICATION]});
    json!({"format_version": "1.2", "terraform_version": "1.11.4",
    "resource_changes": [
        created(kind, "rotation", values, json!({"id": true, "outputs": true, "tags_all": true})),
        created("aws_secretsmanager_secret_rotation", "db", rotation, json!({"id": true, "rotation_lambda_arn": true})),
    ],
    "configuration": {
        "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}},
        "root_module": {"resources": [
            resource(kind, "rotation", json!({"name": {}, "application_id": {}, "semantic_version": {}, "parameters": {}})),
            resource("aws_secretsmanager_secret_rotation", "db", json!({"secret_id": {}, "rotation_rules": [{}], "rotation_lambda_arn": function})),
        ]},
    }})
}

/// The same as a template.
fn as_template(application: &str, parameters: &Value) -> String {
    let schedule = json!({"SecretId": "prod/db", "RotationRules": {"AutomaticallyAfterDays": 10},
        "RotationLambdaARN": {"Fn::GetAtt": ["Rotation", "Outputs.RotationLambdaARN"]}});
    json!({"Transform": "AWS::Serverless-2016-10-31", "Resources": {
        "Rotation": {"Type": "AWS::Serverless::Application", "Properties": {
            "Location": {"ApplicationId": application, "SemanticVersion": "1.1.618"}, "Parameters": parameters}},
        "Schedule": {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": schedule},
    }})
    .to_string()
}

fn scanned(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(["scan", "--format", "json"]).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// The report of this plan over the account.
fn planned(name: &str, plan: &Value) -> Value {
    let [file, account] = ["plan", "account"].map(|part| scratch(&format!("made-{name}-{part}.json")));
    fs::write(&file, plan.to_string()).unwrap();
    fs::write(&account, rotaudit::inventory::snapshot::to_text(&clean::account_in_vpc().unwrap()).unwrap()).unwrap();
    let report = scanned(&[
        "--plan",
        file.to_str().unwrap(),
        "--over",
        account.to_str().unwrap(),
        "--account",
        clean::ACCOUNT,
        "--region",
        clean::REGION,
    ]);
    for file in [file, account] {
        fs::remove_file(file).unwrap();
    }
    report
}

/// What a report says: the verdict, the rules with what they are about and the fingerprints, and the rules that are open. The name of a role is made up.
fn said(report: &Value) -> (String, BTreeSet<(String, String)>, BTreeSet<String>) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |finding: &Value| {
        let is_role = text(&finding["resource"]).contains(":role/");
        (text(&finding["rule"]), if is_role { "role".to_owned() } else { text(&finding["fingerprint"]) })
    };
    let findings = report["findings"].as_array().unwrap().iter().map(of).collect();
    let open = report["undecided"].as_array().unwrap().iter().map(|check| text(&check["rule"])).collect();
    (found(report).1.to_owned(), findings, open)
}

/// What is changed of the parameters, and what comes of it: the verdict, and a rule that finds it or that it leaves open.
type Case = (&'static str, fn(&mut Value), &'static str, &'static str);

const CASES: [Case; 11] = [
    ("correct", |_| {}, "rotates", ""),
    ("group", |it| it["vpcSecurityGroupIds"] = clean::DATABASE_GROUP.into(), "fails", "network"),
    ("key", |it| drop(it.as_object_mut().unwrap().remove("kmsKeyArn")), "fails", "role-cannot-use-key"),
    ("old", |it| it["runtime"] = "python3.7".into(), "rotates", "function-runtime-deprecated"),
    ("runtime", |it| drop(it.as_object_mut().unwrap().remove("runtime")), "rotates", "function-runtime-deprecated"),
    ("endpoint", |it| it["endpoint"] = "https://secretsmanager.eu-north-1.amazonaws.com".into(), "fails", "endpoint-url-wrong"),
    ("service", |it| it["invokingServicePrincipal"] = "alexa.amazonaws.com".into(), "fails", "secrets-manager-cannot-invoke"),
    ("no-vpc", |it| drop(it.as_object_mut().unwrap().remove("vpcSubnetIds")), "fails", ""),
    ("spaces", |it| it["vpcSubnetIds"] = clean::SUBNETS.join(", ").into(), "rotates", ""),
    ("name", |it| it["functionName"] = "rotate-db".into(), "rotates", ""),
    ("odd", |it| it["not.one"] = "x".into(), "rotates", ""),
];

#[test]
fn an_application_of_aws_in_a_plan_comes_out_as_in_a_template() {
    let existing = clean::account_in_vpc().unwrap();
    for (name, change, verdict, rule) in CASES {
        let mut parameters = correct();
        change(&mut parameters);
        let plan = planned(name, &plan(OF_AWS, &parameters));
        let template = over(&format!("made-{name}"), &existing, &as_template(OF_AWS, &parameters));
        let said = said(&plan);
        assert_eq!(said, self::said(&template), "{name}");
        assert_eq!(said.0, verdict, "{name}: {plan:#}");
        let rules: Vec<&String> = said.1.iter().map(|(rule, _)| rule).chain(&said.2).collect();
        assert!(rules.iter().any(|it| it.contains(rule)), "{name}: {rules:?}");
        assert_eq!(plan["partial"], Value::Null, "{name}");
    }
}

#[test]
fn applications_of_others_are_named_and_leave_open_what_they_make() {
    for other in [OF_AWS.replace("297356227824", "444455556666"), OF_AWS.replace("PostgreSQL", "PostgreSQL2")] {
        let report = planned("other", &plan(&other, &correct()));
        assert_eq!(found(&report).1, "undecided", "{other}");
        assert_eq!(report["partial"], format!("what is deployed by {APPLICATION} is not looked at"));
        assert!(report["rotations"][0]["needs"].to_string().contains(&format!("{APPLICATION}.outputs.RotationLambdaARN")), "{report:#}");
    }
    // Of those that are for no database the parameters alone are known.
    let generic = planned("generic", &plan(&OF_AWS.replace("RDSPostgreSQLRotationSingleUser", "RotationTemplate"), &correct()));
    assert_eq!(
        (found(&generic).1, &generic["rotations"][0]["function"], &generic["partial"]),
        ("undecided", &FUNCTION.into(), &Value::Null)
    );
    assert!(generic["rotations"][0]["needs"].to_string().contains(&format!("policy of the function of {APPLICATION}")), "{generic:#}");
    // Alternating users need the secret of the superuser.
    let alternating = |parameters: &Value| planned("alternating", &plan(&OF_AWS.replace("SingleUser", "MultiUser"), parameters));
    let finds = |report: &Value| found(report).0.contains(&"rotation-function-incomplete");
    assert!(finds(&alternating(&correct())));
    let mut parameters = correct();
    parameters["superuserSecretArn"] = clean::OTHER_SECRET.into();
    assert!(!finds(&alternating(&parameters)));
}

/// What the plan says of the resource of this address.
fn change<'p>(plan: &'p mut Value, address: &str) -> &'p mut Value {
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    &mut changes.iter_mut().find(|change| change["address"] == address).unwrap()["change"]
}

/// The plan of an application that is there already, as the function of the account's rotation.
fn deployed(actions: &Value, after: impl FnOnce(&mut Value)) -> Value {
    let mut parameters = correct();
    parameters["functionName"] = "rotate-db".into();
    let mut plan = plan(OF_AWS, &parameters);
    plan["resource_changes"].as_array_mut().unwrap().pop();
    let change = change(&mut plan, APPLICATION);
    let mut before = change["after"].take();
    before["id"] = "arn:aws:cloudformation:eu-west-1:111122223333:stack/serverlessrepo-rotation/0a".into();
    before["outputs"] = json!({"RotationLambdaARN": clean::FUNCTION});
    change["actions"] = actions.clone();
    change["after"] = before.clone();
    change["before"] = before;
    change["after_unknown"] = json!({});
    after(&mut change["after"]);
    plan
}

#[test]
fn an_application_that_stays_leaves_all_as_it_is_and_one_that_goes_takes_its_function_along() {
    let account = scratch("made-alone.json");
    fs::write(&account, rotaudit::inventory::snapshot::to_text(&clean::account_in_vpc().unwrap()).unwrap()).unwrap();
    let alone = scanned(&["--snapshot", account.to_str().unwrap()]);
    fs::remove_file(account).unwrap();
    let same = planned("same", &deployed(&json!(["no-op"]), |_| {}));
    assert_eq!(said(&same), said(&alone));
    assert!(!same.to_string().contains("FunctionRole"), "its role is there by another name: {same:#}");
    let gone = planned("gone", &deployed(&json!(["delete"]), |after| *after = Value::Null));
    assert_eq!((found(&gone).1, &gone["partial"]), ("undecided", &Value::Null), "{gone:#}");
    assert!(gone["rotations"][0]["needs"].to_string().contains("function:rotate-db: not in this inventory"), "{gone:#}");
    let changed = planned("changed", &deployed(&json!(["update"]), |after| after["parameters"]["runtime"] = "python3.7".into()));
    assert!(found(&changed).0.contains(&"function-runtime-deprecated"), "{changed:#}");
}

#[test]
fn a_permission_of_the_plan_stands_beside_that_of_the_application() {
    let kind = "aws_lambda_permission";
    let mut plan = plan(OF_AWS, &correct());
    let values = json!({"statement_id": "Everybody", "action": "lambda:InvokeFunction", "principal": "*"});
    plan["resource_changes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"address": "aws_lambda_permission.all", "mode": "managed", "type": kind, "name": "all",
        "change": {"actions": ["create"], "before": null, "after": values, "after_unknown": {"function_name": true, "id": true}}}));
    let outputs = format!("{APPLICATION}.outputs");
    plan["configuration"]["root_module"]["resources"].as_array_mut().unwrap().push(
        json!({"address": "aws_lambda_permission.all", "mode": "managed",
        "type": kind, "name": "all", "provider_config_key": "aws", "expressions": {"statement_id": {}, "action": {}, "principal": {},
            "function_name": {"references": [format!("{outputs}.RotationLambdaARN"), outputs, APPLICATION]}}}),
    );
    let report = planned("permission", &plan);
    assert!(found(&report).0.iter().any(|rule| rule.starts_with("invoke-open-to-other")), "{report:#}");
    assert_eq!(found(&report).1, "rotates");
}

/// The report of `tests/plans/public/application-of-aws` with other texts in its configuration and in its plan.
fn rewritten(name: &str, changes: &[(&str, &str)], in_plan: &[(&str, &str)]) -> Value {
    let from = PathBuf::from("tests/plans/public/application-of-aws");
    let folder = scratch(&format!("made-{name}"));
    fs::create_dir_all(&folder).unwrap();
    for (file, changes) in [("main.tf", changes), ("plan.json", in_plan), ("provider.tf", &[])] {
        let mut text = fs::read_to_string(from.join(file)).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "{name}: no {from}");
            text = text.replace(from, to);
        }
        fs::write(folder.join(file), text).unwrap();
    }
    let plan = folder.join("plan.json");
    let report = scanned(&["--plan", plan.to_str().unwrap(), "--source", folder.to_str().unwrap(), "--account", clean::ACCOUNT]);
    fs::remove_dir_all(folder).unwrap();
    report
}

const OUTPUT: &str = "aws_serverlessapplicationrepository_cloudformation_stack.rotation.outputs.RotationLambdaARN";

#[test]
fn the_function_is_found_however_the_configuration_names_it() {
    let outputs = OUTPUT.trim_end_matches(".RotationLambdaARN");
    for (name, expression) in [
        ("index", format!("{outputs}[\"RotationLambdaARN\"]")),
        ("template", format!("\"${{{OUTPUT}}}\"")),
        ("try", format!("try({OUTPUT}, null)")),
        ("lookup", format!("lookup({outputs}, \"RotationLambdaARN\")")),
        ("one", format!("one({APPLICATION}[*].outputs.RotationLambdaARN)")),
    ] {
        let report = rewritten(name, &[(OUTPUT, &expression)], &[]);
        assert_eq!(found(&report).1, "rotates", "{name}: {report:#}");
    }
    let with_local = format!("local.function\n}}\n\nlocals {{\n  function = {OUTPUT}\n}}\n\nresource \"terraform_data\" \"x\" {{");
    let main = fs::read_to_string("tests/plans/public/application-of-aws/main.tf").unwrap();
    let rules = main.split_once(OUTPUT).unwrap().1.split_once("\n}\n").unwrap().0.to_owned();
    let references = format!("\"{OUTPUT}\",\"{outputs}\",\"{APPLICATION}\"");
    let local = rewritten(
        "local",
        &[(&format!("{OUTPUT}{rules}"), &format!("{}{rules}", with_local.replacen("\n}\n", &format!("{rules}\n}}\n"), 1)))],
        &[(&references, "\"local.function\"")],
    );
    assert_eq!(found(&local).1, "rotates", "{local:#}");
    let other = format!("{outputs}.Another");
    let another = rewritten("another", &[(OUTPUT, &other)], &[(OUTPUT, &other)]);
    assert_eq!(found(&another).1, "undecided", "{another:#}");
    let alias = rewritten("alias", &[(OUTPUT, &format!("\"${{{OUTPUT}}}:live\""))], &[]);
    assert!(alias["rotations"][0]["needs"].to_string().contains("function:rotate-orders:live: not in this inventory"), "{alias:#}");
}

#[test]
fn a_parameter_that_nobody_knows_leaves_open_what_hangs_on_it_and_is_named() {
    let key =
        ("kmsKeyArn           = aws_kms_key.db.arn", "kmsKeyArn           = format(\"%s\", formatdate(\"YYYY\", aws_kms_key.db.arn))");
    let report = rewritten("key", &[key], &[]);
    assert_eq!(found(&report).1, "undecided", "{report:#}");
    assert!(report["rotations"][0]["needs"].to_string().contains(&format!("{APPLICATION}.parameters.kmsKeyArn")), "{report:#}");
    let subnets = ("join(\",\", aws_subnet.private[*].id)", "formatdate(\"YYYY\", aws_subnet.private[0].id)");
    let report = rewritten("subnets", &[subnets], &[]);
    assert_eq!(found(&report).1, "undecided", "{report:#}");
    assert!(report.to_string().contains(&format!("{APPLICATION}.parameters.vpcSubnetIds")), "{report:#}");
    // One of the two subnets alone, and a name of which a part is not known.
    let report = rewritten("subnet", &[("join(\",\", aws_subnet.private[*].id)", "aws_subnet.private[1].id")], &[]);
    assert_eq!(found(&report).1, "rotates", "{report:#}");
    let report = rewritten("named", &[("\"rotate-orders\"\n    runtime", "\"rotate-${aws_kms_key.db.key_id}\"\n    runtime")], &[]);
    assert_eq!(found(&report).1, "rotates", "{report:#}");
    assert_eq!(report["rotations"][0]["function"], "arn:aws:lambda:eu-west-1:111122223333:function:rotate-⟦aws_kms_key.db⟧");
    // Parameters of which nobody knows which there are.
    let all = rewritten("all", &[("parameters = {", "parameters = formatdate(\"YYYY\", aws_kms_key.db.arn) == \"\" ? {} : {")], &[]);
    assert_eq!((found(&all).1, &all["partial"]), ("undecided", &format!("what is deployed by {APPLICATION} is not looked at").into()));
}

#[test]
fn a_rotation_waits_for_the_application_and_for_the_way_out_of_its_network() {
    let first = |report: &Value| {
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["rule"] == "rotation-before-what-it-needs").map(ToString::to_string).unwrap_or_default()
    };
    let endpoint = ("    aws_vpc_endpoint.secretsmanager,\n", "");
    let report = rewritten("endpoint", &[endpoint], &[("\"aws_vpc_endpoint.secretsmanager\",\"aws_vpc_security", "\"aws_vpc_security")]);
    assert!(first(&report).contains("aws_vpc_endpoint.secretsmanager"), "{report:#}");
    // By its name the function is the same, and nothing is waited for.
    let named = "\"arn:aws:lambda:eu-west-1:111122223333:function:rotate-orders\"";
    let references = format!("{{\"references\":[\"{OUTPUT}\",\"{APPLICATION}.outputs\",\"{APPLICATION}\"]}}");
    let known = |text: &str| format!("\"rotation_lambda_arn\":{named},{text}");
    let report = rewritten(
        "literal",
        &[(OUTPUT, named)],
        &[
            (&references, &format!("{{\"constant_value\":{named}}}")),
            ("\"rotation_lambda_arn\":true,", ""),
            ("\"rotate_immediately\":true,", &known("\"rotate_immediately\":true,")),
        ],
    );
    assert!(first(&report).contains(APPLICATION), "{report:#}");
}
