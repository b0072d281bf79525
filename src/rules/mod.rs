//! Loads, checks and runs the rule files of the top-level `rules/` folder, and of users' own. `audit` runs them over an inventory; `cli` lists,
//! shows and tests them. A rule is an assertion about requests or facts of one rotation: see `docs/rules.md`.

mod builtin;
mod change;
mod error;
mod evaluate;
mod expression;
mod fields;
mod file;
mod foreign;
mod imagined;
mod likeness;
mod load;
mod mutation;
mod others;
mod outcome;
mod place;
mod policies;
mod principals;
mod proof;
mod requests;
mod rule;
mod run;
mod scene;
mod set;
mod targets;
mod testing;
mod traffic;
mod words;

pub use error::LoadError;
pub use mutation::Mutation;
pub use proof::{answered, is_cut_short};
pub use set::{RuleSet, json_schema};
pub use testing::TestOutcome;

#[cfg(test)]
mod tests;
