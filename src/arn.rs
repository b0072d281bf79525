//! Amazon Resource Names, account ids and partitions. Every room may use these.
//!
//! Format: `arn:partition:service:region:account:resource`
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>).

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not an ARN: {problem}")]
pub struct ArnError {
    text: String,
    problem: &'static str,
}

/// An ARN with its six components known to be there. The text is kept as AWS wrote it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Arn {
    text: Arc<str>,
    // INVARIANT: where partition, service, region and account end. These are looked at more often than anything else.
    ends: [u32; 4],
}

impl Arn {
    /// Parses `text`; at least six colon-separated components, the first of them `arn`.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        Self::of(text.into())
    }

    fn of(text: Arc<str>) -> Result<Self, ArnError> {
        let error = |problem| ArnError { text: text.chars().take(200).collect(), problem };
        let Some(rest) = text.strip_prefix("arn:") else { return Err(error("it does not begin with \"arn:\"")) };
        let mut ends = [0; 4];
        let mut from = text.len() - rest.len();
        for (end, missing) in ends.iter_mut().zip([Some("it has no partition"), Some("it has no service"), None, None]) {
            let length = text[from..].find(':').ok_or_else(|| error("it has fewer than six components"))?;
            if let Some(missing) = missing.filter(|_| length == 0) {
                return Err(error(missing));
            }
            *end = u32::try_from(from + length).map_err(|_| error("its components are too long"))?;
            from += length + 1;
        }
        if from == text.len() {
            return Err(error("it has fewer than six components"));
        }
        if text.bytes().any(|byte| byte.is_ascii_control()) || !text.is_ascii() && text.chars().any(char::is_control) {
            return Err(error("it holds a control character"));
        }
        Ok(Self { text, ends })
    }

    /// The ARN made of these components. Meant for components that AWS itself gave.
    pub fn build(partition: Partition, service: &str, region: &str, account: &str, resource: &str) -> Result<Self, ArnError> {
        Self::parse(&format!("arn:{partition}:{service}:{region}:{account}:{resource}"))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The shared text, for those who keep it.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// What stands between two of the ends; from 0, the partition.
    fn component(&self, index: usize) -> &str {
        let start = if index == 0 { "arn:".len() } else { self.ends[index - 1] as usize + 1 };
        &self.text[start..self.ends[index] as usize]
    }

    /// The partition, by its name in the ARN.
    pub fn partition(&self) -> Partition {
        Partition::named(self.component(0))
    }

    /// The partition as written.
    pub fn partition_name(&self) -> &str {
        self.component(0)
    }

    /// The service prefix: `secretsmanager`, `kms`, …
    pub fn service(&self) -> &str {
        self.component(1)
    }

    /// The region; empty for global services such as IAM.
    pub fn region(&self) -> &str {
        self.component(2)
    }

    /// The account id as written; empty in ARNs that carry none.
    pub fn account(&self) -> &str {
        self.component(3)
    }

    /// All after the fifth colon: `secret:prod/db-AbCdEf`, `role/path/Name`, `function:f:live`.
    pub fn resource(&self) -> &str {
        &self.text[self.ends[3] as usize + 1..]
    }

    /// The name that people use: a secret without `secret:` and the random suffix, a function with its qualifier, the last
    /// path element of a role, user or policy, a key's id.
    pub fn name(&self) -> &str {
        let resource = self.resource();
        match self.service() {
            "secretsmanager" => secret_name(resource.strip_prefix("secret:").unwrap_or(resource)),
            "lambda" => resource.strip_prefix("function:").unwrap_or(resource),
            _ => resource.rsplit('/').next().unwrap_or(resource),
        }
    }

    /// The name of the role of which this is a session: `Name` of `arn:…:sts::ACCOUNT:assumed-role/Name/SESSION`, which does not tell the role's path.
    pub fn session_role(&self) -> Option<&str> {
        let resource = self.resource().strip_prefix("assumed-role/").filter(|_| self.service() == "sts")?;
        resource.split('/').next().filter(|name| !name.is_empty())
    }

    /// The unqualified ARN of a Lambda function and its qualifier (version or alias), if the ARN has one.
    pub fn split_qualifier(&self) -> (Arn, Option<&str>) {
        let mut parts = self.resource().splitn(3, ':');
        match (self.service(), parts.next(), parts.next(), parts.next()) {
            ("lambda", Some("function"), Some(_), Some(qualifier)) => {
                let end = self.text.len() - qualifier.len() - 1;
                (Self { text: self.text[..end].into(), ends: self.ends }, Some(qualifier))
            }
            _ => (self.clone(), None),
        }
    }
}

/// A secret's name: its ARN resource without the hyphen and the six random characters that Secrets Manager appends.
fn secret_name(resource: &str) -> &str {
    // Of a secret that a template will make, the six characters are a symbol yet (`policy::Text`).
    if let Some((name, symbol)) = resource.rsplit_once("-⟦")
        && symbol.ends_with("#6⟧")
    {
        return name;
    }
    match resource.rsplit_once('-') {
        Some((name, suffix)) if suffix.len() == 6 && suffix.bytes().all(|b| b.is_ascii_alphanumeric()) => name,
        _ => resource,
    }
}

// An ARN is its text, so that a map by ARN can be asked by text.
impl PartialEq for Arn {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.text, &other.text) || self.text == other.text
    }
}

impl Eq for Arn {}

impl PartialOrd for Arn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Arn {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.text, &other.text) { Ordering::Equal } else { self.text.cmp(&other.text) }
    }
}

impl Hash for Arn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arn({})", self.text)
    }
}

impl FromStr for Arn {
    type Err = ArnError;
    fn from_str(text: &str) -> Result<Self, ArnError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Arn {
    type Error = ArnError;
    fn try_from(text: String) -> Result<Self, ArnError> {
        Self::of(text.into())
    }
}

impl From<Arn> for String {
    fn from(arn: Arn) -> Self {
        arn.text.as_ref().to_owned()
    }
}

impl Borrow<str> for Arn {
    fn borrow(&self) -> &str {
        &self.text
    }
}

/// A text is not an account id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not an AWS account id: it must be twelve digits")]
pub struct AccountIdError(String);

/// The twelve digits of an AWS account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// Parses twelve ASCII digits.
    pub fn parse(text: &str) -> Result<Self, AccountIdError> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into()))
        } else {
            Err(AccountIdError(text.chars().take(40).collect()))
        }
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for AccountId {
    type Error = AccountIdError;
    fn try_from(text: String) -> Result<Self, AccountIdError> {
        Self::parse(&text)
    }
}

impl Borrow<str> for AccountId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0.as_ref().to_owned()
    }
}

/// A partition: a group of regions with ARNs, endpoints and identities of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// `aws`, the commercial regions.
    Aws,
    /// `aws-cn`, the regions in China.
    China,
    /// `aws-us-gov`, GovCloud.
    GovCloud,
    /// Any other (isolated regions, the European Sovereign Cloud): what depends on its host names is not verified and so undecided.
    Other,
}

impl Partition {
    /// The partition of that name.
    pub fn named(name: &str) -> Self {
        match name {
            "aws" => Self::Aws,
            "aws-cn" => Self::China,
            "aws-us-gov" => Self::GovCloud,
            _ => Self::Other,
        }
    }

    /// Its name in ARNs; of the others, one of their names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
            Self::Other => "aws-iso",
        }
    }

    /// The partition that a region belongs to, by the region's prefix.
    pub fn of_region(region: &str) -> Self {
        match region {
            r if r.starts_with("cn-") => Self::China,
            r if r.starts_with("us-gov-") => Self::GovCloud,
            r if ["us-iso", "eu-iso", "eusc-"].iter().any(|prefix| r.starts_with(prefix)) => Self::Other,
            _ => Self::Aws,
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> Arn {
        Arn::parse(text).unwrap()
    }

    #[test]
    fn a_secret_is_named_without_its_random_suffix() {
        assert_eq!(arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf").name(), "prod/db");
        assert_eq!(arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db").name(), "prod/db");
    }

    #[test]
    fn a_qualified_function_is_split_from_its_qualifier() {
        let qualified = arn("arn:aws:lambda:eu-west-1:111122223333:function:rotate:live");
        let (function, qualifier) = qualified.split_qualifier();
        assert_eq!(function.as_str(), "arn:aws:lambda:eu-west-1:111122223333:function:rotate");
        assert_eq!(qualifier, Some("live"));
        assert_eq!(function.split_qualifier().1, None);
    }

    #[test]
    fn a_role_is_named_by_its_last_path_element() {
        assert_eq!(arn("arn:aws:iam::111122223333:role/team/payments/Rotate").name(), "Rotate");
    }

    #[test]
    fn the_arn_of_a_session_names_its_role_without_the_path() {
        assert_eq!(arn("arn:aws:sts::111122223333:assumed-role/deploy/alice").session_role(), Some("deploy"));
        for other in
            ["arn:aws:iam::111122223333:role/assumed-role/x", "arn:aws:sts::111122223333:federated-user/x", "arn:aws:sts::1:assumed-role/"]
        {
            assert_eq!(arn(other).session_role(), None, "{other}");
        }
    }

    #[test]
    fn an_arn_has_the_components_that_stand_between_its_first_five_colons() {
        let all = |arn: &Arn| [arn.partition_name(), arn.service(), arn.region(), arn.account(), arn.resource()].map(str::to_owned);
        assert_eq!(all(&arn("arn:aws:kms:eu-west-1:1:key/2:3")), ["aws", "kms", "eu-west-1", "1", "key/2:3"]);
        assert_eq!(all(&arn("arn:aws-cn:s3:::é")), ["aws-cn", "s3", "", "", "é"]);
        let qualified = arn("arn:aws:lambda:eu-west-1:1:function:f:live");
        assert_eq!(all(&qualified.split_qualifier().0), ["aws", "lambda", "eu-west-1", "1", "function:f"]);
    }

    #[test]
    fn what_is_no_arn_says_why() {
        for text in [
            "",
            "arn",
            "arn:",
            "arn:aws",
            "arn::iam::1:role/x",
            "arn:aws:iam::111122223333",
            "arn:aws:iam::1:",
            "nra:aws:iam::1:role/x",
            "arn:aws:iam::1:role/\u{1b}[31m",
        ] {
            let error = Arn::parse(text).unwrap_err();
            assert!(error.to_string().contains("is not an ARN"), "{error}");
        }
        assert!(AccountId::parse("12345").is_err());
    }
}
