//! A large organization, collected from a mock that enforces AWS's rates, throttles five calls of a hundred and fails one of a hundred.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]
#![expect(clippy::print_stdout, reason = "docs/collection.md tells these figures, and how they are printed")]

mod bound;
#[path = "../support/collecting.rs"]
mod collecting;
#[path = "../support/generate.rs"]
#[expect(dead_code, reason = "its shape is given here")]
mod generate;
#[path = "../support/mock.rs"]
mod mock;
#[path = "../support/networks.rs"]
mod networks;
#[path = "../support/sample.rs"]
#[expect(dead_code, reason = "only its account is used here")]
mod sample;
mod world;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use bound::fewest;
use collecting::{assert_same, options, run};
use mock::{Call, Fault, Faults, Mock};
use rotaudit::audit::audit;
use rotaudit::inventory::Inventory;
use rotaudit::report;
use rotaudit::rules::RuleSet;
use rotaudit::source::aws::{Accounts, Counts, Exchange, Options, Rates};
use rotaudit::source::snapshot;
use world::{REFUSED, World, role};

/// Of a hundred calls five are throttled, and one fails in some other way.
fn faults() -> Faults {
    let failures = [Fault::Html(503), Fault::Html(200), Fault::Drop, Fault::Truncate];
    let all = [vec![Fault::Throttle(usize::MAX); 20], failures.to_vec()].concat();
    // Every role is refused once for coming too fast: so few calls would not suffer each of these.
    let roles = ("sts:AssumeRole".to_owned(), Fault::First(1, Box::new(Fault::Throttle(usize::MAX))));
    Faults { rules: vec![roles, ("*".to_owned(), Fault::Some(3, 6, all))], page: 1_000, rates: true, ..Faults::default() }
}

/// What a collection found, what the mock saw of it, and what it counted itself.
struct Collected {
    found: Inventory,
    log: Vec<Call>,
    /// The requests that came faster than AWS allows.
    too_fast: usize,
    total: Counts,
}

fn collected(served: &Inventory) -> Collected {
    let mock = Mock::serve(served.clone(), faults());
    let exchange = Exchange::new(Rates::Documented);
    let roles = served.accounts.keys().map(|account| role(account.as_str())).collect();
    let base = options(&mock, served);
    let options = Options {
        accounts: Accounts::Roles { roles, own: false },
        max_attempts: None,
        exchange: exchange.clone(),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new("999999999999", "secret", None, None, "test"))),
        ..base
    };
    let found = run(&options).unwrap();
    Collected { found, log: mock.log(), too_fast: mock.throttles(), total: exchange.numbers().total() }
}

/// The report of an inventory that is read from a file.
fn report_of_a_file(inventory: &Inventory) -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("organization.json.zst");
    snapshot::write(&file, inventory).unwrap();
    reported(&snapshot::read(&file).unwrap())
}

fn reported(inventory: &Inventory) -> String {
    let mut out = Vec::new();
    report::json(&audit(inventory, &RuleSet::builtin().unwrap()), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// One collection has the machine to itself: what is measured are rates, not who gets the processor.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_large_organization_is_read_whole_politely_and_with_hardly_a_call_too_many() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let world = World::new();
    let rotating = world.served.secrets.values().filter(|secret| secret.rotation.enabled).count();
    assert!(world.served.accounts.len() == 50 && rotating >= 5_000, "{rotating} rotations");
    // The report that must come out is made while the collection waits for its turn.
    let (collected, expected) = thread::scope(|scope| {
        let expected = scope.spawn(|| report_of_a_file(&world.readable));
        (collected(&world.served), expected.join().unwrap())
    });
    assert_whole(&collected.found, &world.readable, &expected);
    assert_few(&collected, fewest(&world.readable, world.open()));
    assert_polite(&collected);
}

#[test]
fn one_account_takes_little_longer_than_the_rates_make_it() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let served = world::one_account();
    let mock = Mock::serve(served.clone(), Faults { page: 1_000, rates: true, ..Faults::default() });
    let account = served.accounts.keys().next().unwrap().as_str();
    let base = options(&mock, &served);
    let options = Options {
        max_attempts: None,
        exchange: Exchange::new(Rates::Documented),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new(account, "secret", None, None, "test"))),
        ..base
    };
    assert_same(&run(&options).unwrap(), &served, "one account");
    let numbers = options.exchange.numbers();
    let busiest = numbers.busiest.unwrap();
    let ratio = numbers.time.as_secs_f64() / busiest.least.as_secs_f64();
    println!("{:.1} s, {ratio:.2} times the {:.1} s of {busiest:?}", numbers.time.as_secs_f64(), busiest.least.as_secs_f64());
    assert!(busiest.least.as_secs() >= 6 && busiest.group.starts_with("secretsmanager:"), "{busiest:?}");
    assert!((1.0..2.0).contains(&ratio), "{ratio}");
    let throttles: u64 = numbers.calls.values().map(|counts| counts.throttles).sum();
    assert!(throttles * 50 <= busiest.requests, "{throttles}");
}

/// What three refused accounts and the locked keys leave unread is missing, and nothing else.
fn assert_whole(found: &Inventory, readable: &Inventory, expected: &str) {
    assert_same(found, readable, "collected");
    let gaps = readable.gaps();
    let of = |call: &str| gaps.iter().filter(|gap| &*gap.call == call).map(|gap| &gap.resource).collect::<BTreeSet<_>>().len();
    assert_eq!(of("sts:AssumeRole"), REFUSED);
    assert!(of("kms:GetKeyPolicy") >= 4, "{}", of("kms:GetKeyPolicy"));
    let told = reported(found);
    let differing = told.lines().zip(expected.lines()).find(|(told, truth)| told != truth);
    assert_eq!(differing, None, "{} and {} lines", told.lines().count(), expected.lines().count());
    assert_eq!(told.len(), expected.len());
    assert!(["\"sts:AssumeRole\"", "\"kms:GetKeyPolicy\""].iter().all(|call| told.contains(call)), "the report names what is missing");
}

/// Every call has one answer, and there are no more of them than the facts need.
fn assert_few(collected: &Collected, fewest: usize) {
    let asked: BTreeSet<(&str, &str, &str, &str)> =
        collected.log.iter().map(|call| (&*call.name, &*call.account, &*call.region, &*call.subject)).collect();
    println!("{} calls, where {fewest} are the fewest", asked.len());
    assert!(asked.len() * 100 <= fewest * 105, "{} calls, where {fewest} are the fewest", asked.len());
    assert_eq!(collected.total.answers, asked.len() as u64, "no call is answered twice");
}

/// What fails is what the mock makes fail: hardly a call comes too fast.
fn assert_polite(collected: &Collected) {
    let Counts { answers, attempts, throttles, failures, .. } = collected.total;
    println!("{attempts} attempts, {throttles} throttled, {failures} failed; {} came too fast", collected.too_fast);
    let sent = collected.log.len();
    assert_eq!((attempts, answers + throttles + failures), (sent as u64, sent as u64), "what was sent is what came");
    assert!(throttles * 100 >= attempts * 4 && failures * 200 >= attempts, "{throttles} and {failures} of {attempts}");
    assert!(throttles * 100 <= attempts * 7 && failures * 100 <= attempts * 2, "{throttles} and {failures} of {attempts}");
    assert!(collected.too_fast * 50 <= collected.log.len(), "{} of {} came too fast", collected.too_fast, collected.log.len());
}
