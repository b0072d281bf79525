//! What people who try the program on their own templates ran into: each test is one of these templates and one change, with what AWS would do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Alternating users, a customer key, and an endpoint with a policy.
const ALTERNATING: &str = include_str!("templates/acceptance/alternating.yaml");
/// A secret that its own policy keeps from everybody but the rotation and an administrator.
const LOCKED: &str = include_str!("templates/acceptance/locked.yaml");
/// A function of SAM with an alias, named as the macro makes it.
const ALIAS: &str = include_str!("templates/acceptance/alias.yaml");

fn report(name: &str, template: &str) -> Value {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("acceptance-{}-{name}", std::process::id()));
    std::fs::write(&file, template).unwrap();
    let place = ["--account", "111122223333", "--region", "eu-west-1", "--format", "json", "--template"];
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).arg("scan").args(place).arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// A template with one text replaced, which it holds.
fn changed(template: &str, from: &str, to: &str) -> String {
    assert!(template.contains(from), "the template does not hold {from:?}");
    template.replacen(from, to, 1)
}

/// The rules that find something of at least low severity, and the verdict of the rotation.
fn found(report: &Value) -> (Vec<&str>, &str) {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] != "info");
    let mut rules: Vec<&str> = findings.map(|finding| finding["rule"].as_str().unwrap()).collect();
    rules.sort_unstable();
    (rules, report["rotations"][0]["verdict"].as_str().unwrap())
}

/// What the first rotation needs to be decided.
fn needs(report: &Value) -> Vec<&str> {
    report["rotations"][0]["needs"].as_array().unwrap().iter().map(|need| need.as_str().unwrap()).collect()
}

/// The exception in the policy of the locked secret, in place of which another stands.
fn locked_by(name: &str, condition: &str) -> Value {
    let start = LOCKED.find("Condition: {ArnNotLike").unwrap();
    let end = start + LOCKED[start..].find('\n').unwrap();
    report(name, &format!("{}Condition: {condition}{}", &LOCKED[..start], &LOCKED[end..]))
}

#[test]
fn what_is_written_without_a_fault_rotates_and_nothing_is_found() {
    for (name, template) in [("alternating", ALTERNATING), ("locked", LOCKED), ("alias", ALIAS)] {
        let report = report(name, template);
        assert_eq!(found(&report), (vec![], "rotates"), "{name}: {report:#}");
        assert_eq!(report["undecided"], serde_json::json!([]), "{name}: {report:#}");
    }
}

#[test]
fn a_pattern_that_may_cover_the_name_that_a_role_will_get_decides_nothing() {
    for (name, condition) in [
        ("denied", r#"{ArnLike: {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/shop-*"}}"#),
        ("spared", r#"{ArnNotLike: {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/shop-Role-*"}}"#),
    ] {
        let report = locked_by(name, condition);
        assert_eq!(found(&report), (vec![], "undecided"), "{report:#}");
        assert!(needs(&report)[0].starts_with("the name that Role will get ("), "{report:#}");
    }
}

#[test]
fn a_pattern_that_no_made_up_name_has_is_decided() {
    let report = locked_by("path", r#"{ArnNotLike: {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin/*"}}"#);
    assert_eq!(found(&report), (vec!["role-cannot-rotate-secret"], "fails"), "{report:#}");
}

#[test]
fn an_exception_for_the_sessions_of_a_role_by_its_id_lets_the_rotation_through() {
    let report = locked_by("id", r#"{StringNotLike: {"aws:userId": !Sub "${Role.RoleId}:*"}}"#);
    assert_eq!(found(&report), (vec![], "rotates"), "{report:#}");
}

#[test]
fn an_alias_of_sam_goes_by_either_of_its_names() {
    let report = report("property", &ALIAS.replace("RotatorAliaslive", "Rotator.Alias"));
    assert_eq!(found(&report), (vec![], "rotates"), "{report:#}");
}

#[test]
fn a_permission_for_the_function_is_none_for_the_alias_with_which_the_secret_rotates() {
    let report = report("unqualified", &changed(ALIAS, "FunctionName: !Ref RotatorAliaslive", "FunctionName: !Ref Rotator"));
    assert_eq!(found(&report), (vec!["secrets-manager-cannot-invoke"], "fails"), "{report:#}");
}

#[test]
fn the_master_secret_that_a_template_writes_into_a_value_is_what_the_rotation_logs_in_with() {
    let statement = r#"          - Effect: Allow
            Action: ["secretsmanager:GetSecretValue"]
            Resource: !Ref MasterSecret
"#;
    let unread = report("unread", &changed(ALTERNATING, statement, ""));
    assert_eq!(found(&unread), (vec!["role-cannot-read-master-secret"], "fails"), "{unread:#}");
    let context = r#", !Sub "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${ServiceName}/master-??????""#;
    let locked = report("locked-away", &changed(ALTERNATING, context, ""));
    assert_eq!(found(&locked), (vec!["role-cannot-read-master-secret"], "fails"), "{locked:#}");
    let shut_out = report("shut-out", &changed(ALTERNATING, "Resource: [!Ref AppSecret, !Ref MasterSecret]", "Resource: !Ref AppSecret"));
    assert_eq!(found(&shut_out), (vec!["endpoint-policy-denies"], "fails"), "{shut_out:#}");
}

/// The plan of a rotation with alternating users.
fn report_of_plan() -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plans/alternating");
    let arguments = ["scan", "--plan", "plan.json", "--source", ".", "--account", "111122223333", "--format", "json"];
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).current_dir(folder).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_master_secret_that_a_configuration_writes_into_a_value_is_what_the_rotation_logs_in_with() {
    let report = report_of_plan();
    assert_eq!(found(&report), (vec!["role-cannot-read-master-secret", "rotation-before-what-it-needs"], "fails"), "{report:#}");
    assert!(!report.to_string().contains("change-me"), "{report:#}");
}

#[test]
fn a_rotation_of_a_plan_waits_for_the_policy_of_the_key_that_lets_its_role_in() {
    let report = report_of_plan();
    let waits = report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "rotation-before-what-it-needs").unwrap();
    assert_eq!(waits["message"], "the rotation of shop/orders/db does not wait for aws_kms_key_policy.secrets, which it needs");
}

#[test]
fn a_role_for_all_secrets_is_found_although_the_template_makes_one_alone() {
    let statement = r#""secretsmanager:UpdateSecretVersionStage"], Resource: !Ref Token}"#;
    let everything = r#""secretsmanager:UpdateSecretVersionStage"], Resource: "*"}"#;
    let wide = report("wide", &changed(LOCKED, statement, everything));
    assert_eq!(found(&wide), (vec!["role-reads-other-secrets"], "rotates"), "{wide:#}");
    let own = r#""secretsmanager:UpdateSecretVersionStage"], Resource: "*", Condition: {StringEquals: {"secretsmanager:ResourceTag/rotated-by": svc}}}"#;
    let tagged = changed(LOCKED, "SecretString: initial", "SecretString: initial, Tags: [{Key: rotated-by, Value: svc}]");
    let tagged = report("tagged", &changed(&tagged, statement, own));
    assert_eq!(found(&tagged), (vec![], "rotates"), "{tagged:#}");
}

#[test]
fn a_group_with_an_empty_list_of_egress_rules_lets_everything_out_or_nothing() {
    let rules = "SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: !Ref VpcCidr}]";
    let empty = report("empty-egress", &changed(ALTERNATING, rules, "SecurityGroupEgress: []"));
    assert_eq!(found(&empty), (vec![], "undecided"), "{empty:#}");
    assert!(needs(&empty).iter().any(|need| need.contains("FnGroup: an empty list lets everything out of a new group")), "{empty:#}");
}

#[test]
fn a_rule_that_is_a_resource_of_its_own_may_take_the_place_of_the_one_that_lets_everything_out() {
    let rules = ", SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: !Ref VpcCidr}]";
    let without = changed(ALTERNATING, rules, "");
    let open = report("egress-beside", &without);
    assert_eq!(found(&open), (vec![], "undecided"), "{open:#}");
    assert!(needs(&open).iter().any(|need| need.contains("FnToDb: whether a group keeps")), "{open:#}");
    let rule = "  FnToEndpoint:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {GroupId: !Ref FnGroup, IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationSecurityGroupId: !Ref EpGroup}
  FnToDb:
";
    let both = report("egress-apart", &changed(&without, "  FnToDb:\n", rule));
    assert_eq!(found(&both).1, "rotates", "{both:#}");
}

#[test]
fn an_endpoint_that_stops_random_passwords_is_told_of_where_code_of_ones_own_may_ask_for_them() {
    let statement = r#"          - {Effect: Allow, Principal: "*", Action: "secretsmanager:GetRandomPassword", Resource: "*"}
"#;
    let report = report("passwords", &changed(ALTERNATING, statement, ""));
    let told = report["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == "endpoint-policy-lacks-random-password");
    assert!(told, "{report:#}");
}

#[test]
fn a_value_that_names_no_master_secret_tells_of_none() {
    let report = report("none", &changed(ALTERNATING, r#", "masterarn": "${MasterSecret}""#, ""));
    let names = report["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == "role-names-other-secrets");
    assert!(names, "{report:#}");
}

/// The template with alternating users, and a parameter `Open` that has no value.
fn with_parameter() -> String {
    changed(ALTERNATING, "Parameters:\n", "Parameters:\n  Open: {Type: String}\n")
}

#[test]
fn what_a_key_is_made_as_by_a_parameter_without_a_value_is_neither_a_fault_nor_a_pass() {
    for property in ["KeySpec", "KeyUsage", "Enabled"] {
        let open = changed(
            &with_parameter(),
            "Type: AWS::KMS::Key\n    Properties:\n",
            &format!("Type: AWS::KMS::Key\n    Properties:\n      {property}: !Ref Open\n"),
        );
        let report = report(property, &open);
        assert_eq!(found(&report), (vec![], "undecided"), "{property}: {report:#}");
        assert!(needs(&report).iter().any(|need| need.contains("parameter Open is not known")), "{property}: {report:#}");
    }
}

#[test]
fn a_schedule_by_a_parameter_without_a_value_is_named_by_the_rules_about_schedules() {
    for rules in [
        "{AutomaticallyAfterDays: !Ref Open}",
        "{ScheduleExpression: !Sub 'rate(${Open} days)'}",
        "{ScheduleExpression: rate(30 days), Duration: !Ref Open}",
    ] {
        let start = ALTERNATING.find("RotationRules:").unwrap();
        let end = start + ALTERNATING[start..].find('\n').unwrap();
        let open = with_parameter().replacen(&ALTERNATING[start..end], &format!("RotationRules: {rules}"), 1);
        let report = report("rules", &open);
        assert_eq!(found(&report), (vec![], "rotates"), "{rules}: {report:#}");
        let undecided: Vec<&str> = report["undecided"].as_array().unwrap().iter().filter_map(|it| it["rule"].as_str()).collect();
        assert!(undecided.contains(&"schedule-not-valid") && undecided.contains(&"rotation-interval-long"), "{rules}: {report:#}");
    }
}

#[test]
fn a_function_url_whose_authentication_is_a_parameter_without_a_value_may_be_open() {
    let url =
        "Resources:\n  Url: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !GetAtt RotationFunction.Arn, AuthType: !Ref Open}}
  Door: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref RotationFunction, Action: lambda:InvokeFunctionUrl, Principal: '*', FunctionUrlAuthType: NONE}}\n";
    let report = report("url", &changed(&with_parameter(), "Resources:\n", url));
    let undecided: Vec<&str> = report["undecided"].as_array().unwrap().iter().filter_map(|it| it["rule"].as_str()).collect();
    assert!(undecided.contains(&"function-url-open"), "{report:#}");
}
