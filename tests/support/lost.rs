//! What the loss of one call makes of an inventory: exactly its facts are unreadable.

use rotaudit::inventory::{Api, Gap, Inventory, Known};

use super::sample::ACCOUNT;

/// The inventory without what `api` tells, which answered `error`.
pub(crate) fn lose(inventory: &mut Inventory, api: Api, error: &str) {
    let gap = |resource: &str| Gap::new(api.spec().name, resource, error);
    let accounts = &mut inventory.accounts;
    match api {
        Api::GetCallerIdentity => {}
        Api::GetAccountAuthorizationDetails => {
            for account in accounts.values_mut() {
                account.identities = Known::Unreadable(gap(ACCOUNT));
            }
        }
        Api::ListSecrets => {
            for (region, read) in accounts.values_mut().flat_map(|account| &mut account.regions) {
                *read = Known::Unreadable(gap(&format!("{ACCOUNT}/{region}")));
            }
            inventory.secrets.clear();
            inventory.functions.clear();
            inventory.keys.clear();
        }
        Api::ListSecretVersionIds => {
            for secret in inventory.secrets.values_mut() {
                secret.versions = Known::Unreadable(gap(secret.arn.as_str()));
            }
        }
        Api::GetSecretPolicy => {
            for secret in inventory.secrets.values_mut() {
                secret.policies = Known::Unreadable(gap(secret.arn.as_str()));
            }
        }
        Api::DescribeKey => {
            for secret in inventory.secrets.values_mut() {
                let id = secret.kms_key_id.as_deref().unwrap_or_default();
                if let Some((_, alias)) = id.split_once("alias/") {
                    let alias = format!("arn:aws:kms:{}:{ACCOUNT}:alias/{alias}", secret.arn.region());
                    secret.key = Known::Unreadable(gap(&alias));
                }
            }
            inventory.keys.retain(|arn, _| !arn.as_str().contains("alias"));
            for key in inventory.keys.values_mut() {
                key.metadata = Known::Unreadable(gap(key.arn.as_str()));
            }
        }
        Api::ListKeyPolicies | Api::GetKeyPolicy | Api::ListGrants => {
            for key in inventory.keys.values_mut().filter(|key| key.metadata != Known::Value(None)) {
                let gap = gap(key.arn.as_str());
                match api {
                    Api::ListGrants => key.grants = Known::Unreadable(gap),
                    _ => key.policies = Known::Unreadable(gap),
                }
            }
        }
        _ => lose_of_functions(inventory, api, gap),
    }
}

fn lose_of_functions(inventory: &mut Inventory, api: Api, gap: impl Fn(&str) -> Gap) {
    // Of a function that is not there, nothing but its configuration is asked.
    let asked = |known: &Known<_>| api == Api::GetFunctionConfiguration || *known != Known::Value(None);
    for function in inventory.functions.values_mut().filter(|function| asked(&function.configuration)) {
        let arn = function.arn.to_string();
        match api {
            Api::GetFunctionConfiguration => {
                function.configuration = Known::Unreadable(gap(&arn));
                for (qualifier, configuration) in &mut function.qualified {
                    *configuration = Known::Unreadable(gap(&format!("{arn}:{qualifier}")));
                }
            }
            Api::GetFunctionPolicy => {
                for (qualifier, policy) in &mut function.policies {
                    let resource = if qualifier.is_empty() { arn.clone() } else { format!("{arn}:{qualifier}") };
                    *policy = Known::Unreadable(gap(&resource));
                }
            }
            Api::GetFunctionConcurrency => function.reserved_concurrency = Known::Unreadable(gap(&arn)),
            Api::GetProvisionedConcurrency => {
                for (qualifier, requested) in &mut function.provisioned_concurrency {
                    *requested = Known::Unreadable(gap(&format!("{arn}:{qualifier}")));
                }
            }
            Api::ListFunctionUrlConfigs => function.urls = Known::Unreadable(gap(&arn)),
            Api::ListFunctionTags => function.tags = Known::Unreadable(gap(&arn)),
            other => unreachable!("{other:?} is not about functions"),
        }
    }
}
