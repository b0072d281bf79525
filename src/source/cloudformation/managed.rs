//! The AWS managed policies that rotation roles use, as data: a template names them, and holds nothing of what they say. `stack` and `sam` ask here, and `terraform` for plans.
//!
//! Each with the version that it is of (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>); whatever is not here stays undecided.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::arn::Arn;
use crate::policy::Document;

/// Logs, as all three policies of Lambda have them.
const LOGS: [&str; 3] = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/// Traces of X-Ray.
const TRACES: [&str; 5] = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
];

/// What Lambda needs to attach a function to a VPC, but for `ec2:DescribeSubnets`, which only one of them has.
const INTERFACES: [&str; 5] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];

/// A policy by what stands behind `policy/` in its ARN.
struct Managed {
    path: &'static str,
    /// The version that is told here.
    version: &'static str,
    statements: fn() -> Value,
}

const ALL: [Managed; 8] = [
    Managed { path: "service-role/AWSLambdaBasicExecutionRole", version: "v1", statements: || json!([allow(&LOGS)]) },
    Managed {
        path: "service-role/AWSLambdaVPCAccessExecutionRole",
        version: "v3",
        statements: || json!([allow(&[&LOGS[..], &INTERFACES[..], &["ec2:DescribeSubnets"]].concat())]),
    },
    Managed { path: "service-role/AWSLambdaENIManagementAccess", version: "v2", statements: || json!([allow(&INTERFACES)]) },
    Managed { path: "AWSXRayDaemonWriteAccess", version: "v2", statements: || json!([allow(&TRACES)]) },
    Managed { path: "AWSXrayWriteOnlyAccess", version: "v2", statements: || json!([allow(&TRACES)]) },
    Managed { path: "CloudWatchLambdaInsightsExecutionRolePolicy", version: "v1", statements: insights },
    Managed { path: "AdministratorAccess", version: "v1", statements: || json!([allow(&["*"])]) },
    Managed { path: "SecretsManagerReadWrite", version: "v6", statements: secrets_manager },
];

fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

fn insights() -> Value {
    json!([
        allow(&["logs:CreateLogGroup"]),
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*"},
    ])
}

/// Of `SecretsManagerReadWrite`, what is about secrets, keys and functions.
fn secrets_manager() -> Value {
    let functions = ["AddPermission", "CreateFunction", "GetFunction", "InvokeFunction", "UpdateFunctionConfiguration"];
    let functions: Vec<String> = functions.iter().map(|name| format!("lambda:{name}")).collect();
    json!([
        allow(&["secretsmanager:*", "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys", "lambda:ListFunctions"]),
        {"Effect": "Allow", "Action": functions, "Resource": "arn:aws:lambda:*:*:function:SecretsManager*"},
    ])
}

/// What stands behind `policy/` in the ARN of the policy of this name.
pub(super) fn path_of(name: &str) -> Option<String> {
    ALL.iter().map(|policy| policy.path).find(|path| path.rsplit('/').next() == Some(name)).map(str::to_owned)
}

/// The documents of those of `arns` that are known here.
pub(crate) fn documents<'a>(arns: impl Iterator<Item = &'a Arn>) -> BTreeMap<Arn, Document> {
    let document = |arn: &Arn| {
        let path = arn.resource().strip_prefix("policy/").filter(|_| arn.account() == "aws")?;
        let policy = ALL.iter().find(|policy| policy.path == path)?;
        let id = format!("{} {}", policy.path, policy.version);
        Some(Document::new(json!({"Version": "2012-10-17", "Id": id, "Statement": (policy.statements)()}).to_string()))
    };
    arns.filter_map(|arn| Some((arn.clone(), document(arn)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_managed_policy_is_one_and_is_found_by_its_name() {
        for policy in &ALL {
            let arn = Arn::parse(&format!("arn:aws:iam::aws:policy/{}", policy.path)).unwrap();
            assert!(documents(std::iter::once(&arn))[&arn].policy().is_ok(), "{arn}");
            assert_eq!(path_of(arn.name()).as_deref(), Some(policy.path));
        }
        let other = Arn::parse("arn:aws:iam::aws:policy/PowerUserAccess").unwrap();
        assert!(documents(std::iter::once(&other)).is_empty());
    }
}
