//! Plans of Terraform and OpenTofu as a source. `sources` asks here.

use std::path::{Path, PathBuf};

use clap::Args;

use super::bounded::{self, PLAN};
use super::clock::now;
use super::error::CliError;
use super::reading::MoreToRead;
use super::templates::Worlds;
use crate::arn::AccountId;
use crate::inventory::Inventory;
use crate::source::snapshot;
use crate::source::terraform::{self, Inventories, PlanError, Told};

/// A plan instead of an account.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source: a plan")]
pub(super) struct PlanArgs {
    /// Read a plan of Terraform or OpenTofu (`terraform show -json`) as if it had been applied; needs no credentials
    #[arg(long, value_name = "FILE", group = "undeployed", conflicts_with_all = ["snapshot", "demo", "template", "profile", "endpoint_url", "all_regions"])]
    plan: Option<PathBuf>,
    /// The folder of the plan's configuration: what a plan hides of policies and other expressions is read there
    #[arg(long, value_name = "DIR", requires = "plan")]
    source: Option<PathBuf>,
    /// Read what the plan's state says was there before, to see with `diff` what the plan itself adds and removes
    #[arg(long, requires = "plan")]
    before: bool,
}

impl PlanArgs {
    /// Whether a plan is named.
    pub(super) fn is_given(&self) -> bool {
        self.plan.is_some()
    }

    /// The inventory that the plan would leave behind, if one is named, laid `over` what exists where that is asked for, and the one before it: what exists, or else what the
    /// plan's state holds. `live` reads the account, and these functions with it.
    pub(super) fn read(
        &self,
        account: Option<&AccountId>,
        regions: &[String],
        over: Option<&Path>,
        live: impl FnOnce(&MoreToRead) -> Result<Inventory, CliError>,
    ) -> Result<Option<Worlds>, CliError> {
        let Some(path) = &self.plan else { return Ok(None) };
        let region = match regions {
            [] => None,
            [region] => Some(region.as_str()),
            _ => {
                return Err(CliError::Usage(
                    "--region: a plan's resources are in the regions of its providers; give the one of those that name none".to_owned(),
                ));
            }
        };
        let bytes = bounded::bytes(path, PLAN)?;
        let told = Told { account, region, source: self.source.as_deref(), before: self.before };
        let wrong = |error: PlanError| CliError::Usage(format!("{}: {error}", path.display()));
        let world = |inventory| vec![(String::new(), inventory)];
        let Some(over) = over else {
            if self.before {
                return terraform::inventory(&bytes, told, now()).map(|inventory| Some(Worlds::of(inventory))).map_err(wrong);
            }
            let Inventories { before, after, anew } = terraform::inventories(&bytes, told, now()).map_err(wrong)?;
            return Ok(Some(Worlds { before: world(before), now: world(after), anew }));
        };
        if self.before {
            return Err(CliError::Usage("--before reads the plan's own state; what it would be laid over is that already".to_owned()));
        }
        let change = terraform::change(&bytes, told, now()).map_err(wrong)?;
        let existing = if over.as_os_str() == "live" {
            live(&MoreToRead {
                functions: change.named_functions(),
                keys: change.named_keys(),
                attachments: change.attachments(),
                ..MoreToRead::default()
            })?
        } else {
            snapshot::read_all(&[over.to_owned()])?
        };
        let now = world(change.over(&existing));
        Ok(Some(Worlds { before: world(existing), now, anew: false }))
    }
}
