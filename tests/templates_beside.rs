//! Templates over what exists, where somebody did something by hand that an update of the stack leaves alone: what hangs on it is undecided, unless the earlier version of
//! the template tells that it is none of the stack's own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use rotaudit::arn::Arn;
use rotaudit::inventory::{Function, FunctionUrl, Identities, Inventory, Known, clean, snapshot};
use rotaudit::policy::Document;
use serde_json::{Value, json};
use template::{found, over, report, scratch};

/// A template of the clean account's rotation.
const TEMPLATE: &str = "Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: prod/db, KmsKeyId: KEY, GenerateSecretString: {PasswordLength: 40}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: rotate-db
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']
      Policies:
        - PolicyName: rotate
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Resource: !Ref Secret
                Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage']
                Condition: CONDITION
              - {Effect: Allow, Resource: '*', Action: 'secretsmanager:GetRandomPassword'}
              - {Effect: Allow, Resource: KEY, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: {StringEquals: {'kms:EncryptionContext:SecretARN': !Ref Secret}}}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: rotate-db
      Runtime: python3.13
      Handler: index.handler
      Timeout: 30
      Role: !GetAtt Role.Arn
      Code: {ZipFile: 'def handler(event, context): pass'}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !GetAtt Function.Arn, Action: 'lambda:InvokeFunction', Principal: secretsmanager.amazonaws.com, SourceAccount: !Ref 'AWS::AccountId'}
  Schedule:
    Type: AWS::SecretsManager::RotationSchedule
    DependsOn: Permission
    Properties: {SecretId: !Ref Secret, RotationLambdaARN: !GetAtt Function.Arn, RotationRules: {AutomaticallyAfterDays: 30}}
";

fn template() -> String {
    under("{}")
}

/// The same where the role may use the secret under a condition.
fn under(condition: &str) -> String {
    TEMPLATE.replace("CONDITION", condition).replace("KEY", clean::KEY)
}

/// The clean account after somebody did this to it.
fn by_hand(change: impl FnOnce(&mut Inventory)) -> Inventory {
    let mut account = clean::account().unwrap();
    change(&mut account);
    account
}

fn function(account: &mut Inventory) -> &mut Function {
    account.functions.get_mut(&Arn::parse(clean::FUNCTION).unwrap()).unwrap()
}

fn identities(account: &mut Inventory) -> &mut Identities {
    match &mut account.accounts.get_mut("111122223333").unwrap().identities {
        Known::Value(identities) => identities,
        Known::Unreadable(gap) => panic!("{gap}"),
    }
}

/// The report of a template over an account in which an earlier version of it is deployed.
fn after(name: &str, account: &Inventory, now: &str, earlier: &str) -> Value {
    let (existing, before) = (scratch(&format!("{name}-account.json")), scratch(&format!("{name}-earlier.yaml")));
    std::fs::write(&existing, snapshot::to_text(account).unwrap()).unwrap();
    std::fs::write(&before, earlier).unwrap();
    let report = report(name, now, &["--over", existing.to_str().unwrap(), "--earlier", before.to_str().unwrap()]);
    std::fs::remove_file(&existing).unwrap();
    std::fs::remove_file(&before).unwrap();
    report
}

/// The verdict of the rotation, and all that is undecided.
fn outcome(report: &Value) -> (&str, String) {
    let rotation = report["rotations"].as_array().unwrap().iter().find(|it| it["secret"] == clean::SECRET).unwrap();
    (rotation["verdict"].as_str().unwrap(), format!("{}{}{}", rotation["because"], rotation["needs"], report["undecided"]))
}

#[test]
fn the_clean_account_is_as_its_template_says() {
    let same = over("same", &clean::account().unwrap(), &template());
    assert_eq!((found(&same).0, outcome(&same).0, &same["undecided"]), (vec![], "rotates", &json!([])), "{same:#}");
}

#[test]
fn a_url_by_hand_leaves_open_who_gets_in() {
    let account = by_hand(|account| {
        let function = function(account);
        function.urls = Known::Value(vec![FunctionUrl { qualifier: None, auth_type: "NONE".to_owned() }]);
        let statements = json!([
            {"Sid": "Rotate", "Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION,
             "Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}}},
            {"Sid": "Url", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Resource": clean::FUNCTION, "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}},
            {"Sid": "Invoke", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": clean::FUNCTION, "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
        ]);
        let policy = Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
        function.policies.insert(String::new(), Known::Value(Some(policy)));
    });
    assert!(found(&report_of(&account)).0.contains(&"function-url-open"));
    let open = over("url", &account, &template());
    let (verdict, told) = outcome(&open);
    assert_eq!((found(&open).0, verdict), (vec![], "rotates"), "{open:#}");
    assert!(told.contains("function rotate-db has a URL without authentication now, and the template does not write it"), "{told}");
    let stays = after("url", &account, &template(), &template());
    assert!(found(&stays).0.contains(&"function-url-open"), "{stays:#}");
    let own = format!(
        "{}  Url: {{Type: AWS::Lambda::Url, Properties: {{TargetFunctionArn: !GetAtt Function.Arn, AuthType: NONE}}}}\n",
        template()
    );
    let goes = after("url-goes", &account, &template(), &own);
    assert!(!found(&goes).0.contains(&"function-url-open") && !outcome(&goes).1.contains("URL"), "{goes:#}");
}

/// The report of an account as it is.
fn report_of(account: &Inventory) -> Value {
    over("as-it-is", account, "Resources:\n  Other: {Type: AWS::SecretsManager::Secret, Properties: {Name: other}}\n")
}

#[test]
fn a_function_that_is_switched_off_by_hand_may_stay_so() {
    let account = by_hand(|account| function(account).reserved_concurrency = Known::Value(Some(0)));
    let open = over("off", &account, &template());
    let (verdict, told) = outcome(&open);
    assert_eq!(verdict, "undecided", "{open:#}");
    assert!(told.contains("function rotate-db has a reserved concurrency of 0 now, and the template does not write it"), "{told}");
    assert_eq!(outcome(&after("off", &account, &template(), &template())).0, "fails");
    let own = template().replace("      Timeout: 30\n", "      Timeout: 30\n      ReservedConcurrentExecutions: 0\n");
    assert_eq!(outcome(&after("off-goes", &account, &template(), &own)).0, "rotates");
    let some = by_hand(|account| function(account).reserved_concurrency = Known::Value(Some(2)));
    assert_eq!(outcome(&over("some", &some, &template())).0, "rotates");
}

#[test]
fn a_tag_by_hand_may_be_what_a_condition_hangs_on() {
    let tag = || ("team".to_owned(), "db".to_owned());
    let of_role = by_hand(|account| {
        identities(account).roles.values_mut().for_each(|role| role.tags.extend([tag()]));
    });
    let of_secret = by_hand(|account| account.secrets.values_mut().for_each(|secret| secret.tags.extend([tag()])));
    let tagged = "Tags: [{Key: team, Value: db}]";
    for (account, condition, own, what) in [
        (
            of_role,
            "aws:PrincipalTag/team",
            ("      RoleName: rotate-db\n", format!("      RoleName: rotate-db\n      {tagged}\n")),
            "role rotate-db",
        ),
        (of_secret, "secretsmanager:ResourceTag/team", ("{Name: prod/db,", format!("{{Name: prod/db, {tagged},")), "secret prod/db"),
    ] {
        let template = under(&format!("{{StringEquals: {{'{condition}': db}}}}"));
        let open = over("tag", &account, &template);
        let (verdict, told) = outcome(&open);
        assert_eq!(verdict, "undecided", "{what}: {open:#}");
        assert!(told.contains(&format!("{what} has the tag team now, and the template does not write it")), "{told}");
        assert_eq!(outcome(&after("tag", &account, &template, &template)).0, "rotates", "{what}");
        let own = template.replace(own.0, &own.1);
        assert_eq!(outcome(&after("tag-goes", &account, &template, &own)).0, "fails", "{what}");
        assert_eq!(outcome(&over("tag-own", &account, &own)).0, "rotates", "{what}");
        // A tag whose value nobody knows may be this one or not.
        let unknown = format!("Parameters: {{Team: {{Type: String}}}}\n{}", own.replace("Value: db", "Value: !Ref Team"));
        let open = over("tag-unknown", &account, &unknown);
        let (verdict, told) = outcome(&open);
        assert!(verdict == "undecided" && told.contains("parameter Team"), "{what}: {verdict} {told}");
    }
}

#[test]
fn what_the_template_changes_to_something_unknown_is_not_as_it_was() {
    let account = clean::account().unwrap();
    let parameters = "Parameters: {KeyId: {Type: String}, Policy: {Type: String}}\n";
    let rekeyed = format!("{parameters}{}", template().replacen(&format!("KmsKeyId: {}", clean::KEY), "KmsKeyId: !Ref KeyId", 1));
    let report = over("rekeyed", &account, &rekeyed);
    let (verdict, told) = outcome(&report);
    assert!(verdict == "undecided" && told.contains("parameter KeyId"), "{verdict} {told}");
    let policy =
        "  Guard:\n    Type: AWS::SecretsManager::ResourcePolicy\n    Properties: {SecretId: SECRET, ResourcePolicy: !Ref Policy}\n";
    for secret in ["!Ref Secret", "prod/db"] {
        let guarded = format!("{parameters}{}{}", template(), policy.replace("SECRET", secret));
        let report = over("guarded", &account, &guarded);
        let (verdict, told) = outcome(&report);
        assert!(verdict == "undecided" && told.contains("parameter Policy"), "{secret}: {verdict} {told}");
    }
}

#[test]
fn a_master_secret_that_the_template_names_counts_for_a_secret_that_exists() {
    let named = template().replace(
        "GenerateSecretString: {PasswordLength: 40}",
        &format!(
            "GenerateSecretString: {{GenerateStringKey: password, SecretStringTemplate: '{{\"masterarn\": \"{}\"}}'}}",
            clean::OTHER_SECRET
        ),
    );
    let report = over("master", &clean::account().unwrap(), &named);
    assert_eq!(outcome(&report).0, "fails", "its role may not read the master secret: {report:#}");
}
