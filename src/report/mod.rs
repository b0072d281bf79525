//! Renderers: a report, or one rotation, as text for people or JSON for programs. `cli` calls them; they only read what an
//! audit made. Text that came from AWS is neutralised for the place it is printed in.

mod annotations;
mod csv;
mod diff;
mod explain;
mod finding;
mod framework;
mod gate;
mod json;
mod junit;
mod layout;
mod markdown;
mod neutralise;
mod ocsf;
mod path;
mod rule;
mod rule_docs;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod style;
mod summary;
mod table;
mod who_can;
mod words;

pub use annotations::annotations;
pub use csv::{csv, csv_by_control};
pub use diff::{Changes, ReadError, Side, diff_table};
pub use explain::explain;
pub use framework::Framework;
pub use gate::gate;
pub use json::{
    diff_json, diff_json_schema, explain_json, gate_json, gate_json_schema, json, json_by_control, json_schema, write_json, write_json_line,
};
pub use junit::junit;
pub use markdown::{markdown, markdown_by_control};
pub use neutralise::terminal_safe;
pub use ocsf::ocsf;
pub use rule::{rule_list, rule_page};
pub use rule_docs::{rule_contents, rule_document, rule_index};
pub use sarif::sarif;
pub use style::Style;
pub use table::{table, table_by_control};
pub use who_can::{Entry, WhoCan, who_can, who_can_json, who_can_json_schema};

#[cfg(test)]
mod golden;
