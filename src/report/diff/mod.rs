//! What changed between two audits, compared and written. `rotaudit diff` calls it.

mod changes;
mod side;
mod table;

pub use changes::{Changes, diff_json, diff_json_schema};
pub use side::{ReadError, Side};
pub use table::diff_table;
