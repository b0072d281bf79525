//! Lays out the long lists of a report, its rotations and its findings, on all cores: they are nearly all of it. `mod.rs` calls it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::formatter::Escaping;
use crate::rotation::side_by_side;

/// Elements that one core lays out at once, and how many such lots are in memory.
const LOT: usize = 64;
const LOTS: usize = 8;
/// How deep the elements of a list stand that is a member of the report.
const DEPTH: usize = 2;

/// A report in two-space JSON, cut before and after the empty list that is this member of it.
pub(super) fn cut<'t>(report: &'t str, member: &str) -> Option<(&'t str, &'t str)> {
    // Texts hold no line ends, and only members of the report itself stand two spaces deep.
    let written = format!("\n  \"{member}\": []");
    let at = report.find(&written)? + written.len();
    Some((&report[..at - "[]".len()], &report[at..]))
}

/// Writes a list that is a member of the report.
pub(super) fn list<'a, T: Sync, E: Serialize>(
    things: &'a [T],
    element: impl Fn(&'a T) -> E + Sync,
    out: &mut impl Write,
) -> io::Result<()> {
    if things.is_empty() {
        return out.write_all(b"[]");
    }
    let mut before = "[\n    ";
    for lots in things.chunks(LOT * LOTS) {
        let lots: Vec<&[T]> = lots.chunks(LOT).collect();
        let laid_out = side_by_side(&lots, LOT * lots.len(), |lot| lot.iter().map(|thing| laid_out(&element(thing))).collect::<Vec<_>>());
        for text in laid_out.into_iter().flatten() {
            out.write_all(before.as_bytes())?;
            out.write_all(&text?)?;
            before = ",\n    ";
        }
    }
    out.write_all(b"\n  ]")
}

/// An element as it stands in its list.
fn laid_out(element: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut layout = PrettyFormatter::new();
    (0..DEPTH).try_for_each(|_| layout.begin_array(&mut io::sink()))?;
    let mut text = Vec::new();
    element.serialize(&mut Serializer::with_formatter(&mut text, Escaping(layout)))?;
    Ok(text)
}
