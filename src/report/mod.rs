//! Renderers: a report, or one rotation, as text for people or JSON for programs. `cli` calls them; they only read what an
//! audit made. Text that came from AWS is neutralised for the place it is printed in.

mod explain;
mod finding;
mod json;
mod layout;
mod neutralise;
mod path;
mod rule;
#[cfg(test)]
pub(crate) mod sample;
mod style;
mod summary;
mod table;
mod words;

pub use explain::explain;
pub use json::{explain_json, json, json_schema, write_json, write_json_line};
pub use neutralise::terminal_safe;
pub use rule::{rule_list, rule_page};
pub use style::Style;
pub use table::table;
