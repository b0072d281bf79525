//! What exists of roles, users and groups that a template writes, and the template does not write: policies that are attached by hand, or that an earlier version of the template
//! wrote. The former stay when the stack is updated, the latter do not, and the earlier version alone tells which they are. `cli` calls it for `--over`.

use std::collections::BTreeMap;

use super::additions::Additions;
use super::earlier::{Earlier, Fate};
use super::maybe::{is_open, maybe, maybe_within, unknown};
use super::{callers, gone, secrets, tags, withdrawn};
use crate::arn::{AccountId, Arn};
use crate::inventory::{Identities, Inventory, Known, NamedDocument, Permissions};
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
        let holder = Holder { kind: Kind::Role, arn, there: &there, earlier, account };
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
        let (Some(was), true) = (there.users.get(arn), own.users.contains_key(arn)) else { continue };
        let holder = Holder { kind: Kind::User, arn, there: &there, earlier, account };
        user.id.clone_from(&was.id);
        boundaries.extend(holder.beside(&was.permissions, &mut user.permissions));
        tags::keep(&was.tags, &mut user.tags, earlier, &holder.called(), |inventory| {
            holder.identities(inventory).and_then(|it| it.users.get(arn)).map(|user| &user.tags)
        });
        for group in was.groups.iter().filter(|group| !user.groups.contains(group)).cloned().collect::<Vec<_>>() {
            let wrote = |inventory: &Inventory, _: &Additions| {
                let user = holder.identities(inventory).and_then(|it| it.users.get(arn));
                Some(user.is_some_and(|user| user.groups.contains(&group)))
            };
            if Fate::of(earlier, wrote) != Fate::Goes {
                user.groups.push(group);
            }
        }
    }
    for (name, group) in &mut laid.groups {
        let (Some(was), true) = (there.groups.get(name), own.groups.contains_key(name)) else { continue };
        let holder = Holder { kind: Kind::Group, arn: &was.arn, there: &there, earlier, account };
        boundaries.extend(holder.beside(&was.permissions, &mut group.permissions));
    }
    laid.policies.extend(boundaries);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    User,
    Group,
}

/// A role, user or group that exists.
struct Holder<'a> {
    kind: Kind,
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
        let kind = match self.kind {
            Kind::Role => "role",
            Kind::User => "user",
            Kind::Group => "group",
        };
        format!("{kind} {}", self.name())
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
            Kind::Role => inventory.origins.get(self.arn).and_then(|_| identities.roles.get(self.arn)).map(|role| &role.permissions),
            Kind::User => identities.users.get(self.arn).map(|user| &user.permissions),
            Kind::Group => identities.groups.get(self.name()).map(|group| &group.permissions),
        }
    }

    /// Whether something that is added to roles of this name is added to it.
    fn is_role(&self, name: &str) -> bool {
        self.kind == Kind::Role && name == self.name()
    }

    fn wrote_inline(&self, name: &str, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own = self.written(inventory).into_iter().flat_map(|permissions| &permissions.inline);
        let added = additions.policies.iter().filter(|(role, _)| self.is_role(role)).map(|(_, policy)| policy);
        let names: Vec<&str> = own.chain(added).map(|policy| policy.name.as_str()).collect();
        among(name, &names).or_else(|| additions.of_any_role.is_empty().then_some(false).filter(|_| !names.iter().any(|it| is_open(it))))
    }

    fn wrote_attached(&self, arn: &Arn, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own = self.written(inventory).into_iter().flat_map(|permissions| &permissions.attached);
        let added = additions.attached.iter().filter(|(role, _)| self.is_role(role)).map(|(_, policy)| policy);
        let names: Vec<&str> = own.chain(added).map(Arn::as_str).collect();
        // What the stack makes is none of AWS's own; what a parameter names may be.
        let may_be_it = |name: &&str| if arn.account() == "aws" { name.contains("⟦?") } else { is_open(name) };
        let of_any = !additions.of_any_role.is_empty();
        among(arn.as_str(), &names).or_else(|| (!of_any && !names.iter().any(may_be_it)).then_some(false))
    }

    /// The document of a managed policy, as a policy that may be attached.
    fn maybe_attached(&self, arn: &Arn) -> NamedDocument {
        let why = self.why(arn.name());
        let document = self.there.policies.get(arn).map_or_else(|| unknown(&why, false), |document| maybe(document, &why, false));
        NamedDocument::new(arn.name(), document)
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
                Fate::Open => now.inline.push(self.maybe_attached(&arn)),
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

    /// Takes away what the earlier version had given to a role that the template does not make.
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
