//! The HTTP side of the mock: connections, the log, and the faults that are done to an answer.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::USER_AGENT;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rotaudit::inventory::Inventory;
use tokio::sync::oneshot;

use super::wire::{Asked, Reply, Wire};
use super::{Call, Fault, Faults};

struct State {
    inventory: Inventory,
    faults: Faults,
    log: Arc<Mutex<Vec<Call>>>,
    seen: Mutex<BTreeMap<String, usize>>,
}

/// Starts serving; answers with the endpoint and what ends it when dropped.
pub(super) fn start(inventory: Inventory, faults: Faults, log: Arc<Mutex<Vec<Call>>>) -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (stop, mut stopped) = oneshot::channel();
    let state = Arc::new(State { inventory, faults, log, seen: Mutex::default() });
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
    let subject = asked.subject();
    let agent = head.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned();
    state.log.lock().unwrap().push(Call { name: asked.operation.clone(), region: asked.region.clone(), subject, agent });
    let seen = {
        let mut seen = state.seen.lock().unwrap();
        let seen = seen.entry(asked.operation.clone()).or_default();
        *seen += 1;
        *seen
    };
    let honest = |asked: &Asked| wire.reply(&asked.operation, asked.answer(&state.inventory, state.faults.page));
    let reply = match state.faults.of(&asked.operation) {
        Some(Fault::Drop) => return Err(io::Error::other("dropped on demand")),
        Some(Fault::Truncate) => return Ok(respond(honest(&asked), true)),
        Some(Fault::Deny) => wire.reply(&asked.operation, Err(wire.denied(&asked.operation))),
        Some(Fault::Error(code)) => wire.reply(&asked.operation, Err(super::scope::Failure::new(400, code, "as the test wants it"))),
        Some(Fault::Throttle(first)) if seen <= *first => wire.reply(&asked.operation, Err(wire.throttled())),
        Some(Fault::Html(status)) => Reply { status: *status, kind: "text/html", error: None, body: HTML.to_owned() },
        Some(Fault::Text(body)) => Reply { status: 200, kind: "text/xml", error: None, body: body.clone() },
        Some(Fault::Loop) => honest(&asked.on_the_first_page()),
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(*time).await;
            honest(&asked)
        }
        Some(Fault::Throttle(_)) | None => honest(&asked),
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
