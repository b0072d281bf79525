//! The inventory that a stack would leave behind: its resources as the facts that a live account would tell of them, once made. What the template does not say,
//! or says by something that is not known, is a gap that names it.

mod functions;
mod identities;
mod keys;
mod network;
mod order;
mod origins;
mod people;
mod permissions;
mod properties;
mod resources;
mod secrets;
mod unread;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::properties::Properties;
use self::resources::Stack;
use super::document::TemplateError;
use super::evaluate::Evaluator;
use super::stacks::Stacks;
use super::world::{Holds, World};
use crate::arn::AccountId;
use crate::inventory::{Account, Inventory, Known};
use crate::source::overlay::{Additions, Nameless, Taken};

/// What stacks leave behind.
pub(crate) struct Made {
    pub(crate) inventory: Inventory,
    /// What they add to what they do not make.
    pub(crate) additions: Additions,
    /// What of theirs has no name.
    pub(crate) nameless: Vec<Nameless>,
    /// How their resources are known.
    pub(crate) ids: BTreeSet<String>,
}

/// What is there after `stacks` were deployed, in `world`, into this account and region.
pub(crate) fn inventory(stacks: &Stacks, world: &World, place: (&AccountId, &str), as_of: Timestamp) -> Result<Made, TemplateError> {
    let evaluators = evaluators(stacks, world);
    let made = made(&evaluators)?;
    let nameless = made.iter().filter_map(|it| it.nameless().transpose()).collect::<Result<_, _>>()?;
    let ids = made.iter().map(|it| it.id.to_owned()).collect();
    let (inventory, additions) = of(&Stack::new(made, place.1, place.0), as_of)?;
    Ok(Made { inventory, additions, nameless, ids })
}

/// What an update takes away of that when its template makes `next` and nothing else: all but what is retained. `None` where that is all.
pub(crate) fn taken(
    stacks: &Stacks,
    world: &World,
    place: (&AccountId, &str),
    as_of: Timestamp,
    next: &BTreeSet<String>,
) -> Result<Option<Taken>, TemplateError> {
    let evaluators = evaluators(stacks, world);
    let (mut made, mut open) = (made(&evaluators)?, false);
    let all = made.len();
    made.retain(|it| {
        let retained = if next.contains(it.id) { Some(false) } else { it.retained(next) };
        open |= retained.is_none();
        retained != Some(true)
    });
    let retains = made.len() < all || open || made.iter().any(|it| it.resource.outlives);
    if !retains {
        return Ok(None);
    }
    let stack = Stack::new(made, place.1, place.0);
    let replaced = stack.made.iter().filter(|it| it.resource.outlives && next.contains(it.id));
    let outlive = replaced.filter_map(|it| origins::arn(&stack, *it).transpose()).collect::<Result<_, _>>()?;
    let (inventory, additions) = of(&stack, as_of)?;
    Ok(Some(Taken { inventory, additions, outlive, open }))
}

fn evaluators<'a>(stacks: &'a Stacks, world: &'a World) -> Vec<Evaluator<'a>> {
    let root = Evaluator::new(stacks, world);
    (0..stacks.all().len()).map(|index| root.in_stack(index)).collect()
}

/// The resources that are made.
fn made<'a>(evaluators: &'a [Evaluator<'a>]) -> Result<Vec<Properties<'a>>, TemplateError> {
    let mut made = Vec::new();
    for evaluator in evaluators {
        // A condition that stays open is taken as met: what might be made is looked at.
        if evaluator.is_made()? == Holds::No {
            continue;
        }
        let member = evaluator.member();
        for (local, resource) in &member.template.resources {
            if evaluator.makes(local)? != Holds::No {
                made.push(Properties { evaluator, id: member.name_of(local), local, resource });
            }
        }
    }
    Ok(made)
}

fn of(stack: &Stack<'_>, as_of: Timestamp) -> Result<(Inventory, Additions), TemplateError> {
    let mut inventory = Inventory::empty(as_of);
    inventory.keys = keys::keys(stack)?;
    inventory.functions = functions::functions(stack)?;
    inventory.secrets = secrets::secrets(stack, &mut inventory)?;
    network::add(stack, &mut inventory)?;
    let regions = BTreeMap::from([(stack.region.to_owned(), Known::Value(()))]);
    let mut identities = identities::identities(stack, &inventory.functions)?;
    people::add(stack, &mut identities)?;
    identities::of_aws(&mut identities);
    inventory.accounts.insert(stack.account.clone(), Account::new(regions, Known::Value(identities)));
    inventory.origins = origins::origins(stack)?;
    inventory.planned_roles =
        inventory.origins.keys().filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/")).cloned().collect();
    let additions = Additions {
        statements: permissions::elsewhere(stack)?,
        function_policies: permissions::whole_elsewhere(stack)?,
        whole: permissions::whole_own(stack)?,
        given: identities::given_elsewhere(stack)?,
        network: network::elsewhere(stack, &inventory)?,
    };
    Ok((inventory, additions))
}
