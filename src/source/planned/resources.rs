//! What a plan says of existing secrets, keys and functions with resources of their own. `terraform` makes these, `planned` lays them over what exists.

use serde_json::{Value as Json, json};

use super::statements::without;
use crate::arn::Arn;
use crate::inventory::{Function, FunctionUrl, Gap, Grant, Inventory, Key, Known, NamedDocument};
use crate::policy::Document;
use crate::source::overlay::with_statement;

/// A thing that a plan names, or all of its kind in a place (`111122223333/eu-west-1`) where nobody knows which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    One(Arn),
    Any(String),
}

impl Named {
    fn may_be(&self, arn: &Arn) -> bool {
        match self {
            Self::One(own) => own == arn,
            Self::Any(place) => *place == format!("{}/{}", arn.account(), arn.region()),
        }
    }
}

/// One thing that a plan says of a secret, a key or a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ResourceFact {
    /// Some secret of this place gets a policy.
    AnySecretPolicy { place: String, gap: Gap },
    /// The policy of a key (`aws_kms_key_policy`). Taken away, it is the one that KMS gives.
    KeyPolicy { key: Named, policy: Known<Document> },
    /// A grant on a key (`aws_kms_grant`).
    KeyGrant { key: Named, grant: Known<Grant> },
    /// An alias of a function (`aws_lambda_alias`).
    Alias { function: Arn, name: String },
    /// A URL of a function, with the statement that the provider adds for it (`aws_lambda_function_url`).
    Url { function: Named, url: FunctionUrl, statement: Option<Json> },
    /// What some function of a place is opened for (`aws_lambda_permission`), as a statement of which nothing is known.
    AnyPermission { place: String, statement: Json },
    /// Control policies change, and nobody follows how.
    ControlPolicies { gap: Gap },
}

impl ResourceFact {
    /// What is there when a plan says so.
    pub(super) fn put_into(&self, result: &mut Inventory) {
        match self {
            Self::AnySecretPolicy { place, gap } => {
                let any = Named::Any(place.clone());
                for secret in result.secrets.values_mut().filter(|secret| any.may_be(&secret.arn)) {
                    secret.policies = Known::Unreadable(gap.clone());
                }
            }
            Self::KeyPolicy { key, policy } => keys(result, key, |it| match policy {
                Known::Value(policy) => set_policy(it, policy.clone()),
                Known::Unreadable(gap) => it.policies = Known::Unreadable(gap.clone()),
            }),
            Self::KeyGrant { key, grant } => keys(result, key, |it| match (grant, &mut it.grants) {
                (Known::Value(grant), Known::Value(grants)) => {
                    grants.retain(|other| other.id != grant.id);
                    grants.push(grant.clone());
                }
                (Known::Unreadable(gap), grants) => *grants = Known::Unreadable(gap.clone()),
                (Known::Value(_), Known::Unreadable(_)) => {}
            }),
            Self::Alias { function, name } => {
                if let Some(function) = result.functions.get_mut(function) {
                    let configuration = function.configuration.clone();
                    function.qualified.entry(name.clone()).or_insert(configuration);
                    function.policies.entry(name.clone()).or_insert(Known::Value(None));
                }
            }
            Self::Url { function, url, statement } => functions(result, function, |it| {
                if let Known::Value(urls) = &mut it.urls {
                    urls.retain(|other| other.qualifier != url.qualifier);
                    urls.push(url.clone());
                }
                if let Some(statement) = statement {
                    allow(it, url.qualifier.as_deref().unwrap_or_default(), statement);
                }
            }),
            Self::AnyPermission { place, statement } => {
                functions(result, &Named::Any(place.clone()), |it| allow(it, "", statement));
            }
            Self::ControlPolicies { gap } => {
                for policies in result.accounts.values_mut().filter_map(|account| account.control_policies.as_mut()) {
                    policies.service = Known::Unreadable(gap.clone());
                    policies.resource = Known::Unreadable(gap.clone());
                }
            }
        }
    }

    /// What is left when a plan takes it away.
    pub(super) fn take_back(&self, result: &mut Inventory) {
        match self {
            Self::KeyPolicy { key, .. } => keys(result, key, |it| {
                let root = format!("arn:{}:iam::{}:root", it.arn.partition_name(), it.arn.account());
                // <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
                let statement = json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"});
                set_policy(it, with_statement(None, &statement));
            }),
            Self::KeyGrant { key, grant } => keys(result, key, |it| {
                if let (Known::Value(grant), Known::Value(grants)) = (grant, &mut it.grants) {
                    grants.retain(|other| other.id != grant.id);
                }
            }),
            Self::Alias { function, name } => {
                if let Some(function) = result.functions.get_mut(function) {
                    function.qualified.remove(name);
                    function.policies.remove(name);
                }
            }
            Self::Url { function, url, statement } => functions(result, function, |it| {
                if let Known::Value(urls) = &mut it.urls {
                    urls.retain(|other| other.qualifier != url.qualifier);
                }
                let policy = it.policies.get_mut(url.qualifier.as_deref().unwrap_or_default());
                if let (Some(statement), Some(Known::Value(Some(document)))) = (statement, policy) {
                    *document = without(document, std::slice::from_ref(statement));
                }
            }),
            Self::AnySecretPolicy { .. } | Self::AnyPermission { .. } | Self::ControlPolicies { .. } => {}
        }
    }
}

fn keys(result: &mut Inventory, named: &Named, change: impl FnMut(&mut Key)) {
    result.keys.values_mut().filter(|key| named.may_be(&key.arn)).for_each(change);
}

fn functions(result: &mut Inventory, named: &Named, change: impl FnMut(&mut Function)) {
    result.functions.values_mut().filter(|function| named.may_be(&function.arn)).for_each(change);
}

/// Gives a key the policy that people write. The one of Resource Access Manager is another.
fn set_policy(key: &mut Key, policy: Document) {
    let policy = NamedDocument::new("default", policy);
    match &mut key.policies {
        Known::Value(policies) => {
            policies.retain(|other| other.name != policy.name);
            policies.push(policy);
        }
        unread @ Known::Unreadable(_) => *unread = Known::Value(vec![policy]),
    }
}

fn allow(function: &mut Function, qualifier: &str, statement: &Json) {
    if let Known::Value(document) = function.policies.entry(qualifier.to_owned()).or_insert(Known::Value(None)) {
        *document = Some(with_statement(document.as_ref(), statement));
    }
}
