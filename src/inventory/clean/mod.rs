//! The clean account: one complete, correct rotation, beside a secret that RDS manages. No rule finds anything in it. Tests of
//! rules are single changes to it, and tests elsewhere start from it.

mod account;
mod network;

pub use account::{ACCOUNT, CURRENT_VERSION, FUNCTION, KEY, Links, OTHER_SECRET, REGION, ROLE, SECRET, account, bare_secret, rotation};
pub use network::{
    CleanNetworkError, DATABASE, DATABASE_GROUP, ENDPOINT, ENDPOINT_GROUP, FUNCTION_GROUP, PLACE, SUBNETS, VPC, account_in_vpc,
    attach_to_vpc,
};
