//! Everybody of an inventory, asked at once: who may do something, grouped so that principals between which no policy can tell the difference are decided once.
//! `who-can` shows the answers, and rules about other principals rest on them.
//!
//! Asked are the roles and users of every account that was read, and whoever else the resource's own policies let in. Left out are service-linked roles, which
//! services made for themselves and nobody can take on or change
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>), and the root users of accounts.

mod administrators;
mod classes;
mod doors;
mod matter;
mod outside;
mod party;
mod pipelines;
mod told_apart;

pub use matter::Matter;
pub use party::{Certainty, Group, Party};

use std::collections::BTreeSet;

use self::classes::{Class, Classes};
use self::doors::Doors;
use super::ask::Access;
use super::question::{Caller, Question, Target};
use crate::arn::Arn;
use crate::inventory::{Identity, Known};
use crate::policy::{Effect, Policy, covers_action};

/// Everybody of one inventory, sorted by what their policies say.
#[derive(Debug)]
pub struct Everyone<'a> {
    access: &'a Access<'a>,
    classes: Classes<'a>,
    administrators: BTreeSet<&'a Arn>,
    pipelines: BTreeSet<&'a Arn>,
}

impl<'a> Everyone<'a> {
    /// Sorts the roles and users of the inventory, and finds the administrators among them.
    pub fn new(access: &'a Access<'a>) -> Self {
        let classes = Classes::of(access.inventory());
        let pipelines = pipelines::find(access.inventory());
        let mut everyone = Self { access, classes, administrators: BTreeSet::new(), pipelines };
        everyone.administrators = administrators::find(&everyone.classes, |matter| everyone.who(matter));
        everyone
    }

    /// How many roles and users are asked.
    pub fn len(&self) -> usize {
        self.classes.principals()
    }

    /// Whether there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many service-linked roles are left out.
    pub fn service_linked(&self) -> usize {
        self.classes.service_linked
    }

    /// How many different sets of policies the roles and users have: what the work grows with.
    pub fn kinds(&self) -> usize {
        self.classes.all.len()
    }

    /// Whether this role or user is an administrator: somebody who may write any policy for any role of the account, and so give themselves whatever they like. That is
    /// decided by requests (`iam:PutRolePolicy` and `iam:AttachRolePolicy`), not by the names of policies; a boundary, a path or a required boundary for the role makes
    /// no administrator.
    pub fn is_administrator(&self, arn: &Arn) -> bool {
        self.administrators.contains(arn)
    }

    /// Whether this role is one with which software is deployed: nobody can take it on but services that deploy, and builds that prove by a token where they come from.
    pub fn is_pipeline(&self, arn: &Arn) -> bool {
        self.pipelines.contains(arn)
    }

    /// Whether the question is about a key whose own policy names the role or user who asks, and lets them: its owner wrote down that they do this.
    pub fn is_named_by_key(&self, question: &Question) -> bool {
        let (Target::Key(key), Caller::Principal { arn }) = (&question.target, &question.caller) else { return false };
        let Known::Value(policies) =
            self.access.inventory().keys.get(key).map_or(Known::Value(&[][..]), |key| key.policies.as_ref().map(Vec::as_slice))
        else {
            return false;
        };
        let statements = policies.iter().filter_map(|policy| policy.document.policy().ok()).flat_map(Policy::statements);
        let mut allowing =
            statements.filter(|statement| statement.effect() == Effect::Allow && covers_action(*statement, &question.action));
        allowing.any(|statement| statement.principals().any(|entry| entry.written() == arn.as_str()))
    }

    /// Who may, surely or under some values of what nobody knows, and who may for all that was read: not those who surely may not. In the order of their names.
    pub fn who(&self, matter: &Matter) -> Vec<Group> {
        let doors = Doors::of(self.access.estate(), matter);
        let mut groups = Vec::new();
        for class in self.classes.worth_asking(self.access.estate(), matter, &doors) {
            for part in self.parts(class, matter, &doors) {
                groups.extend(self.group(Party::Principals(part.iter().map(|identity| identity.arn().clone()).collect()), matter));
            }
        }
        for party in outside::parties(self.access.inventory(), matter, &doors) {
            groups.extend(self.group(party, matter));
        }
        groups.sort_by(|a, b| a.party.cmp(&b.party));
        groups
    }

    /// Whether the policies of what `matter` is about let in, or name, anybody; where they do not, only people's own permissions count.
    pub fn is_let_in_by_resource(&self, matter: &Matter) -> bool {
        !self.access.lets_nobody_in(&matter.target) && !Doors::of(self.access.estate(), matter).are_shut()
    }

    /// The members of a class in lists of those whom no policy tells apart; nobody where the class as a whole is surely denied.
    fn parts(&self, class: &Class<'a>, matter: &Matter, doors: &Doors) -> Vec<Vec<Identity<'a>>> {
        let (named, rest): (Vec<_>, Vec<_>) = class.members.iter().copied().partition(|identity| doors.names(*identity));
        let mut parts: Vec<Vec<Identity<'a>>> = named.into_iter().map(|one| vec![one]).collect();
        let asks = |identity: &Identity<'_>| matter.asked_by(Caller::Principal { arn: identity.arn().clone() });
        if let Some(first) = rest.first()
            && !self.access.surely_denied(&asks(first))
        {
            parts.extend(told_apart::split(self.access.estate(), rest, asks));
        }
        parts
    }

    /// What the first of a party is told, if it is not surely denied.
    fn group(&self, party: Party, matter: &Matter) -> Option<Group> {
        let question = matter.asked_by(party.caller()?);
        let answer = self.access.ask_unless_denied(&question)?;
        let hinges = answer.open_points();
        Group::of(party, self.access.possibly(answer), hinges)
    }
}
