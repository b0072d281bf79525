//! The JSON report holds what the report holds, matches its schema's members, and is safe to print.

use serde_json::Value;

use super::*;
use crate::report::sample;

fn text(report: &Report) -> String {
    let mut out = Vec::new();
    json(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_report_says_what_was_found() {
    let text = text(&sample::report());
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema_version"], 1);
    assert_eq!(value["tool"]["name"], "rotaudit");
    assert_eq!(value["as_of"], "2026-11-01T12:00:00Z");
    assert_eq!(value["coverage"][0]["call"], "kms:GetKeyPolicy");
    let verdicts: Vec<_> = value["rotations"].as_array().unwrap().iter().map(|rotation| rotation["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["fails", "undecided", "rotates", "not_judged"]);
    assert_eq!(value["rotations"][0]["step"], "createSecret");
    assert_eq!(value["rotations"][0]["calls"][2]["decision"], "implicit_deny");
    assert_eq!(value["rotations"][0]["calls"][2]["as"], "execution role");
    assert_eq!(value["rotations"][1]["needs"].as_array().unwrap().len(), 1);
    assert_eq!(value["rotations"][3]["kind"]["managed"], "rds");
    assert_eq!(value["findings"][0]["severity"], "critical");
    assert_eq!(value["findings"][0]["evidence"][0]["kind"], "request");
    assert_eq!(value["undecided"][0]["hinges"][0], "aws:SourceVpce");
    assert_eq!(value["summary"]["rotations"]["fails"], 1);
    assert_eq!(value["summary"]["findings"]["critical"], 1);
    assert_eq!(value["summary"]["findings"]["info"], 0);
    assert_eq!(value["summary"]["gaps"], 3);
}

#[test]
fn lists_of_any_length_are_laid_out_as_one_value_with_the_report_would_be() {
    #[derive(Serialize)]
    struct Lists<'a> {
        rotations: Vec<Rotation<'a>>,
        findings: &'a [Finding],
    }
    for times in [0, 1, 700] {
        let mut report = sample::report();
        report.rotations = report.rotations.iter().cycle().take(times * report.rotations.len()).cloned().collect();
        report.findings = report.findings.iter().cycle().take(times * report.findings.len()).cloned().collect();
        let mut lists = Vec::new();
        let rotations = report.rotations.iter().map(Rotation::of).collect();
        write_json(&Lists { rotations, findings: &report.findings }, &mut lists).unwrap();
        let lists = String::from_utf8(lists).unwrap();
        let members = lists.strip_prefix('{').unwrap().strip_suffix("\n}\n").unwrap();
        assert!(text(&report).contains(members), "{times} times");
    }
}

#[test]
fn a_report_of_what_was_read_in_part_says_why() {
    let part = Report { partial: Some("interrupted".to_owned()), ..sample::report() };
    assert!(text(&part).contains(r#""partial": "interrupted""#));
    assert!(!text(&sample::report()).contains("\"partial\""));
}

#[test]
fn the_same_report_gives_the_same_bytes_indented_by_two() {
    let first = text(&sample::report());
    assert_eq!(first, text(&sample::report()));
    assert!(first.starts_with("{\n  \"schema_version\": 1,\n  \"tool\": {\n    \"name\""), "{first}");
    assert!(first.ends_with("}\n"));
}

#[test]
fn the_schema_describes_every_member_of_the_report() {
    let schema = json_schema();
    let value: Value = serde_json::from_str(&text(&sample::report())).unwrap();
    assert_described(&schema, &schema, &value, "report");
}

#[test]
fn the_report_of_a_change_says_what_it_adds_and_removes() {
    let report = sample::change();
    let value: Value = serde_json::from_str(&text(&report)).unwrap();
    let change = &value["change"];
    assert_eq!(change["new"], serde_json::json!([{"fingerprint": report.findings[0].fingerprint.to_string(), "was_undecided": false}]));
    assert_eq!((&change["unchanged"], &change["fixed"][0]["rule"]), (&2.into(), &"mended".into()));
    assert_eq!((&change["verdicts"][0]["old"], &change["verdicts"][0]["new"]), (&"rotates".into(), &"fails".into()));
    assert_eq!(change["newly_undecided"][0]["rule"], report.undecided[0].rule);
    let schema = json_schema();
    assert_described(&schema, &schema, &value, "report");
    assert!(serde_json::from_str::<Value>(&text(&sample::report())).unwrap().get("change").is_none());
}

/// Every member of `value` is a property in `schema`, and every required property is there.
fn assert_described(root: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(members) => {
            let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
            for (name, member) in members {
                let described = properties.get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the schema"));
                assert_described(root, described, member, &format!("{at}.{name}"));
            }
            for name in schema["required"].as_array().unwrap() {
                assert!(members.contains_key(name.as_str().unwrap()), "{at} lacks {name}");
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_described(root, &schema["items"], item, at)),
        _ => {}
    }
}

#[test]
fn one_rotation_is_the_same_object_with_its_findings() {
    let report = sample::report();
    let mut out = Vec::new();
    explain_json(&report.rotations[0], &[&report.findings[0]], &mut out).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    let whole: Value = serde_json::from_str(&text(&report)).unwrap();
    assert_eq!(value["rotation"], whole["rotations"][0]);
    assert_eq!(value["rotation"]["calls"][0]["action"], "lambda:InvokeFunction");
    assert_eq!(value["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_terminal_that_prints_the_report_is_safe_and_a_program_reads_the_same_text() {
    let [odd, long, ..] = sample::hostile_texts();
    for hostile in [odd, long] {
        let report = sample::hostile(&hostile);
        let text = text(&report);
        assert_eq!(text.chars().find(|c| sample::is_raw(*c)), None);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["findings"][0]["message"], hostile);
        assert_eq!(value["findings"][0]["evidence"][0]["case"][&hostile][0], hostile);
    }
}

#[test]
fn a_character_beyond_the_first_plane_is_escaped_as_a_pair() {
    let mut out = Vec::new();
    write_json_line(&"a\u{e0041}\u{9b}\u{1b}", &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "\"a\\udb40\\udc41\\u009b\\u001b\"\n");
}
