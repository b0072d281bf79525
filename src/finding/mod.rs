//! What an audit says: findings with their proof, checks that could not be decided, and what is told about a rule. Rules make
//! these, reports show them.

mod fingerprint;
mod found;
mod glob;
mod late;
mod rule_info;
mod suppress;
mod unexplained;

pub use fingerprint::Fingerprint;
pub use found::{Evidence, Finding, Undecided, worst_first};
pub use glob::{glob, names};
pub use late::Late;
pub use rule_info::{About, Category, Class, Confidence, MapSource, Maps, RuleInfo, Severity};
pub use suppress::{Exceptions, Suppressed, Suppression, Waiver, waiver_rules};
pub use unexplained::{ROTATION_FAILS, rotation_fails};
