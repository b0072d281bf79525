//! The roles and users of an inventory, sorted by the policies that are attached to them, and which of them are worth asking.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::doors::Doors;
use super::matter::Matter;
use crate::access::control::is_service_linked;
use crate::access::estate::Estate;
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

/// These classes by account, so that a question about one account does not look through those of all.
type MayByAccount<'a> = BTreeMap<&'a str, Vec<May<'a>>>;

/// All classes.
#[derive(Debug, Default)]
pub(super) struct Classes<'a> {
    pub(super) all: Vec<Class<'a>>,
    pub(super) service_linked: usize,
    /// The places of the classes of an account.
    of_account: HashMap<&'a str, Vec<usize>>,
    /// Where somebody of this ARN or id is, and where the roles of an account and name are.
    of_identity: HashMap<&'a str, Vec<usize>>,
    of_role: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// For an action, the classes whose identity policies may allow it on something.
    may: Mutex<BTreeMap<Arc<str>, Arc<MayByAccount<'a>>>>,
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
        let mut classes = Self { service_linked, ..Self::default() };
        for (at, class) in all.iter().enumerate() {
            classes.of_account.entry(class.account).or_default().push(at);
            for identity in &class.members {
                classes.add(at, *identity);
            }
        }
        Self { all, ..classes }
    }

    /// Makes a member of the class at this place be found.
    fn add(&mut self, at: usize, identity: Identity<'a>) {
        let arn = identity.arn();
        for name in [arn.as_str(), identity.id()] {
            self.of_identity.entry(name).or_default().push(at);
        }
        if matches!(identity, Identity::Role(_)) {
            self.of_role.entry((arn.account(), arn.name())).or_default().push(at);
        }
    }

    /// How many roles and users there are in all.
    pub(super) fn principals(&self) -> usize {
        self.all.iter().map(|class| class.members.len()).sum()
    }

    /// The classes of which somebody may be allowed, as far as the texts of the policies tell: of the owner's account those that either side may allow, of other accounts
    /// those that both may.
    pub(super) fn worth_asking(&self, inventory: &Estate<'_>, matter: &Matter, doors: &Doors) -> Vec<&Class<'a>> {
        let owner = matter.target.account();
        let request = bare_request(inventory, &matter.asked_by(Caller::Service { name: "".into(), source: None }));
        let on_this = |statements: &[Statement<'a>]| {
            statements.is_empty() || statements.iter().any(|statement| may_cover_resource(*statement, &request))
        };
        let mut worth = self.named(doors);
        let may = self.may(&matter.action);
        let mut see = |account: &str| {
            let of_account = may.get(account).map(Vec::as_slice).unwrap_or_default();
            worth.extend(of_account.iter().filter(|(_, statements)| on_this(statements)).map(|(at, _)| *at));
        };
        if doors.open_to_all() {
            may.keys().for_each(|account| see(account));
            worth.extend(self.of_account.get(owner).into_iter().flatten());
        } else {
            doors.accounts.iter().map(String::as_str).chain([owner]).for_each(see);
        }
        worth.into_iter().map(|at| &self.all[at]).collect()
    }

    /// The classes with a member that the resource's side names.
    fn named(&self, doors: &Doors) -> BTreeSet<usize> {
        let mut named: BTreeSet<usize> =
            doors.named.iter().filter_map(|named| self.of_identity.get(named.as_str())).flatten().copied().collect();
        for session in doors.sessions() {
            let role = session.session_role().unwrap_or_default();
            named.extend(self.of_role.get(&(session.account(), role)).into_iter().flatten());
        }
        named
    }

    fn may(&self, action: &Arc<str>) -> Arc<MayByAccount<'a>> {
        let mut known = self.may.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let mut may = MayByAccount::new();
            for (at, class) in self.all.iter().enumerate() {
                if let Some(statements) = class.may(action) {
                    may.entry(class.account).or_default().push((at, statements));
                }
            }
            Arc::new(may)
        };
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
