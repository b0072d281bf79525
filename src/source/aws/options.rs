//! What a live collection is told: where to look and as whom.

use aws_sdk_sts::config::SharedCredentialsProvider;
use jiff::Timestamp;

use super::wire::Exchange;
use crate::arn::Arn;

/// How often a call is tried before it becomes a gap, unless told otherwise.
const MAX_ATTEMPTS: u32 = 5;

/// What `collect` is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The profile of the AWS configuration files; without it the usual chain decides.
    pub profile: Option<String>,
    /// The regions to read; empty for the region of the usual chain.
    pub regions: Vec<String>,
    /// Read every region of the account's partition that this build knows, `regions` notwithstanding.
    pub all_regions: bool,
    /// Where every service is asked instead of at AWS.
    pub endpoint_url: Option<String>,
    /// The time at which the inventory counts as read.
    pub as_of: Timestamp,
    /// How often one call is tried, the first time included; at least 1.
    pub max_attempts: u32,
    /// Rotation functions to read although no secret names them yet, qualified or not.
    pub functions: Vec<Arn>,
    /// Who asks, instead of the usual chain: assumed roles, tests.
    pub credentials: Option<SharedCredentialsProvider>,
    /// What all calls go through; its numbers can be read while the collection runs and afterwards.
    pub exchange: Exchange,
}

impl Options {
    /// The region and the credentials of the usual chain.
    pub fn new(as_of: Timestamp) -> Self {
        Self {
            profile: None,
            regions: Vec::new(),
            all_regions: false,
            endpoint_url: None,
            as_of,
            max_attempts: MAX_ATTEMPTS,
            functions: Vec::new(),
            credentials: None,
            exchange: Exchange::default(),
        }
    }
}
