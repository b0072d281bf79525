//! Reading calls to services whose SDK crate is not worth its build, or lacks the operation: EC2 (1.2 million lines), RDS, CloudFormation, Route 53 and its resolver,
//! and what is new in Secrets Manager.
//!
//! Signing, credentials, HTTP, timeouts, retries and throttling are the SDK's own layers; what is ours is how a request is written and an answer is read.
//! Only operations that read have a name here ([`Operation`](operation::Operation)). `network` and `secrets` call it.

mod client;
mod endpoint;
mod operation;
mod refusal;
mod tree;

pub(super) use client::{Client, Environment};
pub(super) use operation::{Request, Service};
pub(super) use tree::{Element, Malformed};
