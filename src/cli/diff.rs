//! `rotaudit diff`: what changed between two audits.

use std::path::{Path, PathBuf};

use clap::{Arg, Args};

use super::audited::{of_worlds, rule_set};
use super::config::{ConfigArgs, Configuration, FailOn};
use super::error::CliError;
use super::exit;
use super::output::{Format, OutputArgs};
use super::reading::MoreToRead;
use super::sources::SourceArgs;
use super::threshold::{counts, fail_on};
use crate::finding::Exceptions;
use crate::inventory::snapshot::{SnapshotError, from_text};
use crate::report::{self, Changes, Side};
use crate::rules::RuleSet;
use crate::source::SourceError;
use crate::source::snapshot;

/// Show what changed between two snapshots or JSON reports, or what a plan or template changes: new, fixed and unchanged findings, verdicts, what is undecided
#[derive(Debug, Args)]
#[command(
    mut_args(of_a_change),
    after_help = "\
Examples:
  rotaudit diff yesterday.json.zst today.json.zst
  rotaudit diff report.json account.json.zst --fail-on medium
  rotaudit diff old.json new.json --format json -o changes.json
  rotaudit diff --plan plan.json --source .
  rotaudit diff --template template.yaml --over account.json.zst \\
    --account 111122223333 --region eu-west-1 --stack-name rotation
  rotaudit diff --template template.yaml --earlier deployed.yaml \\
    --account 111122223333 --region eu-west-1

Of a plan or template, what is laid under it (--over) is the earlier side; without that, what the plan's state holds, or the earlier template. Snapshots are audited with the rules and the configuration of now; a report is taken as it was written. A finding counts as fixed only where the later audit could look. It exits with 10 when a new finding is at or above --fail-on, or a rotation fails that did not, which counts as a finding of severity high; and with 0 otherwise."
)]
pub(super) struct Diff {
    /// The earlier snapshot or JSON report
    #[arg(requires = "new", required_unless_present_any = CHANGES, conflicts_with_all = CHANGES)]
    old: Option<PathBuf>,
    /// The later snapshot or JSON report
    new: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
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
        let (old, new) = match (&self.old, &self.new) {
            (Some(old), Some(new)) => (side(old, &rules, &config)?, side(new, &rules, &config)?),
            _ => self.sides(&rules, &config)?,
        };
        let changes = Changes::between(&old, &new);
        self.output.write(|style, out| match self.output.format {
            Format::Table => report::diff_table(&changes, style, out),
            Format::Json => report::diff_json(&changes, out),
        })?;
        let fails = changes.worst_new().is_some_and(|severity| counts(self.fail_on.or(config.fail_on), severity));
        Ok(if fails { exit::FINDINGS } else { exit::CLEAN })
    }

    /// What is there before the change that is named, and after it.
    fn sides(&self, rules: &RuleSet, config: &Configuration) -> Result<(Side, Side), CliError> {
        let worlds = self.source.read_worlds(&MoreToRead::default())?;
        let before = of_worlds(worlds.before, rules, config, &waivers(config)).ok_or_else(|| CliError::Usage(NOTHING_BEFORE.to_owned()))?;
        let before = Side::of(&before.1);
        let after = of_worlds(worlds.now, rules, config, &waivers(config));
        let (_, after) = after.ok_or_else(|| CliError::Usage("there is nothing to audit".to_owned()))?;
        Ok((before, Side::of(&after)))
    }
}

/// The arguments that name a change.
const CHANGES: [&str; 2] = ["template", "plan"];

const NOTHING_BEFORE: &str = "what was there before is not known: give what exists with --over FILE or --over live, or the template that is deployed now with --earlier FILE; \
     --before alone reads one time of a plan";

/// What a source takes that is no change.
const OTHER_SOURCES: [&str; 4] = ["snapshot", "demo", "all_regions", "before"];

/// What is about many accounts or a long collection, of which a change is none.
const SELDOM: [&str; 9] = ["organization", "role_name", "include", "exclude", "own_account", "max_rate", "spool", "resume", "stats"];

/// Arguments of sources, as far as they are about what a change is laid over.
fn of_a_change(arg: Arg) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    let is_one = |ids: &[&str]| ids.contains(&id.as_str());
    match arg.get_help_heading() {
        _ if id == "region" => {
            arg.help("The region that the template or plan is for").help_heading("Source: a template").conflicts_with("old")
        }
        Some(heading) if heading.starts_with("Source (live") && !is_one(&OTHER_SOURCES) => {
            arg.help_heading("The account of --over live").conflicts_with("old")
        }
        Some(heading) if heading.starts_with("Accounts") || heading.starts_with("Reading") => {
            let seldom = is_one(&SELDOM);
            arg.help_heading("The account of --over live").conflicts_with("old").hide(seldom)
        }
        _ if is_one(&OTHER_SOURCES) => arg.conflicts_with("old").hide(true),
        _ => arg,
    }
}

fn waivers(config: &Configuration) -> Exceptions {
    Exceptions { waivers: config.waivers.clone(), ..Exceptions::default() }
}

/// One side. Whether it is a snapshot or a report, its content tells.
fn side(path: &Path, rules: &RuleSet, config: &Configuration) -> Result<Side, CliError> {
    let text = snapshot::text(path)?;
    match from_text(&text) {
        Ok(inventory) => {
            drop(text);
            let audited = of_worlds(vec![(String::new(), inventory)], rules, config, &waivers(config));
            audited.map(|(_, report)| Side::of(&report)).ok_or_else(|| CliError::Usage("there is nothing to audit".to_owned()))
        }
        Err(SnapshotError::NotASnapshot(_)) => {
            Side::read(&text).map_err(|error| CliError::NotComparable { place: path.display().to_string(), problem: error.to_string() })
        }
        Err(cause) => Err(SourceError::Snapshot { path: path.to_owned(), cause }.into()),
    }
}
