//! The switch by which asking ends: `cli` turns it when it is interrupted, the wire hears it.

use std::fmt;

use tokio::sync::watch;

/// A switch that is turned once; clones of what holds it see it.
pub(super) struct Stop(watch::Sender<Option<String>>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stop").field(&self.why()).finish()
    }
}

impl Stop {
    /// Ends the asking; the first reason counts.
    pub(super) fn turn(&self, why: &str) {
        self.0.send_if_modified(|reason| {
            let first = reason.is_none();
            reason.get_or_insert_with(|| why.to_owned());
            first
        });
    }

    /// Why asking has ended, if it has.
    pub(super) fn why(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until asking ends, and says why.
    pub(super) async fn turned(&self) -> String {
        let mut reason = self.0.subscribe();
        // The sender is `self`: it is not dropped while somebody waits here.
        let told = reason.wait_for(Option::is_some).await.map(|reason| reason.clone());
        told.ok().flatten().unwrap_or_default()
    }
}
