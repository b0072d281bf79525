//! Which live accounts are read: the arguments. `sources` has them, `chosen` tells the collector what they mean.

use clap::Args;

use super::error::CliError;

/// The name of the role with which each account of an organization is read, unless another is named. Not `OrganizationAccountAccessRole`, which is there in many
/// accounts but is an administrator: a role that may only read is made for this.
pub(super) const DEFAULT_ROLE: &str = "rotaudit";

/// Which accounts are read: that of the credentials unless others are named.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accounts (that of your credentials unless others are named)")]
pub(super) struct AccountArgs {
    /// Read the account of this role with it, instead of your own; give it again for more accounts
    #[arg(long, value_name = "ARN", value_delimiter = ',')]
    pub(super) assume_role: Vec<String>,
    /// Read the account of your credentials too
    #[arg(long, requires = "assume_role")]
    pub(super) own_account: bool,
    /// Read every active account of your organization, and its control policies. Ask from the management account or a delegated administrator's
    #[arg(long, conflicts_with = "assume_role")]
    pub(super) organization: bool,
    /// The role to read each account of the organization with; {account} in it is the account's id. Your own account is read with your credentials
    #[arg(long, value_name = "NAME", requires = "organization", default_value = DEFAULT_ROLE)]
    pub(super) role_name: String,
    /// Only these accounts: ou:NAME (and all below it; or its id, or Parent/Child), an account's id, or tag:KEY=VALUE; give it again for more
    #[arg(long, value_name = "WHAT", requires = "organization")]
    pub(super) include: Vec<String>,
    /// Not these accounts; goes before --include
    #[arg(long, value_name = "WHAT", requires = "organization")]
    pub(super) exclude: Vec<String>,
    /// What the roles' trust policies want as sts:ExternalId
    #[arg(long, value_name = "ID")]
    pub(super) external_id: Option<String>,
    /// The name of your sessions of these roles, by which logs tell who asked [default: rotaudit]
    #[arg(long, value_name = "NAME")]
    pub(super) role_session_name: Option<String>,
}

/// What may stand in the names of roles and of their sessions
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub(super) fn is_of_names(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter)
}

/// The name of a role, with its path if it has one, in which `{account}` may stand.
pub(super) fn role_name(name: &str) -> Result<String, CliError> {
    let without_pattern = name.replace("{account}", "");
    if !name.is_empty() && !name.ends_with('/') && without_pattern.chars().all(|letter| is_of_names(letter) || letter == '/') {
        return Ok(name.to_owned());
    }
    Err(CliError::Usage(format!(
        "--role-name: {name:?} is not the name of a role; its ARN is made of this name and each account's id, which {{account}} in the name stands for"
    )))
}
