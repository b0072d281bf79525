//! How the reading of templates and plans grows with what they make: measured against itself in one run, by ten times the rotations.

#![expect(clippy::print_stdout, reason = "CONTRIBUTING.md tells this figure, and how it is printed")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// Ten times the rotations take ten times as long, give or take; going through all for each of them takes a hundred times.
const MOST: u32 = 30;

const FEW: usize = 50;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The shortest of two runs, which are disturbed least.
fn time(arguments: &[&str]) -> Duration {
    let run = || {
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).arg("snapshot").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        start.elapsed()
    };
    run().min(run())
}

fn functions(snapshot: &Json) -> usize {
    snapshot["inventory"]["functions"].as_object().unwrap().len()
}

fn assert_linear(what: &str, of: impl Fn(usize) -> Duration) {
    let (few, many) = (of(FEW), of(FEW * 10));
    println!("{what}: ten times the rotations take {:.1} times as long", many.as_secs_f64() / few.as_secs_f64());
    assert!(many < few * MOST, "{what}: {few:?} for {FEW} rotations, and {many:?} for ten times as many");
}

/// Rotations with a function each, of secrets under one key, with a database, in one network.
fn template(rotations: usize) -> String {
    let mut text = "Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}]}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: all, VpcId: !Ref Vpc}}
  In: {Type: AWS::EC2::SecurityGroupIngress, Properties: {GroupId: !Ref Group, SourceSecurityGroupId: !Ref Group, IpProtocol: tcp, FromPort: 5432, ToPort: 5432}}
  Subnets: {Type: AWS::RDS::DBSubnetGroup, Properties: {DBSubnetGroupDescription: all, SubnetIds: [!Ref Subnet]}}
  Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, DBSubnetGroupName: !Ref Subnets, VPCSecurityGroups: [!Ref Group]}}
"
    .to_owned();
    for index in 0..rotations {
        write!(
            text,
            "
  User{index}: {{Type: AWS::IAM::User, Properties: {{UserName: 'u{index}'}}}}
  Group{index}: {{Type: AWS::IAM::Group, Properties: {{GroupName: 'g{index}'}}}}
  Secret{index}: {{Type: AWS::SecretsManager::Secret, Properties: {{Name: 's{index}', KmsKeyId: !GetAtt Key.Arn, SecretString: x}}}}
  Role{index}:
    Type: AWS::IAM::Role
    Properties:
      RoleName: 'r{index}'
      AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: 'sts:AssumeRole'}}]}}
  Policy{index}:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: rotate
      Roles: [!Ref Role{index}]
      PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: 'secretsmanager:*', Resource: !Ref Secret{index}}}]}}
  Function{index}:
    Type: AWS::Lambda::Function
    Properties:
      {{FunctionName: 'f{index}', Runtime: python3.13, Handler: a.b, Timeout: 30, Role: !GetAtt Role{index}.Arn, VpcConfig: {{SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}, Code: {{ZipFile: x}}}}
  Permission{index}:
    Type: AWS::Lambda::Permission
    Properties: {{FunctionName: !GetAtt Function{index}.Arn, Action: 'lambda:InvokeFunction', Principal: secretsmanager.amazonaws.com}}
  Attachment{index}: {{Type: AWS::SecretsManager::SecretTargetAttachment, Properties: {{SecretId: !Ref Secret{index}, TargetType: AWS::RDS::DBInstance, TargetId: !Ref Db}}}}
  Rotation{index}:
    Type: AWS::SecretsManager::RotationSchedule
    DependsOn: [Permission{index}, Attachment{index}]
    Properties: {{SecretId: !Ref Secret{index}, RotationLambdaARN: !GetAtt Function{index}.Arn, RotationRules: {{AutomaticallyAfterDays: 30}}}}
"
        )
        .unwrap();
    }
    text
}

/// What another stack adds to so many of these.
fn additions(rotations: usize) -> String {
    let mut text = "Resources:\n".to_owned();
    for index in 0..rotations {
        write!(
            text,
            "
  Policy{index}:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: ['r{index}']
      PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: 'kms:Decrypt', Resource: '*'}}]}}
  In{index}: {{Type: AWS::IAM::UserToGroupAddition, Properties: {{GroupName: 'g{index}', Users: ['u{index}']}}}}
  UserPolicy{index}:
    Type: AWS::IAM::UserPolicy
    Properties:
      PolicyName: more
      UserName: 'u{index}'
      PolicyDocument: {{Version: '2012-10-17', Statement: [{{Effect: Allow, Action: 'kms:Decrypt', Resource: '*'}}]}}
  Permission{index}:
    Type: AWS::Lambda::Permission
    Properties: {{FunctionName: 'f{index}', Action: 'lambda:InvokeFunction', Principal: '444455556666'}}
  Rotation{index}:
    Type: AWS::SecretsManager::RotationSchedule
    Properties: {{SecretId: 's{index}', RotationLambdaARN: !Sub 'arn:aws:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:f{index}', RotationRules: {{AutomaticallyAfterDays: 10}}}}
"
        )
        .unwrap();
    }
    text
}

/// A plan with everything of `plan` so many times, each with names of its own.
fn times(plan: &Json, times: usize) -> Json {
    let mut many = plan.clone();
    let addresses: Vec<String> =
        plan["resource_changes"].as_array().unwrap().iter().map(|change| change["address"].as_str().unwrap().to_owned()).collect();
    for path in ["/resource_changes", "/planned_values/root_module/resources", "/configuration/root_module/resources"] {
        let once = plan.pointer(path).unwrap().as_array().unwrap();
        let renamed = |index: usize| {
            let mut text = serde_json::to_string(once).unwrap();
            for address in &addresses {
                // Alone, and with an attribute.
                text = text.replace(&format!("{address}\""), &format!("{address}_{index}\""));
                text = text.replace(&format!("{address}."), &format!("{address}_{index}."));
            }
            for name in ["prod/db", "rotate-db"] {
                text = text.replace(&format!("\"{name}\""), &format!("\"{name}-{index}\""));
            }
            let mut resources: Vec<Json> = serde_json::from_str(&text).unwrap();
            for resource in &mut resources {
                resource["name"] = format!("{}_{index}", resource["name"].as_str().unwrap()).into();
            }
            resources
        };
        *many.pointer_mut(path).unwrap() = (0..times).flat_map(renamed).collect();
    }
    many
}

const PLACE: [&str; 4] = ["--account", "111122223333", "--region", "eu-west-1"];

/// A snapshot of what these arguments say, with its functions.
fn snapshot(arguments: &[&str], out: &Path) -> usize {
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).arg("snapshot").args(arguments).arg("-o").arg(out).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    functions(&serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap())
}

#[test]
fn ten_times_the_rotations_of_a_template_take_ten_times_as_long() {
    let folder = folder("template");
    assert_linear("template", |rotations| {
        let (file, out) = (folder.join(format!("{rotations}.yaml")), folder.join(format!("{rotations}.json")));
        std::fs::write(&file, template(rotations)).unwrap();
        let line = [&["--template", file.to_str().unwrap()], &PLACE[..]].concat();
        assert_eq!(snapshot(&line, &out), rotations);
        time(&[&line[..], &["-o", out.to_str().unwrap()]].concat())
    });
}

#[test]
fn ten_times_the_rotations_of_a_template_over_as_many_take_ten_times_as_long() {
    let folder = folder("template-over");
    for (what, laid) in [("template over its account", template as fn(usize) -> String), ("template that adds to an account", additions)] {
        assert_linear(what, |rotations| {
            let file = |name: &str| folder.join(format!("{name}-{rotations}")).display().to_string();
            let [stack, account, over, out] = ["stack.yaml", "account.json", "over.yaml", "out.json"].map(file);
            std::fs::write(&stack, template(rotations)).unwrap();
            assert_eq!(snapshot(&[&["--template", &stack], &PLACE[..]].concat(), Path::new(&account)), rotations);
            std::fs::write(&over, laid(rotations)).unwrap();
            time(&[&["--template", &over, "--earlier", &over, "--over", &account, "-o", &out], &PLACE[..]].concat())
        });
    }
}

#[test]
fn ten_times_the_rotations_of_a_plan_take_ten_times_as_long() {
    let plan: Json = serde_json::from_slice(&std::fs::read("tests/plans/correct/plan.json").unwrap()).unwrap();
    let folder = folder("plan");
    let written = |rotations: usize| {
        let (file, out) = (folder.join(format!("{rotations}.json")), folder.join(format!("{rotations}.snapshot.json")));
        std::fs::write(&file, times(&plan, rotations).to_string()).unwrap();
        let [file, out] = [file, out].map(|file| file.display().to_string());
        assert_eq!(snapshot(&["--plan", &file], Path::new(&out)), rotations);
        (file, out)
    };
    assert_linear("plan", |rotations| {
        let (file, out) = written(rotations);
        time(&["--plan", &file, "-o", &out])
    });
    assert_linear("plan over its account", |rotations| {
        let (file, account) = written(rotations);
        time(&["--plan", &file, "--over", &account, "-o", &format!("{account}.over.json")])
    });
}
