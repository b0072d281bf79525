//! `rotaudit permissions`: the read-only IAM policies that the auditor needs.

use clap::Args;

use super::accounts::{DEFAULT_ROLE, role_name};
use super::error::CliError;
use super::exit;
use super::output::to_stdout;
use crate::inventory::{organization_policy_json, policy_json};

/// Print the read-only IAM policy that a scan of a live account needs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit permissions > policy.json
  aws iam create-policy --policy-name rotaudit \\
    --policy-document file://policy.json
  rotaudit permissions --organization

The last is for whoever reads a whole organization; the role in each account needs the policy without it.")]
pub(super) struct Permissions {
    /// Print what whoever asks needs for `--organization`: the same, the calls that find the accounts and their control policies, and to take on the role in each
    #[arg(long)]
    organization: bool,
    /// The name of the role in each account
    #[arg(long, value_name = "NAME", requires = "organization", default_value = DEFAULT_ROLE)]
    role_name: String,
}

impl Permissions {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        // The id of each account stands where the pattern has it.
        let policy = if self.organization {
            organization_policy_json(&role_name(&self.role_name)?.replace("{account}", "*"))
        } else {
            policy_json()
        };
        to_stdout(|out| writeln!(out, "{}", policy.trim_end()))?;
        Ok(exit::CLEAN)
    }
}
