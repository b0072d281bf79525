//! The wire against the mock: what goes wrong on the way is repeated, renewed or told; rates are kept; an interrupted collection goes on where it was.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "../support/collecting.rs"]
mod collecting;
mod faults;
mod interrupted;
#[path = "../support/mock.rs"]
mod mock;
#[path = "../support/networks.rs"]
mod networks;
mod rates;
mod renewal;
mod resume;
#[path = "../support/sample.rs"]
mod sample;
