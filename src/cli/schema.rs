//! `rotaudit schema`: the JSON Schemas of what the program writes.

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::exit;
use super::output::to_stdout;
use crate::inventory::snapshot;
use crate::report;

/// Print the JSON Schema of a report, a snapshot, a comparison, or an answer of who-can or gate (`rules schema` prints that of rule files)
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit schema report > report.schema.json
  rotaudit schema snapshot > snapshot.schema.json")]
pub(super) struct Schema {
    /// What to describe
    #[arg(value_enum)]
    of: Described,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Described {
    /// What `scan --format json` writes.
    Report,
    /// What `snapshot` writes.
    Snapshot,
    /// What `diff --format json` writes.
    Diff,
    /// What `who-can --format json` writes.
    WhoCan,
    /// What `gate --format json` writes.
    Gate,
}

impl Schema {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let schema = match self.of {
            Described::Report => report::json_schema(),
            Described::Snapshot => snapshot::json_schema(),
            Described::Diff => report::diff_json_schema(),
            Described::WhoCan => report::who_can_json_schema(),
            Described::Gate => report::gate_json_schema(),
        };
        to_stdout(|out| report::write_json(&schema, out))?;
        Ok(exit::CLEAN)
    }
}
