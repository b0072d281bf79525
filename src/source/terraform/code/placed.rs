//! Blocks of a file with the places at which they begin. `json` makes them too, and `files` keeps them.

use hcl_edit::Span;
use hcl_edit::structure::{Block, Body};

/// A block of a file, and where it begins.
pub(super) struct Placed {
    pub(super) block: Block,
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

/// The blocks of a file with their places.
pub(super) fn blocks(body: Body, text: &str) -> Vec<Placed> {
    let place = |block: Block| {
        let before = &text[..block.ident.span().map_or(0, |span| span.start).min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        Placed { block, line, column }
    };
    body.into_blocks().map(place).collect()
}
