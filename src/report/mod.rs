//! Renderers: a report, or one rotation, as text for people or JSON for programs. `cli` calls them; they only read what an
//! audit made. Text that came from AWS is neutralised for the place it is printed in.

mod annotations;
mod csv;
mod diff;
mod explain;
mod finding;
mod json;
mod junit;
mod layout;
mod markdown;
mod neutralise;
mod path;
mod rule;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod style;
mod summary;
mod table;
mod who_can;
mod words;

pub use annotations::annotations;
pub use csv::csv;
pub use diff::{Changes, ReadError, Side, diff_json, diff_json_schema, diff_table};
pub use explain::explain;
pub use json::{explain_json, json, json_schema, write_json, write_json_line};
pub use junit::junit;
pub use markdown::markdown;
pub use neutralise::terminal_safe;
pub use rule::{rule_list, rule_page};
pub use sarif::sarif;
pub use style::Style;
pub use table::table;
pub use who_can::{Entry, WhoCan, who_can, who_can_json, who_can_json_schema};
