//! Rotations whose functions are in VPCs, each in one of its own: correct ones, and one for each fault that `tests/emulator_vpcs.py` plants in a
//! network. A live scan has to name what is to be mended, and nothing else.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::support::{Emulator, emulator};
use super::{found, list, scan_of, snapshot, verdict};

/// What a planted fault must become: the rule, what the finding is about, and the verdict of its rotation.
const EXPECTED: [(&str, &str, &str, &str); 8] = [
    ("NET-01", "secrets-manager-out-of-reach", "function_arn", "fails at createSecret"),
    ("NET-02", "secrets-manager-out-of-reach", "function_arn", "fails at createSecret"),
    ("NET-04", "private-names-off", "vpc_arn", "fails at createSecret"),
    ("NET-05", "endpoint-refuses-function", "endpoint_group_arn", "fails at createSecret"),
    ("NET-06", "security-group-keeps-function-in", "function_arn", "fails at createSecret"),
    ("NET-07", "network-acl-blocks-function", "network_acl_arn", "fails at createSecret"),
    ("NET-08", "endpoint-policy-denies", "endpoint_arn", "fails at finishSecret"),
    ("NET-08-RANDOM", "endpoint-policy-denies-random-password", "endpoint_arn", "fails at createSecret"),
];

/// The one list of the network that the stand-in does not have. Whether a NAT gateway leads to the internet hangs on it.
const NOT_ANSWERED: &str = "ec2:DescribeVpcBlockPublicAccessOptions";

/// The JSON report of a scan of the region that holds these VPCs; made once.
fn report(emulator: &Emulator) -> &'static Value {
    static REPORT: LazyLock<std::sync::Mutex<Option<&'static Value>>> = LazyLock::new(Default::default);
    let mut report = REPORT.lock().expect("no other test failed while it scanned");
    report.get_or_insert_with(|| {
        let scanned = found(&["scan", "--format", "json", "--region", region(emulator), "--endpoint-url", &emulator.endpoint]);
        Box::leak(Box::new(scanned))
    })
}

fn region(emulator: &Emulator) -> &str {
    emulator.manifest["vpcs"]["region"].as_str().expect("the region of the VPCs")
}

/// The rotation of a VPC as a report tells it.
fn verdict_of(report: &Value, planted: &Value) -> String {
    verdict(report, planted["secret_arn"].as_str().expect("a secret's ARN"))
}

/// What a report finds on the rotation of a VPC above the severity `info`: rule and resource.
fn findings_of(report: &Value, planted: &Value) -> BTreeSet<String> {
    let here = list(report, "findings").iter().filter(|finding| list(finding, "rotations").contains(&planted["secret_arn"]));
    here.filter(|finding| finding["severity"] != "info").map(|finding| told(&finding["rule"], &finding["resource"])).collect()
}

fn told(rule: &Value, resource: &Value) -> String {
    format!("{} on {}", rule.as_str().unwrap_or_default(), resource.as_str().unwrap_or("something that was not planted"))
}

/// The calls that are missing to decide what is undecided about the rotation of a VPC.
fn missing_for<'a>(report: &'a Value, planted: &Value) -> BTreeSet<&'a str> {
    let here = list(report, "undecided").iter().filter(|check| list(check, "rotations").contains(&planted["secret_arn"]));
    here.flat_map(|check| list(check, "missing")).filter_map(|gap| gap["call"].as_str()).collect()
}

#[test]
fn every_fault_of_a_network_is_found_on_what_has_to_be_mended_and_on_nothing_else() {
    let Some(emulator) = emulator() else { return };
    let report = report(emulator);
    let faults = list(&emulator.manifest["vpcs"], "faults");
    let ids: Vec<&Value> = faults.iter().map(|fault| &fault["id"]).collect();
    assert_eq!(ids, EXPECTED.map(|(id, ..)| id), "what is planted is what is expected");
    for (fault, (id, rule, link, wanted)) in faults.iter().zip(EXPECTED) {
        assert_eq!(findings_of(report, fault), BTreeSet::from([told(&json!(rule), &fault[link])]), "{id}");
        assert_eq!(verdict_of(report, fault), wanted, "{id}");
        // Each is decided without the list that is missing, those included that lead to the internet: what blocks them comes before the gateway.
        assert!(!missing_for(report, fault).contains(NOT_ANSWERED), "{id}");
    }
}

#[test]
fn a_function_beside_an_endpoint_rotates_and_nothing_is_found_on_it() {
    let Some(emulator) = emulator() else { return };
    let (report, planted) = (report(emulator), &emulator.manifest["vpcs"]["beside_endpoint"]);
    assert_eq!(verdict_of(report, planted), "rotates");
    assert_eq!(findings_of(report, planted), BTreeSet::new());
    assert!(!missing_for(report, planted).contains(NOT_ANSWERED), "no call of it leads to the internet");
}

/// The stand-in does not say whether VPC Block Public Access is on, so a live scan cannot know whether a NAT gateway is a way out. With that one
/// answer put into the snapshot, all else being what the stand-in told, it is.
#[test]
fn a_function_behind_a_nat_gateway_rotates_once_it_is_known_that_public_access_is_not_blocked() {
    let Some(emulator) = emulator() else { return };
    let (live, planted) = (report(emulator), &emulator.manifest["vpcs"]["behind_nat"]);
    assert_eq!(verdict_of(live, planted), "undecided");
    assert_eq!(findings_of(live, planted), BTreeSet::new());
    assert!(missing_for(live, planted).contains(NOT_ANSWERED));

    let mut snapshot = snapshot(emulator, "vpcs", &["--region", region(emulator)]);
    let place = emulator.manifest["vpcs"]["place"].as_str().expect("account and region");
    let answer = &mut snapshot["inventory"]["networks"][place]["block_public_access"];
    assert_eq!(answer["unreadable"]["call"], NOT_ANSWERED, "nothing is replaced that was read");
    *answer = json!({"value": {"mode": "off"}});
    let report = scan_of(&snapshot, "not-blocked");
    assert_eq!(verdict_of(&report, planted), "rotates");
    assert_eq!(findings_of(&report, planted), BTreeSet::new());
}
