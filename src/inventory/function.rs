//! Rotation functions: configuration, policies, concurrency and URLs; never code, never the value of an environment variable
//! but of those that decide an endpoint or how passwords are made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known::{Gap, Known};
use crate::arn::{AccountId, Arn};
use crate::policy::Document;

/// A Lambda function that some secret names as its rotation function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// ARN without a qualifier.
    pub arn: Arn,
    /// Its configuration; `None` when Lambda says that there is no such function.
    pub configuration: Known<Option<FunctionConfiguration>>,
    /// The configurations of the versions and aliases that secrets name, by qualifier; `None` when there is no such one. A version keeps the configuration
    /// that it was published with (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub qualified: BTreeMap<String, Known<Option<FunctionConfiguration>>>,
    /// Its resource-based policies by qualifier; the unqualified one under the empty string. `None` when there is no policy. `GetPolicy` shows the one document that there is, whether
    /// statements were added one by one or put as a whole (<https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>).
    pub policies: BTreeMap<String, Known<Option<Document>>>,
    /// Reserved concurrency; `None` when none is set, 0 when the function is switched off.
    pub reserved_concurrency: Known<Option<i32>>,
    /// Requested provisioned concurrency of the versions and aliases that secrets name, by qualifier; `None` where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provisioned_concurrency: BTreeMap<String, Known<Option<i32>>>,
    /// Its function URLs.
    pub urls: Known<Vec<FunctionUrl>>,
    /// Tags, by key.
    pub tags: Known<BTreeMap<String, String>>,
}

impl Function {
    /// The configuration with which the ARN with this qualifier runs.
    pub fn configuration_of(&self, qualifier: Option<&str>) -> Known<Option<&FunctionConfiguration>> {
        match qualifier.filter(|qualifier| *qualifier != "$LATEST") {
            None => self.configuration.as_ref().map(Option::as_ref),
            Some(qualifier) => match self.qualified.get(qualifier) {
                Some(configuration) => configuration.as_ref().map(Option::as_ref),
                None => Known::Unreadable(Gap::not_collected("lambda:GetFunctionConfiguration", &format!("{}:{qualifier}", self.arn))),
            },
        }
    }

    /// The policy that decides a call on the ARN with this qualifier. Lambda keeps one policy per qualifier
    /// (<https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>).
    pub fn policy(&self, qualifier: Option<&str>) -> Option<&Known<Option<Document>>> {
        self.policies.get(qualifier.unwrap_or_default())
    }
}

/// What `GetFunctionConfiguration` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionConfiguration {
    /// The execution role; absent only in answers that are not AWS's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Arn>,
    /// Runtime identifier, such as `python3.12`; absent for container images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// Time limit of one invocation, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<i32>,
    /// Why the time limit is not known, where a template or plan writes it as something that nobody knows yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_gap: Option<Gap>,
    /// `Active`, `Pending`, `Inactive`, `Failed`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why it is in that state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_reason_code: Option<String>,
    /// `Successful`, `Failed`, `InProgress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_status: Option<String>,
    /// Why the last update failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_reason_code: Option<String>,
    /// The customer key of its environment variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_key: Option<Arn>,
    /// The values of the variables that decide where the function finds AWS, and no others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoint_variables: BTreeMap<String, String>,
    /// Where it is attached, for a function in a VPC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<VpcAttachment>,
    /// What it is made of and how it is set; absent where nobody asked, as in older snapshots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<FunctionDetails>,
}

impl FunctionConfiguration {
    /// Why nothing is known of its environment variables, if nothing is: those that decide an endpoint are missing then as well.
    pub fn environment_gap(&self) -> Option<&Gap> {
        self.details.as_ref().and_then(|details| details.variables.gap())
    }
}

/// What a function is made of and how it is set
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>). Whatever is absent is not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionDetails {
    /// When its code or its configuration was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<Timestamp>,
    /// `Zip` or `Image`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_type: Option<String>,
    /// Memory, in megabytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<i32>,
    /// `x86_64`, `arm64`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub architectures: BTreeSet<String>,
    /// The ARNs of its layers' versions, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// The ARN of the runtime's version that it runs with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_version: Option<String>,
    /// The ARN of the job that signed its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_job: Option<String>,
    /// The ARN of the queue or topic that gets events whose asynchronous invocation failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_target: Option<String>,
    /// The log group, where it is not the one that is named after the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_group: Option<String>,
    /// `Text` or `JSON`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_format: Option<String>,
    /// From which level on its code logs, for logs in JSON: `TRACE`, `DEBUG`, `INFO`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_level: Option<String>,
    /// Its environment variables; unreadable where Lambda could not decrypt them for whoever asked.
    #[serde(default)]
    pub variables: Known<Variables>,
}

/// Environment variables: what they are called, and of a few what they say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variables {
    /// The names of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub names: BTreeSet<String>,
    /// The values of those that tell AWS's templates how to make passwords.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub password_settings: BTreeMap<String, String>,
}

/// The VPC side of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VpcAttachment {
    /// VPC id, as Lambda tells it.
    pub vpc_id: String,
    /// Subnet ids.
    pub subnet_ids: Vec<String>,
    /// Security group ids.
    pub security_group_ids: Vec<String>,
    /// Whether it may use IPv6 in subnets that have both.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6_allowed: bool,
}

/// The ARN of the function that a text names, as `--function-name` of AWS's own tools takes it
/// (<https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>): an ARN, `ACCOUNT:function:NAME`, or the name of one in the account and region of `beside`;
/// each with `:VERSION` or `:ALIAS`. `None` for what names none.
pub fn function_named(text: &str, beside: &Arn) -> Option<Arn> {
    let words: Vec<&str> = text.split(':').collect();
    let (prefix, name) = match words[..] {
        ["arn", _, "lambda", region, account, "function", ref name @ ..] if !region.is_empty() && is_account(account) => (None, name),
        [account, "function", ref name @ ..] if is_account(account) => (Some(account), name),
        ["function", ref name @ ..] | ref name => (Some(beside.account()), name),
    };
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_$".contains(letter));
    if !matches!(name.len(), 1 | 2) || !name.iter().all(|word| is_word(word)) {
        return None;
    }
    let full =
        prefix.map(|account| format!("arn:{}:lambda:{}:{account}:function:{}", beside.partition_name(), beside.region(), name.join(":")));
    Arn::parse(full.as_deref().unwrap_or(text)).ok()
}

fn is_account(text: &str) -> bool {
    AccountId::parse(text).is_ok()
}

/// A function URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionUrl {
    /// The alias it belongs to; absent for the function itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// `NONE` (anybody) or `AWS_IAM`.
    pub auth_type: String,
}

/// The environment variables whose values are kept, because they decide where a function finds AWS.
pub const ENDPOINT_VARIABLES: [&str; 8] = [
    "SECRETS_MANAGER_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/// The environment variables that tell AWS's rotation templates how to make passwords; none is a secret
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>).
pub const PASSWORD_VARIABLES: [&str; 7] = [
    "EXCLUDE_CHARACTERS",
    "EXCLUDE_LOWERCASE",
    "EXCLUDE_NUMBERS",
    "EXCLUDE_PUNCTUATION",
    "EXCLUDE_UPPERCASE",
    "PASSWORD_LENGTH",
    "REQUIRE_EACH_INCLUDED_TYPE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_an_arn_or_beside_a_secret() {
        let secret = Arn::parse("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:prod/db-AbCdEf").unwrap();
        let named = |text: &str| function_named(text, &secret).map(|arn| arn.to_string());
        let here = "arn:aws-cn:lambda:cn-north-1:111122223333:function";
        assert_eq!(named("rotate-db"), Some(format!("{here}:rotate-db")));
        assert_eq!(named("rotate-db:live"), Some(format!("{here}:rotate-db:live")));
        assert_eq!(named("function:rotate-db"), Some(format!("{here}:rotate-db")));
        assert_eq!(named("444455556666:function:f:7"), Some("arn:aws-cn:lambda:cn-north-1:444455556666:function:f:7".to_owned()));
        let elsewhere = "arn:aws:lambda:eu-west-1:444455556666:function:f:$LATEST";
        assert_eq!(named(elsewhere).as_deref(), Some(elsewhere));
        for nonsense in [
            "",
            "a b",
            "rotate:",
            "a:b:c",
            "arn:aws:lambda:eu-west-1:1:function:f",
            "arn:aws:s3:::f",
            "arn:aws:lambda::444455556666:function:f",
            "f*",
        ] {
            assert_eq!(named(nonsense), None, "{nonsense}");
        }
    }
}
