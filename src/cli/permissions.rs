//! `rotaudit permissions`: the read-only IAM policy that the auditor needs.

use clap::Args;

use super::error::CliError;
use super::exit;
use super::output::to_stdout;
use crate::inventory::policy_json;

/// Print the read-only IAM policy that a scan of a live account needs
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  rotaudit permissions > policy.json
  aws iam create-policy --policy-name rotaudit --policy-document file://policy.json")]
pub(super) struct Permissions {}

impl Permissions {
    #[expect(clippy::unused_self, reason = "every command runs alike")]
    pub(super) fn run(&self) -> Result<u8, CliError> {
        to_stdout(|out| writeln!(out, "{}", policy_json().trim_end()))?;
        Ok(exit::CLEAN)
    }
}
