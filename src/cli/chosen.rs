//! What the arguments about accounts mean to the collector. `collecting` asks here.

use super::accounts::{AccountArgs, is_of_names, role_name};
use super::error::CliError;
use crate::arn::Arn;
use crate::source::aws::{Accounts, Options, Selector, role_arn};

/// Tells the collector which accounts to read, and as whom.
pub(super) fn apply(args: &AccountArgs, options: &mut Options) -> Result<(), CliError> {
    options.accounts = accounts(args)?;
    options.external_id.clone_from(&args.external_id);
    if options.external_id.is_some() && options.accounts == Accounts::Own {
        return Err(CliError::Usage("--external-id is told to a role: give --assume-role or --organization as well".to_owned()));
    }
    if let Some(name) = &args.role_session_name {
        options.role_session_name = session_name(name)?;
    }
    Ok(())
}

fn accounts(args: &AccountArgs) -> Result<Accounts, CliError> {
    if args.organization {
        let role_name = role_name(&args.role_name)?;
        let (include, exclude) = (selectors("--include", &args.include)?, selectors("--exclude", &args.exclude)?);
        return Ok(Accounts::Organization { role_name, include, exclude });
    }
    match args.assume_role.as_slice() {
        [] => Ok(Accounts::Own),
        texts => Ok(Accounts::Roles { roles: roles(texts)?, own: args.own_account }),
    }
}

fn roles(texts: &[String]) -> Result<Vec<Arn>, CliError> {
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
