//! The rule files that are compiled into the program. The set of rules loads them.

/// Path under `rules/` and text of every built-in rule file, in the order of their paths. `build.rs` writes the table.
pub(super) const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/rules.rs"));
