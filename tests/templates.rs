//! Templates through the program: one rotation without a fault, and what each single fault brings.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/cdk.rs"]
mod cdk;
#[path = "support/template.rs"]
mod template;

use std::process::Command;

use serde_json::Value;
use template::{found, over, report, scan, scratch};

const CLEAN: &str = include_str!("templates/cloudformation/clean.yaml");

/// The clean template with one text replaced, which it holds.
fn changed(from: &str, to: &str) -> String {
    assert!(CLEAN.contains(from), "the clean template does not hold {from:?}");
    CLEAN.replacen(from, to, 1)
}

#[test]
fn the_clean_template_rotates_and_nothing_is_found_or_left_open() {
    let report = report("clean", CLEAN, &[]);
    assert_eq!(found(&report), (vec![], "rotates"), "{report:#}");
    assert_eq!(report["undecided"], serde_json::json!([]), "{report:#}");
}

#[test]
fn a_finding_says_where_its_resource_is_written() {
    let report = report("open", &changed("      SourceAccount: !Ref AWS::AccountId\n      SourceArn: !Ref Secret\n", ""), &[]);
    let finding = report["findings"].as_array().unwrap().iter().find(|it| it["about"] == "function").unwrap();
    let line = CLEAN.lines().position(|line| line == "  Function:").unwrap() + 1;
    assert_eq!(
        (&finding["origin"]["line"], &finding["origin"]["column"], &finding["origin"]["name"]),
        (&line.into(), &3.into(), &"Function".into())
    );
}

/// The clean template with the function as SAM writes it.
fn as_sam(template: &str) -> String {
    let function = template.replace("Type: AWS::Lambda::Function\n", "Type: AWS::Serverless::Function\n");
    format!("Transform: AWS::Serverless-2016-10-31\n{}", function.replace("Code: {ZipFile: ", "InlineCode: ").replace("pass'}", "pass'"))
}

/// Faults, each as one change of the clean template, with the rule that finds it and the verdict.
const FAULTS: [(&str, &str, &str, &str); 13] = [
    ("Principal: secretsmanager.amazonaws.com", "Principal: s3.amazonaws.com", "secrets-manager-cannot-invoke", "fails"),
    ("                  - secretsmanager:PutSecretValue\n", "", "role-cannot-rotate-secret", "fails"),
    ("                Resource: !Ref Secret\n", "                Resource: !Sub '${Secret}x'\n", "role-cannot-rotate-secret", "fails"),
    ("[kms:Decrypt, kms:GenerateDataKey]", "[kms:Decrypt]", "role-cannot-use-key", "fails"),
    (
        "                    kms:EncryptionContext:SecretARN: !Ref Secret",
        "                    kms:CallerAccount: !Ref AWS::AccountId",
        "decrypt-outside-encryption-context",
        "rotates",
    ),
    ("                Resource: !Ref Secret\n", "                Resource: '*'\n", "role-reads-other-secrets", "rotates"),
    ("      Timeout: 60\n", "      Timeout: 60\n      ReservedConcurrentExecutions: 0\n", "function-throttled", "fails"),
    ("python3.13", "python3.7", "function-runtime-deprecated", "rotates"),
    ("Service: lambda.amazonaws.com", "Service: ec2.amazonaws.com", "role-not-assumable-by-lambda", "fails"),
    ("AutomaticallyAfterDays: 30", "ScheduleExpression: 'rate(3000 days)'", "schedule-not-valid", "fails"),
    ("    DependsOn: Permission\n", "", "rotation-before-what-it-needs", "rotates"),
    ("      EnableKeyRotation: true\n", "      Enabled: false\n", "key-not-usable", "fails"),
    ("      SourceAccount: !Ref AWS::AccountId\n      SourceArn: !Ref Secret\n", "", "invoke-open-to-other-accounts", "rotates"),
];

#[test]
fn a_fault_is_the_same_finding_in_a_template_of_cloudformation_and_of_sam() {
    for (index, (from, to, rule, verdict)) in FAULTS.into_iter().enumerate() {
        let template = changed(from, to);
        let reports = [report(&format!("cfn-{index}"), &template, &[]), report(&format!("sam-{index}"), &as_sam(&template), &[])];
        let prints = reports.each_ref().map(|report| {
            let findings = report["findings"].as_array().unwrap().iter();
            findings.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        });
        let (rules, said) = found(&reports[0]);
        assert!(rules.contains(&rule) && said == verdict, "{from:?}: {rules:?}, {said}, not {rule}, {verdict}");
        assert_eq!(prints[0], prints[1], "{from:?}: {:?} and {:?}", found(&reports[0]), found(&reports[1]));
    }
}

/// The rules that find something, each with the fingerprint; of a key, which AWS names, the rule alone.
fn fingerprints(report: &Value) -> Vec<(&str, &str)> {
    fn print(finding: &Value) -> (&str, &str) {
        let text = |name: &str| finding[name].as_str().unwrap();
        (text("rule"), if text("resource").contains(":key/") { "" } else { text("fingerprint") })
    }
    let mut found: Vec<_> = report["findings"].as_array().unwrap().iter().map(print).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_fault_is_the_same_finding_in_what_the_cdk_writes() {
    let whole: Value = serde_json::from_str(cdk::NAMED).unwrap();
    let clean = report("cdk-clean", cdk::NAMED, &[]);
    assert_eq!((found(&clean), &clean["undecided"]), ((vec![], "rotates"), &serde_json::json!([])), "{clean:#}");
    for (index, ((from, to, ..), fault)) in FAULTS.into_iter().zip(cdk::FAULTS).enumerate() {
        let mut broken = whole.clone();
        fault(&mut broken);
        assert_ne!(broken, whole, "{from:?}");
        let (of_cdk, written) =
            (report(&format!("cdk-{index}"), &broken.to_string(), &[]), report(&format!("by-hand-{index}"), &changed(from, to), &[]));
        assert_eq!(fingerprints(&of_cdk), fingerprints(&written), "{from:?}");
        assert_eq!(found(&of_cdk).1, found(&written).1, "{from:?}");
    }
}

#[test]
fn a_role_that_sam_generates_rotates_with_its_policy_template_and_not_without() {
    let template = include_str!("templates/sam/generated-role.yaml");
    let with = report("generated", template, &[]);
    assert_eq!(found(&with), (vec![], "rotates"), "{with:#}");
    let without =
        template.replace("        - AWSSecretsManagerRotationPolicy: {FunctionName: rotate-db}\n", "        - AmazonS3ReadOnlyAccess\n");
    let without = report("generated-without", &without, &[]);
    assert_eq!(found(&without).1, "undecided", "a managed policy of which nothing is known may allow anything");
    assert!(without["rotations"][0]["needs"].to_string().contains("AmazonS3ReadOnlyAccess"), "{without:#}");
}

#[test]
fn a_network_of_the_template_is_followed() {
    let template = include_str!("templates/cloudformation/network.yaml");
    let clean = report("network", template, &[]);
    assert_eq!(found(&clean), (vec![], "rotates"), "{clean:#}");
    assert_eq!(clean["undecided"], serde_json::json!([]), "{clean:#}");
    for (from, to, rule) in [
        ("PrivateDnsEnabled: true", "PrivateDnsEnabled: false", "private-names-off"),
        ("      PrivateDnsEnabled: true\n", "", "private-names-off"),
        (
            "{GroupId: !Ref EndpointGroup, IpProtocol: tcp, FromPort: 443, ToPort: 443",
            "{GroupId: !Ref EndpointGroup, IpProtocol: tcp, FromPort: 1, ToPort: 1",
            "endpoint-refuses-function",
        ),
        (
            "{GroupId: !Ref DatabaseGroup, IpProtocol: tcp, FromPort: 5432, ToPort: 5432",
            "{GroupId: !Ref DatabaseGroup, IpProtocol: tcp, FromPort: 1, ToPort: 2",
            "target-out-of-reach",
        ),
        ("Action: secretsmanager:*\n", "Action: secretsmanager:List*\n", "endpoint-policy-denies"),
    ] {
        assert!(template.contains(from), "{from}");
        let broken = report("network-broken", &template.replacen(from, to, 1), &[]);
        let (rules, verdict) = found(&broken);
        assert!(rules.contains(&rule) && verdict == "fails", "{from}: {rules:?} {verdict}");
    }
}

#[test]
fn a_parameter_that_nobody_gave_leaves_open_what_hangs_on_it_and_is_named() {
    let template =
        changed("      Timeout: 60\n", "      Timeout: 60\n      VpcConfig: {SubnetIds: !Ref Subnets, SecurityGroupIds: [sg-1]}\n");
    let template = template.replace("Parameters:\n", "Parameters:\n  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}\n");
    let report = report("open-parameter", &template, &[]);
    assert_eq!(found(&report).1, "undecided");
    assert!(report["rotations"][0]["needs"].to_string().contains("parameter Subnets"), "{report:#}");
    let told = scan("open-parameter-told", &template, &[]).stderr;
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("--parameter Subnets=VALUE") && told.contains("--over") && !told.contains("--exports"), "{told}");
    let imported = template.replace("!Ref Subnets", "!Split [',', !ImportValue network-Subnets]");
    let told = scan("open-export-told", &imported, &[]).stderr;
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("--exports FILE") && told.contains("network-Subnets") && !told.contains("--parameter "), "{told}");
}

#[test]
fn a_condition_that_hangs_on_a_parameter_is_followed_each_way_and_the_finding_says_when() {
    let template =
        CLEAN.replace("  Stage: {Type: String, Default: prod}\n", "  Stage: {Type: String, Default: prod}\n  Wide: {Type: String}\n");
    let template = template.replace("Resources:\n  Key:", "Conditions:\n  IsWide: !Equals [!Ref Wide, 'yes']\nResources:\n  Key:");
    let template =
        template.replace("                Resource: !Ref Secret\n", "                Resource: !If [IsWide, '*', !Ref Secret]\n");
    let either = report("either", &template, &[]);
    let finding = either["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "role-reads-other-secrets").unwrap();
    assert_eq!(finding["only_if"], serde_json::json!(["parameter Wide is yes"]));
    assert_eq!(found(&report("narrow", &template, &["--parameter", "Wide=no"])), (vec![], "rotates"));
}

#[test]
fn a_schedule_alone_is_decided_over_the_account_in_which_its_function_exists() {
    let snapshot = scratch("existing.json");
    let existing = rotaudit::inventory::clean::account().unwrap();
    std::fs::write(&snapshot, rotaudit::inventory::snapshot::to_text(&existing).unwrap()).unwrap();
    let template = "
Resources:
  Schedule:
    Type: AWS::SecretsManager::RotationSchedule
    Properties:
      SecretId: prod/db
      RotationLambdaARN: FUNCTION
      RotationRules: {AutomaticallyAfterDays: 10}
"
    .replace("FUNCTION", rotaudit::inventory::clean::FUNCTION);
    let alone = report("schedule", &template, &[]);
    assert_eq!(found(&alone).1, "undecided");
    let over = report("schedule-over", &template, &["--over", snapshot.to_str().unwrap()]);
    std::fs::remove_file(&snapshot).unwrap();
    assert_eq!(found(&over), (vec![], "rotates"), "{over:#}");
}

#[test]
fn a_finding_of_a_template_stands_on_its_line_in_sarif() {
    let output =
        scan("sarif", &changed("      SourceAccount: !Ref AWS::AccountId\n      SourceArn: !Ref Secret\n", ""), &["--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let places = sarif["runs"][0]["results"].as_array().unwrap().iter().map(|result| &result["locations"][0]["physicalLocation"]);
    let line = CLEAN.lines().position(|line| line == "  Function:").unwrap() + 1;
    assert!(places.into_iter().any(|place| place["region"]["startLine"] == line), "{sarif:#}");
}

#[test]
fn hostile_templates_are_refused_with_the_place_and_nothing_hangs() {
    let deep = format!("Resources: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nResources: {R: {Type: X, Properties: {V: *b}}}\n".to_owned();
    let long = format!("Resources:\n  R: {{Type: X, Description: {}}}\n", "x".repeat(50 << 20));
    let circle = "Resources:\n  A: {Type: 'AWS::SecretsManager::Secret', Properties: {Name: !Ref A}}\n".to_owned();
    let expected = ["recursion limit", "alias", "longer than", "hangs on itself"];
    for (index, (text, says)) in [deep, laughs, long, circle].iter().zip(expected).enumerate() {
        let output = scan(&format!("hostile-{index}"), text, &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(says), "{says}: {told}");
    }
}

#[test]
fn a_nested_stack_of_the_cdk_is_the_file_that_its_metadata_name() {
    let (parent, child) = as_nested();
    let parent = parent.replace(
        "      TemplateURL: ./child.yaml\n",
        "      TemplateURL: !Sub 'https://s3.${AWS::Region}.${AWS::URLSuffix}/cdk-assets/0123.json'\n",
    );
    let parent = parent.replace(
        "    Type: AWS::CloudFormation::Stack\n",
        "    Type: AWS::CloudFormation::Stack\n    Metadata: {'aws:asset:path': child.yaml, 'aws:asset:property': TemplateURL}\n",
    );
    let child = child.replace("python3.13", "python3.7").replace(
        "    Type: AWS::Lambda::Function\n",
        "    Type: AWS::Lambda::Function\n    Metadata: {'aws:cdk:path': App/Child/Rotate/Resource}\n",
    );
    let report = report_of_two("nested-cdk", &parent, &child).unwrap();
    assert_eq!(found(&report).1, "rotates", "{report:#}");
    let finding = report["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "function-runtime-deprecated").unwrap();
    assert_eq!(finding["origin"]["name"], "App/Child/Rotate/Resource");
}

#[test]
fn a_folder_of_the_cdk_is_read_as_its_stacks_and_names_constructs() {
    let folder = scratch("cdk.out");
    std::fs::create_dir_all(&folder).unwrap();
    // The secret in one stack, the rest in another, which imports it.
    let (secret, rest) = (CLEAN.find("  Secret:\n").unwrap(), CLEAN.find("  Role:\n").unwrap());
    let secrets = format!(
        "{}Outputs:\n  Secret: {{Value: !Ref Secret, Export: {{Name: secret}}}}\n  Key: {{Value: !GetAtt Key.Arn, Export: {{Name: key}}}}\n",
        &CLEAN[..rest]
    );
    let imports = CLEAN[rest..].replace("!Ref Secret", "!ImportValue secret").replace("!GetAtt Key.Arn", "!ImportValue key");
    let imports = imports.replace(
        "    Type: AWS::Lambda::Function\n",
        "    Type: AWS::Lambda::Function\n    Metadata: {'aws:cdk:path': App/Rotate/Resource}\n",
    );
    assert!(secret < rest);
    std::fs::write(folder.join("A.template.json"), secrets).unwrap();
    std::fs::write(folder.join("B.template.json"), format!("Parameters:\n  Stage: {{Type: String, Default: prod}}\nResources:\n{imports}"))
        .unwrap();
    let artifact = |name: &str| serde_json::json!({"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": format!("{name}.template.json")}});
    let manifest = serde_json::json!({"version": "36.0.0", "artifacts": {"A": artifact("A"), "B": artifact("B")}});
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    let run = || {
        let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
            .args(["scan", "--account", "111122223333", "--region", "eu-west-1", "--format", "json", "--template"])
            .arg(&folder)
            .output()
            .unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    };
    let clean = run();
    assert_eq!(found(&clean), (vec![], "rotates"), "{clean:#}");
    let template = std::fs::read_to_string(folder.join("B.template.json")).unwrap();
    std::fs::write(folder.join("B.template.json"), template.replace("python3.13", "python3.7")).unwrap();
    let broken = run();
    std::fs::remove_dir_all(&folder).unwrap();
    let finding = broken["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "function-runtime-deprecated").unwrap();
    assert_eq!(finding["origin"]["name"], "App/Rotate/Resource");
    assert!(finding["origin"]["file"].as_str().unwrap().ends_with("B.template.json"), "{finding:#}");
}

/// The clean template as two stacks: the role, the function and the permission are nested.
fn as_nested() -> (String, String) {
    let (role, schedule) = (CLEAN.find("  Role:\n").unwrap(), CLEAN.find("  Schedule:\n").unwrap());
    let child = "  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ./child.yaml\n      \
                 Parameters: {Stage: !Ref Stage, SecretArn: !Ref Secret, KeyArn: !GetAtt Key.Arn}\n";
    let schedule =
        CLEAN[schedule..].replace("    DependsOn: Permission\n", "").replace("!GetAtt Function.Arn", "!GetAtt Child.Outputs.Function");
    let inner = CLEAN[role..].split("  Schedule:\n").next().unwrap().replace("!Ref Secret", "!Ref SecretArn");
    let parameters = "Parameters:\n  Stage: {Type: String}\n  SecretArn: {Type: String}\n  KeyArn: {Type: String}\n";
    let outputs = "Outputs:\n  Function: {Value: !GetAtt Function.Arn}\n";
    let inner = format!("{parameters}Resources:\n{}{outputs}", inner.replace("!GetAtt Key.Arn", "!Ref KeyArn"));
    (format!("{}{child}{schedule}", &CLEAN[..role]), inner)
}

/// Scans a template that lies in a folder of its own with another one.
fn report_of_two(name: &str, parent: &str, child: &str) -> Result<Value, String> {
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("main.yaml"), parent).unwrap();
    std::fs::write(folder.join("child.yaml"), child).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(["scan", "--account", "111122223333", "--region", "eu-west-1", "--format", "json", "--template"])
        .arg(folder.join("main.yaml"))
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_nested_stack_is_read_from_its_file_and_findings_stand_there() {
    let (parent, child) = as_nested();
    let clean = report_of_two("nested", &parent, &child).unwrap();
    assert_eq!(found(&clean), (vec![], "rotates"), "{clean:#}");
    assert_eq!(clean["undecided"], serde_json::json!([]), "{clean:#}");
    let broken = report_of_two("nested-broken", &parent, &child.replace("python3.13", "python3.7")).unwrap();
    let finding = broken["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "function-runtime-deprecated").unwrap();
    let line = child.lines().position(|line| line == "  Function:").unwrap() + 1;
    assert_eq!(finding["origin"]["line"], line, "{finding:#}");
    assert!(finding["origin"]["file"].as_str().unwrap().ends_with("/child.yaml"), "{finding:#}");
}

#[test]
fn a_fault_is_the_same_finding_in_a_nested_stack() {
    let (parent, child) = as_nested();
    let nested = |text: &str| {
        text.replace("!Ref Secret", "!Ref SecretArn").replace("${Secret}", "${SecretArn}").replace("!GetAtt Key.Arn", "!Ref KeyArn")
    };
    let mut compared = 0;
    for (index, (from, to, rule, verdict)) in FAULTS.into_iter().enumerate() {
        let (from, to) = (nested(from), nested(to));
        let reports = if child.contains(&from) {
            report_of_two(&format!("nested-{index}"), &parent, &child.replacen(&from, &to, 1))
        } else if parent.contains(&from) {
            report_of_two(&format!("nested-{index}"), &parent.replacen(&from, &to, 1), &child)
        } else {
            continue;
        };
        let report = reports.unwrap();
        let (rules, said) = found(&report);
        assert!(rules.contains(&rule) && said == verdict, "{from:?}: {rules:?}, {said}, not {rule}, {verdict}");
        compared += 1;
    }
    assert_eq!(compared, FAULTS.len() - 1, "only the order of resources of one stack has no likeness");
}

#[test]
fn a_nested_stack_elsewhere_leaves_open_what_it_makes_and_is_named() {
    let (parent, child) = as_nested();
    let parent = parent.replace("./child.yaml", "https://bucket.s3.amazonaws.com/child.yaml");
    let report = report_of_two("nested-elsewhere", &parent, &child).unwrap();
    assert_eq!(found(&report).1, "undecided");
    assert!(report["rotations"][0]["needs"].to_string().contains("Outputs.Function of Child"), "{report:#}");
    assert!(report["partial"].as_str().unwrap().contains("https://bucket.s3.amazonaws.com/child.yaml"), "{report:#}");
}

#[test]
fn what_is_given_to_a_stack_that_is_not_read_may_be_changed_by_it() {
    let stack = |given: &str| {
        format!(
            "{CLEAN}  Away:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: 'https://b/x', Parameters: {{A: {given}}}}}\n"
        )
    };
    for given in ["!Ref Function", "!GetAtt Function.Arn", "!Ref Role", "!GetAtt Role.Arn", "!Ref Secret"] {
        let report = report("given-away", &stack(given), &[]);
        assert!(report["undecided"].to_string().contains("Away") || found(&report).1 == "undecided", "{given}: {report:#}");
    }
    let apart = report("given-nothing", &stack("x"), &["--on-undecided", "fail"]);
    assert_eq!((found(&apart), &apart["undecided"]), ((vec![], "rotates"), &serde_json::json!([])), "{apart:#}");
    assert_eq!(scan("given-nothing", &stack("x"), &["--on-undecided", "fail"]).status.code(), Some(11));
}

#[test]
fn a_nested_stack_that_is_not_there_or_lies_far_away_is_an_error() {
    let (parent, child) = as_nested();
    for (path, says) in [
        ("./nowhere.yaml", "nowhere.yaml"),
        ("../../../../../../../../../../../../etc/passwd", "neither below the folder of the template"),
        ("/etc/passwd", "only relative paths"),
        ("main.yaml", "nests itself"),
    ] {
        let told = report_of_two("nested-error", &parent.replace("./child.yaml", path), &child).unwrap_err();
        let line = parent.lines().position(|line| line == "  Child:").unwrap() + 1;
        assert!(told.contains(says) && told.contains(&format!("main.yaml: line {line}, ")), "{says}: {told}");
    }
}

#[test]
fn secrets_that_a_loop_makes_are_as_if_they_were_written_out() {
    let (secret, other) = (CLEAN.find("  Secret:\n").unwrap(), CLEAN.find("  Other:\n").unwrap());
    let written = &CLEAN[secret..other];
    let looped = format!(
        "  Fn::ForEach::Secrets:\n    - Name\n    - [Secret]\n    - ${{Name}}:\n{}",
        written.lines().skip(1).map(|line| ["    ", line, "\n"].concat()).collect::<String>()
    );
    let template = format!("Transform: AWS::LanguageExtensions\n{}", CLEAN.replace(written, &looped));
    let report = report("looped", &template, &[]);
    assert_eq!(found(&report), (vec![], "rotates"), "{report:#}");
    assert_eq!(report["undecided"], serde_json::json!([]), "{report:#}");
    let refused = scan("looped-plain", &template.replace("Transform: AWS::LanguageExtensions\n", ""), &[]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("needs `Transform: AWS::LanguageExtensions`"));
}

#[test]
fn a_snippet_beside_the_template_is_read_and_one_elsewhere_leaves_open_what_it_stands_in() {
    let policy = CLEAN.find("        - PolicyName: rotation\n").unwrap();
    let function = CLEAN.find("  Function:\n").unwrap();
    let statement: String = CLEAN[policy..function].lines().skip(2).map(|line| [&line[12..], "\n"].concat()).collect();
    let included = format!(
        "{}        - PolicyName: rotation\n          PolicyDocument:\n            Fn::Transform: {{Name: 'AWS::Include', Parameters: {{Location: child.yaml}}}}\n{}",
        &CLEAN[..policy],
        &CLEAN[function..]
    );
    let here = report_of_two("included", &included, &statement).unwrap();
    assert_eq!(found(&here), (vec![], "rotates"), "{here:#}");
    let elsewhere = report_of_two("included-elsewhere", &included.replace("child.yaml", "s3://bucket/policy.yaml"), &statement).unwrap();
    assert_eq!(found(&elsewhere).1, "undecided", "{elsewhere:#}");
}

/// The clean template with a whole policy of the function in place of the permission.
fn with_whole_policy(statements: &str) -> String {
    let (before, after) = CLEAN.split_once("  Permission:\n").unwrap();
    let (_, schedule) = after.split_once("  Schedule:\n").unwrap();
    let policy = "    Type: AWS::Lambda::ResourcePolicy
    Properties:
      ResourceArn: !GetAtt Function.Arn
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {Service: secretsmanager.amazonaws.com}
            Action: lambda:InvokeFunction
            Resource: !GetAtt Function.Arn
            Condition: {StringEquals: {'aws:SourceAccount': !Ref AWS::AccountId}}\n";
    format!("{before}  Permission:\n{policy}{statements}  Schedule:\n{schedule}")
}

#[test]
fn a_whole_policy_of_a_function_counts_with_its_deny_statements() {
    let clean = report("whole", &with_whole_policy(""), &[]);
    assert_eq!(found(&clean), (vec![], "rotates"), "{clean:#}");
    let deny = "          - Effect: Deny
            Principal: '*'
            Action: lambda:InvokeFunction
            Resource: !GetAtt Function.Arn
            Condition: {Null: {'aws:SourceVpc': 'true'}}\n";
    let denied = report("whole-denied", &with_whole_policy(deny), &[]);
    assert_eq!(found(&denied), (vec!["secrets-manager-cannot-invoke"], "fails"), "{denied:#}");
    // A single permission beside it may come before or after.
    let both = "  Single:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Function, Action: lambda:InvokeFunction, Principal: secretsmanager.amazonaws.com, SourceAccount: !Ref AWS::AccountId}\n";
    let both = report("whole-both", &with_whole_policy(both).replace("DependsOn: Permission", "DependsOn: [Permission, Single]"), &[]);
    assert_eq!(found(&both).1, "undecided", "{both:#}");
    // It is awaited like a permission.
    let early = report("whole-early", &with_whole_policy("").replace("    DependsOn: Permission\n", ""), &[]);
    assert_eq!(found(&early).0, ["rotation-before-what-it-needs"]);
}

#[test]
fn a_layer_of_the_template_is_ones_own() {
    let layer = "      Timeout: 60\n      Layers: [!Ref Layer]\n";
    let template = changed("      Timeout: 60\n", layer).replace(
        "  Permission:\n",
        "  Layer:\n    Type: AWS::Lambda::LayerVersion\n    Properties: {LayerName: drivers, Content: {S3Bucket: b, S3Key: k}}\n  Permission:\n",
    );
    assert_eq!(found(&report("layer", &template, &[])), (vec![], "rotates"));
    let foreign = template.replace("Layers: [!Ref Layer]", "Layers: ['arn:aws:lambda:eu-west-1:444455556666:layer:drivers:3']");
    assert_eq!(found(&report("layer-foreign", &foreign, &[])).0, ["function-layer-of-another-account"]);
}

#[test]
fn a_schedule_waits_for_what_the_path_of_its_function_needs_and_for_nothing_else_of_the_network() {
    let network = include_str!("templates/cloudformation/network.yaml");
    for name in ["Endpoint", "IntoEndpoint", "ToDatabase", "IntoDatabase"] {
        let (list, without) = ("[Permission, Endpoint, IntoEndpoint, ToDatabase, IntoDatabase]", format!(", {name}"));
        let unawaited = network.replace(list, &list.replacen(&without, "", 1));
        // The schedule waits for the database, in whose time all this is made.
        assert_eq!(found(&report("beside-database", &unawaited, &[])), (vec![], "rotates"), "{name}");
        let late = unawaited.replace(&format!("  {name}:\n"), &format!("  {name}:\n    DependsOn: Database\n"));
        let early = report("late", &late, &[]);
        assert_eq!(found(&early), (vec!["rotation-before-what-it-needs"], "rotates"), "{name}: {early:#}");
        let message = early["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("does not wait for {name}, ")), "{message}");
    }
    // Beside the path: a rule that nothing of the rotation needs, and a second one that does as well as an awaited one.
    let beside = "  Beside:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref DatabaseGroup, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/16}
  Twice:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref DatabaseGroup, IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 10.0.0.0/16}\n";
    let beside = report("late-beside", &network.replace("  Endpoint:\n", &format!("{beside}  Endpoint:\n")), &[]);
    assert_eq!(found(&beside), (vec![], "rotates"), "{beside:#}");
}

/// What is found in the clean account in a VPC, whose function rotates once a month.
const IN_VPC: [&str; 1] = ["function-idle-between-rotations"];

#[test]
fn a_rule_that_a_template_adds_to_an_existing_group_is_laid_over_it() {
    use rotaudit::inventory::{Known, clean};
    let mut existing = clean::account_in_vpc().unwrap();
    let Known::Value(groups) = &mut existing.networks.get_mut(clean::PLACE).unwrap().security_groups else { panic!("they are known") };
    groups.get_mut(clean::DATABASE_GROUP).unwrap().ingress.clear();
    let rule = |group: &str, port: u16| {
        format!(
            "Parameters:\n  Group: {{Type: String}}\nResources:\n  Rule:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {{GroupId: {group}, IpProtocol: tcp, \
             FromPort: {port}, ToPort: {port}, SourceSecurityGroupId: {}}}\n",
            clean::FUNCTION_GROUP
        )
    };
    let with = over("rule", &existing, &rule(clean::DATABASE_GROUP, 5432));
    assert_eq!(found(&with), (IN_VPC.to_vec(), "rotates"), "{with:#}");
    let other = over("rule-other", &existing, &rule(clean::DATABASE_GROUP, 22));
    assert_eq!(found(&other), ([&IN_VPC[..], &["target-out-of-reach"]].concat(), "fails"), "{other:#}");
    let open = over("rule-open", &existing, &rule("!Ref Group", 5432));
    assert_eq!(found(&open).1, "undecided", "{open:#}");
    assert!(open["rotations"][0]["needs"].to_string().contains("parameter Group"), "{open:#}");
}

#[test]
fn routes_and_entries_that_a_template_adds_to_existing_tables_and_lists_are_laid_over_them() {
    use rotaudit::inventory::{Known, clean};
    let existing = clean::account_in_vpc().unwrap();
    let Known::Value(acls) = &existing.networks[clean::PLACE].network_acls else { panic!("they are known") };
    let acl = acls.iter().find(|(_, acl)| acl.subnets.iter().any(|it| it == clean::SUBNETS[0])).unwrap().0;
    let entry = format!(
        "Resources:\n  Entry:\n    Type: AWS::EC2::NetworkAclEntry\n    Properties: {{NetworkAclId: {acl}, RuleNumber: 1, Egress: true, RuleAction: deny, Protocol: '-1', CidrBlock: 0.0.0.0/0}}\n"
    );
    let denied = over("entry", &existing, &entry);
    assert!(found(&denied).0.contains(&"network-acl-blocks-function"), "{denied:#}");
    let Known::Value(tables) = &existing.networks[clean::PLACE].route_tables else { panic!("they are known") };
    let table = tables.keys().next().unwrap();
    let route = format!(
        "Resources:\n  Route:\n    Type: AWS::EC2::Route\n    Properties: {{RouteTableId: {table}, DestinationCidrBlock: 203.0.113.0/24, GatewayId: vgw-0a}}\n"
    );
    assert_eq!(found(&over("route", &existing, &route)), (IN_VPC.to_vec(), "rotates"), "a route beside the path changes nothing");
}

#[test]
fn policies_for_an_existing_role_are_added_and_take_the_place_of_those_of_the_same_name() {
    use rotaudit::arn::Arn;
    use rotaudit::inventory::{Known, clean};
    let existing = clean::account().unwrap();
    let role = Arn::parse(clean::ROLE).unwrap();
    let Known::Value(identities) = &existing.accounts.values().next().unwrap().identities else { panic!("they are known") };
    let name = &identities.roles[&role].permissions.inline[0].name;
    let policy = |kind: &str, name: &str, to: &str, effect: &str| {
        format!(
            "Resources:\n  Policy:\n    Type: {kind}\n    Properties:\n      {name}\n      {to}\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
             Statement: [{{Effect: {effect}, Action: secretsmanager:GetSecretValue, Resource: '*'}}]\n"
        )
    };
    let inline = |name: &str| policy("AWS::IAM::RolePolicy", &format!("PolicyName: {name}"), "RoleName: rotate-db", "Allow");
    let replaced = over("replaced", &existing, &inline(name));
    assert!(found(&replaced).0.contains(&"role-cannot-rotate-secret") && found(&replaced).1 == "fails", "{replaced:#}");
    let added = over("added", &existing, &inline("another"));
    assert_eq!(found(&added), (vec!["role-reads-other-secrets"], "rotates"), "{added:#}");
    let managed = policy("AWS::IAM::ManagedPolicy", "ManagedPolicyName: no", "Roles: [rotate-db]", "Deny");
    let denied = over("denied", &existing, &managed);
    assert_eq!(found(&denied), (vec!["role-cannot-rotate-secret"], "fails"), "{denied:#}");
    // It may be for any role that is there.
    let given = format!("Parameters: {{Holder: {{Type: String}}}}\n{managed}").replace("Roles: [rotate-db]", "Roles: [!Ref Holder]");
    let open = over("of-any-role", &existing, &given);
    assert_eq!(found(&open).1, "undecided", "{open:#}");
    assert!(open["rotations"][0]["needs"].to_string().contains("parameter Holder"), "{open:#}");
}

#[test]
fn an_alias_of_a_template_names_the_existing_key_that_it_is_for() {
    use rotaudit::inventory::clean;
    let existing = clean::account().unwrap();
    let id = clean::KEY.rsplit_once('/').unwrap().1;
    let template = |key: &str| {
        format!(
            "Resources:\n  Alias:\n    Type: AWS::KMS::Alias\n    Properties: {{AliasName: alias/rotation, TargetKeyId: {key}}}\n  Secret:\n    \
             Type: AWS::SecretsManager::Secret\n    Properties: {{Name: prod/db, KmsKeyId: !Ref Alias, GenerateSecretString: {{PasswordLength: 40}}}}\n"
        )
    };
    let same = over("alias", &existing, &template(id));
    assert_eq!(found(&same), (vec![], "rotates"), "{same:#}");
    let other = over("alias-other", &existing, &template("11111111-2222-3333-4444-555555555555"));
    assert_ne!(found(&other).1, "rotates", "{other:#}");
}

#[test]
fn a_whole_policy_takes_the_place_of_what_an_existing_function_had() {
    use rotaudit::inventory::clean;
    let policy = |service: &str| {
        format!(
            "Resources:\n  Policy:\n    Type: AWS::Lambda::ResourcePolicy\n    Properties:\n      ResourceArn: {0}\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
             Statement: [{{Effect: Allow, Principal: {{Service: {service}}}, Action: lambda:InvokeFunction, Resource: '{0}', Condition: {{StringEquals: {{'aws:SourceAccount': '111122223333'}}}}}}]\n",
            clean::FUNCTION
        )
    };
    let existing = clean::account().unwrap();
    assert_eq!(found(&over("whole-over", &existing, &policy("secretsmanager.amazonaws.com"))), (vec![], "rotates"));
    let other = over("whole-other", &existing, &policy("s3.amazonaws.com"));
    assert!(found(&other).0.contains(&"secrets-manager-cannot-invoke") && found(&other).1 == "fails", "{other:#}");
}

#[test]
fn an_empty_text_that_should_name_something_is_named_as_missing() {
    let template = changed("RotationLambdaARN: !GetAtt Function.Arn", "RotationLambdaARN: ''");
    let report = report("empty", &template, &[]);
    assert_eq!(report["rotations"][0]["verdict"], "undecided", "{report:#}");
    assert!(report["rotations"][0]["needs"].to_string().contains("RotationLambdaARN of Schedule, which is empty"), "{report:#}");
}
