//! The JSON report, versioned and with a JSON Schema, and the JSON of one rotation. Programs read these; a person who looks at
//! them in a terminal is safe as well. `cli` calls it.

mod controls;
mod formatter;
mod gate;
mod model;
mod paths;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, PrettyFormatter};

use self::formatter::Escaping;
use self::gate::GateDocument;
use self::model::{ReportDocument, RotationDocument};
use super::framework::Framework;
use crate::audit::Report;
use crate::finding::Finding;
use crate::gate::Gate;
use crate::rotation::Judgement;

/// Writes `report` to `out` as JSON; `json_schema` describes it.
pub fn json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_json(&ReportDocument::of(report, None), out)
}

/// Writes `report` to `out` as JSON, and what it says of each control of `framework`.
pub fn json_by_control(report: &Report, framework: &Framework<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_json(&ReportDocument::of(report, Some(framework)), out)
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

/// Writes any value as two-space JSON that is safe to print, with a newline at its end.
pub fn write_json(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping(PrettyFormatter::new())))?;
    writeln!(out)
}

/// Writes any value as one line of JSON that is safe to print.
pub fn write_json_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping(CompactFormatter)))?;
    writeln!(out)
}

#[cfg(test)]
mod tests;
