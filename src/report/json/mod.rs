//! The JSON report, versioned and with a JSON Schema, and the JSON of one rotation. Programs read these; a person who looks at
//! them in a terminal is safe as well. `cli` calls it.

mod change;
mod controls;
mod formatter;
mod gate;
mod lists;
mod model;
mod paths;

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use self::formatter::Escaping;
use self::gate::GateDocument;
use self::model::{ReportDocument, Rotation, RotationDocument};
use super::diff::Changes;
use super::framework::Framework;
use crate::audit::Report;
use crate::finding::Finding;
use crate::gate::Gate;
use crate::rotation::Judgement;

/// So many bytes are put together before anybody sees them.
const BUFFER: usize = 1 << 16;

/// Writes `report` to `out` as JSON; `json_schema` describes it.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    written_in_parts(report, None, out)
}

/// Writes `report` to `out` as JSON, and what it says of each control of `framework`.
pub fn json_by_control(report: &Report, framework: &Framework<'_>, out: &mut dyn Write) -> io::Result<()> {
    written_in_parts(report, Some(framework), out)
}

/// The lists of rotations and findings are nearly all of a report: they are laid out by all cores and put into the rest of it.
fn written_in_parts(report: &Report, framework: Option<&Framework<'_>>, out: &mut dyn Write) -> io::Result<()> {
    let frame = String::from_utf8(in_bytes(&ReportDocument::frame(report, framework))?).map_err(io::Error::other)?;
    let missing = || io::Error::other("the report has no such member");
    let (before, rest) = lists::cut(&frame, "rotations").ok_or_else(missing)?;
    let (between, after) = lists::cut(rest, "findings").ok_or_else(missing)?;
    let mut out = BufWriter::with_capacity(BUFFER, out);
    out.write_all(before.as_bytes())?;
    lists::list(&report.rotations, Rotation::of, &mut out)?;
    out.write_all(between.as_bytes())?;
    lists::list(&report.findings, |finding| finding, &mut out)?;
    out.write_all(after.as_bytes())?;
    out.flush()
}

/// Writes one rotation to `out` as JSON: the object that the report holds for it, and the findings that touch it.
pub fn explain_json(judgement: &Judgement, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    write_json(&RotationDocument::of(judgement, findings), out)
}

/// The JSON Schema of what `json` writes.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(ReportDocument<'static>).to_value()
}

/// Writes the answer to a proposal to `out` as JSON; `gate_json_schema` describes it.
pub fn gate_json(gate: &Gate, out: &mut dyn Write) -> io::Result<()> {
    write_json(&GateDocument::of(gate), out)
}

/// The JSON Schema of what `gate_json` writes.
pub fn gate_json_schema() -> serde_json::Value {
    schemars::schema_for!(GateDocument<'static>).to_value()
}

/// Writes the changes to `out` as JSON; `diff_json_schema` describes it.
pub fn diff_json(changes: &Changes, out: &mut dyn Write) -> io::Result<()> {
    write_json(changes, out)
}

/// The JSON Schema of what `diff_json` writes.
pub fn diff_json_schema() -> serde_json::Value {
    schemars::schema_for!(Changes).to_value()
}

/// Writes any value as two-space JSON that is safe to print, with a newline at its end.
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    written(value, PrettyFormatter::new(), out)
}

/// Writes any value as one line of JSON that is safe to print.
pub fn write_json_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    written(value, CompactFormatter, out)
}

fn in_bytes(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_json(value, &mut bytes)?;
    Ok(bytes)
}

/// A report is written in pieces of a few bytes each, so they are put together before `out` sees them.
fn written(value: &impl Serialize, layout: impl Formatter, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Escaping(layout)))?;
    out.write_all(b"\n")?;
    out.flush()
}

#[cfg(test)]
mod tests;
