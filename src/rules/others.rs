//! The secrets that a function does not rotate, sorted so that a question about thousands of them is asked a few times: secrets between which no policy that has a say can
//! tell the difference are asked about once. The evaluator asks here; what it says is what asking about each would say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::access::{Access, Question, Target};
use crate::arn::Arn;
use crate::inventory::{Gap, Inventory, Known, NamedDocument, Secret};
use crate::policy::{Condition, Document, Effect, Policy, Statement};

/// The condition key that holds a secret's rotation function.
const FUNCTION_KEY: &str = "secretsmanager:resource/allowrotationlambdaarn";
/// Beginnings of other keys whose value hangs on the single secret.
const KEYS_OF_ONE: [&str; 5] = [
    "aws:resourcetag/",
    "secretsmanager:resourcetag/",
    "secretsmanager:secretid",
    "secretsmanager:secretprimaryregion",
    "secretsmanager:resource/type",
];

/// All secrets of an inventory, sorted.
#[derive(Debug)]
pub(super) struct Others<'a> {
    inventory: &'a Inventory,
    /// By rotation function, unqualified: the secrets that it rotates, with their replicas.
    rotated: BTreeMap<Arn, BTreeSet<&'a Arn>>,
    /// The master secrets of the rotations of each function, unqualified.
    masters: BTreeMap<Arn, BTreeSet<&'a Arn>>,
    /// By customer key.
    by_key: BTreeMap<&'a Arn, Vec<UnderKey<'a>>>,
    /// By account: those of one region under the same policies.
    groups: BTreeMap<&'a str, Vec<Group<'a>>>,
    /// The accounts with secrets whose policies may let in somebody of another account.
    open: BTreeSet<&'a str>,
}

/// A secret under a key.
#[derive(Debug)]
struct UnderKey<'a> {
    secret: &'a Secret,
    /// Its rotation function, unqualified.
    function: Option<Arn>,
    /// Where the next one of another function is: a function may have thousands.
    next: usize,
}

/// Of whom it is asked.
pub(super) struct Whose<'a> {
    pub(super) function: &'a Arn,
    /// Whether the master secrets of its rotations are among those that are asked about: to read them is the function's business, to write them is not.
    pub(super) with_masters: bool,
    pub(super) role: &'a Arn,
    /// The accounts in which the role's own policies may allow it something; `None` where that may be any.
    pub(super) reaches: Option<BTreeSet<&'a str>>,
}

/// Account, partition, region, the names and texts of the policies where they could be read, and whether nobody knows which there are.
type Kind<'a> = (&'a str, &'a str, &'a str, Option<Vec<(&'a str, &'a str)>>, bool);

fn written(policy: &NamedDocument) -> (&str, &str) {
    (&policy.name, policy.document.text())
}

/// Secrets of one account and region under the same policies.
#[derive(Debug)]
struct Group<'a> {
    members: Vec<&'a Secret>,
    /// Those whose name is not known in full, so that a pattern may or may not cover it.
    unnamed: Vec<&'a Secret>,
    /// Whether their policies may let in somebody of another account.
    open: bool,
    /// Whether their policies could be read.
    read: bool,
    by_function: BTreeMap<Option<&'a Arn>, Vec<&'a Secret>>,
}

/// Secrets between which a question does not tell the difference.
pub(super) struct Alike<'s> {
    /// The one to ask about.
    pub(super) first: &'s Secret,
    /// How many there are.
    pub(super) count: usize,
    lists: Vec<&'s [&'s Secret]>,
    without: BTreeSet<&'s Arn>,
}

impl<'s> Alike<'s> {
    fn one(secret: &'s Secret) -> Self {
        Self { first: secret, count: 1, lists: Vec::new(), without: BTreeSet::new() }
    }

    fn of(lists: Vec<&'s [&'s Secret]>, without: BTreeSet<&'s Arn>) -> Option<Self> {
        let left = |list: &[&'s Secret]| list.iter().copied().find(|secret| !without.contains(&secret.arn));
        let first = lists.iter().find_map(|list| left(list))?;
        let removed = without.iter().filter(|arn| lists.iter().any(|list| holds(list, arn))).count();
        let count = lists.iter().map(|list| list.len()).sum::<usize>().saturating_sub(removed);
        Some(Self { first, count, lists, without })
    }

    /// The first few of them, by ARN.
    pub(super) fn first_few(&self, most: usize) -> Vec<&'s Arn> {
        if self.lists.is_empty() {
            return vec![&self.first.arn];
        }
        let of = |list: &'s [&'s Secret]| list.iter().map(|secret| &secret.arn).filter(|arn| !self.without.contains(*arn)).take(most);
        let mut found: Vec<&Arn> = self.lists.iter().flat_map(|list| of(list)).collect();
        found.sort();
        found.truncate(most);
        found
    }

    /// Each of them.
    fn each(&self) -> impl Iterator<Item = &'s Secret> {
        let listed = self.lists.iter().flat_map(|list| list.iter().copied()).filter(|secret| !self.without.contains(&secret.arn));
        listed.chain(self.lists.is_empty().then_some(self.first))
    }

    /// What was not read of the policies of each.
    pub(super) fn gaps(&self) -> impl Iterator<Item = &'s Gap> {
        self.each().flat_map(|secret| [secret.policies.gap(), unlisted(secret)]).flatten()
    }
}

/// Why nobody knows which policies a secret has.
fn unlisted(secret: &Secret) -> Option<&Gap> {
    secret.policies_listed.as_ref().and_then(Known::gap)
}

/// Whether a list, which is ordered by ARN, holds this secret.
fn holds(list: &[&Secret], arn: &Arn) -> bool {
    list.binary_search_by(|secret| secret.arn.cmp(arn)).is_ok()
}

/// What the policies that have a say look at of a single secret.
#[derive(Default)]
struct Looks {
    /// Beginnings of the ARNs that resources name.
    beginnings: BTreeSet<String>,
    /// The functions that conditions name, in lower case; `None` when no condition is about the function.
    functions: Option<BTreeSet<String>>,
    /// They look at more, so each secret is for itself.
    closely: bool,
}

impl Looks {
    fn at(&mut self, statement: Statement<'_>) {
        for resource in statement.resources().filter(|resource| !is_uniform(resource)) {
            let end = resource.find(['*', '?', '$', '⟦']).unwrap_or(resource.len());
            self.beginnings.insert(resource[..end].to_owned());
            self.closely |= resource.contains("${") && mentions_one(resource);
        }
        statement.conditions().for_each(|condition| self.at_condition(condition));
    }

    fn at_condition(&mut self, condition: Condition<'_>) {
        let key = condition.key().to_ascii_lowercase();
        let variable = |value: &str| value.contains("${");
        if KEYS_OF_ONE.iter().any(|of_one| key.starts_with(of_one))
            || condition.values().any(|value| variable(value) && mentions_one(value))
        {
            self.closely = true;
        }
        if key == FUNCTION_KEY {
            self.closely |= condition.values().any(|value| value.contains(['*', '?', '$', '⟦']));
            self.functions.get_or_insert_default().extend(condition.values().map(str::to_lowercase));
        }
    }
}

/// Whether a text with variables names one whose value hangs on the single secret.
fn mentions_one(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    KEYS_OF_ONE.iter().chain([&FUNCTION_KEY]).any(|key| text.contains(key))
}

/// Whether a resource covers all secrets of an account and region or none of them.
fn is_uniform(resource: &str) -> bool {
    let mut parts = resource.splitn(6, ':');
    let (service, name) = (parts.nth(2), parts.nth(2));
    let to_the_end = resource.find(['*', '?', '$', '⟦']).is_some_and(|at| at + 1 == resource.len() && resource.ends_with('*'));
    resource == "*"
        || (name.is_none() && to_the_end)
        || matches!(name, Some("*" | "secret:*"))
        || service.is_some_and(|service| service != "secretsmanager" && !service.contains(['*', '?', '$', '⟦']))
}

impl<'a> Others<'a> {
    /// Those of an inventory.
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let copies = copies(inventory);
        let mut rotated: BTreeMap<Arn, BTreeSet<&Arn>> = BTreeMap::new();
        let mut masters: BTreeMap<Arn, BTreeSet<&Arn>> = BTreeMap::new();
        let mut by_key: BTreeMap<&Arn, Vec<UnderKey<'_>>> = BTreeMap::new();
        let mut groups: BTreeMap<Kind<'_>, Vec<&Secret>> = BTreeMap::new();
        for secret in inventory.secrets.values() {
            let function = secret.rotation.function.as_ref().map(|function| function.split_qualifier().0);
            if let Known::Value(Some(key)) = &secret.key {
                by_key.entry(key).or_default().push(UnderKey { secret, function: function.clone(), next: 0 });
            }
            if let Some(function) = function {
                if let Some(master) = inventory.master_of(secret) {
                    masters.entry(function.clone()).or_default().insert(&master.arn);
                }
                rotated.entry(function).or_default().extend(copies.get(&one_everywhere(&secret.arn)).into_iter().flatten());
            }
            let arn = &secret.arn;
            let policies = secret.policies.value().map(|policies| policies.iter().map(written).collect());
            let key = (arn.account(), arn.partition_name(), arn.region(), policies, unlisted(secret).is_some());
            groups.entry(key).or_default().push(secret);
        }
        for under in by_key.values_mut() {
            link(under);
        }
        let mut by_account: BTreeMap<&str, Vec<Group<'_>>> = BTreeMap::new();
        for ((account, ..), members) in groups {
            let mut by_function: BTreeMap<Option<&Arn>, Vec<&Secret>> = BTreeMap::new();
            for secret in &members {
                by_function.entry(secret.rotation.function.as_ref()).or_default().push(secret);
            }
            by_account.entry(account).or_default().push(Group {
                open: may_let_in(members[0]),
                read: members[0].policies.value().is_some(),
                unnamed: members.iter().copied().filter(|secret| secret.arn.as_str().contains('⟦')).collect(),
                members,
                by_function,
            });
        }
        let is_open = |groups: &Vec<Group<'_>>| groups.iter().any(|group| group.open);
        let open = by_account.iter().filter(|(_, groups)| is_open(groups)).map(|(account, _)| *account).collect();
        Self { inventory, rotated, masters, by_key, groups: by_account, open }
    }

    /// The secrets under this key that `function`, unqualified, does not rotate, by ARN.
    pub(super) fn under<'s>(&'s self, key: &Arn, function: Option<&Arn>) -> impl Iterator<Item = &'a Secret> + use<'s, 'a> {
        let under = self.by_key.get(key).map(Vec::as_slice).unwrap_or_default();
        let function = function.cloned();
        let mut at = 0;
        std::iter::from_fn(move || {
            let mut found = under.get(at)?;
            if function.is_some() && found.function == function {
                at = found.next;
                found = under.get(at)?;
            }
            at += 1;
            Some(found.secret)
        })
    }

    /// Whether rotations of this function log in with this secret.
    pub(super) fn is_master(&self, function: &Arn, secret: &Arn) -> bool {
        self.masters.get(&function.split_qualifier().0).is_some_and(|masters| masters.contains(secret))
    }

    /// The master secrets with which no rotation of this function logs in and that it does not rotate, each for itself.
    pub(super) fn masters_of_others(&self, function: &Arn, read: bool) -> Vec<Alike<'a>> {
        let rotated = self.rotated.get(&function.split_qualifier().0);
        let all: BTreeSet<&Arn> = self.masters.values().flatten().copied().collect();
        let others = all.into_iter().filter(|arn| !rotated.is_some_and(|rotated| rotated.contains(arn)) && !self.is_master(function, arn));
        let others = others.filter_map(|arn| self.inventory.secrets.get(arn));
        others.filter(|secret| secret.policies.value().is_some() == read).map(Alike::one).collect()
    }

    /// The secrets that this function does not rotate and that are no replicas of those, sorted by what `ask`, a question of the role about one of them, hangs on. Of
    /// other accounts only those are here whose policies may let somebody in, as identity policies alone do not reach them, and that these do reach. They are those whose
    /// policies were `read`, or those whose policies were not.
    pub(super) fn alike<'s>(
        &'s self,
        whose: &Whose<'_>,
        read: bool,
        access: &Access<'_>,
        ask: impl Fn(&Secret) -> Question,
    ) -> Vec<Alike<'s>> {
        let function = whose.function.split_qualifier().0;
        let masters = self.masters.get(&function).filter(|_| !whose.with_masters);
        let without: BTreeSet<&Arn> = self.rotated.get(&function).into_iter().chain(masters).flatten().copied().collect();
        let own = whose.role.account();
        let reached = |account: &&str| whose.reaches.as_ref().is_none_or(|accounts| accounts.contains(account));
        let accounts: BTreeSet<&str> = self.open.iter().copied().filter(reached).chain([own]).collect();
        let mut found = Vec::new();
        for (account, groups) in accounts.into_iter().filter_map(|account| self.groups.get_key_value(account)) {
            for group in groups.iter().filter(|group| group.read == read && (*account == own || group.open)) {
                let question = ask(group.members[0]);
                let mut looks = Looks::default();
                for document in access.documents(&question) {
                    document.policy().into_iter().flat_map(Policy::statements).for_each(|statement| looks.at(statement));
                }
                let alike = split(group, &looks, &without);
                access.count(1 + alike.len());
                found.extend(alike);
            }
        }
        found
    }
}

/// Finds for each secret under a key the next one of another function.
fn link(under: &mut [UnderKey<'_>]) {
    let mut next = under.len();
    for at in (0..under.len()).rev() {
        if under.get(at + 1).is_some_and(|after| after.function != under[at].function) {
            next = at + 1;
        }
        under[at].next = next;
    }
}

/// What a secret and its replicas have in common: all of their ARNs but the region.
fn one_everywhere(secret: &Arn) -> (&str, &str, &str) {
    (secret.partition_name(), secret.account(), secret.resource())
}

/// Each secret with its replicas.
fn copies(inventory: &Inventory) -> HashMap<(&str, &str, &str), Vec<&Arn>> {
    let mut copies: HashMap<_, Vec<_>> = HashMap::new();
    for arn in inventory.secrets.keys() {
        copies.entry(one_everywhere(arn)).or_default().push(arn);
    }
    copies
}

/// A group, split by what is looked at.
fn split<'s, 'a: 's>(group: &'s Group<'a>, looks: &Looks, rotated: &BTreeSet<&'a Arn>) -> Vec<Alike<'s>> {
    let all = || vec![group.members.as_slice()];
    let in_group = |arn: &&Arn| holds(&group.members, arn);
    let mut without: BTreeSet<&'s Arn> = rotated.iter().copied().filter(in_group).collect();
    if looks.closely {
        return Alike::of(all(), without).map(|alike| alike.each().map(Alike::one).collect()).unwrap_or_default();
    }
    let mut named = BTreeSet::new();
    for beginning in &looks.beginnings {
        let from = group.members.partition_point(|secret| secret.arn.as_str() < beginning.as_str());
        let begins = |secret: &&&'s Secret| secret.arn.as_str().starts_with(beginning.as_str());
        let known = |secret: &Secret| secret.arn.as_str().split('⟦').next().is_some_and(|known| beginning.starts_with(known));
        let perhaps = group.unnamed.iter().filter(|secret| known(secret));
        let meant = group.members[from..].iter().take_while(begins).chain(perhaps);
        named.extend(meant.map(|secret| &secret.arn).filter(|arn| !without.contains(*arn)));
    }
    let secret = |arn: &Arn| group.members.binary_search_by(|secret| secret.arn.cmp(arn)).ok().map(|at| group.members[at]);
    let mut found: Vec<Alike<'s>> = named.iter().filter_map(|arn| secret(arn)).map(Alike::one).collect();
    without.extend(named);
    match &looks.functions {
        None => found.extend(Alike::of(all(), without)),
        Some(functions) => {
            // A condition on the function tells those that it names from the others, and those from secrets without one.
            let mut others = Vec::new();
            for (function, members) in &group.by_function {
                match function {
                    Some(arn) if !functions.contains(&arn.as_str().to_lowercase()) => others.push(members.as_slice()),
                    _ => found.extend(Alike::of(vec![members.as_slice()], without.clone())),
                }
            }
            found.extend(Alike::of(others, without));
        }
    }
    found
}

/// Whether somebody of another account may be let in by a secret's policies.
fn may_let_in(secret: &Secret) -> bool {
    let allows = |document: &Document| {
        document.policy().map_or(true, |policy| policy.statements().any(|statement| statement.effect() == Effect::Allow))
    };
    unlisted(secret).is_some() || secret.policies.value().is_none_or(|policies| policies.iter().any(|policy| allows(&policy.document)))
}

/// The question about another secret.
pub(super) fn about(question: &Question, secret: &Arn) -> Question {
    Question { target: Target::Secret(secret.clone()), ..question.clone() }
}
