//! Whom the policies and grants of a resource let in or name, as far as their text tells: who is worth asking, and who has to be asked alone.

use std::collections::BTreeSet;

use super::matter::Matter;
use crate::access::estate::Estate;
use crate::access::policies::{function_level, gather};
use crate::access::question::{Caller, Target};
use crate::arn::Arn;
use crate::inventory::{Grant, Identity, Known};
use crate::policy::{Attached, Effect, PrincipalEntry, PrincipalKind, Statement, covers_action};

/// What the resource's side says of who asks.
#[derive(Debug, Default)]
pub(super) struct Doors {
    /// It was not read, or nobody can read it.
    pub(super) unread: bool,
    /// Something is allowed to everybody, under whatever condition.
    pub(super) everyone: bool,
    /// Accounts to which, or to a principal of which, something is allowed.
    pub(super) accounts: BTreeSet<String>,
    /// Roles, users, sessions and ids that are named, whether to allow or to deny.
    pub(super) named: BTreeSet<String>,
    /// Services to which something is allowed.
    pub(super) services: BTreeSet<String>,
}

impl Doors {
    /// Those of the resource that `matter` is about.
    pub(super) fn of(inventory: &Estate<'_>, matter: &Matter) -> Self {
        // Whoever asks, the policies of the resource are the same.
        let nobody = matter.asked_by(Caller::Service { name: "".into(), source: None });
        let gathered = gather(inventory, &nobody);
        let mut doors = Self { unread: gathered.opening.is_some(), ..Self::default() };
        gathered.set.resource.iter().for_each(|attached| doors.see_policy(attached, &matter.action));
        match &matter.target {
            // A call of a version or alias may be decided by the function's own policy as well.
            Target::Function(arn) if arn.split_qualifier().1.is_some() => {
                let level = function_level(inventory, &arn.split_qualifier().0);
                level.set.resource.iter().for_each(|attached| doors.see_policy(attached, &matter.action));
            }
            Target::Key(arn) => match inventory.key(arn).and_then(|key| key.grants.as_ref()) {
                Known::Value(grants) => grants.iter().for_each(|grant| doors.see_grant(grant, &matter.action)),
                Known::Unreadable(_) => doors.unread = true,
            },
            _ => {}
        }
        doors
    }

    fn see_policy(&mut self, attached: &Attached, action: &str) {
        let Some(policy) = attached.policy() else {
            self.unread = true;
            return;
        };
        for statement in policy.statements().filter(|statement| covers_action(*statement, action)) {
            self.everyone |= opens(statement) && (statement.is_not_principal() || !statement.has_principal());
            statement.principals().for_each(|entry| self.see_entry(entry, opens(statement)));
        }
    }

    fn see_entry(&mut self, entry: PrincipalEntry<'_>, opens: bool) {
        let written = entry.written();
        if entry.is_everyone() {
            self.everyone |= opens;
        } else if let Some(account) = entry.delegates_to() {
            self.accounts.extend(opens.then(|| account.to_owned()));
        } else {
            match entry.kind() {
                PrincipalKind::Aws => {
                    self.accounts.extend(Arn::parse(written).ok().filter(|_| opens).map(|arn| arn.account().to_owned()));
                    self.named.insert(written.to_owned());
                }
                PrincipalKind::Service => self.services.extend(opens.then(|| written.to_owned())),
                PrincipalKind::Everyone | PrincipalKind::Federated | PrincipalKind::CanonicalUser => {}
            }
        }
    }

    fn see_grant(&mut self, grant: &Grant, action: &str) {
        let operation = action.split(':').nth(1).unwrap_or_default();
        if !grant.operations.iter().any(|allowed| allowed.eq_ignore_ascii_case(operation)) {
            return;
        }
        let Some(grantee) = grant.grantee.as_deref() else { return };
        match Arn::parse(grantee) {
            Ok(arn) => {
                self.accounts.insert(arn.account().to_owned());
                self.everyone |= arn.resource() == "root";
            }
            Err(_) => self.everyone |= grantee.bytes().all(|byte| byte.is_ascii_digit()),
        }
        self.named.insert(grantee.to_owned());
    }

    /// Whether this role or user, or a session of it, is named.
    pub(super) fn names(&self, identity: Identity<'_>) -> bool {
        let arn = identity.arn();
        let a_session = || self.sessions().any(|named| is_session_of(&named, arn));
        !self.named.is_empty() && (self.named.contains(arn.as_str()) || self.named.contains(identity.id()) || a_session())
    }

    /// The sessions of roles that are named.
    pub(super) fn sessions(&self) -> impl Iterator<Item = Arn> {
        let sessions = self.named.iter().filter(|named| named.contains(":assumed-role/"));
        sessions.filter_map(|named| Arn::parse(named).ok()).filter(|arn| arn.session_role().is_some())
    }

    /// Whether nobody but services is let in or named.
    pub(super) fn are_shut(&self) -> bool {
        !self.unread && !self.everyone && self.accounts.is_empty() && self.named.is_empty()
    }

    /// Whether somebody of any account may be let in.
    pub(super) fn open_to_all(&self) -> bool {
        self.unread || self.everyone
    }
}

fn opens(statement: Statement<'_>) -> bool {
    statement.effect() == Effect::Allow
}

fn is_session_of(session: &Arn, role: &Arn) -> bool {
    session.session_role() == Some(role.name()) && session.account() == role.account() && role.resource().starts_with("role/")
}
