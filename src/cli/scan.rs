//! `rotaudit scan`: audit every rotation of a source.

use clap::Args;

use super::audited::{AuditArgs, Audited};
use super::error::{CliError, complain};
use super::formats::FormatArgs;
use super::matching;
use super::threshold::Threshold;

/// Audit every rotation: which will fail and why, who can reach a secret through it, what is wider than it needs to be
#[derive(Debug, Args)]
#[command(mut_arg("snapshot", |arg| arg.num_args(1..)), after_help = "\
Examples:
  rotaudit scan --demo
  rotaudit scan --profile prod --region eu-west-1 --region us-east-1
  rotaudit scan --assume-role arn:aws:iam::111122223333:role/rotaudit \\
    --assume-role arn:aws:iam::444455556666:role/rotaudit
  rotaudit scan --organization --all-regions --include ou:Workloads \\
    --exclude tag:stage=sandbox
  rotaudit scan --snapshot account.json.zst --secret 'prod/*' --fail-on medium
  rotaudit scan --snapshot payments.json.zst snapshots/  # several as one
  rotaudit scan --format json -o report.json --on-undecided fail
  rotaudit scan --format table --format sarif=a.sarif --format junit=a.xml
  rotaudit scan --framework nist-800-53-r5 --format markdown -o controls.md
  rotaudit scan --baseline report.json  # only what it did not have counts")]
pub(super) struct Scan {
    #[command(flatten)]
    audit: AuditArgs,
    /// Show only what concerns these secrets: a name, an ARN, or a glob such as 'prod/*'; give it again for more
    #[arg(long, value_name = "SECRET", help_heading = "Audit")]
    secret: Vec<String>,
    #[command(flatten)]
    threshold: Threshold,
    #[command(flatten)]
    formats: FormatArgs,
}

impl Scan {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        self.formats.check()?;
        let Audited { inventory, mut report, fail_on } = self.audit.audit_change_if(|rules| self.formats.check_framework(rules))?;
        if !self.secret.is_empty() {
            matching::narrow(&mut report, &matching::secrets(&self.secret, &inventory)?);
        }
        self.formats.write(&report)?;
        if let Some(warning) = self.threshold.warning(&report) {
            complain("warning", &warning);
            for note in self.audit.ways_out(&report) {
                complain("note", &note);
            }
        }
        Ok(self.threshold.exit_code(&report, fail_on))
    }
}
