//! Every proof of a finding can be replayed: the case in the report, given to `simulate`, is decided as the report says.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

fn rotaudit(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A scan reads nothing, and ends before it is written to.
    let _ = writer.join().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_request_of_every_finding_of_the_demo_is_decided_again_the_same() {
    let report: Value = serde_json::from_str(&rotaudit(&["scan", "--demo", "--format", "json"], "")).unwrap();
    let evidence = report["findings"].as_array().unwrap().iter().flat_map(|finding| {
        let rule = finding["rule"].as_str().unwrap();
        finding["evidence"].as_array().unwrap().iter().filter(|piece| piece["kind"] == "request").map(move |piece| (rule, piece))
    });
    let evidence: Vec<(&str, &Value)> = evidence.collect();
    assert!(evidence.len() > 15, "the demo has proofs: {}", evidence.len());
    let cases: Vec<String> = evidence
        .iter()
        .map(|(rule, piece)| {
            assert!(!piece["case"].is_null(), "a proof of {rule} cannot be replayed");
            piece["case"].to_string()
        })
        .collect();
    let answers = rotaudit(&["simulate"], &cases.join("\n"));
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), evidence.len());
    for ((rule, piece), answer) in evidence.iter().zip(&answers) {
        assert_eq!(answer["decision"], piece["decision"], "{rule}: {} on {}", piece["action"], piece["resource"]);
    }
}
