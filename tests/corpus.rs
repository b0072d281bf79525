//! Templates and plans in the style of public projects, and what real tools write (CDK, SAM, Terraform), each with an `expected.yaml` beside it: verdicts, findings and what is left
//! open, exactly, each with the reason why it is right.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

/// Where the cases stand.
const FOLDERS: [&str; 4] = ["tests/templates/public", "tests/templates/cdk", "tests/templates/sam", "tests/plans/public"];

/// So many there are: a case that is lost is not noticed otherwise.
const CASES: usize = 60;

/// What is expected of one case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What public projects write like this, and what is wrong with it.
    about: String,
    /// What follows `rotaudit scan`, run in the case's folder.
    run: Vec<String>,
    /// By the secret's name.
    #[serde(default)]
    rotations: BTreeMap<String, Because<Verdict>>,
    #[serde(default)]
    findings: Vec<Because<Finding>>,
    /// What is not known and leaves something undecided.
    #[serde(default)]
    open: Vec<Because<Open>>,
}

/// An expectation, with the reason why it is right.
#[derive(Deserialize)]
struct Because<T> {
    because: String,
    #[serde(flatten)]
    what: T,
}

#[derive(Deserialize)]
struct Verdict {
    /// The verdict, and the step at which it is met: `fails at invoke`.
    is: String,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    /// The end of the resource's ARN, behind the account.
    on: String,
}

#[derive(Deserialize)]
struct Open {
    needs: String,
}

/// What a report says of the three.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    rotations: BTreeMap<String, String>,
    findings: Vec<(String, String)>,
    open: BTreeSet<String>,
}

/// The folders with an `expected.yaml`.
fn cases() -> Vec<PathBuf> {
    let folders = FOLDERS.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
    let mut cases: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).filter(|path| path.join("expected.yaml").exists()).collect();
    cases.sort();
    cases
}

fn expected(case: &Path) -> Expected {
    let file = case.join("expected.yaml");
    serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn report(case: &Path, arguments: &[String]) -> Value {
    let place = ["--account", "111122223333", "--region", "eu-west-1"];
    let place: &[&str] = if arguments.iter().any(|argument| argument == "--plan") { &[] } else { &place };
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .current_dir(case)
        .arg("scan")
        .args(arguments)
        .args(place)
        .args(["--format", "json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}: {}", case.display(), String::from_utf8_lossy(&output.stderr)))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// The end of an ARN, behind the account, and of a secret without the characters that AWS makes up.
fn end(arn: &Value) -> String {
    let arn = arn.as_str().unwrap();
    let end = arn.split_once(":111122223333:").map_or(arn, |(_, end)| end);
    let name = end.split_once("-⟦").filter(|_| end.starts_with("secret:"));
    name.map_or(end, |(name, _)| name).to_owned()
}

fn said(report: &Value) -> Said {
    let rotation = |rotation: &Value| {
        let verdict = match (rotation["verdict"].as_str().unwrap(), rotation["step"].as_str()) {
            (verdict, Some(step)) => format!("{verdict} at {step}"),
            (verdict, None) => verdict.to_owned(),
        };
        (end(&rotation["secret"]).trim_start_matches("secret:").to_owned(), verdict)
    };
    let mut findings: Vec<(String, String)> =
        list(report, "findings").iter().map(|finding| (finding["rule"].as_str().unwrap().to_owned(), end(&finding["resource"]))).collect();
    findings.sort();
    let open = list(report, "undecided").iter().flat_map(|check| {
        let missing = list(check, "missing").iter().map(|gap| gap["error"].as_str().unwrap().to_owned());
        missing.chain(list(check, "hinges").iter().map(|hinge| hinge.as_str().unwrap().to_owned()))
    });
    let open = open.collect();
    Said { rotations: list(report, "rotations").iter().map(rotation).collect(), findings, open }
}

fn wanted(expected: &Expected) -> Said {
    let mut findings: Vec<_> = expected.findings.iter().map(|it| (it.what.rule.clone(), it.what.on.clone())).collect();
    findings.sort();
    Said {
        rotations: expected.rotations.iter().map(|(secret, it)| (secret.clone(), it.what.is.clone())).collect(),
        findings,
        open: expected.open.iter().map(|it| it.what.needs.clone()).collect(),
    }
}

/// What was said, as it would be expected: to be compared, and to be given reasons.
fn as_expected(said: &Said) -> String {
    let mut text = String::from("rotations:\n");
    for (secret, verdict) in &said.rotations {
        writeln!(text, "  {secret}:\n    is: {verdict}").unwrap();
    }
    text.push_str("findings:\n");
    for (rule, on) in &said.findings {
        writeln!(text, "  - rule: {rule}\n    on: {on}").unwrap();
    }
    text.push_str("open:\n");
    for needs in &said.open {
        writeln!(text, "  - needs: {needs}").unwrap();
    }
    text
}

#[test]
fn every_case_comes_out_as_its_expectations_say_and_nothing_else_does() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let expected = expected(case);
        let said = said(&report(case, &expected.run));
        if said != wanted(&expected) {
            wrong.push(format!("{}\n{}instead of\n{}", case.display(), as_expected(&said), as_expected(&wanted(&expected))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), CASES);
}

#[test]
fn every_expectation_has_a_reason_and_every_case_a_page_of_aws_that_it_rests_on() {
    for case in cases() {
        let text = fs::read_to_string(case.join("expected.yaml")).unwrap();
        let Expected { about, rotations, findings, open, .. } = expected(&case);
        let reasons =
            rotations.values().map(|it| &it.because).chain(findings.iter().map(|it| &it.because)).chain(open.iter().map(|it| &it.because));
        for reason in reasons.chain([&about]) {
            assert!(reason.split_whitespace().count() >= 4, "{}: {reason:?} is no reason", case.display());
        }
        assert!(!rotations.is_empty(), "{}", case.display());
        assert!(text.contains("https://docs.aws.amazon.com/"), "{}", case.display());
    }
}

#[test]
fn a_template_of_sam_and_what_the_macro_makes_of_it_give_the_same_report() {
    let translated: Vec<PathBuf> = cases().into_iter().filter(|case| case.join("translated.json").exists()).collect();
    assert_eq!(translated.len(), 4);
    for case in translated {
        let report = |file: &str| {
            let mut report = report(&case, &["--template".to_owned(), file.to_owned()]);
            for finding in report["findings"].as_array_mut().unwrap() {
                finding["origin"].take();
                // The request with all policies: the same ones, which the macro writes with other brackets.
                finding["evidence"].as_array_mut().unwrap().iter_mut().for_each(|proof| drop(proof["case"].take()));
            }
            report
        };
        let (written, made) = (report("template.yaml"), report("translated.json"));
        assert!(!list(&written, "rotations").is_empty());
        for part in ["rotations", "findings", "undecided", "coverage", "assumptions"] {
            let differ = list(&written, part).iter().zip(list(&made, part)).find(|(one, other)| one != other);
            assert!(differ.is_none() && list(&written, part).len() == list(&made, part).len(), "{}: {part}: {differ:#?}", case.display());
        }
    }
}

/// The properties of a resource that the CDK wrote.
fn properties<'t>(template: &'t mut Value, id: &str) -> &'t mut Value {
    &mut template["Resources"][id]["Properties"]
}

const ROLE_POLICY: &str = "RotateServiceRoleDefaultPolicy299AD76A";
const FUNCTION: &str = "Rotate7F78CE65";
const KEY: &str = "Key961B73FD";
const PERMISSION: &str = "RotateInvokeN0a2GKfZP0JmDqDEVhhu6A0TUv3NyNbk4YMFKNcED400D79";

/// A fault in what the CDK writes: its name, what changes, the rule that finds it and the verdict.
type Fault = (&'static str, fn(&mut Value), &'static str, &'static str);

/// The faults that `tests/templates.rs` and `tests/plans.rs` have, in the template of `own`.
const FAULTS: [Fault; 13] = [
    (
        "another service",
        |it| properties(it, PERMISSION)["Principal"] = "s3.amazonaws.com".into(),
        "secrets-manager-cannot-invoke",
        "fails at invoke",
    ),
    (
        "no permission",
        |it| it["Resources"][PERMISSION] = serde_json::json!({"Type": "AWS::SNS::Topic"}),
        "secrets-manager-cannot-invoke",
        "fails at invoke",
    ),
    ("no put", |it| drop(statement(it)["Action"].as_array_mut().unwrap().remove(2)), "role-cannot-rotate-secret", "fails at createSecret"),
    (
        "another secret",
        |it| statement(it)["Resource"] = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-??????".into(),
        "role-cannot-rotate-secret",
        "fails at createSecret",
    ),
    (
        "no grant of the key",
        |it| drop(properties(it, KEY)["KeyPolicy"]["Statement"].as_array_mut().unwrap().pop()),
        "role-cannot-use-key",
        "fails at createSecret",
    ),
    ("a key that is off", |it| properties(it, KEY)["Enabled"] = false.into(), "key-not-usable", "fails at createSecret"),
    ("no concurrency", |it| properties(it, FUNCTION)["ReservedConcurrentExecutions"] = 0.into(), "function-throttled", "fails at invoke"),
    ("an old runtime", |it| properties(it, FUNCTION)["Runtime"] = "python3.7".into(), "function-runtime-deprecated", "rotates"),
    ("three seconds", |it| drop(properties(it, FUNCTION)["Timeout"].take()), "function-timeout-short", "rotates"),
    (
        "trust in EC2",
        |it| {
            properties(it, "RotateServiceRole90A3FDBF")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] =
                "ec2.amazonaws.com".into();
        },
        "role-not-assumable-by-lambda",
        "fails at start",
    ),
    (
        "nothing awaited",
        |it| drop(it["Resources"]["SecretSchedule18F2CB66"]["DependsOn"].take()),
        "rotation-before-what-it-needs",
        "rotates",
    ),
    (
        "no private names",
        |it| properties(it, "VpcEndpoint6FF034F6")["PrivateDnsEnabled"] = false.into(),
        "private-names-off",
        "fails at createSecret",
    ),
    (
        "an endpoint that admits nobody",
        |it| properties(it, "VpcEndpointSecurityGroup7B25EFDC")["SecurityGroupIngress"] = serde_json::json!([]),
        "endpoint-refuses-function",
        "fails at createSecret",
    ),
];

/// The statement about the secret in the policy of the role.
fn statement(template: &mut Value) -> &mut Value {
    &mut properties(template, ROLE_POLICY)["PolicyDocument"]["Statement"][1]
}

#[test]
fn a_fault_in_what_the_cdk_writes_is_found_as_in_any_template() {
    let mut whole: Value = serde_json::from_str(include_str!("templates/cdk/own/Own.template.json")).unwrap();
    // What the CDK leaves out, and `expected.yaml` tells: the schedule has to wait for the endpoint.
    whole["Resources"]["SecretSchedule18F2CB66"]["DependsOn"].as_array_mut().unwrap().push("VpcEndpoint6FF034F6".into());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cdk-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::copy("tests/templates/cdk/own/manifest.json", folder.join("manifest.json")).unwrap();
    let run = |template: &Value| {
        fs::write(folder.join("Own.template.json"), template.to_string()).unwrap();
        said(&report(&folder, &["--template".to_owned(), ".".to_owned()]))
    };
    let before: BTreeSet<(String, String)> = run(&whole).findings.into_iter().collect();
    let mut wrong = Vec::new();
    for (name, fault, rule, verdict) in FAULTS {
        let mut template = whole.clone();
        fault(&mut template);
        let Said { rotations, findings, .. } = run(&template);
        let new: BTreeSet<&str> = findings.iter().filter(|finding| !before.contains(*finding)).map(|(rule, _)| rule.as_str()).collect();
        if !new.contains(rule) || rotations["prod/db"] != verdict {
            wrong.push(format!("{name}: {} {new:?}, not {verdict} {rule}", rotations["prod/db"]));
        }
    }
    fs::remove_dir_all(folder).unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
