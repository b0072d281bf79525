//! How a source tells how far it is. `cli` draws it; `()` is for those who do not look.

/// Whoever watches a collection.
pub trait Progress {
    /// `done` of `total` (where the total is known) of `what` are through.
    fn step(&self, what: &str, done: usize, total: Option<usize>);
}

impl Progress for () {
    fn step(&self, _what: &str, _done: usize, _total: Option<usize>) {}
}
