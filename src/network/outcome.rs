//! What one part of a path comes to, and how parts are put together: one after the other, either of two, one of several and nobody knows which.

use super::answer::{Hop, HopKind, Verdict};
use super::reason::{Code, Reason};
use crate::inventory::Gap;

/// The hops of a part of a path, and what they bring up.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    pub(super) hops: Vec<Hop>,
    pub(super) blocked: Vec<Reason>,
    pub(super) open: Vec<Reason>,
    pub(super) remarks: Vec<Reason>,
}

impl Outcome {
    pub(super) fn verdict(&self) -> Verdict {
        if !self.blocked.is_empty() {
            Verdict::Blocked
        } else if !self.open.is_empty() {
            Verdict::Undecided
        } else {
            Verdict::Reachable
        }
    }

    fn hop(&mut self, kind: HopKind, id: &str, says: &str, verdict: Verdict) {
        self.hops.push(Hop { kind, id: id.to_owned(), says: says.to_owned(), verdict });
    }

    /// Something lets the traffic through.
    pub(super) fn pass(&mut self, kind: HopKind, id: &str, says: &str) {
        self.hop(kind, id, says, Verdict::Reachable);
    }

    /// Something stops it.
    pub(super) fn block(&mut self, kind: HopKind, code: Code, id: &str, says: &str) {
        self.hop(kind, id, says, Verdict::Blocked);
        self.blocked.push(Reason::new(code, id, format!("{id} {says}")));
    }

    /// Nobody knows what something does.
    pub(super) fn leave_open(&mut self, kind: HopKind, code: Code, id: &str, says: &str) {
        self.hop(kind, id, says, Verdict::Undecided);
        self.open.push(Reason::new(code, id, format!("{id} {says}")));
    }

    /// Something was not read.
    pub(super) fn miss(&mut self, kind: HopKind, id: &str, gap: Gap) {
        self.hop(kind, id, "was not read", Verdict::Undecided);
        self.open.push(Reason::missing(gap));
    }

    /// What somebody else found out: it stops the traffic, or leaves it open.
    pub(super) fn found(&mut self, kind: HopKind, reason: &Reason, verdict: Verdict) {
        self.hop(kind, &reason.component, &reason.detail, verdict);
        let list = if verdict == Verdict::Blocked { &mut self.blocked } else { &mut self.open };
        list.push(reason.clone());
    }

    pub(super) fn remark(&mut self, reason: Reason) {
        self.remarks.push(reason);
    }

    /// This, and after it that.
    pub(super) fn then(mut self, next: Self) -> Self {
        self.add(next);
        self
    }

    pub(super) fn add(&mut self, next: Self) {
        self.hops.extend(next.hops);
        self.blocked.extend(next.blocked);
        self.open.extend(next.open);
        self.remarks.extend(next.remarks);
    }

    /// Either suffices. Of those that fare equally well the first is shown.
    pub(super) fn any_of(outcomes: Vec<Self>) -> Option<Self> {
        let best = outcomes.iter().map(Self::verdict).max()?;
        if best == Verdict::Blocked {
            return outcomes.into_iter().reduce(Self::then);
        }
        outcomes.into_iter().find(|outcome| outcome.verdict() == best)
    }

    /// One of them is taken and nobody knows which: if they differ, nothing is known but what all of them say.
    pub(super) fn one_of(outcomes: Vec<Self>, differ: impl FnOnce() -> Reason) -> Option<Self> {
        let worst = outcomes.iter().map(Self::verdict).min()?;
        let best = outcomes.iter().map(Self::verdict).max()?;
        let mut all = outcomes.into_iter().reduce(Self::then)?;
        if worst == Verdict::Blocked && best != Verdict::Blocked {
            let causes = std::mem::take(&mut all.blocked);
            all.open.splice(0..0, causes);
            all.open.insert(0, differ());
        }
        Some(all)
    }

    /// The same with the causes of a blockage told as `code`.
    pub(super) fn told_as(mut self, code: Code) -> Self {
        for reason in &mut self.blocked {
            reason.code = code;
        }
        self
    }
}
