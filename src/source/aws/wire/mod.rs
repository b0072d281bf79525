//! The wire: every call that a collection makes leaves through here, those of the SDK's crates and those of `direct` alike. `session` puts it under the
//! clients of an account; only the calls of the credential chain stay outside. It knows for each request which row of the table of calls it is.

mod answer;
mod exchange;
mod label;
mod line;
mod numbers;

pub use exchange::Exchange;
pub(super) use label::{Again, Labels};
pub(super) use line::Wire;
pub use numbers::{Counts, Numbers};
