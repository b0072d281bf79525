//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), for code scanning: a result for each finding, with a fingerprint that
//! outlives everything but the fault, and waived ones as suppressions. `cli` calls it.
//!
//! GitHub refuses a file of more than 10 MB (packed), 25,000 results or 25,000 rules a run, or a rule with more than 20 tags, of which it keeps 10; of the results it keeps 5,000
//! (<https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit>), and shows nothing without a file, so a resource of an account is written as a path that begins with `aws/`
//! (<https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>).

use std::collections::BTreeMap;
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::diff::Changes;
use super::json::write_json;
use super::neutralise::shown;
use super::words::proofs;
use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::{Confidence, Finding, Maps, RuleInfo, Severity, Suppression};
use crate::inventory::Origin;

/// GitHub shows so many results of a run and drops the rest in silence; the worst come first, and the file says what it leaves out.
const RESULTS: usize = 5_000;
/// So many notifications are written: what is undecided, and what was not read.
const NOTIFICATIONS: usize = 500;
/// So many rotations of a result are named; the rest is counted. Their names are most of what does not pack well.
const ROTATIONS: usize = 20;
/// How long a message may be.
const MESSAGE: usize = 1_000;
/// What stays as it is in the path of a URI; the slashes of an ARN do.
const PATH: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Writes `report` to `out`. Of a change each result says whether it was there before. Results that are not there any more are left out: whoever does not look at
/// `baselineState` would show them as if they were
/// (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html#_Toc141790912>).
pub fn sarif(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<&RuleInfo> = report.rules.values().collect();
    let places: BTreeMap<&str, usize> = rules.iter().enumerate().map(|(at, rule)| (rule.id.as_str(), at)).collect();
    let counted = report.findings.iter().map(|finding| (finding, None));
    let suppressed = report.suppressed.iter().map(|it| (&it.finding, Some(&it.suppression)));
    let all: Vec<(&Finding, Option<&Suppression>)> = counted.chain(suppressed).collect();
    let changes = Changes::of(report);
    let results: Vec<Value> = all
        .iter()
        .take(RESULTS)
        .map(|(finding, suppression)| {
            let mut result = result(finding, *suppression, &places);
            if let Some(changes) = &changes {
                result["baselineState"] = if changes.adds(finding) { "new" } else { "unchanged" }.into();
            }
            result
        })
        .collect();
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": "rotaudit/"},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report, all.len().saturating_sub(RESULTS)),
            }],
            "results": results,
        }],
    });
    write_json(&document, out)
}

/// What is told about a rule
/// (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html#_Toc34317836>).
fn descriptor(rule: &RuleInfo) -> Value {
    let precision = match rule.confidence {
        Confidence::Certain => "very-high",
        Confidence::Likely => "high",
        Confidence::Heuristic => "medium",
    };
    let controls = rule.maps.iter().flat_map(Maps::told);
    let tags: Vec<String> = ["security".to_owned(), rule.category.word().to_owned()].into_iter().chain(controls).take(20).collect();
    let mut descriptor = json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": format!("{}\n\n{}\n{}", rule.why, rule.remedy, rule.references.join("\n"))},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": tags, "precision": precision, "security-severity": score(rule.severity)},
    });
    if let (Some(reference), Some(fields)) = (rule.references.first(), descriptor.as_object_mut()) {
        fields.insert("helpUri".to_owned(), reference.as_str().into());
    }
    descriptor
}

fn result(finding: &Finding, suppression: Option<&Suppression>, places: &BTreeMap<&str, usize>) -> Value {
    let fingerprint = finding.fingerprint.to_string();
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": message(finding)},
        "locations": [{
            "physicalLocation": place(finding),
            "logicalLocations": [{"fullyQualifiedName": finding.resource.as_str(), "kind": "resource"}],
        }],
        // The second is the one by which GitHub knows an alert again.
        "partialFingerprints": {"rotaudit/v1": fingerprint, "primaryLocationLineHash": format!("{fingerprint}:1")},
        "properties": {
            "severity": finding.severity.word(),
            "class": finding.class.word(),
            "confidence": finding.confidence.word(),
            "account": finding.account,
            "region": finding.region,
            "rotations": finding.rotations.iter().map(Arn::as_str).take(ROTATIONS).collect::<Vec<_>>(),
        },
    });
    if finding.rotations.len() > ROTATIONS {
        result["properties"]["rotationsLeftOut"] = (finding.rotations.len() - ROTATIONS).into();
    }
    let Some(fields) = result.as_object_mut() else { return result };
    if let Some(at) = places.get(finding.rule.as_str()) {
        fields.insert("ruleIndex".to_owned(), (*at).into());
    }
    // Where suppressions are given for some results, the others have to say that they have none.
    let suppressions = match suppression {
        None => json!([]),
        Some(Suppression::Waiver { reason, owner, expires }) => {
            json!([{"kind": "external", "status": "accepted", "justification": format!("{reason} ({owner}, until {expires})")}])
        }
        Some(Suppression::Baseline) => json!([{"kind": "external", "status": "accepted", "justification": "in the baseline"}]),
    };
    fields.insert("suppressions".to_owned(), suppressions);
    result
}

/// What is wrong, the first proof and what to do.
fn message(finding: &Finding) -> String {
    let proof = proofs(&finding.evidence).into_iter().next().map(|proof| format!("\n{proof}")).unwrap_or_default();
    let only_if = finding.only_if.join(", or ");
    let only_if = if only_if.is_empty() { only_if } else { format!("\nOnly if {only_if}") };
    let text = format!("{}{}{proof}\n{}", shown(&finding.message), shown(&only_if), finding.remedy);
    shortened(text)
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Where the finding is shown: where its resource is written, or at the path that stands for it.
fn place(finding: &Finding) -> Value {
    match &finding.origin {
        Some(Origin { file, line, column, .. }) => {
            let path = utf8_percent_encode(file.trim_start_matches("./"), &PATH).to_string();
            let uri = if path.starts_with('/') { format!("file://{path}") } else { path };
            json!({"artifactLocation": {"uri": uri}, "region": {"startLine": line.max(&1), "startColumn": column.max(&1)}})
        }
        None => json!({"artifactLocation": {"uri": uri(&finding.resource)}, "region": {"startLine": 1}}),
    }
}

/// The path that stands for a resource.
fn uri(resource: &Arn) -> String {
    let parts = [resource.account(), resource.region(), resource.service(), resource.resource()];
    let parts = parts.into_iter().filter(|part| !part.is_empty()).map(|part| utf8_percent_encode(part, &PATH).to_string());
    format!("aws/{}", parts.collect::<Vec<_>>().join("/"))
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// As GitHub sorts: from 9.0 critical, from 7.0 high, from 4.0 medium, below low.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "1.0",
    }
}

/// What was left out of the results, what could not be read, and what could not be decided.
fn notifications(report: &Report, left_out: usize) -> Vec<Value> {
    let warn = |text: String| json!({"level": "warning", "message": {"text": shortened(text)}});
    let cut = (left_out > 0)
        .then(|| warn(format!("{left_out} findings are left out: the worst {RESULTS} are here, and the JSON report has all")));
    let unread = report.coverage.iter().map(|entry| warn(format!("not read: {}; undecided without it: {}", entry.gap, entry.effect)));
    let undecided = report.undecided.iter().map(|check| {
        let needs: Vec<String> = check.missing.iter().map(ToString::to_string).chain(check.hinges.iter().cloned()).collect();
        warn(format!("undecided: {} on {}: {}", check.rule, check.resource, needs.join("; ")))
    });
    let rest = (report.coverage.len() + report.undecided.len()).saturating_sub(NOTIFICATIONS);
    let more = (rest > 0).then(|| warn(format!("and {rest} more things that could not be read or decided; the JSON report has all")));
    cut.into_iter().chain(unread.chain(undecided).take(NOTIFICATIONS)).chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Class;
    use crate::report::sample;

    fn document(report: &Report) -> Value {
        let mut out = Vec::new();
        sarif(report, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_result_names_its_rule_its_resource_and_its_fingerprint() {
        let report = sample::report();
        let run = &document(&report)["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), report.findings.len() + report.suppressed.len());
        for (result, finding) in results.iter().zip(&report.findings) {
            assert_eq!((&result["ruleId"], &result["suppressions"]), (&finding.rule.as_str().into(), &json!([])));
            assert_eq!(result["partialFingerprints"]["rotaudit/v1"], finding.fingerprint.to_string());
            assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], finding.resource.as_str());
            if let Some(at) = result["ruleIndex"].as_u64() {
                assert_eq!(run["tool"]["driver"]["rules"][usize::try_from(at).unwrap()]["id"], finding.rule);
            }
        }
        let waived = &results[report.findings.len()]["suppressions"][0];
        assert_eq!(waived["justification"], "the partner moves in spring (platform, until 2027-03-31)");
        let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(told.len(), report.coverage.len() + report.undecided.len());
    }

    #[test]
    fn a_result_of_a_change_says_whether_it_was_there_before() {
        let states = |report: &Report| -> Vec<Value> {
            document(report)["runs"][0]["results"].as_array().unwrap().iter().map(|result| result["baselineState"].clone()).collect()
        };
        let mut report = sample::change();
        report.before.as_mut().unwrap().suppressed.clear();
        let suppressed = vec!["new"; report.suppressed.len()];
        assert_eq!(states(&report), [vec!["new", "unchanged", "unchanged"], suppressed].concat());
        assert!(states(&sample::report()).iter().all(Value::is_null));
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end_and_counted() {
        let finding = sample::finding(Severity::Low, Class::Hygiene, "r", "arn:aws:iam::111122223333:role/r", &[], "m");
        let mut report = sample::report();
        report.findings.extend(std::iter::repeat_n(finding, 10_000));
        report.coverage = std::iter::repeat_with(|| report.coverage[0].clone()).take(2_000).collect();
        let mut out = Vec::new();
        sarif(&report, &mut out).unwrap();
        assert!(out.len() < 10 << 20, "{}", out.len());
        let run = &serde_json::from_slice::<Value>(&out).unwrap()["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), RESULTS);
        let told = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        let left_out = report.findings.len() + report.suppressed.len() - RESULTS;
        assert!(told[0]["message"]["text"].as_str().unwrap().starts_with(&format!("{left_out} findings are left out")));
        assert_eq!(told.len(), NOTIFICATIONS + 2);
    }

    /// Names of which hardly anything packs.
    fn name(number: u64) -> String {
        let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut word = || {
            state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (state >> 27);
            state
        };
        format!("team-{:016x}/{:016x}", word(), word())
    }

    #[test]
    fn ten_thousand_findings_of_as_many_things_stay_within_what_github_takes() {
        let mut report = sample::report();
        report.rules = crate::rules::RuleSet::builtin().unwrap().infos().map(|info| (info.id.clone(), info.clone())).collect();
        let ids: Vec<String> = report.rules.keys().cloned().collect();
        report.findings.clear();
        for number in 0..10_000_u64 {
            let arn = |of: u64| format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{}-AbCdEf", name(of));
            let rotations: Vec<String> = (0..30).map(|at| name(number * 31 + at)).collect();
            let rotations: Vec<&str> = rotations.iter().map(String::as_str).collect();
            let id = &ids[usize::try_from(number).unwrap() % ids.len()];
            let severity = if number < 4_000 { Severity::High } else { Severity::Low };
            let message = format!("{} may not do what a rotation does, and {} may", name(number), name(number + 1));
            report.findings.push(sample::finding(severity, Class::Breaks, id, &arn(number), &rotations, &message));
        }
        let mut out = Vec::new();
        sarif(&report, &mut out).unwrap();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&out).unwrap();
        let packed = packed.finish().unwrap().len();
        assert!((100_000..10_000_000).contains(&packed), "{packed}");
        let run = &serde_json::from_slice::<Value>(&out).unwrap()["runs"][0];
        let list = |value: &Value| value.as_array().unwrap().clone();
        let (results, rules) = (list(&run["results"]), list(&run["tool"]["driver"]["rules"]));
        assert_eq!((results.len(), results.iter().filter(|result| result["level"] == "error").count()), (RESULTS, 4_000));
        assert!(results.iter().all(|result| list(&result["locations"]).len() == 1 && result["properties"]["rotationsLeftOut"] == 10));
        assert!(rules.len() == ids.len() && rules.iter().all(|rule| (2..=20).contains(&list(&rule["properties"]["tags"]).len())));
        let told = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(told.as_str().unwrap().contains("findings are left out: the worst 5000 are here"), "{told}");
    }

    #[test]
    fn every_document_is_valid_whatever_the_texts_are() {
        let text = include_str!("../../tests/schemas/sarif-2.1.0.json");
        // The TC's file has a pattern that is no regular expression; errata 01 of SARIF 2.1.0 mended it so.
        let text = text.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
        let schema = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
        let hostile = sample::hostile_texts().map(|text| sample::hostile(&text));
        for document in hostile.iter().chain([&sample::report(), &sample::change()]).map(document) {
            let errors: Vec<String> = schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
        let mut broken = document(&sample::report());
        broken["runs"][0]["results"][0]["level"] = "high".into();
        assert!(!schema.is_valid(&broken));
    }

    #[test]
    fn hostile_text_neither_leaves_its_place_nor_reaches_a_terminal() {
        for text in sample::hostile_texts() {
            let mut out = Vec::new();
            sarif(&sample::hostile(&text), &mut out).unwrap();
            let written = String::from_utf8(out).unwrap();
            assert!(!written.chars().any(sample::is_raw));
            let value: Value = serde_json::from_str(&written).unwrap();
            for result in value["runs"][0]["results"].as_array().unwrap() {
                let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
                assert!(uri.starts_with("aws/") && uri.is_ascii() && !uri.contains([' ', '\\', '<', '"', ':']), "{uri}");
                assert!(result["message"]["text"].as_str().unwrap().chars().count() <= MESSAGE + 1);
            }
        }
    }
}
