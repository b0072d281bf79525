//! How live accounts are read: the arguments, and all that they say of it. `sources` fills it in, `live` and `collecting` use it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use super::accounts::AccountArgs;
use crate::arn::Arn;
use crate::inventory::VpcAttachment;

/// Pace, spool and what is said meanwhile.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading a live account")]
pub(super) struct ReadingArgs {
    /// Make at most this many requests a second of each group of calls that share a quota (docs/collection.md lists them)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with_all = ["snapshot", "demo"])]
    pub(super) max_rate: Option<u32>,
    /// Keep every answer in this file while reading, so that an interrupted run can go on; it is removed at the end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["snapshot", "demo"])]
    pub(super) spool: Option<PathBuf>,
    /// Go on from the spool of an interrupted run with the same options, or begin when there is none
    #[arg(long, conflicts_with_all = ["snapshot", "demo"])]
    pub(super) resume: bool,
    /// Say on stderr how many calls were made, repeated and throttled, and what they cost
    #[arg(long)]
    pub(super) stats: bool,
    /// Say nothing while reading
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// What the arguments say of live accounts.
#[cfg_attr(not(feature = "live"), expect(dead_code, reason = "a build without the AWS SDK can only refuse"))]
pub(super) struct Live<'a> {
    /// Profile of the AWS configuration.
    pub(super) profile: Option<&'a str>,
    /// Which accounts.
    pub(super) accounts: &'a AccountArgs,
    /// Regions; empty for the configuration's own.
    pub(super) regions: &'a [String],
    /// All regions instead.
    pub(super) all_regions: bool,
    /// Another address than AWS's.
    pub(super) endpoint_url: Option<&'a str>,
    /// Pace, spool and what is said meanwhile.
    pub(super) reading: &'a ReadingArgs,
    /// What else to read.
    pub(super) more: &'a MoreToRead,
}

/// What is to be read although no secret names it yet.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "live"), expect(dead_code, reason = "a build without the AWS SDK can only refuse"))]
pub(super) struct MoreToRead {
    /// Functions, by their ARNs.
    pub(super) functions: Vec<Arn>,
    /// Keys, by their ARNs or those of their aliases.
    pub(super) keys: Vec<Arn>,
    /// What functions are to be attached to, by place.
    pub(super) attachments: BTreeMap<String, VpcAttachment>,
    /// Subnets whose VPCs are to be read, wherever they are.
    pub(super) subnets: BTreeSet<String>,
    /// A secret, by its name or ARN, and the function that is to rotate it, as people name it.
    pub(super) of_secret: Option<(String, String)>,
}
