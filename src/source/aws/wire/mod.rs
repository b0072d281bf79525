//! The wire: every call that a collection makes leaves through here, those of the SDK's crates and those of `direct` alike. `session` puts it under the
//! clients of an account; only the calls of the credential chain stay outside. It knows for each request which row of the table of calls it is.

mod answer;
mod bucket;
mod exchange;
mod label;
mod line;
mod numbers;
mod pace;
mod renewal;
mod silence;
mod spool;
mod stop;
mod stored;

pub(super) use answer::is_token_error;
pub use exchange::Exchange;
pub(super) use label::{Again, Labels};
pub(super) use line::{Wire, anew};
pub use numbers::{Busiest, Counts, Numbers, UnderWay};
pub use pace::Rates;
pub(super) use silence::Enough;
pub(super) use spool::AskedFor;
