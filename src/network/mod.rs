//! Whether a packet gets from a rotation function to Secrets Manager and to its database, told from the configuration of the networks on the way: subnets,
//! routes, gateways, network ACLs, security groups, endpoints and names. Asked by `rotation`, `rules` and `report`; asks nothing but the inventory.
//!
//! [`Paths::new`] reads the networks, [`Paths::to_secrets_manager`] and [`Paths::to_target`] answer. An answer is *reachable* only if everything on the way
//! was read and lets the packets and their answers through, *blocked* only if something certainly stops them, and otherwise undecided with the missing call
//! or the thing that cannot be known. The policies of VPC endpoints are no matter of this room: [`Way`] tells `rotation` which endpoints a call passes.

mod acls;
mod address;
mod answer;
mod classes;
mod connect;
mod ends;
mod firewall;
mod groups;
mod guards;
mod hosts;
mod index;
mod internet;
mod names;
mod nat;
mod outcome;
mod paths;
mod peering;
mod reason;
mod resolve;
mod routes;
mod service;
mod spot;
mod table;
mod target;
mod transit;
mod walk;
mod zones;

pub use answer::{EndpointId, EndpointWay, Hop, HopKind, Reach, SubnetPath, Verdict, Way};
pub use hosts::{Endpoint, HostKind, endpoints};
pub use paths::Paths;
pub use reason::{Code, Level, Reason};
pub use target::{Place, Target};
