//! Where facts come from: the arguments that every command with a source shares, and reading them into an inventory.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::pieces::{self, LiveOptions};
use super::progress::Steps;
use crate::inventory::Inventory;

/// The source: a live account unless one of the others is named.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source (a live account unless --snapshot or --demo is given)")]
pub(super) struct SourceArgs {
    /// Read a snapshot that `rotaudit snapshot` wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["demo", "profile", "region", "endpoint_url"])]
    snapshot: Option<PathBuf>,
    /// Read the account that is built in; needs no credentials
    #[arg(long, conflicts_with_all = ["profile", "region", "endpoint_url"])]
    demo: bool,
    /// The profile of your AWS configuration
    #[arg(long)]
    profile: Option<String>,
    /// A region to read; give it again for more. Without it, the region of your AWS configuration
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    region: Vec<String>,
    /// Ask this address instead of AWS, for example an emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

impl SourceArgs {
    /// Reads the source that the arguments name.
    pub(super) fn read(&self) -> Result<Inventory, CliError> {
        if self.demo {
            return pieces::demo();
        }
        if let Some(path) = &self.snapshot {
            return pieces::read_snapshot(path);
        }
        let options = LiveOptions { profile: self.profile.clone(), regions: self.region.clone(), endpoint_url: self.endpoint_url.clone() };
        pieces::collect(&options, &Steps::on_stderr())
    }
}
