//! The inventory that a plan would leave behind: its resources as the facts that a live account would tell of them. What the plan does not know before it is
//! applied is a gap that names it.

mod apart;
mod applications;
mod documents;
mod dynamic;
mod elsewhere;
mod exclusive;
mod functions;
mod identities;
mod keys;
mod network;
mod order;
mod origins;
mod permissions;
mod resources;
mod secrets;
mod thing;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::resources::Stack;
use self::thing::Thing;
use super::code::Evaluator;
use super::kinds::{APPLICATION, DEPLOYING};
use super::resolve::Resolver;
use super::world::Instance;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Account, Inventory, Known};
use crate::policy::Text;
use crate::source::cloudformation::Application;
use crate::source::overlay::Additions;
use crate::source::planned::{IdentityFact, NetworkFact, ResourceFact};

/// The inventory of the resources that the resolver's world holds. If it is to be laid `over` what exists, what it says of existing networks is part of it.
pub(crate) fn inventory(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>, over: bool, as_of: Timestamp) -> Inventory {
    let stack = Stack::new(resolver, code, over);
    let mut inventory = Inventory::empty(as_of);
    inventory.keys = keys::keys(&stack);
    inventory.functions = functions::functions(&stack);
    inventory.functions.extend(applications::functions(&stack));
    inventory.secrets = secrets::secrets(&stack, &mut inventory);
    inventory.networks = network::networks(&stack, inventory.secrets.values());
    let mut places: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    places.entry(resolver.account.to_owned()).or_default().insert(resolver.region.to_owned());
    for arn in inventory.secrets.keys().chain(inventory.functions.keys()) {
        places.entry(arn.account().to_owned()).or_default().insert(arn.region().to_owned());
    }
    let made = places_of(resolver);
    for (account, regions) in places {
        // Of accounts that the plan only names, nothing is known.
        let Some(id) = AccountId::parse(&account).ok().filter(|_| made.contains(&account)) else { continue };
        let regions = regions.into_iter().map(|region| (region, Known::Value(()))).collect();
        let roles = inventory.functions.values().filter_map(|function| function.configuration.value()?.as_ref()?.role.clone());
        let roles: BTreeSet<Arn> = roles.filter(|role| role.account() == account).collect();
        let identities = Known::Value(identities::identities(&stack, &account, roles));
        inventory.accounts.insert(id, Account::new(regions, identities));
    }
    inventory.origins = origins::origins(&stack);
    apart::tell(&stack, &mut inventory);
    inventory.planned_roles =
        self::made(resolver, code).into_iter().filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/")).collect();
    inventory.partial = deployed(&stack);
    inventory
}

/// What AWS's rotation applications make that the plan deploys, by the address of what deploys them.
pub(crate) fn applications(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>) -> BTreeMap<String, Application> {
    applications::all(&Stack::new(resolver, code, false))
}

/// That the plan deploys templates: what these make, or change of what the plan makes, nobody looks at.
fn deployed(stack: &Stack<'_>) -> Option<String> {
    let kinds = || DEPLOYING.into_iter();
    let is_followed = |it: &Thing<'_>| stack.resolver.applications().contains_key(it.address());
    let there = kinds().flat_map(|kind| stack.of_kind(kind)).filter(|it| !is_followed(it) && (!stack.over || it.instance.changes));
    let was_followed = |it: &Thing<'_>| it.instance.kind == APPLICATION && applications::application(*it).is_some();
    let gone = kinds().flat_map(|kind| stack.earlier(kind)).filter(|it| stack.over && !was_followed(it));
    let addresses: BTreeSet<&str> = there.chain(gone).map(|it| it.address()).collect();
    let names: Vec<&str> = addresses.into_iter().collect();
    (!names.is_empty()).then(|| format!("what is deployed by {} is not looked at", names.join(", ")))
}

/// What the plan makes, by ARN; all else in the inventory is only named.
pub(crate) fn made(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>) -> BTreeSet<Arn> {
    let stack = Stack::new(resolver, code, true);
    let kinds = ["aws_secretsmanager_secret", "aws_lambda_function", "aws_iam_role", "aws_iam_user", "aws_iam_policy"];
    let own = kinds.into_iter().chain(keys::KEYS).flat_map(|kind| stack.of_kind(kind)).filter_map(|it| it.arn());
    own.chain(resolver.applications().values().flat_map(Application::made).cloned()).collect()
}

/// The functions and roles that the plan takes away and makes anew, so that what others gave to them goes.
pub(crate) fn replaced(resolver: &Resolver<'_>) -> BTreeSet<Arn> {
    let stack = Stack::new(resolver, None, true);
    let all = ["aws_lambda_function", "aws_iam_role"].into_iter().flat_map(|kind| stack.of_kind(kind));
    all.filter(|it| it.instance.replacement.is_some()).filter_map(|it| it.arn()).collect()
}

/// What the plan adds to functions and roles that it does not make.
pub(crate) fn additions(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>) -> Additions {
    let stack = Stack::new(resolver, code, true);
    let made = made(resolver, code);
    Additions { statements: permissions::elsewhere(&stack, &made), ..identities::elsewhere_given(&stack, &made) }
}

/// What the plan says of networks with resources of their own, by place.
pub(crate) fn network_facts(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>) -> BTreeMap<String, Vec<NetworkFact>> {
    network::facts(&Stack::new(resolver, code, true))
}

/// What the plan says of roles, users and groups with resources of their own, with their account.
pub(crate) fn identity_facts(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>) -> Vec<(String, IdentityFact)> {
    exclusive::facts(&Stack::new(resolver, code, true))
}

/// The same of secrets, keys and functions that it does not make.
pub(crate) fn resource_facts(resolver: &Resolver<'_>, code: Option<&Evaluator<'_>>) -> Vec<ResourceFact> {
    elsewhere::facts(&Stack::new(resolver, code, true), &made(resolver, code))
}

/// The text of the policy that data `aws_iam_policy_document` makes.
pub(crate) fn document(evaluator: &Evaluator<'_>, instance: &Instance) -> Option<Text> {
    documents::made(Thing { resolver: evaluator.resolver, instance, code: Some(evaluator) })
}

/// The accounts in which the plan makes something.
fn places_of(resolver: &Resolver<'_>) -> BTreeSet<String> {
    let own = std::iter::once(resolver.account.to_owned());
    own.chain(resolver.world.instances().filter(|instance| !instance.data).map(|instance| resolver.account_of(instance))).collect()
}
