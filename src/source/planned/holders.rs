//! What a plan says of roles, users and groups with resources of their own: policies of users and groups, memberships, and the resources that take away what they do not
//! list. `terraform` makes these, `planned` lays them over what exists.

use crate::arn::Arn;
use crate::inventory::{Identities, NamedDocument, Permissions};
use crate::policy::Document;
use crate::source::overlay::{HolderKind, attach, holders};

/// One role, user or group by its name; without one, nobody knows which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) kind: HolderKind,
    pub(crate) name: Option<String>,
}

/// One thing that a plan says of identities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum IdentityFact {
    /// An inline policy.
    Inline { holder: Holder, policy: NamedDocument },
    /// A managed policy that is attached.
    Attached { holder: Holder, policy: Arn },
    /// A user is in a group.
    Member { user: String, group: String },
    /// A holder has no other inline policies than those of these names. `open` is the policy that says what nobody knows, where the names are not all known.
    OnlyInline { holder: Holder, names: Vec<String>, open: Option<Document> },
    /// A holder has these managed policies attached and no others.
    OnlyAttached { holder: Holder, policies: Vec<String>, open: Option<Document> },
    /// A managed policy is attached to these roles, users and groups and to no others; without a policy, nobody knows which.
    OnlyHolders { policy: Option<Arn>, names: [Vec<String>; 3], open: Option<Document> },
}

impl IdentityFact {
    /// What is there when a plan says so.
    pub(super) fn put_into(&self, known: &mut Identities) {
        match self {
            Self::Inline { holder, policy } => each(known, holder, |permissions| {
                permissions.inline.retain(|other| other.name != policy.name);
                permissions.inline.push(policy.clone());
            }),
            Self::Attached { holder, policy } => each(known, holder, |permissions| attach(permissions, policy)),
            Self::Member { user, group } => {
                for user in known.users.values_mut().filter(|it| it.arn.name() == user && !it.groups.contains(group)) {
                    user.groups.push(group.clone());
                }
            }
            Self::OnlyInline { holder, names, open } => each(known, holder, |permissions| {
                keep_inline(permissions, open.as_ref(), |name| holder.name.is_some() && names.iter().any(|own| own == name));
            }),
            Self::OnlyAttached { holder, policies, open } => each(known, holder, |permissions| {
                keep_attached(permissions, open.as_ref(), |arn| holder.name.is_some() && policies.iter().any(|own| own == arn.as_str()));
                if holder.name.is_some() {
                    policies.iter().filter_map(|policy| Arn::parse(policy).ok()).for_each(|policy| attach(permissions, &policy));
                }
            }),
            Self::OnlyHolders { policy, names, open } => {
                for (kind, names) in [HolderKind::Role, HolderKind::User, HolderKind::Group].into_iter().zip(names) {
                    holders(known, kind, |name, permissions| {
                        let other = |arn: &Arn| policy.as_ref().is_some_and(|policy| policy != arn);
                        let is_listed = names.iter().any(|own| own == name);
                        keep_attached(permissions, open.as_ref(), |arn| other(arn) || is_listed);
                        if let Some(policy) = policy.as_ref().filter(|_| is_listed) {
                            attach(permissions, policy);
                        }
                    });
                }
            }
        }
    }

    /// What is left when a plan takes it away. What a holder no longer has alone stays as it is; an attachment takes the policy from those that it lists.
    pub(super) fn take_back(&self, known: &mut Identities) {
        match self {
            Self::Inline { holder, policy } => each(known, holder, |permissions| {
                permissions.inline.retain(|other| other.name != policy.name);
            }),
            Self::Attached { holder, policy } => each(known, holder, |permissions| permissions.attached.retain(|other| other != policy)),
            Self::Member { user, group } => {
                for user in known.users.values_mut().filter(|it| it.arn.name() == user) {
                    user.groups.retain(|other| other != group);
                }
            }
            Self::OnlyHolders { policy, names, .. } => {
                for (kind, names) in [HolderKind::Role, HolderKind::User, HolderKind::Group].into_iter().zip(names) {
                    holders(known, kind, |name, permissions| {
                        if names.iter().any(|own| own == name) {
                            permissions.attached.retain(|other| Some(other) != policy.as_ref());
                        }
                    });
                }
            }
            Self::OnlyInline { .. } | Self::OnlyAttached { .. } => {}
        }
    }

    /// Whether it takes this inline policy of this holder away, or may do so.
    pub(crate) fn contests_inline(&self, kind: HolderKind, name: &str, policy: &str) -> bool {
        match self {
            Self::OnlyInline { holder, names, .. } => holder.may_be(kind, name) && !names.iter().any(|own| own == policy),
            _ => false,
        }
    }

    /// Whether it takes this managed policy of this holder away, or may do so.
    pub(crate) fn contests_attached(&self, kind: HolderKind, name: &str, policy: &Arn) -> bool {
        match self {
            Self::OnlyAttached { holder, policies, .. } => holder.may_be(kind, name) && !policies.iter().any(|own| own == policy.as_str()),
            Self::OnlyHolders { policy: Some(own), names, .. } => own == policy && !names[kind as usize].iter().any(|own| own == name),
            _ => false,
        }
    }
}

impl Holder {
    fn may_be(&self, kind: HolderKind, name: &str) -> bool {
        self.kind == kind && self.name.as_ref().is_none_or(|own| own == name)
    }
}

/// Takes inline policies away, or leaves open what they say.
fn keep_inline(permissions: &mut Permissions, open: Option<&Document>, kept: impl Fn(&str) -> bool) {
    match open {
        None => permissions.inline.retain(|policy| kept(&policy.name)),
        Some(open) => {
            for policy in permissions.inline.iter_mut().filter(|policy| !kept(&policy.name)) {
                policy.document = open.clone();
            }
        }
    }
}

/// Takes managed policies away, or leaves open what they say.
fn keep_attached(permissions: &mut Permissions, open: Option<&Document>, kept: impl Fn(&Arn) -> bool) {
    let (stay, gone): (Vec<Arn>, Vec<Arn>) = std::mem::take(&mut permissions.attached).into_iter().partition(kept);
    permissions.attached = stay;
    if let Some(open) = open {
        permissions.inline.extend(gone.iter().map(|arn| NamedDocument::new(arn.as_str(), open.clone())));
    }
}

/// The permissions of a holder; of one that nobody knows, those of all of its kind.
fn each(known: &mut Identities, holder: &Holder, mut change: impl FnMut(&mut Permissions)) {
    holders(known, holder.kind, |name, permissions| {
        if holder.name.as_ref().is_none_or(|own| own == name) {
            change(permissions);
        }
    });
}
