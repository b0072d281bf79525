//! The table of API calls that a live audit makes: the IAM actions they need and the facts they feed. The permissions that
//! `rotaudit permissions` prints, the coverage texts and the collector are all made from it.

mod api;
mod policy;
mod rates;
mod table;

pub use api::Api;
pub use policy::{NEVER, organization_policy_json, policy_json};
pub use rates::RateGroup;
pub use table::{CallSpec, WhoAsks};
