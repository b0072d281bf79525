//! `[[waivers]]`: exceptions that somebody has signed.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::arn::AccountId;
use crate::finding::Waiver;

/// What is told of a waiver.
pub(super) const KEYS: [&str; 8] = ["rule", "account", "region", "resource", "tags", "reason", "owner", "expires"];

/// One entry under `waivers`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaiverEntry {
    /// The rule's id, or a glob.
    rule: String,
    account: Option<String>,
    region: Option<String>,
    /// An ARN, a name, or a glob of either.
    resource: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    reason: String,
    owner: String,
    /// The last day.
    expires: String,
}

impl WaiverEntry {
    /// How the entry is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.rule
    }

    /// The waiver, or what is wrong with the entry.
    pub(super) fn read(&self) -> Result<Waiver, String> {
        let expires: Date =
            self.expires.parse().map_err(|_| format!("`expires` is {:?}, and has to be a day such as \"2027-01-31\"", self.expires))?;
        for (key, text) in [("rule", &self.rule), ("reason", &self.reason), ("owner", &self.owner)] {
            if text.trim().is_empty() {
                return Err(format!("`{key}` is empty"));
            }
        }
        if let Some(account) = self.account.as_deref().filter(|account| !account.contains(['*', '?']) && AccountId::parse(account).is_err())
        {
            return Err(format!("`account` is {account:?}, and has to be an account id of 12 digits, or a glob"));
        }
        Ok(Waiver {
            rule: self.rule.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            resource: self.resource.clone(),
            tags: self.tags.clone(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires,
        })
    }
}
