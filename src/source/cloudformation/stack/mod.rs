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

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::properties::Properties;
use self::resources::Stack;
use super::document::TemplateError;
use super::evaluate::Evaluator;
use super::stacks::Stacks;
use super::world::{Holds, World};
use crate::arn::AccountId;
use crate::inventory::{Account, Inventory, Known};
use crate::source::overlay::{Additions, Nameless};

/// What gives rights to roles, or lets somebody in to functions.
const GIVING: [&str; 5] =
    ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Permission", "AWS::Lambda::ResourcePolicy"];

/// The inventory after `stacks` were deployed, in `world`, into this account and region; what they add to what they do not make; and what of theirs has no name.
pub(crate) fn inventory(
    stacks: &Stacks,
    world: &World,
    (account, region): (&AccountId, &str),
    as_of: Timestamp,
) -> Result<(Inventory, Additions, Vec<Nameless>), TemplateError> {
    let root = Evaluator::new(stacks, world);
    let evaluators: Vec<Evaluator<'_>> = (0..stacks.all().len()).map(|index| root.in_stack(index)).collect();
    let mut made = Vec::new();
    for evaluator in &evaluators {
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
    let stack = Stack::new(made, region, account);
    let mut inventory = Inventory::empty(as_of);
    inventory.keys = keys::keys(&stack)?;
    inventory.functions = functions::functions(&stack)?;
    inventory.secrets = secrets::secrets(&stack, &mut inventory)?;
    network::add(&stack, &mut inventory)?;
    let regions = BTreeMap::from([(region.to_owned(), Known::Value(()))]);
    let mut identities = identities::identities(&stack, &inventory.functions)?;
    people::add(&stack, &mut identities)?;
    identities::of_aws(&mut identities);
    inventory.accounts.insert(account.clone(), Account::new(regions, Known::Value(identities)));
    inventory.origins = origins::origins(&stack)?;
    inventory.planned_roles =
        inventory.origins.keys().filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/")).cloned().collect();
    let additions = Additions {
        statements: permissions::elsewhere(&stack)?,
        function_policies: permissions::whole_elsewhere(&stack)?,
        whole: permissions::whole_own(&stack)?,
        retains: stack.made.iter().any(|it| it.resource.retained && GIVING.contains(&it.resource.kind.as_str())),
        network: network::elsewhere(&stack, &inventory)?,
        ..identities::given_elsewhere(&stack)?
    };
    let nameless = stack.made.iter().filter_map(|it| it.nameless().transpose()).collect::<Result<_, _>>()?;
    Ok((inventory, additions, nameless))
}
