//! Ctrl-C and SIGTERM while an account is read: the first ends the asking, and what was read is audited or written; the second ends the program. `live`
//! listens from the first call on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::complain;
use crate::source::aws::Exchange;

/// While this lives, the first signal only ends the asking; later every signal ends the program.
pub(super) struct Listening(Arc<AtomicBool>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Listens in a thread of its own, which lasts as long as the program: a handler that is there once stays.
pub(super) fn listen(exchange: &Exchange) -> Listening {
    let reading = Arc::new(AtomicBool::new(true));
    let (exchange, still) = (exchange.clone(), Arc::clone(&reading));
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(hear(&exchange, &still));
    });
    Listening(reading)
}

async fn hear(exchange: &Exchange, reading: &AtomicBool) {
    let Ok(mut signals) = signals::Signals::new() else { return };
    loop {
        let (name, number) = signals.next().await;
        if !reading.load(Ordering::Relaxed) || exchange.stopped().is_some() {
            std::process::exit(128 + number);
        }
        exchange.stop(&format!("interrupted by {name}"));
        complain("warning", &format!("{name}: no further calls are made, and what was read is kept; once more to stop at once"));
    }
}

#[cfg(unix)]
mod signals {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    pub(super) struct Signals {
        interrupt: Signal,
        terminate: Signal,
    }

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
        }

        /// The next signal's name and number.
        pub(super) async fn next(&mut self) -> (&'static str, i32) {
            tokio::select! {
                _ = self.interrupt.recv() => ("SIGINT", SignalKind::interrupt().as_raw_value()),
                _ = self.terminate.recv() => ("SIGTERM", SignalKind::terminate().as_raw_value()),
            }
        }
    }
}

#[cfg(not(unix))]
mod signals {
    use std::io;

    pub(super) struct Signals;

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> (&'static str, i32) {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            ("Ctrl-C", 2)
        }
    }
}
