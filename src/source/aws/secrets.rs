//! Secrets: the list of a region, and of each secret its versions and its policies; never a value.

use aws_sdk_secretsmanager::types::{SecretListEntry, SecretVersionsListEntry};
use serde_json::json;

use super::ask::{ask, ask_optional, gap, pages, whole};
use super::direct::{Client, Element, Malformed, Request};
use super::keys::full_name;
use super::network::{STACK_TAG, StackSecret};
use super::session::Regional;
use super::values::{arn, text, time};
use crate::arn::{AccountId, Arn};
use crate::inventory::{Api, Gap, Known, NamedDocument, RotationConfiguration, Secret, SecretVersion};
use crate::policy::Document;

/// The policy that people write; the others are Secrets Manager's own.
const DEFAULT: &str = "default";

/// How a version says that it is under `aws/secretsmanager`.
const DEFAULT_KEY: &str = "DefaultEncryptionKey";

/// A secret as its region lists it.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) arn: Arn,
    pub(super) entry: SecretListEntry,
}

impl Listed {
    /// The rotation function, qualified or not.
    pub(super) fn function(&self) -> Option<Arn> {
        arn(self.entry.rotation_lambda_arn.clone())
    }

    /// Whether there is a rotation function that cannot be looked up.
    fn has_unusable_function(&self) -> bool {
        self.function().is_none() && self.entry.rotation_lambda_arn.as_deref().is_some_and(|text| !text.is_empty())
    }

    /// Its name, as the list tells it.
    pub(super) fn name(&self) -> Option<&str> {
        self.entry.name.as_deref()
    }

    /// The secret with its stack, if one made it, and a function of its owner rotates it or is proposed for it: such a stack may say which database it opens.
    pub(super) fn of_stack(&self, proposed: bool) -> Option<StackSecret> {
        if self.entry.owning_service.is_some() || (self.function().is_none() && !proposed) {
            return None;
        }
        let stack = self.entry.tags().iter().find(|tag| tag.key() == Some(STACK_TAG))?.value()?.to_owned();
        let name = self.entry.name.clone().unwrap_or_else(|| self.arn.name().to_owned());
        Some(StackSecret { arn: self.arn.clone(), name, stack })
    }

    /// The key as the secret names it.
    pub(super) fn kms_key_id(&self) -> Option<&str> {
        self.entry.kms_key_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The secret, with what was asked about it.
    pub(super) fn secret(self, asked: Asked, key: Known<Option<Arn>>) -> Secret {
        let rotation = rotation(&self);
        let kms_key_id = self.kms_key_id().map(str::to_owned);
        let Self { arn, entry } = self;
        let stages = entry.secret_versions_to_stages.unwrap_or_default();
        Secret {
            name: entry.name.unwrap_or_else(|| arn.name().to_owned()),
            arn,
            description: text(entry.description),
            tags: entry.tags.into_iter().flatten().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect(),
            kms_key_id,
            key,
            rotation,
            owning_service: text(entry.owning_service),
            primary_region: text(entry.primary_region),
            deleted_at: time(entry.deleted_date),
            created_at: time(entry.created_date),
            external_type: text(entry.r#type),
            stages: stages.into_iter().map(|(version, labels)| (version, labels.into_iter().collect())).collect(),
            versions: asked.versions,
            policies: asked.policies,
            policies_listed: Some(asked.policies_listed),
            target: None,
            master: None,
        }
    }
}

fn rotation(listed: &Listed) -> RotationConfiguration {
    let entry = &listed.entry;
    let rules = entry.rotation_rules.as_ref();
    RotationConfiguration {
        enabled: entry.rotation_enabled.unwrap_or_default(),
        function: listed.function(),
        external_role: arn(entry.external_secret_rotation_role_arn.clone()),
        after_days: rules.and_then(|rules| rules.automatically_after_days),
        schedule: text(rules.and_then(|rules| rules.schedule_expression.clone())),
        window: text(rules.and_then(|rules| rules.duration.clone())),
        last_rotated: time(entry.last_rotated_date),
        next_rotation: time(entry.next_rotation_date),
        ..RotationConfiguration::default()
    }
}

/// The secrets of a region, those that wait for their deletion too. What was listed before a page failed comes with the gap.
pub(super) async fn list(regional: &Regional, account: &AccountId, region: &str) -> (Vec<Listed>, Known<()>) {
    let place = format!("{account}/{region}");
    let ask = |token| regional.secrets.list_secrets().include_planned_deletion(true).max_results(100).set_next_token(token).send();
    let (entries, missing) = pages(Api::ListSecrets, &place, ask, |page| (page.secret_list, page.next_token)).await;
    let all = entries.len();
    let listed: Vec<_> = entries.into_iter().filter_map(|entry| arn(entry.arn.clone()).map(|arn| Listed { arn, entry })).collect();
    let lost = all - listed.len() + listed.iter().filter(|it| it.has_unusable_function()).count();
    let unusable = (lost > 0).then(|| gap(Api::ListSecrets, &place, "the answer holds something else where ARNs belong"));
    let outcome = missing.map(|missing| missing.gap).or(unusable).map_or(Known::Value(()), Known::Unreadable);
    (listed, outcome)
}

/// What is asked about each secret.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) versions: Known<Vec<SecretVersion>>,
    pub(super) policies: Known<Vec<NamedDocument>>,
    /// Whether these are all.
    pub(super) policies_listed: Known<()>,
}

impl Asked {
    /// The keys that versions of `secret` hang on, by ARN: one that the secret had before may still be needed to read what is current.
    pub(super) fn keys_of_versions(&self, secret: &Arn) -> impl Iterator<Item = Arn> {
        let versions = self.versions.value().map(Vec::as_slice).unwrap_or_default();
        let ids = versions.iter().flat_map(|version| &version.key_ids).filter(|id| !id.contains("alias/") && *id != DEFAULT_KEY);
        ids.filter_map(|id| full_name(id, secret))
    }

    /// Nothing could be asked.
    pub(super) fn nothing(missing: &Gap) -> Self {
        Self {
            versions: Known::Unreadable(missing.clone()),
            policies: Known::Unreadable(missing.clone()),
            policies_listed: Known::Unreadable(missing.clone()),
        }
    }
}

/// Asks for the versions and the policies of a secret. Those that do not rotate are asked about too: people ask whether they could.
pub(super) async fn about(regional: &Regional, secret: &Arn) -> Asked {
    let (client, id) = (&regional.secrets, secret.as_str());
    let versions = pages(
        Api::ListSecretVersionIds,
        id,
        |token| client.list_secret_version_ids().secret_id(id).max_results(100).set_next_token(token).send(),
        |answer| (answer.versions, answer.next_token),
    );
    let (versions, (policies, policies_listed)) = tokio::join!(versions, policies(regional, id));
    let versions = whole(versions).map(|versions| versions.into_iter().map(version).collect());
    Asked { versions, policies, policies_listed }
}

/// All policies of a secret, or the gap; and whether they are all. A secret without one, as most are, is asked for nothing but their names.
async fn policies(regional: &Regional, secret: &str) -> (Known<Vec<NamedDocument>>, Known<()>) {
    let (names, listed) = match names_of_policies(&regional.secrets_direct, secret).await {
        Known::Value(names) => (names, Known::Value(())),
        // Whoever may not list them, or lies in a partition that cannot, can still read the one that people write.
        Known::Unreadable(gap) => (vec![DEFAULT.to_owned()], Known::Unreadable(gap)),
    };
    let mut policies = Vec::with_capacity(names.len());
    for name in names {
        match policy(regional, secret, &name).await {
            Known::Value(document) => policies.extend(document.map(|document| NamedDocument { name, document })),
            Known::Unreadable(gap) => return (Known::Unreadable(gap), listed),
        }
    }
    (Known::Value(policies), listed)
}

async fn names_of_policies(client: &Client, secret: &str) -> Known<Vec<String>> {
    let request = Request::json(json!({"SecretId": secret}));
    let page = |token: Option<String>| {
        let request = token.iter().fold(request.clone(), |request, token| request.with("NextToken", token));
        client.call(Api::ListSecretPolicies, request, page_of_names)
    };
    whole(pages(Api::ListSecretPolicies, secret, page, |(names, next)| (Some(names), next)).await)
}

/// The names on a page, and the token of the next
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListResourcePolicies.html>).
fn page_of_names(answer: &Element) -> Result<(Vec<String>, Option<String>), Malformed> {
    const LIST: &str = "ResourcePolicies";
    // A list is empty when it says so, not when it is missing.
    answer.needed(LIST)?;
    let names = answer.items(LIST, "item").map(|policy| policy.owned("PolicyName")).collect::<Result<_, _>>()?;
    Ok((names, answer.text("NextToken").map(str::to_owned)))
}

/// The policy of that name; `None` when there is none. An answer without a policy is known from one that is not AWS's by the secret's ARN in it.
async fn policy(regional: &Regional, secret: &str, name: &str) -> Known<Option<Document>> {
    if name == DEFAULT {
        let call = regional.secrets.get_resource_policy().secret_id(secret).send();
        return ask(Api::GetSecretPolicy, secret, call, |answer| answer.arn.map(|_| answer.resource_policy.map(Document::new))).await;
    }
    let request = Request::json(json!({"SecretId": secret, "PolicyName": name}));
    let call = regional
        .secrets_direct
        .call(Api::GetSecretPolicy, request, |answer| answer.owned("ARN").map(|_| answer.raw("ResourcePolicy").map(str::to_owned)));
    ask_optional(Api::GetSecretPolicy, secret, call, Some).await.map(|found| found.flatten().map(Document::new))
}

fn version(it: SecretVersionsListEntry) -> SecretVersion {
    SecretVersion { id: it.version_id.unwrap_or_default(), created_at: time(it.created_date), key_ids: it.kms_key_ids.unwrap_or_default() }
}
