//! Where facts come from: the arguments that every command with a source shares, and reading them into an inventory.

use std::path::{Path, PathBuf};

use clap::Args;

use super::accounts::AccountArgs;
use super::error::CliError;
use super::live::{self, Read};
use super::plans::PlanArgs;
use super::reading::{Live, MoreToRead, ReadingArgs};
use super::templates::{self, TemplateArgs, Worlds};
use crate::inventory::Inventory;
use crate::source::{demo, snapshot};

/// The arguments of live accounts, which no other source takes.
const LIVE: [&str; 13] = [
    "profile",
    "region",
    "all_regions",
    "endpoint_url",
    "assume_role",
    "own_account",
    "organization",
    "role_name",
    "include",
    "exclude",
    "external_id",
    "role_session_name",
    "demo",
];

/// The source: live accounts unless one of the others is named.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source (live accounts unless --snapshot or --demo is given)")]
pub(super) struct SourceArgs {
    /// Read a snapshot that `rotaudit snapshot` wrote, or every *.json and *.json.zst of a folder; give it again for more
    #[arg(long, value_name = "FILE", conflicts_with_all = LIVE)]
    snapshot: Vec<PathBuf>,
    /// Read the account that is built in; needs no credentials
    #[arg(long, conflicts_with_all = &LIVE[..LIVE.len() - 1])]
    demo: bool,
    /// The profile of your AWS configuration
    #[arg(long)]
    profile: Option<String>,
    /// A region to read; give it again for more. Without it, the region of your AWS configuration
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    region: Vec<String>,
    /// Read every region that is enabled, in each account
    #[arg(long, conflicts_with = "region")]
    all_regions: bool,
    /// Ask this address instead of AWS, for example an emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    #[command(flatten)]
    templates: TemplateArgs,
    #[command(flatten)]
    plans: PlanArgs,
    #[command(flatten)]
    accounts: AccountArgs,
    #[command(flatten)]
    reading: ReadingArgs,
}

impl SourceArgs {
    /// Whether a template or plan lies over something, if the source is one.
    pub(super) fn over(&self) -> Option<bool> {
        (self.templates.is_given() || self.plans.is_given()).then(|| self.templates.over().is_some())
    }

    /// Reads the source that the arguments name; of live accounts also this.
    pub(super) fn read(&self, more: &MoreToRead) -> Result<Inventory, CliError> {
        self.read_for(None, more)?.done()
    }

    /// Reads the source once for each way in which open conditions of a template can come out; anything else is one world.
    pub(super) fn read_worlds(&self, more: &MoreToRead) -> Result<Worlds, CliError> {
        match self.undeployed()? {
            Some(worlds) => Ok(worlds),
            None => self.read(more).map(Worlds::of),
        }
    }

    /// What a template or plan leaves behind, if one is named.
    fn undeployed(&self) -> Result<Option<Worlds>, CliError> {
        let live = |more: &MoreToRead| self.live(None, more)?.done();
        match self.templates.read(&self.region, live)? {
            None => self.plans.read(self.templates.account(), &self.region, self.templates.over(), live),
            worlds => Ok(worlds),
        }
    }

    /// Whether it is a file, and nothing else can be asked.
    pub(super) fn is_a_file(&self) -> bool {
        !self.snapshot.is_empty() || self.plans.is_given()
    }

    /// Reads it for a file that will hold it: the spool of a live account lies beside that file, until the caller says that it is `done`.
    pub(super) fn read_for(&self, file: Option<&Path>, more: &MoreToRead) -> Result<Read, CliError> {
        if self.demo {
            return Ok(Read::of(demo::inventory()?));
        }
        if !self.snapshot.is_empty() {
            return Ok(Read::of(snapshot::read_all(&self.snapshot)?));
        }
        match self.undeployed()? {
            Some(worlds) => Ok(Read::of(templates::only(worlds.now)?)),
            None => self.live(file, more),
        }
    }

    fn live(&self, file: Option<&Path>, more: &MoreToRead) -> Result<Read, CliError> {
        let live = Live {
            profile: self.profile.as_deref(),
            accounts: &self.accounts,
            regions: &self.region,
            all_regions: self.all_regions,
            endpoint_url: self.endpoint_url.as_deref(),
            reading: &self.reading,
            more,
        };
        live::read(&live, file)
    }
}
