//! What changed between two audits, compared and written as a table. `rotaudit diff` calls it, and reports of changes.

mod changes;
mod side;
mod table;

pub use changes::Changes;
pub(super) use changes::{Open, VerdictChange};
pub(super) use side::{Check, Seen};
pub use side::{ReadError, Side};
pub use table::diff_table;
pub(super) use table::{summary, verdict_text};
