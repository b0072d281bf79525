//! Where facts come from: a live account (feature `live`), a snapshot file, or the account that is compiled in. `cli` asks here
//! for an inventory; no other room does I/O or knows the AWS SDK.

#[cfg(feature = "live")]
pub mod aws;
mod bare;
pub(crate) mod cloudformation;
pub mod demo;
mod error;
mod index;
pub(crate) mod overlay;
pub(crate) mod planned;
mod ports;
mod progress;
pub mod snapshot;
pub(crate) mod terraform;

pub use error::SourceError;
pub use progress::Progress;
