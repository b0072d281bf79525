//! Reading live accounts, for `sources`. A build without the feature `live` holds no AWS SDK, and says so.

use std::path::Path;

use super::error::CliError;
use super::reading::Live;
use crate::inventory::Inventory;

/// What is left to do when what was read is in a safe place.
type After = Box<dyn FnOnce() -> Result<(), CliError>>;

/// What was read.
pub(super) struct Read {
    pub(super) inventory: Inventory,
    after: Option<After>,
}

impl Read {
    /// What was read of something else than a live account.
    pub(super) fn of(inventory: Inventory) -> Self {
        Self { inventory, after: None }
    }

    /// The inventory is in a safe place.
    pub(super) fn done(self) -> Result<Inventory, CliError> {
        if let Some(after) = self.after {
            after()?;
        }
        Ok(self.inventory)
    }
}

/// Reads the accounts that the arguments name, as of now or, when it goes on with a spool, as of when that was begun. `beside` is the file that will
/// hold the inventory, if there is one.
#[cfg(feature = "live")]
pub(super) fn read(live: &Live<'_>, beside: Option<&Path>) -> Result<Read, CliError> {
    let (inventory, exchange) = super::collecting::collected(live, beside)?;
    // After an interruption there is something to go on with.
    let after = inventory.partial.is_none().then(|| Box::new(move || Ok(exchange.remove_spool()?)) as After);
    Ok(Read { inventory, after })
}

/// There is nothing to read it with.
#[cfg(not(feature = "live"))]
pub(super) fn read(_live: &Live<'_>, _beside: Option<&Path>) -> Result<Read, CliError> {
    Err(CliError::NotLive)
}
