//! The program as its users start it: help, usage errors, exit codes, closed pipes. The environment is empty, so that nobody's
//! configuration or credentials take part.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run the program has failed")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rotaudit"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn rotaudit(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_help_lists_the_commands_and_the_exit_codes() {
    let output = rotaudit(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = stdout(&output);
    for word in [
        "scan",
        "explain",
        "gate",
        "snapshot",
        "diff",
        "simulate",
        "rules",
        "permissions",
        "schema",
        "Exit codes",
        "  10  findings",
        "--demo",
    ] {
        assert!(help.contains(word), "{word} is not in {help}");
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let commands: [&[&str]; 17] = [
        &["scan"],
        &["explain"],
        &["gate"],
        &["snapshot"],
        &["diff"],
        &["simulate"],
        &["rules"],
        &["rules", "list"],
        &["rules", "show"],
        &["rules", "test"],
        &["rules", "docs"],
        &["rules", "schema"],
        &["permissions"],
        &["schema"],
        &["init"],
        &["completions"],
        &["man"],
    ];
    for words in commands {
        let output = rotaudit(&[words, &["--help"]].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        let example = format!("\n  rotaudit {}", words.join(" "));
        assert!(stdout(&output).contains(&example), "{words:?}: {}", stdout(&output));
    }
}

#[test]
fn help_goes_to_stdout_and_wrong_usage_to_stderr() {
    let help = rotaudit(&["scan", "--help"]);
    assert!(!help.stdout.is_empty() && help.stderr.is_empty());
    let wrong = rotaudit(&["scna"]);
    assert!(wrong.stdout.is_empty() && stderr(&wrong).contains("'scan'"), "{}", stderr(&wrong));
}

#[test]
fn wrong_usage_exits_with_2_before_anything_is_read() {
    let lines: [&[&str]; 9] = [
        &[],
        &["scna"],
        &["explain"],
        &["snapshot", "--demo"],
        &["scan", "--fail-on", "hihg"],
        &["scan", "--on-undecided", "perhaps"],
        &["scan", "--format", "yaml"],
        &["scan", "--demo", "--snapshot", "file"],
        &["scan", "--snapshot", "file", "--region", "eu-west-1"],
    ];
    for arguments in lines {
        assert_eq!(rotaudit(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn sources_that_exclude_each_other_are_both_named() {
    for other in ["--profile", "--region", "--endpoint-url", "--snapshot"] {
        let message = stderr(&rotaudit(&["scan", "--demo", other, "x"]));
        assert!(message.contains("'--demo'") && message.contains(&format!("'{other} ")), "{message}");
    }
}

#[test]
fn the_schema_of_the_report_is_json_with_the_members_of_the_report() {
    let output = rotaudit(&["schema", "report"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: Value = serde_json::from_str(&stdout(&output)).unwrap();
    for member in ["schema_version", "tool", "as_of", "coverage", "assumptions", "rotations", "findings", "undecided", "summary"] {
        assert!(schema["properties"].get(member).is_some(), "{member}");
    }
}

#[test]
fn a_reader_who_closes_the_pipe_has_read_enough() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&["schema", "report"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_full_disk_is_told_and_exits_with_1() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = command(&["schema", "report"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: cannot write stdout: "), "{}", stderr(&output));
}

#[test]
fn piped_output_has_no_colour() {
    assert!(!stdout(&rotaudit(&["--help"])).contains('\u{1b}'));
    assert!(!stderr(&rotaudit(&["scna"])).contains('\u{1b}'));
}

/// Runs `simulate` on these lines.
fn simulate(arguments: &[&str], lines: &[&str]) -> Output {
    let mut child =
        command(&[&["simulate"], arguments].concat()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

const ALLOWED: &str = r#"{"id":"one","request":{"principal":{"type":"service","service":"secretsmanager.amazonaws.com"},
    "action":"lambda:InvokeFunction","resource":{"arn":"arn:aws:lambda:eu-west-1:111122223333:function:f","account":"111122223333"},"context":{}},
    "policies":{"resource":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"secretsmanager.amazonaws.com"},
    "Action":"lambda:InvokeFunction","Resource":"*"}}}}"#;

#[test]
fn a_closed_question_is_decided_by_a_line_for_each_line() {
    let allowed = ALLOWED.replace('\n', " ");
    let denied = allowed.replace("\"one\"", "\"two\"").replace("\"Allow\"", "\"Deny\"");
    let output = simulate(&[], &[&allowed, &denied]);
    assert_eq!(stdout(&output), "{\"id\":\"one\",\"decision\":\"allowed\"}\n{\"id\":\"two\",\"decision\":\"explicit_deny\"}\n");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn a_line_that_is_no_question_is_told_and_the_others_are_answered() {
    let allowed = ALLOWED.replace('\n', " ");
    let output = simulate(&[], &[&allowed, "{\"id\":\u{1b}", &allowed]);
    assert_eq!(stdout(&output).lines().count(), 2);
    assert!(stderr(&output).starts_with("error: line 2: "), "{}", stderr(&output));
    assert!(!stderr(&output).contains('\u{1b}'));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_snapshot_of_the_demo_is_written_and_is_the_same_every_time() {
    let folder = std::env::temp_dir().join(format!("rotaudit-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = ["a.json", "b.json"].map(|name| folder.join(name).display().to_string());
    for file in &files {
        let output = rotaudit(&["snapshot", "--demo", "-o", file]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let [first, second] = files.map(|file| std::fs::read(file).unwrap());
    assert_eq!(first, second);
    let snapshot: Value = serde_json::from_slice(&first).unwrap();
    assert!(!snapshot["inventory"]["secrets"].as_object().unwrap().is_empty());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_that_is_no_snapshot_is_told_and_exits_with_1() {
    for file in ["Cargo.toml", "nowhere.json"] {
        let output = rotaudit(&["snapshot", "--snapshot", file, "-o", "unwritten.json"]);
        assert_eq!(output.status.code(), Some(1), "{file}");
        assert!(stderr(&output).starts_with("error: ") && stderr(&output).contains(file), "{}", stderr(&output));
    }
}

#[test]
fn the_permissions_are_a_policy_that_never_reads_a_value() {
    let output = rotaudit(&["permissions"]);
    let policy: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    let denied = policy["Statement"].as_array().unwrap().iter().find(|statement| statement["Effect"] == "Deny").unwrap();
    assert!(denied["Action"].as_array().unwrap().iter().any(|action| action == "secretsmanager:GetSecretValue"));
}

#[cfg(not(feature = "live"))]
#[test]
fn a_build_without_the_sdk_says_so_and_what_needs_none() {
    let output = rotaudit(&["snapshot", "-o", "unwritten.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("feature `live`") && stderr(&output).contains("--demo"), "{}", stderr(&output));
}

#[test]
fn a_decision_is_explained_statement_by_statement() {
    let output = simulate(&["--explain"], &[&ALLOWED.replace('\n', " ")]);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer["decision"], "allowed");
    assert_eq!(answer["trace"]["statements"].as_array().unwrap().len(), 1);
    assert_eq!(answer["trace"]["statements"][0]["index"], 0);
}

fn json(arguments: &[&str]) -> Value {
    let output = rotaudit(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
}

#[test]
fn the_demo_is_scanned_alike_directly_and_from_its_snapshot() {
    let folder = std::env::temp_dir().join(format!("rotaudit-scan-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("demo.json.zst").display().to_string();
    assert_eq!(rotaudit(&["snapshot", "--demo", "-o", &file]).status.code(), Some(0));
    let direct = json(&["scan", "--demo"]);
    assert_eq!(direct, json(&["scan", "--snapshot", &file]));
    assert!(direct["summary"]["rotations"]["fails"].as_u64().unwrap() > 0);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_exit_code_of_a_scan_is_the_same_for_every_format() {
    for arguments in [&["--on-undecided", "fail", "--fail-on", "never"][..], &["--fail-on", "info"], &["--fail-on", "never"]] {
        let code = |format| rotaudit(&[&["scan", "--demo", "--format", format], arguments].concat()).status.code();
        assert_eq!(code("table"), code("json"), "{arguments:?}");
    }
    let undecided = rotaudit(&["scan", "--demo", "--fail-on", "never", "--on-undecided", "fail"]);
    assert_eq!(undecided.status.code(), Some(11));
    let never = rotaudit(&["scan", "--demo", "--fail-on", "never"]);
    assert_eq!(never.status.code(), Some(0));
    assert!(stderr(&never).contains("undecided, which is not a pass"), "{}", stderr(&never));
}

#[test]
fn a_scan_is_narrowed_to_the_secrets_that_are_named() {
    let all = json(&["scan", "--demo"]);
    let one = json(&["scan", "--demo", "--secret", "billing/*"]);
    assert_eq!(one["rotations"].as_array().unwrap().len(), 1);
    assert!(all["rotations"].as_array().unwrap().contains(&one["rotations"][0]));
    let slip = rotaudit(&["scan", "--demo", "--secret", "bling/db"]);
    assert_eq!(slip.status.code(), Some(2));
    assert!(stderr(&slip).contains("did you mean \"billing/db\"?"), "{}", stderr(&slip));
}

#[test]
fn one_rotation_is_explained_and_a_glob_that_fits_several_is_refused() {
    let output = rotaudit(&["explain", "--demo", "billing/db"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("Rotation of  billing/db\n") && stdout(&output).contains("\nFails  "), "{}", stdout(&output));
    assert_eq!(json(&["explain", "--demo", "billing/db"])["rotation"]["verdict"], "fails");
    let several = rotaudit(&["explain", "--demo", "*/db"]);
    assert_eq!(several.status.code(), Some(2));
    assert!(stderr(&several).contains("billing/db-"), "{}", stderr(&several));
}

#[test]
fn the_rules_are_listed_shown_and_tested() {
    let rules = json(&["rules", "list"]);
    let id = rules[0]["id"].as_str().unwrap();
    assert!(stdout(&rotaudit(&["rules", "list"])).contains(id));
    assert!(stdout(&rotaudit(&["rules", "show", id])).starts_with(id));
    assert_eq!(rotaudit(&["rules", "show", "no-such-rule"]).status.code(), Some(2));
    let tests = rotaudit(&["rules", "test"]);
    assert_eq!((tests.status.code(), stdout(&tests).ends_with(" 0 failed\n")), (Some(0), true), "{}", stderr(&tests));
    let schema: Value = serde_json::from_str(&stdout(&rotaudit(&["rules", "schema"]))).unwrap();
    assert!(schema["properties"].get("severity").is_some());
}

#[test]
fn a_wrong_rule_file_is_named_and_stops_the_run() {
    let folder = std::env::temp_dir().join(format!("rotaudit-rules-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("wrong.yaml"), "id: wrong\nseverty: low\n").unwrap();
    let output = rotaudit(&["scan", "--demo", "--rules", &folder.display().to_string()]);
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty() && stderr(&output).contains("wrong.yaml"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_refused_wherever_a_file_is_named() {
    let place = ["--account", "111122223333", "--region", "eu-west-1"];
    let template = ["scan", "--template", "tests/templates/cloudformation/clean.yaml"];
    let lines: [(&[&str], &[&str]); 9] = [
        (&["scan", "--template", "/dev/zero"], &place),
        (&template, &["--parameters", "/dev/zero"]),
        (&template, &["--exports", "/dev/zero"]),
        (&template, &["--over", "/dev/zero"]),
        (&["scan", "--plan", "/dev/zero"], &[]),
        (&["scan", "--snapshot", "/dev/zero"], &[]),
        (&["scan", "--demo", "--config", "/dev/zero"], &[]),
        (&["scan", "--demo", "--baseline", "/dev/zero"], &[]),
        (&["diff", "/dev/zero", "/dev/zero"], &[]),
    ];
    for (line, more) in lines {
        let more = if line == template { [more, &place].concat() } else { more.to_vec() };
        let output = rotaudit(&[line, &more].concat());
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{line:?} {more:?}: {told}");
        let says = ["is longer than", "it does not begin with {"].iter().any(|says| told.contains(says));
        assert!(says && told.contains("/dev/zero"), "{line:?} {more:?}: {told}");
    }
}

#[cfg(unix)]
#[test]
fn a_template_may_come_through_a_pipe() {
    let template = std::fs::read("tests/templates/cloudformation/clean.yaml").unwrap();
    let arguments = ["scan", "--template", "/dev/stdin", "--account", "111122223333", "--region", "eu-west-1"];
    let mut child = command(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&template).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}
