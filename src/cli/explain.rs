//! `rotaudit explain`: one rotation, call by call.

use std::collections::BTreeSet;

use clap::Args;

use super::audited::{AuditArgs, Audited};
use super::error::CliError;
use super::output::{Format, OutputArgs};
use super::{exit, matching, principal};
use crate::access::Access;
use crate::arn::Arn;
use crate::inventory::Inventory;
use crate::report;
use crate::rotation::{Judgement, judge, rotations};

/// Show one rotation call by call: the request, how AWS decides it, and by which statement
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit explain --demo orders/db
  rotaudit explain --region eu-west-1 prod/db
  rotaudit explain --snapshot account.json.zst prod/db --format json
  # May this role turn it on?
  rotaudit explain prod/db --as arn:aws:iam::111122223333:role/deploy

It exits with 0 whatever the verdict is; `rotaudit scan --secret SECRET` gates.")]
pub(super) struct Explain {
    /// The secret: its name, its ARN, or a glob that fits it alone
    secret: String,
    /// Ask also whether this role or user may turn rotation on: the calls that it needs for that come first, and count for the verdict
    #[arg(long = "as", value_name = "ARN", help_heading = "Audit")]
    turned_on_by: Option<String>,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Explain {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let named = self.turned_on_by.as_deref().map(principal::parse).transpose()?;
        let Audited { inventory, report, .. } = self.audit.audit()?;
        let chosen = matching::secrets(std::slice::from_ref(&self.secret), &inventory)?;
        let mut rotations = report.rotations.iter().filter(|judgement| chosen.contains(&judgement.secret));
        let judgement = match (rotations.next(), rotations.next()) {
            (Some(judgement), None) => judgement,
            (None, _) => return Err(self.does_not_rotate()),
            (Some(_), Some(_)) => return Err(self.ambiguous(&chosen)),
        };
        let who = named.map(|named| principal::find(&named, &inventory)).transpose()?;
        let judged = who.and_then(|who| judged_for(&who, judgement, &inventory));
        let judgement = judged.as_ref().unwrap_or(judgement);
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

/// The same rotation, when `who` turns it on.
fn judged_for(who: &Arn, judgement: &Judgement, inventory: &Inventory) -> Option<Judgement> {
    let rotations = rotations(inventory);
    let rotation = rotations.iter().find(|rotation| rotation.secret.arn == judgement.secret)?;
    Some(judge(rotation, &Access::new(inventory), Some(who)))
}
