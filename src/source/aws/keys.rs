//! KMS keys: which key a secret's name for it means, and each key's state, policies and grants.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_kms::types::{GrantListEntry, KeyManagerType};

use super::accounts::{Accounts, lane};
use super::ask::{ask_optional, gap, pages, whole_or_none};
use super::lanes::in_lanes;
use super::session::{Regional, Session};
use super::values::{arn, text, time};
use crate::arn::{AccountId, Arn};
use crate::inventory::{Api, Grant, Key, KeyMetadata, Known, NamedDocument};
use crate::policy::Document;

/// The keys, and what every name of a key means.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) keys: BTreeMap<Arn, Key>,
    meanings: BTreeMap<Arn, Known<Arn>>,
}

impl Keys {
    /// The key that an alias means, if that was asked; an alias that is not there means itself.
    pub(super) fn meaning(&self, alias: &Arn) -> Option<&Known<Arn>> {
        self.meanings.get(alias)
    }

    /// The key that a secret means by `kms_key_id`; `None` is `aws/secretsmanager`.
    pub(super) fn meant(&self, kms_key_id: Option<&str>, secret: &Arn) -> Known<Option<Arn>> {
        let Some(id) = kms_key_id else { return Known::Value(None) };
        let Some(name) = full_name(id, secret) else {
            return Known::Unreadable(gap(Api::DescribeKey, id, "this does not name a key"));
        };
        match self.meanings.get(&name) {
            Some(meaning) => meaning.clone().map(Some),
            None => Known::Value(Some(name)),
        }
    }
}

/// Beside `known`, the keys of these ARNs that are not among them.
pub(super) async fn further_keys<'a>(
    accounts: &Accounts,
    mut known: Keys,
    named: impl Iterator<Item = (Arn, &'a AccountId)>,
    tick: impl Fn(usize, usize),
) -> Keys {
    let named: Vec<_> = named.filter(|(arn, _)| !known.keys.contains_key(arn)).collect();
    known.keys.extend(keys(accounts, named.into_iter(), tick).await.keys);
    known
}

/// The ARN of a key or alias that a secret names by ARN, alias or key id. A bare name is one of the secret's account and region
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>).
pub(super) fn full_name(id: &str, secret: &Arn) -> Option<Arn> {
    if id.starts_with("arn:") {
        return Arn::parse(id).ok();
    }
    let partition = secret.as_str().split(':').nth(1).unwrap_or_default();
    let resource = if id.starts_with("alias/") { id.to_owned() } else { format!("key/{id}") };
    Arn::parse(&format!("arn:{partition}:kms:{}:{}:{resource}", secret.region(), secret.account())).ok()
}

/// What `DescribeKey` tells of a name: the key that it means, and its state. `None` when there is no such key.
type Described = Known<Option<(Arn, KeyMetadata)>>;

/// The keys of these names (of `full_name`), each with an account that names it. Aliases come first, so that a key that has both an alias and secrets that name it
/// directly is described once.
pub(super) async fn keys<'a>(accounts: &Accounts, names: impl Iterator<Item = (Arn, &'a AccountId)>, tick: impl Fn(usize, usize)) -> Keys {
    let mut named_by: BTreeMap<Arn, &AccountId> = BTreeMap::new();
    for (name, account) in names {
        named_by.entry(name).or_insert(account);
    }
    let (aliases, mut direct): (BTreeMap<_, _>, BTreeMap<_, _>) =
        named_by.into_iter().partition(|(name, _)| name.resource().starts_with("alias/"));
    let mut found = Keys::default();
    let mut metadata: BTreeMap<Arn, Known<Option<KeyMetadata>>> = BTreeMap::new();
    let resolve = |_: &str, (session, alias): (Arc<Session>, Arn)| async move {
        (describe(session.region(alias.region()).as_deref(), &alias).await, alias)
    };
    let mut resolved = in_lanes(by_lane(accounts, &aliases), |_, _| {}, resolve).await;
    resolved.sort_by(|(_, one), (_, other)| one.cmp(other));
    for (described, alias) in resolved {
        let meaning = match described {
            Known::Value(Some((arn, told))) => {
                metadata.insert(arn.clone(), Known::Value(Some(told)));
                Known::Value(arn)
            }
            // There is no such alias: the name itself stands for the key that is not there.
            Known::Value(None) => {
                metadata.insert(alias.clone(), Known::Value(None));
                Known::Value(alias.clone())
            }
            Known::Unreadable(gap) => Known::Unreadable(gap),
        };
        if let (Known::Value(key), Some(account)) = (&meaning, aliases.get(&alias)) {
            direct.entry(key.clone()).or_insert(account);
        }
        found.meanings.insert(alias, meaning);
    }
    let read = |_: &str, (session, arn): (Arc<Session>, Arn)| {
        let known = metadata.get(&arn).cloned();
        async move { Box::pin(key(session.region(arn.region()).as_deref(), arn, known)).await }
    };
    found.keys = in_lanes(by_lane(accounts, &direct), tick, read).await.into_iter().map(|key| (key.arn.clone(), key)).collect();
    found
}

fn by_lane(accounts: &Accounts, names: &BTreeMap<Arn, &AccountId>) -> BTreeMap<String, Vec<(Arc<Session>, Arn)>> {
    let mut lanes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (name, named_by) in names {
        if let Some(session) = accounts.who_asks(name, Some(named_by)) {
            lanes.entry(lane(session, name.region())).or_default().push((Arc::clone(session), name.clone()));
        }
    }
    lanes
}

async fn describe(regional: Option<&Regional>, name: &Arn) -> Described {
    let Some(regional) = regional else {
        return Known::Unreadable(gap(Api::DescribeKey, name.as_str(), "its ARN names no AWS region"));
    };
    let call = regional.kms.describe_key().key_id(name.as_str()).send();
    let take = |answer: aws_sdk_kms::operation::describe_key::DescribeKeyOutput| {
        let it = answer.key_metadata?;
        let metadata = KeyMetadata {
            state: it.key_state?.as_str().to_owned(),
            aws_managed: it.key_manager == Some(KeyManagerType::Aws),
            spec: it.key_spec.map(|spec| spec.as_str().to_owned()),
            usage: it.key_usage.map(|usage| usage.as_str().to_owned()),
            valid_to: time(it.valid_to),
            deletion_at: time(it.deletion_date),
        };
        Some((arn(it.arn)?, metadata))
    };
    ask_optional(Api::DescribeKey, name.as_str(), call, take).await
}

/// A key whose state may be known already.
async fn key(regional: Option<&Regional>, arn: Arn, metadata: Option<Known<Option<KeyMetadata>>>) -> Key {
    let metadata = match metadata {
        Some(metadata) => metadata,
        None => describe(regional, &arn).await.map(|described| described.map(|(_, metadata)| metadata)),
    };
    match (regional, &metadata) {
        (_, Known::Value(None)) => Key { arn, metadata, policies: Known::default(), grants: Known::default() },
        (Some(regional), _) => {
            let (policies, grants) = tokio::join!(policies(regional, &arn), grants(regional, &arn));
            Key { arn, metadata, policies, grants }
        }
        (None, _) => {
            let missing = metadata.gap().cloned().unwrap_or_else(|| gap(Api::DescribeKey, arn.as_str(), "its ARN names no AWS region"));
            Key { arn, metadata, policies: Known::Unreadable(missing.clone()), grants: Known::Unreadable(missing) }
        }
    }
}

/// Both key policies, or none: a policy that was not read may allow what the other does not. A key has these two and no others, and RAM's only where the key is
/// shared through it (<https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>), so nobody needs to be asked for their names first.
async fn policies(regional: &Regional, key: &Arn) -> Known<Vec<NamedDocument>> {
    let named = async |name: &str| {
        let call = regional.kms.get_key_policy().key_id(key.as_str()).policy_name(name).send();
        let document = ask_optional(Api::GetKeyPolicy, key.as_str(), call, |answer| answer.policy.map(Document::new)).await;
        document.map(|document| document.map(|document| NamedDocument::new(name, document)))
    };
    let (default, ram) = tokio::join!(named("default"), named("AWS_RAM"));
    default.and_then(|default| ram.map(|ram| default.into_iter().chain(ram).collect()))
}

async fn grants(regional: &Regional, key: &Arn) -> Known<Vec<Grant>> {
    let (kms, id) = (&regional.kms, key.as_str());
    let grants = pages(
        Api::ListGrants,
        id,
        |marker| kms.list_grants().key_id(id).limit(1000).set_marker(marker).send(),
        |answer| (answer.grants, answer.next_marker.filter(|_| answer.truncated)),
    );
    whole_or_none(grants.await).map(|grants| grants.into_iter().map(grant).collect())
}

fn grant(it: GrantListEntry) -> Grant {
    let (subset, equals, source_arn) = match it.constraints {
        Some(constraints) => (constraints.encryption_context_subset, constraints.encryption_context_equals, constraints.source_arn),
        None => (None, None, None),
    };
    Grant {
        id: it.grant_id.unwrap_or_default(),
        name: text(it.name),
        grantee: it.grantee_principal,
        grantee_service: it.grantee_service_principal,
        issuing_account: it.issuing_account,
        operations: it.operations.into_iter().flatten().map(|operation| operation.as_str().to_owned()).collect(),
        encryption_context_subset: subset.map(|pairs| pairs.into_iter().collect()),
        encryption_context_equals: equals.map(|pairs| pairs.into_iter().collect()),
        source_arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_means_a_key_beside_the_secret() {
        let secret = Arn::parse("arn:aws-iso-b:secretsmanager:us-isob-east-1:111122223333:secret:db-AbCdEf").unwrap();
        let of = |id: &str| full_name(id, &secret).unwrap().to_string();
        assert_eq!(of("1234"), "arn:aws-iso-b:kms:us-isob-east-1:111122223333:key/1234");
        assert_eq!(of("alias/app"), "arn:aws-iso-b:kms:us-isob-east-1:111122223333:alias/app");
        assert_eq!(of("arn:aws:kms:eu-west-1:444455556666:key/5"), "arn:aws:kms:eu-west-1:444455556666:key/5");
        assert_eq!(full_name("arn:nonsense", &secret), None);
    }
}
