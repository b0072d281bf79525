//! What a plan says of roles, users and groups beside what it makes: policies of users and groups that exist, memberships, and everything that is exclusive, which takes away what
//! it does not list (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role_policies_exclusive> and its like).

use std::collections::BTreeSet;

use super::documents::{self, document, maybe_attached, policy_named};
use super::resources::Stack;
use super::thing::{Thing, name_of};
use crate::arn::{Arn, Partition};
use crate::inventory::{NamedDocument, Permissions};
use crate::policy::{Document, Text};
use crate::source::overlay::Additions;
use crate::source::planned::{Holder, HolderKind, IdentityFact};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;

/// How the types of a kind of holder are called.
struct Types {
    kind: HolderKind,
    of: Kind,
    /// `role_name`
    name: &'static str,
    inline: &'static str,
    attached: &'static str,
}

const TYPES: [Types; 3] = [
    Types {
        kind: HolderKind::Role,
        of: Kind::Role,
        name: "role_name",
        inline: "aws_iam_role_policies_exclusive",
        attached: "aws_iam_role_policy_attachments_exclusive",
    },
    Types {
        kind: HolderKind::User,
        of: Kind::User,
        name: "user_name",
        inline: "aws_iam_user_policies_exclusive",
        attached: "aws_iam_user_policy_attachments_exclusive",
    },
    Types {
        kind: HolderKind::Group,
        of: Kind::Group,
        name: "group_name",
        inline: "aws_iam_group_policies_exclusive",
        attached: "aws_iam_group_policy_attachments_exclusive",
    },
];

/// Policies of users and groups: the attribute that names one, and the types of inline policies and attachments. Those of roles are told apart elsewhere.
const GIVEN: [(HolderKind, Kind, &str, &str, &str); 2] = [
    (HolderKind::User, Kind::User, "user", "aws_iam_user_policy", "aws_iam_user_policy_attachment"),
    (HolderKind::Group, Kind::Group, "group", "aws_iam_group_policy", "aws_iam_group_policy_attachment"),
];

/// All that the plan says so, with the account.
pub(super) fn facts(stack: &Stack<'_>) -> Vec<(String, IdentityFact)> {
    let mut facts = exclusive(stack);
    for (kind, of, attribute, inline, attachment) in GIVEN {
        for it in stack.of_kind(inline) {
            let name = it.text("name").filter(|name| !name.contains('⟦')).unwrap_or_else(|| it.address().to_owned());
            let holder = holder(it, attribute, kind, of);
            let policy = if holder.name.is_some() {
                NamedDocument::new(&name, document(it, "policy", false))
            } else {
                NamedDocument::new(it.address(), maybe(it, attribute))
            };
            facts.push((account(it), IdentityFact::Inline { holder, policy }));
        }
        for it in stack.of_kind(attachment) {
            let holder = holder(it, attribute, kind, of);
            let policy = it.naming("policy_arn", Want::arn(Kind::Policy)).and_then(|text| own(it, &text.written()));
            let fact = match (policy.filter(|_| holder.name.is_some()), it.contest()) {
                (Some(policy), Some(why)) => IdentityFact::Inline { holder, policy: maybe_attached(stack, &policy, &why) },
                (Some(policy), None) => IdentityFact::Attached { holder, policy },
                (None, _) => IdentityFact::Inline { holder, policy: NamedDocument::new(it.address(), maybe(it, attribute)) },
            };
            facts.push((account(it), fact));
        }
    }
    facts.extend(members(stack));
    facts
}

fn members(stack: &Stack<'_>) -> Vec<(String, IdentityFact)> {
    let mut facts = Vec::new();
    let [user, group] = [Kind::User, Kind::Group].map(|kind| Want { kind, attribute: "name" });
    for (kind, one, one_is, many, many_is) in
        [("aws_iam_user_group_membership", "user", user, "groups", group), ("aws_iam_group_membership", "group", group, "users", user)]
    {
        for it in stack.of_kind(kind) {
            let Some(one) = it.naming(one, one_is).map(|text| name_of(&text.written())) else { continue };
            for other in it.list(many, many_is).iter().map(|text| name_of(text)) {
                let (user, group) = if many == "groups" { (one.clone(), other) } else { (other, one.clone()) };
                facts.push((account(it), IdentityFact::Member { user, group }));
            }
        }
    }
    facts
}

/// What the plan says that somebody has alone.
pub(super) fn exclusive(stack: &Stack<'_>) -> Vec<(String, IdentityFact)> {
    let mut facts = Vec::new();
    for types in &TYPES {
        for it in stack.of_kind(types.inline) {
            let names = it.list("policy_names", Want::text());
            let holder = holder(it, types.name, types.kind, types.of);
            let open = if holder.name.is_none() { Some(maybe(it, types.name)) } else { open(it, "policy_names", &names) };
            facts.push((account(it), IdentityFact::OnlyInline { holder, names, open }));
        }
        for it in stack.of_kind(types.attached) {
            let policies = it.list("policy_arns", Want::arn(Kind::Policy));
            let holder = holder(it, types.name, types.kind, types.of);
            let open = if holder.name.is_none() { Some(maybe(it, types.name)) } else { open(it, "policy_arns", &policies) };
            facts.push((account(it), IdentityFact::OnlyAttached { holder, policies, open }));
        }
    }
    for it in stack.of_kind("aws_iam_role") {
        facts.extend(of_role(it).into_iter().map(|fact| (account(it), fact)));
    }
    for it in stack.of_kind("aws_iam_policy_attachment") {
        let kinds = [("roles", Kind::Role), ("users", Kind::User), ("groups", Kind::Group)];
        let names = kinds.map(|(path, kind)| it.list(path, Want { kind, attribute: "name" }).iter().map(|text| name_of(text)).collect());
        let all: Vec<String> = names.iter().flatten().cloned().collect();
        let policy = it.naming("policy_arn", Want::arn(Kind::Policy)).filter(|text| !text.has_unknown());
        let policy = policy.and_then(|text| own(it, &text.written()));
        let open = if policy.is_none() { Some(maybe(it, "policy_arn")) } else { open(it, "roles", &all) };
        facts.push((account(it), IdentityFact::OnlyHolders { policy, names, open }));
    }
    facts
}

/// The arguments by which a role itself has what it lists and nothing else
/// (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role>).
fn of_role(it: Thing<'_>) -> Vec<IdentityFact> {
    let Some(name) = it.arn().map(|arn| arn.name().to_owned()) else { return Vec::new() };
    let holder = Holder { kind: HolderKind::Role, name: Some(name) };
    let mut facts = Vec::new();
    if it.is_surely_written("managed_policy_arns") && it.value("managed_policy_arns").is_some() {
        let policies = it.list("managed_policy_arns", Want::arn(Kind::Policy));
        let open = open(it, "managed_policy_arns", &policies);
        facts.push(IdentityFact::OnlyAttached { holder: holder.clone(), policies, open });
    }
    if it.is_surely_written("inline_policy") && it.value("inline_policy").is_some() {
        let count = it.count("inline_policy");
        let names: Vec<String> =
            (0..count.unwrap_or_default()).filter_map(|index| it.text(&format!("inline_policy.{index}.name"))).collect();
        let open = if count.is_none() { Some(maybe(it, "inline_policy")) } else { open(it, "inline_policy", &names) };
        facts.push(IdentityFact::OnlyInline { holder, names, open });
    }
    facts
}

/// Leaves open those of a holder's policies in the plan that the plan itself takes away: whether they are there hangs on what comes last.
pub(super) fn contest(exclusive: &[(String, IdentityFact)], kind: HolderKind, arn: &Arn, permissions: &mut Permissions) {
    let name = arn.name();
    let facts = || exclusive.iter().filter(|(account, _)| account == arn.account()).map(|(_, fact)| fact);
    for policy in &mut permissions.inline {
        if facts().any(|fact| fact.contests_inline(kind, name, &policy.name)) {
            policy.document = contested(name, &policy.name);
        }
    }
    let is_contested = |policy: &Arn| facts().any(|fact| fact.contests_attached(kind, name, policy));
    let (gone, stay): (BTreeSet<Arn>, BTreeSet<Arn>) = std::mem::take(&mut permissions.attached).into_iter().partition(is_contested);
    permissions.attached = stay.into_iter().collect();
    permissions.inline.extend(gone.iter().map(|policy| NamedDocument::new(policy.as_str(), contested(name, policy.as_str()))));
}

/// The same of what the plan gives to roles that it does not make, by their names.
pub(super) fn contest_given(stack: &Stack<'_>, additions: &mut Additions) {
    let exclusive = exclusive(stack);
    let facts = || exclusive.iter().map(|(_, fact)| fact);
    for (role, policy) in &mut additions.policies {
        if facts().any(|fact| fact.contests_inline(HolderKind::Role, role, &policy.name)) {
            policy.document = contested(role, &policy.name);
        }
    }
    let is_contested = |(role, policy): &(String, Arn)| facts().any(|fact| fact.contests_attached(HolderKind::Role, role, policy));
    let (gone, stay): (Vec<_>, Vec<_>) = std::mem::take(&mut additions.attached).into_iter().partition(is_contested);
    additions.attached = stay;
    let open = gone.into_iter().map(|(role, policy)| {
        let document = contested(&role, policy.as_str());
        (role, NamedDocument::new(policy.as_str(), document))
    });
    additions.policies.extend(open);
}

fn contested(holder: &str, policy: &str) -> Document {
    documents::anything(&format!("{policy} of {holder}, which the plan gives and takes away"), false)
}

fn account(it: Thing<'_>) -> String {
    it.resolver.account_of(it.instance)
}

fn holder(it: Thing<'_>, path: &str, kind: HolderKind, of: Kind) -> Holder {
    let text = it.naming(path, Want { kind: of, attribute: "name" });
    Holder { kind, name: text.filter(|text| !text.has_unknown()).map(|text: Text| name_of(&text.written())) }
}

fn own(it: Thing<'_>, written: &str) -> Option<Arn> {
    let partition = Partition::of_region(&it.resolver.region_of(it.instance));
    let root = Arn::build(partition, "iam", "", &account(it), "root").ok()?;
    Some(policy_named(&root, written))
}

fn maybe(it: Thing<'_>, path: &str) -> Document {
    documents::anything(&format!("{}.{path}", it.address()), false)
}

/// The policy that stands for what is not known of a list.
fn open(it: Thing<'_>, path: &str, list: &[String]) -> Option<Document> {
    list.iter().any(|one| one.contains("⟦?")).then(|| maybe(it, path))
}
