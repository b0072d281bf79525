//! Reading a live account, for `sources`. A build without the feature `live` holds no AWS SDK, and says so.

use super::error::CliError;
use crate::inventory::Inventory;
use crate::source::Progress;

/// What the arguments say of a live account.
pub(super) struct Live<'a> {
    /// Profile of the AWS configuration.
    pub(super) profile: Option<&'a str>,
    /// Regions; empty for the configuration's own.
    pub(super) regions: &'a [String],
    /// All regions instead.
    pub(super) all_regions: bool,
    /// Another address than AWS's.
    pub(super) endpoint_url: Option<&'a str>,
}

impl Live<'_> {
    /// Reads the account that the credentials belong to, as of now.
    #[cfg(feature = "live")]
    pub(super) fn read(&self, progress: &dyn Progress) -> Result<Inventory, CliError> {
        use crate::source::aws::{Options, collect};

        let mut options = Options::new(jiff::Timestamp::now());
        options.profile = self.profile.map(ToOwned::to_owned);
        options.regions = self.regions.to_vec();
        options.all_regions = self.all_regions;
        options.endpoint_url = self.endpoint_url.map(ToOwned::to_owned);
        let runtime = tokio::runtime::Runtime::new().map_err(|error| CliError::Runtime(error.to_string()))?;
        Ok(runtime.block_on(collect(&options, progress))?)
    }

    /// There is nothing to read it with.
    #[cfg(not(feature = "live"))]
    pub(super) fn read(&self, _progress: &dyn Progress) -> Result<Inventory, CliError> {
        let Self { profile: _, regions: _, all_regions: _, endpoint_url: _ } = self;
        Err(CliError::NotLive)
    }
}
