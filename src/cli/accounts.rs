//! Which live accounts are read: the arguments, and what they mean. `sources` has them, `collecting` asks what they mean.

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
    assume_role: Vec<String>,
    /// Read the account of your credentials too
    #[arg(long, requires = "assume_role")]
    own_account: bool,
    /// Read every active account of your organization, and its control policies. Ask from the management account or a delegated administrator's
    #[arg(long, conflicts_with = "assume_role")]
    organization: bool,
    /// The role to read each account of the organization with; {account} in it is the account's id. Your own account is read with your credentials
    #[arg(long, value_name = "NAME", requires = "organization", default_value = DEFAULT_ROLE)]
    role_name: String,
    /// Only these accounts: ou:NAME (and all below it; or its id, or Parent/Child), an account's id, or tag:KEY=VALUE; give it again for more
    #[arg(long, value_name = "WHAT", requires = "organization")]
    include: Vec<String>,
    /// Not these accounts; goes before --include
    #[arg(long, value_name = "WHAT", requires = "organization")]
    exclude: Vec<String>,
    /// What the roles' trust policies want as sts:ExternalId
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The name of your sessions of these roles, by which logs tell who asked [default: rotaudit]
    #[arg(long, value_name = "NAME")]
    role_session_name: Option<String>,
}

/// What may stand in the names of roles and of their sessions
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
fn is_of_names(letter: char) -> bool {
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

#[cfg(feature = "live")]
mod meaning {
    //! What the arguments mean to the collector.

    use crate::arn::Arn;
    use crate::cli::accounts::{AccountArgs, is_of_names, role_name};
    use crate::cli::error::CliError;
    use crate::source::aws::{Accounts, Options, Selector, role_arn};

    impl AccountArgs {
        /// Tells the collector.
        pub(crate) fn apply(&self, options: &mut Options) -> Result<(), CliError> {
            options.accounts = self.accounts()?;
            options.external_id.clone_from(&self.external_id);
            if options.external_id.is_some() && options.accounts == Accounts::Own {
                return Err(CliError::Usage("--external-id is told to a role: give --assume-role or --organization as well".to_owned()));
            }
            if let Some(name) = &self.role_session_name {
                options.role_session_name = session_name(name)?;
            }
            Ok(())
        }

        fn accounts(&self) -> Result<Accounts, CliError> {
            if self.organization {
                let role_name = role_name(&self.role_name)?;
                let (include, exclude) = (selectors("--include", &self.include)?, selectors("--exclude", &self.exclude)?);
                return Ok(Accounts::Organization { role_name, include, exclude });
            }
            match self.assume_role.as_slice() {
                [] => Ok(Accounts::Own),
                roles => Ok(Accounts::Roles { roles: parsed(roles)?, own: self.own_account }),
            }
        }
    }

    fn parsed(texts: &[String]) -> Result<Vec<Arn>, CliError> {
        let roles = texts.iter().map(|role| role_arn(role).map_err(|problem| CliError::Usage(format!("--assume-role: {problem}"))));
        let roles = roles.collect::<Result<Vec<_>, _>>()?;
        for (at, role) in roles.iter().enumerate() {
            if let Some(other) = roles[..at].iter().find(|other| other.account() == role.account() && *other != role) {
                let problem = format!("--assume-role: {other} and {role} are in one account, which is read with one of them");
                return Err(CliError::Usage(problem));
            }
        }
        Ok(roles)
    }

    fn selectors(option: &str, texts: &[String]) -> Result<Vec<Selector>, CliError> {
        texts.iter().map(|text| text.parse().map_err(|problem| CliError::Usage(format!("{option}: {problem}")))).collect()
    }

    fn session_name(name: &str) -> Result<String, CliError> {
        if (2..=64).contains(&name.len()) && name.chars().all(is_of_names) {
            return Ok(name.to_owned());
        }
        Err(CliError::Usage(format!("--role-session-name: {name:?} must be 2 to 64 letters, digits and characters of _+=,.@-")))
    }
}
