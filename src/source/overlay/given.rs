//! What a template gives to roles, users and groups that it does not make: policies, and the groups that users are put into. `cloudformation` and `terraform` fill it in,
//! `overlay` puts it into the account, `kept` and `planned` ask what was given before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::maybe::{maybe, unknown};
use crate::arn::Arn;
use crate::inventory::{Group, Identities, NamedDocument, Permissions, User};
use crate::policy::Document;

/// What has policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum HolderKind {
    Role,
    User,
    Group,
}

impl HolderKind {
    const ALL: [Self; 3] = [Self::Role, Self::User, Self::Group];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
        }
    }
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Whom {
    /// The one of this name.
    Named(String),
    /// Any of them, because this is not known.
    Any(String),
}

/// What somebody is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gifts {
    /// Inline policies, in the place of those of the same names.
    pub(crate) inline: Vec<NamedDocument>,
    /// Managed policies.
    pub(crate) attached: Vec<Arn>,
    /// The groups that a user is put into.
    pub(crate) groups: Vec<Whom>,
}

/// What is given to whom. As JSON it is a list: names may turn out to be the same.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(HolderKind, Whom, Gifts)>", into = "Vec<(HolderKind, Whom, Gifts)>")]
pub(crate) struct Given(BTreeMap<(HolderKind, Whom), Gifts>);

impl From<Vec<(HolderKind, Whom, Gifts)>> for Given {
    fn from(all: Vec<(HolderKind, Whom, Gifts)>) -> Self {
        let mut given = Self::default();
        for (kind, whom, gifts) in all {
            let to = given.to(kind, whom);
            to.inline.extend(gifts.inline);
            to.attached.extend(gifts.attached);
            to.groups.extend(gifts.groups);
        }
        given
    }
}

impl From<Given> for Vec<(HolderKind, Whom, Gifts)> {
    fn from(given: Given) -> Self {
        given.0.into_iter().map(|((kind, whom), gifts)| (kind, whom, gifts)).collect()
    }
}

impl Given {
    /// What they are given, to add to it.
    pub(crate) fn to(&mut self, kind: HolderKind, whom: Whom) -> &mut Gifts {
        self.0.entry((kind, whom)).or_default()
    }

    /// What the one of this name is given.
    pub(crate) fn of(&self, kind: HolderKind, name: &str) -> Option<&Gifts> {
        self.0.get(&(kind, Whom::Named(name.to_owned())))
    }

    /// What is given to those of whom the names are known.
    pub(crate) fn named_mut(&mut self, kind: HolderKind) -> impl Iterator<Item = (&str, &mut Gifts)> {
        self.0.iter_mut().filter_map(move |((of, whom), gifts)| match whom {
            Whom::Named(name) if *of == kind => Some((name.as_str(), gifts)),
            _ => None,
        })
    }

    /// What any of them may be given, and what is not known about whom.
    pub(super) fn of_any(&self, kind: HolderKind) -> impl Iterator<Item = (&str, &Gifts)> {
        self.0.range((kind, Whom::Any(String::new()))..).map_while(move |((of, whom), gifts)| match whom {
            Whom::Any(why) if *of == kind => Some((why.as_str(), gifts)),
            _ => None,
        })
    }

    /// This and other.
    pub(super) fn and(&self, other: &Self) -> Self {
        let lists = [self, other].map(|given| Vec::from(given.clone()));
        lists.concat().into()
    }

    /// Gives it to those who are there.
    pub(super) fn put_into(&self, identities: &mut Identities) {
        if self.0.is_empty() {
            return;
        }
        for kind in HolderKind::ALL {
            let any: Vec<(&str, NamedDocument)> = self
                .of_any(kind)
                .flat_map(|(why, gifts)| maybe_all((&gifts.inline, &gifts.attached), &identities.policies, why).map(move |it| (why, it)))
                .collect();
            holders(identities, kind, |name, permissions| {
                if let Some(gifts) = self.of(kind, name) {
                    for policy in &gifts.inline {
                        // An inline policy takes the place of one of the same name (https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html).
                        permissions.inline.retain(|known| known.name != policy.name);
                        permissions.inline.push(policy.clone());
                    }
                    gifts.attached.iter().for_each(|policy| attach(permissions, policy));
                }
                for (why, policy) in &any {
                    // Whether it takes the place of one of the same name is not known either.
                    for known in permissions.inline.iter_mut().filter(|known| known.name == policy.name) {
                        known.document = maybe(&known.document, why, false);
                    }
                    permissions.inline.push(policy.clone());
                }
            });
        }
        self.put_into_groups(identities);
    }

    fn put_into_groups(&self, identities: &mut Identities) {
        let Identities { users, groups, policies, .. } = identities;
        let mut stand_ins = BTreeMap::new();
        for user in users.values_mut() {
            let surely = self.of(HolderKind::User, user.arn.name()).into_iter().flat_map(|gifts| &gifts.groups).map(|group| (group, None));
            let any = self.of_any(HolderKind::User).flat_map(|(why, gifts)| gifts.groups.iter().map(move |group| (group, Some(why))));
            for (group, why) in surely.chain(any) {
                let name = match (group, why) {
                    (Whom::Named(name), None) => name.clone(),
                    (Whom::Named(name), Some(_)) if user.groups.contains(name) => continue,
                    (Whom::Named(name), Some(why)) => {
                        stand_in(user, &format!("{name} ({why})"), &mut stand_ins, || maybe_of_group(groups.get(name), policies, why))
                    }
                    (Whom::Any(what), _) => {
                        stand_in(user, &format!("any ({what})"), &mut stand_ins, || maybe_of_group(None, policies, what))
                    }
                };
                if !user.groups.contains(&name) {
                    user.groups.push(name);
                }
            }
        }
        groups.extend(stand_ins);
    }
}

/// The name of a group that stands for one in which a user may be: names of groups have no spaces.
fn stand_in(user: &User, name: &str, all: &mut BTreeMap<String, Group>, inline: impl FnOnce() -> Vec<NamedDocument>) -> String {
    all.entry(name.to_owned()).or_insert_with(|| group_of(user, name, inline()));
    name.to_owned()
}

/// A group in which this user is, and which nobody has read.
pub(super) fn group_of(user: &User, name: &str, inline: Vec<NamedDocument>) -> Group {
    let arn = format!("arn:{}:iam::{}:group/{name}", user.arn.partition_name(), user.arn.account());
    Group {
        arn: Arn::parse(&arn).unwrap_or_else(|_| user.arn.clone()),
        name: name.to_owned(),
        permissions: Permissions { inline, ..Permissions::default() },
    }
}

/// What members of a group have, as policies that somebody may have; of a group that nobody has read, anything.
pub(super) fn maybe_of_group(group: Option<&Group>, policies: &BTreeMap<Arn, Document>, why: &str) -> Vec<NamedDocument> {
    let Some(Group { name, permissions, .. }) = group else { return vec![NamedDocument::new("of a group", unknown(why, false))] };
    let all = maybe_all((&permissions.inline, &permissions.attached), policies, why);
    all.map(|policy| NamedDocument::new(&format!("{} of group {name}", policy.name), policy.document)).collect()
}

/// Policies that somebody may have.
fn maybe_all(
    (inline, attached): (&[NamedDocument], &[Arn]),
    policies: &BTreeMap<Arn, Document>,
    why: &str,
) -> impl Iterator<Item = NamedDocument> {
    let inline = inline.iter().map(|policy| NamedDocument::new(&policy.name, maybe(&policy.document, why, false)));
    inline.chain(attached.iter().map(|arn| maybe_attached(arn, policies, why)))
}

/// A managed policy that may be attached.
pub(super) fn maybe_attached(arn: &Arn, policies: &BTreeMap<Arn, Document>, why: &str) -> NamedDocument {
    NamedDocument::new(arn.name(), policies.get(arn).map_or_else(|| unknown(why, false), |document| maybe(document, why, false)))
}

/// Attaches a managed policy, unless it is attached.
pub(crate) fn attach(permissions: &mut Permissions, policy: &Arn) {
    if !permissions.attached.contains(policy) {
        permissions.attached.push(policy.clone());
    }
}

/// What all of a kind have, by their names.
pub(crate) fn holders(known: &mut Identities, kind: HolderKind, mut change: impl FnMut(&str, &mut Permissions)) {
    match kind {
        HolderKind::Role => known.roles.values_mut().for_each(|role| change(role.arn.name(), &mut role.permissions)),
        HolderKind::User => known.users.values_mut().for_each(|user| change(user.arn.name(), &mut user.permissions)),
        HolderKind::Group => known.groups.iter_mut().for_each(|(name, group)| change(name, &mut group.permissions)),
    }
}
