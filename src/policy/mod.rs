//! The IAM policy language: parse, match, evaluate one closed question, three-valued, with a trace. Uses nothing but ARNs.
//!
//! A [`Request`] says who asks for what, a [`PolicySet`] holds the policies that have a say, [`evaluate`] answers, [`explain`] says why.
//! The rules are those of <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

mod arn_pattern;
mod block;
pub mod case;
mod cells;
mod condition;
mod context;
mod decide;
mod document;
mod error;
mod glob;
mod hangs_on;
pub(crate) mod json;
mod looks;
mod matching;
mod miss;
mod model;
mod naming;
mod nodes;
mod operand;
mod operator;
mod parse;
mod pattern;
mod request;
mod rows;
mod set;
mod text;
mod trace;
mod truth;
mod value;
mod write;

pub use context::{Context, Entry};
pub use decide::{Decision, Evaluation, ResourceAllows, evaluate, may_allow};
pub use document::Document;
pub use error::{PolicyError, Position, Problem};
pub use hangs_on::HangsOn;
pub use looks::{covers_action, looks_at_context, marks, may_cover_resource, reads};
pub use miss::{Element, Miss};
pub use model::{Condition, Conditions, Policy, Statement, Statements, Version};
pub use request::{Principal, Request};
pub use rows::{Effect, PrincipalKind};
pub use set::{Attached, Body, Label, PolicyKind, PolicySet};
pub(crate) use text::without_marks;
pub use text::{Part, Symbol, Text};
pub use trace::{Hinge, Step, Trace, explain, outline};
pub use truth::Truth;
pub use value::PrincipalEntry;
