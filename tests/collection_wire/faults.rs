//! Faults that pass are repeated until they have passed; those that stay are gaps, and nothing else is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use rotaudit::arn::Arn;
use rotaudit::inventory::{Api, Inventory, Secret, WhoAsks};
use rotaudit::source::aws::Options;

use super::collecting::{assert_same, options, run};
use super::mock::{Call, Fault, Faults, Mock};
use super::sample::sample;

/// A call of each protocol and service.
const CALLS: [&str; 8] = [
    "secretsmanager:ListSecrets",
    "kms:GetKeyPolicy",
    "lambda:GetPolicy",
    "ec2:DescribeSubnets",
    "rds:DescribeDBClusters",
    "route53:ListHostedZonesByVPC",
    "route53resolver:ListResolverRules",
    "iam:GetAccountAuthorizationDetails",
];

fn on_each(fault: &Fault) -> Faults {
    Faults { rules: CALLS.iter().map(|call| ((*call).to_owned(), fault.clone())).collect(), ..Faults::default() }
}

fn things(log: &[Call], name: &str) -> usize {
    log.iter().filter(|call| call.name == name).collect::<BTreeSet<_>>().len()
}

/// Collects the sample; gives what was found, what the mock has seen and what the wire has counted.
fn collect(faults: Faults, change: impl FnOnce(&mut Options)) -> (Inventory, Vec<Call>, rotaudit::source::aws::Numbers) {
    let mock = Mock::serve(sample(), faults);
    let mut options = Options { max_attempts: Some(4), ..options(&mock, &sample()) };
    change(&mut options);
    let found = run(&options).unwrap();
    (found, mock.log(), options.exchange.numbers())
}

#[test]
fn whatever_fails_twice_and_then_answers_changes_nothing() {
    let passing = [Fault::Throttle(usize::MAX), Fault::Html(500), Fault::Html(503), Fault::Html(200), Fault::Drop, Fault::Truncate];
    for fault in passing {
        let (found, log, numbers) = collect(on_each(&Fault::First(2, Box::new(fault.clone()))), |_| {});
        assert_same(&found, &sample(), &format!("{fault:?}"));
        for name in CALLS {
            let (things, counts) = (things(&log, name) as u64, numbers.calls[name]);
            assert!(things > 0);
            assert_eq!((counts.attempts, counts.retries, counts.answers), (3 * things, 2 * things, things), "{name} {fault:?}");
            let throttled = matches!(fault, Fault::Throttle(_));
            assert_eq!((counts.throttles, counts.failures), if throttled { (2 * things, 0) } else { (0, 2 * things) }, "{name} {fault:?}");
        }
    }
}

#[test]
fn an_answer_that_comes_too_late_is_asked_for_again() {
    let late = Fault::First(1, Box::new(Fault::Delay(Duration::from_secs(20))));
    let (found, log, numbers) = collect(on_each(&late), |options| options.answer_time = Duration::from_secs(2));
    assert_same(&found, &sample(), "late");
    for name in CALLS {
        assert!(numbers.calls[name].failures >= things(&log, name) as u64, "{name}");
    }
}

/// As a machine meets it that was asleep, or whose network was gone for a moment: everything that is under way fails at once.
#[test]
fn a_moment_without_answers_costs_nothing_however_much_was_under_way() {
    let mut many = sample();
    let secret = many.secrets.values().find(|it| it.arn.region() == "eu-west-1").unwrap().clone();
    for index in 0..100 {
        let arn = Arn::parse(&secret.arn.as_str().replace(secret.arn.name(), &format!("many-{index}-AbCdEf"))).unwrap();
        let secret = Secret { name: format!("many-{index}"), arn, ..secret.clone() };
        many.secrets.insert(secret.arn.clone(), secret);
    }
    let late = Fault::First(2, Box::new(Fault::Delay(Duration::from_secs(20))));
    let mock = Mock::serve(many.clone(), Faults::one("secretsmanager:ListSecretVersionIds", late));
    let options = Options { max_attempts: Some(4), answer_time: Duration::from_secs(1), ..options(&mock, &many) };
    assert_same(&run(&options).unwrap(), &many, "late");
    let counts = options.exchange.numbers().calls["secretsmanager:ListSecretVersionIds"];
    assert!(counts.failures >= 2 * 100, "{counts:?}");
}

#[test]
fn one_request_in_five_fails_in_some_way_and_nothing_is_lost() {
    let faults = [Fault::Throttle(usize::MAX), Fault::Html(500), Fault::Html(200), Fault::Drop, Fault::Truncate];
    for seed in [1, 22, 333] {
        let rule = Fault::Some(seed, 20, faults.to_vec());
        let (found, log, numbers) = collect(Faults::one("*", rule), |options| options.max_attempts = Some(10));
        assert_same(&found, &sample(), &format!("seed {seed}"));
        let total = numbers.total();
        assert_eq!(total.attempts, log.len() as u64, "what was sent is what came");
        assert_eq!(total.answers, log.iter().collect::<BTreeSet<_>>().len() as u64, "each call has one answer");
        assert_eq!(total.attempts, total.answers + total.throttles + total.failures);
        assert_eq!(total.retries, total.attempts - total.answers);
        assert!(total.throttles > 0 && total.failures > 0);
    }
}

#[test]
fn without_faults_each_call_is_made_once_and_counted_once() {
    let (_, log, numbers) = collect(Faults::default(), |_| {});
    let of_accounts = Api::ALL.into_iter().filter(|api| api.spec().asked_by == WhoAsks::EachAccount && *api != Api::DescribeRegions);
    assert_eq!(numbers.calls.keys().copied().collect::<BTreeSet<_>>(), of_accounts.map(|api| api.spec().name).collect());
    for (name, counts) in &numbers.calls {
        assert_eq!(counts.attempts, things(&log, name) as u64, "{name}");
        assert_eq!((counts.answers, counts.retries, counts.throttles, counts.failures), (counts.attempts, 0, 0, 0), "{name}");
        assert!(counts.bytes > 0, "{name}");
    }
}

#[test]
fn a_page_is_asked_to_hold_what_the_table_of_calls_says() {
    let (_, log, _) = collect(Faults::default(), |_| {});
    for call in log {
        assert_eq!(call.most, Api::named(&call.name).unwrap().page_size(), "{}", call.name);
    }
}

#[test]
fn a_clock_that_is_wrong_by_an_hour_is_corrected() {
    let mut faults = on_each(&Fault::Ahead(3600));
    faults.rules.push(("sts:GetCallerIdentity".to_owned(), Fault::Ahead(3600)));
    let (found, log, _) = collect(faults, |_| {});
    assert_same(&found, &sample(), "an hour ahead");
    assert!(log.iter().filter(|call| call.name == "sts:GetCallerIdentity").count() == 2, "the first signature was too old");
}

#[test]
fn what_is_gone_between_the_list_and_the_call_never_stops_the_others() {
    let gone = [
        ("secretsmanager:GetResourcePolicy", "ResourceNotFoundException"),
        ("secretsmanager:ListSecretVersionIds", "ResourceNotFoundException"),
        ("lambda:GetFunctionConfiguration", "ResourceNotFoundException"),
        ("lambda:GetPolicy", "ResourceNotFoundException"),
        ("kms:DescribeKey", "NotFoundException"),
        ("kms:GetKeyPolicy", "NotFoundException"),
        ("kms:ListGrants", "NotFoundException"),
        ("ec2:DescribeVpcAttribute", "InvalidVpcID.NotFound"),
        ("route53:ListResourceRecordSets", "NoSuchHostedZone"),
    ];
    for (name, code) in gone {
        let (found, log, numbers) = collect(Faults::one(name, Fault::Error(code)), |_| {});
        assert_eq!(numbers.calls[name].retries, 0, "{name}: it will not come back");
        assert_eq!(found.secrets.len(), sample().secrets.len(), "{name}");
        assert_eq!(found.accounts, sample().accounts, "{name}");
        assert!(things(&log, name) > 0);
        let others = found.gaps().into_iter().filter(|gap| gap.call.as_ref() != name && !sample().gaps().contains(gap));
        assert_eq!(others.map(|gap| gap.to_string()).collect::<Vec<_>>(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_page_token_that_has_expired_makes_the_list_be_read_again_once() {
    let all = sample();
    let regions = all.accounts.values().flat_map(|account| account.regions.keys());
    let most = regions.map(|region| all.secrets.keys().filter(|arn| arn.region() == region).count());
    let two_pages = most.max().unwrap().div_ceil(2);
    let name = "secretsmanager:ListSecrets";
    let passing = Faults { page: two_pages, ..Faults::one(name, Fault::First(1, Box::new(Fault::StaleToken))) };
    let (found, log, _) = collect(passing, |_| {});
    assert_same(&found, &sample(), "read again");
    let first_pages =
        |log: &[Call]| log.iter().filter(|call| call.name == name && call.subject.is_empty() && call.region == "eu-west-1").count();
    assert_eq!(first_pages(&log), 2);
    let staying = Faults { page: two_pages, ..Faults::one(name, Fault::StaleToken) };
    let (found, log, _) = collect(staying, |_| {});
    assert_eq!(first_pages(&log), 2, "once, and not for ever");
    assert!(found.gaps().iter().any(|gap| gap.call.as_ref() == name && gap.error.contains("InvalidNextToken")));
}
