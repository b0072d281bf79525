//! `rotaudit gate`: would turning a rotation on work, and what would it open?

mod named;
mod proposal;
mod schedule;

use clap::Args;

use self::proposal::ProposalArgs;
use super::audited::AuditArgs;
use super::clock::today;
use super::error::{CliError, complain};
use super::exit;
use super::formats::FormatArgs;
use super::reading::MoreToRead;
use super::threshold::Threshold;
use crate::gate::{Gate, gate};
use crate::report;
use crate::rotation::Verdict;

/// Answer whether turning a rotation on would work, and what it would open; nothing is changed in AWS
///
/// The proposed rotation is laid over what was read and judged as if it were on. What the configuration permits is answered, not what the function's code does.
#[derive(Debug, Args)]
#[command(mut_arg("on_undecided", |arg| arg.default_value("fail")), after_help = "\
Examples:
  rotaudit gate --demo --secret legacy/erp --function rotate-legacy-erp
  rotaudit gate --secret prod/db --function rotate-db --every 30d --window 3h
  rotaudit gate --snapshot account.json.zst --secret prod/db \\
    --function rotate-db:live --every 'cron(0 3 1 * ? *)'
  rotaudit gate --secret prod/db --function rotate-db \\
    --as arn:aws:iam::111122223333:role/deploy --format junit=gate.xml

It exits with 0 when the first rotation would succeed and adds nothing at or above --fail-on, with 10 when it would fail or adds such a finding, and with 11 when that cannot be decided.")]
pub(super) struct GateCommand {
    #[command(flatten)]
    proposal: ProposalArgs,
    #[command(flatten)]
    audit: AuditArgs,
    #[command(flatten)]
    threshold: Threshold,
    #[command(flatten)]
    formats: FormatArgs,
}

impl GateCommand {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        self.formats.check()?;
        named::check(&self.proposal)?;
        let schedule = schedule::proposed(self.proposal.every.as_deref(), self.proposal.window.as_deref())?;
        let of_secret = self.proposal.function.clone().map(|function| (self.proposal.secret.clone(), function));
        let prepared = self.audit.read(&MoreToRead { of_secret, ..MoreToRead::default() }, |rules| self.formats.check_framework(rules))?;
        let proposal = named::proposal(&self.proposal, schedule, &prepared.inventory)?;
        named::warn_of_unread(&proposal, &prepared.inventory, self.audit.is_a_file());
        let answer = gate(&prepared.inventory, &proposal, &prepared.rules, &prepared.exceptions, today());
        let Some(answer) = answer else {
            return Err(CliError::Usage(format!("{} is not among the secrets that were read", proposal.secret)));
        };
        self.formats.write_with(&answer.report, |format, style, out| match format {
            "table" => Some(report::gate(&answer, style, out)),
            "json" => Some(report::gate_json(&answer, out)),
            _ => None,
        })?;
        if let Some(warning) = self.threshold.warning(&answer.report) {
            complain("warning", &warning);
        }
        Ok(self.exit_code(&answer, prepared.fail_on))
    }

    /// A rotation that will fail counts whatever the threshold for findings is.
    fn exit_code(&self, answer: &Gate, configured: Option<super::config::FailOn>) -> u8 {
        match answer.judgement.verdict {
            Verdict::Fails { .. } => exit::FINDINGS,
            _ => self.threshold.exit_code(&answer.report, configured),
        }
    }
}
