//! Files that are not what an argument asks for, and those that somebody made to mislead: each is an error that names the file and what is wrong, or read as it is meant.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use rotaudit::inventory::Inventory;
use serde_json::{Value, json};
use template::{found, over, report, scan, scratch};

const CLEAN: &str = include_str!("templates/cloudformation/clean.yaml");
const PLACE: [&str; 4] = ["--account", "111122223333", "--region", "eu-west-1"];

fn scanned(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).arg("scan").args(arguments).env("NO_COLOR", "1").output().unwrap()
}

fn written(name: &str, bytes: &[u8]) -> PathBuf {
    // Two tests may write files of one name at the same time.
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let file = scratch(&format!("hostile-{}-{name}", COUNT.fetch_add(1, Ordering::Relaxed)));
    fs::write(&file, bytes).unwrap();
    file
}

/// What a refused input says: nothing on stdout, one of the two exit codes, and the name of the file.
fn refused(output: &Output, file: &Path) -> String {
    let says = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(matches!(output.status.code(), Some(1 | 2)) && output.stdout.is_empty(), "{:?}: {says}", output.status);
    assert!(says.contains(&*file.file_name().unwrap().to_string_lossy()) && !says.contains("panicked"), "{says}");
    assert!(!says.contains(['\u{1b}', '\u{7}']), "{says:?}");
    says
}

fn utf_16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

#[test]
fn what_is_no_template_is_refused() {
    let deep = format!("Resources: {}", "[".repeat(100_000));
    let long = format!("Resources: {{A: {{Type: \"{}\"}}}}", "x".repeat(10 << 20));
    let cases: [(&str, &[u8], &str); 14] = [
        ("utf16.yaml", &utf_16(CLEAN), "is no UTF-8"),
        ("binary.yaml", b"PK\x03\x04\x00\xff\xfe", "is no UTF-8"),
        ("empty.yaml", b"", "it is empty"),
        ("blank.yaml", b"\n# nothing\n", "it is empty"),
        ("nul.yaml", b"Resources:\n  A\0: {Type: x}\n", "line "),
        ("list.yaml", b"- a\n- b\n", "Resources"),
        ("trail.json", b"{\"Records\": [{\"eventName\": \"RotateSecret\"}]}", "Resources"),
        ("twice.yaml", b"Resources:\n  A: {Type: x}\n  A: {Type: y}\n", "line 3, column 3: \"A\" stands twice"),
        ("twice.json", b"{\"Resources\": {\"A\": {}, \"A\": {}}}", "A"),
        ("deep.yaml", deep.as_bytes(), "deep"),
        ("long.yaml", long.as_bytes(), "longer than"),
        ("surrogate.json", b"{\"Resources\": {\"A\": {\"Type\": \"\\ud800\"}}}", "line "),
        ("number.json", b"{\"Resources\": 1e999}", "Resources"),
        ("escape.yaml", b"Resources: {\"A\\e[31m\\a\": 7}\n", "line "),
    ];
    for (name, bytes, says) in cases {
        let file = written(name, bytes);
        let output = scanned(&[&["--template", file.to_str().unwrap()], &PLACE[..]].concat());
        let said = refused(&output, &file);
        assert!(said.contains(says), "{name}: {said}");
        fs::remove_file(file).unwrap();
    }
    for option in ["--template", "--earlier"] {
        let template = written("clean.yaml", CLEAN.as_bytes());
        let given =
            if option == "--template" { vec![option, "src"] } else { vec!["--template", template.to_str().unwrap(), option, "src"] };
        let said = refused(&scanned(&[given.as_slice(), &PLACE[..]].concat()), Path::new("src"));
        assert!(said.contains("`cdk synth` wrote, with a manifest.json in it"), "{option}: {said}");
        fs::remove_file(template).unwrap();
    }
}

#[test]
fn what_is_no_plan_is_refused() {
    let cases: [(&str, &[u8], &str); 9] = [
        ("tf.plan", b"PK\x03\x04rest", "terraform show -json"),
        ("utf16.json", &utf_16("{}"), "it is no UTF-8"),
        ("terraform.tfstate", b"{\"version\": 4, \"lineage\": \"x\", \"resources\": []}", "it is a state and no plan"),
        ("state.json", b"{\"format_version\": \"1.0\", \"values\": {\"root_module\": {}}}", "it is a state and no plan"),
        ("errored.json", b"{\"format_version\": \"1.2\", \"errored\": true, \"resource_changes\": []}", "ended with an error"),
        ("trail.json", b"{\"Records\": []}", "it is no plan"),
        ("empty.json", b"", "it is no plan"),
        ("number.json", b"{\"format_version\": \"1.2\", \"resource_changes\": [{\"index\": 1e999}]}", "it is no plan"),
        ("surrogate.json", b"{\"format_version\": \"1.2\", \"resource_changes\": [{\"address\": \"\\ud800\"}]}", "it is no plan"),
    ];
    for (name, bytes, says) in cases {
        let file = written(name, bytes);
        let said = refused(&scanned(&[&["--plan", file.to_str().unwrap()], &PLACE[..]].concat()), &file);
        assert!(said.contains(says), "{name}: {said}");
        fs::remove_file(file).unwrap();
    }
}

#[test]
fn what_is_told_beside_a_template_or_plan_is_refused_by_its_name() {
    let template = written("beside.yaml", CLEAN.as_bytes());
    let plan = "tests/plans/correct/plan.json";
    let folder = Path::new("tests/templates");
    let cases: [(&str, &[u8]); 5] = [
        ("utf16.json", &utf_16("{}")),
        ("zip.json", b"PK\x03\x04\xff"),
        ("empty.json", b""),
        ("list.json", b"[7]"),
        ("broken.json", b"{\"a\":"),
    ];
    for (name, bytes) in cases {
        let file = written(name, bytes);
        for option in ["--parameters", "--exports", "--earlier", "--over"] {
            let output = scanned(&[&["--template", template.to_str().unwrap(), option, file.to_str().unwrap()], &PLACE[..]].concat());
            refused(&output, &file);
        }
        let stack = format!("orders={}", file.display());
        let over = ["--over", "tests/suites/snapshots/version-1.json", "--stack-resources", &stack];
        refused(&scanned(&[&["--template", template.to_str().unwrap()], &over[..], &PLACE[..]].concat()), &file);
        refused(&scanned(&["--plan", plan, "--over", file.to_str().unwrap()]), &file);
        refused(&scanned(&["--plan", plan, "--source", file.to_str().unwrap()]), &file);
        fs::remove_file(file).unwrap();
    }
    for option in ["--parameters", "--exports", "--earlier"] {
        refused(&scanned(&[&["--template", template.to_str().unwrap(), option, folder.to_str().unwrap()], &PLACE[..]].concat()), folder);
    }
    refused(&scanned(&["--plan", folder.to_str().unwrap()]), folder);
    let said = refused(&scanned(&[&["--template", folder.to_str().unwrap()], &PLACE[..]].concat()), Path::new("manifest.json"));
    assert!(said.contains("tests/templates"), "{said}");
    fs::remove_file(template).unwrap();
}

#[test]
fn marks_and_line_ends_of_windows_change_nothing() {
    let expected = report("lf", CLEAN, &[]);
    for (name, text) in [("crlf", CLEAN.replace('\n', "\r\n")), ("bom", format!("\u{feff}{CLEAN}"))] {
        let report = report(name, &text, &[]);
        assert_eq!((found(&report), &report["undecided"]), (found(&expected), &expected["undecided"]), "{name}");
    }
}

/// An account of which nothing was read.
fn nothing() -> Inventory {
    Inventory::empty(jiff::Timestamp::UNIX_EPOCH)
}

#[test]
fn brackets_that_somebody_wrote_are_no_symbol() {
    // So the program itself writes the ARN of the secret that the template makes.
    let own = report("own", CLEAN, &[])["rotations"][0]["secret"].as_str().unwrap().to_owned();
    assert!(own.contains('⟦'), "{own}");
    let statement = "                Resource: !Ref Secret\n";
    assert!(CLEAN.contains(statement));
    let escaped = own.replace('⟦', "\\u27e6").replace('⟧', "\\u27E7");
    for (name, text) in [("plain", own.clone()), ("escaped", escaped)] {
        let template = CLEAN.replacen(statement, &format!("                Resource: \"{text}\"\n"), 1);
        let report = report(name, &template, &[]);
        assert_eq!(report["rotations"][0]["verdict"], "fails", "{name}: {report:#}");
        let report = over(name, &nothing(), &template);
        assert_eq!(report["rotations"][0]["verdict"], "fails", "{name} over: {report:#}");
    }
    let template = CLEAN.replacen(statement, "                Resource: !Ref Arn\n", 1);
    let template = template.replacen("\nParameters:\n", "\nParameters:\n  Arn: {Type: String}\n", 1);
    let file = written("parameters.json", json!({ "Arn": own }).to_string().as_bytes());
    let argument = format!("Arn={own}");
    for given in [["--parameter", &argument], ["--parameters", file.to_str().unwrap()]] {
        let output = scan("given", &template, &[&["--format", "json"], &given[..]].concat());
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(report["rotations"][0]["verdict"], "fails", "{given:?}");
    }
    fs::remove_file(file).unwrap();
}

/// A folder as `cdk synth` writes it, with this manifest and the clean template.
fn assembly(name: &str, artifacts: &Value) -> PathBuf {
    let folder = scratch(&format!("hostile-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("manifest.json"), json!({"version": "48.0.0", "artifacts": artifacts}).to_string()).unwrap();
    fs::write(folder.join("App.template.json"), CLEAN).unwrap();
    folder
}

fn stack(file: &str) -> Value {
    json!({"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": file}})
}

#[test]
fn an_assembly_stays_in_its_folder_and_ends() {
    let outside = written("outside.yaml", CLEAN.as_bytes());
    let beside = format!("../{}", outside.file_name().unwrap().to_string_lossy());
    for (name, file) in [("absolute", outside.to_str().unwrap()), ("above", beside.as_str())] {
        let folder = assembly(name, &json!({"App": stack(file)}));
        let said = refused(&scanned(&[&["--template", folder.to_str().unwrap()], &PLACE[..]].concat()), Path::new("manifest.json"));
        assert!(said.contains("lies outside of the folder"), "{said}");
        fs::remove_dir_all(folder).unwrap();
    }
    let stage = |folder: &str| json!({"type": "cdk:cloud-assembly", "properties": {"directoryName": folder}});
    let folder =
        assembly("circle", &json!({"App": stack("App.template.json"), "Own": stage("."), "Link": stage("link"), "None": stage("")}));
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder, folder.join("link")).unwrap();
    let output = scanned(&[&["--format", "json", "--template", folder.to_str().unwrap()], &PLACE[..]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["rotations"].as_array().unwrap().len(), 1);
    fs::remove_dir_all(folder).unwrap();
    fs::remove_file(outside).unwrap();
}

#[test]
fn no_name_moves_the_cursor() {
    let name = "prod/\u{1b}[2J\u{7}db\u{9b}31m\u{202e}x";
    let template = CLEAN.replacen(
        "Type: AWS::SecretsManager::Secret",
        &format!("Type: AWS::SecretsManager::Secret\n    Metadata: {{a: {}}}", json!(name)),
        1,
    );
    let named = template.replacen("Name: other", &format!("Name: {}", json!(name)), 1);
    assert_ne!(template, named);
    for format in ["table", "json", "markdown", "github", "sarif", "html", "junit", "csv"] {
        let output = scan(&format!("escapes-{format}"), &named, &["--format", format]);
        let shown = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8(shown).unwrap();
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{format}: {shown:?}");
    }
}

#[test]
fn no_command_that_a_report_offers_is_somebody_elses() {
    let template = written("paste.yaml", b"");
    for (subnet, key) in [
        ("subnet-1; rm -rf x", "arn:aws:kms:eu-west-1:111122223333:key/$(id)"),
        ("subnet-1\\e[31m", "arn:aws:kms:eu-west-1:111122223333:key/`id`"),
        ("subnet-0abc", "arn:aws:kms:eu-west-1:111122223333:key/12-ab"),
    ] {
        let text = format!(
            "Resources:\n  S:\n    Type: AWS::SecretsManager::Secret\n    Properties: {{Name: x, KmsKeyId: \"{key}\", GenerateSecretString: {{}}}}\n  F:\n    Type: AWS::Lambda::Function\n    \
             Properties:\n      FunctionName: f\n      Role: arn:aws:iam::111122223333:role/r\n      Runtime: python3.13\n      Handler: a.b\n      Code: {{ZipFile: ''}}\n      \
             VpcConfig: {{SubnetIds: [\"{subnet}\"], SecurityGroupIds: [sg-1]}}\n  R:\n    Type: AWS::SecretsManager::RotationSchedule\n    \
             Properties: {{SecretId: !Ref S, RotationLambdaARN: !GetAtt F.Arn, RotationRules: {{AutomaticallyAfterDays: 9}}}}\n"
        );
        fs::write(&template, text).unwrap();
        let snapshot = scratch("hostile-paste.json");
        fs::write(&snapshot, rotaudit::inventory::snapshot::to_text(&nothing()).unwrap()).unwrap();
        let over = ["--over", snapshot.to_str().unwrap()];
        let output = scanned(&[&["--template", template.to_str().unwrap()], &PLACE[..], &over].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        let offered = said.contains("rotaudit snapshot --key arn:aws:kms:eu-west-1:111122223333:key/12-ab, --subnet subnet-0abc");
        assert_eq!(offered, subnet == "subnet-0abc", "{said}");
        assert!(!said.contains("rotaudit snapshot") || offered, "{said}");
        fs::remove_file(snapshot).unwrap();
    }
    fs::remove_file(template).unwrap();
}
