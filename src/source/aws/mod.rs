//! The live account: asks AWS through its SDK and answers with an inventory. A call that fails becomes a gap of the inventory;
//! only when nobody can be asked at all is there an error.

mod ask;
mod collect;
mod direct;
mod functions;
mod identities;
mod keys;
mod lanes;
mod network;
mod options;
mod place;
mod regions;
mod secrets;
mod session;
mod values;
mod wire;

pub use collect::collect;
pub use options::Options;
pub use wire::{Counts, Exchange, Numbers, Rates, UnderWay};
