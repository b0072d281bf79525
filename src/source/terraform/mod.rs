//! Plans of Terraform and OpenTofu: read, put together into what will be there, and mapped to the inventory that an account would have then. `cli` asks here.

mod address;
mod code;
mod document;
mod identity;
mod kinds;
mod lost;
mod providers;
mod resolve;
mod rivals;
mod stack;
mod value;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;

pub(crate) use document::PlanError;

use self::code::Evaluator;
use self::document::Plan;
use self::providers::Providers;
use self::resolve::Resolver;
use self::value::Value;
use self::world::World;
use crate::arn::{AccountId, Arn};
use crate::inventory::Inventory;
use crate::source::planned::{Change, Side};

/// What is told beside a plan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told<'a> {
    /// The account, where the plan does not say it.
    pub(crate) account: Option<&'a AccountId>,
    /// The region, where the plan does not say it.
    pub(crate) region: Option<&'a str>,
    /// The folder of the configuration.
    pub(crate) source: Option<&'a Path>,
    /// Whether the world before the plan is meant.
    pub(crate) before: bool,
}

/// The inventory after the plan in `bytes` was applied, or before.
pub(crate) fn inventory(bytes: &[u8], told: Told<'_>, as_of: Timestamp) -> Result<Inventory, PlanError> {
    let plan = document::read(bytes)?;
    Ok(side(&plan, told, told.before, false, as_of)?.inventory)
}

/// A plan at both times.
#[derive(Debug)]
pub(crate) struct Inventories {
    pub(crate) before: Inventory,
    pub(crate) after: Inventory,
    /// Whether its state holds nothing, so that all of it is made anew.
    pub(crate) anew: bool,
}

/// The inventories before the plan in `bytes` is applied, as far as its state tells, and after.
pub(crate) fn inventories(bytes: &[u8], told: Told<'_>, as_of: Timestamp) -> Result<Inventories, PlanError> {
    let plan = document::read(bytes)?;
    let of = |before| side(&plan, told, before, false, as_of).map(|side| side.inventory);
    let anew = World::before(&plan).instances().all(|it| it.data);
    Ok(Inventories { before: of(true)?, after: of(false)?, anew })
}

/// What the plan in `bytes` says of what it makes, before it is applied and after, to be laid over what exists.
pub(crate) fn change(bytes: &[u8], told: Told<'_>, as_of: Timestamp) -> Result<Change, PlanError> {
    let plan = document::read(bytes)?;
    Ok(Change { before: side(&plan, told, true, true, as_of)?, after: side(&plan, told, false, true, as_of)? })
}

fn side(plan: &Plan, told: Told<'_>, before: bool, over: bool, as_of: Timestamp) -> Result<Side, PlanError> {
    let mut world = if before { World::before(plan) } else { World::after(plan) };
    let renamed = rivals::renamed(&world);
    world.tell_rivals(rivals::find(&world));
    let lost = lost::take(&mut world, &renamed);
    let code = told.source.map(|folder| code::read(folder, &world)).transpose()?;
    let (account, region) = place(plan, told.account, told.region)?;
    let resolver = Resolver::new(&world, &account, &region).with_source(code.is_some());
    let evaluator = code.as_ref().map(|code| Evaluator::new(code, &resolver, stack::document));
    resolver.tell(stack::applications(&resolver, evaluator.as_ref()));
    let mut inventory = stack::inventory(&resolver, evaluator.as_ref(), over, as_of);
    inventory.assumptions = lost::told(&lost, &renamed);
    inventory.assumptions.extend(resolver.providers.assumptions(&account, &region));
    inventory.assumptions.extend(plan.left());
    Ok(Side {
        inventory,
        made: stack::made(&resolver, evaluator.as_ref()),
        replaced: stack::replaced(&resolver),
        additions: stack::additions(&resolver, evaluator.as_ref()),
        networks: stack::network_facts(&resolver, evaluator.as_ref()),
        identities: stack::identity_facts(&resolver, evaluator.as_ref()),
        resources: stack::resource_facts(&resolver, evaluator.as_ref()),
    })
}

/// The account and region of resources that do not tell theirs, on both sides of the plan. A plan that takes everything away tells them with what was there.
fn place(plan: &Plan, account: Option<&AccountId>, region: Option<&str>) -> Result<(String, String), PlanError> {
    let (account, region) = told(&World::after(plan), account, region);
    let (account, region) = match (account, region) {
        (Some(account), Some(region)) => (Some(account), Some(region)),
        (account, region) => {
            let (earlier_account, earlier_region) = told(&World::before(plan), None, None);
            (account.or(earlier_account), region.or(earlier_region))
        }
    };
    Ok((account.ok_or(PlanError::NoAccount)?, region.ok_or(PlanError::NoRegion)?))
}

/// The account and region that one side tells.
fn told(world: &World<'_>, account: Option<&AccountId>, region: Option<&str>) -> (Option<String>, Option<String>) {
    let read = |kind: &str, attribute: &str| {
        let found =
            world.instances().filter(|it| it.data && it.kind == kind).filter_map(|it| it.values.at([attribute]).and_then(Value::text));
        only(found.map(str::to_owned))
    };
    let providers = Providers::of(world);
    let arns = || world.instances().filter(|it| !it.data).filter_map(|it| Arn::parse(it.values.at(["arn"])?.text()?).ok());
    let account = account.map(ToString::to_string);
    let account = account
        .or_else(|| providers.default_account().map(str::to_owned))
        .or_else(|| read("aws_caller_identity", "account_id"))
        .or_else(|| only(arns().map(|arn| arn.account().to_owned()).filter(|account| AccountId::parse(account).is_ok())));
    let region = region.map(str::to_owned);
    let region = region
        .or_else(|| providers.default_region().map(str::to_owned))
        .or_else(|| read("aws_region", "name").or_else(|| read("aws_region", "region")))
        .or_else(|| only(arns().map(|arn| arn.region().to_owned()).filter(|region| !region.is_empty())));
    (account, region)
}

/// The one value that all have.
fn only(values: impl Iterator<Item = String>) -> Option<String> {
    let values: BTreeSet<String> = values.collect();
    let mut values = values.into_iter();
    values.next().filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests;
