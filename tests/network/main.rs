//! The network room against topologies in files, against properties that hold for every topology, and against topologies that cannot be.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

mod limits;
mod load;
mod properties;
mod scenarios;
mod shorthand;
