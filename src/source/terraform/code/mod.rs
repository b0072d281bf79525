//! The configuration itself, where people name its folder: what a plan hides of an expression is read from there. `stack` asks here for what it does not find in the plan.

mod expression;
mod files;
mod functions;
mod json;
mod loops;
mod made;
mod merge;
mod names;
mod operations;
mod place;
mod placed;
mod references;
mod targets;
mod templates;
mod traversal;
mod types;
mod unify;

pub(crate) use expression::Evaluator;
pub(crate) use files::read;
pub(crate) use made::Made;

#[cfg(test)]
mod tests;
