//! Why no inventory could be had at all. What could be had in part is not an error: the missing calls are gaps of the inventory.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::inventory::Gap;
use crate::inventory::snapshot::SnapshotError;

/// No inventory. Every text names the thing and the way out; `cli` prints it as it is.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A folder holds no snapshot.
    #[error("{} holds no snapshot (*.json or *.json.zst)", path.display())]
    NoSnapshot {
        /// The folder.
        path: PathBuf,
    },
    /// A snapshot is larger than any account makes it.
    #[error("{} holds more than {limit} bytes when it is unpacked, which no snapshot does: it is damaged or made to exhaust memory", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How much is read of a snapshot, in bytes.
        limit: u64,
    },
    /// A file is not a snapshot that this build reads.
    #[error("{}: {cause}", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: SnapshotError,
    },
    /// A file that should be a spool is none, or of another version.
    #[error("{} is not a spool that this build of rotaudit reads: name another file, or remove it", path.display())]
    NotASpool {
        /// The file.
        path: PathBuf,
    },
    /// A spool was begun with other options.
    #[error("{} was begun with other options: {differences}\n  Give the same options to go on with it, or leave out --resume to begin anew.", path.display())]
    OtherSpool {
        /// The file.
        path: PathBuf,
        /// What differs, and how.
        differences: String,
    },
    /// Another collection writes to the spool.
    #[error("{} is in use by another rotaudit", path.display())]
    BusySpool {
        /// The file.
        path: PathBuf,
    },
    /// Nobody says who is asking.
    #[error(
        "no AWS credentials: {cause}\n  Give them as for the AWS CLI: `aws sso login`, --profile NAME, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.\n  \
         Without an account: `rotaudit scan --demo` needs no credentials, and --snapshot FILE reads what was collected before."
    )]
    NoCredentials {
        /// What the credential chain says.
        cause: String,
    },
    /// The credentials were valid once.
    #[error(
        "the AWS credentials have expired ({answer})\n  Log in again (`aws sso login`, or fetch a new session token) and repeat the command."
    )]
    ExpiredCredentials {
        /// What STS answered.
        answer: String,
    },
    /// AWS does not accept the credentials.
    #[error(
        "AWS refuses the credentials in {region}: {answer}\n  Check the access key (or --profile), the clock of this machine, and that the region belongs to \
         the account's partition and is enabled.\n  `rotaudit scan --demo` needs no credentials."
    )]
    RefusedCredentials {
        /// The region whose STS was asked.
        region: String,
        /// What STS answered.
        answer: String,
    },
    /// Nobody says where to look.
    #[error("no AWS region: give --region NAME, set AWS_REGION, or `aws configure set region NAME` for the profile")]
    NoRegion,
    /// A setting of AWS's tools is not understood.
    #[error("{variable}, or {of_profile} in the profile, is {value:?}: it wants {wanted}")]
    Setting {
        /// The variable of the environment.
        variable: &'static str,
        /// Its name in the configuration file.
        of_profile: &'static str,
        /// As it is set.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// A region's name is not one.
    #[error("{name:?} is not the name of an AWS region{}", similar.as_ref().map(|name| format!(": did you mean {name}?")).unwrap_or_default())]
    UnknownRegion {
        /// The name as given.
        name: String,
        /// The known region with the most similar name.
        similar: Option<String>,
    },
    /// AWS does not answer.
    #[error(
        "AWS does not answer in {region}: {cause}\n  Check the network, the proxy (HTTPS_PROXY) and --endpoint-url.\n  `rotaudit scan --demo` needs no network, \
         and --snapshot FILE reads what was collected before."
    )]
    Unreachable {
        /// The region whose STS was asked.
        region: String,
        /// What failed.
        cause: String,
    },
    /// Whoever asks may not see the organization.
    #[error(
        "cannot list the accounts of the organization: {gap}\n  Ask with credentials of the management account, or of a delegated administrator account that may read the \
         organization; `rotaudit permissions --organization` prints what they need.\n  Without the organization: --assume-role ARN, once for each account."
    )]
    Organization {
        /// The call that did not answer.
        gap: Gap,
    },
    /// There is no organization.
    #[error(
        "the account {account} belongs to no organization\n  Leave out --organization, or ask with credentials of the organization's management account."
    )]
    NoOrganization {
        /// The account that asked.
        account: String,
    },
    /// A filter names a unit that is not there.
    #[error(
        "the organization {organization} has no organizational unit {name:?}{}",
        similar.as_ref().map(|name| format!(": did you mean {name}?")).unwrap_or_default()
    )]
    UnknownUnit {
        /// As given: an id, a name, or a path of names.
        name: String,
        /// The id of the organization.
        organization: String,
        /// The path of the unit with the most similar name.
        similar: Option<String>,
    },
    /// A filter names an account that is not there.
    #[error("the organization {organization} has no account {account}")]
    UnknownMember {
        /// As given.
        account: String,
        /// The id of the organization.
        organization: String,
    },
    /// None of the accounts lets itself be read.
    #[error(
        "none of {all} accounts can be read: {gap}\n  Check that the role is there, that its trust policy names whoever asks (and the --external-id it wants), and that \
         these may call sts:AssumeRole; `rotaudit permissions --organization` prints what they need."
    )]
    NothingReadable {
        /// How many were to be read.
        all: usize,
        /// Why the first of them cannot be.
        gap: Gap,
    },
    /// The name of the roles cannot be one.
    #[error("--role-name: {cause}")]
    RoleName {
        /// What is wrong with it.
        cause: String,
    },
    /// Filters leave nothing.
    #[error("--include and --exclude leave none of the {all} accounts of the organization to read")]
    NoAccounts {
        /// How many there are.
        all: usize,
    },
}
