//! The table of API calls that a live audit makes: the IAM actions they need and the facts they feed. The permissions that
//! `rotaudit permissions` prints, the coverage texts and the collector are all made from it.

use serde::Serialize;

/// An API call of the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// `sts:GetCallerIdentity`
    GetCallerIdentity,
    /// `iam:GetAccountAuthorizationDetails`
    GetAccountAuthorizationDetails,
    /// `secretsmanager:ListSecrets`
    ListSecrets,
    /// `secretsmanager:ListSecretVersionIds`
    ListSecretVersionIds,
    /// `secretsmanager:GetResourcePolicy`
    GetSecretPolicy,
    /// `lambda:GetFunctionConfiguration`
    GetFunctionConfiguration,
    /// `lambda:GetPolicy`
    GetFunctionPolicy,
    /// `lambda:GetFunctionConcurrency`
    GetFunctionConcurrency,
    /// `lambda:GetProvisionedConcurrencyConfig`
    GetProvisionedConcurrency,
    /// `lambda:ListFunctionUrlConfigs`
    ListFunctionUrlConfigs,
    /// `lambda:ListTags`
    ListFunctionTags,
    /// `kms:DescribeKey`
    DescribeKey,
    /// `kms:ListKeyPolicies`
    ListKeyPolicies,
    /// `kms:GetKeyPolicy`
    GetKeyPolicy,
    /// `kms:ListGrants`
    ListGrants,
}

/// What is to be known of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSpec {
    /// As coverage and gaps name it: `service:Operation`.
    pub name: &'static str,
    /// The IAM action that allows it, where it needs one (`GetCallerIdentity` needs none).
    pub action: Option<&'static str>,
    /// The facts that it feeds.
    pub feeds: &'static str,
    /// What stays undecided without it.
    pub without: &'static str,
}

impl Api {
    /// Every call, in the order in which a scan makes them.
    pub const ALL: [Self; 15] = [
        Self::GetCallerIdentity,
        Self::GetAccountAuthorizationDetails,
        Self::ListSecrets,
        Self::ListSecretVersionIds,
        Self::GetSecretPolicy,
        Self::GetFunctionConfiguration,
        Self::GetFunctionPolicy,
        Self::GetFunctionConcurrency,
        Self::GetProvisionedConcurrency,
        Self::ListFunctionUrlConfigs,
        Self::ListFunctionTags,
        Self::DescribeKey,
        Self::ListKeyPolicies,
        Self::GetKeyPolicy,
        Self::ListGrants,
    ];

    /// The row of this call.
    pub const fn spec(self) -> CallSpec {
        const fn row(name: &'static str, feeds: &'static str, without: &'static str) -> CallSpec {
            CallSpec { name, action: Some(name), feeds, without }
        }
        match self {
            Self::GetCallerIdentity => CallSpec {
                name: "sts:GetCallerIdentity",
                action: None,
                feeds: "the account and partition that the credentials belong to",
                without: "the scan cannot start",
            },
            Self::GetAccountAuthorizationDetails => row(
                "iam:GetAccountAuthorizationDetails",
                "roles, users, groups, managed policies, boundaries, trust policies",
                "whether the execution role may make the calls of a rotation",
            ),
            Self::ListSecrets => row(
                "secretsmanager:ListSecrets",
                "secrets, their rotation settings, dates, keys, tags and staging labels",
                "every secret of that region",
            ),
            Self::ListSecretVersionIds => row(
                "secretsmanager:ListSecretVersionIds",
                "the versions that hold a value, their dates and keys",
                "whether a rotation is stuck on an empty version",
            ),
            Self::GetSecretPolicy => row(
                "secretsmanager:GetResourcePolicy",
                "the secret's resource policy",
                "every request to the secret: a statement there may deny it",
            ),
            Self::GetFunctionConfiguration => row(
                "lambda:GetFunctionConfiguration",
                "the function's execution role, state, time limit, VPC and endpoint variables",
                "everything that the function does",
            ),
            Self::GetFunctionPolicy => row(
                "lambda:GetPolicy",
                "the function's resource-based policy, per qualifier",
                "who may invoke the function, Secrets Manager included",
            ),
            Self::GetFunctionConcurrency => row(
                "lambda:GetFunctionConcurrency",
                "reserved concurrency",
                "whether the function is switched off by a reserved concurrency of 0",
            ),
            Self::GetProvisionedConcurrency => row(
                "lambda:GetProvisionedConcurrencyConfig",
                "provisioned concurrency of the version or alias that a secret names",
                "whether invocations are throttled by a small provisioned concurrency",
            ),
            Self::ListFunctionUrlConfigs => {
                row("lambda:ListFunctionUrlConfigs", "function URLs and their authentication", "whether a URL opens the function")
            }
            Self::ListFunctionTags => row("lambda:ListTags", "the function's tags", "which template the function was made from"),
            Self::DescribeKey => row(
                "kms:DescribeKey",
                "the key behind an alias, its state, kind and manager",
                "whether the key is usable, and every request to it",
            ),
            Self::ListKeyPolicies => row("kms:ListKeyPolicies", "the names of the key's policies", "every request to the key"),
            Self::GetKeyPolicy => row("kms:GetKeyPolicy", "the key's policies", "every request to the key"),
            Self::ListGrants => row("kms:ListGrants", "the key's grants", "whether a grant allows what no policy allows"),
        }
    }

    /// The row of the call of that name, for gaps that come from a snapshot.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.spec().name == name)
    }
}

/// The actions that the printed policy denies, so that nobody who holds the auditor's credentials can read a value or code.
pub const NEVER: [&str; 3] = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "lambda:GetFunction"];

/// A policy as IAM writes it, fields in the order in which people read them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsPolicy {
    version: &'static str,
    statement: [PermissionsStatement; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsStatement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: &'static str,
}

/// The read-only IAM policy that the auditor needs: every action of the table, and a denial of what must never happen.
/// The actions stand on `*`, because the auditor does not know beforehand what exists.
pub fn policy_json() -> String {
    let statement = |sid, effect, mut action: Vec<&'static str>| {
        action.sort_unstable();
        PermissionsStatement { sid, effect, action, resource: "*" }
    };
    let policy = PermissionsPolicy {
        version: "2012-10-17",
        statement: [
            statement("ReadWhatRotationHangsOn", "Allow", Api::ALL.into_iter().filter_map(|api| api.spec().action).collect()),
            statement("NeverReadValuesOrCode", "Deny", NEVER.to_vec()),
        ],
    };
    // Strings and arrays of strings: nothing in it can fail to be written.
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_reads_and_none_reads_a_value_or_code() {
        for api in Api::ALL {
            let action = api.spec().name.split_once(':').unwrap().1;
            assert!(["Get", "List", "Describe"].iter().any(|verb| action.starts_with(verb)), "{action}");
            assert!(!NEVER.contains(&api.spec().name));
            assert_eq!(Api::named(api.spec().name), Some(api));
        }
    }

    #[test]
    fn the_printed_policy_allows_the_table_and_denies_values_and_code() {
        let text = policy_json();
        let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
        let actions = |index: usize| -> Vec<String> { serde_json::from_value(policy["Statement"][index]["Action"].clone()).unwrap() };
        let mut table: Vec<_> = Api::ALL.iter().filter_map(|api| api.spec().action).collect();
        table.sort_unstable();
        assert_eq!(actions(0), table);
        assert!(!table.contains(&"sts:GetCallerIdentity"), "it needs no permission");
        assert_eq!(policy["Statement"][0]["Effect"], "Allow");
        assert_eq!(policy["Statement"][1]["Effect"], "Deny");
        assert!(NEVER.iter().all(|action| actions(1).iter().any(|denied| denied == action)));
        assert!(text.starts_with("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n"), "{text}");
    }
}
