//! Every scenario file is run, and every verdict, code, missing call and way is compared exactly.

use std::collections::{BTreeMap, BTreeSet};

use rotaudit::access::Access;
use rotaudit::arn::Arn;
use rotaudit::inventory::{Inventory, Known, clean};
use rotaudit::network::{Code, Paths, Reach, Reason, Target, Verdict, Way};
use rotaudit::policy::Decision;
use rotaudit::rotation::{judge, rotations};
use serde_json::{Value, json};

use crate::load::{self, Case, Scenario};

pub(crate) const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";

fn ask(scenario: &Scenario, case: &Case) -> Reach {
    let (inventory, configuration) = load::build(scenario, case);
    let paths = Paths::new(&inventory);
    let function = Arn::parse(FUNCTION).unwrap();
    match &case.to {
        Some(to) => paths.to_target(&configuration, &function, &Known::Value(load::target(&inventory, to))),
        None => paths.to_secrets_manager(&configuration, &function, case.secret_region.as_deref().unwrap_or("eu-west-1")),
    }
}

fn codes(reasons: &[Reason]) -> BTreeSet<&str> {
    reasons.iter().map(|reason| reason.code.as_str()).collect()
}

fn way(way: &Way) -> Value {
    match way {
        Way::Outside => json!("outside"),
        Way::Internet => json!("internet"),
        Way::Private => json!("private"),
        Way::Unknown => json!("unknown"),
        Way::Endpoint(way) => {
            let endpoints: Vec<&String> = way.endpoints.iter().map(|endpoint| &endpoint.id).collect();
            let sources: Vec<String> = way.sources.iter().map(ToString::to_string).collect();
            json!({"vpc": way.vpc, "endpoints": endpoints, "sources": sources})
        }
    }
}

/// What differs from what the file expects.
fn differences(case: &Case, reach: &Reach) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, expected: String, found: String| {
        if expected != found {
            wrong.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    let set = |texts: &[String]| format!("{:?}", texts.iter().map(String::as_str).collect::<BTreeSet<_>>());
    compare("verdict", case.verdict.clone(), reach.verdict.to_string());
    compare("reasons", set(&case.reasons), format!("{:?}", codes(&reach.reasons)));
    compare("remarks", set(&case.remarks), format!("{:?}", codes(&reach.remarks)));
    compare("way", case.way.to_string(), way(&reach.way).to_string());
    let missing: BTreeSet<&str> = reach.reasons.iter().filter_map(|reason| Some(reason.gap.as_ref()?.call.as_ref())).collect();
    compare("missing", set(&case.missing), format!("{missing:?}"));
    let blocked: BTreeSet<&str> =
        reach.subnets.iter().filter(|path| path.verdict == Verdict::Blocked).map(|path| path.subnet.as_str()).collect();
    let some = if blocked.len() < reach.subnets.len() { blocked } else { BTreeSet::new() };
    compare("blocked from", set(&case.blocked_from), format!("{some:?}"));
    wrong
}

fn shown(reach: &Reach) -> String {
    let mut lines: Vec<String> = reach.reasons.iter().map(|reason| format!("    because {reason}")).collect();
    for path in &reach.subnets {
        lines.push(format!("    from {}: {}", path.subnet, path.verdict));
        lines.extend(path.hops.iter().map(|hop| format!("      {} {}: {} [{}]", hop.kind, hop.id, hop.says, hop.verdict)));
    }
    lines.join("\n")
}

#[test]
fn every_scenario_comes_out_as_its_file_says() {
    let mut wrong = Vec::new();
    for (name, scenario) in load::scenarios() {
        assert!(!scenario.cases.is_empty(), "{name} has no case");
        for case in &scenario.cases {
            let reach = ask(&scenario, case);
            let differences = differences(case, &reach);
            if !differences.is_empty() {
                wrong.push(format!("{name} ({}), {}:\n  {}\n{}", scenario.title, case.name, differences.join("\n  "), shown(&reach)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_number_of_the_list_has_its_file_and_what_policies_decide_says_so() {
    let scenarios = load::scenarios();
    let numbers: Vec<u8> = scenarios.iter().filter_map(|(_, scenario)| scenario.number).collect();
    assert_eq!(numbers, (1..=44).collect::<Vec<u8>>());
    for (name, scenario) in &scenarios {
        if let Some(number) = scenario.number {
            assert!(name.starts_with(&format!("{number:02}-")), "{name} is scenario {number}");
        }
        let decided_by_policies = matches!(scenario.number, Some(41..=43));
        for case in &scenario.cases {
            assert_eq!(case.then.is_some(), decided_by_policies, "{name}: say what policies make of the calls");
        }
    }
}

/// How each operation of Secrets Manager that the function calls is decided, with the reason.
fn decided(inventory: &Inventory) -> BTreeMap<String, (Decision, String)> {
    let rotations = rotations(inventory);
    let rotation = rotations.iter().find(|rotation| rotation.secret.arn.as_str() == clean::SECRET).unwrap();
    let judgement = judge(rotation, &Access::new(inventory), None);
    judgement
        .calls
        .iter()
        .filter_map(|call| Some((call.action.strip_prefix("secretsmanager:")?.to_owned(), (call.decision, call.because.to_string()))))
        .collect()
}

#[test]
fn policies_decide_the_calls_that_go_the_way_of_a_scenario() {
    for (name, scenario) in load::scenarios() {
        for (case, then) in scenario.cases.iter().filter_map(|case| Some((case, case.then.as_ref()?))) {
            let decided = decided(&load::rotation_over(&scenario, case));
            let when = format!("{name}, {}: {decided:#?}", case.name);
            assert_eq!(decided.len(), 5, "{when}");
            let denied = |decision: Decision| matches!(decision, Decision::ImplicitDeny | Decision::ExplicitDeny);
            let found: Vec<&String> = decided.iter().filter(|(_, (decision, _))| denied(*decision)).map(|(name, _)| name).collect();
            assert_eq!(found, then.denied.iter().collect::<Vec<_>>(), "{when}");
            for (decision, because) in decided.values() {
                assert!(if denied(*decision) { because.contains(&then.says) } else { *decision == Decision::Allowed }, "{when}");
            }
        }
    }
}

/// What no file shows, because it would be too long: `limits.rs` does.
const UNSEEN: [&str; 1] = ["NET_TOO_LARGE"];

#[test]
fn every_code_is_shown_by_some_scenario() {
    let scenarios = load::scenarios();
    let seen: BTreeSet<&str> = scenarios
        .iter()
        .flat_map(|(_, scenario)| &scenario.cases)
        .flat_map(|case| case.reasons.iter().chain(&case.remarks))
        .map(String::as_str)
        .collect();
    let unseen: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).filter(|code| !seen.contains(code)).collect();
    assert_eq!(unseen, UNSEEN);
}

#[test]
fn a_blocked_path_marks_the_hop_that_stops_it_and_a_reachable_one_none() {
    for (name, scenario) in load::scenarios() {
        for case in &scenario.cases {
            for path in &ask(&scenario, case).subnets {
                let stops = path.hops.iter().filter(|hop| hop.verdict == Verdict::Blocked).count();
                match path.verdict {
                    Verdict::Reachable => assert!(path.hops.iter().all(|hop| hop.verdict == Verdict::Reachable), "{name}, {}", case.name),
                    Verdict::Blocked => assert!(stops > 0, "{name}, {}", case.name),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn the_clean_network_leads_to_both_destinations() {
    let inventory = clean::account_in_vpc().unwrap();
    let paths = Paths::new(&inventory);
    let (arn, function) = inventory.functions.iter().next().unwrap();
    let configuration = function.configuration.value().unwrap().as_ref().unwrap();
    let network = &inventory.networks[clean::PLACE];
    let target = Target::of(clean::DATABASE, &network.databases.value().unwrap()[clean::DATABASE]);
    let api = paths.to_secrets_manager(configuration, arn, arn.region());
    assert_eq!((api.verdict, api.reasons.len(), api.remarks.len()), (Verdict::Reachable, 0, 0));
    let endpoints: Vec<&str> = match &api.way {
        Way::Endpoint(way) => way.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect(),
        _ => Vec::new(),
    };
    assert_eq!(endpoints, [clean::ENDPOINT]);
    assert_eq!(paths.to_target(configuration, arn, &Known::Value(Some(target))).verdict, Verdict::Reachable);
}
