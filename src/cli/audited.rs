//! From a source to a report: what `scan` and `explain` do alike.

use std::path::PathBuf;

use clap::Args;

use super::config::ConfigArgs;
use super::error::CliError;
use super::files::rule_files;
use super::sources::SourceArgs;
use crate::audit::{Report, audit};
use crate::inventory::Inventory;
use crate::rules::RuleSet;

/// The source, and rules of the user's own.
#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Also run the rules of this folder; give it again for more
    #[arg(long, value_name = "DIR", help_heading = "Audit")]
    rules: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
}

impl AuditArgs {
    /// Loads the rules and the configuration, then reads the source, so that a wrong file is told before AWS is asked; then audits.
    pub(super) fn audit(&self) -> Result<(Inventory, Report), CliError> {
        let rules = rule_set(&self.rules)?;
        let config = self.config.read()?;
        let mut inventory = self.source.read()?;
        config.apply(&mut inventory);
        let report = audit(&inventory, &rules);
        Ok((inventory, report))
    }
}

/// The built-in rules and those of `folders`.
pub(super) fn rule_set(folders: &[PathBuf]) -> Result<RuleSet, CliError> {
    let mut rules = RuleSet::builtin()?;
    for folder in folders {
        rules.add(&rule_files(folder)?)?;
    }
    Ok(rules)
}
