//! The same rotation twice: built in the stand-in through the API (`tests/emulator_seed.py`), and written as a template (`tests/templates/pairs`). Each fault that both can
//! hold is the same verdict, and the same rules with the same fingerprints.

use std::collections::BTreeSet;

use serde_json::Value;

use super::support::{Emulator, emulator};
use super::{list, report, rotaudit, verdict};

const TEMPLATE: &str = include_str!("../templates/pairs/rotation.yaml");

/// A replacement in the template.
type Edit = (&'static str, &'static str);

const SOURCE_ACCOUNT: &str = "      SourceAccount: !Ref AWS::AccountId\n";
const FOUR: &str = "Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage']\n                Resource: !Ref Secret\n";
const PASSWORD: &str = "                Action: secretsmanager:GetRandomPassword\n                Resource: '*'\n";
const SCHEDULE: &str = "  Schedule:\n";
const VALUE: &str = "      SecretString: '{}'\n  Role:\n";
const PERMISSION: &str = "  Permission:\n    Type: AWS::Lambda::Permission\n    Properties:\n      FunctionName: !Ref Function\n      Action: lambda:InvokeFunction\n      Principal: secretsmanager.amazonaws.com\n      SourceAccount: !Ref AWS::AccountId\n";

/// The secret under a key of its own, whose policy leaves it to the account.
const WITH_KEY: Edit = (
    VALUE,
    "      SecretString: '{}'\n      KmsKeyId: !GetAtt Key.Arn\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}\n  Role:\n",
);
const DELEGATED: &str =
    "          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}\n";
/// What the role may do with that key.
const KEY_ACCESS: Edit = (
    PASSWORD,
    "                Action: secretsmanager:GetRandomPassword\n                Resource: '*'\n              - Effect: Allow\n                Action: ['kms:Decrypt', 'kms:GenerateDataKey']\n                Resource: !GetAtt Key.Arn\n                Condition: {StringEquals: {'kms:ViaService': !Sub 'secretsmanager.${AWS::Region}.amazonaws.com', 'kms:EncryptionContext:SecretARN': !Ref Secret}}\n",
);
const CONDITION: &str = "                Condition: {StringEquals: {'kms:ViaService': !Sub 'secretsmanager.${AWS::Region}.amazonaws.com', 'kms:EncryptionContext:SecretARN': !Ref Secret}}\n";
const CONTEXT: &str = "'kms:EncryptionContext:SecretARN': !Ref Secret}}";

/// Faults, by their ids in the seed: whether the secret is under a key of its own, and what is different in the template.
const FAULTS: [(&str, bool, &[Edit]); 34] = [
    ("CD-01", false, &[(SOURCE_ACCOUNT, "")]),
    ("CD-03", false, &[(SOURCE_ACCOUNT, ""), ("                Resource: !Ref Secret\n", "                Resource: '*'\n")]),
    (
        "CD-06",
        false,
        &[(
            SCHEDULE,
            "  Uploads: {Type: 'AWS::Lambda::Permission', Properties: {FunctionName: !Ref Function, Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com, SourceAccount: !Ref 'AWS::AccountId'}}\n  Schedule:\n",
        )],
    ),
    (
        "CD-09",
        false,
        &[(
            SCHEDULE,
            "  Everybody: {Type: 'AWS::Lambda::Permission', Properties: {FunctionName: !Ref Function, Action: 'lambda:InvokeFunction', Principal: '*'}}\n  Schedule:\n",
        )],
    ),
    ("INV-01", false, &[(PERMISSION, ""), ("    DependsOn: Permission\n", "")]),
    ("INV-02", false, &[(SOURCE_ACCOUNT, "      SourceAccount: !Ref AWS::AccountId\n      SourceArn: !Ref Neighbour\n")]),
    (
        "INV-03",
        false,
        &[(
            SOURCE_ACCOUNT,
            "      SourceAccount: !Ref AWS::AccountId\n      SourceArn: !Sub 'arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:NAME/db-Zz9Yy8'\n",
        )],
    ),
    ("INV-05", false, &[(SOURCE_ACCOUNT, "      SourceAccount: !Ref AWS::AccountId\n      PrincipalOrgID: o-a1b2c3d4e5\n")]),
    ("INV-11", false, &[("      Timeout: 30\n", "      Timeout: 30\n      ReservedConcurrentExecutions: 0\n")]),
    ("ROLE-01", false, &[(", 'secretsmanager:UpdateSecretVersionStage']", "]")]),
    ("ROLE-02", false, &[(PASSWORD, "                Action: secretsmanager:GetRandomPassword\n                Resource: !Ref Secret\n")]),
    (
        "ROLE-03",
        false,
        &[(
            "                Resource: !Ref Secret\n",
            "                Resource: !Sub 'arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:NAME/db'\n",
        )],
    ),
    (
        "ROLE-04",
        false,
        &[(
            "                Resource: !Ref Secret\n",
            "                Resource: !Ref Secret\n                Condition: {ArnEquals: {'secretsmanager:resource/AllowRotationLambdaArn': !Sub 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:rotate-NAME-old'}}\n",
        )],
    ),
    ("ROLE-09", false, &[("Service: lambda.amazonaws.com", "Service: ec2.amazonaws.com")]),
    (
        "ROLE-10",
        false,
        &[
            ("      RoleName: rotate-NAME\n", "      RoleName: rotate-NAME\n      PermissionsBoundary: !Ref Boundary\n"),
            (
                SCHEDULE,
                "  Boundary:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: rotate-NAME-boundary\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue', 'secretsmanager:UpdateSecretVersionStage'], Resource: !Ref Secret}\n          - {Effect: Allow, Action: ['secretsmanager:GetRandomPassword', 'logs:*'], Resource: '*'}\n  Schedule:\n",
            ),
        ],
    ),
    (
        "ROLE-12",
        false,
        &[(
            "                Resource: !Ref Secret\n",
            "                Resource: !Ref Secret\n                Condition: {StringEquals: {'aws:SourceAccount': !Ref 'AWS::AccountId'}}\n",
        )],
    ),
    (
        "PRIV-01",
        false,
        &[(
            PASSWORD,
            "                Action: secretsmanager:GetRandomPassword\n                Resource: '*'\n              - Effect: Allow\n                Action: secretsmanager:GetSecretValue\n                Resource: !Sub 'arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*'\n",
        )],
    ),
    ("PRIV-02", false, &[(FOUR, "Action: 'secretsmanager:*'\n                Resource: !Ref Secret\n")]),
    (
        "PRIV-03",
        false,
        &[(
            PASSWORD,
            "                Action: secretsmanager:GetRandomPassword\n                Resource: '*'\n              - {Effect: Allow, Action: 'iam:PassRole', Resource: '*'}\n",
        )],
    ),
    ("KMS-01", true, &[]),
    ("KMS-02", true, &[KEY_ACCESS, ("['kms:Decrypt', 'kms:GenerateDataKey']", "['kms:Decrypt']")]),
    ("KMS-03", true, &[KEY_ACCESS, (CONTEXT, "'kms:EncryptionContext:SecretARN': !Ref Neighbour}}")]),
    (
        "KMS-04",
        true,
        &[KEY_ACCESS, (CONTEXT, "'kms:EncryptionContext:SecretARN': !Ref Secret, 'kms:EncryptionContext:SecretVersionId': first}}")],
    ),
    ("KMS-05", true, &[KEY_ACCESS, (CONTEXT, "'kms:EncryptionContext:SecretId': !Ref Secret}}")]),
    ("KMS-07", true, &[KEY_ACCESS, ("!Sub 'secretsmanager.${AWS::Region}.amazonaws.com'", "secretsmanager.us-west-2.amazonaws.com")]),
    ("KMS-10", true, &[KEY_ACCESS, ("      KeyPolicy:\n", "      Enabled: false\n      KeyPolicy:\n")]),
    (
        "KMS-14",
        true,
        &[
            KEY_ACCESS,
            (
                DELEGATED,
                "          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:role/key-administrator'}, Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:Put*', 'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion'], Resource: '*'}\n          - {Effect: Allow, Principal: {Service: secretsmanager.amazonaws.com}, Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*'}\n",
            ),
        ],
    ),
    ("KMS-15", true, &[KEY_ACCESS, (", 'kms:EncryptionContext:SecretARN': !Ref Secret}}", "}}")]),
    (
        "KMS-17",
        true,
        &[
            KEY_ACCESS,
            ("['kms:Decrypt', 'kms:GenerateDataKey']", "['kms:GenerateDataKey']"),
            (
                PASSWORD,
                "                Action: secretsmanager:GetRandomPassword\n                Resource: '*'\n              - {Effect: Allow, Action: 'kms:Decrypt', Resource: '*'}\n",
            ),
        ],
    ),
    (
        "KMS-18",
        true,
        &[
            KEY_ACCESS,
            (
                CONDITION,
                "                Condition: {StringEquals: {'kms:CallerAccount': !Ref 'AWS::AccountId'}, 'ForAllValues:StringEquals': {'kms:EncryptionContext:SecretARN': !Ref Secret}}\n",
            ),
        ],
    ),
    (
        "KMS-20",
        true,
        &[
            KEY_ACCESS,
            (
                "Action: 'kms:*', Resource: '*'}\n",
                "Action: 'kms:*', Resource: '*'}\n          - {Effect: Allow, Principal: {AWS: '*'}, Action: 'kms:Decrypt', Resource: '*'}\n",
            ),
        ],
    ),
    (
        "SEC-01",
        false,
        &[(
            SCHEDULE,
            "  Lock:\n    Type: AWS::SecretsManager::ResourcePolicy\n    Properties:\n      SecretId: !Ref Secret\n      ResourcePolicy: {Version: '2012-10-17', Statement: [{Sid: OnlyThroughOurEndpoint, Effect: Deny, Principal: '*', Action: 'secretsmanager:*', Resource: '*', Condition: {StringNotEquals: {'aws:SourceVpce': vpce-0a1b2c3d4e5f60718}}}]}\n  Schedule:\n",
        )],
    ),
    (
        "SEC-04",
        false,
        &[(
            SCHEDULE,
            "  Public:\n    Type: AWS::SecretsManager::ResourcePolicy\n    Properties:\n      SecretId: !Ref Secret\n      ResourcePolicy:\n        Version: '2012-10-17'\n        Statement:\n          - {Effect: Allow, Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*'}\n          - {Effect: Deny, Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*', Condition: {ArnLike: {'aws:PrincipalArn': !Sub 'arn:aws:iam::${AWS::AccountId}:role/rotate-*'}, ArnNotEquals: {'aws:PrincipalArn': !GetAtt Role.Arn}}}\n  Schedule:\n",
        )],
    ),
    ("FN-02", false, &[("      Timeout: 30\n", "      Timeout: 3\n")]),
];

/// Faults of the seed that have no pair, and why.
const ALONE: [(&[&str], &str); 5] = [
    (&["CD-02"], "AWS::Lambda::Permission writes SourceAccount with StringEquals, which knows no wildcard"),
    (&["INV-09"], "a template that makes the function makes it, and of one that it does not make nothing is known"),
    (&["GRT-02", "GRT-03", "GRT-04", "GRT-05", "GRT-06", "GRT-09"], "CloudFormation makes no grants"),
    (&["ROT-03", "ROT-05", "ROT-06"], "what became of a rotation is in no template"),
    (&["FN-06"], "the stand-in has no ListFunctionUrlConfigs"),
];

/// What is found in the account alone, because it is about principals of the account, of which the template makes none but the rotation's role.
const OF_THE_ACCOUNT: (&str, &str) = ("CD-09", "function-invocable-directly");

fn template(fault: &str, with_key: bool, edits: &[Edit], neighbour: &str) -> String {
    let mut text = TEMPLATE.to_owned();
    let key = [WITH_KEY];
    for (from, to) in key.iter().filter(|_| with_key).chain(edits) {
        assert!(text.contains(from), "{fault}: the template does not hold {from:?}");
        text = text.replacen(from, to, 1);
    }
    text.replace("NAME", &fault.to_lowercase()).replace("NEIGHBOUR", neighbour)
}

/// The rules that find something of this rotation, with the fingerprints; of keys, whose ids AWS makes up, the rule alone.
fn found(report: &Value, is_it: impl Fn(&Value) -> bool) -> BTreeSet<(String, String)> {
    let of_it = list(report, "findings").iter().filter(|finding| list(finding, "rotations").iter().any(&is_it));
    let print = |finding: &Value| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let fingerprint = if text("resource").contains(":key/") { String::new() } else { text("fingerprint") };
        (text("rule"), fingerprint)
    };
    of_it.map(print).collect()
}

fn scanned(emulator: &Emulator, fault: &str, region: &str, text: &str) -> Value {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pair-{}-{fault}.yaml", std::process::id()));
    std::fs::write(&file, text).expect("the target folder is writable");
    let path = file.to_str().expect("the target folder's name is text");
    let account = emulator.manifest["account"].as_str().expect("an account");
    let output = rotaudit(&["scan", "--template", path, "--account", account, "--region", region, "--format", "json"]);
    std::fs::remove_file(&file).expect("the template can be removed");
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{fault}: {error}: {said}"))
}

#[test]
fn a_rotation_in_the_stand_in_and_in_a_template_come_out_alike() {
    let Some(emulator) = emulator() else { return };
    let live = report(emulator);
    let mut wrong = Vec::new();
    for planted in list(&emulator.manifest, "faults") {
        let (id, region) = (planted["id"].as_str().expect("an id"), planted["region"].as_str().expect("a region"));
        let Some((_, with_key, edits)) = FAULTS.iter().find(|(fault, ..)| *fault == id) else { continue };
        let neighbour = if region == "eu-west-1" { "orders" } else { "catalog" };
        let written = scanned(emulator, id, region, &template(id, *with_key, edits, neighbour));
        let secret = &written["rotations"][0]["secret"];
        let (said, wanted) =
            (verdict(&written, secret.as_str().unwrap_or_default()), verdict(live, planted["secret_arn"].as_str().unwrap_or_default()));
        let (one, mut other) = (found(&written, |arn| arn == secret), found(live, |arn| *arn == planted["secret_arn"]));
        other.retain(|(rule, _)| (id, rule.as_str()) != OF_THE_ACCOUNT);
        if said != wanted || one != other {
            let [template_only, live_only] = [(&one, &other), (&other, &one)].map(|(one, other)| one.difference(other).collect::<Vec<_>>());
            wrong.push(format!("{id}: template {said} {template_only:?}, stand-in {wanted} {live_only:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_planted_fault_has_a_pair_or_a_reason_why_there_is_none() {
    let Some(emulator) = emulator() else { return };
    let planted: BTreeSet<&str> = list(&emulator.manifest, "faults").iter().filter_map(|fault| fault["id"].as_str()).collect();
    let paired: BTreeSet<&str> = FAULTS.iter().map(|(id, ..)| *id).collect();
    let alone: BTreeSet<&str> = ALONE.iter().flat_map(|(ids, _)| ids.iter().copied()).collect();
    assert_eq!(paired.union(&alone).copied().collect::<BTreeSet<_>>(), planted);
    assert!(paired.is_disjoint(&alone) && ALONE.iter().all(|(_, reason)| reason.contains(' ')));
}
