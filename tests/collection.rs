//! The collector against the mock: what it reads is what there is, whatever goes wrong is a gap, and it asks for nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "support/collecting.rs"]
mod collecting;
#[path = "support/lost.rs"]
mod lost;
#[path = "support/mock.rs"]
mod mock;
#[path = "support/networks.rs"]
mod networks;
#[path = "support/sample.rs"]
mod sample;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_sdk_sts::config::SharedCredentialsProvider;
use collecting::{assert_same, collected, options, run, watched};
use lost::lose;
use mock::{Call, Fault, Faults, Mock, PLANTED};
use rotaudit::arn::AccountId;
use rotaudit::inventory::{Api, Known, NEVER, WhoAsks, clean, snapshot};
use rotaudit::source::aws::{Options, ProposedFunction};
use rotaudit::source::{Progress, SourceError};
use sample::{ACCOUNT, GONE_ALIAS, arn, sample};

/// The calls of a scan of one account. Those that find regions and accounts are made in `collection_accounts`.
fn of_every_scan() -> impl Iterator<Item = Api> {
    Api::ALL.into_iter().filter(|api| api.spec().asked_by == WhoAsks::EachAccount && *api != Api::DescribeRegions)
}

#[test]
fn what_is_collected_is_what_there_is() {
    let mut clean = clean::account().unwrap();
    clean.networks.entry(format!("{}/{}", clean::ACCOUNT, clean::REGION)).or_default();
    for mut inventory in [sample(), clean, clean::account_in_vpc().unwrap()] {
        // Whoever has not asked for the organization is told here that there is none.
        inventory.accounts.values_mut().for_each(|account| {
            account.organization.get_or_insert_default();
        });
        for page in [1, 2, 100] {
            let (found, _) = collected(&inventory, Faults::paged(page));
            assert_same(&found.unwrap(), &inventory, &format!("{page} on a page"));
        }
    }
}

#[test]
fn an_account_that_was_read_in_part_is_collected_again_as_it_is() {
    let mut inventory = sample();
    for api in of_every_scan().filter(|api| !matches!(api, Api::GetCallerIdentity | Api::ListSecrets)) {
        lose(&mut inventory, api, "AccessDeniedException: by a policy of theirs");
    }
    inventory.keys.clear();
    for secret in inventory.secrets.values_mut() {
        (secret.kms_key_id, secret.key) = (None, Known::Value(None));
    }
    let (found, _) = collected(&inventory, Faults::default());
    assert_same(&found.unwrap(), &inventory, "in part");
}

#[test]
fn a_snapshot_of_what_is_collected_is_read_as_it_was_written_and_holds_no_value_of_the_environment() {
    let (found, _) = collected(&sample(), Faults::default());
    let found = found.unwrap();
    let text = snapshot::to_text(&found).unwrap();
    assert!(!text.contains(PLANTED) && text.contains("DB_PASSWORD"), "a name is kept, and no value");
    assert!(text.contains("SECRETS_MANAGER_ENDPOINT"), "a variable that decides an endpoint is kept");
    let read = snapshot::from_text(text.as_bytes()).unwrap();
    assert_eq!(read, found);
    assert_eq!(snapshot::to_text(&read).unwrap(), text);
}

/// What the program prints to both its outputs.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).output().unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn a_password_that_some_answer_holds_is_in_no_snapshot_report_or_explanation() {
    let mut inventory = clean::account_in_vpc().unwrap();
    // An endpoint may name a user, as any URL.
    let function = inventory.functions.values_mut().next().unwrap();
    let Known::Value(Some(configuration)) = &mut function.configuration else { panic!("the clean function exists") };
    let url = format!("https://rotaudit:{PLANTED}@secretsmanager.eu-west-1.amazonaws.com?key={PLANTED}");
    configuration.endpoint_variables.insert("SECRETS_MANAGER_ENDPOINT".to_owned(), url);
    if let Some(Known::Value(variables)) = configuration.details.as_mut().map(|it| &mut it.variables) {
        variables.names.insert("DB_PASSWORD".to_owned());
    }
    // A finding shows facts, so there is one of a function, of a key and of the network.
    configuration.state = Some("Failed".to_owned());
    configuration.state_reason_code = Some("KMSKeyAccessDenied".to_owned());
    for network in inventory.networks.values_mut() {
        let Known::Value(groups) = &mut network.security_groups else { continue };
        for group in groups.values_mut() {
            group.ingress.clear();
        }
    }
    for key in inventory.keys.values_mut() {
        let Known::Value(Some(metadata)) = &mut key.metadata else { continue };
        "Disabled".clone_into(&mut metadata.state);
    }
    let (found, _) = collected(&inventory, Faults::default());
    let text = snapshot::to_text(&found.unwrap()).unwrap();
    assert!(text.contains("https://***@secretsmanager.eu-west-1.amazonaws.com?***"), "the host is kept");
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("planted-{}.json", std::process::id()));
    std::fs::write(&file, &text).unwrap();
    let path = file.to_str().unwrap();
    let mut all = vec![("snapshot".to_owned(), text)];
    for format in ["table", "json"] {
        all.push((format!("scan {format}"), printed(&["scan", "--snapshot", path, "--format", format])));
        all.push((format!("explain {format}"), printed(&["explain", "--snapshot", path, "prod/db", "--format", format])));
    }
    std::fs::remove_file(&file).unwrap();
    assert!(all[1].1.contains("function-artefact-unusable") && all[1].1.contains("key-not-usable"), "{}", all[1].1);
    for (what, text) in all {
        assert!(!text.contains(PLANTED), "{what}: {text}");
    }
}

#[test]
fn every_call_of_the_table_is_made_once_for_each_thing_and_no_other_is_made() {
    let (found, log) = collected(&sample(), Faults::default());
    found.unwrap();
    let table: BTreeSet<&str> = of_every_scan().map(|api| api.spec().name).collect();
    let made: BTreeSet<&str> = log.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(made, table);
    assert!(NEVER.iter().all(|action| !made.contains(action)));
    let mut times: BTreeMap<&Call, usize> = BTreeMap::new();
    for call in &log {
        *times.entry(call).or_default() += 1;
    }
    let twice: Vec<_> = times.into_iter().filter(|(_, times)| *times > 1).collect();
    // Two secrets name one key by two spellings of an alias: one name, one call, and none by the key's own ARN.
    assert_eq!(twice, []);
    assert_eq!(log.iter().filter(|call| call.name == "kms:DescribeKey").count(), 6);
}

#[test]
fn a_secret_without_policies_is_asked_for_their_names_and_no_more() {
    let (found, log) = collected(&sample(), Faults::default());
    let policies: Vec<usize> = found.unwrap().secrets.values().map(|secret| secret.policies.value().unwrap().len()).collect();
    let asked = |name: &str| log.iter().filter(|call| call.name == name).count();
    assert_eq!(asked("secretsmanager:ListResourcePolicies"), policies.len());
    assert_eq!((asked("secretsmanager:GetResourcePolicy"), policies.iter().max()), (policies.iter().sum(), Some(&2)));
}

#[test]
fn where_policies_cannot_be_listed_the_one_that_people_write_is_read_all_the_same() {
    // How a region answers that does not have the call yet.
    let fault = Fault::Error("UnknownOperationException");
    let (found, _) = collected(&sample(), Faults::one("secretsmanager:ListResourcePolicies", fault));
    let found = found.unwrap();
    let secret = found.secrets.values().find(|secret| secret.name == "prod/api").unwrap();
    let names: Vec<&str> = secret.policies.value().unwrap().iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["default"]);
    let gap = secret.policies_listed.as_ref().and_then(Known::gap).unwrap();
    assert_eq!(gap.error.as_ref(), "UnknownOperationException: as the test wants it");
    assert!(found.gaps().contains(gap), "the coverage says so");
}

/// Each call in turn fails by `fault`: the collection ends, and exactly what that call tells is unreadable because of `error`.
fn each_call_fails(fault: &Fault, error: impl Fn(&str) -> String) {
    for api in of_every_scan() {
        let name = api.spec().name;
        let (found, _) = collected(&sample(), Faults::one(name, fault.clone()));
        if api == Api::GetCallerIdentity {
            found.unwrap_err();
            continue;
        }
        let mut expected = sample();
        lose(&mut expected, api, &error(name));
        let found = found.unwrap();
        assert_same(&found, &expected, &format!("{name} {fault:?}"));
        assert!(found.gaps().iter().any(|gap| gap.call.as_ref() == name), "{name}");
    }
}

#[test]
fn a_denied_call_leaves_exactly_its_facts_unreadable() {
    each_call_fails(&Fault::Deny, |name| {
        let code = match name.split(':').next() {
            Some("ec2") => "UnauthorizedOperation",
            Some("iam" | "rds" | "cloudformation" | "route53") => "AccessDenied",
            _ => "AccessDeniedException",
        };
        format!("{code}: not authorized to perform {name}")
    });
}

#[test]
fn a_web_page_in_place_of_an_answer_is_a_gap() {
    each_call_fails(&Fault::Html(500), |_| "the answer is not AWS's (HTTP 500)".to_owned());
    each_call_fails(&Fault::Html(200), |_| "the answer is not AWS's (HTTP 200)".to_owned());
}

#[test]
fn an_answer_that_breaks_off_is_a_gap() {
    each_call_fails(&Fault::Truncate, |_| "the answer broke off".to_owned());
}

#[test]
fn a_dropped_connection_is_a_gap() {
    each_call_fails(&Fault::Drop, |_| "no connection: connection closed before message completed".to_owned());
}

#[test]
fn throttled_calls_are_made_again_until_they_answer() {
    let mock = Mock::serve(sample(), Faults::one("*", Fault::Throttle(2)));
    let options = Options { max_attempts: Some(5), ..options(&mock, &sample()) };
    assert_same(&run(&options).unwrap(), &sample(), "throttled");
    assert_eq!(mock.log().iter().filter(|call| call.name == "iam:GetAccountAuthorizationDetails").count(), 3);
}

#[test]
fn everything_failing_at_once_ends_with_gaps() {
    for fault in [Fault::Deny, Fault::Drop, Fault::Truncate, Fault::Html(200)] {
        let (found, _) = collected(&sample(), Faults::one("*", fault));
        let found = found.unwrap();
        assert!(found.secrets.is_empty() && found.accounts.values().all(|account| account.identities.gap().is_some()));
        assert_eq!(found.gaps().len(), 4, "two regions, the identities and the organization");
    }
}

#[test]
fn a_list_that_never_ends_is_a_gap() {
    let faults = Faults { page: 2, ..Faults::one("secretsmanager:ListSecrets", Fault::Loop) };
    let (found, _) = collected(&sample(), faults);
    let gap = found.unwrap().gaps().into_iter().find(|gap| gap.call.as_ref() == "secretsmanager:ListSecrets").unwrap();
    assert_eq!(gap.error.as_ref(), "the same page was offered twice");
}

#[test]
fn a_slow_call_does_not_change_the_inventory() {
    let (found, _) = collected(&sample(), Faults::one("kms:DescribeKey", Fault::Delay(Duration::from_millis(50))));
    assert_same(&found.unwrap(), &sample(), "slow");
}

#[test]
fn a_function_that_no_secret_names_yet_is_read_when_asked_for() {
    let mut inventory = sample();
    for secret in inventory.secrets.values_mut() {
        secret.rotation.function = None;
    }
    let (found, _) = collected(&inventory, Faults::default());
    assert!(found.unwrap().functions.is_empty());
    let mock = Mock::serve(inventory.clone(), Faults::default());
    let named = arn("arn:aws:lambda:eu-west-1:111122223333:function:rotate:live");
    let options = Options { functions: vec![named], ..options(&mock, &inventory) };
    inventory.functions.retain(|arn, _| arn.name() == "rotate");
    inventory.networks.retain(|place, _| place.ends_with("eu-west-1"));
    inventory.networks.values_mut().for_each(|network| network.attached_databases.clear());
    assert_same(&run(&options).unwrap(), &inventory, "named");
}

#[test]
fn a_function_that_is_proposed_for_a_secret_is_read_beside_it() {
    let mut inventory = clean::account().unwrap();
    inventory.secrets.values_mut().for_each(|secret| secret.rotation.function = None);
    let mock = Mock::serve(inventory.clone(), Faults::default());
    let read = |secret: &str, function: &str| {
        let proposed = ProposedFunction { secret: secret.to_owned(), function: function.to_owned() };
        run(&Options { proposed: Some(proposed), ..options(&mock, &inventory) }).unwrap().functions
    };
    for secret in ["prod/db", clean::SECRET] {
        for function in ["rotate-db", "111122223333:function:rotate-db", clean::FUNCTION] {
            assert_eq!(read(secret, function), inventory.functions, "{function} for {secret}");
        }
    }
    let alias = read("prod/db", "rotate-db:live");
    assert!(alias[clean::FUNCTION].policies.contains_key("live") && alias[clean::FUNCTION].qualified.contains_key("live"));
    let missing = read("prod/db", "rotate-nothing").into_values().next().unwrap();
    assert_eq!((missing.arn.name(), missing.configuration), ("rotate-nothing", Known::Value(None)));
    assert!(read("prod/dbs", "rotate-db").is_empty(), "there is no such secret");
}

#[test]
fn an_arn_that_names_no_region_is_never_part_of_a_host_name() {
    let mut inventory = sample();
    let function = "arn:aws:lambda:evil.example/:111122223333:function:f";
    let secret = inventory.secrets.values_mut().next().unwrap();
    secret.rotation.function = Some(arn(function));
    secret.kms_key_id = Some("arn:aws:kms:evil.example#:111122223333:key/1".to_owned());
    let (found, log) = collected(&inventory, Faults::default());
    let found = found.unwrap();
    assert!(found.gaps().iter().any(|gap| gap.resource.as_ref() == function && gap.error.contains("no AWS region")));
    assert!(log.iter().all(|call| !call.subject.contains("evil.example")));
}

#[test]
fn an_alias_behind_which_is_no_key_stands_for_itself() {
    let (found, _) = collected(&sample(), Faults::default());
    assert_eq!(found.unwrap().keys[&arn(GONE_ALIAS)].metadata, Known::Value(None));
}

#[test]
fn whoever_cannot_start_is_told_why_and_how() {
    let refused = |fault: Fault| {
        let (found, _) = collected(&sample(), Faults::one("sts:GetCallerIdentity", fault));
        found.unwrap_err()
    };
    assert!(matches!(refused(Fault::Error("ExpiredToken")), SourceError::ExpiredCredentials { .. }));
    let error = refused(Fault::Error("InvalidClientTokenId"));
    assert!(matches!(&error, SourceError::RefusedCredentials { region, .. } if region == "eu-west-1"), "{error}");
    assert!(error.to_string().contains("--demo"));
    assert!(matches!(refused(Fault::Drop), SourceError::Unreachable { .. }));

    let mock = Mock::serve(sample(), Faults::default());
    let wrong = Options { regions: vec!["eu-wset-1/".to_owned()], ..options(&mock, &sample()) };
    let error = run(&wrong).unwrap_err();
    assert!(error.to_string().contains("did you mean eu-west-1?"), "{error}");
    let profile = ProfileFileCredentialsProvider::builder().profile_name("rotaudit-test-of-no-such-profile").build();
    let nameless = Options {
        credentials: Some(SharedCredentialsProvider::new(profile)),
        profile: Some("typo".to_owned()),
        ..options(&mock, &sample())
    };
    let error = run(&nameless).unwrap_err();
    assert!(matches!(error, SourceError::NoCredentials { .. }), "{error}");
    assert!(error.to_string().contains("profile \"typo\" gives none") && error.to_string().contains("--demo"), "{error}");
    let nobody = Options { endpoint_url: Some("http://127.0.0.1:1".to_owned()), ..options(&mock, &sample()) };
    assert!(matches!(run(&nobody), Err(SourceError::Unreachable { .. })));
}

#[test]
fn every_enabled_region_is_asked_when_all_are_wanted() {
    let mock = Mock::serve(sample(), Faults::default());
    let options = Options { all_regions: true, regions: vec!["ap-south-1".to_owned()], ..options(&mock, &sample()) };
    assert_same(&run(&options).unwrap(), &sample(), "all regions");
}

#[test]
fn every_known_region_is_asked_when_nobody_tells_which_are_enabled() {
    for (fault, told) in [(Fault::Deny, "UnauthorizedOperation"), (Fault::Text("<DescribeRegionsResponse><regionInfo><item><regionName>evil.example/</regionName></item></regionInfo></DescribeRegionsResponse>".to_owned()), "not AWS's")] {
        let mock = Mock::serve(sample(), Faults::one("ec2:DescribeRegions", fault));
        let options = Options { all_regions: true, ..options(&mock, &sample()) };
        let found = run(&options).unwrap();
        let account = &found.accounts[&AccountId::parse(ACCOUNT).unwrap()];
        assert!(account.regions.len() > 30 && account.regions.contains_key("ap-south-1") && !account.regions.contains_key("cn-north-1"));
        assert_eq!(found.secrets, sample().secrets);
        let gap = account.enabled_regions.as_ref().unwrap();
        assert!(found.gaps().contains(gap) && gap.error.contains(told), "{gap}");
        assert!(mock.log().iter().all(|call| !call.region.contains("evil")));
    }
}

/// Keeps the last step of each kind.
#[derive(Default)]
struct Watch(RefCell<BTreeMap<String, (usize, Option<usize>)>>);

impl Progress for Watch {
    fn step(&self, what: &str, done: usize, total: Option<usize>) {
        self.0.borrow_mut().insert(what.to_owned(), (done, total));
    }
}

#[test]
fn progress_comes_to_its_end() {
    let mock = Mock::serve(sample(), Faults::default());
    let watch = Watch::default();
    watched(&options(&mock, &sample()), &watch).unwrap();
    let last = watch.0.into_inner();
    assert_eq!(
        last.keys().map(String::as_str).collect::<Vec<_>>(),
        ["accounts", "functions", "identities", "keys", "networks", "regions", "secrets"]
    );
    assert!(last.values().all(|(done, total)| Some(*done) == *total), "{last:?}");
    assert_eq!(last["secrets"].0, sample().secrets.len());
}
