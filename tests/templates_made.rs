//! What AWS makes of a few parameters of a template: its rotation applications, and hosted functions.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use serde_json::Value;
use template::{found, over, report};

/// The rules that leave something open.
fn left_open(report: &Value) -> Vec<&str> {
    report["undecided"].as_array().unwrap().iter().map(|check| check["rule"].as_str().unwrap()).collect()
}

const APPLICATION: &str = include_str!("templates/sam/application.yaml");

/// What is true of every function that AWS's applications make for a secret under a customer key in a VPC.
const OF_APPLICATIONS: [&str; 2] = ["decrypt-outside-encryption-context", "network-permissions-open-to-code"];

#[test]
fn an_application_of_aws_is_followed_into_function_role_and_permission() {
    let clean = report("application", APPLICATION, &[]);
    assert_eq!(found(&clean), (OF_APPLICATIONS.to_vec(), "rotates"), "{clean:#}");
    assert_eq!(left_open(&clean), ["invoke-open-to-other-accounts"], "nobody says whether its permission names an account");
    for (from, to, rule, verdict) in [
        ("        kmsKeyArn: !GetAtt Key.Arn\n", "", "role-cannot-use-key", "fails"),
        ("        runtime: python3.13\n", "        runtime: python3.7\n", "function-runtime-deprecated", "rotates"),
        (
            "functionName: rotate-db\n",
            "functionName: rotate-db\n        invokingServicePrincipal: alexa.amazonaws.com\n",
            "secrets-manager-cannot-invoke",
            "fails",
        ),
        ("https://secretsmanager.${AWS::Region}.", "https://secretsmanager.eu-north-1.", "endpoint-url-wrong", "fails"),
        (
            "{GroupId: !Ref DatabaseGroup, IpProtocol: tcp, FromPort: 5432, ToPort: 5432",
            "{GroupId: !Ref DatabaseGroup, IpProtocol: tcp, FromPort: 1, ToPort: 2",
            "target-out-of-reach",
            "fails",
        ),
    ] {
        assert!(APPLICATION.contains(from), "{from}");
        let broken = report("application-broken", &APPLICATION.replacen(from, to, 1), &[]);
        let (rules, said) = found(&broken);
        // A permission for another service is a finding of its own.
        let of_cause = ["invoke-open-to-other-services"];
        let further: Vec<&&str> = rules.iter().filter(|it| !OF_APPLICATIONS.contains(it) && !of_cause.contains(it)).collect();
        assert!(further == [&rule] && said == verdict, "{from:?}: {further:?}, {said}, not {rule}, {verdict}");
    }
}

#[test]
fn what_an_application_does_not_tell_stays_open_and_is_named() {
    let without = report("application-runtime", &APPLICATION.replace("        runtime: python3.13\n", ""), &[]);
    assert!(left_open(&without).contains(&"function-runtime-deprecated"), "{without:#}");
    assert!(without["undecided"].to_string().contains("Runtime of Rotation is not known"), "{without:#}");
    // The same name, published by somebody else.
    for publisher in ["297356227924", "444455556666"] {
        let other = report("application-other", &APPLICATION.replace("297356227824", publisher), &[]);
        assert_eq!(found(&other).1, "undecided");
        assert!(other["rotations"][0]["needs"].to_string().contains(publisher), "{other:#}");
    }
}

const HOSTED: &str = include_str!("templates/cloudformation/hosted.yaml");

/// What the macro of Secrets Manager makes beyond its documented properties.
const UNTOLD: &str = "what the macro AWS::SecretsManager-2024-09-16 at line";

#[test]
fn of_a_hosted_function_what_its_properties_tell_is_decided_and_the_rest_is_named() {
    let clean = report("hosted", HOSTED, &[]);
    assert_eq!(found(&clean), (vec!["decrypt-outside-encryption-context"], "undecided"), "{clean:#}");
    assert!(clean["rotations"][0]["needs"].to_string().contains(UNTOLD), "{clean:#}");
    for (from, to, rule) in [
        ("        KmsKeyArn: !GetAtt Key.Arn\n", "", "role-cannot-use-key"),
        ("        Runtime: python3.13\n", "        Runtime: python3.7\n", "function-runtime-deprecated"),
        ("RotationType: PostgreSQLSingleUser", "RotationType: PostgreSQLMultiUser", "rotation-function-incomplete"),
        ("Transform: AWS::SecretsManager-2024-09-16\n", "", "rotation-function-incomplete"),
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
    ] {
        assert!(HOSTED.contains(from), "{from}");
        let broken = report("hosted-broken", &HOSTED.replacen(from, to, 1), &[]);
        let (rules, _) = found(&broken);
        let further: Vec<&&str> = rules.iter().filter(|it| **it != "decrypt-outside-encryption-context").collect();
        assert_eq!(further, [&rule], "{from:?}");
    }
    let given =
        "RotationType: PostgreSQLMultiUser\n        SuperuserSecretArn: arn:aws:secretsmanager:eu-west-1:111122223333:secret:super-a1b2c3";
    let alternating = report("hosted-alternating", &HOSTED.replace("RotationType: PostgreSQLSingleUser", given), &[]);
    assert_eq!(found(&alternating).0, ["decrypt-outside-encryption-context"]);
    let runtime = report("hosted-runtime", &HOSTED.replace("        Runtime: python3.13\n", ""), &[]);
    assert!(left_open(&runtime).contains(&"function-runtime-deprecated"), "{runtime:#}");
}

#[test]
fn an_application_for_alternating_users_needs_the_secret_of_the_superuser() {
    let alternating = APPLICATION.replace("RotationSingleUser", "RotationMultiUser");
    let without = report("application-alternating", &alternating, &[]);
    assert!(found(&without).0.contains(&"rotation-function-incomplete"), "{without:#}");
    let superuser =
        "functionName: rotate-db\n        superuserSecretArn: arn:aws:secretsmanager:eu-west-1:111122223333:secret:super-a1b2c3";
    let with = report("application-superuser", &alternating.replace("functionName: rotate-db", superuser), &[]);
    assert_eq!(found(&with), (OF_APPLICATIONS.to_vec(), "rotates"), "{with:#}");
}

#[test]
fn an_application_in_an_existing_network_is_decided_over_the_account() {
    use rotaudit::inventory::clean;
    let template = format!(
        "Transform: AWS::Serverless-2016-10-31
Resources:
  Rotation:
    Type: AWS::Serverless::Application
    Properties:
      Location: {{ApplicationId: 'arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManagerRDSPostgreSQLRotationSingleUser', SemanticVersion: 1.1.618}}
      Parameters:
        endpoint: https://secretsmanager.eu-west-1.amazonaws.com
        functionName: rotate-anew
        runtime: python3.13
        vpcSubnetIds: '{}, {}'
        vpcSecurityGroupIds: {}
        kmsKeyArn: {}
  Schedule:
    Type: AWS::SecretsManager::RotationSchedule
    Properties: {{SecretId: prod/db, RotationLambdaARN: !GetAtt Rotation.Outputs.RotationLambdaARN, RotationRules: {{AutomaticallyAfterDays: 10}}}}\n",
        clean::SUBNETS[0],
        clean::SUBNETS[1],
        clean::FUNCTION_GROUP,
        clean::KEY
    );
    let existing = clean::account_in_vpc().unwrap();
    let anew = over("application-over", &existing, &template);
    assert_eq!(found(&anew), (OF_APPLICATIONS.to_vec(), "rotates"), "{anew:#}");
    let elsewhere = over("application-wrong", &existing, &template.replace(clean::FUNCTION_GROUP, clean::DATABASE_GROUP));
    assert_eq!(found(&elsewhere).1, "fails", "{elsewhere:#}");
}

/// AWS's applications that are for no database: what their parameters tell is decided, and the rest is named.
#[test]
fn of_an_application_for_no_database_the_parameters_alone_are_known() {
    let other = |name: &str| APPLICATION.replace("SecretsManagerRDSPostgreSQLRotationSingleUser", name);
    for name in
        ["SecretsManagerRotationTemplate", "SecretsManagerActiveDirectoryRotationSingleUser", "SecretsManagerInfluxDBRotationMultiUser"]
    {
        let report = report("application-generic", &other(name), &[]);
        assert_eq!(found(&report).1, "undecided", "{name}: {report:#}");
        assert_eq!(report["rotations"][0]["function"], "arn:aws:lambda:eu-west-1:111122223333:function:rotate-db");
        let needs = report["rotations"][0]["needs"].to_string();
        for part in ["policy of the function of Rotation", "policy of the execution role of Rotation"] {
            assert!(needs.contains(part), "{name}: {needs}");
        }
        assert!(left_open(&report).contains(&"function-timeout-short"), "{name}: nobody tells its time limit: {report:#}");
    }
    let generic = other("SecretsManagerRotationTemplate");
    for (from, to, rule) in [
        ("        runtime: python3.13\n", "        runtime: python3.7\n", "function-runtime-deprecated"),
        ("https://secretsmanager.${AWS::Region}.", "https://secretsmanager.eu-north-1.", "endpoint-url-wrong"),
        (
            "{GroupId: !Ref EndpointGroup, IpProtocol: tcp, FromPort: 443, ToPort: 443",
            "{GroupId: !Ref EndpointGroup, IpProtocol: tcp, FromPort: 1, ToPort: 1",
            "endpoint-refuses-function",
        ),
    ] {
        assert!(generic.contains(from), "{from}");
        assert_eq!(found(&report("application-generic-broken", &generic.replacen(from, to, 1), &[])).0, [rule], "{from}");
    }
    // ElastiCache's own API is asked beside Secrets Manager's, and there is no way to it.
    let cache = report("application-cache", &other("SecretsManagerElasticacheUserRotation"), &[]);
    assert_eq!(found(&cache).0, ["template-service-out-of-reach"], "{cache:#}");
    let anybodys = report("application-unknown", &other("SecretsManagerRotationTemplates"), &[]);
    assert!(anybodys["rotations"][0]["needs"].to_string().contains("SecretsManagerRotationTemplates"), "{anybodys:#}");
}

/// A template with these conditions, which hang on parameters that nobody gives.
fn with_conditions(template: &str) -> String {
    let conditions = "Parameters:\n  Own: {Type: String}\n  Key: {Type: String}\nConditions:\n  IsOwn: !Equals [!Ref Own, 'yes']\n  HasKey: !Not [!Equals [!Ref Key, '']]\nResources:\n";
    template.replacen("Resources:\n", conditions, 1)
}

/// What the schedule of the hosted function says of it, moved to the right by so many spaces.
fn hosted_properties(spaces: usize) -> String {
    let (_, from) = HOSTED.split_once("      HostedRotationLambda:\n").unwrap();
    let (properties, _) = from.split_once("      RotationRules: {ScheduleExpression").unwrap();
    properties.lines().map(|line| [&" ".repeat(spaces), line.trim(), "\n"].concat()).collect()
}

#[test]
fn a_hosted_function_that_hangs_on_a_condition_is_followed_where_it_is_made() {
    let whole = format!("      HostedRotationLambda:\n{}", hosted_properties(8));
    assert!(HOSTED.contains(&whole));
    let either = |yes: &str, no: &str| {
        format!("      HostedRotationLambda:\n        Fn::If:\n          - IsOwn\n          - {yes}\n          - {no}\n")
    };
    let inner = hosted_properties(12);
    let (properties, nothing) = (inner.trim(), "!Ref AWS::NoValue");
    let own = "      RotationLambdaARN: !If [IsOwn, 'arn:aws:lambda:eu-west-1:111122223333:function:mine', !Ref AWS::NoValue]\n";
    let template = with_conditions(&HOSTED.replace(&whole, &format!("{own}{}", either(nothing, properties))));
    // Either way of the condition alone, as if nothing else were written.
    let hosted = report("hosted-if-no", &template, &["--parameter", "Own=no"]);
    let plain = report("hosted-if-plain", HOSTED, &[]);
    assert_eq!(found(&hosted), found(&plain), "{hosted:#}");
    assert_eq!(hosted["rotations"][0]["function"], plain["rotations"][0]["function"]);
    assert_eq!(left_open(&hosted), left_open(&plain));
    let named = report("hosted-if-yes", &template, &["--parameter", "Own=yes"]);
    assert_eq!(named["rotations"][0]["function"], "arn:aws:lambda:eu-west-1:111122223333:function:mine");
    // Both ways: what is found of the hosted function holds only where it is made.
    let open = report("hosted-if-open", &template, &[]);
    let finding = open["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "decrypt-outside-encryption-context").unwrap();
    assert_eq!(finding["only_if"], serde_json::json!(["parameter Own is not yes"]), "{open:#}");
    // Two hosted functions, of which the one for alternating users lacks its superuser.
    let multi = properties.replace("PostgreSQLSingleUser", "PostgreSQLMultiUser");
    let two = with_conditions(&HOSTED.replace(&whole, &either(&multi, properties)));
    let two = report("hosted-if-two", &two, &[]);
    let lacks = two["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "rotation-function-incomplete").unwrap();
    assert_eq!(lacks["only_if"], serde_json::json!(["parameter Own is yes"]), "{two:#}");
    // One inside the other.
    let nested = format!("!If [HasKey, !Ref AWS::NoValue, {}]", "{RotationType: PostgreSQLMultiUser}");
    let nested = report(
        "hosted-if-nested",
        &with_conditions(&HOSTED.replace(&whole, &either(&nested, properties))),
        &["--parameter", "Own=yes", "--parameter", "Key="],
    );
    assert!(found(&nested).0.contains(&"rotation-function-incomplete"), "{nested:#}");
    // Which of both counts is not documented.
    let both = report(
        "hosted-both",
        &HOSTED.replace(&whole, &format!("      RotationLambdaARN: arn:aws:lambda:eu-west-1:111122223333:function:mine\n{whole}")),
        &[],
    );
    assert!(both["rotations"][0]["needs"].to_string().contains("which of RotationLambdaARN and HostedRotationLambda counts"), "{both:#}");
}

#[test]
fn a_parameter_of_what_aws_makes_is_none_where_its_condition_says_so() {
    let key = "!If [HasKey, !GetAtt Key.Arn, !Ref AWS::NoValue]";
    for (name, template, rule) in
        [("hosted", HOSTED, "KmsKeyArn: !GetAtt Key.Arn"), ("application", APPLICATION, "kmsKeyArn: !GetAtt Key.Arn")]
    {
        assert!(template.contains(rule));
        let template = with_conditions(&template.replace(rule, &rule.replace("!GetAtt Key.Arn", key)));
        let with = report(&format!("{name}-key"), &template, &["--parameter", "Key=x", "--parameter", "Own=no"]);
        assert!(!found(&with).0.contains(&"role-cannot-use-key"), "{with:#}");
        let without = report(&format!("{name}-no-key"), &template, &["--parameter", "Key=", "--parameter", "Own=no"]);
        assert!(found(&without).0.contains(&"role-cannot-use-key") && found(&without).1 == "fails", "{without:#}");
        let open = report(&format!("{name}-any-key"), &template, &["--parameter", "Own=no"]);
        let finding = open["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "role-cannot-use-key").unwrap();
        assert_eq!(finding["only_if"], serde_json::json!(["parameter Key is "]), "{open:#}");
    }
    // All the parameters of an application, and in which network it stands.
    let (_, from) = APPLICATION.split_once("      Parameters:\n").unwrap();
    let (parameters, _) = from.split_once("  Schedule:\n").unwrap();
    let moved: String = parameters.lines().map(|line| ["    ", line, "\n"].concat()).collect();
    let either = format!(
        "        Fn::If:\n          - IsOwn\n          - {{functionName: rotate-bare, endpoint: 'https://secretsmanager.eu-west-1.amazonaws.com'}}\n          - {}",
        moved.trim_start()
    );
    let template = with_conditions(&APPLICATION.replace(parameters, &either));
    let same = report("application-if", &template, &["--parameter", "Own=no"]);
    assert_eq!(found(&same), (OF_APPLICATIONS.to_vec(), "rotates"), "{same:#}");
    let bare = report("application-if-bare", &template, &["--parameter", "Own=yes"]);
    assert_eq!(bare["rotations"][0]["function"], "arn:aws:lambda:eu-west-1:111122223333:function:rotate-bare");
    assert_eq!(found(&bare).1, "fails", "without a VPC it does not get to the database: {bare:#}");
}

#[test]
fn a_function_of_sam_is_what_its_properties_and_what_it_takes_of_globals_say() {
    let template = include_str!("templates/sam/generated-role.yaml");
    let own = "      Handler: index.handler\n";
    let with = |more: &str| template.replace(own, &format!("{own}{more}"));
    let old = template.replace("Runtime: python3.13", "Runtime: python3.7");
    let function = "    Type: AWS::Serverless::Function\n";
    let event = "      Events:\n        Orders:\n          Type: MQ\n          Properties:\n            Broker: arn:aws:mq:eu-west-1:111122223333:broker:orders:b-1\n            SourceAccessConfigurations:\n              - {Type: BASIC_AUTH, URI: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:*'}\n";
    let destination = "      EventInvokeConfig:\n        DestinationConfig:\n          OnSuccess: {Type: Lambda, Destination: 'arn:aws:lambda:eu-west-1:111122223333:function:*'}\n";
    for (name, template, rules) in [
        ("traced", with("      Tracing: Active\n"), &[][..]),
        (
            "dead-letter",
            with("      DeadLetterQueue: {Type: SQS, TargetArn: 'arn:aws:sqs:eu-west-1:111122223333:failed'}\n"),
            &["function-dead-letter-target"][..],
        ),
        ("event", with(event), &["role-reads-other-secrets"][..]),
        ("destination", with(destination), &["role-invokes-other-functions"][..]),
        ("old", old.clone(), &["function-runtime-deprecated"][..]),
        ("own", old.replace(function, &format!("{function}    IgnoreGlobals: [Runtime]\n")), &[][..]),
        ("nothing", old.replace(function, &format!("{function}    IgnoreGlobals: '*'\n")), &["function-timeout-short"][..]),
        (
            "image",
            old.replace("      InlineCode: 'def handler(event, context): pass'\n", "      PackageType: Image\n      ImageUri: rotate:1\n"),
            &[][..],
        ),
    ] {
        let report = report(name, &template, &[]);
        assert_eq!(found(&report), (rules.to_vec(), "rotates"), "{name}: {report:#}");
    }
}

#[test]
fn what_sam_makes_unasked_is_not_known_and_no_mistake() {
    let template = include_str!("templates/sam/generated-role.yaml");
    let own = "      Handler: index.handler\n";
    let naming =
        |name: &str| template.replace(own, &format!("{own}      Environment: {{Variables: {{API: !Sub 'https://${{{name}}}'}}}}\n"));
    for name in ["ServerlessRestApi", "ServerlessHttpApiApiGatewayDefaultStage", "RotateOrdersPermission", "Rotate.Arn"] {
        let report = report(name, &naming(name), &[]);
        assert_eq!(found(&report), (vec![], "rotates"), "{name}: {report:#}");
    }
    let output = template::scan("mistaken", &naming("Rotat"), &[]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean \"Rotate\"?"), "{output:?}");
}
