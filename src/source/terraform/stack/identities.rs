//! Roles, users, groups and managed policies, and the several ways in which a policy gets to one of them.

use std::collections::{BTreeMap, BTreeSet};

use super::documents::{document, maybe_attached, policy_named};
use super::resources::Stack;
use super::thing::{Thing, name_of};
use super::{documents, exclusive};
use crate::arn::{Arn, Partition};
use crate::inventory::{Group, Identities, NamedDocument, Permissions, Role, User};
use crate::policy::{Document, Text};
use crate::source::cloudformation::managed;
use crate::source::overlay::Additions;
use crate::source::planned::HolderKind;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

/// What policies are given to: its type, the attribute by which others name it, and the resources that give one.
struct Holder {
    kind: Kind,
    /// `role`
    one: &'static str,
    /// `roles`, of an attachment that names many
    many: &'static str,
    inline: &'static str,
    attachment: &'static str,
}

const ROLE: Holder =
    Holder { kind: Kind::Role, one: "role", many: "roles", inline: "aws_iam_role_policy", attachment: "aws_iam_role_policy_attachment" };
const USER: Holder =
    Holder { kind: Kind::User, one: "user", many: "users", inline: "aws_iam_user_policy", attachment: "aws_iam_user_policy_attachment" };
const GROUP: Holder = Holder {
    kind: Kind::Group,
    one: "group",
    many: "groups",
    inline: "aws_iam_group_policy",
    attachment: "aws_iam_group_policy_attachment",
};

/// The identities of an account after the plan. `named` are roles that functions run as: of those that the plan does not make, nothing is known, but they are there.
pub(super) fn identities(stack: &Stack<'_>, account: &str, named: BTreeSet<Arn>) -> Identities {
    let mut identities = Identities::default();
    let exclusive = exclusive::exclusive(stack);
    let here = |arn: &Arn| arn.account() == account;
    for it in stack.of_kind("aws_iam_policy") {
        if let Some(arn) = it.arn().filter(here) {
            identities.policies.insert(arn, document(it, "policy", false));
        }
    }
    for it in stack.data("aws_iam_policy") {
        if let Some(arn) = it.arn() {
            identities.policies.entry(arn).or_insert_with(|| document(it, "policy", false));
        }
    }
    for it in stack.of_kind("aws_iam_role") {
        if let Some(arn) = it.arn().filter(here) {
            let mut role = role(stack, it, arn.clone());
            exclusive::contest(&exclusive, HolderKind::Role, &arn, &mut role.permissions);
            identities.roles.insert(arn, role);
        }
    }
    for application in stack.resolver.applications().values() {
        let made = application.identities.roles.iter().filter(|(arn, _)| here(arn));
        for (arn, role) in made {
            // Nobody can name it before it is there, but who knows what is not known.
            let mut role = role.clone();
            role.permissions.inline.extend(permissions(stack, &ROLE, arn, None).inline);
            exclusive::contest(&exclusive, HolderKind::Role, arn, &mut role.permissions);
            identities.roles.insert(arn.clone(), role);
        }
    }
    for it in stack.data("aws_iam_role") {
        if let Some(arn) = it.arn().filter(here) {
            identities.roles.entry(arn.clone()).or_insert_with(|| elsewhere(stack, &arn, document(it, "assume_role_policy", true)));
        }
    }
    for arn in named {
        let trust = documents::anything(&format!("trust policy of {arn}"), true);
        identities.roles.entry(arn.clone()).or_insert_with(|| elsewhere(stack, &arn, trust));
    }
    for it in stack.of_kind("aws_iam_user") {
        if let Some(arn) = it.arn().filter(here) {
            let mut permissions = permissions(stack, &USER, &arn, it.naming("permissions_boundary", Want::arn(Kind::Policy)));
            exclusive::contest(&exclusive, HolderKind::User, &arn, &mut permissions);
            let user = User { id: unique_id(it), groups: groups_of(stack, &arn), tags: tags(it), permissions, arn: arn.clone() };
            identities.users.insert(arn, user);
        }
    }
    for it in stack.of_kind("aws_iam_group") {
        if let Some(arn) = it.arn().filter(here) {
            let name = arn.name().to_owned();
            let mut permissions = permissions(stack, &GROUP, &arn, None);
            exclusive::contest(&exclusive, HolderKind::Group, &arn, &mut permissions);
            identities.groups.insert(name.clone(), Group { arn, name, permissions });
        }
    }
    of_aws(&mut identities);
    identities
}

/// Adds what AWS's own managed policies say that somebody has.
fn of_aws(identities: &mut Identities) {
    let all = identities.roles.values().map(|role| &role.permissions);
    let all = all
        .chain(identities.users.values().map(|user| &user.permissions))
        .chain(identities.groups.values().map(|group| &group.permissions));
    let attached: BTreeSet<Arn> = all.flat_map(|permissions| permissions.attached.iter().chain(&permissions.boundary)).cloned().collect();
    for (arn, document) in managed::documents(attached.iter()) {
        identities.policies.entry(arn).or_insert(document);
    }
}

fn role(stack: &Stack<'_>, it: Thing<'_>, arn: Arn) -> Role {
    let mut permissions = permissions(stack, &ROLE, &arn, it.naming("permissions_boundary", Want::arn(Kind::Policy)));
    // Both attributes tell what is attached by other resources as well, where nobody writes them.
    if it.is_written("managed_policy_arns") {
        let lost = moved(stack, it, "managed_policy_arns", ("aws_iam_role_policy_attachment", "policy_arn"), Value::text);
        let all = it.list("managed_policy_arns", Want::arn(Kind::Policy));
        permissions.attached.extend(all.iter().filter(|text| !lost.contains(&text.as_str())).map(|text| policy_named(&arn, text)));
    }
    // Of a role that is new, what is known of them stands in a `dynamic` block.
    let is_dynamic = it.value("arn").and_then(Value::text).is_none() && it.count("inline_policy").is_some_and(|count| count > 0);
    if it.is_written("inline_policy") || is_dynamic {
        let lost = moved(stack, it, "inline_policy", ("aws_iam_role_policy", "name"), |block| block.at(["name"])?.text());
        match it.count("inline_policy") {
            Some(count) => {
                let all = (0..count).filter_map(|index| inline(it, index));
                permissions.inline.extend(all.filter(|policy| !lost.contains(&policy.name.as_str())));
            }
            None => permissions
                .inline
                .push(NamedDocument::new("inline_policy", documents::anything(&format!("{}.inline_policy", it.address()), false))),
        }
    }
    permissions.attached.sort();
    permissions.attached.dedup();
    Role { id: unique_id(it), trust: document(it, "assume_role_policy", true), permissions, tags: tags(it), arn }
}

/// The items of a list of the role that a resource of its own gave to it, which the plan takes away. The state tells them of the role already, so that the provider does not give them to it
/// again, although they are written now.
fn moved<'t>(
    stack: &Stack<'_>,
    it: Thing<'t>,
    list: &str,
    (kind, attribute): (&'static str, &str),
    name: impl Fn(&'t Value) -> Option<&'t str>,
) -> Vec<&'t str> {
    let Some(role) = it.value("name").and_then(Value::text) else { return Vec::new() };
    let gone: BTreeSet<&str> = stack.given_up(kind, "role", role).iter().filter_map(|gone| gone.value(attribute)?.text()).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let was = it.was(list).map(Value::items).unwrap_or_default();
    let left_alone = it.value(list).map(Value::items).unwrap_or_default().iter().filter(|item| was.contains(item));
    left_alone.filter_map(name).filter(|name| gone.contains(name)).collect()
}

fn inline(it: Thing<'_>, index: usize) -> Option<NamedDocument> {
    let path = format!("inline_policy.{index}.policy");
    let name = it.text(&format!("inline_policy.{index}.name"));
    // A block with nothing in it says that there are none.
    if it.value(&path)?.text() == Some("") && name.is_none() {
        return None;
    }
    let name = name.unwrap_or_else(|| format!("inline_policy {index}"));
    Some(NamedDocument::new(&name, document(it, &path, false)))
}

/// A role that the plan does not make: what it may do beside what the plan gives to it is not known.
fn elsewhere(stack: &Stack<'_>, arn: &Arn, trust: Document) -> Role {
    let mut permissions = permissions(stack, &ROLE, arn, None);
    let what = format!("what else {} may do, which the plan does not make", arn.name());
    permissions.inline.push(NamedDocument::new("not in the plan", documents::anything(&what, false)));
    Role { id: format!("⟦?id of {}⟧", arn.name()), trust, permissions, tags: BTreeMap::new(), arn: arn.clone() }
}

/// The inline and managed policies that are given to roles which the plan does not make, by the roles' names.
pub(super) fn elsewhere_given(stack: &Stack<'_>, made: &BTreeSet<Arn>) -> Additions {
    let want = Want { kind: Kind::Role, attribute: "name" };
    let roles = made.iter().filter(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"));
    let roles: BTreeSet<&str> = roles.map(Arn::name).collect();
    let is_made = |name: &str| roles.contains(name);
    let name_of = |text: &Text| name_of(&text.written());
    let is_open = |text: &Text| text.has_unknown();
    let role =
        |it: Thing<'_>| it.naming("role", want).filter(|text| !is_open(text)).map(|text| name_of(&text)).filter(|name| !is_made(name));
    let (mut policies, mut all, mut of_any_role) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, path) in [(ROLE.inline, "role"), (ROLE.attachment, "role"), ("aws_iam_policy_attachment", ROLE.many)] {
        for it in stack.of_kind(kind) {
            let texts = if path == "role" {
                it.naming(path, want).into_iter().collect()
            } else {
                it.list(path, want).iter().map(|text| Text::parse(text)).collect::<Vec<_>>()
            };
            if texts.iter().any(is_open) {
                of_any_role.push(NamedDocument::new(it.address(), documents::anything(&format!("{}.{path}", it.address()), false)));
            }
        }
    }
    for it in stack.of_kind(ROLE.inline) {
        if let Some(role) = role(it) {
            let name = it.text("name").filter(|name| !name.contains('⟦')).unwrap_or_else(|| it.address().to_owned());
            policies.push((role, NamedDocument::new(&name, document(it, "policy", false))));
        }
    }
    let holder = |it: Thing<'_>, role: &str| {
        Arn::build(
            Partition::of_region(&it.resolver.region_of(it.instance)),
            "iam",
            "",
            &it.resolver.account_of(it.instance),
            &format!("role/{role}"),
        )
        .ok()
    };
    for it in stack.of_kind(ROLE.attachment) {
        if let Some((role, arn)) = role(it).and_then(|role| Some((role.clone(), holder(it, &role)?))) {
            match (attached(it, &arn), it.contest()) {
                (Some(policy), Some(why)) => policies.push((role, maybe_attached(stack, &policy, &why))),
                (policy, _) => all.extend(policy.map(|policy| (role, policy))),
            }
        }
    }
    for it in stack.of_kind("aws_iam_policy_attachment") {
        let texts = it.list(ROLE.many, want);
        let known = texts.iter().map(|text| Text::parse(text)).filter(|text| !is_open(text));
        for role in known.map(|text| name_of(&text)).filter(|name| !is_made(name)) {
            match (holder(it, &role).and_then(|arn| attached(it, &arn)), it.contest()) {
                (Some(policy), Some(why)) => policies.push((role, maybe_attached(stack, &policy, &why))),
                (policy, _) => all.extend(policy.map(|policy| (role, policy))),
            }
        }
    }
    let mut additions = Additions { policies, attached: all, of_any_role, ..Additions::default() };
    exclusive::contest_given(stack, &mut additions);
    additions
}

/// The policies that other resources give to a holder of this ARN.
fn permissions(stack: &Stack<'_>, holder: &Holder, arn: &Arn, boundary: Option<Text>) -> Permissions {
    let mut permissions = Permissions { boundary: boundary.map(|text| policy_named(arn, &text.written())), ..Permissions::default() };
    let want = Want { kind: holder.kind, attribute: "name" };
    // One whose holder is not known may be for this one; it is then as if it were not known what it says.
    let is_for = |it: Thing<'_>| it.naming(holder.one, want).map_or(Named::Other, |text| named(&text, arn));
    let maybe = |it: Thing<'_>, path: &str| {
        let what = documents::anything(&format!("{}.{path}", it.address()), false);
        NamedDocument::new(it.address(), what)
    };
    for it in stack.naming(holder.inline, holder.one, want, arn.as_str()) {
        let name = it.text("name").filter(|name| !name.contains('⟦')).unwrap_or_else(|| it.address().to_owned());
        match is_for(it) {
            Named::This => permissions.inline.push(NamedDocument::new(&name, document(it, "policy", false))),
            Named::Maybe => permissions.inline.push(maybe(it, holder.one)),
            Named::Other => {}
        }
    }
    for it in stack.naming(holder.attachment, holder.one, want, arn.as_str()) {
        match is_for(it) {
            Named::This => give(stack, it, arn, &mut permissions),
            Named::Maybe => permissions.inline.push(maybe(it, holder.one)),
            Named::Other => {}
        }
    }
    for it in stack.naming("aws_iam_policy_attachment", holder.many, want, arn.as_str()) {
        let all: Vec<Named> = it.list(holder.many, want).iter().map(|text| named(&Text::parse(text), arn)).collect();
        if all.contains(&Named::This) {
            give(stack, it, arn, &mut permissions);
        } else if all.contains(&Named::Maybe) {
            permissions.inline.push(maybe(it, holder.many));
        }
    }
    permissions
}

/// Whether a text names a role, user or group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    This,
    Maybe,
    Other,
}

pub(super) fn named(text: &Text, arn: &Arn) -> Named {
    let written = text.written();
    if *written == *arn.name() || *written == *arn.as_str() {
        Named::This
    } else if text.has_unknown() {
        Named::Maybe
    } else {
        Named::Other
    }
}

/// Attaches a policy, or what it says as far as it stays.
fn give(stack: &Stack<'_>, it: Thing<'_>, holder: &Arn, permissions: &mut Permissions) {
    let Some(policy) = attached(it, holder) else { return };
    match it.contest() {
        Some(why) => permissions.inline.push(maybe_attached(stack, &policy, &why)),
        None => permissions.attached.push(policy),
    }
}

fn attached(it: Thing<'_>, holder: &Arn) -> Option<Arn> {
    it.naming("policy_arn", Want::arn(Kind::Policy)).map(|text| policy_named(holder, &text.written()))
}

fn groups_of(stack: &Stack<'_>, arn: &Arn) -> Vec<String> {
    let want = Want { kind: Kind::Group, attribute: "name" };
    let is_user = |it: &Thing<'_>| {
        it.naming("user", Want { kind: Kind::User, attribute: "name" }).is_some_and(|text| named(&text, arn) == Named::This)
    };
    let mut groups: Vec<String> =
        stack.of_kind("aws_iam_user_group_membership").filter(is_user).flat_map(|it| it.list("groups", want)).collect();
    for it in stack.of_kind("aws_iam_group_membership") {
        let users = it.list("users", Want { kind: Kind::User, attribute: "name" });
        if users.iter().any(|user| named(&Text::parse(user), arn) == Named::This) {
            groups.extend(it.naming("group", want).map(|text| text.written().into_owned()));
        }
    }
    groups.sort();
    groups.dedup();
    groups
}

fn unique_id(it: Thing<'_>) -> String {
    it.text("unique_id").unwrap_or_else(|| format!("⟦{}.unique_id⟧", it.address().replace('"', "'")))
}

fn tags(it: Thing<'_>) -> BTreeMap<String, String> {
    it.tags().value().cloned().unwrap_or_default()
}
