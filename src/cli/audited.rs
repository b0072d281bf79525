//! From a source to a report: what `scan`, `explain` and `gate` do alike.

use std::path::PathBuf;

use clap::Args;

use super::baseline;
use super::clock::today;
use super::config::{ConfigArgs, Configuration, FailOn};
use super::error::CliError;
use super::files::rule_files;
use super::reading::MoreToRead;
use super::sources::SourceArgs;
use super::templates::World;
use super::ways_out::ways_out;
use crate::audit::{Report, audit, except, in_worlds};
use crate::finding::Exceptions;
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
    /// A former JSON report: findings that it has too do not count
    #[arg(long, value_name = "FILE", help_heading = "Audit")]
    baseline: Option<PathBuf>,
}

/// What was read, and what it is to be audited with.
pub(super) struct Prepared {
    pub(super) inventory: Inventory,
    pub(super) rules: RuleSet,
    pub(super) exceptions: Exceptions,
    /// From which severity findings count, if the configuration says it.
    pub(super) fail_on: Option<FailOn>,
}

/// What came of it.
pub(super) struct Audited {
    /// What was read.
    pub(super) inventory: Inventory,
    /// What was found in it.
    pub(super) report: Report,
    /// From which severity findings count, if the configuration says it.
    pub(super) fail_on: Option<FailOn>,
}

impl AuditArgs {
    /// What would tell more than this report on a template or plan does, if the source is one.
    pub(super) fn ways_out(&self, report: &Report) -> Vec<String> {
        self.source.over().map(|over| ways_out(report, over)).unwrap_or_default()
    }

    /// Loads the rules, the configuration and the baseline, then reads the source, so that a wrong file is told before AWS is asked, and likewise what `check` has
    /// against the rules that will run.
    pub(super) fn read(&self, more: &MoreToRead, check: impl FnOnce(&RuleSet) -> Result<(), CliError>) -> Result<Prepared, CliError> {
        let (rules, config, exceptions) = self.prepared(check)?;
        let mut inventory = self.source.read(more)?;
        config.apply(&mut inventory);
        Ok(Prepared { inventory, rules, exceptions, fail_on: config.fail_on })
    }

    fn prepared(&self, check: impl FnOnce(&RuleSet) -> Result<(), CliError>) -> Result<(RuleSet, Configuration, Exceptions), CliError> {
        let mut rules = rule_set(&self.rules)?;
        let config = self.config.read()?;
        config.change(&mut rules)?;
        check(&rules)?;
        let exceptions = Exceptions { waivers: config.waivers.clone(), baseline: baseline::read_if(self.baseline.as_ref())? };
        Ok((rules, config, exceptions))
    }

    /// Reads, then audits.
    pub(super) fn audit(&self) -> Result<Audited, CliError> {
        let (rules, config, exceptions) = self.prepared(|_| Ok(()))?;
        let worlds = self.source.read_worlds(&MoreToRead::default())?;
        now(worlds.now, &rules, &config, &exceptions)
    }

    /// The same, and what was there before where the source tells it, unless `check` has something against the rules that will run.
    pub(super) fn audit_change_if(&self, check: impl FnOnce(&RuleSet) -> Result<(), CliError>) -> Result<Audited, CliError> {
        let (rules, config, exceptions) = self.prepared(check)?;
        let worlds = self.source.read_worlds(&MoreToRead::default())?;
        let before = if worlds.anew { None } else { of_worlds(worlds.before, &rules, &config, &exceptions) };
        let mut audited = now(worlds.now, &rules, &config, &exceptions)?;
        audited.report.before = before.map(|(_, report)| Box::new(report));
        Ok(audited)
    }

    /// Whether the source is a file, which holds what it holds.
    pub(super) fn is_a_file(&self) -> bool {
        self.source.is_a_file()
    }
}

fn now(worlds: Vec<World>, rules: &RuleSet, config: &Configuration, exceptions: &Exceptions) -> Result<Audited, CliError> {
    let (inventory, report) =
        of_worlds(worlds, rules, config, exceptions).ok_or_else(|| CliError::Usage("there is nothing to audit".to_owned()))?;
    Ok(Audited { inventory, report, fail_on: config.fail_on })
}

/// What is found in these worlds, and the inventory of the first; nothing without any.
pub(super) fn of_worlds(
    mut worlds: Vec<World>,
    rules: &RuleSet,
    config: &Configuration,
    exceptions: &Exceptions,
) -> Option<(Inventory, Report)> {
    for (_, inventory) in &mut worlds {
        config.apply(inventory);
    }
    let reports = worlds.iter().map(|(name, inventory)| (name.clone(), audit(inventory, rules))).collect();
    let mut report = in_worlds(reports)?;
    let (_, inventory) = worlds.into_iter().next()?;
    except(&mut report, exceptions, &inventory, today());
    Some((inventory, report))
}

/// The built-in rules and those of `folders`.
pub(super) fn rule_set(folders: &[PathBuf]) -> Result<RuleSet, CliError> {
    let mut rules = RuleSet::builtin()?;
    for folder in folders {
        rules.add(&rule_files(folder)?)?;
    }
    Ok(rules)
}
