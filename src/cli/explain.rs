//! `rotaudit explain`: one rotation, call by call.

use std::collections::BTreeSet;

use clap::Args;

use super::audited::AuditArgs;
use super::error::CliError;
use super::output::{Format, OutputArgs};
use super::{exit, matching};
use crate::arn::Arn;
use crate::report;

/// Show one rotation call by call: the request, how AWS decides it, and by which statement
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit explain --demo 'prod/*'
  rotaudit explain --region eu-west-1 prod/db
  rotaudit explain --snapshot account.json.zst prod/db --format json

It exits with 0 whatever the verdict is; `rotaudit scan --secret SECRET` gates.")]
pub(super) struct Explain {
    /// The secret: its name, its ARN, or a glob that fits it alone
    secret: String,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Explain {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let (inventory, report) = self.audit.audit()?;
        let chosen = matching::secrets(std::slice::from_ref(&self.secret), &inventory)?;
        let mut rotations = report.rotations.iter().filter(|judgement| chosen.contains(&judgement.secret));
        let judgement = match (rotations.next(), rotations.next()) {
            (Some(judgement), None) => judgement,
            (None, _) => return Err(self.does_not_rotate()),
            (Some(_), Some(_)) => return Err(self.ambiguous(&chosen)),
        };
        let findings: Vec<_> = report.findings.iter().filter(|finding| finding.rotations.contains(&judgement.secret)).collect();
        self.output.write(|style, out| match self.output.format {
            Format::Table => report::explain(judgement, &findings, style, out),
            Format::Json => report::explain_json(judgement, &findings, out),
        })?;
        Ok(exit::CLEAN)
    }

    fn does_not_rotate(&self) -> CliError {
        CliError::Usage(format!("{:?} does not rotate: it has no rotation function, so there is nothing to explain", self.secret))
    }

    fn ambiguous(&self, chosen: &BTreeSet<Arn>) -> CliError {
        let names: Vec<_> = chosen.iter().take(10).map(|arn| format!("  {arn}")).collect();
        CliError::Usage(format!("{:?} fits {} secrets; name one by its ARN:\n{}", self.secret, chosen.len(), names.join("\n")))
    }
}
