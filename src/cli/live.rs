//! Reading a live account, for `sources`. A build without the feature `live` holds no AWS SDK, and says so.

use super::error::CliError;
use crate::inventory::Inventory;
use crate::source::Progress;

/// What the arguments say of a live account.
#[cfg_attr(not(feature = "live"), expect(dead_code, reason = "a build without the AWS SDK can only refuse"))]
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

/// Reads the account that the credentials belong to, as of now.
#[cfg(feature = "live")]
pub(super) fn read(live: &Live<'_>, progress: &dyn Progress) -> Result<Inventory, CliError> {
    use crate::source::aws::{Options, collect};

    let mut options = Options::new(jiff::Timestamp::now());
    options.profile = live.profile.map(ToOwned::to_owned);
    options.regions = live.regions.to_vec();
    options.all_regions = live.all_regions;
    options.endpoint_url = live.endpoint_url.map(ToOwned::to_owned);
    let runtime = tokio::runtime::Runtime::new().map_err(|error| CliError::Runtime(error.to_string()))?;
    Ok(runtime.block_on(collect(&options, progress))?)
}

/// There is nothing to read it with.
#[cfg(not(feature = "live"))]
pub(super) fn read(_live: &Live<'_>, _progress: &dyn Progress) -> Result<Inventory, CliError> {
    Err(CliError::NotLive)
}
