//! Which one thing of the inventory the user means by a name, an ARN or a glob: a secret, function, key, role, endpoint or security group. `who-can` uses it.

use std::collections::BTreeMap;

use super::actions::Action;
use super::error::CliError;
use super::matching::nearest;
use crate::access::Target;
use crate::arn::{AccountId, Arn, Partition};
use crate::finding::names;
use crate::inventory::{Inventory, Known};

/// Of a list of what fits, so many are shown.
const MOST: usize = 10;

/// What an action of this service is about, by the one thing that `pattern` fits.
pub(super) fn target(pattern: &str, action: &Action, inventory: &Inventory) -> Result<Target, CliError> {
    if !action.has_resource {
        return of_account(pattern, action, inventory);
    }
    let (kind, known) = candidates(action.service, inventory);
    let found: Vec<&Arn> = known.iter().filter(|(arn, name)| names(pattern, arn, name)).map(|(arn, _)| arn).collect();
    match found.as_slice() {
        [one] => Ok(make(action.service, (*one).clone())),
        [] => {
            let near = nearest(pattern, known.values().map(String::as_str)).map(|name| format!("; did you mean {name:?}?"));
            Err(CliError::Usage(format!(
                "no {kind} fits {pattern:?}{}\n{} of them were read: secrets, and the functions, keys, roles and networks that their rotation hangs on",
                near.unwrap_or_default(),
                known.len()
            )))
        }
        several => {
            let listed: Vec<String> = several.iter().take(MOST).map(|arn| format!("  {arn}")).collect();
            Err(CliError::Usage(format!("{pattern:?} fits {} of them; name one by its ARN:\n{}", several.len(), listed.join("\n"))))
        }
    }
}

/// An action that knows no resource is asked in an account, in its first region.
fn of_account(pattern: &str, action: &Action, inventory: &Inventory) -> Result<Target, CliError> {
    let read = inventory.accounts.get(pattern).zip(AccountId::parse(pattern).ok());
    if let Some((account, id)) = read {
        let region = account.regions.keys().next().map_or("us-east-1", String::as_str);
        return Ok(Target::Nothing { account: id.as_str().into(), region: region.into() });
    }
    let accounts: Vec<&str> = inventory.accounts.keys().map(AccountId::as_str).take(MOST).collect();
    Err(CliError::Usage(format!(
        "{} knows no resource: name the account in which it is asked, not {pattern:?}\nRead: {}",
        action.name,
        accounts.join(", ")
    )))
}

fn make(service: &str, arn: Arn) -> Target {
    match service {
        "secretsmanager" => Target::Secret(arn),
        "lambda" => Target::Function(arn),
        "kms" => Target::Key(arn),
        "iam" | "sts" => Target::Role(arn),
        _ => Target::Other(arn),
    }
}

/// What a service's actions can be about, with the names that people use.
fn candidates(service: &str, inventory: &Inventory) -> (&'static str, BTreeMap<Arn, String>) {
    let named = |arn: &Arn| (arn.clone(), arn.name().to_owned());
    match service {
        "secretsmanager" => ("secret", inventory.secrets.values().map(|secret| (secret.arn.clone(), secret.name.clone())).collect()),
        "lambda" => ("function", functions(inventory)),
        "kms" => ("key", inventory.keys.keys().map(named).collect()),
        "iam" | "sts" => {
            let read = inventory.accounts.values().filter_map(|account| account.identities.value());
            ("role", read.flat_map(|identities| identities.roles.keys().map(named)).collect())
        }
        _ => ("endpoint or security group", network(inventory)),
    }
}

/// Functions, and those of their versions and aliases that have a policy or that secrets name.
fn functions(inventory: &Inventory) -> BTreeMap<Arn, String> {
    let mut found = BTreeMap::new();
    for function in inventory.functions.values() {
        found.insert(function.arn.clone(), function.arn.name().to_owned());
        for qualifier in function.policies.keys().filter(|qualifier| !qualifier.is_empty()) {
            if let Ok(arn) = Arn::parse(&format!("{}:{qualifier}", function.arn)) {
                found.insert(arn, format!("{}:{qualifier}", function.arn.name()));
            }
        }
    }
    found
}

/// Endpoints and security groups, as resources of the account and region in which they were read.
fn network(inventory: &Inventory) -> BTreeMap<Arn, String> {
    let mut found = BTreeMap::new();
    for (place, network) in &inventory.networks {
        let Some((account, region)) = place.split_once('/') else { continue };
        let ids = |kind: &str, ids: Vec<&String>| -> Vec<(Arn, String)> {
            let arn = |id: &str| Arn::build(Partition::of_region(region), "ec2", region, account, &format!("{kind}/{id}")).ok();
            ids.into_iter().filter_map(|id| Some((arn(id)?, id.clone()))).collect()
        };
        if let Known::Value(endpoints) = &network.endpoints {
            found.extend(ids("vpc-endpoint", endpoints.keys().collect()));
        }
        if let Known::Value(groups) = &network.security_groups {
            found.extend(ids("security-group", groups.keys().collect()));
        }
    }
    found
}
