//! Templates over an account: what a template names and only the account can resolve.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use rotaudit::arn::Arn;
use rotaudit::inventory::{Inventory, Known, clean};
use template::{found, over, report, scratch};

/// The account, with another secret that names its key by an alias.
fn with_an_alias() -> Inventory {
    let mut account = clean::account().unwrap();
    let secret = account.secrets[&Arn::parse(clean::SECRET).unwrap()].clone();
    let arn = Arn::parse(&clean::SECRET.replace("prod/db", "prod/mail")).unwrap();
    let other = rotaudit::inventory::Secret {
        arn: arn.clone(),
        name: "prod/mail".to_owned(),
        kms_key_id: Some("alias/app".to_owned()),
        rotation: rotaudit::inventory::RotationConfiguration::default(),
        ..secret
    };
    account.secrets.insert(arn, other);
    account
}

const SECRET_UNDER: &str = "Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: prod/db, KmsKeyId: KEY, GenerateSecretString: {PasswordLength: 40}}
";

#[test]
fn an_alias_of_the_account_is_the_key_that_other_secrets_name_by_it() {
    let account = with_an_alias();
    for alias in ["alias/app", "!Sub 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/app'"] {
        let same = over("alias-known", &account, &SECRET_UNDER.replace("KEY", alias));
        let rotation = same["rotations"].as_array().unwrap().iter().find(|it| it["secret"] == clean::SECRET).unwrap();
        assert_eq!((&rotation["verdict"], &rotation["key"]), (&"rotates".into(), &clean::KEY.into()), "{alias}: {same:#}");
    }
    let nobodys = over("alias-unknown", &account, &SECRET_UNDER.replace("KEY", "alias/nobodys"));
    assert!(nobodys["rotations"].to_string().contains("alias/nobodys"), "{nobodys:#}");
    let rotation = nobodys["rotations"].as_array().unwrap().iter().find(|it| it["secret"] == clean::SECRET).unwrap();
    assert_eq!(rotation["verdict"], "undecided", "{nobodys:#}");
    // An alias of another account or region is another one.
    let elsewhere = over("alias-elsewhere", &account, &SECRET_UNDER.replace("KEY", "arn:aws:kms:eu-west-1:444455556666:alias/app"));
    let rotation = elsewhere["rotations"].as_array().unwrap().iter().find(|it| it["secret"] == clean::SECRET).unwrap();
    assert_ne!(rotation["verdict"], "rotates", "{elsewhere:#}");
}

/// A schedule for a secret and a function that exist, as the template names them.
fn schedule(secret: &str, function: &str) -> String {
    format!(
        "Parameters:\n  Secret: {{Type: String, Default: ''}}\nResources:\n  Schedule:\n    Type: AWS::SecretsManager::RotationSchedule\n    \
         Properties: {{SecretId: {secret}, RotationLambdaARN: {function}, RotationRules: {{AutomaticallyAfterDays: 10}}}}\n"
    )
}

#[test]
fn a_secret_and_a_function_are_found_however_the_template_names_them() {
    let account = clean::account().unwrap();
    let function = "!Sub 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:rotate-db'";
    for secret in ["prod/db", "!Sub 'arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:prod/db'", clean::SECRET] {
        let found_one = over("named", &account, &schedule(secret, function));
        assert_eq!(found(&found_one), (vec![], "rotates"), "{secret}: {found_one:#}");
        assert_eq!(found_one["rotations"][0]["secret"], clean::SECRET, "{secret}");
    }
    // Without a function of its own the schedule keeps the one that the secret has.
    let kept = over("kept", &account, &schedule("prod/db", "!Ref AWS::NoValue"));
    assert_eq!((found(&kept), &kept["rotations"][0]["function"]), ((vec![], "rotates"), &clean::FUNCTION.into()), "{kept:#}");
    let nobodys = over("nobodys", &account, &schedule("prod/other", function));
    assert_eq!(nobodys["rotations"][0]["verdict"], "undecided", "{nobodys:#}");
}

/// A function in the existing network, with a role that exists and one that the template makes.
const FUNCTION: &str = "Parameters:
  Role: {Type: String}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
Resources:
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: rotate-anew
      Role: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${Role}'
      Runtime: python3.13
      Handler: index.handler
      Timeout: 30
      Code: {ZipFile: 'def handler(event, context): pass'}
      VpcConfig: {SubnetIds: !Ref Subnets, SecurityGroupIds: [!ImportValue function-group]}
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: anew
      Roles: [!Ref Role]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: EFFECT
            Action: 'secretsmanager:*'
            Resource: !Sub 'arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:prod/db-??????'
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref Function, Action: 'lambda:InvokeFunction', Principal: secretsmanager.amazonaws.com, SourceAccount: !Ref 'AWS::AccountId'}
  Schedule:
    Type: AWS::SecretsManager::RotationSchedule
    DependsOn: [Permission, Policy]
    Properties: {SecretId: prod/db, RotationLambdaARN: !GetAtt Function.Arn, RotationRules: {AutomaticallyAfterDays: 10}}
";

#[test]
fn roles_subnets_and_groups_that_parameters_and_exports_name_are_those_of_the_account() {
    let account = clean::account_in_vpc().unwrap();
    let (snapshot, exports) = (scratch("names.json"), scratch("exports.json"));
    std::fs::write(&snapshot, rotaudit::inventory::snapshot::to_text(&account).unwrap()).unwrap();
    let scanned = |name: &str, effect: &str, group: &str| {
        std::fs::write(&exports, serde_json::json!({"Exports": [{"Name": "function-group", "Value": group}]}).to_string()).unwrap();
        let subnets = format!("Subnets={}", clean::SUBNETS.join(","));
        let files = ["--over", snapshot.to_str().unwrap(), "--exports", exports.to_str().unwrap()];
        let told = ["--parameter", "Role=rotate-db", "--parameter", &subnets];
        report(name, &FUNCTION.replace("EFFECT", effect), &[files, told].concat())
    };
    let right = scanned("names", "Allow", clean::FUNCTION_GROUP);
    assert_eq!(found(&right).1, "rotates", "{right:#}");
    let denied = scanned("names-denied", "Deny", clean::FUNCTION_GROUP);
    assert!(found(&denied).0.contains(&"role-cannot-rotate-secret") && found(&denied).1 == "fails", "{denied:#}");
    let wrong_group = scanned("names-group", "Allow", clean::DATABASE_GROUP);
    assert_eq!(found(&wrong_group).1, "fails", "{wrong_group:#}");
    std::fs::remove_file(&snapshot).unwrap();
    std::fs::remove_file(&exports).unwrap();
}

#[test]
fn a_database_that_the_template_attaches_is_the_accounts_of_that_identifier() {
    let mut account = clean::account_in_vpc().unwrap();
    let Known::Value(groups) = &mut account.networks.get_mut(clean::PLACE).unwrap().security_groups else { panic!("they are known") };
    groups.get_mut(clean::DATABASE_GROUP).unwrap().ingress.clear();
    let place = account.networks.get_mut(clean::PLACE).unwrap();
    place.attached_databases.clear();
    let attach = |target: &str| {
        format!(
            "Resources:\n  Attachment:\n    Type: AWS::SecretsManager::SecretTargetAttachment\n    Properties: {{SecretId: {}, TargetId: {target}, TargetType: 'AWS::RDS::DBInstance'}}\n",
            clean::SECRET
        )
    };
    let prod = over("attached", &account, &attach("prod"));
    assert!(found(&prod).0.contains(&"target-out-of-reach"), "{prod:#}");
    let nobodys = over("attached-nobodys", &account, &attach("nobodys"));
    assert!(!found(&nobodys).0.contains(&"target-out-of-reach"), "{nobodys:#}");
    assert!(nobodys.to_string().contains("the template does not make nobodys"), "{nobodys:#}");
}
