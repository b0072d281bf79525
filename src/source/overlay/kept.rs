//! What exists of roles, users and groups, and the template does not write: policies that are attached by hand, or that an earlier version of the template
//! wrote. The former stay when the stack is updated, the latter do not, and the earlier version alone tells which they are. `cli` calls it for `--over`.

use std::collections::BTreeMap;

use super::additions::Additions;
use super::earlier::{Earlier, Fate};
use super::given::{Gifts, HolderKind, Whom, maybe_attached, maybe_of_group};
use super::maybe::{is_open, maybe, maybe_within, unknown};
use super::{callers, gone, secrets, tags, withdrawn};
use crate::arn::{AccountId, Arn};
use crate::inventory::{Identities, Inventory, Known, NamedDocument, Permissions, User};
use crate::policy::Document;

/// Puts what may stay or surely does beside what the template for this account and region makes, and takes away what the earlier version had made, and had added to other
/// things. `made` names what exists as it is named there.
pub(crate) fn keep(
    existing: &Inventory,
    (made, additions): (&Inventory, &Additions),
    earlier: Earlier<'_>,
    (account, region): (&AccountId, &str),
    result: &mut Inventory,
) {
    gone::take_away(made, earlier, account, result);
    callers::keep(existing, (made, additions), earlier, result);
    secrets::keep(existing, made, earlier, result);
    if let Some(network) = result.networks.get_mut(&format!("{account}/{region}")) {
        withdrawn::take_away(&additions.network, earlier, network);
    }
    let identities = |inventory: &Inventory| inventory.accounts.get(account).and_then(|account| account.identities.value().cloned());
    let (Some(there), Some(own), Some(Known::Value(laid))) =
        (identities(existing), identities(made), result.accounts.get_mut(account).map(|account| &mut account.identities))
    else {
        return;
    };
    let mut boundaries = BTreeMap::new();
    for (arn, role) in &mut laid.roles {
        let Some(was) = there.roles.get(arn) else { continue };
        let holder = Holder { kind: HolderKind::Role, arn, there: &there, earlier, account };
        if made.origins.contains_key(arn) {
            role.id.clone_from(&was.id);
            boundaries.extend(holder.beside(&was.permissions, &mut role.permissions));
            tags::keep(&was.tags, &mut role.tags, earlier, &holder.called(), |inventory| {
                holder.identities(inventory).and_then(|it| it.roles.get(arn)).map(|role| &role.tags)
            });
        } else {
            holder.without_additions(&mut role.permissions);
        }
    }
    for (arn, user) in &mut laid.users {
        let Some(was) = there.users.get(arn) else { continue };
        let holder = Holder { kind: HolderKind::User, arn, there: &there, earlier, account };
        if !own.users.contains_key(arn) {
            holder.without_additions(&mut user.permissions);
            holder.without_groups(user);
            continue;
        }
        user.id.clone_from(&was.id);
        boundaries.extend(holder.beside(&was.permissions, &mut user.permissions));
        tags::keep(&was.tags, &mut user.tags, earlier, &holder.called(), |inventory| {
            holder.identities(inventory).and_then(|it| it.users.get(arn)).map(|user| &user.tags)
        });
        let others = was.groups.iter().filter(|group| !user.groups.contains(group)).cloned().collect();
        holder.put_groups(others, user);
    }
    for (name, group) in &mut laid.groups {
        let Some(was) = there.groups.get(name) else { continue };
        let holder = Holder { kind: HolderKind::Group, arn: &was.arn, there: &there, earlier, account };
        if own.groups.contains_key(name) {
            boundaries.extend(holder.beside(&was.permissions, &mut group.permissions));
        } else {
            holder.without_additions(&mut group.permissions);
        }
    }
    laid.policies.extend(boundaries);
}

/// A role, user or group that exists.
struct Holder<'a> {
    kind: HolderKind,
    arn: &'a Arn,
    there: &'a Identities,
    earlier: Earlier<'a>,
    account: &'a AccountId,
}

impl Holder<'_> {
    fn name(&self) -> &str {
        self.arn.name()
    }

    /// What it is, and its name.
    fn called(&self) -> String {
        format!("{} {}", self.kind.word(), self.name())
    }

    fn why(&self, policy: &str) -> String {
        format!("policy {policy} is attached to {} now, and the template does not write it", self.called())
    }

    fn identities<'i>(&self, inventory: &'i Inventory) -> Option<&'i Identities> {
        inventory.accounts.get(self.account)?.identities.value()
    }

    /// What the earlier version wrote of it.
    fn written<'i>(&self, inventory: &'i Inventory) -> Option<&'i Permissions> {
        let identities = self.identities(inventory)?;
        match self.kind {
            HolderKind::Role => inventory.origins.get(self.arn).and_then(|_| identities.roles.get(self.arn)).map(|role| &role.permissions),
            HolderKind::User => identities.users.get(self.arn).map(|user| &user.permissions),
            HolderKind::Group => identities.groups.get(self.name()).map(|group| &group.permissions),
        }
    }

    /// What was given to it.
    fn gifts<'a>(&self, additions: &'a Additions) -> impl Iterator<Item = &'a Gifts> {
        additions.given.of(self.kind, self.name()).into_iter()
    }

    /// What may have been given to it.
    fn perhaps<'a>(&self, additions: &'a Additions) -> impl Iterator<Item = &'a Gifts> {
        additions.given.of_any(self.kind).map(|(_, gifts)| gifts)
    }

    fn wrote_inline(&self, name: &str, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own = self.written(inventory).into_iter().flat_map(|permissions| &permissions.inline);
        let added = self.gifts(additions).flat_map(|gifts| &gifts.inline);
        let names: Vec<&str> = own.chain(added).map(|policy| policy.name.as_str()).collect();
        let mut perhaps = self.perhaps(additions).flat_map(|gifts| &gifts.inline).map(|policy| policy.name.as_str());
        among(name, &names).or_else(|| {
            let may_be = names.iter().any(|it| is_open(it)) || perhaps.any(|it| it == name || is_open(it));
            (!may_be).then_some(false)
        })
    }

    fn wrote_attached(&self, arn: &Arn, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own = self.written(inventory).into_iter().flat_map(|permissions| &permissions.attached);
        let added = self.gifts(additions).flat_map(|gifts| &gifts.attached);
        let names: Vec<&str> = own.chain(added).map(Arn::as_str).collect();
        let mut perhaps = self.perhaps(additions).flat_map(|gifts| &gifts.attached).map(Arn::as_str);
        // What the stack makes is none of AWS's own; what a parameter names may be.
        let may_be_it = |name: &&str| if arn.account() == "aws" { name.contains("⟦?") } else { is_open(name) };
        among(arn.as_str(), &names).or_else(|| {
            let may_be = names.iter().any(may_be_it) || perhaps.any(|it| it == arn.as_str() || may_be_it(&it));
            (!may_be).then_some(false)
        })
    }

    fn wrote_group(&self, group: &str, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own =
            self.identities(inventory).and_then(|it| it.users.get(self.arn)).is_some_and(|user| user.groups.iter().any(|it| it == group));
        let is_it = |whom: &Whom| matches!(whom, Whom::Named(name) if name == group);
        let may_be = |whom: &Whom| is_it(whom) || matches!(whom, Whom::Any(_));
        let given = || self.gifts(additions).flat_map(|gifts| &gifts.groups);
        if own || given().any(is_it) {
            return Some(true);
        }
        (!given().chain(self.perhaps(additions).flat_map(|gifts| &gifts.groups)).any(may_be)).then_some(false)
    }

    /// Adds to what the template gives it what it has beside that. The document of a boundary that may stay comes back with the ARN that stands for it.
    fn beside(&self, was: &Permissions, now: &mut Permissions) -> Option<(Arn, Document)> {
        let others = Permissions {
            inline: was.inline.iter().filter(|policy| now.inline.iter().all(|own| own.name != policy.name)).cloned().collect(),
            attached: was.attached.iter().filter(|arn| !now.attached.contains(arn)).cloned().collect(),
            boundary: None,
        };
        self.put(others, now);
        self.boundary(was, now)
    }

    /// Puts these policies, which it has now, where they stay or may.
    fn put(&self, others: Permissions, now: &mut Permissions) {
        for policy in others.inline {
            match Fate::of(self.earlier, |inventory, additions| self.wrote_inline(&policy.name, inventory, additions)) {
                Fate::Stays => now.inline.push(policy),
                Fate::Goes => {}
                Fate::Open => now.inline.push(NamedDocument::new(&policy.name, maybe(&policy.document, &self.why(&policy.name), false))),
            }
        }
        for arn in others.attached {
            match Fate::of(self.earlier, |inventory, additions| self.wrote_attached(&arn, inventory, additions)) {
                Fate::Stays => now.attached.push(arn),
                Fate::Goes => {}
                Fate::Open => now.inline.push(maybe_attached(&arn, &self.there.policies, &self.why(arn.name()))),
            }
        }
    }

    /// A boundary that the template does not write: what it allows is allowed in any case, everything else if it goes.
    fn boundary(&self, was: &Permissions, now: &mut Permissions) -> Option<(Arn, Document)> {
        let boundary = was.boundary.as_ref().filter(|_| now.boundary.is_none())?;
        let wrote = |inventory: &Inventory, _: &Additions| Some(self.written(inventory).is_some_and(|it| it.boundary.is_some()));
        match Fate::of(self.earlier, wrote) {
            Fate::Goes => None,
            Fate::Stays => {
                now.boundary = Some(boundary.clone());
                None
            }
            Fate::Open => {
                let why = format!("{} is the boundary of {} now, and the template does not write it", boundary.name(), self.called());
                let document =
                    self.there.policies.get(boundary).map_or_else(|| unknown(&why, false), |document| maybe_within(document, &why));
                let text = boundary.as_str().rsplit_once('/').map_or(boundary.as_str(), |(before, _)| before);
                let stands_for = Arn::parse(&format!("{text}/{}⟦of {}⟧", boundary.name(), self.name())).ok();
                now.boundary = Some(stands_for.clone().unwrap_or_else(|| boundary.clone()));
                stands_for.map(|arn| (arn, document))
            }
        }
    }

    /// Puts a user into these groups, in which it is now, where it stays or may.
    fn put_groups(&self, others: Vec<String>, user: &mut User) {
        for group in others {
            match Fate::of(self.earlier, |inventory, additions| self.wrote_group(&group, inventory, additions)) {
                Fate::Stays => user.groups.push(group),
                Fate::Goes => {}
                Fate::Open => {
                    let why = format!("{} is in group {group} now, and the template does not write it", self.called());
                    user.permissions.inline.extend(maybe_of_group(self.there.groups.get(&group), &self.there.policies, &why));
                }
            }
        }
    }

    /// Takes a user that the template does not make out of the groups that the earlier version had put it into.
    fn without_groups(&self, user: &mut User) {
        if !self.earlier.is_empty() {
            let all = std::mem::take(&mut user.groups);
            self.put_groups(all, user);
        }
    }

    /// Takes away what the earlier version had given to something that the template does not make.
    fn without_additions(&self, now: &mut Permissions) {
        if !self.earlier.is_empty() {
            let all = Permissions { boundary: now.boundary.take(), ..std::mem::take(now) };
            now.boundary.clone_from(&all.boundary);
            self.put(all, now);
        }
    }
}

/// Whether a name is among these, if it surely is.
fn among(name: &str, names: &[&str]) -> Option<bool> {
    names.contains(&name).then_some(true)
}
