//! The program against the mock, as a user runs it: a live scan and a scan of its own snapshot say the same, and a denied call never stops it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "support/mock.rs"]
mod mock;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use mock::{Fault, Faults, Mock};
use rotaudit::arn::Arn;
use rotaudit::audit::audit;
use rotaudit::inventory::{Api, Inventory, Key, Known, RotationConfiguration, clean, snapshot};
use rotaudit::report::{self, Style};
use rotaudit::rules::RuleSet;
use rotaudit::source::aws::{Options, collect};
use rotaudit::source::demo;
use serde_json::Value;

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(arguments)
        .envs([
            ("AWS_ACCESS_KEY_ID", clean::ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_MAX_ATTEMPTS", "1"),
        ])
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap()
}

fn live<'a>(mock: &'a Mock, more: &[&'a str]) -> Output {
    rotaudit(&[&["scan", "--region", clean::REGION, "--endpoint-url", &mock.endpoint], more].concat())
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scan-{}-{name}", std::process::id()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn collected(mock: &Mock) -> Inventory {
    let credentials = Credentials::new(clean::ACCOUNT, "secret", None, None, "test");
    let options = Options {
        regions: vec![clean::REGION.to_owned()],
        endpoint_url: Some(mock.endpoint.clone()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        ..Options::new(demo::inventory().unwrap().as_of)
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(collect(&options, &())).unwrap()
}

fn reports(inventory: &Inventory) -> [String; 2] {
    let report = audit(inventory, &RuleSet::builtin().unwrap());
    let (mut json, mut table) = (Vec::new(), Vec::new());
    report::json(&report, &mut json).unwrap();
    report::table(&report, Style { color: false, width: 100 }, &mut table).unwrap();
    [text(&json), text(&table)]
}

#[test]
fn a_live_scan_and_a_scan_of_its_own_snapshot_are_the_same_to_the_byte() {
    let mock = Mock::serve(demo::inventory().unwrap(), Faults::default());
    let live = collected(&mock);
    let kept = snapshot::from_text(snapshot::to_text(&live).unwrap().as_bytes()).unwrap();
    assert_eq!(reports(&live), reports(&kept));
}

#[test]
fn a_snapshot_that_was_taken_by_the_program_is_scanned_the_same_each_time() {
    let mock = Mock::serve(demo::inventory().unwrap(), Faults::default());
    for name in ["account.json", "account.json.zst"] {
        let file = scratch(name);
        let file = file.to_str().unwrap();
        let taken = rotaudit(&["snapshot", "--region", clean::REGION, "--endpoint-url", &mock.endpoint, "-o", file]);
        assert!(taken.status.success(), "{}", text(&taken.stderr));
        for format in ["json", "table"] {
            let scans = [(); 2].map(|()| rotaudit(&["scan", "--snapshot", file, "--format", format]));
            assert_eq!(text(&scans[0].stdout), text(&scans[1].stdout), "{name} {format}");
            assert_eq!(scans[0].status.code(), Some(10), "{}", text(&scans[0].stderr));
        }
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn the_demo_served_by_the_mock_is_audited_like_the_demo() {
    let mock = Mock::serve(demo::inventory().unwrap(), Faults::default());
    let findings = |output: &Output| {
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut prints: Vec<String> =
            report["findings"].as_array().unwrap().iter().map(|finding| finding["fingerprint"].to_string()).collect();
        prints.sort();
        prints
    };
    let demo = rotaudit(&["scan", "--demo", "--format", "json"]);
    // What is overdue depends on the day; the demo's day is long past.
    let live = findings(&live(&mock, &["--format", "json"]));
    let missing: Vec<String> = findings(&demo).into_iter().filter(|print| !live.contains(print)).collect();
    assert!(missing.is_empty(), "found in the demo but not live: {missing:?}");
}

#[test]
fn a_denied_call_never_stops_a_scan_and_is_in_its_coverage() {
    let mock = Mock::serve(demo::inventory().unwrap(), Faults::default());
    live(&mock, &[]);
    let made: BTreeSet<String> = mock.log().into_iter().map(|call| call.name).collect();
    // The demo's functions are in no VPC, so it has calls that it does not make.
    let calls: Vec<Api> = Api::ALL.into_iter().filter(|api| made.contains(api.spec().name)).collect();
    assert!(calls.len() >= 16, "{made:?}");
    for api in calls {
        let name = api.spec().name;
        let mock = Mock::serve(demo::inventory().unwrap(), Faults::one(name, Fault::Deny));
        let output = live(&mock, &["--format", "json", "--on-undecided", "fail", "--fail-on", "never"]);
        if api == Api::GetCallerIdentity {
            assert_eq!(output.status.code(), Some(1));
            assert!(text(&output.stderr).contains("GetCallerIdentity") && output.stdout.is_empty(), "{}", text(&output.stderr));
            continue;
        }
        assert_eq!(output.status.code(), Some(11), "{name} is undecided: {}", text(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["coverage"].as_array().unwrap().iter().any(|gap| gap["call"] == name), "{name}");
    }
}

#[test]
fn no_credentials_and_no_region_are_explained() {
    let bare = |arguments: &[&str], keys: &[(&str, &str)]| {
        let home = scratch("home");
        Command::new(env!("CARGO_BIN_EXE_rotaudit"))
            .args(arguments)
            .env_clear()
            .envs([("HOME", home.to_str().unwrap()), ("AWS_EC2_METADATA_DISABLED", "true")])
            .envs(keys.iter().copied())
            .output()
            .unwrap()
    };
    let output = bare(&["scan", "--region", "eu-west-1"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--demo"), "{}", text(&output.stderr));
    let output = bare(&["scan"], &[("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--region"), "{}", text(&output.stderr));
}

#[test]
fn a_template_over_a_live_account_says_what_it_says_over_the_snapshot_of_that_account() {
    let mock = Mock::serve(clean::account_in_vpc().unwrap(), Faults::default());
    let (template, snapshot) = (scratch("schedule.yaml"), scratch("over.json"));
    let resources = format!(
        "Resources:\n  Schedule:\n    Type: AWS::SecretsManager::RotationSchedule\n    Properties:\n      SecretId: prod/db\n      \
         RotationLambdaARN: {}\n      RotationRules: {{AutomaticallyAfterDays: 10}}\n",
        clean::FUNCTION
    );
    std::fs::write(&template, resources).unwrap();
    let [template, snapshot] = [&template, &snapshot].map(|path| path.to_str().unwrap());
    let taken = rotaudit(&["snapshot", "--region", clean::REGION, "--endpoint-url", &mock.endpoint, "-o", snapshot]);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
    let scan = |over: &[&str]| -> Value {
        let place = ["scan", "--template", template, "--account", clean::ACCOUNT, "--region", clean::REGION, "--format", "json", "--over"];
        let output = rotaudit(&[&place, over].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        // The account is read twice, a moment apart.
        serde_json::from_str(&text(&output.stdout).replace(report["as_of"].as_str().unwrap(), "now")).unwrap()
    };
    let (live, kept) = (scan(&["live", "--endpoint-url", &mock.endpoint]), scan(&[snapshot]));
    std::fs::remove_file(template).unwrap();
    std::fs::remove_file(snapshot).unwrap();
    assert_eq!(live["rotations"][0]["verdict"], "rotates", "{live:#}");
    assert_eq!(live, kept);
}

/// A second key beside the secret's own, which no secret is under, with an alias.
fn with_another_key() -> (Inventory, String) {
    let mut inventory = clean::account_in_vpc().unwrap();
    let key = inventory.keys.values().next().unwrap().clone();
    let arn = Arn::parse(&clean::KEY.replace("0a1b2c3d", "ffffffff")).unwrap();
    inventory.aliases.insert(Arn::parse(ALIAS).unwrap(), Known::Value(arn.clone()));
    inventory.keys.insert(arn.clone(), Key { arn: arn.clone(), ..key });
    (inventory, arn.to_string())
}

const ALIAS: &str = "arn:aws:kms:eu-west-1:111122223333:alias/orders";

/// A template that puts the secret of the clean account under a key.
fn secret_under(key: &str) -> String {
    format!(
        "Resources:\n  Orders:\n    Type: AWS::SecretsManager::Secret\n    Properties: {{Name: prod/db, KmsKeyId: '{key}', GenerateSecretString: {{}}}}\n  Schedule:\n    \
         Type: AWS::SecretsManager::RotationSchedule\n    Properties:\n      SecretId: !Ref Orders\n      RotationLambdaARN: {}\n      \
         RotationRules: {{AutomaticallyAfterDays: 10}}\n",
        clean::FUNCTION
    )
}

#[test]
fn a_key_that_only_the_template_names_is_read_too() {
    let (inventory, key) = with_another_key();
    let mock = Mock::serve(inventory, Faults::default());
    let (template, snapshot) = (scratch("key.yaml"), scratch("key.json"));
    let [template, snapshot] = [&template, &snapshot].map(|path| path.to_str().unwrap());
    let place = ["--account", clean::ACCOUNT, "--region", clean::REGION];
    let live = ["live", "--endpoint-url", &mock.endpoint];
    for named in [&*key, "ffffffff-1111-2222-3333-444455556666", ALIAS, "alias/orders"] {
        std::fs::write(template, secret_under(named)).unwrap();
        let scan = |over: &[&str]| -> Value {
            let output = rotaudit(&[&["scan", "--template", template, "--format", "json"][..], &place, &["--over"], over].concat());
            serde_json::from_slice(&output.stdout).unwrap()
        };
        let take = |more: &[&str]| {
            let base = ["snapshot", "--region", clean::REGION, "--endpoint-url", &mock.endpoint, "-o", snapshot];
            let taken = rotaudit(&[&base[..], more].concat());
            assert!(taken.status.success(), "{}", text(&taken.stderr));
        };
        let reason = |report: &Value| -> (String, String) {
            let rotations = report["rotations"].as_array().unwrap();
            let it = rotations.iter().find(|it| it["secret"].as_str().unwrap().contains("prod/db")).unwrap();
            (it["verdict"].as_str().unwrap().to_owned(), it.to_string())
        };
        // The role may use the first key only.
        let (verdict, why) = reason(&scan(&live));
        assert_eq!(verdict, "fails", "{named}: {why}");
        assert!(why.contains("kms:") && why.contains(&key), "{named}: {why}");
        take(&[]);
        let (verdict, why) = reason(&scan(&[snapshot]));
        assert_eq!(verdict, "undecided", "{named}: {why}");
        let asked = if named.contains("alias/") { ALIAS } else { &*key };
        let told = rotaudit(&[&["scan", "--template", template][..], &place, &["--over", snapshot]].concat());
        assert!(text(&told.stderr).contains(&format!("rotaudit snapshot --key {asked}")), "{}", text(&told.stderr));
        take(&["--key", asked]);
        assert_eq!(reason(&scan(&[snapshot])), reason(&scan(&live)), "{named}");
    }
    std::fs::remove_file(template).unwrap();
    std::fs::remove_file(snapshot).unwrap();
}

#[test]
fn the_network_that_only_the_template_names_is_read_too() {
    let mut inventory = clean::account_in_vpc().unwrap();
    // Nothing rotates yet, so no function is in the VPC.
    inventory.functions.clear();
    for secret in inventory.secrets.values_mut().filter(|secret| secret.owning_service.is_none()) {
        secret.rotation = RotationConfiguration::default();
    }
    let mock = Mock::serve(inventory, Faults::default());
    let (template, snapshot) = (scratch("network.yaml"), scratch("network.json"));
    let [template, snapshot] = [&template, &snapshot].map(|path| path.to_str().unwrap());
    let resources = format!(
        "Resources:\n  Function:\n    Type: AWS::Lambda::Function\n    Properties:\n      FunctionName: rotate-db\n      Role: {}\n      Handler: index.handler\n      \
         Runtime: python3.13\n      Timeout: 60\n      Code: {{S3Bucket: code, S3Key: rotate.zip}}\n      VpcConfig: {{SubnetIds: [{}], SecurityGroupIds: [{}]}}\n  \
         Permission:\n    Type: AWS::Lambda::Permission\n    Properties:\n      FunctionName: !Ref Function\n      Action: lambda:InvokeFunction\n      Principal: \
         secretsmanager.amazonaws.com\n      SourceAccount: '{}'\n  Schedule:\n    Type: AWS::SecretsManager::RotationSchedule\n    DependsOn: Permission\n    \
         Properties: {{SecretId: prod/db, RotationLambdaARN: !GetAtt Function.Arn, RotationRules: {{AutomaticallyAfterDays: 10}}}}\n",
        clean::ROLE,
        clean::SUBNETS.join(", "),
        clean::FUNCTION_GROUP,
        clean::ACCOUNT
    );
    std::fs::write(template, resources).unwrap();
    let scan = |over: &[&str]| -> String {
        let place = ["--account", clean::ACCOUNT, "--region", clean::REGION];
        let output = rotaudit(&[&["scan", "--template", template, "--format", "json"][..], &place, &["--over"], over].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rotation = report["rotations"].as_array().unwrap().iter().find(|it| it["secret"].as_str().unwrap().contains("prod/db"));
        rotation.unwrap().to_string()
    };
    let take = |more: &[&str]| {
        let base = ["snapshot", "--region", clean::REGION, "--endpoint-url", &mock.endpoint, "-o", snapshot];
        let taken = rotaudit(&[&base[..], more].concat());
        assert!(taken.status.success(), "{}", text(&taken.stderr));
    };
    let live = scan(&["live", "--endpoint-url", &mock.endpoint]);
    assert!(live.contains(r#""verdict":"rotates""#), "{live}");
    take(&[]);
    let without = scan(&[snapshot]);
    assert!(without.contains(r#""verdict":"undecided""#), "{without}");
    let told = text(
        &rotaudit(&["scan", "--template", template, "--account", clean::ACCOUNT, "--region", clean::REGION, "--over", snapshot]).stderr,
    );
    let options = clean::SUBNETS.map(|id| format!("--subnet {id}")).join(", ");
    assert!(told.contains(&format!("rotaudit snapshot {options}")), "{told}");
    take(&["--subnet", clean::SUBNETS[0]]);
    assert_eq!(scan(&[snapshot]), live);
    std::fs::remove_file(template).unwrap();
    std::fs::remove_file(snapshot).unwrap();
}
