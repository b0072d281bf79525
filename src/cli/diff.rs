//! `rotaudit diff`: what changed between two audits.

use std::path::{Path, PathBuf};

use clap::Args;

use super::audited::rule_set;
use super::clock::today;
use super::config::{ConfigArgs, Configuration, FailOn};
use super::error::CliError;
use super::exit;
use super::output::{Format, OutputArgs};
use super::threshold::{counts, fail_on};
use crate::audit::{audit, except};
use crate::finding::Exceptions;
use crate::inventory::snapshot::{SnapshotError, from_text};
use crate::report::{self, Changes, Side};
use crate::rules::RuleSet;
use crate::source::SourceError;
use crate::source::snapshot;

/// Show what changed between two snapshots or JSON reports: new, fixed and unchanged findings, verdicts, what is undecided
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit diff yesterday.json.zst today.json.zst
  rotaudit diff report.json account.json.zst --fail-on medium
  rotaudit diff old.json new.json --format json -o changes.json

Snapshots are audited with the rules and the configuration of now; a report is taken as it was written. A finding counts as fixed only where the later audit could look. It exits with 10 when a new finding is at or above --fail-on, and with 0 otherwise.")]
pub(super) struct Diff {
    /// The earlier snapshot or JSON report
    old: PathBuf,
    /// The later snapshot or JSON report
    new: PathBuf,
    /// Also run the rules of this folder on snapshots; give it again for more
    #[arg(long, value_name = "DIR", help_heading = "Audit")]
    rules: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Exit with 10 when a new finding is this severe or worse; `never` to exit with 0 whatever is new [default: the configuration's, or high]
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on(), help_heading = "Exit code")]
    fail_on: Option<FailOn>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Diff {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let mut rules = rule_set(&self.rules)?;
        let config = self.config.read()?;
        config.change(&mut rules)?;
        let old = side(&self.old, &rules, &config)?;
        let new = side(&self.new, &rules, &config)?;
        let changes = Changes::between(&old, &new);
        self.output.write(|style, out| match self.output.format {
            Format::Table => report::diff_table(&changes, style, out),
            Format::Json => report::diff_json(&changes, out),
        })?;
        let fails = changes.worst_new().is_some_and(|severity| counts(self.fail_on.or(config.fail_on), severity));
        Ok(if fails { exit::FINDINGS } else { exit::CLEAN })
    }
}

/// One side. Whether it is a snapshot or a report, its content tells.
fn side(path: &Path, rules: &RuleSet, config: &Configuration) -> Result<Side, CliError> {
    let text = snapshot::text(path)?;
    match from_text(&text) {
        Ok(mut inventory) => {
            drop(text);
            config.apply(&mut inventory);
            let mut report = audit(&inventory, rules);
            let exceptions = Exceptions { waivers: config.waivers.clone(), ..Exceptions::default() };
            except(&mut report, &exceptions, &inventory, today());
            Ok(Side::of(&report))
        }
        Err(SnapshotError::NotASnapshot(_)) => {
            Side::read(&text).map_err(|error| CliError::NotComparable { place: path.display().to_string(), problem: error.to_string() })
        }
        Err(cause) => Err(SourceError::Snapshot { path: path.to_owned(), cause }.into()),
    }
}
