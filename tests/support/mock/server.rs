//! The HTTP side of the mock: connections, the log, and the faults that are done to an answer.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::USER_AGENT;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use rotaudit::inventory::{Api, Inventory};
use tokio::sync::{oneshot, watch};

use super::wire::{Asked, Reply, Wire};
use super::{Call, Fault, Faults};

/// What the test sees of the server while it runs.
pub(super) struct Seen {
    pub(super) log: Arc<Mutex<Vec<Call>>>,
    pub(super) throttles: Arc<AtomicUsize>,
    pub(super) released: Arc<Notify>,
}

/// A gate that opens once and stays open.
pub(super) struct Notify(watch::Sender<bool>);

impl Notify {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(super) fn notify(&self) {
        self.0.send_replace(true);
    }

    async fn notified(&self) {
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

type Group = (String, String, &'static str);

struct State {
    inventory: Inventory,
    faults: Faults,
    seen: Seen,
    counts: Mutex<BTreeMap<String, usize>>,
    /// Tokens and the time of their counting, by account, region and group of calls.
    buckets: Mutex<BTreeMap<Group, (f64, Instant)>>,
}

impl State {
    /// Counts one more of `what`, and says the how manieth it is.
    fn nth(&self, what: &str) -> usize {
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(what.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Whether the rate of an operation allows this request. The credential chain keeps none: the roles of all accounts are taken on at once.
    fn allows(&self, asked: &Asked) -> bool {
        let limited = |api: &Api| self.faults.rates && *api != Api::AssumeRole;
        let Some(api) = Api::named(&asked.operation).filter(limited) else { return true };
        let group = api.rate();
        let (rate, most) = (f64::from(group.per_second), f64::from(group.burst.max(group.per_second)));
        let region = if group.global { String::new() } else { asked.region.clone() };
        let mut buckets = self.buckets.lock().unwrap();
        let now = Instant::now();
        let (tokens, at) = buckets.entry((asked.account.clone(), region, group.name)).or_insert((most, now));
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * rate).min(most);
        *at = now;
        let allowed = *tokens >= 1.0;
        if allowed {
            *tokens -= 1.0;
        } else {
            self.seen.throttles.fetch_add(1, Ordering::SeqCst);
        }
        allowed
    }

    /// The fault that this request suffers.
    fn fault<'a>(&self, fault: Option<&'a Fault>, asked: &Asked) -> Option<&'a Fault> {
        match fault? {
            Fault::First(first, fault) => {
                let about = format!("{} {} {}", asked.operation, asked.region, asked.subject());
                (self.nth(&about) <= *first).then_some(fault.as_ref())
            }
            Fault::Some(seed, percent, faults) => {
                // An LCG's step scatters consecutive numbers well enough.
                let draw = (self.nth("drawn") as u64).wrapping_add(*seed).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) >> 33;
                (draw % 100 < *percent).then(|| &faults[(draw / 100) as usize % faults.len()])
            }
            fault => Some(fault),
        }
    }
}

/// Starts serving; answers with the endpoint and what ends it when dropped.
pub(super) fn start(inventory: Inventory, faults: Faults, seen: Seen) -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (stop, mut stopped) = oneshot::channel();
    let state = Arc::new(State { inventory, faults, seen, counts: Mutex::default(), buckets: Mutex::default() });
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                tokio::select! {
                    _ = &mut stopped => return,
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { continue };
                        let state = Arc::clone(&state);
                        let service = service_fn(move |request| handle(Arc::clone(&state), request));
                        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
                    }
                }
            }
        });
        runtime.shutdown_background();
    });
    (endpoint, stop)
}

async fn handle(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Answer>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let (wire, asked) = Wire::read(&head, &body);
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let call = Call {
        name: asked.operation.clone(),
        region: asked.region.clone(),
        account: asked.account.clone(),
        subject: asked.subject(),
        most: asked.most(),
        agent: header(USER_AGENT.as_str()),
    };
    let held = {
        let mut log = state.seen.log.lock().unwrap();
        log.push(call);
        state.faults.hold_after.is_some_and(|most| log.len() > most)
    };
    if held {
        state.seen.released.notified().await;
    }
    let seen = state.nth(&asked.operation);
    let honest = |asked: &Asked| wire.reply(&asked.operation, asked.answer(&state.inventory, state.faults.page));
    let refused = |code: &str| wire.reply(&asked.operation, Err(super::scope::Failure::new(400, code, "as the test wants it")));
    if !state.allows(&asked) {
        return Ok(respond(wire.reply(&asked.operation, Err(wire.throttled())), false));
    }
    let reply = match state.fault(state.faults.of(&asked.operation), &asked) {
        Some(Fault::Drop) => return Err(io::Error::other("dropped on demand")),
        Some(Fault::Truncate) => return Ok(respond(honest(&asked), true)),
        Some(Fault::Deny) => wire.reply(&asked.operation, Err(wire.denied(&asked.operation))),
        Some(Fault::Error(code)) => refused(code),
        Some(Fault::Throttle(first)) if seen <= *first => wire.reply(&asked.operation, Err(wire.throttled())),
        Some(Fault::Html(status)) => Reply { status: *status, kind: "text/html", error: None, body: HTML.to_owned() },
        Some(Fault::Text(body)) => Reply { status: 200, kind: "text/xml", error: None, body: body.clone() },
        Some(Fault::Loop) => honest(&asked.on_the_first_page()),
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(*time).await;
            honest(&asked)
        }
        Some(Fault::StaleToken) if asked.token().is_some() => refused("InvalidNextTokenException"),
        Some(Fault::Expired(after, token)) if seen > *after && header("x-amz-security-token") == *token => refused(wire.expired()),
        Some(Fault::Ahead(seconds)) => {
            let now = Timestamp::now() + SignedDuration::from_secs(*seconds);
            // The signature's time, `20261123T040658Z`.
            let signed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", header("x-amz-date"))
                .unwrap()
                .to_zoned(jiff::tz::TimeZone::UTC)
                .unwrap()
                .timestamp();
            let reply = if now.duration_since(signed).abs() > SignedDuration::from_mins(5) {
                refused("InvalidSignatureException")
            } else {
                honest(&asked)
            };
            let mut response = respond(reply, false);
            let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            response.headers_mut().insert("date", date.parse().unwrap());
            return Ok(response);
        }
        _ => honest(&asked),
    };
    Ok(respond(reply, false))
}

const HTML: &str = "<!doctype html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>";

fn respond(reply: Reply, half: bool) -> Response<Answer> {
    let mut response = Response::builder().status(reply.status).header("content-type", reply.kind);
    if let Some(code) = reply.error {
        response = response.header("x-amzn-errortype", code);
    }
    let whole = Bytes::from(reply.body);
    let body = if half {
        response = response.header("content-length", whole.len().max(2));
        Answer { data: Some(whole.slice(..whole.len() / 2)), breaks: true, flushed: false }
    } else {
        Answer { data: Some(whole), breaks: false, flushed: false }
    };
    response.body(body).unwrap()
}

/// A body that may break off.
struct Answer {
    data: Option<Bytes>,
    breaks: bool,
    flushed: bool,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.data.take() {
            Some(data) => Some(Ok(Frame::data(data))),
            // Once pending, so that what there is gets sent before the end.
            None if self.breaks && !self.flushed => {
                self.flushed = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None if self.breaks => Some(Err(io::Error::other("broken off on demand"))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        match &self.data {
            Some(data) if !self.breaks => SizeHint::with_exact(data.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
