//! The memory of one policy: its text, its rows, and what few policies have beside them. `write.rs` fills it, `model.rs` and `value.rs` look into it.

use std::sync::Arc;

use super::rows::{Row, Span, Special};

/// What a policy is made of.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) text: Arc<str>,
    pub(super) rows: Box<[Row]>,
    pub(super) aside: Option<Box<Aside>>,
}

/// What few policies have.
#[derive(Debug, Clone, Default)]
pub(super) struct Aside {
    /// The texts that the document wrote with escapes; their places are counted from the end of the document on.
    pub(super) unescaped: String,
    /// The values that do not mean what is written, by number.
    pub(super) special: Vec<Special>,
}

impl Block {
    /// The text that stands there.
    pub(super) fn text(&self, span: Span) -> &str {
        let (from, end) = (span.from as usize, span.end as usize);
        self.text.get(from..end).unwrap_or_else(|| self.unescaped(from, end))
    }

    fn unescaped(&self, from: usize, end: usize) -> &str {
        let behind = self.text.len();
        let range = from.saturating_sub(behind)..end.saturating_sub(behind);
        self.aside.as_ref().and_then(|aside| aside.unescaped.get(range)).unwrap_or_default()
    }

    /// The special value of this number.
    pub(super) fn special(&self, number: u32) -> Option<&Special> {
        self.aside.as_ref()?.special.get(number as usize)
    }
}
