//! A stand-in for AWS inside the test process: serves an `Inventory` over HTTP as AWS would, and fails on demand. Test binaries
//! include it with `#[path = "support/mock.rs"] mod mock;`. The account that asks is the access key id (twelve digits), or that of which a role was taken on; the
//! region is that of the request's signature. Calls that are not in the table of calls are refused.

#![allow(dead_code, reason = "each test binary uses the part of it that it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "mock/databases.rs"]
mod databases;
#[path = "mock/ec2.rs"]
mod ec2;
#[path = "mock/ec2_links.rs"]
mod ec2_links;
#[path = "mock/ec2_rules.rs"]
mod ec2_rules;
#[path = "mock/identities.rs"]
mod identities;
#[path = "mock/keys.rs"]
mod keys;
#[path = "mock/lambda.rs"]
mod lambda;
#[path = "mock/names.rs"]
mod names;
#[path = "mock/organizations.rs"]
mod organizations;
#[path = "mock/roles.rs"]
mod roles;
#[path = "mock/scope.rs"]
mod scope;
#[path = "mock/secrets.rs"]
mod secrets;
#[path = "mock/server.rs"]
mod server;
#[path = "mock/stacks.rs"]
mod stacks;
#[path = "mock/wire.rs"]
mod wire;
#[path = "mock/xml.rs"]
mod xml;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rotaudit::inventory::Inventory;
use server::Notify;

/// A recognisable value wherever an answer of AWS can hold a password: in environments, messages about states, descriptions, metadata for a partner, what is said of
/// databases. It must never get anywhere.
pub(crate) const PLANTED: &str = "hunter2-do-not-keep-this";

/// One request that reached the mock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    /// `service:Operation`.
    pub(crate) name: String,
    pub(crate) region: String,
    /// Whose credentials it was made with.
    pub(crate) account: String,
    /// What it was asked about, with the token of the page.
    pub(crate) subject: String,
    /// How many items a page may hold, if the caller says so.
    pub(crate) most: Option<u32>,
    /// What the caller calls itself.
    pub(crate) agent: String,
}

/// What goes wrong with an operation.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Access denied, as the service's protocol says it.
    Deny,
    /// The service's error of that code, with HTTP 400.
    Error(&'static str),
    /// The first n requests of the operation are throttled.
    Throttle(usize),
    /// The connection ends without an answer.
    Drop,
    /// Half of the answer, then the connection ends.
    Truncate,
    /// The answer comes late.
    Delay(Duration),
    /// A web page of this HTTP status.
    Html(u16),
    /// This text, with HTTP 200.
    Text(String),
    /// The same page token for ever.
    Loop,
    /// The first n requests about each thing suffer this; later ones do not.
    First(usize, Box<Fault>),
    /// Of a hundred requests so many suffer one of these; which of them is a matter of the seed and of how many came before.
    Some(u64, u64, Vec<Fault>),
    /// Requests with a page token are refused because of it.
    StaleToken,
    /// After so many requests of the operation, those that are signed with this session token are refused: it has expired.
    Expired(usize, &'static str),
    /// The clock of the service is so many seconds ahead, and a request that was signed long before is refused.
    Ahead(i64),
}

/// How the mock behaves.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    /// What goes wrong, by `service:Operation`; `*` is every operation but `sts:GetCallerIdentity`.
    pub(crate) rules: Vec<(String, Fault)>,
    /// The most items on a page.
    pub(crate) page: usize,
    /// Whether AWS's documented rates are enforced, each group's whole second's worth at once.
    pub(crate) rates: bool,
    /// After so many requests no more are answered, until they are `released`.
    pub(crate) hold_after: Option<usize>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { rules: Vec::new(), page: 100, rates: false, hold_after: None }
    }
}

impl Faults {
    /// Nothing goes wrong; pages are as small as this.
    pub(crate) fn paged(page: usize) -> Self {
        Self { page, ..Self::default() }
    }

    /// One thing goes wrong.
    pub(crate) fn one(operation: &str, fault: Fault) -> Self {
        Self { rules: vec![(operation.to_owned(), fault)], ..Self::default() }
    }

    fn of(&self, operation: &str) -> Option<&Fault> {
        let hits = |rule: &str| rule == operation || (rule == "*" && operation != "sts:GetCallerIdentity");
        self.rules.iter().find(|(rule, _)| hits(rule)).map(|(_, fault)| fault)
    }
}

/// A running mock; it ends when this is dropped.
pub(crate) struct Mock {
    /// For `--endpoint-url`.
    pub(crate) endpoint: String,
    log: Arc<Mutex<Vec<Call>>>,
    throttles: Arc<AtomicUsize>,
    released: Arc<Notify>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Mock {
    /// Serves `inventory` on a port of its own, from a thread of its own.
    pub(crate) fn serve(inventory: Inventory, faults: Faults) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let (throttles, released) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let seen = server::Seen { log: Arc::clone(&log), throttles: Arc::clone(&throttles), released: Arc::clone(&released) };
        let (endpoint, stop) = server::start(inventory, faults, seen);
        Self { endpoint, log, throttles, released, _stop: stop }
    }

    /// How many requests were throttled because of the documented rates.
    pub(crate) fn throttles(&self) -> usize {
        self.throttles.load(Ordering::SeqCst)
    }

    /// Answers what is held, and all that comes.
    pub(crate) fn release(&self) {
        self.released.notify();
    }

    /// Every request so far, in the order of their arrival.
    pub(crate) fn log(&self) -> Vec<Call> {
        self.log.lock().unwrap().clone()
    }
}
