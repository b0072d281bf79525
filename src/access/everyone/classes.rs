//! The roles and users of an inventory, sorted by the policies that are attached to them, and which of them are worth asking.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::doors::Doors;
use super::matter::Matter;
use crate::access::control::is_service_linked;
use crate::access::principal::bare_request;
use crate::access::question::Caller;
use crate::arn::Arn;
use crate::inventory::{Identities, Identity, Inventory, Known, Permissions};
use crate::policy::{Document, Effect, Policy, Statement, covers_action, may_cover_resource};

/// What tells the attached policies of one role or user from those of another: account, whether it is a role, inline policies by name and text, managed ones, groups
/// and boundary.
type Kind<'a> = (&'a str, bool, Vec<(&'a str, &'a str)>, BTreeSet<&'a Arn>, BTreeSet<&'a str>, Option<&'a Arn>);

/// Roles, or users, of one account under the same policies.
#[derive(Debug)]
pub(super) struct Class<'a> {
    pub(super) account: &'a str,
    /// By ARN; never none.
    pub(super) members: Vec<Identity<'a>>,
    /// Their identity policies.
    documents: Vec<&'a Document>,
    /// Some of these were not read.
    unread: bool,
}

/// A class whose identity policies may allow some action: its place among all, and the statements that may. Without any, a policy was not read.
type May<'a> = (usize, Vec<Statement<'a>>);

/// All classes.
#[derive(Debug, Default)]
pub(super) struct Classes<'a> {
    pub(super) all: Vec<Class<'a>>,
    pub(super) service_linked: usize,
    /// For an action, the classes whose identity policies may allow it on something.
    may: Mutex<BTreeMap<Arc<str>, Arc<[May<'a>]>>>,
}

impl<'a> Classes<'a> {
    /// Those of an inventory.
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut sorted: BTreeMap<Kind<'a>, (&'a Identities, Vec<Identity<'a>>)> = BTreeMap::new();
        let mut service_linked = 0;
        for (account, read) in &inventory.accounts {
            let Known::Value(identities) = &read.identities else { continue };
            let all = identities.roles.values().map(Identity::Role).chain(identities.users.values().map(Identity::User));
            for identity in all {
                if is_service_linked(identity.arn()) {
                    service_linked += 1;
                } else {
                    sorted.entry(kind(account.as_str(), identity)).or_insert((identities, Vec::new())).1.push(identity);
                }
            }
        }
        let mut all: Vec<Class<'a>> =
            sorted.into_iter().map(|((account, ..), (identities, members))| Class::of(account, identities, members)).collect();
        all.sort_by(|a, b| a.members[0].arn().cmp(b.members[0].arn()));
        Self { all, service_linked, may: Mutex::default() }
    }

    /// How many roles and users there are in all.
    pub(super) fn principals(&self) -> usize {
        self.all.iter().map(|class| class.members.len()).sum()
    }

    /// The classes of which somebody may be allowed, as far as the texts of the policies tell: of the owner's account those that either side may allow, of other accounts
    /// those that both may.
    pub(super) fn worth_asking(&self, inventory: &Inventory, matter: &Matter, doors: &Doors) -> Vec<&Class<'a>> {
        let owner = matter.target.account();
        let request = bare_request(inventory, &matter.asked_by(Caller::Service { name: "".into(), source: None }));
        let on_this = |statements: &[Statement<'a>]| {
            statements.is_empty() || statements.iter().any(|statement| may_cover_resource(*statement, &request))
        };
        let mut worth = self.named(doors);
        for (at, statements) in self.may(&matter.action).iter() {
            let account = self.all[*at].account;
            if (account == owner || doors.open_to_account(account)) && on_this(statements) {
                worth.insert(*at);
            }
        }
        if doors.unread || doors.everyone {
            worth.extend(self.all.iter().enumerate().filter(|(_, class)| class.account == owner).map(|(at, _)| at));
        }
        worth.into_iter().map(|at| &self.all[at]).collect()
    }

    /// The classes with a member that the resource's side names.
    fn named(&self, doors: &Doors) -> BTreeSet<usize> {
        if doors.named.is_empty() {
            return BTreeSet::new();
        }
        let has_named = |class: &Class<'_>| class.members.iter().any(|identity| doors.names(*identity));
        self.all.iter().enumerate().filter(|(_, class)| has_named(class)).map(|(at, _)| at).collect()
    }

    fn may(&self, action: &Arc<str>) -> Arc<[May<'a>]> {
        let mut known = self.may.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || self.all.iter().enumerate().filter_map(|(at, class)| Some((at, class.may(action)?))).collect();
        Arc::clone(known.entry(Arc::clone(action)).or_insert_with(made))
    }
}

impl<'a> Class<'a> {
    fn of(account: &'a str, identities: &'a Identities, members: Vec<Identity<'a>>) -> Self {
        let mut class = Self { account, members, documents: Vec::new(), unread: false };
        if let Some(first) = class.members.first().copied() {
            class.add(identities, first.permissions());
            for group in first.groups() {
                match identities.groups.get(group) {
                    Some(group) => class.add(identities, &group.permissions),
                    None => class.unread = true,
                }
            }
        }
        class
    }

    fn add(&mut self, identities: &'a Identities, permissions: &'a Permissions) {
        self.documents.extend(permissions.inline.iter().map(|policy| &policy.document));
        for arn in &permissions.attached {
            match identities.policies.get(arn) {
                Some(document) => self.documents.push(document),
                None => self.unread = true,
            }
        }
    }

    /// The statements of their identity policies that allow the action on something; none of them where a policy cannot be read, and nothing where no statement does.
    fn may(&self, action: &str) -> Option<Vec<Statement<'a>>> {
        if self.unread || self.documents.iter().any(|document| document.policy().is_err()) {
            return Some(Vec::new());
        }
        let statements = self.documents.iter().filter_map(|document| document.policy().ok()).flat_map(Policy::statements);
        let allowing = statements.filter(|statement| statement.effect() == Effect::Allow && covers_action(*statement, action));
        Some(allowing.collect()).filter(|statements: &Vec<_>| !statements.is_empty())
    }
}

fn kind<'a>(account: &'a str, identity: Identity<'a>) -> Kind<'a> {
    let permissions = identity.permissions();
    (
        account,
        matches!(identity, Identity::Role(_)),
        permissions.inline.iter().map(|policy| (policy.name.as_str(), policy.document.text())).collect(),
        permissions.attached.iter().collect(),
        identity.groups().iter().map(String::as_str).collect(),
        permissions.boundary.as_ref(),
    )
}
