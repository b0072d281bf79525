//! Live accounts: asks AWS through its SDK and answers with an inventory. A call that fails becomes a gap of the inventory;
//! only when nobody can be asked at all is there an error.

mod accounts;
mod ask;
mod assume;
mod collect;
mod direct;
mod enabled;
mod functions;
mod identities;
mod keys;
mod lanes;
mod listing;
mod network;
mod options;
mod organization;
mod place;
mod regions;
mod retries;
mod secrets;
mod selector;
mod session;
mod values;
mod wire;

pub use assume::role_arn;
pub use collect::collect;
pub use options::{Accounts, Options, ProposedFunction, ProposedNetworks};
pub use selector::Selector;
pub use wire::{Busiest, Counts, Exchange, Numbers, Rates, UnderWay};
