//! `rotaudit snapshot`: read a source once, audit it many times.

use std::path::PathBuf;

use clap::Args;

use super::error::{CliError, complain};
use super::exit;
use super::sources::SourceArgs;
use crate::source;

/// Read a source once and write it to a file, to audit it many times and elsewhere
///
/// A snapshot holds policies, names and dates; never a secret's value, never code, of environment variables the names, and the
/// values of those that decide an endpoint or how passwords are made. While a live account is read, FILE.spool keeps what AWS has answered: after an interruption, --resume goes
/// on from it. An interrupted snapshot holds what was read, and says that it is partial.
#[derive(Debug, Args)]
#[command(mut_arg("snapshot", |arg| arg.num_args(1..)), after_help = "\
Examples:
  rotaudit snapshot --region eu-west-1 -o account.json.zst
  rotaudit snapshot --region eu-west-1 -o account.json.zst --resume   # after an interruption
  rotaudit snapshot --organization --role-name security/auditor -o organization.json.zst
  rotaudit snapshot --snapshot a.json.zst b.json.zst -o both.json.zst
  rotaudit scan --snapshot account.json.zst")]
pub(super) struct Snapshot {
    #[command(flatten)]
    source: SourceArgs,
    /// The file to write; compressed when its name ends in .zst
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
}

impl Snapshot {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let read = self.source.read_for(Some(&self.output))?;
        source::snapshot::write(&self.output, &read.inventory)?;
        let gaps = read.done()?.gaps().len();
        if gaps > 0 {
            let (calls, them) = if gaps == 1 { ("call", "it") } else { ("calls", "them") };
            complain("warning", &format!("{gaps} {calls} did not answer; `rotaudit scan --snapshot` lists {them} as not read"));
        }
        Ok(exit::CLEAN)
    }
}
