//! What the proposal names, found in the inventory: one secret, a function of its account or of another, a role.

use super::proposal::ProposalArgs;
use crate::arn::Arn;
use crate::cli::error::{CliError, complain};
use crate::cli::matching::{self, nearest};
use crate::cli::principal;
use crate::gate::{Proposal, ProposedSchedule, Through};
use crate::inventory::{Inventory, Known, function_named};

/// The proposal, with everything that it names found.
pub(super) fn proposal(args: &ProposalArgs, schedule: Option<ProposedSchedule>, inventory: &Inventory) -> Result<Proposal, CliError> {
    let secret = secret(&args.secret, inventory)?;
    let through = match (&args.function, &args.role) {
        (Some(function), _) => Through::Function(function_of(function, &secret)?),
        (None, Some(role)) => Through::Role(external_role(role)?),
        (None, None) => return Err(CliError::Usage("give --function, or --role for a managed external secret".to_owned())),
    };
    let turned_on_by = args.turned_on_by.as_deref().map(|named| principal::find(&principal::parse(named)?, inventory)).transpose()?;
    Ok(Proposal { secret, through, schedule, turned_on_by })
}

/// What can be told to be wrong before anything is read.
pub(super) fn check(args: &ProposalArgs) -> Result<(), CliError> {
    if args.secret.contains(['*', '?']) {
        return Err(CliError::Usage(format!("--secret: {:?} is a pattern; name one secret, by its name or ARN", args.secret)));
    }
    args.turned_on_by.as_deref().map(principal::parse).transpose()?;
    args.role.as_deref().map(external_role).transpose()?;
    // Any secret will do to see whether it is the name of a function.
    let beside = Arn::parse("arn:aws:secretsmanager:us-east-1:000000000000:secret:any-AbCdEf")
        .map_err(|error| CliError::Usage(error.to_string()))?;
    args.function.as_deref().map(|function| function_of(function, &beside)).transpose()?;
    Ok(())
}

/// The secret of that name or ARN. Where several regions or accounts have one of that name, its ARN is wanted.
fn secret(named: &str, inventory: &Inventory) -> Result<Arn, CliError> {
    let found = matching::secrets(&[named.to_owned()], inventory)?;
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (first, second) => {
            let names: Vec<String> = first.into_iter().chain(second).chain(found).take(10).map(|arn| format!("  {arn}")).collect();
            Err(CliError::Usage(format!("--secret: {named:?} fits several secrets; name one by its ARN:\n{}", names.join("\n"))))
        }
    }
}

fn function_of(named: &str, secret: &Arn) -> Result<Arn, CliError> {
    function_named(named, secret).ok_or_else(|| {
        CliError::Usage(format!(
            "--function: {named:?} names no function\nGive its name, its name with a version or alias (rotate-db:live), or its ARN, \
             arn:aws:lambda:REGION:ACCOUNT:function:NAME."
        ))
    })
}

fn external_role(text: &str) -> Result<Arn, CliError> {
    let arn = principal::parse(text).map_err(|_| ()).ok().filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"));
    arn.ok_or_else(|| CliError::Usage(format!("--role: {text:?} is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME")))
}

/// Says how to have a function read that this source does not hold: without it nothing is decided.
pub(super) fn warn_of_unread(proposal: &Proposal, inventory: &Inventory, from_file: bool) {
    let Through::Function(function) = &proposal.through else { return };
    let (unqualified, qualifier) = function.split_qualifier();
    let known = match inventory.function(function) {
        Known::Unreadable(_) => false,
        Known::Value(it) => qualifier.is_none_or(|qualifier| it.policies.contains_key(qualifier)),
    };
    if known {
        return;
    }
    let names = inventory.functions.keys().map(Arn::name);
    let meant = nearest(unqualified.name(), names).filter(|name| *name != unqualified.name());
    let meant = meant.map(|name| format!(" (did you mean {name}?)")).unwrap_or_default();
    let way_out = if from_file {
        format!(
            "\nA snapshot holds the functions that secrets name; take one with this function too: rotaudit snapshot --function {function} -o FILE"
        )
    } else {
        String::new()
    };
    complain("warning", &format!("{function} was not read{meant}: what hangs on it is undecided{way_out}"));
}
