//! The policies of roles and users: their own, those of a user's groups, and the boundary. `estate` keeps them, `policies` adds them to what applies to a question.

use super::names::named;
use crate::arn::Arn;
use crate::inventory::{Gap, Identities, Inventory, Known, NamedDocument, Permissions};
use crate::policy::{Attached, Label, PolicyKind};

/// The call that reads roles, users, groups and their policies.
const READS_IDENTITIES: &str = "iam:GetAccountAuthorizationDetails";

/// What one role or user has, and for each policy that could not be read, the call that did not answer.
#[derive(Debug, Default)]
pub(super) struct OfIdentity {
    pub(super) policies: Vec<Attached>,
    pub(super) boundary: Option<Vec<Attached>>,
    pub(super) gaps: Vec<(Label, Gap)>,
}

impl OfIdentity {
    /// Those of the role or user of this ARN; none of one that its account does not have.
    pub(super) fn read(inventory: &Inventory, arn: &Arn) -> Self {
        let identities = match inventory.identities(arn.account()) {
            Known::Value(identities) => identities,
            Known::Unreadable(gap) => return Self::unreadable_for(arn, &gap),
        };
        let mut found = Self::default();
        let Some(identity) = identities.identity(arn) else { return found };
        found.permissions(identities, &named(identity.arn()), identity.permissions());
        for name in identity.groups() {
            let owner = format!("group {name}");
            if let Some(group) = identities.groups.get(name) {
                found.permissions(identities, &owner, &group.permissions);
            } else {
                let policies = found.unreadable(PolicyKind::Identity, &format!("of {owner}"), Gap::not_collected(READS_IDENTITIES, &owner));
                found.policies.push(policies);
            }
        }
        let boundary = identity.permissions().boundary.as_ref();
        found.boundary = boundary.map(|arn| vec![found.managed(identities, PolicyKind::Boundary, arn)]);
        found
    }

    /// Those of a role or user that was not found, for this reason: policies and boundary may say anything.
    pub(super) fn unread(arn: &Arn, why: &str) -> Self {
        Self::unreadable_for(arn, &Gap::new(READS_IDENTITIES, arn.as_str(), why))
    }

    fn unreadable_for(arn: &Arn, gap: &Gap) -> Self {
        let mut found = Self::default();
        let owner = format!("of {}", named(arn));
        let policies = found.unreadable(PolicyKind::Identity, &owner, gap.clone());
        let boundary = found.unreadable(PolicyKind::Boundary, &owner, gap.clone());
        found.policies.push(policies);
        found.boundary = Some(vec![boundary]);
        found
    }

    fn permissions(&mut self, identities: &Identities, owner: &str, permissions: &Permissions) {
        let inline = |policy: &NamedDocument| {
            Attached::document(PolicyKind::Identity, format!("{} of {owner}", policy.name), policy.document.clone())
        };
        self.policies.extend(permissions.inline.iter().map(inline));
        for arn in &permissions.attached {
            let attached = self.managed(identities, PolicyKind::Identity, arn);
            self.policies.push(attached);
        }
    }

    fn managed(&mut self, identities: &Identities, kind: PolicyKind, arn: &Arn) -> Attached {
        match identities.policies.get(arn) {
            Some(document) => Attached::document(kind, arn.name(), document.clone()),
            None => self.unreadable(kind, arn.name(), Gap::not_collected(READS_IDENTITIES, arn.as_str())),
        }
    }

    fn unreadable(&mut self, kind: PolicyKind, name: &str, gap: Gap) -> Attached {
        let attached = Attached::unreadable(kind, name);
        self.gaps.push((attached.label.clone(), gap));
        attached
    }
}
