//! `rotaudit explain --as`: a rotation for a role or user that turns it on, as its users run it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot run the program has failed")]

use std::process::{Command, Output};

use serde_json::Value;

fn rotaudit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).env_clear().output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = rotaudit(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)))
}

#[test]
fn a_rotation_is_explained_for_whoever_turns_it_on() {
    let role = "arn:aws:iam::111122223333:role/rotate-ci-deploy";
    let explained = json(&["explain", "--demo", "ci/deploy", "--as", role]);
    let calls = explained["rotation"]["calls"].as_array().unwrap();
    let first: Vec<_> = calls.iter().take(3).map(|call| (&call["step"], &call["action"], &call["as"], &call["decision"])).collect();
    assert_eq!(first[0], (&"turnOn".into(), &"secretsmanager:RotateSecret".into(), &"role rotate-ci-deploy".into(), &"allowed".into()));
    assert_eq!(first[1], (&"turnOn".into(), &"lambda:InvokeFunction".into(), &"role rotate-ci-deploy".into(), &"implicit_deny".into()));
    assert_eq!(first[2].0, "invoke");
    assert_eq!((&explained["rotation"]["verdict"], &explained["rotation"]["step"]), (&"fails".into(), &"turnOn".into()));
    let session = "arn:aws:sts::111122223333:assumed-role/rotate-ci-deploy/alice";
    assert_eq!(json(&["explain", "--demo", "ci/deploy", "--as", session]), explained);
    let output = rotaudit(&["explain", "--demo", "ci/deploy", "--as", role]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(
        text.contains("\nturn on\n") && text.contains("Fails  at turn on: role rotate-ci-deploy may not call lambda:InvokeFunction"),
        "{text}"
    );
    let without = json(&["explain", "--demo", "ci/deploy"]);
    assert_eq!(without["rotation"]["calls"].as_array().unwrap()[..], calls[2..]);
}

#[test]
fn whoever_cannot_turn_a_rotation_on_is_told_why_and_what_to_give() {
    for (who, problem, way_out) in [
        ("deploy", "is not an ARN", "arn:aws:iam::ACCOUNT:role/NAME"),
        ("arn:aws:iam::111122223333:root", "names neither a role nor a user", "arn:aws:iam::ACCOUNT:user/NAME"),
        ("arn:aws:iam::1:role/deploy", "is not an AWS account id", "arn:aws:iam::ACCOUNT:role/NAME"),
        ("arn:aws:iam::111122223333:role/team/rotate-ci-deploy", "it has no role \"team/rotate-ci-deploy\"", "aws iam get-role"),
        ("arn:aws:iam::111122223333:user/alice", "it has no user \"alice\"", "aws iam get-user"),
        ("arn:aws:sts::111122223333:assumed-role/gone/alice", "it has no role \"gone\"", "aws iam get-role"),
    ] {
        let output = rotaudit(&["explain", "--demo", "orders/db", "--as", who]);
        let message = stderr(&output);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{who}");
        assert!(message.starts_with("error: --as: ") && message.contains(problem) && message.contains(way_out), "{message}");
    }
    let elsewhere = json(&["explain", "--demo", "orders/db", "--as", "arn:aws:iam::999999999999:role/deploy"]);
    assert_eq!(elsewhere["rotation"]["calls"][0]["decision"], "implicit_deny", "this account does not let it in");
    // A wrong ARN is told before anything is read.
    let unread = rotaudit(&["explain", "--snapshot", "nowhere.json", "x", "--as", "deploy"]);
    assert!(stderr(&unread).contains("is not an ARN"), "{}", stderr(&unread));
}
