//! rotaudit follows the whole chain that an AWS Secrets Manager rotation hangs on (secret, function, policies, role, key)
//! and decides every request of it as AWS would. `docs/architecture.md` says what each room is for and what it may use.

pub mod access;
pub mod arn;
pub mod audit;
pub mod cli;
pub mod finding;
pub mod gate;
pub mod inventory;
pub mod network;
pub mod policy;
pub mod report;
pub mod rotation;
pub mod rules;
pub mod source;
