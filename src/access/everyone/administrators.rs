//! Who is an administrator: decided by the requests with which somebody would give themselves every permission.

use std::collections::BTreeSet;

use super::classes::Classes;
use super::matter::Matter;
use super::party::{Certainty, Group};
use crate::access::question::Target;
use crate::arn::Arn;
use crate::inventory::Identity;
use crate::policy::Entry;

/// A role that nobody made, so that a permission on some roles alone does not count.
const ANY_ROLE: &str = "role/any-role-of-this-account";

/// The administrators of every account that was read, where `who` says who may do something.
pub(super) fn find<'a>(classes: &Classes<'a>, who: impl Fn(&Matter) -> Vec<Group>) -> BTreeSet<&'a Arn> {
    let mut partitions: BTreeSet<(&str, &str)> = BTreeSet::new();
    for class in &classes.all {
        partitions.extend(class.members.first().map(|one| (class.account, one.arn().partition_name())));
    }
    let mut found = BTreeSet::new();
    for (account, partition) in partitions {
        let Ok(role) = Arn::parse(&format!("arn:{partition}:iam::{account}:{ANY_ROLE}")) else { continue };
        // A policy that insists on a boundary or on certain policies hands on less than everything.
        let everything = format!("arn:{partition}:iam::aws:policy/AdministratorAccess");
        for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy"] {
            let matter = Matter::new(action, Target::Role(role.clone()))
                .with("iam:PermissionsBoundary", Entry::single(everything.as_str()))
                .with("iam:PolicyARN", Entry::single(everything.as_str()));
            let may = who(&matter).into_iter().filter(|group| group.certainty != Certainty::Undecided);
            found.extend(may.flat_map(|group| group.party.principals().to_vec()));
        }
    }
    let members = classes.all.iter().flat_map(|class| &class.members);
    members.copied().map(Identity::arn).filter(|arn| found.contains(*arn)).collect()
}
