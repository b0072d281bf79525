//! Templates over the account that has their stack already: what has no name in the template is what the stack made of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use std::process::Output;

use rotaudit::arn::Arn;
use rotaudit::inventory::{Inventory, Known, clean, snapshot};
use serde_json::{Value, json};
use template::{found, over, scan, scratch};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:DbSecret-Ab1Cd2Ef3Gh4-AbCdEf";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:shop-Rotate-AbCdEfGhIjKl";
const ROLE: &str = "arn:aws:iam::111122223333:role/shop-RotateRole-1A2B3C4D5E6F";
const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/11111111-2222-3333-4444-555555555555";

/// The template of a stack in which nothing has a name but the key's alias.
const TEMPLATE: &str = "Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}]}
  DbSecret:
    Type: AWS::SecretsManager::Secret
    Properties: {KmsKeyId: KEY, GenerateSecretString: {PasswordLength: 40}}
  RotateRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: rotate
      Roles: [!Ref RotateRole]
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Resource: !Ref DbSecret, Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage']}
          - {Effect: Allow, Resource: '*', Action: 'secretsmanager:GetRandomPassword'}
          - {Effect: Allow, Resource: KEY, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Condition: {StringEquals: {'kms:EncryptionContext:SecretARN': !Ref DbSecret}}}
  Rotate:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.13, Handler: index.handler, Timeout: 30, Role: !GetAtt RotateRole.Arn, Code: {ZipFile: 'def handler(event, context): pass'}}
  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !GetAtt Rotate.Arn, Action: 'lambda:InvokeFunction', Principal: secretsmanager.amazonaws.com, SourceAccount: !Ref 'AWS::AccountId'}
  Schedule:
    Type: AWS::SecretsManager::RotationSchedule
    DependsOn: [Permission, Policy]
    Properties: {SecretId: !Ref DbSecret, RotationLambdaARN: !GetAtt Rotate.Arn, RotationRules: {AutomaticallyAfterDays: 30}}
";

/// The template with an existing key, or with its own.
fn under(key: &str) -> String {
    TEMPLATE.replace("KEY", key)
}

/// The account that this stack is in, named `stack`: names as CloudFormation makes them up, and its tags where it tags.
fn deployed(stack: &str) -> Inventory {
    let text = snapshot::to_text(&clean::account().unwrap()).unwrap();
    let names = [
        ("secret:prod/db-AbCdEf", "secret:DbSecret-Ab1Cd2Ef3Gh4-AbCdEf"),
        ("\"prod/db\"", "\"DbSecret-Ab1Cd2Ef3Gh4\""),
        ("function:rotate-db", "function:STACK-Rotate-AbCdEfGhIjKl"),
        ("role/rotate-db", "role/STACK-RotateRole-1A2B3C4D5E6F"),
    ];
    let text = names.iter().fold(text, |text, (name, made_up)| text.replace(name, &made_up.replace("STACK", stack)));
    let mut account = snapshot::from_text(text.as_bytes()).unwrap();
    let tag = |logical: &str| {
        let id = STACK.replace("/shop/", &format!("/{stack}/"));
        let tags = [("stack-name", stack), ("stack-id", &id), ("logical-id", logical)];
        tags.map(|(name, value)| (format!("aws:cloudformation:{name}"), value.to_owned()))
    };
    account.secrets.get_mut(&Arn::parse(SECRET).unwrap()).unwrap().tags.extend(tag("DbSecret"));
    for function in account.functions.values_mut() {
        function.tags = Known::Value(tag("Rotate").into());
    }
    account
}

/// What the stack holds, as the command line of AWS shows it.
fn shown(resources: &[(&str, &str, &str)]) -> Value {
    let summary = |(logical, kind, id): &(&str, &str, &str)| json!({"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": id, "ResourceStatus": "CREATE_COMPLETE"});
    json!({"StackResourceSummaries": resources.iter().map(summary).collect::<Vec<_>>()})
}

struct Scanned {
    report: Value,
    notes: String,
}

impl Scanned {
    /// The secrets, functions and verdicts of all rotations by a function.
    fn rotations(&self) -> Vec<(&str, &str, &str)> {
        let all = self.report["rotations"].as_array().unwrap().iter();
        let by_function = all.filter(|it| it["function"].is_string());
        by_function.map(|it| (it["secret"].as_str().unwrap(), it["function"].as_str().unwrap(), it["verdict"].as_str().unwrap())).collect()
    }
}

fn scanned(name: &str, account: &Inventory, template: &str, more: &[&str]) -> Scanned {
    let file = scratch(&format!("{name}.json"));
    std::fs::write(&file, snapshot::to_text(account).unwrap()).unwrap();
    let Output { stdout, stderr, .. } = scan(name, template, &[&["--format", "json", "--over", file.to_str().unwrap()], more].concat());
    std::fs::remove_file(&file).unwrap();
    let notes = String::from_utf8(stderr).unwrap();
    Scanned { report: serde_json::from_slice(&stdout).unwrap_or_else(|_| panic!("{notes}")), notes }
}

const SHOP: [&str; 2] = ["--stack-name", "shop"];

#[test]
fn what_has_no_name_in_the_template_is_what_its_stack_made_of_it() {
    let account = deployed("shop");
    let same = scanned("same", &account, &under(clean::KEY), &SHOP);
    assert_eq!(same.rotations(), [(SECRET, FUNCTION, "rotates")], "{:#}", same.report);
    assert_eq!(found(&same.report).0, Vec::<&str>::new(), "{:#}", same.report["findings"]);
    assert!(!same.notes.contains("beside what exists: Rotate"), "{}", same.notes);
    // A secret whose policy lets in nobody but the function's role, by its real name.
    let mut guarded = account.clone();
    let only = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": ROLE}},
    }]});
    let policy = rotaudit::inventory::NamedDocument::new("default", rotaudit::policy::Document::new(only.to_string()));
    guarded.secrets.get_mut(&Arn::parse(SECRET).unwrap()).unwrap().policies = Known::Value(vec![policy]);
    let let_in = scanned("guarded", &guarded, &under(clean::KEY), &SHOP);
    assert_eq!(let_in.rotations(), [(SECRET, FUNCTION, "rotates")], "{:#}", let_in.report);
}

#[test]
fn a_change_of_the_template_is_a_change_of_what_exists() {
    let account = deployed("shop");
    let without = under(clean::KEY).replace("'secretsmanager:PutSecretValue', ", "");
    let worse = scanned("worse", &account, &without, &SHOP);
    assert_eq!(worse.rotations(), [(SECRET, FUNCTION, "fails")], "{:#}", worse.report);
    assert_eq!(found(&worse.report).0, ["role-cannot-rotate-secret"], "{:#}", worse.report["findings"]);
    assert_eq!(worse.report["change"]["verdicts"][0]["secret"], SECRET, "{:#}", worse.report["change"]);
    let unchanged = scanned("unchanged", &account, &under(clean::KEY), &SHOP);
    assert_eq!(unchanged.report["change"]["verdicts"], json!([]), "{:#}", unchanged.report["change"]);
    assert_eq!(unchanged.report["change"]["fixed"], json!([]), "{:#}", unchanged.report["change"]);
}

#[test]
fn without_a_stack_or_with_another_all_of_it_is_new_and_that_is_said() {
    let account = deployed("shop");
    let expected = |scanned: &Scanned| {
        let rotations = scanned.rotations();
        assert_eq!(rotations.len(), 2, "{rotations:?}");
        assert!(rotations.iter().any(|(secret, ..)| secret.contains("⟦DbSecret⟧")), "{rotations:?}");
    };
    assert_eq!(over("over", &account, &under(clean::KEY))["rotations"].as_array().unwrap().len(), 3);
    let none = scanned("none", &account, &under(clean::KEY), &[]);
    expected(&none);
    assert!(none.notes.contains("stack shop of the account has 2 resources") && none.notes.contains("--stack-name shop"), "{}", none.notes);
    let other = scanned("other", &account, &under(clean::KEY), &["--stack-name", "market"]);
    expected(&other);
    assert!(other.notes.contains("nothing that the account has is known to be of stack market"), "{}", other.notes);
}

#[test]
fn what_may_be_another_resource_of_the_same_logical_id_is_new() {
    type Change = (&'static str, fn(&mut Inventory));
    let changes: [Change; 4] = [
        ("deleted", |account| account.secrets.get_mut(&Arn::parse(SECRET).unwrap()).unwrap().deleted_at = Some(account.as_of)),
        // What an earlier stack of the name left behind.
        ("another-stack-of-the-name", |account| {
            let tags = &mut account.secrets.get_mut(&Arn::parse(SECRET).unwrap()).unwrap().tags;
            tags.insert("aws:cloudformation:stack-id".to_owned(), STACK.replace("1111", "9999"));
        }),
        // A secret whose name the template wrote, until now.
        ("named-before", |account| {
            let text = snapshot::to_text(account).unwrap().replace("DbSecret-Ab1Cd2Ef3Gh4", "prod/db");
            *account = snapshot::from_text(text.as_bytes()).unwrap();
        }),
        ("two", |account| {
            let arn = Arn::parse(&SECRET.replace("Gh4-AbCdEf", "Gh5-AbCdEf")).unwrap();
            let mut second = account.secrets[&Arn::parse(SECRET).unwrap()].clone();
            (second.arn, second.name) = (arn.clone(), "DbSecret-Ab1Cd2Ef3Gh5".to_owned());
            account.secrets.insert(arn, second);
        }),
    ];
    for (name, change) in changes {
        let mut account = deployed("shop");
        change(&mut account);
        let scanned = scanned(name, &account, &under(clean::KEY), &SHOP);
        assert!(scanned.rotations().iter().any(|(secret, ..)| secret.contains("⟦DbSecret⟧")), "{name}: {:?}", scanned.rotations());
    }
    // A role with another path is another role.
    let moved = under(clean::KEY).replace("      AssumeRole", "      Path: /rotation/\n      AssumeRole");
    let scanned = scanned("moved", &deployed("shop"), &moved, &SHOP);
    assert_eq!(scanned.rotations(), [(SECRET, FUNCTION, "rotates")], "{:#}", scanned.report);
    assert!(scanned.report.to_string().contains("role/rotation/⟦RotateRole⟧"), "{:#}", scanned.report);
}

#[test]
fn what_no_tag_tells_the_list_of_the_stacks_resources_does() {
    let account = deployed("shop");
    let own_key = under("!GetAtt Key.Arn");
    let beside = scanned("beside", &account, &own_key, &SHOP);
    assert!(beside.notes.contains("of stack shop these stand beside what exists") && beside.notes.contains(": Key;"), "{}", beside.notes);
    assert!(beside.report["rotations"].to_string().contains("key/⟦Key⟧"), "{:#}", beside.report["rotations"]);
    let list = scratch("list.json");
    let key = clean::KEY.rsplit('/').next().unwrap();
    let all = [
        ("Key", "AWS::KMS::Key", key),
        ("DbSecret", "AWS::SecretsManager::Secret", SECRET),
        ("Rotate", "AWS::Lambda::Function", "shop-Rotate-AbCdEfGhIjKl"),
        ("RotateRole", "AWS::IAM::Role", "shop-RotateRole-1A2B3C4D5E6F"),
    ];
    for (count, given) in
        [(4, list.to_str().unwrap().to_owned()), (4, format!("shop={}", list.display())), (3, list.to_str().unwrap().to_owned())]
    {
        std::fs::write(&list, shown(&all[..count]).to_string()).unwrap();
        let told = scanned("told", &account, &own_key, &[&SHOP[..], &["--stack-resources", &given]].concat());
        let rotations = told.report["rotations"].to_string();
        assert!(rotations.contains(clean::KEY) && !rotations.contains("⟦Key⟧") && rotations.contains(SECRET), "{given}: {rotations}");
        // What the stack does not have yet is new, and nothing is left to say.
        assert!(!told.notes.contains("stand beside"), "{}", told.notes);
        assert_eq!(told.report.to_string().contains("role/⟦RotateRole⟧"), count == 3, "{:#}", told.report);
    }
    // Without a name nobody knows whose resources these are.
    let unnamed = scan("unnamed", &own_key, &["--over", "none.json", "--stack-resources", list.to_str().unwrap()]);
    assert_eq!(unnamed.status.code(), Some(2), "{unnamed:?}");
    std::fs::remove_file(&list).unwrap();
}

#[test]
fn a_samconfig_names_the_stack() {
    let config = scratch("samconfig.toml");
    std::fs::write(&config, "version = 0.1\n[default.deploy.parameters]\nstack_name = \"shop\"\n").unwrap();
    let same = scanned("samconfig", &deployed("shop"), &under(clean::KEY), &["--parameters", config.to_str().unwrap()]);
    assert_eq!(same.rotations(), [(SECRET, FUNCTION, "rotates")], "{:#}", same.report);
    std::fs::remove_file(&config).unwrap();
}

#[test]
fn a_nested_stack_is_found_by_its_name_and_by_what_nests_it() {
    let nested = scratch("nested.yaml");
    std::fs::write(&nested, under(clean::KEY)).unwrap();
    let outer = format!(
        "Resources:\n  Rotations: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {}}}}}\n",
        nested.file_name().unwrap().to_str().unwrap()
    );
    let name = "shop-Rotations-1X2Y3Z4A5B6C";
    let account = deployed(name);
    let function = FUNCTION.replace("shop", name);
    let expected = [(SECRET, function.as_str(), "rotates")];
    let by_name = scanned("nested", &account, &outer, &SHOP);
    assert_eq!(by_name.rotations(), expected, "{:#}", by_name.report);
    // Two stacks may be it: then what nests it tells.
    let mut twice = account.clone();
    let arn = Arn::parse(&SECRET.replace("DbSecret", "Other")).unwrap();
    let mut other = twice.secrets[&Arn::parse(SECRET).unwrap()].clone();
    (other.arn, other.name, other.rotation) =
        (arn.clone(), "Other-Ab1Cd2Ef3Gh4".to_owned(), rotaudit::inventory::RotationConfiguration::default());
    other.tags.insert("aws:cloudformation:stack-name".to_owned(), "shop-Rotations-9X8Y7Z6A5B4C".to_owned());
    twice.secrets.insert(arn, other);
    let either = scanned("nested-twice", &twice, &outer, &SHOP);
    assert_eq!(either.rotations().len(), 2, "{:?}", either.rotations());
    let list = scratch("nested-list.json");
    std::fs::write(
        &list,
        shown(&[("Rotations", "AWS::CloudFormation::Stack", &STACK.replace("/shop/", &format!("/{name}/")))]).to_string(),
    )
    .unwrap();
    let told = scanned("nested-told", &twice, &outer, &[&SHOP[..], &["--stack-resources", list.to_str().unwrap()]].concat());
    assert_eq!(told.rotations(), expected, "{:#}", told.report);
    std::fs::remove_file(&list).unwrap();
    std::fs::remove_file(&nested).unwrap();
}

#[test]
fn stacks_of_the_cdk_have_their_names_from_the_manifest() {
    let folder = scratch("cdk.out");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = json!({"version": "36.0.0", "artifacts": {"Shop": {
        "type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "Shop.template.json", "stackName": "shop"},
    }}});
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.join("Shop.template.json"), under(clean::KEY)).unwrap();
    let file = scratch("cdk.json");
    std::fs::write(&file, snapshot::to_text(&deployed("shop")).unwrap()).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(["diff", "--account", "111122223333", "--region", "eu-west-1", "--template"])
        .arg(&folder)
        .arg("--over")
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("Rotate") && !text.contains("DbSecret"), "{text}");
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}
