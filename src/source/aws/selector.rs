//! How users select accounts of an organization. `options` holds selectors, `organization` applies them.

use std::fmt;
use std::str::FromStr;

use crate::arn::AccountId;

/// What selects accounts of an organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// Every account in the unit (or root) of this id, name or path of names, or in a unit below it.
    Unit(String),
    /// One account.
    Account(AccountId),
    /// Every account with this tag.
    Tag {
        /// Key.
        key: String,
        /// Value.
        value: String,
    },
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "ou:{unit}"),
            Self::Account(account) => write!(f, "{account}"),
            Self::Tag { key, value } => write!(f, "tag:{key}={value}"),
        }
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tag = text.strip_prefix("tag:").map(|tag| tag.split_once('='));
        match (text.strip_prefix("ou:"), tag, AccountId::parse(text)) {
            (Some(unit), ..) if !unit.is_empty() => Ok(Self::Unit(unit.trim_matches('/').to_owned())),
            (_, Some(Some((key, value))), _) if !key.is_empty() => Ok(Self::Tag { key: key.to_owned(), value: value.to_owned() }),
            (.., Ok(account)) => Ok(Self::Account(account)),
            _ => Err(format!(
                "{text:?} selects no accounts: give ou:NAME (or ou:ou-ab12-34567890, ou:Parent/Child), an account's twelve digits, or tag:KEY=VALUE"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_what_people_write() {
        let of = |text: &str| text.parse::<Selector>();
        assert_eq!(of("ou:Workloads/Prod"), Ok(Selector::Unit("Workloads/Prod".to_owned())));
        assert_eq!(of("ou:ou-ab12-34567890"), Ok(Selector::Unit("ou-ab12-34567890".to_owned())));
        assert_eq!(of("111122223333"), Ok(Selector::Account(AccountId::parse("111122223333").unwrap())));
        assert_eq!(of("tag:stage=prod=1"), Ok(Selector::Tag { key: "stage".to_owned(), value: "prod=1".to_owned() }));
        for text in ["", "ou:", "tag:", "tag:stage", "tag:=x", "1111", "Prod"] {
            assert!(of(text).unwrap_err().contains("tag:KEY=VALUE"), "{text}");
        }
    }
}
