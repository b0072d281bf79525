//! "May X do Y on Z in this inventory?" Finds the policies that apply, fills in the condition keys, adds the grants, and lets the policy engine decide.
//! Rotations and rules ask here.

mod answer;
mod ask;
mod context;
mod control;
mod estate;
mod everyone;
mod given;
mod grants;
mod identities;
mod names;
mod policies;
mod principal;
mod question;
mod reason;
mod services;
mod strangers;
mod told;
mod witness;

pub use answer::{Answer, Closed};
pub use ask::Access;
pub use everyone::{Certainty, Everyone, Group, Matter, Party};
pub use question::{Caller, Question, Scope, Target, Way};
pub use told::Told;
