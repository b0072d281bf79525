//! OCSF 1.6 (<https://schema.ocsf.io/1.6.0/classes/compliance_finding?profiles=cloud>), for data lakes and security consoles: one event a line. 1.6 is the version that
//! Security Hub takes (<https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-ocsf.html>). `cli` calls it.
//!
//! Everything is a Compliance Finding: the outcome of a check of how a resource is configured. A Detection Finding would say that something has happened, and an audit
//! sees no events. A check that could not be decided is an event as well, with the status Unknown: whoever counts failures does not count it, and nobody takes it for a pass.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::json::write_json_line;
use crate::arn::Arn;
use crate::audit::{CoverageEntry, Report};
use crate::finding::{Confidence, Evidence, Finding, Fingerprint, RuleInfo, Severity, Suppression, Undecided};

/// The version of the schema that the events follow.
const VERSION: &str = "1.6.0";

/// A number of the schema with its caption.
type Coded = (u8, &'static str);

/// How a check ended.
const FAIL: Coded = (3, "Fail");
const UNKNOWN: Coded = (0, "Unknown");
/// The control of calls that did not answer.
const UNREAD: &str = "not-read";
/// Where a finding stands in its life.
const NEW: Coded = (1, "New");
const SUPPRESSED: Coded = (3, "Suppressed");

/// Writes `report` to `out`: findings, those that do not count, undecided checks, and calls that did not answer: behind one of them may be rotations that no other event tells of.
pub fn ocsf(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        write_json_line(&of_finding(finding, None, report), out)?;
    }
    for suppressed in &report.suppressed {
        write_json_line(&of_finding(&suppressed.finding, Some(&suppressed.suppression), report), out)?;
    }
    for check in &report.undecided {
        write_json_line(&of_undecided(check, report), out)?;
    }
    report.coverage.iter().try_for_each(|entry| write_json_line(&of_unread(entry, report), out))
}

/// What findings and undecided checks have in common.
struct Event<'a> {
    rule: &'a str,
    resource: &'a Arn,
    kind: &'a str,
    severity: Option<Severity>,
    status: Coded,
    outcome: Coded,
    details: Vec<String>,
    message: String,
}

fn of_finding(finding: &Finding, suppression: Option<&Suppression>, report: &Report) -> Value {
    let details = match suppression {
        None => Vec::new(),
        Some(Suppression::Waiver { reason, owner, expires }) => vec![format!("waived by {owner} until {expires}: {reason}")],
        Some(Suppression::Baseline) => vec!["in the baseline".to_owned()],
    };
    let event = Event {
        rule: &finding.rule,
        resource: &finding.resource,
        kind: finding.about.word(),
        severity: Some(finding.severity),
        status: if suppression.is_some() { SUPPRESSED } else { NEW },
        outcome: FAIL,
        details,
        message: finding.message.clone(),
    };
    let mut fields = event.fields(report);
    let (id, caption) = match finding.confidence {
        Confidence::Certain => (3, "High"),
        Confidence::Likely => (2, "Medium"),
        Confidence::Heuristic => (1, "Low"),
    };
    insert(&mut fields, "confidence_id", id);
    insert(&mut fields, "confidence", caption);
    insert(&mut fields, "evidences", finding.evidence.iter().map(evidence).collect::<Vec<_>>());
    insert(&mut fields, "unmapped", unmapped(finding.class.word(), finding.rotations.iter()));
    fields.into()
}

fn of_undecided(check: &Undecided, report: &Report) -> Value {
    let info = report.rules.get(&check.rule);
    let needs = check.missing.iter().map(|gap| format!("not read: {gap}")).chain(check.hinges.iter().map(|it| format!("hangs on {it}")));
    let title = info.map_or(check.rule.as_str(), |info| info.title.as_str());
    let event = Event {
        rule: &check.rule,
        resource: &check.resource,
        kind: check.about.word(),
        severity: info.map(|info| info.severity),
        status: NEW,
        outcome: UNKNOWN,
        details: needs.collect(),
        message: format!("Undecided: {title}"),
    };
    let mut fields = event.fields(report);
    insert(&mut fields, "unmapped", unmapped(info.map_or("unknown", |info| info.class.word()), check.rotations.iter()));
    fields.into()
}

impl Event<'_> {
    fn fields(self, report: &Report) -> Map<String, Value> {
        let info = report.rules.get(self.rule);
        let mut finding = Map::new();
        insert(&mut finding, "uid", Fingerprint::of(self.rule, self.resource).to_string());
        insert(&mut finding, "title", info.map_or(self.rule, |info| &info.title));
        if let Some(info) = info {
            insert(&mut finding, "desc", info.why.trim());
            insert(&mut finding, "types", vec![info.category.word()]);
        }
        let mut fields = envelope(report, coded(self.severity), self.status, self.rule);
        insert(&mut fields, "cloud", cloud(self.resource));
        insert(&mut fields, "finding_info", finding);
        insert(&mut fields, "resources", json!([resource(self.resource, self.kind)]));
        insert(&mut fields, "compliance", compliance(&self, info));
        insert(&mut fields, "message", self.message);
        if let Some(info) = info {
            insert(&mut fields, "remediation", json!({"desc": info.remedy, "references": info.references}));
        }
        fields
    }
}

/// A call that did not answer. It is about no rule, so the control has a name of its own.
fn of_unread(CoverageEntry { gap, effect }: &CoverageEntry, report: &Report) -> Value {
    let mut fields = envelope(report, UNKNOWN, NEW, UNREAD);
    let details = [gap.error.to_string(), format!("undecided without it: {effect}")];
    insert(&mut fields, "cloud", json!({"provider": "AWS"}));
    insert(
        &mut fields,
        "finding_info",
        json!({"uid": format!("{UNREAD}/{}/{}", gap.call, gap.resource), "title": "A call did not answer"}),
    );
    insert(&mut fields, "resources", json!([{"uid": &*gap.resource}]));
    insert(&mut fields, "compliance", json!({"control": UNREAD, "status_id": UNKNOWN.0, "status": UNKNOWN.1, "status_details": details}));
    insert(&mut fields, "message", format!("Not read: {gap}"));
    fields.into()
}

/// What every event has.
fn envelope(report: &Report, (severity_id, severity): Coded, (status_id, status): Coded, code: &str) -> Map<String, Value> {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let metadata = json!({
        "version": VERSION,
        "profiles": ["cloud"],
        "event_code": code,
        "product": {"name": name, "vendor_name": name, "version": version},
    });
    let mut fields = Map::new();
    for (name, value) in [
        ("activity_id", json!(1)),
        ("activity_name", json!("Create")),
        ("category_uid", json!(2)),
        ("category_name", json!("Findings")),
        ("class_uid", json!(2003)),
        ("class_name", json!("Compliance Finding")),
        ("type_uid", json!(200_301)),
        ("type_name", json!("Compliance Finding: Create")),
        ("time", json!(report.as_of.as_millisecond())),
        ("severity_id", json!(severity_id)),
        ("severity", json!(severity)),
        ("status_id", json!(status_id)),
        ("status", json!(status)),
        ("metadata", metadata),
    ] {
        insert(&mut fields, name, value);
    }
    fields
}

const fn coded(severity: Option<Severity>) -> Coded {
    match severity {
        None => UNKNOWN,
        Some(Severity::Info) => (1, "Informational"),
        Some(Severity::Low) => (2, "Low"),
        Some(Severity::Medium) => (3, "Medium"),
        Some(Severity::High) => (4, "High"),
        Some(Severity::Critical) => (5, "Critical"),
    }
}

/// Where the resource is. What is wrong with the configuration of rotaudit itself is in no account.
fn cloud(resource: &Arn) -> Value {
    let mut cloud = Map::new();
    insert(&mut cloud, "provider", "AWS");
    insert(&mut cloud, "cloud_partition", resource.partition_name());
    if !resource.account().is_empty() {
        insert(&mut cloud, "account", json!({"uid": resource.account(), "type_id": 10, "type": "AWS Account"}));
    }
    if !resource.region().is_empty() {
        insert(&mut cloud, "region", resource.region());
    }
    cloud.into()
}

fn resource(arn: &Arn, kind: &str) -> Value {
    let mut resource = Map::new();
    insert(&mut resource, "uid", arn.as_str());
    insert(&mut resource, "name", arn.name());
    insert(&mut resource, "type", kind);
    insert(&mut resource, "namespace", arn.service());
    if !arn.region().is_empty() {
        insert(&mut resource, "region", arn.region());
    }
    resource.into()
}

/// The rule as the control, how it ended, and the frameworks that it speaks to.
fn compliance(event: &Event<'_>, info: Option<&RuleInfo>) -> Value {
    let mut compliance = Map::new();
    insert(&mut compliance, "control", event.rule);
    insert(&mut compliance, "status_id", event.outcome.0);
    insert(&mut compliance, "status", event.outcome.1);
    if !event.details.is_empty() {
        insert(&mut compliance, "status_details", event.details.clone());
    }
    if let Some(info) = info {
        insert(&mut compliance, "category", info.category.word());
    }
    if let Some(maps) = info.and_then(|info| info.maps.as_ref()) {
        insert(&mut compliance, "standards", maps.controls.keys().cloned().collect::<Vec<_>>());
        insert(&mut compliance, "requirements", maps.told().collect::<Vec<_>>());
    }
    compliance.into()
}

/// Evidence has no attribute of its own for a decided request: it goes where the schema leaves room for any value.
fn evidence(evidence: &Evidence) -> Value {
    json!({"data": evidence})
}

fn unmapped<'a>(class: &str, rotations: impl Iterator<Item = &'a Arn>) -> Value {
    json!({"class": class, "rotations": rotations.map(Arn::as_str).collect::<Vec<_>>()})
}

fn insert(fields: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    fields.insert(name.to_owned(), value.into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// The schema of the class; tests/schemas says where it is from.
    fn schema() -> jsonschema::Validator {
        let text = include_str!("../../tests/schemas/ocsf-1.6.0-compliance-finding.json");
        jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
    }

    fn events(report: &Report) -> Vec<Value> {
        let mut out = Vec::new();
        ocsf(report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(sample::is_raw));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_event_is_valid_whatever_the_texts_are() {
        let schema = schema();
        let hostile = sample::hostile_texts().map(|text| sample::hostile(&text));
        for event in hostile.iter().chain([&sample::report()]).flat_map(events) {
            let errors: Vec<String> = schema.iter_errors(&event).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }

    #[test]
    fn the_schema_notices_what_is_missing_or_misspelt() {
        let event = events(&sample::report()).remove(0);
        let broken = |change: fn(&mut Value)| {
            let mut event = event.clone();
            change(&mut event);
            !schema().is_valid(&event)
        };
        assert!(broken(|event| drop(event.as_object_mut().unwrap().remove("compliance"))));
        assert!(broken(|event| event["finding_info"]["titel"] = "x".into()));
        assert!(broken(|event| event["severity_id"] = 7.into()));
    }

    #[test]
    fn what_is_undecided_is_neither_a_failure_nor_a_pass_and_says_what_it_needs() {
        let report = sample::report();
        let events = events(&report);
        let open = report.undecided.len() + report.coverage.len();
        assert_eq!(events.len(), report.findings.len() + report.suppressed.len() + open);
        let of = |status: u64| events.iter().filter(move |event| event["compliance"]["status_id"] == status).count();
        assert_eq!((of(3), of(1), of(0)), (report.findings.len() + report.suppressed.len(), 0, open));
        let undecided = &events[events.len() - report.coverage.len() - 1]["compliance"]["status_details"];
        assert!(undecided[0].as_str().unwrap().contains("kms:GetKeyPolicy"), "{undecided}");
        let waived = &events[report.findings.len()];
        assert_eq!(
            (&waived["status"], &waived["finding_info"]["uid"]),
            (&"Suppressed".into(), &report.suppressed[0].finding.fingerprint.to_string().into())
        );
    }
}
