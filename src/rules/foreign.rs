//! Chooses the foreign account and the name of its secret for requests by outsiders. A policy that admits a pattern of accounts or names is open to
//! whoever picks a matching one, so the patterns of the policies in question are tried beside accounts that nobody mentions.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::View;
use super::policies::{function_policies, resource_documents, role_documents, trust_policy};
use crate::arn::{AccountId, Arn};
use crate::policy::{Document, Effect, Policy, Statement};

/// Account ids without a meaning. Several, because a policy can exclude some by their first digits.
const NOBODYS: [&str; 3] = ["666655554444", "314159265358", "987654321098"];
/// What such an account calls its secret, with the random characters that every secret has.
const NAME: &str = "secret:outsider-Ab1Cd2";
/// At most this many accounts and as many names are tried.
const MOST: usize = 8;
/// Of the accounts that policies name, this many are tried.
const MOST_NAMED: usize = 64;
/// The condition keys that tell whose a request is.
const NAMING_KEYS: [&str; 5] = ["aws:sourceaccount", "aws:sourcearn", "aws:principalaccount", "aws:principalarn", "kms:calleraccount"];

/// Somebody outside: an account and a secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foreigner {
    /// Not an account of the inventory.
    pub(super) account: AccountId,
    /// The ARN of their secret.
    pub(super) secret: Arn,
    /// ARNs of roles of theirs whose names fit a policy that asks for names. Any other role is none of these.
    pub(super) roles: Vec<String>,
}

/// All that outsiders are chosen by, for a secret without policies: its place, and what it hangs on. Most rotations of a function have this in common.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    links: [Option<Arn>; 3],
    /// Of which partition, region and account count.
    secret: Arn,
}

impl Surroundings {
    /// Those of this rotation; nothing where the secret's policies have a part, or may have.
    pub(super) fn of(view: &View<'_>) -> Option<Self> {
        let (rotation, secret) = (view.rotation, &view.rotation.secret.arn);
        let bare = rotation.secret.policies.value().is_some_and(Vec::is_empty);
        let links = [rotation.function_arn, rotation.role_arn.value().copied().flatten(), rotation.key_arn()];
        bare.then(|| Self { links: links.map(Option::<&Arn>::cloned), secret: secret.clone() })
    }

    fn place(&self) -> [&str; 3] {
        [self.secret.partition_name(), self.secret.region(), self.secret.account()]
    }
}

impl PartialEq for Surroundings {
    fn eq(&self, other: &Self) -> bool {
        self.links == other.links && self.place() == other.place()
    }
}

/// The outsiders worth trying against this rotation, those without a meaning first. Never empty for a secret of AWS.
pub(super) fn foreigners(view: &View<'_>) -> Vec<Foreigner> {
    let is_own = insiders(view);
    let mut accounts: Vec<String> = NOBODYS.map(str::to_owned).to_vec();
    let mut names = vec![NAME.to_owned()];
    let mut roles = BTreeSet::new();
    for document in function_policies(view).chain(resource_documents(view)).chain(trust_policy(view)) {
        for_each_condition(document, |key, value| match key {
            "aws:sourceaccount" | "aws:principalaccount" | "kms:calleraccount" => accounts.extend(account_like(value)),
            "aws:sourcearn" => arn_like(value, &mut accounts, &mut names),
            "aws:principalarn" => {
                arn_like(value, &mut accounts, &mut names);
                roles.extend(role_like(value));
            }
            _ => {}
        });
    }
    for statement in role_documents(view).iter().flat_map(|document| allowing(document)) {
        statement.resources().for_each(|resource| arn_like(resource, &mut accounts, &mut names));
    }
    let secret = &view.rotation.secret.arn;
    let mut seen = BTreeSet::new();
    let accounts = accounts.into_iter().filter(|account| !is_own(account) && seen.insert(account.clone()));
    let accounts: Vec<AccountId> = accounts.filter_map(|account| AccountId::parse(&account).ok()).take(MOST).collect();
    let mut seen = BTreeSet::new();
    let names: Vec<String> = names.into_iter().filter(|name| seen.insert(name.clone())).take(MOST).collect();
    let pairs = accounts.iter().flat_map(|account| names.iter().map(move |name| (account, name)));
    pairs
        .filter_map(|(account, name)| {
            let secret = Arn::build(secret.partition(), "secretsmanager", secret.region(), account.as_str(), name).ok()?;
            let role = |resource: &String| format!("arn:{}:iam::{account}:{resource}", secret.partition());
            Some(Foreigner { account: account.clone(), roles: roles.iter().take(MOST).map(role).collect(), secret })
        })
        .collect()
}

/// The outsiders whom the policies around this rotation name and nobody trusts, by account and ARN, and one whom nobody names: what was not read may name them.
pub(super) fn untrusted(view: &View<'_>) -> Vec<Foreigner> {
    let is_inside = insiders(view);
    let secret = &view.rotation.secret.arn;
    let mut named: BTreeMap<AccountId, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    let mut name = |value: &str| {
        let arn = Arn::parse(value).ok();
        let account = AccountId::parse(arn.as_ref().map_or(value, Arn::account)).ok();
        let Some(account) = account.filter(|account| !is_inside(account.as_str())) else { return };
        let (secrets, roles) = named.entry(account).or_default();
        match arn {
            Some(arn) if arn.service() == "secretsmanager" => drop(secrets.insert(arn.resource().to_owned())),
            Some(arn) if arn.resource().starts_with("role/") || arn.resource().starts_with("user/") => drop(roles.insert(value.to_owned())),
            _ => {}
        }
    };
    for document in function_policies(view).chain(resource_documents(view)).chain(trust_policy(view)) {
        for_each_condition(document, |key, value| {
            if NAMING_KEYS.contains(&key) {
                name(value);
            }
        });
        allowing(document).flat_map(Statement::principals).for_each(|principal| name(principal.written()));
    }
    let nobody = AccountId::parse(NOBODYS[0]).ok().map(|account| (account, <_>::default()));
    let everybody = named.into_iter().take(MOST_NAMED).chain(nobody);
    everybody
        .flat_map(|(account, (secrets, roles))| {
            let names: Vec<String> = if secrets.is_empty() { vec![NAME.to_owned()] } else { secrets.into_iter().take(MOST).collect() };
            let roles: Vec<String> = roles.into_iter().take(MOST).collect();
            names.into_iter().filter_map(move |name| {
                let theirs = Arn::build(secret.partition(), "secretsmanager", secret.region(), account.as_str(), &name).ok()?;
                Some(Foreigner { account: account.clone(), secret: theirs, roles: roles.clone() })
            })
        })
        .collect()
}

/// The accounts whose principals and secrets are no strangers: those of the rotation and of the inventory, and those that people trust.
fn insiders<'a>(view: &View<'a>) -> impl Fn(&str) -> bool + use<'a> {
    let own = linked_accounts(view);
    let inventory = view.inventory;
    move |account| {
        own.contains(account)
            || inventory.accounts.contains_key(account)
            || inventory.trusted_accounts.as_ref().is_some_and(|trusted| trusted.contains(account))
    }
}

/// The accounts that the rotation itself lies in. They are not foreign, nor are those of the inventory.
fn linked_accounts<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    let rotation = view.rotation;
    let links = [Some(&rotation.secret.arn), rotation.function_arn, rotation.role_arn.value().copied().flatten(), rotation.key_arn()];
    links.into_iter().flatten().map(Arn::account).collect()
}

fn allowing(document: &Document) -> impl Iterator<Item = Statement<'_>> {
    let statements = document.policy().into_iter().flat_map(Policy::statements);
    statements.filter(|statement| statement.effect() == Effect::Allow)
}

fn for_each_condition(document: &Document, mut with: impl FnMut(&str, &str)) {
    for condition in allowing(document).flat_map(Statement::conditions) {
        let key = condition.key().to_ascii_lowercase();
        condition.values().for_each(|value| with(&key, value));
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?']) && !text.contains("${") && text.len() < 2048
}

/// Twelve digits that the pattern matches.
fn account_like(pattern: &str) -> Option<String> {
    if !is_pattern(pattern) || pattern.len() > 40 {
        return None;
    }
    let fixed = pattern.chars().filter(|c| *c != '*').count();
    let mut fill = Some("0".repeat(12_usize.checked_sub(fixed)?));
    let digits: String = pattern
        .chars()
        .map(|c| match c {
            '*' => fill.take().unwrap_or_default(),
            '?' => "0".to_owned(),
            c => c.to_string(),
        })
        .collect();
    AccountId::parse(&digits).ok().map(|id| id.to_string())
}

/// The account and the secret's name that an ARN pattern matches.
fn arn_like(pattern: &str, accounts: &mut Vec<String>, names: &mut Vec<String>) {
    if !is_pattern(pattern) {
        return;
    }
    if let Some(account) = pattern.split(':').nth(4) {
        accounts.extend(account_like(account));
    }
    if let Some((_, name)) = pattern.split_once(":secret:").filter(|(_, name)| !name.starts_with('*')) {
        let name = match name.strip_suffix('*') {
            Some(beginning) => format!("{beginning}x-Ab1Cd2"),
            None => name.to_owned(),
        };
        names.push(format!("secret:{}", name.replace(['*', '?'], "x")));
    }
}

/// The name of a role that the pattern of an ARN matches.
fn role_like(pattern: &str) -> Option<String> {
    let (_, name) = pattern.split_once(":role/").filter(|(before, _)| is_pattern(before) || is_pattern(pattern))?;
    Some(format!("role/{}", name.replace(['*', '?'], "x")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_pattern_is_filled_to_twelve_digits() {
        assert_eq!(account_like("1*").as_deref(), Some("100000000000"));
        assert_eq!(account_like("12345678901?").as_deref(), Some("123456789010"));
        assert_eq!(account_like("*9").as_deref(), Some("000000000009"));
        assert_eq!(account_like("1*2*3").as_deref(), Some("100000000023"));
        for no in ["111122223333", "*x*", "1234567890123*", "${aws:PrincipalAccount}*", ""] {
            assert_eq!(account_like(no), None, "{no}");
        }
    }

    #[test]
    fn a_role_pattern_becomes_the_name_of_a_role() {
        assert_eq!(role_like("arn:aws:iam::*:role/rotate-*").as_deref(), Some("role/rotate-x"));
        assert_eq!(role_like("arn:*:iam::*:role/rotate").as_deref(), Some("role/rotate"));
        assert_eq!(role_like("arn:aws:iam::111122223333:role/rotate"), None);
        assert_eq!(role_like("arn:aws:iam::*:user/*"), None);
    }

    #[test]
    fn a_name_pattern_becomes_a_name_with_random_characters() {
        let (mut accounts, mut names) = (Vec::new(), Vec::new());
        arn_like("arn:aws:secretsmanager:*:9*:secret:prod/db-??????", &mut accounts, &mut names);
        arn_like("arn:aws:secretsmanager:*:*:secret:prod/*", &mut accounts, &mut names);
        assert_eq!(accounts, ["900000000000", "000000000000"]);
        assert_eq!(names, ["secret:prod/db-xxxxxx", "secret:prod/x-Ab1Cd2"]);
    }
}
